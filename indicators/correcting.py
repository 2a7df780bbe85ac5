"""Requests for correction told in public: that they came, that a person opened them, what came of them and when."""

from datetime import datetime
from typing import Any

from django.db import transaction

from indicators import ledger
from indicators.models import CorrectionRequest, Indicator, LedgerEntry

Kind = LedgerEntry.Kind


@transaction.atomic
def open_request(request: CorrectionRequest, *, now: datetime) -> CorrectionRequest:
    """Say that a correction was asked for, of a subject of the ledger; with its actor, that a named party contests it."""
    Indicator.objects.one_writer_at_a_time()
    return _entered(Kind.PUBLISHED, request, now=now)


def acknowledge(request: CorrectionRequest, *, now: datetime) -> CorrectionRequest:
    """Say that a person has opened it."""
    return _changed(request, acknowledged_at=now, now=now)


def decide(
    request: CorrectionRequest, *, outcome: str, reason: tuple[str, str] = ("", ""), now: datetime
) -> CorrectionRequest:
    """Say what came of it, with the reason in French and in English where it was refused."""
    told = {"outcome": outcome, "decided_at": now, "reason_fr": reason[0], "reason_en": reason[1]}
    return _changed(request, **told, now=now)


def reopen(request: CorrectionRequest, *, now: datetime) -> CorrectionRequest:
    """Say that it is undecided again; its time goes on from the day on which it came."""
    return _changed(request, outcome="", decided_at=None, reason_fr="", reason_en="", now=now)


@transaction.atomic
def _changed(request: CorrectionRequest, *, now: datetime, **told: Any) -> CorrectionRequest:
    Indicator.objects.one_writer_at_a_time()
    row = CorrectionRequest.objects.select_for_update().get(pk=request.pk)
    for name, value in told.items():
        setattr(row, name, value)
    return _entered(Kind.CORRECTED, row, now=now)


def _entered(kind: str, row: CorrectionRequest, *, now: datetime) -> CorrectionRequest:
    row.full_clean()
    row.save()
    ledger.record(kind, row, now=now)
    return row
