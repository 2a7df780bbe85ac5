"""From stored documents to candidates: every rule applied once, every proposal with its reasons."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_noop

from indicators.models import Indicator, Stance
from tracker import matching, rulebook, stories, triage
from tracker.models import MATCH_TRIES, PERSON, REGISTRY, Candidate, Document, FullText, MatchRule, Snapshot
from tracker.watchers.article import languages_of, teaser_reason
from tracker.watchers.entry import UnreadableError

BATCH = 100  # documents matched in one transaction
GONE = gettext_noop("No rule finds these words any more: the text was edited, or its whole page was read.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """What is looked for at one moment: the compiled rules, and the rows they came from."""

    ruleset: matching.Ruleset
    rules: Mapping[tuple[str, int], MatchRule]
    indicators: Mapping[str, Indicator | None]  # None for the registry of deals


def match_documents(pks: Iterable[int], *, now: datetime) -> int:
    """Match those of the documents that still wait for it and propose candidates; the number of new ones.

    Safe to run twice and to be killed: a try is counted before it is made, so that a document that kills its
    worker each time is set aside after MATCH_TRIES, and its neighbours go on.
    """
    waiting = Document.objects.unmatched().filter(pk__in=list(pks))
    waiting.filter(tries__gte=MATCH_TRIES).update(set_aside="Matching this document failed three times.")
    fresh = list(waiting.filter(tries=0).values_list("pk", flat=True))
    batches = [fresh[start : start + BATCH] for start in range(0, len(fresh), BATCH)]
    batches += [[pk] for pk in waiting.filter(tries__gt=0).values_list("pk", flat=True)]
    if not batches:
        return 0
    lookout, proposed = lookout_at(now), 0
    for batch in batches:
        proposed += _match_batch(batch, lookout, now=now)
        if rulebook.suspend_bursts(lookout.rules.values(), now=now):
            lookout = lookout_at(now)
    return proposed


def lookout_at(now: datetime) -> Lookout:
    """The rules at work at that moment, compiled."""
    rules = {
        (rule.slug, rule.version): rule
        for rule in MatchRule.objects.active(now).prefetch_related("indicators")
    }
    return Lookout(
        ruleset=_compiled(json.dumps([rule.as_row() for rule in rules.values()])),
        rules=rules,
        indicators={REGISTRY: None} | {indicator.code: indicator for indicator in Indicator.objects.all()},
    )


@lru_cache(maxsize=2)
def _compiled(rows: str) -> matching.Ruleset:
    return matching.compile_rules(json.loads(rows))


def _match_batch(pks: list[int], lookout: Lookout, *, now: datetime) -> int:
    Document.objects.unmatched().filter(pk__in=pks).update(tries=F("tries") + 1)
    _name_languages(pks)
    documents = (
        Document.objects.unmatched().filter(pk__in=pks).select_related("notice", "source").order_by("pk")
    )
    found = [(document, matching.match(text_of(document), lookout.ruleset)) for document in documents]
    with transaction.atomic():
        if any(matches or document.source.format == PERSON for document, matches in found):
            stories.one_at_a_time()
        return sum(_propose(document, matches, lookout, now=now) for document, matches in found)


def _name_languages(pks: list[int]) -> None:
    """Recognise in its words the language of an article that neither its entry nor its source tells."""
    untold = Document.objects.filter(pk__in=pks, language="", kind=Document.Kind.ARTICLE)
    words = {pk: f"{title}\n{text}" for pk, title, text in untold.values_list("pk", "title", "text")}
    try:
        found = languages_of(list(words.values())) if words else []
    except UnreadableError:  # read without it, as a text of unknown language
        return
    for pk, language in zip(words, found, strict=True):
        if language:
            untold.filter(pk=pk).update(language=language)


def text_of(document: Document) -> matching.Text:
    """The document as rules read it."""
    notice = getattr(document, "notice", None)
    lots = notice.lots if notice else ()
    return matching.Text(
        title=document.title,
        text=document.text,
        language=document.language,
        texts={code: words for code, words in document.texts.items() if code != document.language},
        kind=document.kind,
        country=notice.buyer_country if notice else "",
        cpv=tuple(notice.cpv) if notice else (),
        max_lots_awarded=notice.max_lots_awarded if notice else None,
        document_urls=tuple(notice.document_urls) if notice else (),
        buyers=tuple(notice.buyers) if notice else (),
        value=notice.value if notice else None,
        operators=tuple(lot["operators"] for lot in lots if "operators" in lot),
        funding=tuple(dict.fromkeys(code for lot in lots for code in lot.get("funding", ()))),
    )


def by_indicator(matches: Iterable[matching.Match]) -> dict[str, list[matching.Match]]:
    """What was found for each indicator by its code, or for the registry; best first, as `matches` are."""
    found: dict[str, list[matching.Match]] = {}
    for match in matches:
        for code in match.indicators:
            found.setdefault(code, []).append(match)
    return found


def proposal(matches: list[matching.Match]) -> dict[str, Any]:
    """What the matches of one document for one indicator propose, as the fields of a candidate."""
    top = max(matches, key=lambda match: match.priority)
    reasons = [
        {"rule": match.rule, "version": match.version, "level": match.level, **asdict(reason)}
        for match in matches
        for reason in match.reasons
    ]
    return {"stance": top.stance, "rung": top.rung, "priority": top.priority, "reasons": reasons}


def is_told_elsewhere(document: Document, indicator: Indicator | None, *, priority: int) -> bool:
    """Whether a copy of this document shows as much and is proposed already; by a rule, since people can send anything."""
    told = Candidate.objects.filter(
        document__in=stories.of_story(document), indicator=indicator, priority__gte=priority
    )
    told = told.exclude(document__source__format=PERSON)
    return told.exclude(document=document).exclude(document__superseded_by=document).exists()


def unclaimed(now: datetime) -> Q:
    """Candidates that nobody is deciding at this moment."""
    return Q(claimed_until=None) | Q(claimed_until__lte=now)


def _propose(document: Document, matches: list[matching.Match], lookout: Lookout, *, now: datetime) -> int:
    """Mark the document as matched and propose it, once for each indicator; the number of new candidates.

    What a person sent is proposed already, for what they said: the rules only show where to look in it.
    """
    if not Document.objects.unmatched().filter(pk=document.pk).update(matched_at=now):
        return 0
    if document.source.format == PERSON:
        if document.text:
            Snapshot.objects.take(document, now=now)
        stories.join(document)
        Candidate.objects.filter(document=document, state__in=Candidate.OPEN).update(
            reasons=proposal(matches)["reasons"] if matches else []
        )
        return 0
    if matches:
        Snapshot.objects.take(document, now=now)
        stories.join(document)
    if _wants_page(document, matches, lookout):
        FullText.objects.want(document, now=now)
    proposed = by_indicator(matches)
    _tell_gone(document, set(proposed), now=now)
    return sum(
        _candidate(document, lookout.indicators[code], found, lookout, now=now)
        for code, found in proposed.items()
    )


def _tell_gone(document: Document, codes: set[str], *, now: datetime) -> None:
    """Say of what rules proposed of an earlier text that none finds it in this one; a person closes it.

    It goes to the end of the queue with the words it was proposed for. What somebody is deciding or has decided
    stays as it is, and so does what a rule at rest has proposed.
    """
    free = Candidate.objects.filter(unclaimed(now), state__in=Candidate.OPEN)
    found = Q(indicator__code__in=codes) | (Q(indicator=None) if REGISTRY in codes else Q())
    gone = free.filter(document=document, follows=None, rules__isnull=False).exclude(found)
    for candidate in gone.exclude(rules__in=MatchRule.objects.resting(now)).distinct():
        reasons = [
            reason | {"why": GONE, "level": 0, "field": "", "start": 0, "end": 0}
            for reason in candidate.reasons
        ]
        told = {"stance": Stance.CONTEXT, "rung": None, "priority": 0, "reasons": reasons}
        if free.filter(pk=candidate.pk).update(**told):
            candidate.rules.clear()
        triage.rank(Candidate.objects.filter(pk=candidate.pk))


def _wants_page(document: Document, matches: list[matching.Match], lookout: Lookout) -> bool:
    """Whether more words could matter: a rule is met, or may be met by the article behind this teaser."""
    if matches or document.source.full_text:
        return True
    teaser = document.kind == Document.Kind.ARTICLE and teaser_reason(document.text)
    return bool(teaser) and matching.is_on_subject(text_of(document), lookout.ruleset)


def _candidate(
    document: Document,
    indicator: Indicator | None,
    matches: list[matching.Match],
    lookout: Lookout,
    *,
    now: datetime,
) -> int:
    """Propose the document, or refresh what is proposed and not decided.

    A copy of a proposed document is its mention, unless it shows more: the full notice behind an announcement.
    """
    top = max(matches, key=lambda match: match.priority)
    if is_told_elsewhere(document, indicator, priority=top.priority):
        # Its full text showed that it is a copy, after its teaser was proposed; nobody has decided it yet.
        own = Candidate.objects.filter(document=document, indicator=indicator, state=Candidate.State.NEW)
        own.filter(unclaimed(now), decisions=None, follows=None).delete()
        return 0
    if _stays_with_another_version(document, indicator, priority=top.priority):
        return 0
    proposed = proposal(matches)
    candidate, created = Candidate.objects.get_or_create(
        document=document, indicator=indicator, defaults={"created_at": now, **proposed}
    )
    # What follows a published call says what its notice means for it; see tracker/awards.py.
    if candidate.state in Candidate.OPEN and not candidate.follows_id:
        Candidate.objects.filter(pk=candidate.pk).update(**proposed)
        candidate.rules.set(lookout.rules[match.rule, match.version] for match in matches)
        triage.rank(Candidate.objects.filter(pk=candidate.pk))
    return int(created)


def _stays_with_another_version(document: Document, indicator: Indicator | None, *, priority: int) -> bool:
    """Whether a notice is proposed by one that corrects it, or by one that it corrects and that shows more.

    Else what is open of those that it corrects becomes its own; what was decided of them stays, and it is proposed
    anew. A corrigendum from before eForms holds the changes only: it never takes the place of the notice.
    """
    proposed = Candidate.objects.filter(indicator=indicator)
    if document.superseded_by_id:
        return proposed.filter(document=document.superseded_by_id, priority__gte=priority).exists()
    earlier = proposed.filter(document__superseded_by=document, state__in=Candidate.OPEN)
    first = earlier.order_by("-priority", "pk").first()
    if first is None:
        return False
    if first.priority > priority or document.notice.form_type == "change":
        return True
    if not proposed.filter(document=document).exists():
        Candidate.objects.filter(pk=first.pk).update(document=document)
    return False
