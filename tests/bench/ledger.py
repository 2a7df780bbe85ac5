"""How long strangers need to verify a ledger, how that grows, and what the ledger costs a publication."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils import timezone

from indicators import ledger, signing
from indicators.models import Checkpoint, Indicator, LedgerEntry
from indicators.public import body_of
from indicators.rules.chain import canonical
from tests.bench.race import Growth, Line, Race, cpu, wall
from tests.indicators.ledger_kept import VERIFIER, publish

ENTRIES, FEWER = 50_000, 5_000
PUBLICATIONS = 20


def lines() -> Iterator[Line]:
    """Verified in a process of its own, as by anybody; the floor reads the same lines and hashes them once."""
    indicator, now = Indicator.objects.first(), timezone.now()
    with transaction.atomic():
        body = canonical(body_of(publish(indicator, now=now)))
        transaction.set_rollback(True)
    with TemporaryDirectory() as folder:
        more, less = (_downloaded(Path(folder) / str(size), size, body, now) for size in (ENTRIES, FEWER))
        yield Race(
            what=f"verify {ENTRIES:,} entries, {(more / 'ledger.jsonl').stat().st_size >> 20} MB",
            ours=partial(_verify, more),
            other=lambda: cpu(lambda: _read(more)),
            other_name="only read and hashed",
            amount=ENTRIES,
            unit="entries",
            bar="≤ 30 s",
        ).run()
        yield Growth(
            what=f"verify {ENTRIES:,} entries",
            more=partial(_verify, more),
            less=partial(_verify, less),
            less_name=f"{FEWER:,} entries",
            bar="≤ 12: linear",
        ).run()
    event = publish(indicator, now=now)
    yield Race(
        what="publish one event, its entries included",
        ours=lambda: _taken_back(lambda: publish(indicator, now=now)),
        other=lambda: _taken_back(lambda: ledger.record(LedgerEntry.Kind.EDITED, event, now=now)),
        other_name="its own entry alone",
        amount=PUBLICATIONS,
        unit="events",
    ).run()


def _downloaded(folder: Path, size: int, body: str, at: datetime) -> Path:
    """A ledger of entries with this body, and the checkpoint under all of it."""
    folder.mkdir()
    previous = None
    with (folder / "ledger.jsonl").open("w") as file:
        for number in range(size):
            entry = LedgerEntry(kind="published", subject=f"evidence/{number}", body=body, recorded_at=at)
            entry.follow(previous)
            file.write(entry.line() + "\n")
            previous = entry
    [key, *_] = signing.keys()
    signed = Checkpoint(size=size, hash=previous.hash, signed_at=at, public_key=key.public)
    signed.signature = key.sign(signed.unsigned().encode()).hex()
    (folder / "checkpoints.jsonl").write_text(signed.line() + "\n")
    return folder


def _verify(folder: Path) -> float:
    command = [sys.executable, VERIFIER, "ledger.jsonl", "checkpoints.jsonl"]
    return cpu(lambda: subprocess.run(command, cwd=folder, check=True, capture_output=True))


def _read(folder: Path) -> None:
    for line in (folder / "ledger.jsonl").read_bytes().splitlines():
        json.loads(line)
        hashlib.sha256(line).digest()


def _taken_back(work: Callable[[], object]) -> float:
    """Seconds that pass while it is done several times, in a transaction that is undone."""
    with transaction.atomic():
        seconds = wall(lambda: [work() for _ in range(PUBLICATIONS)])
        transaction.set_rollback(True)
    return seconds
