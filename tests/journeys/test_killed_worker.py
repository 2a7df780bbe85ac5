"""A real worker on a real broker, killed again and again while documents come in: none lost, none doubled."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery
from pytest_httpserver import HTTPServer

from tracker import serve

ROOT = Path(__file__).resolve().parent.parent.parent
FEEDS, ENTRIES = 50, 10
KILLS = int(os.environ.get("KILLS", "6"))
ENTRY = (
    "<item><guid isPermaLink='false'>{feed}-{entry}</guid><title>Appel d'offres {feed}-{entry}</title>"
    "<link>https://agence.example/{feed}/{entry}</link><description>Un marché public de serveurs GPU avec "
    "une clause de diversification, numéro {feed}-{entry}.</description></item>"
)


@pytest.fixture
def service(tmp_path: Path, httpserver: HTTPServer) -> Iterator["Service"]:
    service = Service(tmp_path, httpserver)
    yield service
    service.stop()


class Service:
    """A database, a broker and feeds of our own; the worker is started and killed by the test."""

    def __init__(self, folder: Path, httpserver: HTTPServer) -> None:
        self.database = folder / "db.sqlite3"
        self.env = os.environ | {
            "DATA_DIR": str(folder),
            "FETCH_ALLOW": f"127.0.0.1:{httpserver.port}",
            "FETCH_TOTAL_SECONDS": "2",
            "CELERY_SKIP_CHECKS": "1",
        }
        self.worker: subprocess.Popen | None = None
        socket = serve.broker_socket(folder)
        socket.parent.mkdir(exist_ok=True)
        self.broker = subprocess.Popen(serve._broker_command(socket, folder), stdout=subprocess.DEVNULL)
        self.celery = Celery(broker=f"redis+socket://{socket}")
        for command in (["migrate", "-v0"], ["seed", "-v0"]):
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=self.env,
                check=True,
                capture_output=True,
            )
        for feed in range(FEEDS):
            items = "".join(ENTRY.format(feed=feed, entry=entry) for entry in range(ENTRIES))
            body = f"<rss version='2.0'><channel><title>{feed}</title><language>fr</language>{items}</channel></rss>"
            httpserver.expect_request(f"/{feed}").respond_with_data(body, content_type="application/rss+xml")
        self._declare([f"http://127.0.0.1:{httpserver.port}/{feed}" for feed in range(FEEDS)])

    def _declare(self, urls: list[str]) -> None:
        """Our feeds are the only ones watched."""
        code = (
            "import sys; from django.utils import timezone; from tracker.models import Source\n"
            "Source.objects.update(state='paused')\n"
            "for n, url in enumerate(sys.stdin.read().split()):\n"
            "    Source.objects.create(slug=f'f{n}', name=url, url=url, publisher=url, format='feed', tier=1,"
            " language='fr', next_due_at=timezone.now())"
        )
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
        subprocess.run(command, cwd=ROOT, env=self.env, input="\n".join(urls), text=True, check=True)

    def count(self, query: str) -> int:
        with sqlite3.connect(self.database, timeout=20) as database:
            return database.execute(query).fetchone()[0]

    def start_worker(self) -> None:
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "tracker.worker"], cwd=ROOT, env=self.env, start_new_session=True
        )

    def tick(self) -> None:
        """What the scheduler sends."""
        for name in ("dispatch_due_sources", "sweep"):
            self.celery.send_task(f"tracker.tasks.{name}")

    def kill_worker(self) -> None:
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()

    def stop(self) -> None:
        if self.worker and self.worker.poll() is None:
            self.kill_worker()
        self.broker.terminate()
        self.broker.wait(timeout=10)
        self.celery.close()


def until(condition: Callable[[], bool], *, seconds: float, each: Callable[[], None] = lambda: None) -> None:
    """Wait for another process; fail when it takes too long."""
    deadline, turn = time.monotonic() + seconds, 0
    while not condition():
        assert time.monotonic() < deadline, "the worker made no progress"
        if turn % 20 == 0:
            each()
        turn += 1
        time.sleep(0.05)


def test_a_killed_worker_loses_and_doubles_nothing(service: Service) -> None:
    documents = "SELECT count(*) FROM tracker_document"
    for _kill in range(KILLS):
        wanted = min(service.count(documents) + 1, FEEDS * ENTRIES)
        service.start_worker()
        until(lambda wanted=wanted: service.count(documents) >= wanted, seconds=60, each=service.tick)
        service.kill_worker()
    service.start_worker()
    done = "SELECT count(*) FROM tracker_document WHERE matched_at IS NOT NULL"
    until(lambda: service.count(done) == FEEDS * ENTRIES, seconds=120, each=service.tick)
    assert service.count(documents) == FEEDS * ENTRIES
    assert service.count("SELECT count(DISTINCT external_id) FROM tracker_document") == FEEDS * ENTRIES
    assert service.count("SELECT count(*) FROM tracker_candidate") == FEEDS * ENTRIES
    assert service.count("SELECT count(*) FROM tracker_document WHERE set_aside <> ''") == 0
