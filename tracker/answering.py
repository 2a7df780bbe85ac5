"""What becomes of a request for correction, told in public and to who sent it: opened by a person, decided, reopened."""

from datetime import datetime

from django.utils.translation import override

from indicators import correcting
from indicators.models import CorrectionRequest
from indicators.public import subject_of
from tracker import alerts
from tracker.models import Candidate, Contribution, Decision
from tracker.refusals import REASONS

_Verdict, _Reason, _Outcome = Decision.Verdict, Decision.Reason, CorrectionRequest.Outcome
_UNTOLD = (_Reason.SPAM, _Reason.ILLEGAL)
NOTHING = "site"  # what a request is about that names nothing we published


def acknowledge(candidate: Candidate, *, now: datetime) -> None:
    """Note the first time at which a person of the team opened what somebody sent."""
    unopened = Contribution.objects.filter(document=candidate.document_id, acknowledged_at=None)
    if not unopened.update(acknowledged_at=now):
        return
    contribution = Contribution.objects.select_related("request").get(document=candidate.document_id)
    if contribution.request:
        correcting.acknowledge(contribution.request, now=now)
    if contribution.clock.acknowledged:
        alerts.opened(contribution, now=now)


def decided(decision: Decision, *, now: datetime) -> None:
    """Tell what came of a request; of one that was spam, nothing, unless it stands in public already."""
    document = decision.candidate.document_id
    contribution = Contribution.objects.select_related("request").filter(document=document).first()
    if contribution is None or not contribution.clock.acknowledged:
        return
    if decision.verdict == _Verdict.REOPENED and contribution.request:
        correcting.reopen(contribution.request, now=now)
    elif decision.verdict in Candidate.DECIDED and (contribution.request or decision.reason not in _UNTOLD):
        acknowledge(decision.candidate, now=now)
        request = contribution.request or _in_public(contribution, decision.candidate, now=now)
        correcting.decide(request, outcome=_outcome(decision), reason=_reason(decision), now=now)


def _in_public(contribution: Contribution, candidate: Candidate, *, now: datetime) -> CorrectionRequest:
    named = (getattr(contribution, name) for name in ("corrects", "evidence", "deal", "indicator", "actor"))
    about = next((row for row in named if row), candidate.indicator)
    contribution.refresh_from_db(fields=["acknowledged_at"])
    names = ("received_at", "due_at", "acknowledged_at")
    clock = {name: getattr(contribution, name) for name in names}
    request = correcting.open_request(
        CorrectionRequest(about=subject_of(about) if about else NOTHING, **clock), now=now
    )
    Contribution.objects.filter(pk=contribution.pk).update(request=request)
    return request


def _outcome(decision: Decision) -> str:
    usual = {_Verdict.REJECTED: _Outcome.REFUSED, _Verdict.MERGED: _Outcome.JOINED}
    return str(usual.get(decision.verdict) or decision.act.get("outcome") or _Outcome.ACCEPTED)


def _reason(decision: Decision) -> tuple[str, str]:
    """What the reason of a refusal means, in French and in English."""
    told = []
    for language in ("fr", "en"):
        with override(language):
            told.append(str(REASONS.get(decision.reason, "")))
    return told[0], told[1]
