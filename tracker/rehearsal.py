"""A rule tried on the archive before it is put to work: what it would find, lose and cost; nothing is written."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tracker import matching
from tracker.models import Candidate, Document, MatchRule
from tracker.propose import text_of

MOST_DOCUMENTS = 20_000
SECONDS = 10.0  # a person waits for the answer, and the web server does nothing else for them meanwhile
SHOWN = 20
_AROUND = 90  # characters before and after the words that were found
_EXCERPTS = 3
_ENDS, _STARTS = re.compile(r"^\S{1,20}(?=\s)"), re.compile(r"(?<=\s)\S{1,20}$")  # words cut in two


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Words that were found, with what stands around them; or a fact of the notice, alone."""

    before: str = ""
    words: str
    after: str = ""
    language: str = ""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One document that was found."""

    document: Document
    level: str
    excerpts: tuple[Excerpt, ...]


@dataclass(slots=True, kw_only=True)
class Sample:
    """About SHOWN of any number of things, evenly spread over all of them, without holding them all."""

    seen: int = 0
    hits: list[Hit] = field(default_factory=list)
    _every: int = 1

    def add(self, make: Callable[[], Hit]) -> None:
        """Count one more, and keep it if it is its turn."""
        if self.seen % self._every == 0:
            self.hits.append(make())
        self.seen += 1
        if len(self.hits) > 2 * SHOWN:
            self.hits, self._every = self.hits[::2], self._every * 2

    @property
    def shown(self) -> list[Hit]:
        return self.hits[:: -(-len(self.hits) // SHOWN) or 1]


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """What one rule would have found in the newest documents of the archive, beside the rules at work."""

    current: MatchRule | None  # the version at work, if it is another one
    read: int = 0
    archive: int = 0  # of the documents that the rule may read
    oldest: datetime | None = None
    whole: bool = True  # False: the time was up first
    levels: Counter[str] = field(default_factory=Counter)
    indicators: Counter[str] = field(default_factory=Counter)
    overlap: Counter[str] = field(default_factory=Counter)  # by the slug of another rule at work
    alone: int = 0  # found by no other rule at work
    found: Sample = field(default_factory=Sample)
    gained: Sample = field(default_factory=Sample)  # the version at work does not find them
    lost: Sample = field(default_factory=Sample)  # only the version at work does
    accepted: int = 0
    rejected: int = 0

    @property
    def share(self) -> float:
        return self.found.seen / self.read if self.read else 0.0


def rehearse(rule: MatchRule, *, now: datetime, seconds: float = SECONDS) -> Rehearsal:
    """Try a version of a rule, gate or guard on the newest documents, for so long. Raises matching.RuleError.

    A gate or a guard is tried through the rules at work that stand on it.
    """
    deadline = time.monotonic() + seconds
    tried, current, others, standing = _rulesets(rule, now)
    told, proposed = Rehearsal(current=standing), set()
    documents = Document.objects.all()
    if rule.role == MatchRule.Role.RULE and rule.kinds:
        documents = documents.filter(kind__in=rule.kinds)
    told.archive = documents.count()
    newest = documents.select_related("notice", "source").order_by("-first_seen_at", "-pk")[:MOST_DOCUMENTS]
    for document in newest.iterator(chunk_size=100):
        if time.monotonic() > deadline:
            told.whole = False
            break
        told.read, told.oldest = told.read + 1, document.first_seen_at
        text = text_of(document)
        before = matching.match(text, current) if current else []
        if found := matching.match(text, tried):
            _count(told, document, found, {each.rule for each in matching.match(text, others)})
            proposed |= {(document.pk, code) for match in found for code in match.indicators}
        if standing and found and not before:
            told.gained.add(lambda document=document, found=found: _hit(document, found))
        if before and not found:
            told.lost.add(lambda document=document, before=before: _hit(document, before))
    decided = Counter(_decided(proposed))
    told.accepted, told.rejected = decided[Candidate.State.ACCEPTED], decided[Candidate.State.REJECTED]
    return told


def _rulesets(
    rule: MatchRule, now: datetime
) -> tuple[matching.Ruleset, matching.Ruleset | None, matching.Ruleset, MatchRule | None]:
    """The rule as it is tried, the version at work, and all other rules at work; that version itself."""
    at_work = list(MatchRule.objects.active(now).prefetch_related("indicators"))
    lists = [row for row in at_work if row.role != MatchRule.Role.RULE]
    rules = [row for row in at_work if row.role == MatchRule.Role.RULE]
    standing = MatchRule.objects.filter(slug=rule.slug, state__in=("active", "suspended")).exclude(pk=rule.pk)
    current = standing.order_by("-version").first()
    if rule.role == MatchRule.Role.RULE:
        subjects: list[MatchRule] = []
        others = [row for row in rules if row.slug != rule.slug]
    else:
        subjects = [row for row in rules if rule.slug in row.stands_on()]
        others = [row for row in rules if row not in subjects]
    around = [row for row in lists if row.slug != rule.slug]
    return (
        _compiled([*around, rule, *subjects]),
        _compiled([*around, current, *subjects]) if current else None,
        _compiled([*lists, *others]),
        current,
    )


def _compiled(rows: list[MatchRule]) -> matching.Ruleset:
    return matching.compile_rules(row.as_row() for row in rows)


def _count(told: Rehearsal, document: Document, found: list[matching.Match], others: set[str]) -> None:
    told.found.add(lambda: _hit(document, found))
    told.levels[found[0].level] += 1
    told.indicators.update({code for match in found for code in match.indicators})
    told.overlap.update(others)
    told.alone += not others


def _hit(document: Document, found: list[matching.Match]) -> Hit:
    texts = {"title": document.title, "text": document.text}
    reasons = [reason for match in found for reason in match.reasons]
    excerpts = tuple(_excerpt(reason, texts, document.texts) for reason in reasons[:_EXCERPTS])
    return Hit(document=document, level=found[0].level, excerpts=excerpts)


def _excerpt(reason: matching.Reason, texts: Mapping[str, str], others: Mapping[str, str]) -> Excerpt:
    text = others.get(reason.language, "") if reason.field == "texts" else texts.get(reason.field, "")
    if not text or not reason.end:
        return Excerpt(words=reason.words, why=reason.why)
    before, after = text[: reason.start], text[reason.end :]
    return Excerpt(
        before=before if len(before) <= _AROUND else "…" + _ENDS.sub("", before[-_AROUND:]),
        words=text[reason.start : reason.end],
        after=after if len(after) <= _AROUND else _STARTS.sub("", after[:_AROUND]) + "…",
        language=reason.language,
        why=reason.why,
    )


def _decided(proposed: set[tuple[int, str]]) -> Iterator[str]:
    """How each of these proposals was decided, if it was."""
    documents = sorted({document for document, _code in proposed})
    for start in range(0, len(documents), 500):
        decided = Candidate.objects.filter(
            document__in=documents[start : start + 500],
            state__in=(Candidate.State.ACCEPTED, Candidate.State.REJECTED),
        )
        for document, code, state in decided.values_list("document", "indicator__code", "state"):
            if (document, code) in proposed:
                yield state
