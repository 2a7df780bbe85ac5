"""Text and rules → matches with their reasons: what to look for is data, how to look is here. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice

from tracker.matching.errors import RuleError
from tracker.matching.folding import fold, positions
from tracker.matching.rules import (
    CPV_GRADES,
    LEVELS,
    Rule,
    Ruleset,
    Term,
    compile_rules,
    rule_from,
)

__all__ = ["LEVELS", "Match", "Reason", "Rule", "RuleError", "Ruleset", "Text"]
__all__ += ["compile_rules", "match", "rule_from"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What is matched: the words of a document and the few facts of its notice that rules look at."""

    title: str = ""
    text: str = ""
    language: str = ""  # ISO 639-1; empty when unknown
    texts: Mapping[str, str] = field(default_factory=dict)  # the same words in other languages
    kind: str = "article"  # article | notice
    country: str = ""  # ISO 3166-1 alpha-2
    cpv: tuple[str, ...] = ()
    max_lots_awarded: int | None = None
    document_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a rule matched: `words` stand at `start:end` of `field`, or are a fact of the notice (then 0:0)."""

    why: str  # gate, clause, words, cpv, lot cap, documents
    field: str  # title, text, texts (then in `language`), or the name of the notice's field
    language: str = ""
    start: int = 0
    end: int = 0
    words: str
    term: str = ""  # the pattern, for the audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One rule met by one text: what to propose to a moderator, never a conclusion."""

    rule: str
    version: int
    indicators: tuple[str, ...]
    level: str  # one of LEVELS
    stance: str  # `context` unless a clause or a structured fact was found
    rung: int | None
    reasons: tuple[Reason, ...]

    @property
    def priority(self) -> int:
        """From 1 (subject only) to 4 (clause): what a moderator should see first."""
        return LEVELS.index(self.level) + 1


def match(text: Text, ruleset: Ruleset) -> list[Match]:
    """Every rule met by this text, best first, then in the order of the rules.

    A language list is applied only to text of that language, "*" to all, "other" to languages without a list of
    their own; a text of unknown language is read with "*", "fr" and "en". Time is linear in the text.
    """
    passages = tuple(_passages(text))
    guarded: dict[tuple[str, ...], tuple[_Passage, ...]] = {}
    matches = []
    for rule in ruleset.rules:
        if not _applies(rule, text):
            continue
        if rule.guards not in guarded:
            guards = [ruleset.lists[slug] for slug in rule.guards]
            guarded[rule.guards] = tuple(_without(passage, guards) for passage in passages)
        if found := _judge(rule, text, guarded[rule.guards], ruleset.lists):
            matches.append(found)
    return sorted(matches, key=lambda found: -found.priority)


# Addresses of pages and people, and the technical identifiers of eForms (RES-0001 is no Spanish network).
_NOISE = re.compile(r"https?://\S+|www\.\S+|\b(?:RES|ORG|TEN|TPO|UBO|CON|LOT|GLO|PAR|GRO)-\d{4}\b")
_REASONS_PER_TERM = 3
_BLANKED_PER_TERM = 500


@dataclass(frozen=True, kw_only=True)
class _Passage:
    """One piece of text in one language: folded for reading, with the way back to the original."""

    field: str
    language: str
    original: str
    folded: str  # one blank or line break for each run of them

    @cached_property
    def prose(self) -> str:
        """The same without line breaks: a phrase may run over the end of a line."""
        return self.folded.replace("\n", " ")

    @cached_property
    def positions(self) -> list[int]:
        """For each character of the folded text, its place in the original."""
        return positions(self.original)

    def hits(self, terms: Iterable[Term], why: str) -> list[tuple[Term, Reason]]:
        """Where terms stand, told as reasons that point into the original words."""
        return [
            (term, self._reason(why, term, self.positions[start], self.positions[end - 1] + 1))
            for term in terms
            for start, end in islice(self._spans(term), _REASONS_PER_TERM)
        ]

    def _spans(self, term: Term) -> Iterator[tuple[int, int]]:
        for found in term.regex.finditer(self.folded if term.line else self.prose):
            start, end = found.span()
            around = self.prose[max(start - 1, 0) : start] + self.prose[end : end + 1]
            glued = term.word and any(letter.isalnum() or letter in "._" for letter in around)
            if start < end and not glued:
                yield start, end

    def _reason(self, why: str, term: Term, start: int, end: int) -> Reason:
        return Reason(
            why=why,
            field=self.field,
            language=self.language,
            start=start,
            end=end,
            words=self.original[start:end],
            term=term.pattern,
        )


def _passages(text: Text) -> Iterator[_Passage]:
    pieces = [("title", text.language, text.title), ("text", text.language, text.text)]
    pieces += [("texts", language, words) for language, words in text.texts.items()]
    for name, language, original in pieces:
        if original:
            folded = _NOISE.sub(lambda found: " " * len(found[0]), fold(original))
            yield _Passage(field=name, language=language.lower()[:2], original=original, folded=folded)


def _terms(rule: Rule, language: str) -> tuple[Term, ...]:
    lists = rule.terms
    everywhere = lists.get("*", ())
    if not language:
        return everywhere + lists.get("fr", ()) + lists.get("en", ())
    return everywhere + lists.get(language, lists.get("other", ()))


def _applies(rule: Rule, text: Text) -> bool:
    here = not rule.countries or not text.country or text.country in rule.countries
    return here and (not rule.kinds or text.kind in rule.kinds)


def _without(passage: _Passage, guards: Iterable[Rule]) -> _Passage:
    """The passage with every guarded word blanked: a real subject elsewhere in the text still stands."""
    letters = list(passage.folded)
    for term in chain.from_iterable(_terms(guard, passage.language) for guard in guards):
        covered = list(islice(term.regex.finditer(passage.prose), _BLANKED_PER_TERM))
        if covered and term.clears:
            covered += islice(term.clears.finditer(passage.prose), _BLANKED_PER_TERM)
        for found in covered:
            letters[found.start() : found.end()] = " " * (found.end() - found.start())
    return replace(passage, folded="".join(letters))


def _hits(rule: Rule, passages: Iterable[_Passage], why: str) -> list[tuple[Term, Reason]]:
    return [hit for passage in passages for hit in passage.hits(_terms(rule, passage.language), why)]


def _judge(rule: Rule, text: Text, passages: tuple[_Passage, ...], lists: Mapping[str, Rule]) -> Match | None:
    if any(_hits(lists[slug], passages, "veto") for slug in rule.vetoes):
        return None
    gates = [_open(lists[slug], text, passages) for slug in rule.gates]
    if not all(reasons for reasons, _ in gates):
        return None
    found = _found(rule, text, passages, proved=all(proved for _, proved in gates))
    level = next((level for level in reversed(LEVELS) if level in rule.levels and level in found), "")
    if not level:
        return None
    counts = level in ("clause", "structured")
    return Match(
        rule=rule.slug,
        version=rule.version,
        indicators=rule.indicators,
        level=level,
        stance=rule.stance if counts else "context",
        rung=rule.rung if counts else None,
        reasons=tuple(chain(*found.values(), *(reasons for reasons, _ in gates))),
    )


def _open(gate: Rule, text: Text, passages: tuple[_Passage, ...]) -> tuple[list[Reason], bool]:
    """The reasons that open a gate (none: it stays shut), and whether they prove the subject.

    Proof is a term of precision H, a code of `cpv.subject`, or a term of precision M beside any code of the gate.
    A code of `cpv.core` (servers, processors) opens for a strong clause, and proves nothing alone.
    """
    hits = [(term, reason) for term, reason in _hits(gate, passages, "gate") if term.precision != "L"]
    codes = {grade: [code for code in text.cpv if code in gate.cpv.get(grade, ())] for grade in CPV_GRADES}
    reasons = [reason for _, reason in hits]
    reasons += [Reason(why="cpv", field="cpv", words=code) for code in chain(*codes.values())]
    proved = bool(codes["subject"] or (hits and any(codes.values())))
    proved = proved or any(term.precision == "H" for term, _ in hits)
    return (reasons if proved or codes["core"] else []), proved


def _found(
    rule: Rule, text: Text, passages: tuple[_Passage, ...], *, proved: bool
) -> dict[str, list[Reason]]:
    """The reasons by level, best first; without proof of the subject only a strong clause counts."""
    hits = _hits(rule, passages, "clause")
    found = {"clause": [reason for term, reason in hits if term.role == "S"]}
    if proved:
        cap = text.max_lots_awarded
        found["structured"] = [Reason(why="lot cap", field="max_lots_awarded", words=str(cap))] if cap else []
        found["words"] = [
            replace(reason, why="words")
            for term, reason in hits
            if term.role == "C" and term.precision != "L"
        ]
    found = {level: reasons for level, reasons in found.items() if reasons}
    if proved and "clause" not in found:
        found["subject"] = [
            Reason(why="documents", field="document_urls", words=url) for url in text.document_urls
        ]
    return found
