"""Benchmarks: not tests, since nothing should fail because a machine was busy."""
