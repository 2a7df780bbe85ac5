"""Claim, accept, reject, merge, snooze, undo: the only door from what we have seen to what we assert."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from indicators import publishing
from indicators.models import Evidence, Indicator, StatusChange
from tracker import acts, alerts, answering, consequences, pace
from tracker.acts import QuoteNotFoundError, check_quote
from tracker.models import Candidate, Contribution, Decision

__all__ = ["QuoteNotFoundError", "check_quote"]
CLAIM = timedelta(minutes=20)
_Verdict = Decision.Verdict


class AlreadyDecidedError(Exception):
    """Somebody else has decided this candidate meanwhile; `decision` says who and what."""

    def __init__(self, decision: Decision | None) -> None:
        self.decision = decision
        told = {"by": decision.by, "verdict": decision.get_verdict_display()} if decision else {}
        super().__init__(
            _("%(by)s has already decided this candidate: %(verdict)s.") % told
            if decision
            else _("This candidate has already been decided.")
        )


class NotYoursToConfirmError(ValueError):
    """Who proposed a decision, or declared an interest in it, cannot be its second moderator; ask somebody else."""


class _NeedsSecondError(Exception):
    """What was just done reaches or leaves « Atteint », or is of a wave; it is taken back, and proposed to another one."""


def claim(candidate: Candidate, *, by: AbstractBaseUser, now: datetime, take_over: bool = False) -> bool:
    """Tell the others that `by` is on it, for twenty minutes; False, and nothing changed, while somebody else is."""
    free = Q() if take_over else Q(claimed_until=None) | Q(claimed_until__lte=now) | Q(claimed_by=by)
    ours = Candidate.objects.filter(free, pk=candidate.pk).update(claimed_by=by, claimed_until=now + CLAIM)
    if ours:
        answering.acknowledge(candidate, now=now)
    return bool(ours)


@transaction.atomic
def accept(
    candidate: Candidate,
    *,
    event: Mapping[str, Any],
    citation: Mapping[str, Any],
    assessments: Sequence[publishing.NewAssessment],
    by: AbstractBaseUser,
    now: datetime,
    conflict_of_interest: str = "",
) -> Decision:
    """Publish what the candidate's document shows. `event` holds the fields of Evidence.

    `citation` holds the quote, and whatever the moderator knows better of the source: publisher, tier, owner
    (`independence_group`), locator. What reaches or leaves « Atteint », or came in a wave, is proposed instead: see
    `confirm`.

    Raises AlreadyDecidedError, QuoteNotFoundError, pace.StoppedError, or what publishing.publish raises.
    """
    act = acts.publish(event, citation=citation, assessments=assessments)
    decision = Decision(verdict=_Verdict.ACCEPTED, act=act, conflict_of_interest=conflict_of_interest, by=by)
    return _act(_lock(candidate), decision, now=now)


@transaction.atomic
def take_up(
    candidate: Candidate,
    *,
    act: acts.Act,
    by: AbstractBaseUser,
    now: datetime,
    conflict_of_interest: str = "",
) -> Decision:
    """Accept what is no example: publish a reply, correct, flag as contested, hand on. `act` is one of tracker.acts.

    Raises AlreadyDecidedError, or what publishing raises.
    """
    decision = Decision(verdict=_Verdict.ACCEPTED, act=act, conflict_of_interest=conflict_of_interest, by=by)
    return _act(_lock(candidate), decision, now=now)


@transaction.atomic
def merge_into_evidence(
    candidate: Candidate,
    *,
    evidence: Evidence,
    citation: Mapping[str, Any],
    by: AbstractBaseUser,
    now: datetime,
) -> Decision:
    """Cite the document as one more source of an event that is published already, under a new version of it.

    Raises AlreadyDecidedError, QuoteNotFoundError.
    """
    reason = _("Another source tells of the same event.")
    decision = Decision(
        verdict=_Verdict.MERGED, act=acts.cite(evidence, citation=citation, reason=reason), by=by
    )
    return _act(_lock(candidate), decision, now=now)


@transaction.atomic
def merge(candidate: Candidate, *, into: Candidate, by: AbstractBaseUser, now: datetime) -> Decision:
    """Leave the candidate to another one that tells of the same event. Raises AlreadyDecidedError, ValidationError."""
    locked = _lock(candidate)
    if into.pk == locked.pk or into.merged_into_id == locked.pk:
        raise ValidationError(_("A candidate is merged into another one, not into itself."))
    return _decide(locked, Decision(verdict=_Verdict.MERGED, by=by), now=now, merged_into=into)


@transaction.atomic
def reject(
    candidate: Candidate, *, reason: str, reason_text: str = "", by: AbstractBaseUser, now: datetime
) -> Decision:
    """Refuse the candidate, with a reason of the closed list. Raises AlreadyDecidedError, ValidationError."""
    verdict = Decision(verdict=_Verdict.REJECTED, reason=reason, reason_text=reason_text, by=by)
    return _decide(_lock(candidate), verdict, now=now)


@transaction.atomic
def snooze(
    candidate: Candidate, *, until: datetime, reason_text: str = "", by: AbstractBaseUser, now: datetime
) -> Decision:
    """Put it out of the queue until then. Raises AlreadyDecidedError; ValidationError for a moment that is past."""
    if until <= now:
        raise ValidationError(_("Choose a day to come."))
    verdict = Decision(verdict=_Verdict.SNOOZED, reason_text=reason_text, by=by)
    return _decide(_lock(candidate), verdict, now=now, snoozed_until=until)


@transaction.atomic
def reopen(
    candidate: Candidate, *, reason_text: str, by: AbstractBaseUser, now: datetime, seconded: bool = False
) -> Decision:
    """Undo the last decision by a new one; what it published is taken back with the same reason.

    Proposed only, when it makes a status leave « Atteint » and is not `seconded`: see `confirm`. Raises
    AlreadyDecidedError.
    """
    locked = Candidate.objects.select_for_update(of=("self",)).select_related("document__source")
    row = locked.get(pk=candidate.pk)
    if row.state == Candidate.State.PROPOSED:
        return decline(row, reason_text=reason_text, by=by, now=now)
    if row.state not in (*Candidate.DECIDED, Candidate.State.SNOOZED):
        raise AlreadyDecidedError(row.last_decision())
    decision = Decision(verdict=_Verdict.REOPENED, reason_text=reason_text, by=by)
    decision.act = acts.undo(reason=reason_text)
    return _act(row, decision, now=now, seconded=seconded)


@transaction.atomic
def decide_as_before(before: Decision, *, by: AbstractBaseUser, now: datetime) -> Decision:
    """Decide a candidate that is open again as it was decided once; what was published comes under a new number."""
    again = Decision(verdict=before.verdict, reason=before.reason, reason_text=before.reason_text, by=by)
    again.act = acts.again(before)
    return _act(_lock(before.candidate), again, now=now, seconded=True)


@transaction.atomic
def confirm(
    candidate: Candidate, *, by: AbstractBaseUser, now: datetime, conflict_of_interest: str = ""
) -> Decision:
    """Do, as the second moderator, what another one proposed.

    Raises AlreadyDecidedError; NotYoursToConfirmError for who proposed it or declares an interest.
    """
    locked, proposed = _proposed(candidate)
    declared = locked.decisions.filter(by=by).exclude(conflict_of_interest="").exists()
    if proposed.by_id == by.pk:
        raise NotYoursToConfirmError(_("Another moderator must confirm what you proposed."))
    if declared or conflict_of_interest:
        raise NotYoursToConfirmError(_("Who has a conflict of interest cannot be the second moderator."))
    decision = Decision(verdict=proposed.act["verdict"], act=proposed.act["act"], by=by)
    decision.reason_text = proposed.reason_text
    return _act(locked, decision, now=now, seconded=True)


@transaction.atomic
def decline(candidate: Candidate, *, reason_text: str, by: AbstractBaseUser, now: datetime) -> Decision:
    """Refuse what was proposed, or withdraw one's own proposal: the candidate stands as it stood before.

    Raises AlreadyDecidedError.
    """
    locked, proposed = _proposed(candidate)
    before = locked.decisions.filter(step__lt=proposed.step).order_by("-step").first()
    undoing = proposed.act["verdict"] == _Verdict.REOPENED
    decision = Decision(verdict=before.verdict if undoing else _Verdict.REOPENED, by=by)
    decision.reason_text = reason_text
    if undoing:
        decision.evidence, decision.act, decision.reason = before.evidence, before.act, before.reason
    return _decide(locked, decision, now=now)


def _lock(candidate: Candidate) -> Candidate:
    """The candidate, ours until the transaction ends; only one that still waits for a decision."""
    locked = Candidate.objects.select_for_update(of=("self",)).select_related("document__source")
    row = locked.get(pk=candidate.pk)
    if row.state not in Candidate.OPEN:
        raise AlreadyDecidedError(row.last_decision())
    return row


def _proposed(candidate: Candidate) -> tuple[Candidate, Decision]:
    """The candidate, ours until the transaction ends, and what was proposed of it."""
    row = (
        Candidate.objects.select_for_update(of=("self",))
        .select_related("document__source")
        .get(pk=candidate.pk)
    )
    last = row.last_decision()
    if row.state != Candidate.State.PROPOSED:
        raise AlreadyDecidedError(last)
    return row, last


def _act(candidate: Candidate, decision: Decision, *, now: datetime, seconded: bool = False) -> Decision:
    """Carry out the decision's act and record it; or only propose it, where it takes two."""
    Indicator.objects.one_writer_at_a_time()
    publishes = decision.act["verb"] in acts.PUBLISHING and not seconded
    if publishes:
        pace.check(decision.by, now=now)
    last = StatusChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    try:
        with transaction.atomic():
            made = acts.carry_out(candidate, decision.act, by=decision.by, now=now)
            changes = StatusChange.objects.filter(pk__gt=last).select_related("indicator").order_by("pk")
            moves = consequences.done(changes)
            if not seconded and (
                (publishes and _in_a_wave(candidate)) or any(move.needs_second for move in moves)
            ):
                raise _NeedsSecondError
    except _NeedsSecondError:
        moved = [[move.indicator.code, move.before, move.after] for move in moves]
        decision.act = {"verdict": decision.verdict, "act": decision.act, "moves": moved}
        decision.verdict = _Verdict.PROPOSED
        return _decide(candidate, decision, now=now, consequence=Candidate.Consequence.DECIDES)
    decision.act = decision.act | {"made": made.pk if made else None}
    if isinstance(made, Evidence):
        decision.evidence = made
    decided = _decide(candidate, decision, now=now)
    if publishes:
        pace.count(decision.by, now=now)
    return decided


def _in_a_wave(candidate: Candidate) -> bool:
    """Whether it came with many that look alike: one moderator alone publishes none of them."""
    return Contribution.objects.filter(document=candidate.document_id, wave__isnull=False).exists()


def _decide(candidate: Candidate, decision: Decision, *, now: datetime, **told: Any) -> Decision:
    """Append the decision to the chain of all decisions and move the candidate's state to it."""
    Indicator.objects.one_writer_at_a_time()
    last = Decision.objects.order_by("-pk").first()
    decision.candidate, decision.decided_at = candidate, now
    if candidate.holder(now) == decision.by:
        decision.seconds = (now - (candidate.claimed_until - CLAIM)).seconds
    decision.step = candidate.decisions.count() + 1
    decision.previous_hash = last.hash if last else ""
    decision.hash = _hash(decision)
    decision.full_clean()
    decision.save()
    Candidate.objects.filter(pk=candidate.pk).update(
        state=decision.verdict, claimed_by=None, claimed_until=None, **told
    )
    answering.decided(decision, now=now)
    alerts.decided(decision, now=now)
    return decision


def _hash(decision: Decision) -> str:
    told = [decision.candidate_id, decision.step, decision.verdict, decision.reason, decision.reason_text]
    told += [decision.by_id, decision.decided_at.isoformat(), decision.evidence_id, decision.previous_hash]
    told += [decision.act] if decision.act else []
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
