"""Several workers on one broker and one PostgreSQL: they share the work, and no server notices that they are many."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import pytest

from tests.journeys.service import Service, feed, until

WORKERS = [f"worker-{number}" for number in range(4)]
HOSTS = [f"127.0.0.{number}" for number in range(1, 51)]
FEEDS_EACH, ENTRIES = 6, 2
FEEDS = len(HOSTS) * FEEDS_EACH
PAUSE, SLOW, SLOW_SECONDS = 0.2, HOSTS[0], 4.0  # so slow that without limit it would be asked four at once
SETTINGS = {"FETCH_HOST_SECONDS": str(PAUSE), "FETCH_TOTAL_SECONDS": "15"}


class FeedServer(ThreadingHTTPServer):
    """A feed behind every path of every local address; remembers who asked and how many at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("0.0.0.0", 0), Conversation)
        self.asked: Counter[tuple[str, str]] = Counter()  # by host and path
        self.askers: Counter[str] = Counter()  # by User-Agent
        self.under_way: Counter[str] = Counter()  # by host, as is:
        self.most_at_once: Counter[str] = Counter()
        self.lock = threading.Lock()

    @contextmanager
    def count(self, host: str, path: str, asker: str) -> Iterator[None]:
        with self.lock:
            self.asked[host, path] += 1
            self.askers[asker] += 1
            self.under_way[host] += 1
            self.most_at_once[host] = max(self.most_at_once[host], self.under_way[host])
        yield
        with self.lock:
            self.under_way[host] -= 1


class Conversation(BaseHTTPRequestHandler):
    server: FeedServer

    def do_GET(self) -> None:
        host = self.connection.getsockname()[0]
        with self.server.count(host, self.path, self.headers["User-Agent"]):
            time.sleep(SLOW_SECONDS if host == SLOW else 0)
            body = feed(host + self.path.replace("/", "-"), entries=ENTRIES).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: object) -> None:
        """The counters are the log."""


@pytest.fixture
def server() -> Iterator[FeedServer]:
    try:
        socket.create_server((HOSTS[-1], 0)).close()
    except OSError as error:
        pytest.skip(f"this machine has but one loopback address: {error}")
    with FeedServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def service(postgresql: str, server: FeedServer, tmp_path: Path) -> Iterator[Service]:
    pairs = [f"{host}:{server.server_port}" for host in HOSTS]
    service = Service(tmp_path, database=postgresql, allow=pairs)
    try:
        service.watch([f"http://{pair}/{number}" for pair in pairs for number in range(FEEDS_EACH)])
        for name in WORKERS:
            service.start_worker(FETCH_USER_AGENT=name, **SETTINGS)
        yield service
    finally:
        service.stop()


def test_many_workers_share_the_work_and_ask_as_one(service: Service, server: FeedServer) -> None:
    sources = [key for (key,) in service.ask("SELECT id FROM tracker_source WHERE state = 'active'")]

    def two_schedulers_and_a_broker_that_delivers_twice() -> None:
        for _time in range(2):
            service.tick()
            service.celery.send_task("tracker.tasks.read_sources", kwargs={"source_ids": sources})

    done = "SELECT count(*) FROM tracker_document WHERE matched_at IS NOT NULL"
    each = two_schedulers_and_a_broker_that_delivers_twice
    until(lambda: service.count(done) == FEEDS * ENTRIES, seconds=120, each=each)

    assert server.asked == {(host, f"/{number}"): 1 for host in HOSTS for number in range(FEEDS_EACH)}
    assert set(server.askers) == set(WORKERS)
    assert min(server.askers.values()) >= FEEDS / len(WORKERS) / 4  # nobody idles while others work
    assert server.most_at_once[SLOW] == max(server.most_at_once.values()) == 2
    assert _shortest_pause(service) >= PAUSE
    assert service.ask("SELECT outcome, count(*) FROM tracker_fetch GROUP BY outcome") == [("read", FEEDS)]
    documents = service.ask("SELECT count(*), count(DISTINCT external_id) FROM tracker_document")
    assert documents == [(FEEDS * ENTRIES, FEEDS * ENTRIES)]
    assert service.count("SELECT count(*) FROM tracker_candidate") == FEEDS * ENTRIES


def _shortest_pause(service: Service) -> float:
    """Seconds between two fetches from one host, by the clock of those who asked."""
    began = service.ask(
        "SELECT split_part(url, ':', 2), extract(epoch FROM started_at)::float FROM tracker_fetch"
        " JOIN tracker_source ON tracker_source.id = source_id ORDER BY 1, 2"
    )
    return min(
        later - earlier
        for _host, rows in groupby(began, key=itemgetter(0))
        for (_, earlier), (_, later) in pairwise(rows)
    )
