"""The measures over tenders: from notices and decisions to observations, through publishing."""

import hashlib
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path

from django.db.models import Prefetch, Q
from django.utils import timezone

from indicators import publishing
from indicators.models import Evidence, Stance
from tracker.models import Candidate, Decision, Document, Notice
from tracker.processes import (
    Measurement,
    Process,
    Wording,
    calls_for_projects,
    complete_months,
    measurements,
    wording_from,
)

MONTHS = 24  # domain.md §2: the window of a share
SUBJECT, CLAUSE = (
    1,
    3,
)  # the priority of a candidate whose gate alone was met; of a structured fact and of a clause
TENDERS, CALLS, REPORTS = "1a", "2a", "3a"
FULL_RUNG, SCORED_RUNG = 3, 2
# A rejection that says nothing of the process but that it does not belong here.
_OUTSIDE = {
    Decision.Reason.OFF_TOPIC, Decision.Reason.OUT_OF_SCOPE, Decision.Reason.DUPLICATE, Decision.Reason.PERSONAL,
    Decision.Reason.ILLEGAL, Decision.Reason.SPAM,
}  # fmt: skip
_AWARDED = "result"


def record_measures(*, now: datetime) -> None:
    """Publish T1 to T12 over the last 24 whole months; measurements of the same inputs are not written again.

    T11 asks for a panel of companies, which nobody keeps yet: only its unknown cases are told.
    """
    period = complete_months(timezone.localdate(now), months=MONTHS)
    within = Q(document__published_at__date__range=period)
    processes = sorted(_processes(within), key=lambda each: each.key)
    calls = [_answer(each) for each in _candidates(CALLS, within) if not _outside(each)]
    reports = [each for each in _candidates(REPORTS, within) if not _outside(each)]
    told = [
        *measurements(processes),
        calls_for_projects(calls),
        Measurement(code="T11", numerator=None, denominator=None, unknown=len(reports)),
    ]
    inputs = _digest(processes, calls, [each.pk for each in reports])
    for measurement in told:
        publishing.observe(**asdict(measurement), period=period, inputs=inputs, now=now)


def _processes(within: Q) -> list[Process]:
    """The processes whose notices met the gate of the rule, that is AI compute bought in Europe."""
    candidates: defaultdict[str, list[Candidate]] = defaultdict(list)
    proposed = _candidates(TENDERS, within & Q(document__kind=Document.Kind.NOTICE, priority__gte=SUBJECT))
    for candidate in proposed:
        candidates[_key(candidate.document.notice)].append(candidate)
    notices: defaultdict[str, list[Notice]] = defaultdict(list)
    known = Q(document__candidates__in=proposed) | Q(procedure_id__in=set(candidates) - {""})
    current = Notice.objects.filter(known, document__superseded_by=None).distinct()
    for notice in current.select_related("document").order_by("document"):
        notices[_key(notice)].append(notice)
    return [
        _process(key, mine, notices[key] or [mine[0].document.notice])
        for key, mine in candidates.items()
        if not all(map(_outside, mine))
    ]


def _candidates(code: str, which: Q) -> list[Candidate]:
    told = Decision.objects.order_by("-step").prefetch_related(
        "evidence__assessments__indicator",
        Prefetch("evidence__cancelled_by", Evidence.objects.standing(), to_attr="undone_by"),
    )
    found = Candidate.objects.filter(which, indicator__code=code)
    related = found.select_related("document__notice", "indicator").defer("document__texts")
    return list(
        related.prefetch_related(Prefetch("decisions", told.select_related("evidence"))).order_by("pk")
    )


def _process(key: str, candidates: list[Candidate], notices: list[Notice]) -> Process:
    own = [candidate for candidate in candidates if candidate.follows_id is None]
    calls = [notice for notice in notices if notice.form_type != _AWARDED]
    awards = [notice for notice in notices if notice.form_type == _AWARDED]
    text = "\n".join(notice.document.whole_text() for notice in notices)
    elsewhere = any(notice.document_urls for notice in notices)
    clause = _agreed(_answer(each, rung=FULL_RUNG) for each in own)
    joint = [notice.joint for notice in notices if notice.joint is not None]
    return Process(
        key=key,
        country=next((notice.buyer_country for notice in notices if notice.buyer_country), ""),
        clause=clause,
        clause_detected=_detected(own, elsewhere=elsewhere),
        criterion=_agreed(_answer(each, rung=SCORED_RUNG, exactly=True) for each in own),
        vendor_named=_wording().vendor_named(text, elsewhere=elsewhere),
        neutral=_wording().neutral_in(text, elsewhere=elsewhere),
        awarded_makers=tuple(map(_maker, awards)),
        lots_with_one_tender=tuple(single for award in awards for single in _single_bids(award)),
        joint=any(joint) if joint else None,
        survival=_survival(candidates, awards) if clause else None,
        fields=_fields(calls or notices),
    )


def _answer(candidate: Candidate, *, rung: int = FULL_RUNG, exactly: bool = False) -> bool | None:
    """Whether a person found that the document shows it, in full or at that rung; None while nobody has said."""
    evidence = _evidence(candidate)
    if evidence is None:
        return None
    claims = [
        each.rung or 0
        for each in evidence.assessments.all()
        if each.indicator_id == candidate.indicator_id and each.stance == Stance.SUPPORTS
    ]
    return any(claim == rung if exactly else claim >= rung for claim in claims)


def _evidence(candidate: Candidate) -> Evidence | None:
    decision = next(iter(candidate.decisions.all()), None)
    evidence = decision.evidence if decision else None
    return evidence if evidence and evidence.retracted_at is None else None


def _outside(candidate: Candidate) -> bool:
    decision = next(iter(candidate.decisions.all()), None)
    return bool(decision and decision.reason in _OUTSIDE)


def _agreed(answers: Iterable[bool | None]) -> bool | None:
    """Yes where one says yes, no where one says no and none yes."""
    known = [answer for answer in answers if answer is not None]
    return any(known) if known else None


def _detected(candidates: list[Candidate], *, elsewhere: bool) -> bool | None:
    if any(candidate.priority >= CLAUSE for candidate in candidates):
        return True
    return None if elsewhere else False


def _survival(candidates: list[Candidate], awards: list[Notice]) -> bool | None:
    """Whether a confirmed clause lived to the award; None before it, or while what follows is not judged."""
    told = [evidence for each in candidates if (evidence := _evidence(each))]
    if any(evidence.undone_by for evidence in told):
        return False
    waiting = any(each.follows_id and each.state in Candidate.OPEN for each in candidates)
    return None if waiting or not awards else True


def _single_bids(award: Notice) -> list[bool | None]:
    lots = [lot for lot in award.lots if "tenders" in lot or lot.get("winners")]
    if not lots:
        received = award.tenders_received
        return [None if received is None or len(award.lots) > 1 else received == 1]
    return [lot["tenders"] == 1 if "tenders" in lot else None for lot in lots]


def _maker(award: Notice) -> str | None:
    makers = _wording().makers_in(f"{award.document.whole_text()}\n{' '.join(award.winners)}")
    return makers[0] if len(makers) == 1 else None


def _fields(notices: list[Notice]) -> dict[str, bool]:
    """The fields that the measures need, and whether a notice of the process carries each."""
    return {
        "buyer": any(notice.buyers for notice in notices),
        "country": any(notice.buyer_country for notice in notices),
        "cpv": any(notice.cpv for notice in notices),
        "deadline": any(notice.deadline_on for notice in notices),
        "lots": any(notice.lots for notice in notices),
        "procedure": any(notice.procedure_id for notice in notices),
        "value": any(notice.value is not None for notice in notices),
        "criteria": any(lot.get("criteria") for notice in notices for lot in notice.lots),
    }


def _key(notice: Notice) -> str:
    return notice.procedure_id or notice.publication_number or str(notice.document_id)


def _digest(processes: list[Process], *more: object) -> str:
    told = [[asdict(process) for process in processes], *more]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@cache
def _wording() -> Wording:
    return wording_from(tomllib.loads((Path(__file__).parent / "data/measures.toml").read_text("utf-8")))
