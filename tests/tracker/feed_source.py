"""A feed on a server of our own."""

from pathlib import Path

from pytest_httpserver import HTTPServer

SAMPLE = (Path(__file__).resolve().parent.parent / "samples" / "diversification.rss").read_bytes()


def serve(httpserver: HTTPServer, body: bytes = SAMPLE, **answer) -> None:
    """The feed of the fixture `source` answers this from now on."""
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data(body, content_type="application/rss+xml", **answer)
