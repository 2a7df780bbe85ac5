"""Enter public changes in the ledger, in the transaction that makes them, and sign it from time to time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from indicators import signing
from indicators.models import Checkpoint, Indicator, LedgerEntry
from indicators.public import body_of, rows_besides, subject_of
from indicators.rules.chain import canonical

Told = tuple[str, str, Mapping[str, Any]]


def record(kind: str, *rows: Model, now: datetime) -> list[LedgerEntry]:
    """Enter what these public rows say from now on; call it inside the transaction that changed them."""
    return append([(kind, subject_of(row), body_of(row)) for row in rows], now=now)


def enter_missing(*, now: datetime) -> list[LedgerEntry]:
    """Enter what is public and was never entered: the founding texts, and what is older than the ledger."""
    known = set(LedgerEntry.objects.order_by().values_list("subject", flat=True).distinct())
    return record(LedgerEntry.Kind.ENTERED, *rows_besides(known), now=now)


@transaction.atomic
def append(told: Iterable[Told], *, now: datetime) -> list[LedgerEntry]:
    """Enter changes, each told by its kind, subject and body, one after the other, without a gap in their numbers.

    Of two writers the one who read the clock first may write last: an entry is never dated before what it follows.
    Raises NotCanonicalError for a body that has no one form.
    """
    Indicator.objects.one_writer_at_a_time()
    previous, signed = LedgerEntry.objects.last(), Checkpoint.objects.last()
    at = max(now, previous.recorded_at if previous else now, signed.signed_at if signed else now)
    entries = []
    for kind, subject, body in told:
        entry = LedgerEntry(kind=kind, subject=subject, body=canonical(body), recorded_at=at)
        entry.follow(previous)
        previous = entry
        entries.append(entry)
    return LedgerEntry.objects.bulk_create(entries, batch_size=500)


@transaction.atomic
def sign(*, now: datetime) -> list[Checkpoint]:
    """Sign the ledger as it stands with each of our keys, in the order of their age; a new key is announced in it."""
    Indicator.objects.one_writer_at_a_time()
    keys = signing.keys()
    told = {f"key/{key.public}": {"public_key": key.public} for key in keys}
    known = set(LedgerEntry.objects.filter(subject__in=told).values_list("subject", flat=True))
    new = [(LedgerEntry.Kind.KEY, subject, body) for subject, body in told.items() if subject not in known]
    append(new, now=now)
    last = LedgerEntry.objects.last()
    signed = Checkpoint(size=last.number, hash=last.hash, signed_at=max(now, last.recorded_at))
    return [_signed(signed, key) for key in keys]


def sign_if_due(*, now: datetime) -> list[Checkpoint]:
    """Sign once a day, and sooner when much was entered; nothing when it is not due."""
    last = LedgerEntry.objects.last()
    return sign(now=now) if Checkpoint.objects.due(size=last.number if last else 0, now=now) else []


def _signed(template: Checkpoint, key: signing.Key) -> Checkpoint:
    """A copy of the checkpoint, saved with the signature of this key."""
    copy = Checkpoint(size=template.size, hash=template.hash, signed_at=template.signed_at)
    copy.public_key = key.public
    copy.signature = key.sign(copy.unsigned().encode()).hex()
    copy.save()
    return copy
