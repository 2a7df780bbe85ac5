"""A database, a broker and a worker of our own, in processes of their own, for the journeys to start and kill."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import psycopg
from celery import Celery

from tracker import serve

ROOT = Path(__file__).resolve().parent.parent.parent
ENTRY = (
    "<item><guid isPermaLink='false'>{feed}-{entry}</guid><title>Appel d'offres {feed}-{entry}</title>"
    "<link>https://agence.example/{feed}/{entry}</link><description>Un marché public de serveurs GPU avec "
    "une clause de diversification, numéro {feed}-{entry}.</description></item>"
)
DECLARE = """
import json, sys
from django.utils import timezone
from tracker.models import Source
Source.objects.update(state="paused")
for number, url in enumerate(json.load(sys.stdin)):
    Source.objects.create(
        slug=f"f{number}", name=url, url=url, publisher=url, format="feed", tier=1, next_due_at=timezone.now()
    )
"""


class Service:
    """What `make run` starts, without the web and the scheduler: the test sends what the scheduler would send."""

    def __init__(self, folder: Path, *, database: str, allow: Iterable[str]) -> None:
        """`database` as in DATABASE_URL; `allow` the local hosts and ports that may be read."""
        self.env = os.environ | {
            "DATA_DIR": str(folder),
            "DATABASE_URL": database,
            "FETCH_ALLOW": ",".join(allow),
            "FETCH_TOTAL_SECONDS": "2",
            "CELERY_SKIP_CHECKS": "1",
        }
        self.database = database
        self.workers: list[subprocess.Popen] = []
        self.manage("migrate", "-v0")
        self.manage("seed", "-v0")
        socket = serve.broker_socket(folder)
        socket.parent.mkdir(exist_ok=True)
        command = [*serve._tied_to_us(), *serve._broker_command(socket, folder)]
        self.broker = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.celery = Celery(broker=f"redis+socket://{socket}")

    def manage(self, *arguments: str, given: str = "") -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(
            command, cwd=ROOT, env=self.env, input=given, text=True, check=True, capture_output=True
        )

    def watch(self, urls: list[str]) -> None:
        """These feeds, all due, are the only ones watched."""
        self.manage("shell", "-v0", "-c", DECLARE, given=json.dumps(urls))

    def ask(self, query: str) -> list[tuple]:
        with closing(self._connect()) as database:
            return database.execute(query).fetchall()

    def count(self, query: str) -> int:
        return self.ask(query)[0][0]

    def start_worker(self, **settings: str) -> None:
        """One more, with settings of its own."""
        command = [*serve._tied_to_us(), sys.executable, "-m", "tracker.worker"]
        env = self.env | settings
        self.workers.append(subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True))

    def tick(self) -> None:
        """What the scheduler sends."""
        for name in ("dispatch_due_sources", "sweep"):
            self.celery.send_task(f"tracker.tasks.{name}")

    def kill_workers(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        self.workers.clear()

    def stop(self) -> None:
        self.kill_workers()
        self.broker.terminate()
        self.broker.wait(timeout=10)
        self.celery.close()

    def _connect(self) -> sqlite3.Connection | psycopg.Connection:
        if self.database.startswith("sqlite:///"):
            return sqlite3.connect(self.database.removeprefix("sqlite:///"), timeout=20)
        return psycopg.connect(self.database)


def feed(name: str, *, entries: int) -> str:
    """A feed of its own, each of whose entries becomes a candidate."""
    items = "".join(ENTRY.format(feed=name, entry=number) for number in range(entries))
    return f"<rss version='2.0'><channel><title>{name}</title><language>fr</language>{items}</channel></rss>"


def until(condition: Callable[[], bool], *, seconds: float, each: Callable[[], None] = lambda: None) -> None:
    """Wait for another process, doing `each` about once a second; fail when it takes too long."""
    deadline, turn = time.monotonic() + seconds, 0
    while not condition():
        assert time.monotonic() < deadline, "the worker made no progress"
        if turn % 20 == 0:
            each()
        turn += 1
        time.sleep(0.05)
