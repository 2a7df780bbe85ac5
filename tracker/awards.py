"""From a call to its award: what later notices say of a call whose evidence is published, as linked candidates."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from indicators.models import Evidence, Stance
from indicators.rules.quotes import contains_quote
from tracker import triage
from tracker.models import Candidate, Decision, Document, Notice, Snapshot

RULE = "from-call-to-award"
_DIVERSIFIED = "1a"  # the indicator whose clause a single winner contradicts
_AWARDS, _MODIFICATIONS = {"result", "dir-awa-pre", "completion"}, {"cont-modif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a later notice says of a call: its facts, and the sentence (a msgid) that they stand for."""

    why: str
    words: str = ""
    against: bool = False  # it may undo what the call was evidence of

    @property
    def stance(self) -> str:
        return Stance.CONTRADICTS if self.against else Stance.CONTEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A published evidence, the notice that it was made of, and the decision that made it."""

    evidence: Evidence
    notice: Notice
    candidate: Candidate
    quotes: tuple[str, ...]


def follow(*, now: datetime) -> int:
    """Propose each later notice of the procedures whose call is published evidence; the number of new candidates.

    Whatever came first, the award or the decision on its call; twice is as once. What a person decided stays.
    """
    accepted = _accepted()
    later = _later([decision.candidate.document.notice for decision in accepted])
    created = 0
    for decision in accepted:
        own = decision.candidate.document.notice
        notices = [notice for notice in later[own.pk] if notice.pk != own.pk]
        call = _call(decision) if notices else None
        for notice in notices if call else ():
            told = told_of(call.notice, notice, notices, quotes=call.quotes)
            created += _propose(call, notice.document, told, now=now) if told else 0
    return created


def told_of(call: Notice, notice: Notice, later: Sequence[Notice], *, quotes: Iterable[str]) -> Told | None:
    """What a notice says of the call; None where it says nothing. `later` are all later notices of the procedure.

    The code of BT-140 stands first in the reason of a change.
    """
    if "" < _published(notice) < _published(call):
        return None
    code = notice.change_reason.partition(" ")[0]
    supersedes = call.document.superseded_by_id == notice.document_id
    if code == "cancel" or (supersedes and call.document.withdrawn):
        return Told(why=gettext_noop("The procedure or its award was cancelled."), words=code, against=True)
    if code == "cancel-intent":
        return Told(why=gettext_noop("The buyer means to cancel the procedure."), words=code)
    if notice.form_type in _MODIFICATIONS:
        return Told(why=gettext_noop("The contract was modified."), words=", ".join(notice.winners))
    if notice.form_type in _AWARDS:
        awards = [each for each in later if each.form_type in _AWARDS]
        return _told_of_awards(call, awards)
    if supersedes and notice.form_type != "change":
        return _told_of_correction(notice, quotes)
    return None


def chain(document: Document) -> list[Notice]:
    """The notices of the document's procedure, the first one first, with their candidates; none for any other."""
    notice = getattr(document, "notice", None)
    if notice is None or not notice.procedure_id:
        return []
    names = _names(notice)
    for _ in range(2):  # an old modification names the award, which names the call
        mates = Notice.objects.filter(Q(procedure_id__in=names) | Q(publication_number__in=names))
        names |= {name for mate in mates for name in _names(mate)}
    told = mates.select_related("document__source")
    told = told.prefetch_related("document__candidates__decisions__evidence")
    return sorted(told.defer("document__text", "document__texts"), key=_published)


def _told_of_awards(call: Notice, awards: Sequence[Notice]) -> Told:
    winners = {_folded(name): name for award in awards for name in award.winners}
    awarded = {str(lot["id"]) for award in awards for lot in award.lots if lot.get("winners")}
    missing = {str(lot["id"]) for lot in call.lots} - awarded if awarded else set()
    words = ", ".join(sorted(winners.values()))
    if not winners:
        return Told(why=gettext_noop("The award names no winner."))
    if len(winners) > 1:
        return Told(why=gettext_noop("The procedure was awarded to several vendors."), words=words)
    if missing:
        return Told(why=gettext_noop("Some lots are awarded, to one vendor so far."), words=words)
    return Told(
        why=gettext_noop("In spite of the clause, the whole procedure was awarded to a single vendor."),
        words=words,
        against=True,
    )


def _told_of_correction(notice: Notice, quotes: Iterable[str]) -> Told | None:
    text = notice.document.whole_text()
    gone = next((quote for quote in quotes if not contains_quote(text, quote)), None)
    if gone is None:
        return None
    why = gettext_noop("The corrected call no longer holds the clause that was quoted.")
    return Told(why=why, words=gone, against=True)


def _accepted() -> list[Decision]:
    """The decisions that made evidence of a notice which is neither an award nor itself found by following one."""
    accepted = Decision.objects.filter(
        verdict=Decision.Verdict.ACCEPTED,
        candidate__state=Candidate.State.ACCEPTED,
        candidate__follows=None,
        candidate__document__notice__isnull=False,
    ).exclude(candidate__document__notice__form_type__in=_AWARDS | _MODIFICATIONS)
    related = ("evidence__superseded_by", "candidate__indicator", "candidate__document__notice__document")
    return list(
        accepted.select_related(*related).defer("candidate__document__text", "candidate__document__texts")
    )


def _call(decision: Decision) -> _Call | None:
    """What was decided, while it stands as an example that nothing cancels."""
    evidence, candidate = _current(decision.evidence), decision.candidate
    supports = evidence.assessments.filter(indicator=candidate.indicator, stance=Stance.SUPPORTS).exists()
    cancelled = Evidence.objects.standing().filter(cancels=evidence).exists()
    if not supports or cancelled or not evidence.standing:
        return None
    url = candidate.document.url
    quotes = evidence.citations.filter(url=url).values_list("quote", flat=True)
    return _Call(
        evidence=evidence, notice=candidate.document.notice, candidate=candidate, quotes=tuple(quotes)
    )


def _later(calls: Iterable[Notice]) -> Mapping[int, list[Notice]]:
    """What nothing supersedes of the procedure of each call, and what supersedes the call; of copies the first."""
    calls = list(calls)
    names = {name for call in calls for name in _names(call)}
    corrections = {call.document.superseded_by_id for call in calls} - {None}
    notices = _unsuperseded(Q(procedure_id__in=names) | Q(document__in=corrections))
    # An old modification names the award, which names the call.
    notices += _unsuperseded(
        Q(procedure_id__in={name for notice in notices for name in _names(notice)} - names)
    )
    by_procedure, by_document = defaultdict(list), {notice.document_id: notice for notice in notices}
    for notice in notices:
        by_procedure[notice.procedure_id].append(notice)
    found: dict[int, list[Notice]] = {}
    for call in calls:
        correction = by_document.get(call.document.superseded_by_id)
        near = [mate for name in _names(call) for mate in by_procedure.get(name, ())]
        own = {name for mate in near for name in _names(mate)} - _names(call)
        further = [mate for name in sorted(own) for mate in by_procedure.get(name, ())]
        found[call.pk] = _firsts([*filter(None, [correction]), *near, *further])
    return found


def _unsuperseded(which: Q) -> list[Notice]:
    current = Notice.objects.filter(which, document__superseded_by=None)
    return list(current.select_related("document").order_by("document"))


def _names(notice: Notice) -> set[str]:
    """What a later notice calls this one's procedure: old forms name it by the notice that they follow."""
    return {notice.procedure_id, notice.publication_number, notice.notice_id} - {""}


def _firsts(notices: Iterable[Notice]) -> list[Notice]:
    """One of the copies of each notice, in several places or twice in this list."""
    found: dict[tuple[int, str, str], Notice] = {}
    for notice in notices:
        told = (notice.document.story_id or notice.document_id, notice.form_type, notice.change_reason)
        found.setdefault(told, notice)
    return list(found.values())


def _propose(call: _Call, document: Document, told: Told, *, now: datetime) -> int:
    reason = {
        "rule": RULE, "version": 1, "level": 3 if told.against else 2, "why": told.why, "words": told.words,
        "field": "notice", "start": 0, "end": 0, "language": "",
    }  # fmt: skip
    linked = {"stance": told.stance, "rung": None, "follows": call.evidence}
    indicator = call.candidate.indicator
    if told.against and indicator.code != _DIVERSIFIED and document.notice.form_type in _AWARDS:
        linked["stance"] = Stance.CONTEXT
    with transaction.atomic():
        candidate, created = Candidate.objects.get_or_create(
            document=document, indicator=indicator, defaults={"created_at": now, **linked}
        )
        if candidate.state not in Candidate.OPEN:
            return 0
        others = [each for each in candidate.reasons if each.get("rule") != RULE]
        linked |= {"reasons": [reason, *others], "priority": max(candidate.priority, reason["level"])}
        Candidate.objects.filter(pk=candidate.pk).update(**linked)
        triage.rank(Candidate.objects.filter(pk=candidate.pk))
        Snapshot.objects.take(document, now=now)
    return int(created)


def _current(evidence: Evidence) -> Evidence:
    """The version that stands for it now."""
    while evidence.superseded_by:
        evidence = evidence.superseded_by
    return evidence


def _published(notice: Notice) -> str:
    day = notice.published_on or notice.dispatched_on
    return day.isoformat() if day else ""


def _folded(name: str) -> str:
    """A name without the case and the points in which publishers differ."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
