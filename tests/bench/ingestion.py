"""Storing a batch of which half is known already, beside get_or_create for each of its entries."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

from django.db import connection, transaction

from tests.bench.race import Line, Race, wall
from tracker import storing
from tracker.models import Document, Source
from tracker.watchers.entry import Entry, Page

BATCH = 1_000
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_numbers = count(1)


def lines() -> Iterator[Line]:
    """Both in one transaction, which is kind to get_or_create: alone, each of its writes would be flushed."""
    yield Race(
        what=f"ingestion, {BATCH:,} entries, half known, {connection.vendor}",
        ours=_ours,
        other=_one_by_one,
        other_name="get_or_create",
        amount=BATCH,
        unit="entries",
        bar="≥ 10",
    ).run()


def _ours() -> float:
    source, entries = _half_known()
    return wall(lambda: storing.store(source, Page(entries=entries), now=NOW))


def _one_by_one() -> float:
    source, entries = _half_known()

    def store() -> None:
        with transaction.atomic():
            for entry in entries:
                fields = {name: getattr(entry, name) for name in ("url", "title", "text", "language", "kind")}
                Document.objects.get_or_create(
                    source=source,
                    external_id=entry.external_id,
                    defaults=fields | {"first_seen_at": NOW, "last_seen_at": NOW},
                )

    return wall(store)


def _half_known() -> tuple[Source, tuple[Entry, ...]]:
    number = next(_numbers)
    source = Source.objects.create(
        slug=f"bench-{number}", url=f"https://bench.example/{number}", name="b", format="feed", tier=4
    )
    entries = tuple(_entry(number, each) for each in range(BATCH))
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
