"""Text and rules → matches with their reasons: what to look for is data, how to look is here. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

import re2

STANCES = ("supports", "contradicts", "context")
ROLES = ("gate", "guard", "rule")
# How a rule was met, the least first. The place in this list, from 1, is the priority of the candidate:
# subject     the gate is open on a notice and shows no clause: read the procurement documents
# words       a term that only means something beside others (role C, precision H or M)
# structured  a fact of the notice itself, such as a cap on the lots one bidder may win
# clause      a strong term (role S)
LEVELS = ("subject", "words", "structured", "clause")

CPV_GRADES = ("subject", "core", "services")

_LANGUAGES = ("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv")
_LANGUAGES += ("mt", "nb", "nl", "nn", "no", "other", "pl", "pt", "ro", "sk", "sl", "sv", "*")
_PATTERN_LENGTH = 1_000  # characters
_PROGRAM_SIZE = 4_000  # instructions of re2: what it may cost on every character of a hostile text
_REASONS_PER_TERM = 3


class RuleError(ValueError):
    """A rule that cannot be used, said so that the person who wrote it can mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One pattern of one language list, in the syntax of RE2; diacritics and typography never matter."""

    pattern: str
    precision: str = "H"  # of the term alone, inside the gate: H ≥ .8, M .4–.8, L < .4
    role: str = "S"  # S strong, C only in combination
    word: bool = False  # neither a letter, a digit nor a dot may touch it
    line: bool = False  # matched against lines, so that ^ and $ mean a heading
    clears: Any = None  # a guard's term may also veto an acronym everywhere in the text
    regex: Any = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A gate (the subject), a guard (false friends) or a rule (what is proposed to a moderator)."""

    slug: str
    version: int = 1
    role: str = "rule"
    indicators: tuple[str, ...] = ()
    stance: str = "context"
    rung: int | None = None
    kinds: tuple[str, ...] = ()
    terms: Mapping[str, tuple[Term, ...]]
    cpv: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # subject, core, services
    levels: tuple[str, ...] = ("clause",)
    gates: tuple[str, ...] = ()  # all must open
    guards: tuple[str, ...] = ()  # words they cover are not read
    vetoes: tuple[str, ...] = ()  # guards that silence the rule for the whole text
    countries: tuple[str, ...] = ()  # empty: everywhere; a text without a country always passes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Rules whose gates and guards are all there."""

    rules: tuple[Rule, ...]
    lists: Mapping[str, Rule]  # gates and guards by slug


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


def rule_from(row: Mapping[str, Any]) -> Rule:
    """Read a row of `data/match_rules.json` or of the table MatchRule; RuleError says what to mend."""
    definition, slug = row.get("definition") or {}, str(row.get("slug", ""))
    unknown = set(definition) - {"terms", "cpv", "levels", "gates", "guards", "vetoes", "countries"}
    _require(slug, not unknown, f"unknown part: {', '.join(sorted(unknown))}")
    rule = Rule(
        slug=slug,
        version=row.get("version") or 1,
        role=row.get("role") or "rule",
        indicators=tuple(row.get("indicators") or ()),
        stance=row.get("stance") or "context",
        rung=row.get("rung"),
        kinds=tuple(row.get("kinds") or ()),
        terms=_terms_from(definition.get("terms") or {}, slug),
        cpv={grade: tuple(codes) for grade, codes in (definition.get("cpv") or {}).items()},
        **{
            name: tuple(definition[name])
            for name in ("levels", "gates", "guards", "vetoes", "countries")
            if definition.get(name)
        },
    )
    _require(slug, rule.role in ROLES, f"role must be one of {', '.join(ROLES)}")
    _require(slug, rule.stance in STANCES, f"stance must be one of {', '.join(STANCES)}")
    _require(slug, rule.rung is None or rule.rung in range(1, 6), "the rung goes from 1 to 5, or is empty")
    _require(slug, set(rule.levels) <= set(LEVELS), f"levels are {', '.join(LEVELS)}")
    _require(slug, bool(rule.terms), "a rule needs at least one term")
    return rule


def compile_rules(rows: Iterable[Mapping[str, Any]]) -> Ruleset:
    """Read rows of all three roles once, and check that every gate and guard named by a rule exists."""
    read = [rule_from(row) for row in rows]
    lists = {rule.slug: rule for rule in read if rule.role != "rule"}
    rules = tuple(rule for rule in read if rule.role == "rule")
    for rule in rules:
        for role, slugs in (("gate", rule.gates), ("guard", rule.guards + rule.vetoes)):
            for slug in slugs:
                _require(
                    rule.slug, slug in lists and lists[slug].role == role, f"there is no {role} {slug!r}"
                )
    return Ruleset(rules=rules, lists=lists)


def match(text: Text, ruleset: Ruleset) -> list[Match]:
    """Every rule met by this text, best first, in the order of the rules.

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


def _require(slug: str, condition: bool, complaint: str) -> None:
    if not condition:
        raise RuleError(f"rule {slug!r}: {complaint}")


def _terms_from(lists: Mapping[str, Iterable[Mapping[str, Any]]], slug: str) -> dict[str, tuple[Term, ...]]:
    terms = {}
    for language, rows in lists.items():
        _require(slug, language in _LANGUAGES, f"unknown language {language!r}")
        terms[language] = tuple(
            _term_from(row, f"rule {slug!r}, {language}, line {number}") for number, row in enumerate(rows, 1)
        )
    return terms


def _term_from(row: Mapping[str, Any], where: str) -> Term:
    values = dict(row)
    pattern, case_sensitive = values.pop("re", ""), values.pop("case_sensitive", False)
    clears = values.pop("clears", None)
    unknown = set(values) - {"precision", "role", "word", "line"}
    if unknown:
        raise RuleError(f"{where}: unknown mark: {', '.join(sorted(unknown))}")
    if values.get("precision", "H") not in ("H", "M", "L") or values.get("role", "S") not in ("S", "C"):
        raise RuleError(f"{where}: precision is H, M or L; role is S or C")
    regex = _compiled(pattern, case_sensitive, where)
    return Term(pattern=pattern, regex=regex, clears=clears and _compiled(clears, True, where), **values)


def _compiled(pattern: str, case_sensitive: bool, where: str) -> Any:
    """A pattern of RE2 that answers in linear time; look-around and back-references do not exist there."""
    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.max_mem = 1 << 22
    options.log_errors = False
    complaint = ""
    if not 2 <= len(pattern) <= _PATTERN_LENGTH:
        raise RuleError(
            f"{where}: a pattern has 2 to {_PATTERN_LENGTH} characters, this one has {len(pattern)}"
        )
    try:
        regex = re2.compile(f"(?m){pattern.translate(_FOLD)}", options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error
        complaint = str(reason)
    else:
        if regex.search(""):
            complaint = "it matches the empty text"
        elif max(regex.programsize, regex.reverseprogramsize) > _PROGRAM_SIZE:
            complaint = "it repeats too much and would be slow"
    if complaint:
        raise RuleError(f"{where}: {pattern[:80]!r} is refused: {complaint}")
    return regex


class _Fold(dict[int, str]):
    """Table for str.translate: no diacritics, no invisible characters, plain quotes, hyphens and blanks."""

    SPELT = {
        "œ": "oe",
        "Œ": "OE",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
    }
    SPELT |= {"ß": "ss", "ı": "i", "’": "'", "ʼ": "'", "‘": "'", "\u2028": "\n", "\u2029": "\n", "\r": "\n"}

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = self.SPELT.get(letter) or "".join(map(self._plain, unicodedata.normalize("NFKD", letter)))
        if code < 0x3000:  # the alphabets we read; the rest of Unicode must not fill the memory
            self[code] = folded
        return folded

    @staticmethod
    def _plain(letter: str) -> str:
        category = unicodedata.category(letter)
        if category in ("Mn", "Cf"):
            return ""
        if category == "Pd":
            return "-"
        return " " if letter.isspace() and letter != "\n" else letter


_FOLD = _Fold()
_BLANKS = re.compile(r"[ \n]{2,}")
# Addresses of pages and people, and the technical identifiers of eForms (RES-0001 is no Spanish network).
_NOISE = re.compile(r"https?://\S+|www\.\S+|\b(?:RES|ORG|TEN|TPO|UBO|CON|LOT|GLO|PAR|GRO)-\d{4}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    """One piece of text in one language: folded for reading, with the way back to the original."""

    field: str
    language: str
    original: str
    folded: str  # one blank or line break for each run of them

    def hits(self, terms: Iterable[Term], why: str) -> list[tuple[Term, Reason]]:
        """Where terms stand, told as reasons that point into the original words."""
        prose = self.folded.replace("\n", " ")
        spans = [
            (term, *found.span())
            for term in terms
            for found in islice(term.regex.finditer(self.folded if term.line else prose), _REASONS_PER_TERM)
        ]
        spans = [
            (term, start, end)
            for term, start, end in spans
            if not (term.word and _touched(prose, start, end))
        ]
        positions = _positions(self.original) if spans else []
        return [
            (term, self._reason(why, term, positions[start], positions[end - 1] + 1))
            for term, start, end in spans
        ]

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
            folded = _BLANKS.sub(_blank, original.translate(_FOLD))
            folded = _NOISE.sub(lambda found: " " * len(found[0]), folded)
            yield _Passage(field=name, language=language.lower()[:2], original=original, folded=folded)


def _blank(run: re.Match[str]) -> str:
    return "\n" if "\n" in run[0] else " "


def _positions(original: str) -> list[int]:
    """For each character of the folded text, its place in the original."""
    spread = [index for index, letter in enumerate(original) for _ in _FOLD[ord(letter)]]
    dropped = {
        index
        for run in _BLANKS.finditer(original.translate(_FOLD))
        for index in range(run.start() + 1, run.end())
    }
    return [place for index, place in enumerate(spread) if index not in dropped]


def _touched(prose: str, start: int, end: int) -> bool:
    around = prose[max(start - 1, 0) : start] + prose[end : end + 1]
    return any(letter.isalnum() or letter in "._" for letter in around)


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
    folded = passage.folded
    for guard in guards:
        for term in _terms(guard, passage.language):
            prose = folded.replace("\n", " ")
            covered = [found.span() for found in term.regex.finditer(prose)]
            if covered and term.clears:
                covered += [found.span() for found in term.clears.finditer(prose)]
            for start, end in covered:
                folded = folded[:start] + " " * (end - start) + folded[end:]
    return replace(passage, folded=folded)


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
