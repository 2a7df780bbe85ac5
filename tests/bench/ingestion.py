"""Storing a batch of which half is known already, beside get_or_create for each of its entries; and ten batches at once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

from django.db import connection

from tests.bench.race import Growth, Line, Race, wall
from tracker import storing
from tracker.models import Document, Source
from tracker.watchers.entry import Entry, Page

BATCH = 1_000
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_numbers = count(1)


def lines() -> Iterator[Line]:
    """The other way is the loop that most projects run: one transaction for each entry."""
    yield Race(
        what=f"ingestion, {BATCH:,} entries, half known, {connection.vendor}",
        ours=_ours,
        other=_one_by_one,
        other_name="get_or_create each",
        amount=BATCH,
        unit="entries",
        bar="≥ 10",
    ).run()
    yield Growth(
        what=f"ingestion, {10 * BATCH:,} entries, half known, {connection.vendor}",
        more=lambda: _ours(10 * BATCH),
        less=_ours,
        less_name=f"{BATCH:,} entries",
        bar="≤ 12",
    ).run()


def _ours(amount: int = BATCH) -> float:
    source, entries = _half_known(amount)
    return wall(lambda: storing.store(source, Page(entries=entries), now=NOW))


def _one_by_one() -> float:
    source, entries = _half_known(BATCH)

    def store() -> None:
        for entry in entries:
            fields = {name: getattr(entry, name) for name in ("url", "title", "text", "language", "kind")}
            Document.objects.get_or_create(
                source=source,
                external_id=entry.external_id,
                defaults=fields | {"first_seen_at": NOW, "last_seen_at": NOW},
            )

    return wall(store)


def _half_known(amount: int) -> tuple[Source, tuple[Entry, ...]]:
    number = next(_numbers)
    source = Source.objects.create(
        slug=f"bench-{number}", url=f"https://bench.example/{number}", name="b", format="feed", tier=4
    )
    entries = tuple(_entry(number, each) for each in range(amount))
    storing.store(source, Page(entries=entries[::2]), now=NOW)
    return source, entries


def _entry(number: int, each: int) -> Entry:
    return Entry(
        external_id=f"{number}-{each}",
        url=f"https://bench.example/{number}/{each}",
        title=f"Entrée {number}-{each}",
        text=f"Le marché numéro {number}-{each} porte sur des serveurs de calcul. " * 8,
        language="fr",
    )
