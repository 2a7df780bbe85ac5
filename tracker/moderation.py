"""Accept, reject, reopen: the only door from what we have seen to what we assert."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from indicators import publishing
from indicators.models import Evidence, Indicator
from indicators.rules.quotes import contains_quote
from tracker import pace, stories
from tracker.models import Candidate, Decision, Document, Snapshot
from tracker.models.host import host_name


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


class QuoteNotFoundError(ValueError):
    """The quote does not stand in the stored text; copy it from there."""


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
    (`independence_group`), locator.

    Raises AlreadyDecidedError, QuoteNotFoundError, pace.StoppedError, or what publishing.publish raises.
    """
    pace.check(by, now=now)
    document = _lock(candidate).document
    check_quote(document, citation["quote"])
    source = replace(_citation(document, citation["quote"], now=now), **citation)
    evidence = publishing.publish(event, citations=[source], assessments=assessments, by=by, now=now)
    verdict = Decision(
        verdict=Decision.Verdict.ACCEPTED,
        evidence=evidence,
        by=by,
        conflict_of_interest=conflict_of_interest,
    )
    decision = _decide(candidate, verdict, now=now)
    pace.count(by, now=now)
    return decision


@transaction.atomic
def reject(
    candidate: Candidate, *, reason: str, reason_text: str = "", by: AbstractBaseUser, now: datetime
) -> Decision:
    """Refuse the candidate, with a reason of the closed list. Raises AlreadyDecidedError, ValidationError."""
    _lock(candidate)
    verdict = Decision(verdict=Decision.Verdict.REJECTED, reason=reason, reason_text=reason_text, by=by)
    return _decide(candidate, verdict, now=now)


@transaction.atomic
def reopen(candidate: Candidate, *, reason_text: str, by: AbstractBaseUser, now: datetime) -> Decision:
    """Undo the last decision by a new one; the evidence that it published is retracted with the same reason."""
    locked = Candidate.objects.select_for_update().get(pk=candidate.pk)
    if locked.state in Candidate.OPEN:
        raise AlreadyDecidedError(locked.decisions.order_by("-step").first())
    accepted = locked.decisions.filter(verdict=Decision.Verdict.ACCEPTED).order_by("-step").first()
    if accepted and accepted.evidence.standing:
        publishing.retract(accepted.evidence, reason=reason_text, by=by, now=now)
    return _decide(
        candidate, Decision(verdict=Decision.Verdict.REOPENED, reason_text=reason_text, by=by), now=now
    )


@transaction.atomic
def decide_as_before(before: Decision, *, by: AbstractBaseUser, now: datetime) -> Decision:
    """Decide a candidate that is open again as it was decided once; what was published comes under a new number."""
    candidate = _lock(before.candidate)
    again = Decision(verdict=before.verdict, reason=before.reason, reason_text=before.reason_text, by=by)
    again.evidence = before.evidence and _published_again(before.evidence, by=by, now=now)
    return _decide(candidate, again, now=now)


def check_quote(document: Document, quote: str) -> None:
    """Raise QuoteNotFoundError unless the quote stands in a stored copy of the document, or in its text."""
    texts = [copy.text for copy in document.snapshots.all()] or [document.whole_text()]
    if not any(contains_quote(text, quote) for text in texts):
        raise QuoteNotFoundError(
            _("This quote does not stand in the stored text; copy it from the document.")
        )


def published_from(document: Document) -> list[Evidence]:
    """The evidence that quotes the same address, so that one event is not published twice."""
    return list(
        Evidence.objects.standing().filter(citations__url=document.url).exclude(citations__url="").distinct()
    )


def _citation(document: Document, quote: str, *, now: datetime) -> publishing.NewCitation:
    """The document as a source to cite, fixed by the hash of the stored copy that holds the quote."""
    copies = document.snapshots.all() or [Snapshot.objects.take(document, now=now)]
    source, copy = document.source, next(copy for copy in copies if contains_quote(copy.text, quote))
    return publishing.NewCitation(
        url=document.url,
        publisher=source.publisher,
        title=(document.title or document.external_id)[:500],
        language=document.language,
        published_on=document.published_at.date() if document.published_at else None,
        quote=quote,
        tier=source.tier,
        interest_note=source.interest_note_fr,
        independence_group=source.publisher,
        domain=host_name(document.url)[:253],
        story=str(stories.head_of(document)),
        snapshot_sha256=copy.text_sha256,
    )


def _published_again(evidence: Evidence, *, by: AbstractBaseUser, now: datetime) -> Evidence:
    """A retracted evidence published once more, as it stood; its assessments are under today's definitions."""
    again = publishing.publish(
        _fields(evidence, publishing.EVENT_FIELDS),
        citations=[
            publishing.NewCitation(**_fields(row, publishing.NewCitation.__slots__))
            for row in evidence.citations.all()
        ],
        assessments=[
            publishing.NewAssessment(**_fields(row, publishing.NewAssessment.__slots__))
            for row in evidence.assessments.all()
        ],
        by=by,
        now=now,
    )
    again.actors.set(evidence.actors.all())
    return again


def _fields(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _lock(candidate: Candidate) -> Candidate:
    """The candidate, ours until the transaction ends; only one that still waits for a decision."""
    locked = Candidate.objects.select_for_update().select_related("document__source").get(pk=candidate.pk)
    if locked.state not in Candidate.OPEN:
        raise AlreadyDecidedError(locked.decisions.order_by("-step").first())
    return locked


def _decide(candidate: Candidate, decision: Decision, *, now: datetime) -> Decision:
    """Append the decision to the chain of all decisions and move the candidate's state to it."""
    Indicator.objects.one_writer_at_a_time()
    last = Decision.objects.order_by("-pk").first()
    decision.candidate, decision.decided_at = candidate, now
    decision.step = candidate.decisions.count() + 1
    decision.previous_hash = last.hash if last else ""
    decision.hash = _hash(decision)
    decision.full_clean()
    decision.save()
    Candidate.objects.filter(pk=candidate.pk).update(
        state=decision.verdict, claimed_by=None, claimed_until=None
    )
    return decision


def _hash(decision: Decision) -> str:
    told = [decision.candidate_id, decision.step, decision.verdict, decision.reason, decision.reason_text]
    told += [decision.by_id, decision.decided_at.isoformat(), decision.evidence_id, decision.previous_hash]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
