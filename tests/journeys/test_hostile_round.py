"""Thirty servers that mean harm and seventy that do not, in one round: each of the seventy is read, and soon."""

import socket
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from tests.press import ENTRIES, press
from tracker import ingest
from tracker.models import Document, Fetch, Source

HOSTILE, GOOD = 30, 70


def declare(name: str, url: str, now: datetime) -> Source:
    return Source.objects.create(slug=name, name=name, url=url, format="feed", tier=4, next_due_at=now)


@pytest.mark.django_db
def test_hostile_servers_keep_nobody_waiting(shared: Path, settings, monkeypatch, now) -> None:
    """Every server has a name of its own, so that politeness to one does not explain anything."""
    monkeypatch.syspath_prepend(shared / "tools")
    hostile_server = __import__("hostile_server")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_args, **_kw: [(socket.AF_INET, 1, 6, "", ("127.0.0.1", 0))]
    )
    settings.FETCH_CONNECT_SECONDS, settings.FETCH_TOTAL_SECONDS = 6.0, 10.0
    with hostile_server.running(max_seconds=120, max_bytes=32 << 20) as harmful, press() as harmless:
        settings.FETCH_ALLOW = frozenset(
            f"127.0.0.1:{port}" for port in (harmful.ports["main"], harmless.port)
        )
        paths = [path for path, told in hostile_server.REG.items() if told["expect"] == "error"]
        for number, path in enumerate(paths[:: len(paths) // HOSTILE][:HOSTILE]):
            declare(f"bad-{number}", f"http://bad-{number}.example:{harmful.ports['main']}{path}", now)
        for number in range(GOOD):
            declare(f"good-{number}", f"http://good-{number}.example:{harmless.port}/{number}.xml", now)
        began = time.monotonic()
        ingest.read_sources(list(Source.objects.values_list("pk", flat=True)), now=now)
        took = time.monotonic() - began
        assert harmful.canary_hits() == []
    good = Fetch.objects.filter(source__slug__startswith="good")
    bad = Fetch.objects.filter(source__slug__startswith="bad")
    assert Counter(good.values_list("outcome", flat=True)) == {"read": GOOD}
    assert set(bad.values_list("outcome", flat=True)) <= {"failed", "unreadable"}
    assert (bad.count(), Document.objects.count()) == (HOSTILE, GOOD * ENTRIES)
    # Rows are numbered as they are written: the good ones did not wait for the slow ones.
    assert good.latest("pk").pk < bad.filter(error_kind="timeout").earliest("pk").pk
    assert took < 120
