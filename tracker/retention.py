"""What we forget, and when: one table, applied by one function."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import F, Model, Q, Window
from django.db.models.functions import RowNumber

from indicators.models import Citation
from tracker import bodies, stories
from tracker.models import (
    Body,
    Candidate,
    Contact,
    Delivery,
    DocumentVersion,
    FailedLogin,
    Fetch,
    Host,
    Knock,
    Original,
    Robots,
    Snapshot,
    StoryMark,
    Subscription,
    TriageModel,
)

FETCHES_KEPT = 30  # of each source


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows older than `keep` by `clock` (and `only` those) lose the values of `fields`, or go where there are none."""

    model: type[Model]
    clock: str
    keep: timedelta
    only: Q = field(default_factory=Q)
    fields: tuple[str, ...] = ()


_PLACED = Fetch.objects.annotate(
    place=Window(RowNumber(), partition_by=F("source"), order_by=F("started_at").desc())
)

_UNCITED = ~Q(text_sha256__in=Citation.objects.values("snapshot_sha256"))
_KEPT_STATES = (Candidate.State.ACCEPTED, Candidate.State.MERGED)

RULES = (
    Rule(model=Fetch, clock="started_at", keep=timedelta(days=120)),
    Rule(
        model=Fetch,
        clock="started_at",
        keep=timedelta(),
        only=Q(pk__in=_PLACED.filter(place__gt=FETCHES_KEPT).values("pk")),
    ),
    Rule(model=Delivery, clock="received_at", keep=timedelta(days=7)),
    Rule(model=Host, clock="free_at", keep=timedelta(days=30)),
    Rule(model=StoryMark, clock="document__first_seen_at", keep=stories.MARKS_KEPT),
    Rule(model=TriageModel, clock="trained_at", keep=timedelta(days=365)),
    Rule(  # a year after the first decision; what nobody decides is no reason to keep an address for ever
        model=Contact,
        clock="contribution__document__candidates__decisions__decided_at",
        keep=timedelta(days=365),
        only=Q(contribution__document__candidates__decisions__step=1),
    ),
    Rule(model=Contact, clock="contribution__received_at", keep=timedelta(days=730)),
    Rule(
        model=Contact,
        clock="contribution__received_at",
        keep=timedelta(days=30),
        only=~Q(network_hash=""),
        fields=("network_hash",),
    ),
    Rule(model=Knock, clock="at", keep=timedelta(days=1)),
    Rule(model=FailedLogin, clock="failed_at", keep=timedelta(days=1)),
    Rule(model=Session, clock="expire_date", keep=timedelta()),
    Rule(model=Subscription, clock="asked_at", keep=timedelta(days=7), only=Q(confirmed_at=None)),
    Rule(
        model=DocumentVersion,
        clock="replaced_at",
        keep=timedelta(days=365),
        only=Q(document__candidates=None),  # what was ever proposed keeps all that it said
    ),
    Rule(  # what is cited is kept, and what waits for a decision or was accepted
        model=Snapshot,
        clock="taken_at",
        keep=timedelta(days=180),
        only=_UNCITED & ~Q(document__candidates__state__in=[*Candidate.OPEN, *_KEPT_STATES]),
    ),
    Rule(  # the text that was read stays with its document
        model=Snapshot,
        clock="taken_at",
        keep=timedelta(days=14),
        only=_UNCITED & Q(document__candidates=None),
    ),
    Rule(model=Original, clock="kept_at", keep=timedelta(days=1), only=Q(copies=None)),
    Rule(model=Robots, clock="read_at", keep=timedelta(days=30)),
)


def prune(*, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """Apply the table, and the settings on bodies; how many rows of each model were (or would be) touched. Twice is the same as once."""
    touched: Counter[str] = Counter()
    for rule in RULES:
        rows = rule.model.objects.filter(rule.only, **{f"{rule.clock}__lt": now - rule.keep})
        if dry_run:
            count = rows.count()
        elif rule.fields:
            count = rows.update(**dict.fromkeys(rule.fields, ""))
        else:
            count = rows.delete()[1].get(rule.model._meta.label, 0)
        touched[rule.model._meta.verbose_name_plural] += count
    touched[Body._meta.verbose_name_plural] = bodies.prune(now=now, dry_run=dry_run)
    return dict(touched)
