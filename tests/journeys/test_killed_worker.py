"""A real worker on a real broker, killed again and again while documents come in: none lost, none doubled."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.journeys.service import Service, feed, until

FEEDS, ENTRIES = 50, 10
KILLS = int(os.environ.get("KILLS", "3"))


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path: Path, httpserver: HTTPServer) -> Iterator[Service]:
    if request.param == "sqlite":
        database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    else:
        database = request.getfixturevalue("postgresql")
    service = Service(tmp_path, database=database, allow=[f"127.0.0.1:{httpserver.port}"])
    try:
        for number in range(FEEDS):
            body = feed(str(number), entries=ENTRIES)
            httpserver.expect_request(f"/{number}").respond_with_data(
                body, content_type="application/rss+xml"
            )
        service.watch([httpserver.url_for(f"/{number}") for number in range(FEEDS)])
        yield service
    finally:
        service.stop()


def test_a_killed_worker_loses_and_doubles_nothing(service: Service) -> None:
    documents = "SELECT count(*) FROM tracker_document"
    for _kill in range(KILLS):
        wanted = min(service.count(documents) + 1, FEEDS * ENTRIES)
        service.start_worker()
        until(lambda wanted=wanted: service.count(documents) >= wanted, seconds=60, each=service.tick)
        service.kill_workers()
    service.start_worker()
    done = "SELECT count(*) FROM tracker_document WHERE matched_at IS NOT NULL"
    until(lambda: service.count(done) == FEEDS * ENTRIES, seconds=120, each=service.tick)
    assert service.count(documents) == FEEDS * ENTRIES
    assert service.count("SELECT count(DISTINCT external_id) FROM tracker_document") == FEEDS * ENTRIES
    assert service.count("SELECT count(*) FROM tracker_candidate") == FEEDS * ENTRIES
    assert service.count("SELECT count(*) FROM tracker_document WHERE set_aside <> ''") == 0
