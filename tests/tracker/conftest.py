"""The server that the tests of the fetcher ask."""

import threading

import pytest

from tests.tracker.web_server import Server


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
