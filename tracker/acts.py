"""What a decision does to the public record, told as plain values: done at once, or kept until a second agrees."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext as _

from indicators import editing, publishing
from indicators.models import Actor, Contestation, Evidence, Indicator, Proposal, Reply, Tier
from indicators.rules.quotes import contains_quote
from tracker import stories
from tracker.models import Candidate, Decision, Document, Snapshot, Source, free_slug, host_name

Act = dict[str, Any]  # `verb`, and what that verb needs; JSON
PUBLISHING = ("publish", "cite", "correct")  # the verbs that make an evidence
_DATES = ("occurred_on", "expires_on")


class QuoteNotFoundError(ValueError):
    """The quote does not stand in the stored text; copy it from there."""


def publish(
    event: Mapping[str, Any],
    *,
    citation: Mapping[str, Any],
    assessments: Sequence[publishing.NewAssessment],
) -> Act:
    """Publish the document as evidence; `citation` holds what the moderator knows of the source."""
    assessed = [asdict(each) | {"indicator": each.indicator.code} for each in assessments]
    return _plain({"verb": "publish", "event": _event(event), "citation": citation, "assessments": assessed})


def again(before: Decision) -> Act:
    """What a decision did, once more: its evidence as it stood, under a new number, or its act."""
    if before.evidence and before.act.get("verb", "publish") in ("publish", "publish_again"):
        return {"verb": "publish_again", "evidence": before.evidence.number}
    return {name: value for name, value in (before.act or note()).items() if name != "made"}


def cite(evidence: Evidence, *, citation: Mapping[str, Any], reason: str) -> Act:
    """Cite the document as one more source of an evidence."""
    return _plain({"verb": "cite", "evidence": evidence.number, "citation": citation, "reason": reason})


def correct(evidence: Evidence, *, changes: Mapping[str, Any], reason: str) -> Act:
    """Correct an evidence, as somebody asked."""
    told = {"verb": "correct", "evidence": evidence.number, "changes": _event(changes), "reason": reason}
    return _plain(told)


def answer(about: Evidence | Actor, *, party: str, text: str) -> Act:
    """Publish the reply of a named party beside an evidence, or wherever the actor is named."""
    named = {"actor": about.slug} if isinstance(about, Actor) else {"evidence": about.number}
    return {"verb": "answer", **named, "party": party, "text": text}


def contest(indicator: Indicator, *, reason: str) -> Act:
    """Flag a status as contested until this is undone."""
    return {"verb": "contest", "indicator": indicator.code, "reason": reason}


def watch(*, name: str, url: str) -> Act:
    """Hand a source to the operator: known, and paused."""
    return {"verb": "watch", "name": name, "url": url}


def hand_over(draft: Mapping[str, Any], *, title: str) -> Act:
    """Leave what was found to the editors of the registry of deals, who write the entry."""
    return _plain({"verb": "hand_over", "title": title, "draft": draft})


def note() -> Act:
    """Nothing to publish: what was sent is taken note of, and handed on where it belongs."""
    return {"verb": "note"}


def undo(*, reason: str) -> Act:
    """Take back what the last acceptance published."""
    return {"verb": "undo", "reason": reason}


def carry_out(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> models.Model | None:
    """Do it; what came of it, an evidence in most cases. Raises QuoteNotFoundError, or what publishing raises."""
    return _VERBS[act["verb"]](candidate, act, by=by, now=now)


def check_quote(document: Document, quote: str) -> None:
    """Raise QuoteNotFoundError unless the quote stands in a stored copy of the document, or in its text."""
    texts = [copy.text for copy in document.snapshots.all()] or [document.whole_text()]
    if not any(contains_quote(text, quote) for text in texts):
        raise QuoteNotFoundError(
            _("This quote does not stand in the stored text; copy it from the document.")
        )


def check_kept_quote(document: Document, quote: str) -> None:
    """The same where we keep anything of the page, and where there is a quote at all. Raises QuoteNotFoundError."""
    if quote and (document.text or document.snapshots.exists()):
        check_quote(document, quote)


def standing(evidence: Evidence) -> Evidence:
    """The version of it that stands today, if any does."""
    while evidence.superseded_by:
        evidence = evidence.superseded_by
    return evidence


def _publish(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> Evidence:
    assessments = [
        publishing.NewAssessment(**each | {"indicator": Indicator.objects.get(code=each["indicator"])})
        for each in act["assessments"]
    ]
    citation = _citation(candidate.document, act["citation"], now=now)
    event = _event_from(act["event"])
    return publishing.publish(event, citations=[citation], assessments=assessments, by=by, now=now)


def _publish_again(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> Evidence:
    """A retracted evidence published once more, as it stood; its assessments are under today's definitions."""
    evidence = Evidence.objects.get(number=act["evidence"])
    again = publishing.publish(
        evidence.event(),
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


def _cite(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> Evidence:
    evidence = standing(Evidence.objects.get(number=act["evidence"]))
    citation = _citation(candidate.document, act["citation"], now=now)
    return publishing.cite(evidence, citation=citation, reason=act["reason"], by=by, now=now)


def _correct(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> Evidence:
    evidence, changes = standing(Evidence.objects.get(number=act["evidence"])), _event_from(act["changes"])
    return publishing.correct(evidence, changes=changes, reason=act["reason"], by=by, now=now)


def _answer(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> Reply:
    about: dict[str, Any] = (
        {"actor": Actor.objects.get(slug=act["actor"])}
        if "actor" in act
        else {"evidence": standing(Evidence.objects.get(number=act["evidence"]))}
    )
    reply = Reply(
        **about,
        party=act["party"],
        text=act["text"],
        language=candidate.document.language,
        received_at=candidate.document.contribution.received_at,
    )
    return publishing.answer(reply, by=by, now=now)


def _contest(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> Contestation:
    indicator = Indicator.objects.get(code=act["indicator"])
    return publishing.contest(Contestation(indicator=indicator, reason=act["reason"]), by=by, now=now)


def _watch(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> Source:
    known = Source.objects.filter(url=act["url"]).first()
    slug = free_slug(act["name"], url=act["url"], taken=set(Source.objects.values_list("slug", flat=True)))
    return known or Source.objects.create(
        slug=slug,
        name=act["name"],
        publisher=act["name"],
        url=act["url"],
        format="feed",  # until the operator has looked
        tier=Tier.INTERESTED,
        state=Source.State.PAUSED,
    )


def _hand_over(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> Proposal:
    check_kept_quote(candidate.document, act["draft"]["quote"])
    return editing.hand_over(act["draft"], title=act["title"], by=by, now=now)


def _note(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> None:
    """The decision says it all."""


def _undo(candidate: Candidate, act: Act, *, by: AbstractBaseUser, now: datetime) -> None:
    """Take back what the last decision that published made; what was corrected since goes as it stands today."""
    undone = candidate.decisions.exclude(verdict=Decision.Verdict.PROPOSED).order_by("-step").first()
    verb, reason = undone.act.get("verb", "publish"), act["reason"]
    if verb == "answer":
        publishing.withdraw(Reply.objects.get(pk=undone.act["made"]), reason=reason, now=now)
    elif verb == "contest":
        publishing.settle(Contestation.objects.get(pk=undone.act["made"]), outcome=reason, now=now)
    elif verb == "hand_over":
        editing.withdraw(Proposal.objects.get(pk=undone.act["made"]), by=by, now=now)
    elif undone.evidence and verb in ("cite", "correct"):
        publishing.revert(undone.evidence, reason=reason, by=by, now=now)
    elif undone.evidence and standing(undone.evidence).standing:
        publishing.retract(standing(undone.evidence), reason=reason, by=by, now=now)


_VERBS: dict[str, Callable[..., models.Model | None]] = {
    "publish": _publish,
    "publish_again": _publish_again,
    "cite": _cite,
    "correct": _correct,
    "answer": _answer,
    "contest": _contest,
    "watch": _watch,
    "hand_over": _hand_over,
    "note": _note,
    "undo": _undo,
}


def _fields(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _plain(told: Mapping[str, Any]) -> Act:
    return json.loads(json.dumps(told, cls=DjangoJSONEncoder))


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Evidence as plain values; what it cancels by its number."""
    return {name: value.number if isinstance(value, Evidence) else value for name, value in event.items()}


def _event_from(told: Mapping[str, Any]) -> dict[str, Any]:
    event = {
        name: date.fromisoformat(value) if name in _DATES and value else value for name, value in told.items()
    }
    if event.get("cancels"):
        event["cancels"] = Evidence.objects.get(number=event["cancels"])
    return event


def _citation(document: Document, told: Mapping[str, Any], *, now: datetime) -> publishing.NewCitation:
    """The document as a source to cite, fixed by the hash of the stored copy that holds the quote."""
    quote = told["quote"]
    check_quote(document, quote)
    copies = document.snapshots.all() or [Snapshot.objects.take(document, now=now)]
    source, copy = document.source, next(copy for copy in copies if contains_quote(copy.text, quote))
    cited = publishing.NewCitation(
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
    return replace(cited, **told)
