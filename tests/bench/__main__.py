"""Measures matching beside the loop of compiled expressions that most projects write: the ratio is what counts."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from tracker.matching import Text, compile_rules, match

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 5
SENTENCES = (
    "Le conseil régional a voté hier le budget des lycées, des transports et de l'entretien des routes. ",
    "La ministre a présenté un plan pour l'énergie, l'eau et les forêts de montagne. ",
    "La société a livré des serveurs de calcul au centre de données de l'université. ",
    "L'appel d'offres prévoit plusieurs fournisseurs de processeurs graphiques NVIDIA ou équivalents. ",
)


def main() -> None:
    """Print megabytes a second of both, measured in turn in one run, and their ratio."""
    rows = json.loads((ROOT / "tracker/data/match_rules.json").read_text("utf-8"))
    texts = _texts()
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    rules = compile_rules(rows)
    patterns = _patterns(rows)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_seconds(lambda: [match(Text(text=text, language="fr"), rules) for text in texts]))
        theirs.append(_seconds(lambda: [[p.search(text) for p in patterns] for text in texts]))
    fast, slow = megabytes / median(ours), megabytes / median(theirs)
    print(
        f"matching, {len(texts)} French texts, {megabytes:.2f} MB, {len(patterns)} terms, median of {ROUNDS}"
    )
    print(f"  ours                 {fast:8.2f} MB/s, with reasons, spans, gates and guards")
    print(f"  loop of re.search    {slow:8.2f} MB/s, only yes or no")
    print(f"  ratio                {fast / slow:8.2f}")


def _texts() -> list[str]:
    """One text in eight has every sentence; the others speak of something else."""
    plain, speaking = "".join(SENTENCES[:2]) * 25, "".join(SENTENCES) * 12
    return [speaking if number % 8 == 0 else plain for number in range(200)]


def _patterns(rows: list[dict]) -> list[re.Pattern[str]]:
    lists = [row["definition"].get("terms", {}) for row in rows]
    terms = [
        term["re"] for by_language in lists for tongue in ("fr", "*") for term in by_language.get(tongue, ())
    ]
    return [re.compile(term, re.IGNORECASE) for term in terms]


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


if __name__ == "__main__":
    main()
