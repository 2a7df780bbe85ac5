"""What one moderator decided since a moment, taken back: each candidate as it stood before, by new decisions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from indicators.models import Proposal
from tracker import moderation
from tracker.models import Candidate, Decision

_OPEN = (None, Decision.Verdict.REOPENED, Decision.Verdict.SNOOZED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """A candidate whose last decisions are to be taken back; `before` is the decision that they followed, if any."""

    candidate: Candidate
    decisions: tuple[Decision, ...]
    before: Decision | None


def reversals(moderator: AbstractBaseUser, *, since: datetime) -> Iterator[Reversal]:
    """What would be taken back, latest first. What somebody else has decided again since then stands."""
    theirs = Decision.objects.filter(by=moderator, decided_at__gte=since)
    candidates = Candidate.objects.filter(pk__in=theirs.values("candidate"))
    found = [each for candidate in candidates if (each := _reversal(candidate, moderator, since))]
    yield from sorted(found, key=lambda each: each.decisions[0].pk, reverse=True)


def _reversal(candidate: Candidate, moderator: AbstractBaseUser, since: datetime) -> Reversal | None:
    history = list(candidate.decisions.select_related("evidence").order_by("-step"))
    last = tuple(takewhile(lambda each: each.by_id == moderator.pk and each.decided_at >= since, history))
    # What was only proposed changed nothing: what stood before it stands.
    before = next((each for each in history[len(last) :] if each.verdict != Decision.Verdict.PROPOSED), None)
    was = before.verdict if before else None
    if not last or (last[0].verdict == Decision.Verdict.REOPENED and was in _OPEN):
        return None
    if before and before.evidence and before.evidence == last[0].evidence:
        return None
    if _is_entered(last[0]):
        return None
    return Reversal(candidate=candidate, decisions=last, before=before)


def _is_entered(decision: Decision) -> bool:
    """Whether editors have entered it in the registry since: they decided again."""
    if decision.act.get("verb") != "hand_over":
        return False
    return Proposal.objects.filter(pk=decision.act["made"], state=Proposal.State.ADOPTED).exists()


@transaction.atomic
def take_back(reversal: Reversal, *, reason: str, by: AbstractBaseUser, now: datetime) -> None:
    """Reopen the candidate, which retracts what was published, then decide again what stood before."""
    candidate, before = reversal.candidate, reversal.before
    if reversal.decisions[0].verdict != Decision.Verdict.REOPENED:
        moderation.reopen(candidate, reason_text=reason, by=by, now=now, seconded=True)
    candidate.refresh_from_db(fields=["state"])
    if before and before.verdict not in (*_OPEN, candidate.state):
        moderation.decide_as_before(before, by=by, now=now)
