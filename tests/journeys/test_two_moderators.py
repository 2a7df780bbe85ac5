"""Two moderators at the same candidate at the same time, over HTTP: one decides, the other is told by whom and what."""

import json
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.journeys.service import ROOT, Service, until

PAIRS = 50
TOKEN = "t" * 32
PREPARE = """
import json
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from indicators.models import Indicator
from tests.factories import verified
from tracker.models import Candidate, Document, Source
now, source, indicator = timezone.now(), Source.objects.first(), Indicator.objects.first()
pks = []
for number in range(%d):
    document = Document.objects.create(
        source=source, external_id=f"pair-{number}", title=f"Pair {number}", text="…", kind="article",
        fingerprint=f"pair-{number}", first_seen_at=now, last_seen_at=now,
    )
    pks.append(Candidate.objects.create(
        document=document, indicator=indicator, stance="context", created_at=now
    ).pk)
people = {}
for name in ("alice", "bob"):
    client = verified(Client(), User.objects.create_superuser(name))
    people[name] = client.cookies["sessionid"].value
print(json.dumps({"pks": pks, "people": people}))
"""
SERVE = (
    "import sys; from django.core.management import execute_from_command_line as run; "
    "run(['manage.py', 'runserver', '--noreload', '--nostatic', '127.0.0.1:{port}'])"
)
# What keeps two moderators apart, taken away: rows are locked by nobody.
UNLOCK = (
    "from django.db.models import QuerySet; QuerySet.select_for_update = lambda self, **how: self.all(); "
)


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    on_postgresql = request.param == "postgresql"
    database = request.getfixturevalue("postgresql") if on_postgresql else f"sqlite:///{tmp_path}/db.sqlite3"
    service = Service(tmp_path, database=database, allow=[])
    yield service
    service.stop()


def moderate(service: Service, *, prefix: str = "") -> tuple[Counter[str], int]:
    """How fifty pairs of decisions were answered, and how many decisions there are."""
    service.env["SECRET_KEY"] = (
        "one key for who makes the sessions and for who reads them, of fifty characters"
    )
    told = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", PREPARE % PAIRS],
        cwd=ROOT, env=service.env, text=True, check=True, capture_output=True,
    )  # fmt: skip
    known = json.loads(told.stdout.splitlines()[-1])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    web = subprocess.Popen(
        [sys.executable, "-c", prefix + SERVE.format(port=port)], cwd=ROOT, env=service.env
    )
    try:
        until(lambda: _answers(port), seconds=60)
        return _race(port, known), service.count("SELECT count(*) FROM tracker_decision")
    finally:
        web.terminate()
        web.wait(timeout=20)


def _race(port: int, known: dict) -> Counter[str]:
    answers: Counter[str] = Counter()
    start = threading.Barrier(2)

    def decide(name: str, other: str) -> None:
        for pk in known["pks"]:
            start.wait(timeout=60)
            answers[_reject(port, pk, session=known["people"][name], other=other)] += 1

    threads = [threading.Thread(target=decide, args=pair) for pair in (("alice", "bob"), ("bob", "alice"))]
    [thread.start() for thread in threads]
    [thread.join(timeout=300) for thread in threads]
    return answers


def _reject(port: int, pk: int, *, session: str, other: str) -> str:
    """decided, told (by whom and what), or the status of any other answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    body = urlencode({"csrfmiddlewaretoken": TOKEN, "reject": "1", "reason": "spam"})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
    }
    connection.request("POST", f"/admin/tracker/candidate/{pk}/change/", body, headers)
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    if answer.status == 302 and "/login/" not in answer.headers["Location"]:
        return "decided"
    return (
        "told"
        if f"{other.capitalize()} a déjà décidé de ce candidat\u00a0: refusé." in page
        else str(answer.status)
    )


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_of_fifty_pairs_each_candidate_is_decided_once_and_the_other_is_told(service: Service) -> None:
    answers, decisions = moderate(service)
    assert (answers, decisions) == ({"decided": PAIRS, "told": PAIRS}, PAIRS)


def test_without_the_lock_somebody_is_not_told(postgresql: str, tmp_path: Path) -> None:
    service = Service(tmp_path, database=postgresql, allow=[])
    try:
        answers, _decisions = moderate(service, prefix=UNLOCK)
    finally:
        service.stop()
    assert answers != {"decided": PAIRS, "told": PAIRS}
