"""The formats that we can read, one watcher module each. Pure."""

FORMATS: dict = {}
