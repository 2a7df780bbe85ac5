"""Publish, correct, retract, observe: the only writers of what is public; each recomputes the statuses it touches."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators import ledger
from indicators.models import (
    Assessment,
    Citation,
    Contestation,
    Definition,
    Evidence,
    Indicator,
    LedgerEntry,
    LinkCheck,
    Measure,
    Observation,
    Reply,
    Status,
    StatusChange,
)
from indicators.models.choices import LINK_LIVES, Cause, LinkState
from indicators.models.standing import status_of
from indicators.rules.words import Flag

Kind = LedgerEntry.Kind

FIRST_DAY = date(2000, 1, 1)  # nothing is recorded before; the rule looks back over years


class NothingToPublishError(ValueError):
    """Evidence without a citation or without an assessment; ask for what is missing."""


class AlreadyWithdrawnError(ValueError):
    """The evidence is retracted or superseded already; show its page instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCitation:
    """A source to cite; see Citation for the meaning of each field."""

    url: str
    publisher: str
    title: str
    quote: str
    tier: int
    independence_group: str
    snapshot_sha256: str
    domain: str = ""
    story: str = ""
    language: str = ""
    published_on: date | None = None
    locator: str = ""
    interest_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssessment:
    """What the event means for one indicator, under its newest definition."""

    indicator: Indicator
    stance: str
    directness: str
    rung: int | None = None
    rationale_fr: str = ""
    rationale_en: str = ""


@transaction.atomic
def publish(
    event: Mapping[str, Any],
    *,
    citations: Sequence[NewCitation],
    assessments: Sequence[NewAssessment],
    by: AbstractBaseUser,
    now: datetime,
) -> Evidence:
    """Publish one event of the world (`event` holds the fields of Evidence) and recompute what it touches.

    Raises NothingToPublishError, or ValidationError when an invariant of the record would be broken.
    """
    if not citations or not assessments:
        raise NothingToPublishError(_("Evidence needs at least one citation and one assessment."))
    Indicator.objects.one_writer_at_a_time()
    evidence = _new_evidence(event, by=by, now=now)
    for citation in citations:
        _checked(Citation(evidence=evidence, checked_at=now, **asdict(citation)))
    for assessment in assessments:
        _assess(evidence, assessment)
    ledger.record(Kind.PUBLISHED, evidence, now=now)
    cause = Cause.CANCELLED if evidence.cancels_id else Cause.PUBLISHED
    recompute(_touched(evidence), cause=cause, evidence=evidence, now=now)
    return evidence


@transaction.atomic
def correct(
    evidence: Evidence, *, changes: Mapping[str, Any], reason: str, by: AbstractBaseUser, now: datetime
) -> Evidence:
    """Publish the corrected version under a new number; the old one stays, superseded, with the reason."""
    Indicator.objects.one_writer_at_a_time()
    old = _standing(evidence)
    new = _new_evidence(old.event() | changes, by=by, now=now)
    return _replace(old, new, like=old, reason=reason, now=now)


@transaction.atomic
def cite(
    evidence: Evidence, *, citation: NewCitation, reason: str, by: AbstractBaseUser, now: datetime
) -> Evidence:
    """Publish the same event under a new number with one more source; the old version stays, superseded."""
    Indicator.objects.one_writer_at_a_time()
    old = _standing(evidence)
    new = _new_evidence(old.event(), by=by, now=now)
    _checked(Citation(evidence=new, checked_at=now, **asdict(citation)))
    return _replace(old, new, like=old, reason=reason, now=now)


@transaction.atomic
def reassess(
    evidence: Evidence, *, assessment: NewAssessment, reason: str, by: AbstractBaseUser, now: datetime
) -> Evidence:
    """Publish the same event under a new number, with what it means under the newest definition of one indicator.

    What it meant under older definitions stays as it was said.
    """
    Indicator.objects.one_writer_at_a_time()
    old = _standing(evidence)
    new = _new_evidence(old.event(), by=by, now=now)
    _assess(new, assessment)
    return _replace(old, new, like=old, reason=reason, now=now)


@transaction.atomic
def revert(evidence: Evidence, *, reason: str, by: AbstractBaseUser, now: datetime) -> Evidence:
    """Publish under a new number what the evidence said before its last correction.

    Raises NothingToPublishError for one that corrects nothing: retract it instead.
    """
    Indicator.objects.one_writer_at_a_time()
    old = _standing(evidence)
    before = old.supersedes.first()
    if before is None:
        raise NothingToPublishError(
            _("Evidence n° %(number)s corrects no other one.") % {"number": old.number}
        )
    new = _new_evidence(before.event(), by=by, now=now)
    return _replace(old, new, like=before, reason=reason, now=now)


@transaction.atomic
def retract(evidence: Evidence, *, reason: str, by: AbstractBaseUser, now: datetime) -> Evidence:
    """Withdraw an evidence for good: its page stays, with the reason; every status it held up is recomputed."""
    Indicator.objects.one_writer_at_a_time()
    old = _standing(evidence)
    old.retracted_at, old.retraction_reason, old.retracted_by = now, reason, by
    _checked(old)
    ledger.record(Kind.RETRACTED, old, now=now)
    recompute(_touched(old), cause=Cause.RETRACTED, evidence=old, now=now)
    return old


@transaction.atomic
def answer(reply: Reply, *, by: AbstractBaseUser, now: datetime) -> Reply:
    """Publish what a named party answers, as it was sent: beside the evidence that names it, or for its actor."""
    Indicator.objects.one_writer_at_a_time()
    reply.evidence = _standing(reply.evidence) if reply.evidence else None
    reply.published_by, reply.published_at = by, now
    ledger.record(Kind.PUBLISHED, _checked(reply), now=now)
    return reply


@transaction.atomic
def withdraw(reply: Reply, *, reason: str, now: datetime) -> None:
    """Take a reply back, wherever corrections of its evidence carried it; its place says so, with the reason."""
    Indicator.objects.one_writer_at_a_time()
    same = {name: getattr(reply, name) for name in ("party", "text", "received_at", "published_at")}
    for row in Reply.objects.standing().filter(**same):
        row.withdrawn_at, row.withdrawal_reason = now, reason
        ledger.record(Kind.RETRACTED, _checked(row), now=now)


@transaction.atomic
def contest(contestation: Contestation, *, by: AbstractBaseUser, now: datetime) -> Contestation:
    """Flag a status as contested, for the reason given, until this is settled."""
    contestation.opened_by, contestation.opened_at = by, now
    ledger.record(Kind.PUBLISHED, _checked(contestation), now=now)
    recompute([contestation.indicator], cause=Cause.CONTESTED, now=now)
    return contestation


@transaction.atomic
def settle(contestation: Contestation, *, outcome: str, now: datetime) -> Contestation:
    """Close a contestation, with what came of it; the flag falls unless something else holds it up."""
    contestation.closed_at, contestation.outcome = now, outcome
    ledger.record(Kind.CORRECTED, _checked(contestation), now=now)
    recompute([contestation.indicator], cause=Cause.CONTESTED, now=now)
    return contestation


@transaction.atomic
def record_link(citation: Citation, *, state: str = "", archive_url: str = "", now: datetime) -> Citation:
    """Record what the address of a citation shows today, or where an archive keeps it; a change appends a LinkCheck.

    Confidence reads links: the statuses that the evidence bears on are recomputed when its link breaks or mends.
    """
    Indicator.objects.one_writer_at_a_time()
    current = Citation.objects.select_related("evidence").get(pk=citation.pk)
    before = (current.link_state, current.archive_url)
    if state:
        current.link_state, current.checked_at = state, now
    current.archive_url = archive_url or current.archive_url
    _checked(current)
    if before != (current.link_state, current.archive_url):
        _note_link(current, now=now)
        ledger.record(Kind.LINKED, current.evidence, now=now)
    if (before[0] in LINK_LIVES) != (current.link_state in LINK_LIVES):
        recompute(_touched(current.evidence), cause=Cause.TIME_PASSED, now=now)
    return current


@transaction.atomic
def define(definition: Definition, *, assessments: Iterable[Assessment] = (), now: datetime) -> Definition:
    """Publish a new version of a definition and apply it; older assessments stay as they are.

    `assessments` say what evidence means under the new version.
    """
    Indicator.objects.one_writer_at_a_time()
    definition.published_at = now
    _checked(definition)
    ledger.record(Kind.PUBLISHED, definition, now=now)
    rows = Assessment.objects.bulk_create(assessments, batch_size=500)
    ledger.record(Kind.EDITED, *(row.evidence for row in rows), now=now)
    recompute([definition.indicator], cause=Cause.DEFINITION_CHANGED, now=now)
    return definition


@transaction.atomic
def observe(
    code: str,
    *,
    period: tuple[date, date],
    numerator: int | Decimal | None,
    denominator: int | Decimal | None,
    unknown: int | Decimal = 0,
    geography: str = "",
    variant: str = "",
    inputs: str = "",
    now: datetime,
) -> Observation:
    """Record one value of a measure; the same inputs as last time change nothing. A new value recomputes its indicator.

    `inputs` is the digest of what the value was computed from, where there is more to it than the value. What comes
    back after something else is a new observation, whose digest covers the one that it follows, too.
    """
    Indicator.objects.one_writer_at_a_time()
    measure = Measure.objects.get(code=code)
    where = {"period_start": period[0], "period_end": period[1], "geography": geography, "variant": variant}
    told = [code, *map(str, period), *map(str, (numerator, denominator, unknown)), *filter(None, [inputs])]
    before = list(measure.observations.filter(**where).order_by("-published_at", "-pk"))
    last, digest = next(iter(before), None), _digest(told)
    if last and last.digest in {digest, *(_digest([*told, each.digest]) for each in before[1:2])}:
        return last
    if last and any(each.digest == digest for each in before):
        digest = _digest([*told, last.digest])
    values = {"numerator": numerator, "denominator": denominator, "unknown": unknown}
    observation = measure.observations.create(**where, **values, digest=digest, published_at=now)
    ledger.record(Kind.OBSERVED, observation, now=now)
    if measure.indicator_id:
        recompute([measure.indicator], cause=Cause.MEASURE_UPDATED, now=now)
    return observation


@transaction.atomic
def edit(row: Model, *, now: datetime) -> None:
    """Enter a text, an actor or a deal as an editor has just saved it, with all that belongs to it."""
    ledger.record(Kind.EDITED, row, now=now)


@transaction.atomic
def recompute(
    indicators: Iterable[Indicator], *, cause: str, now: datetime, evidence: Evidence | None = None
) -> list[StatusChange]:
    """Apply the rule again; write the present status, and one change for each rung or flag that moved."""
    Indicator.objects.one_writer_at_a_time()
    as_of, changes = timezone.localdate(now), []
    for indicator in indicators:
        result = status_of(indicator, as_of=as_of, known_at=now)
        told = {"as_of": as_of, "flags": list(result.flags), "confidence": result.confidence}
        told |= {"trace": list(result.trace), "digest": result.digest}
        before = Status.objects.filter(indicator=indicator).first()
        if before and (before.rung, before.flags) != (result.rung, told["flags"]):
            change = StatusChange(indicator=indicator, rung_from=before.rung, rung_to=result.rung, **told)
            ended = cause == Cause.TIME_PASSED and Flag.OVERRIDE in {*before.flags} - {*told["flags"]}
            change.changed_at, change.evidence = now, evidence
            change.cause = Cause.OVERRIDE_LIFTED if ended else cause
            changes.append(_checked(change))
            ledger.record(Kind.MOVED, change, now=now)
        told |= {name: getattr(result, name) for name in ("rung", "against", "version")}
        told |= {name: list(getattr(result, name)) for name in _STATUS_LISTS}
        Status.objects.update_or_create(indicator=indicator, defaults={"computed_at": now, **told})
    return changes


def refresh(*, now: datetime) -> list[StatusChange]:
    """Apply the rule to every indicator: time alone expires evidence and exceptions, empties windows, raises flags."""
    return recompute(Indicator.objects.order_by("order"), cause=Cause.TIME_PASSED, now=now)


_STATUS_LISTS = ("missing", "linchpins", "examples", "counterexamples")


def _replace(old: Evidence, new: Evidence, *, like: Evidence, reason: str, now: datetime) -> Evidence:
    """Put the new version in the place of the old one, with the sources and assessments of the one it is like."""
    new.actors.set(like.actors.all())
    said = new.assessments.values("definition")
    for row in [*like.citations.all(), *like.assessments.exclude(definition__in=said)]:
        row.pk, row._state.adding, row.evidence = None, True, new
        _checked(row)
        if isinstance(row, Citation) and (row.link_state, row.archive_url) != (LinkState.LIVE, ""):
            _note_link(row, now=now)
    old.superseded_by, old.correction_reason = new, reason
    old.save(update_fields=["superseded_by", "correction_reason"])
    ledger.record(Kind.PUBLISHED, new, now=now)
    for reply in old.replies.standing():
        reply.pk, reply._state.adding, reply.evidence = None, True, new
        ledger.record(Kind.PUBLISHED, _checked(reply), now=now)
    ledger.record(Kind.CORRECTED, old, now=now)
    recompute(_touched(old, new), cause=Cause.SUPERSEDED, evidence=old, now=now)
    return new


def _new_evidence(event: Mapping[str, Any], *, by: AbstractBaseUser, now: datetime) -> Evidence:
    _refuse_impossible(event["occurred_on"], event.get("country", ""), today=timezone.localdate(now))
    last = Evidence.objects.aggregate(last=Max("number"))["last"] or 0
    return _checked(Evidence(number=last + 1, published_at=now, published_by=by, **event))


def _assess(evidence: Evidence, assessment: NewAssessment) -> None:
    definition = Definition.objects.filter(indicator=assessment.indicator).latest_first().first()
    fields = {name: getattr(assessment, name) for name in NewAssessment.__slots__}
    _checked(Assessment(evidence=evidence, definition=definition, **fields))


def _refuse_impossible(occurred_on: date, country: str, *, today: date) -> None:
    """Raise ValidationError for what no event can be; checked when it is published, never when it is withdrawn."""
    if not FIRST_DAY <= occurred_on <= today:
        raise ValidationError(
            _("An event is dated from 2000 up to today: what is to come is not evidence yet.")
        )
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise ValidationError(_("A country is two capital letters: FR, DE, EU."))


def _checked(row: Any) -> Any:
    """Save a row after its own validation, so that a broken invariant comes back in words."""
    row.full_clean()
    row.save()
    return row


def _digest(told: list[str]) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _note_link(citation: Citation, *, now: datetime) -> None:
    LinkCheck.objects.create(
        citation=citation, state=citation.link_state, archive_url=citation.archive_url, checked_at=now
    )


def _standing(evidence: Evidence) -> Evidence:
    current = Evidence.objects.select_for_update().get(pk=evidence.pk)
    if not current.standing:
        raise AlreadyWithdrawnError(
            _("Evidence n° %(number)s is already withdrawn.") % {"number": current.number}
        )
    return current


def _touched(*evidence: Evidence) -> list[Indicator]:
    """The indicators assessed by these, and by the ones that they cancel."""
    rows = [pk for each in evidence for pk in (each.pk, each.cancels_id) if pk]
    return list(Indicator.objects.filter(assessments__evidence__in=rows).distinct())
