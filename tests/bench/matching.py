"""Matching beside the loop of expressions that most projects write, beside its floor, and its growth with the terms.

The floor is the best known design without what makes it useful: a fold by table and one pass of hyperscan over the
whole set (words, prefixes, phrases, and closeness as an expression), which says what stands in a text, not where.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import hyperscan
import numpy as np

from tests.bench.race import Growth, Line, Race, cpu
from tests.tracker.watched_texts import Term, documents, ruleset, terms
from tracker.matching import Text, compile_rules, match

ROOT = Path(__file__).resolve().parent.parent.parent
SIZES = (100, 1_000, 10_000)
DOCUMENTS = 120
TURNS = 10  # of all documents, in one measurement: a single one takes 6 ms
# In each language, what has nothing to do with us, then what has.
PLAIN = {
    "fr": "Le conseil régional a voté hier le budget des lycées, des transports et de l'entretien des routes. ",
    "en": "The county council voted yesterday on schools, on buses and on the upkeep of its many small roads. ",
}
SPEAKING = {
    "fr": "L'appel d'offres prévoit plusieurs fournisseurs de processeurs graphiques NVIDIA ou équivalents. ",
    "en": "The call for tenders requires at least two suppliers of NVIDIA graphics processors or equivalent. ",
}


def lines() -> Iterator[Line]:
    """The shipped rules in two languages, then made-up terms by the hundred, the thousand and the ten thousand."""
    rows = json.loads((ROOT / "tracker/data/match_rules.json").read_text("utf-8"))
    for language in PLAIN:
        yield _beside_a_loop(rows, language)
    matched = {count: _matched(terms(count)) for count in SIZES}
    for count in SIZES:
        yield _beside_the_floor(terms(count), matched[count])
    yield Growth(
        what="matching, 10,000 terms",
        more=partial(cpu, matched[10_000]),
        less=partial(cpu, matched[100]),
        less_name="100 terms",
        bar="≤ 2",
    ).run()


def _beside_a_loop(rows: list[dict], language: str) -> Line:
    rules, patterns = compile_rules(rows), _patterns(rows, language)
    texts = [_text(language, speaking=number % 8 == 0) for number in range(16)]
    match(Text(text=texts[0], language=language), rules)
    return Race(
        what=f"matching {language}, shipped rules, {len(patterns)} terms",
        ours=lambda: cpu(lambda: [match(Text(text=text, language=language), rules) for text in texts]),
        other=lambda: cpu(lambda: [[p.search(text) for p in patterns] for text in texts]),
        other_name="loop of re",
        amount=sum(len(text.encode()) for text in texts) / 1e6,
        unit="MB",
    ).run()


def _matched(watched: list[Term]) -> Callable[[], None]:
    """The work of matching all documents with rules that are already compiled."""
    texts, rules = documents(DOCUMENTS, watched), ruleset(watched)
    match(texts[0], rules)

    def work() -> None:
        for text in texts * TURNS:
            match(text, rules)

    return work


def _beside_the_floor(watched: list[Term], ours: Callable[[], None]) -> Line:
    texts = [f"{text.title}\n{text.text}" for text in documents(DOCUMENTS, watched)]
    database = _floor(watched)

    def floor() -> None:
        for text in texts * TURNS:
            database.scan(_folded(text), match_event_handler=_seen)

    return Race(
        what=f"matching 12 languages, {len(watched):,} terms",
        ours=partial(cpu, ours),
        other=partial(cpu, floor),
        other_name="floor: fold and scan",
        amount=sum(len(text.encode()) for text in texts) * TURNS / 1e6,
        unit="MB",
        bar="≥ .60",
    ).run()


def _floor(watched: list[Term]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[_expression(term) for term in watched],
        ids=list(range(len(watched))),
        elements=len(watched),
        flags=hyperscan.HS_FLAG_SINGLEMATCH,
    )
    database.scratch = hyperscan.Scratch(database)
    return database


def _expression(term: Term) -> bytes:
    words = [_folded(word).strip() for word in term.words]
    if term.kind == "near":
        one, two = words
        between = rb" (?:[^ ]+ ){0,8}"
        return b" " + one + between + two + b" | " + two + between + one + b" "
    return b" " + b" ".join(words) + (b"" if term.kind == "prefix" else b" ")


def _seen(*_match: object) -> None:
    """A hit that nobody looks at."""


def _folded(text: str) -> bytes:
    """Right on every letter of the twelve languages and on soft hyphens, or its answers would be wrong."""
    raw = _TABLE.take(np.frombuffer(f" {text} ".encode("utf-16-le"), np.uint16)).tobytes()
    raw = raw.translate(None, b"\0")
    for byte, letters in _TWOS.items():
        raw = raw.replace(byte, letters)
    codes = np.frombuffer(raw, np.uint8)
    blank = codes == 32
    kept = np.ones(len(codes), bool)
    np.logical_not(blank[1:] & blank[:-1], out=kept[1:])
    return codes[kept].tobytes()


def _code(unit: int) -> int:
    letter = unicodedata.normalize("NFKD", chr(unit).lower())[:1]
    if letter in _SPELT:
        return _SPELT[letter]
    if unicodedata.category(letter) in ("Mn", "Cf"):
        return 0
    if not letter.isalnum():
        return 32
    return ord(letter) if letter.isascii() else 0x80 | ord(letter) & 0x7F


_SPELT = {"œ": 1, "æ": 2, "ß": 3, "ø": ord("o"), "ł": ord("l"), "đ": ord("d"), "ς": 0x80 | ord("σ") & 0x7F}
_TWOS = {b"\1": b"oe", b"\2": b"ae", b"\3": b"ss"}
_TABLE = np.array([_code(unit) for unit in range(0x10000)], np.uint8)


def _text(language: str, *, speaking: bool) -> str:
    """One sentence in twenty of a speaking text is about us."""
    part = PLAIN[language] * 19 + SPEAKING[language] if speaking else PLAIN[language] * 20
    return (part * (20_000 // len(part) + 1))[:20_000]


def _patterns(rows: list[dict], language: str) -> list[re.Pattern[str]]:
    lists = [row["definition"].get("terms", {}) for row in rows]  # a query has no pattern: only ours reads it
    spoken = [
        term["re"] for by_language in lists for key in (language, "*") for term in by_language.get(key, ())
    ]
    return [re.compile(term, re.IGNORECASE) for term in spoken]
