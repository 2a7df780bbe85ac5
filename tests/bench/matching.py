"""Matching beside the loop of compiled expressions that most projects write, and its growth with the terms."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.bench.race import Growth, Line, Race, cpu
from tracker.matching import Ruleset, Text, compile_rules, match

ROOT = Path(__file__).resolve().parent.parent.parent
BYTES = 20_000
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
    """The shipped rules in both languages, then made-up terms by the hundred and by the ten thousand."""
    rows = json.loads((ROOT / "tracker/data/match_rules.json").read_text("utf-8"))
    for language in PLAIN:
        yield _beside_a_loop(rows, language)
    few, many = _words(100), _words(10_000)
    text = Text(text=_text("fr", speaking=True), language="fr")
    yield Growth(
        what="matching 20 kB, 10,000 terms",
        more=lambda: cpu(lambda: match(text, many)),
        less=lambda: cpu(lambda: [match(text, few) for _ in range(10)]) / 10,
        less_name="100 terms",
        bar="≤ 2",
    ).run()


def _beside_a_loop(rows: list[dict], language: str) -> Line:
    rules, patterns = compile_rules(rows), _patterns(rows, language)
    texts = [_text(language, speaking=number % 8 == 0) for number in range(16)]
    return Race(
        what=f"matching {language}, shipped rules, {len(patterns)} terms",
        ours=lambda: cpu(lambda: [match(Text(text=text, language=language), rules) for text in texts]),
        other=lambda: cpu(lambda: [[p.search(text) for p in patterns] for text in texts]),
        other_name="loop of re",
        amount=sum(len(text.encode()) for text in texts) / 1e6,
        unit="MB",
        bar="≥ 60 % of hyperscan",
    ).run()


def _text(language: str, *, speaking: bool) -> str:
    """One sentence in twenty of a speaking text is about us."""
    part = PLAIN[language] * 19 + SPEAKING[language] if speaking else PLAIN[language] * 20
    return (part * (BYTES // len(part) + 1))[:BYTES]


def _patterns(rows: list[dict], language: str) -> list[re.Pattern[str]]:
    lists = [row["definition"]["terms"] for row in rows]
    terms = [
        term["re"] for by_language in lists for key in (language, "*") for term in by_language.get(key, ())
    ]
    return [re.compile(term, re.IGNORECASE) for term in terms]


def _words(count: int) -> Ruleset:
    terms = [{"re": rf"\bmot{number}\b"} for number in range(count)]
    return compile_rules([{"slug": "words", "definition": {"terms": {"fr": terms}}}])
