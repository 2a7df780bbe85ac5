"""What we forget, and when: one table, applied by one function."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import F, Model, Q, Window
from django.db.models.functions import RowNumber
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from indicators.models import Citation
from tracker import alerts, bodies, mailbox, stories
from tracker.models import (
    Body,
    Candidate,
    Contact,
    Delivery,
    DocumentVersion,
    FailedLogin,
    Fetch,
    Host,
    Invitation,
    Knock,
    Message,
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
    """Rows older than `keep` by `clock` (and `only` those) lose the values of `fields`, or go where there are none.

    `told` says it to the public, who reads after how many days; `personal` where it may lead to one of them.
    """

    model: type[Model]
    told: Promise
    personal: bool = False
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
    Rule(
        model=Fetch,
        told=_("when a source was asked, and what it answered"),
        clock="started_at",
        keep=timedelta(days=120),
    ),
    Rule(
        model=Fetch,
        told=_("of these, all but the last thirty of each source"),
        clock="started_at",
        keep=timedelta(),
        only=Q(pk__in=_PLACED.filter(place__gt=FETCHES_KEPT).values("pk")),
    ),
    Rule(
        model=Delivery,
        told=_("what a feed’s hub sent us and nobody read"),
        clock="received_at",
        keep=timedelta(days=7),
    ),
    Rule(
        model=Host,
        told=_("which servers we asked, since the last time"),
        clock="free_at",
        keep=timedelta(days=30),
    ),
    Rule(
        model=StoryMark,
        told=_("the marks by which copies of a text are found"),
        clock="document__first_seen_at",
        keep=stories.MARKS_KEPT,
    ),
    Rule(
        model=TriageModel,
        told=_("what the order of our queue was learned from: counts of words, no names"),
        clock="trained_at",
        keep=timedelta(days=365),
    ),
    Rule(  # a year after the first decision; what nobody decides is no reason to keep an address for ever
        model=Contact,
        told=_(
            "the e-mail address (encrypted), the credit and the receipt of a contribution, since our first answer"
        ),
        personal=True,
        clock="contribution__document__candidates__decisions__decided_at",
        keep=timedelta(days=365),
        only=Q(contribution__document__candidates__decisions__step=1),
    ),
    Rule(
        model=Contact,
        told=_("the same of a contribution that nobody has decided, since it came"),
        personal=True,
        clock="contribution__received_at",
        keep=timedelta(days=730),
    ),
    Rule(
        model=Contact,
        told=_("from which network a contribution came: a hash under a key of that day"),
        personal=True,
        clock="contribution__received_at",
        keep=timedelta(days=30),
        only=~Q(network_hash=""),
        fields=("network_hash",),
    ),
    Rule(
        model=Contact,
        told=_("the e-mail address of a contribution, where nobody confirmed it"),
        personal=True,
        clock="contribution__received_at",
        keep=alerts.CONFIRM_WITHIN,
        only=Q(confirmed_at=None) & (~Q(sealed_email="") | ~Q(address_hash="")),
        fields=("sealed_email", "address_hash"),
    ),
    Rule(
        model=Message,
        told=_("that a mail was sent, and when; neither its words nor its address"),
        personal=True,
        clock="due_at",
        keep=timedelta(days=90),
    ),
    Rule(
        model=Knock,
        told=_("how often a network came to our forms or to a receipt: a hash under a key of that day"),
        personal=True,
        clock="at",
        keep=timedelta(days=1),
    ),
    Rule(
        model=FailedLogin,
        told=_("failed log-ins of our team, with a hash of the network"),
        personal=True,
        clock="failed_at",
        keep=timedelta(days=1),
    ),
    Rule(
        model=Session,
        told=_("sessions of our team, once they have ended; visitors have none"),
        clock="expire_date",
        keep=timedelta(),
    ),
    Rule(
        model=Subscription,
        told=_("an address that asked to follow something and was not confirmed"),
        personal=True,
        clock="asked_at",
        keep=timedelta(days=7),
        only=Q(confirmed_at=None),
    ),
    Rule(
        model=Invitation,
        told=_(
            "the address to which an actor of the index was asked to answer, since the time to do so ended"
        ),
        personal=True,
        clock="closes_at",
        keep=timedelta(days=30),
        only=~Q(sealed_email=""),
        fields=("sealed_email", "address_hash"),
    ),
    Rule(
        model=DocumentVersion,
        told=_("what a page said before it was edited, where it was never proposed"),
        clock="replaced_at",
        keep=timedelta(days=365),
        only=Q(document__candidates=None),  # what was ever proposed keeps all that it said
    ),
    Rule(  # what is cited is kept, and what waits for a decision or was accepted
        model=Snapshot,
        told=_("the copy of a page that was not kept as evidence"),
        clock="taken_at",
        keep=timedelta(days=180),
        only=_UNCITED & ~Q(document__candidates__state__in=[*Candidate.OPEN, *_KEPT_STATES]),
    ),
    Rule(  # the text that was read stays with its document
        model=Snapshot,
        told=_("the copy of a page that was never proposed"),
        clock="taken_at",
        keep=timedelta(days=14),
        only=_UNCITED & Q(document__candidates=None),
    ),
    Rule(
        model=Original,
        told=_("the bytes of a page of which no copy is kept any longer"),
        clock="kept_at",
        keep=timedelta(days=1),
        only=Q(copies=None),
    ),
    Rule(model=Robots, told=_("what sites ask of robots"), clock="read_at", keep=timedelta(days=30)),
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
    touched[_("mails in a folder")] = mailbox.prune(now=now, dry_run=dry_run)
    if connection.vendor == "sqlite" and not dry_run:
        refresh_statistics()
    return dict(touched)


def refresh_statistics() -> None:
    """Let SQLite sample what its tables hold, so that it chooses the right indices; PostgreSQL does so by itself."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA analysis_limit=1000")
        cursor.execute("ANALYZE")
