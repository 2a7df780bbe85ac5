"""A real worker whose clock jumps: no feed starves, none is asked twice as often, nothing was done in the future."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.journeys.service import Service, feed, until

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
pytestmark = pytest.mark.skipif(
    not (LIBRARY and shutil.which("faketime")), reason="faketime is not installed on this machine"
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERIOD, STEP = 12 * HOUR, 6 * HOUR
PLANNED = 3  # polls: at the beginning, and after each of two periods
JUMPS = {
    "a day ahead": (datetime(2026, 11, 22, 9, tzinfo=UTC), DAY),
    "a day back": (datetime(2026, 11, 26, 9, tzinfo=UTC), -DAY),
    "summer time": (datetime(2027, 3, 27, 22, tzinfo=UTC), 0 * DAY),
    "winter time": (datetime(2027, 10, 30, 22, tzinfo=UTC), 0 * DAY),
    "2038": (datetime(2038, 1, 18, 22, tzinfo=UTC), 0 * DAY),
    "back from 2038": (datetime(2038, 1, 21, 9, tzinfo=UTC), -4_000 * DAY),
}


class Clock:
    """The wall clock of the worker; time that passes is not changed."""

    def __init__(self, file: Path) -> None:
        self._file, self.ahead = file, timedelta()

    def set(self, moment: datetime) -> None:
        self.ahead = moment - datetime.now(UTC)
        self._file.write_text(f"{round(self.ahead.total_seconds()):+d}")

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def settings(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def metronome() -> Iterator[HTTPServer]:
    """A feed on a host of its own that is due at every tick: once it was asked, the tick is over."""
    with HTTPServer(host="127.0.0.2") as server:
        server.expect_request("/").respond_with_data(feed("m", entries=1), content_type="application/rss+xml")
        yield server


@pytest.fixture
def service(tmp_path: Path, httpserver: HTTPServer, metronome: HTTPServer) -> Iterator[Service]:
    allow = [f"127.0.0.1:{httpserver.port}", f"127.0.0.2:{metronome.port}"]
    service = Service(tmp_path, database=f"sqlite:///{tmp_path / 'db.sqlite3'}", allow=allow)
    feeds = [
        httpserver.url_for(f"/{number}").replace("localhost", "127.0.0.1") for number in range(len(JUMPS))
    ]
    service.watch([metronome.url_for("/"), *feeds])
    write(
        service,
        "UPDATE tracker_source SET cadence_minutes = 720, next_due_at = '9999-01-01' WHERE slug LIKE 'f%'",
    )
    yield service
    service.stop()


def write(service: Service, statement: str, *values: str) -> None:
    path = service.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=20)) as database, database:
        database.execute(statement, values)


def test_after_every_jump_each_feed_is_asked_as_planned(
    service: Service, httpserver: HTTPServer, tmp_path: Path
) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(next(iter(JUMPS.values()))[0])
    service.start_worker(**clock.settings())
    polls = {}
    for number, (name, (start, jump)) in enumerate(JUMPS.items()):
        publish(httpserver, number, name, dated=start + 30 * DAY)
        clock.set(start)
        write(service, "UPDATE tracker_source SET state = 'paused' WHERE slug <> 'f0'")
        make_due(service, f"f{number + 1}", clock)
        tick(service, clock)
        for step in range(1, 2 * (PERIOD // STEP) + 1):
            clock.set(start + jump + step * STEP)
            tick(service, clock)
        polls[name] = sum(request.path == f"/{number}" for request, _answer in httpserver.log)
        assert of_the_future(service, clock) == []

    assert {name: abs(count - PLANNED) <= 1 for name, count in polls.items()} == dict.fromkeys(JUMPS, True), (
        polls
    )


def publish(httpserver: HTTPServer, number: int, name: str, *, dated: datetime) -> None:
    """A feed whose entry says that it is of the future."""
    told = f"<pubDate>{format_datetime(dated)}</pubDate><description>"
    body = feed(name, entries=1).replace("<description>", told)
    httpserver.expect_request(f"/{number}").respond_with_data(body, content_type="application/rss+xml")


def make_due(service: Service, slug: str, clock: Clock) -> None:
    moment = f"{clock.now() - timedelta(seconds=30):%Y-%m-%d %H:%M:%S}"
    write(service, "UPDATE tracker_source SET state = 'active', next_due_at = ? WHERE slug = ?", moment, slug)


def tick(service: Service, clock: Clock) -> None:
    """What the scheduler sends, done: the metronome was asked."""
    asked = "SELECT count(*) FROM tracker_fetch JOIN tracker_source s ON s.id = source_id WHERE slug = 'f0'"
    before = service.count(asked)
    make_due(service, "f0", clock)
    service.celery.send_task("tracker.tasks.dispatch_due_sources")
    until(lambda: service.count(asked) > before, seconds=60)


def of_the_future(service: Service, clock: Clock) -> list[str]:
    """The moments on record that the clock of the worker has not reached."""
    moments = (
        "SELECT max(started_at) FROM tracker_fetch",
        "SELECT max(last_success_at) FROM tracker_source",
        "SELECT max(published_at) FROM tracker_document",
    )
    now = f"{clock.now() + timedelta(seconds=2):%Y-%m-%d %H:%M:%S}"
    return [told for query in moments if (told := service.ask(query)[0][0] or "") > now]
