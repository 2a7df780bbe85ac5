"""The servers that the tests of the watch ask."""

import threading
from datetime import datetime

import pytest
from pytest_httpserver import HTTPServer

from tests.tracker.web_server import Server
from tracker.models import Source


@pytest.fixture
def server(settings):
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        settings.FETCH_ALLOW = frozenset([server.pair])
        settings.FETCH_CONNECT_SECONDS, settings.FETCH_TOTAL_SECONDS = 2.0, 5.0
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def source(httpserver: HTTPServer, settings, now: datetime, db: None) -> Source:
    """A feed that is due, on a server that the test fills."""
    settings.FETCH_ALLOW = frozenset({f"127.0.0.1:{httpserver.port}"})
    return Source.objects.create(
        slug="agence",
        name="Agence",
        publisher="Agence",
        format="feed",
        url=httpserver.url_for("/feed").replace("localhost", "127.0.0.1"),
        tier=1,
        language="fr",
        next_due_at=now,
    )
