"""The index of technological freedom: a data set and a methodology → the results of an edition. Pure.

    python -m indicators.rules.freedom_index dataset.json methodology.json

prints the results of an edition and, on the error stream, their sha256: from a download alone, without Django
(deals-and-index §5).
"""

import hashlib
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from indicators.rules.bounds import NA
from indicators.rules.deal_graph import View
from indicators.rules.dependence import CHECKLISTS, GUARANTEED, KNOWN, Registry
from indicators.rules.scores import (
    DECIMALS,
    Score,
    checklist,
    coverage_of,
    geometric_mean,
    index_of,
    mean,
    publication,
    rank_intervals,
    scores_of,
)


def evaluate(
    dataset: Mapping[str, Any],
    methodology: Mapping[str, Any],
    *,
    reading: str = GUARANTEED,
    view: View | None = None,
) -> dict[str, dict[str, Any]]:
    """Every rated actor of a data set: measures, scores, coverage and status, unrounded."""
    return _evaluated(dataset, methodology, readings=[reading], view=view or View())[reading]


def by_method(
    indicators: Mapping[str, Mapping[str, Score]], methodology: Mapping[str, Any], *, runs: int, seed: int
) -> dict[str, dict[str, float | None]]:
    """Scores and ranks under other weights and means, and values anywhere in their intervals.

    The order of the draws is part of the method: in each run the weight of each dimension, the mean, then for each
    actor by name every indicator in the order of the methodology, applicable or not. An actor to whom nothing applies
    has None everywhere, and no rank among the others.
    """
    draw = random.Random(seed).random  # noqa: S311 - anybody must be able to draw the same
    drawn: dict[str, list[float]] = {actor: [] for actor in sorted(indicators)}
    ranks: dict[str, list[int]] = {actor: [] for actor in drawn}
    for _run in range(runs):
        scores = _one_run(indicators, methodology, draw)
        for actor, own in scores.items():
            drawn[actor].append(own)
            ranks[actor].append(1 + sum(other > own for other in scores.values()))
    return {
        actor: {
            "median": _quantile(drawn[actor], 0.5),
            "p05": _quantile(drawn[actor], 0.05),
            "p95": _quantile(drawn[actor], 0.95),
            "rank_p05": _quantile(ranks[actor], 0.05),
            "rank_p95": _quantile(ranks[actor], 0.95),
        }
        for actor in drawn
    }


def one_at_a_time(assessed: Mapping[str, Any], methodology: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """For each indicator that is not settled: the index if it were best or worst, and by how much that may narrow it."""
    told: dict[str, dict[str, Any]] = {}
    low, high = assessed["index"]
    for name, part in assessed["indicators"].items():
        if part is NA or part[0] == part[1]:
            continue
        settled = [
            index_of(assessed["indicators"] | {name: (end, end)}, methodology)[1] for end in reversed(part)
        ]
        widths = [ends[1] - ends[0] for ends in settled if ends]
        told[name] = {
            "if_best": settled[0],
            "if_worst": settled[1],
            "width_removed": high - low - min(widths),
        }
    return told


def results(dataset: Mapping[str, Any], methodology: Mapping[str, Any]) -> dict[str, Any]:
    """All that an edition publishes, rounded: both readings, ranks from the data, ranks by method of the rated."""
    view = View(**dataset.get("view", {}))
    readings = _evaluated(dataset, methodology, readings=[GUARANTEED, KNOWN], view=view)
    guaranteed = readings[GUARANTEED]
    rated = {actor: told for actor, told in guaranteed.items() if told["status"] == "rated"}
    told = methodology["monte_carlo"]
    indicators = {actor: assessed["indicators"] for actor, assessed in rated.items()}
    published: dict[str, Any] = {
        "methodology": methodology["version"],
        "inputs": {"dataset": digest(dataset), "methodology": digest(methodology)},
        **readings,
        "ranks": rank_intervals({actor: assessed["index"] for actor, assessed in rated.items()}),
        "by_method": by_method(indicators, methodology, runs=told["runs"], seed=told["seed"]),
        "would_narrow": {
            actor: one_at_a_time(assessed, methodology)
            for actor, assessed in guaranteed.items()
            if assessed["index"]
        },
    }
    return dict(rounded(published))


def canonical(told: Any) -> bytes:
    """The one way to write it: keys sorted, six decimals, UTF-8, no spaces."""
    return json.dumps(
        rounded(told), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def digest(told: Any) -> str:
    """The sha256 of the canonical form."""
    return hashlib.sha256(canonical(told)).hexdigest()


def rounded(told: Any) -> Any:
    """The same with floats of six decimals."""
    if isinstance(told, float):
        return round(told, DECIMALS) + 0.0
    if isinstance(told, Mapping):
        return {key: rounded(value) for key, value in told.items()}
    return [rounded(value) for value in told] if isinstance(told, list | tuple) else told


def main(arguments: Sequence[str]) -> int:
    """The command line: two files in, canonical results out. 2 with a line of help when asked otherwise."""
    if len(arguments) != 2:
        sys.stderr.write("python -m indicators.rules.freedom_index dataset.json methodology.json\n")
        return 2
    dataset, methodology = (json.loads(Path(name).read_bytes()) for name in arguments)
    told = canonical(results(dataset, methodology))
    sys.stdout.buffer.write(told)
    sys.stderr.write(f"sha256 {hashlib.sha256(told).hexdigest()}\n")
    return 0


def _evaluated(
    dataset: Mapping[str, Any], methodology: Mapping[str, Any], *, readings: Sequence[str], view: View
) -> dict[str, dict[str, dict[str, Any]]]:
    """Several readings, actor by actor: what both ask of the graph is found once."""
    rated = sorted(actor["id"] for actor in dataset["actors"] if actor.get("rated") is not False)
    told: dict[str, dict[str, dict[str, Any]]] = {reading: {} for reading in readings}
    read = Registry(dataset["legs"], dataset["actors"], view=view, reading=readings[0])
    registries = [read.read_as(reading) for reading in readings]
    for actor in rated:
        for registry in registries:
            assessed = _assessed(registry.measures(actor), methodology, registry.reading)
            told[registry.reading][actor] = assessed
    return told


def _assessed(measures: Mapping[str, Any], methodology: Mapping[str, Any], reading: str) -> dict[str, Any]:
    measured = dict(measures)
    for name in CHECKLISTS:
        answers = measures[name]
        if answers is not None:
            asked = {
                question: answers.get(question, "unknown") for question in methodology["checklists"][name]
            }
            measured[name] = checklist(asked)
    scores = scores_of(measured, methodology)
    dimensions, interval = index_of(scores, methodology)
    coverage = coverage_of(scores, methodology)
    applicable = sum(part is not NA for part in dimensions.values())
    status = publication(interval, coverage, applicable, methodology["publication"], reading=reading)
    return {
        "measures": measured,
        "indicators": scores,
        "dimensions": dimensions,
        "index": interval,
        "coverage": coverage,
        "applicable_dimensions": applicable,
        "status": status,
    }


def _one_run(
    indicators: Mapping[str, Mapping[str, Score]], methodology: Mapping[str, Any], draw: Callable[[], float]
) -> dict[str, float]:
    """The score of each actor that has one, under weights and a mean of chance."""
    noise = methodology["monte_carlo"]["weight_noise"]
    weights = {
        dimension["id"]: dimension["weight"] * (1 + noise * (2 * draw() - 1))
        for dimension in methodology["dimensions"]
    }
    geometric = draw() < 0.5
    drawn = {
        actor: _one_draw(indicators[actor], methodology, weights, geometric=geometric, draw=draw)
        for actor in sorted(indicators)
    }
    return {actor: own for actor, own in drawn.items() if own is not None}


def _one_draw(
    scores: Mapping[str, Score],
    methodology: Mapping[str, Any],
    weights: Mapping[str, float],
    *,
    geometric: bool,
    draw: Callable[[], float],
) -> float | None:
    applied = []
    for dimension in methodology["dimensions"]:
        drawn = [(each["weight"], scores[each["id"]], draw()) for each in dimension["indicators"]]
        values = [
            (weight, part[0] + (part[1] - part[0]) * chance)
            for weight, part, chance in drawn
            if part is not NA
        ]
        if values:
            applied.append((weights[dimension["id"]], mean(values)))
    if not applied:
        return None
    if not geometric:
        return mean(applied)
    return geometric_mean(applied, floor=methodology["floor"])


def _quantile(values: Sequence[float], part: float) -> float | None:
    return sorted(values)[int(part * (len(values) - 1))] if values else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
