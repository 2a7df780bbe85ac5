"""Rules as data: read from rows, checked, compiled once. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import re2

from tracker.matching.folding import FOLD
from tracker.matching.query import Query, RuleError, parse

STANCES = ("supports", "contradicts", "context")
ROLES = ("gate", "guard", "rule")
# How a rule was met, the least first. The place in this list, from 1, is the priority of the candidate:
# subject     the gate is open on a notice and shows no clause: read the procurement documents
# words       a term that only means something beside others (role C, precision H or M)
# structured  a fact of the notice itself, such as a cap on the lots one bidder may win
# clause      a strong term (role S)
LEVELS = ("subject", "words", "structured", "clause")
CPV_GRADES = ("subject", "core", "services")

_LANGUAGES = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nb",
    "nl", "nn", "no", "other", "pl", "pt", "ro", "sk", "sl", "sv", "*",
)  # fmt: skip
_PATTERN_LENGTH = 1_000  # characters
_PROGRAM_SIZE = 4_000  # instructions of re2: what it may cost on every character of a hostile text
_MEMORY = 1 << 22  # bytes that one pattern may take while it reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One pattern of one language list, in the syntax of RE2; diacritics and typography never matter."""

    pattern: str
    written: str  # the pattern as the definition has it, before its names are spelt out
    precision: str = "H"  # of the term alone, inside the gate: H ≥ .8, M .4–.8, L < .4
    role: str = "S"  # S strong, C only in combination
    word: bool = False  # neither a letter, a digit nor a dot may touch it
    line: bool = False  # matched against lines, so that ^ and $ mean a heading
    clears: Any = None  # a guard's term may also veto an acronym everywhere in the text
    regex: Any = field(compare=False, repr=False)

    @property
    def folded(self) -> str:
        """The pattern in plain letters, as it is compiled."""
        return self.pattern.translate(FOLD)


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
    query: Query | None = None  # instead of terms, or beside them: either will do
    languages: tuple[str, ...] = ()  # of texts that the query reads; empty: all
    cpv: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # subject, core, services
    levels: tuple[str, ...] = ("clause",)
    gates: tuple[str, ...] = ()  # all must open
    guards: tuple[str, ...] = ()  # words they cover are not read
    vetoes: tuple[str, ...] = ()  # guards that silence the rule for the whole text
    countries: tuple[str, ...] = ()  # empty: everywhere; a text without a country always passes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ruleset:
    """Rules whose gates and guards are all there; compiled once, by identity."""

    rules: tuple[Rule, ...]
    lists: Mapping[str, Rule]  # gates and guards by slug


def rule_from(row: Mapping[str, Any]) -> Rule:
    """Read a row of `data/match_rules.json` or of the table MatchRule; RuleError says what to mend."""
    slug, definition = str(row.get("slug", "")), row.get("definition")
    if not isinstance(definition, Mapping):
        raise RuleError("The definition is not a JSON object.", slug)
    for part in set(definition) - {*_LISTS, "terms", "query", "cpv", "names"}:
        raise RuleError("The definition has an unknown part.", f"{slug}: {part}")
    for part in _LISTS:
        _require(_is_words(definition.get(part, [])), "A list of words is needed here.", f"{slug}: {part}")
    rule = Rule(
        slug=slug,
        version=row.get("version") or 1,
        role=row.get("role") or "rule",
        indicators=tuple(row.get("indicators") or ()),
        stance=row.get("stance") or "context",
        rung=row.get("rung"),
        kinds=tuple(row.get("kinds") or ()),
        terms=_terms_from(definition, slug),
        query=_query_from(definition, slug),
        cpv=_cpv_from(definition.get("cpv", {}), slug),
        **{part: tuple(definition[part]) for part in _LISTS if part in definition},
    )
    _require(rule.role in ROLES, "The role is gate, guard or rule.", f"{slug}: {rule.role}")
    _require(
        rule.stance in STANCES, "The stance is supports, contradicts or context.", f"{slug}: {rule.stance}"
    )
    _require(
        rule.rung in (None, 1, 2, 3, 4, 5), "The rung goes from 1 to 5, or is empty.", f"{slug}: {rule.rung}"
    )
    _require(set(rule.levels) <= set(LEVELS), "The levels are clause, structured, words and subject.", slug)
    for language in rule.languages:
        _require(language in _LANGUAGES, "This is not a language that we watch.", f"{slug}: {language}")
    _require(not rule.query or rule.role != "guard", "A guard lists terms; it takes no query.", slug)
    return rule


def compile_rules(rows: Iterable[Mapping[str, Any]]) -> Ruleset:
    """Read rows of all three roles, keep the newest version of each, and check that gates and guards exist."""
    newest = {rule.slug: rule for rule in sorted(map(rule_from, rows), key=lambda rule: rule.version)}
    lists = {slug: rule for slug, rule in newest.items() if rule.role != "rule"}
    rules = tuple(rule for rule in newest.values() if rule.role == "rule")
    named = [(rule.slug, "gate", slug) for rule in rules for slug in rule.gates]
    named += [(rule.slug, "guard", slug) for rule in rules for slug in rule.guards + rule.vetoes]
    for by, role, slug in named:
        known = slug in lists and lists[slug].role == role
        _require(known, "The rule names a gate or a guard that does not exist.", f"{by}: {role} {slug}")
    return Ruleset(rules=rules, lists=lists)


@lru_cache(maxsize=4)
def subjects_of(ruleset: Ruleset) -> Ruleset:
    """The gates of the rules about articles as rules of their own, met by a term that proves the subject alone."""
    about = (rule for rule in ruleset.rules if not rule.kinds or "article" in rule.kinds)
    slugs = sorted({slug for rule in about for slug in rule.gates})
    return Ruleset(rules=tuple(_as_rule(ruleset.lists[slug]) for slug in slugs), lists={})


_LISTS = ("levels", "gates", "guards", "vetoes", "countries", "languages")


_NO_TERMS: Mapping[str, Any] = {}
_NAME = re.compile(r"\{([a-z][a-z-]*)\}")  # no repetition: those count in digits


def _as_rule(gate: Rule) -> Rule:
    sure = {
        language: tuple(term for term in terms if term.precision == "H")
        for language, terms in gate.terms.items()
    }
    return replace(gate, role="rule", terms=sure)


def _require(condition: bool, reason: str, detail: str) -> None:
    if not condition:
        raise RuleError(reason, detail)


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _cpv_from(lists: object, slug: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(lists, Mapping) or not set(lists) <= set(CPV_GRADES):
        raise RuleError("CPV lists: subject, core, services.", slug)
    for grade, codes in lists.items():
        eight = _is_words(codes) and all(len(code) == 8 and code.isdecimal() for code in codes)
        _require(eight, "A CPV code has eight digits, without the check digit.", f"{slug}: {grade}")
    return {grade: tuple(codes) for grade, codes in lists.items()}


def _query_from(definition: Mapping[str, Any], slug: str) -> Query | None:
    if "query" not in definition:
        return None
    _require(isinstance(definition["query"], str), "A query is a text.", slug)
    return parse(definition["query"])


def _terms_from(definition: Mapping[str, Any], slug: str) -> dict[str, tuple[Term, ...]]:
    lists = definition.get("terms", _NO_TERMS if "query" in definition else None)
    names = definition.get("names", {})
    named = isinstance(names, Mapping) and all(isinstance(words, str) for words in names.values())
    _require(named, "The names are an object of patterns.", slug)
    if not isinstance(lists, Mapping) or (not lists and lists is not _NO_TERMS):
        raise RuleError("A rule needs a query, or lists of terms by language.", slug)
    terms = {}
    for language, rows in lists.items():
        _require(language in _LANGUAGES, "This is not a language that we watch.", f"{slug}: {language}")
        _require(isinstance(rows, list), "The terms of a language are a list.", f"{slug}: {language}")
        terms[language] = tuple(
            _term_from(row, f"{slug}, {language}, line {number}", names) for number, row in enumerate(rows, 1)
        )
    return terms


def _term_from(row: object, where: str, names: Mapping[str, str]) -> Term:
    if not isinstance(row, Mapping) or not isinstance(row.get("re"), str):
        raise RuleError("A term needs a pattern `re`.", where)
    for mark in set(row) - {"re", "case_sensitive", "precision", "role", "word", "line", "clears"}:
        raise RuleError("The term has an unknown mark.", f"{where}: {mark}")
    marks = {mark: row[mark] for mark in ("precision", "role", "word", "line") if mark in row}
    _require(marks.get("precision") in (None, "H", "M", "L"), "The precision is H, M or L.", where)
    _require(marks.get("role") in (None, "S", "C"), "The role is S (strong) or C (combines).", where)
    unknown = ", ".join(sorted(set(_NAME.findall(row["re"])) - set(names)))
    place = f"{where}: {row['re'][:80]}: {unknown}"
    _require(not unknown, "The pattern uses a name that is not among the names.", place)
    pattern = _NAME.sub(lambda name: f"(?:{names[name[1]]})", row["re"])
    regex = _compiled(pattern, where, case_sensitive=bool(row.get("case_sensitive")))
    clears = _compiled(row["clears"], where, case_sensitive=True) if "clears" in row else None
    return Term(pattern=pattern, written=row["re"], regex=regex, clears=clears, **marks)


def _compiled(pattern: str, where: str, *, case_sensitive: bool) -> Any:
    """A pattern of RE2, which answers in linear time; look-around and back-references do not exist there."""
    where = f"{where}: {pattern[:80]}"
    _require(2 <= len(pattern) <= _PATTERN_LENGTH, "A pattern has 2 to 1,000 characters.", where)
    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        regex = re2.compile(f"(?m){pattern.translate(FOLD)}", options)
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise RuleError("The pattern is refused.", f"{where}: {why}") from error
    size = max(regex.programsize, regex.reverseprogramsize)
    _require(size <= _PROGRAM_SIZE, "The pattern repeats too much and would be slow.", where)
    _require(not regex.search(""), "The pattern also matches nothing at all.", where)
    return regex
