"""The index of technological freedom: measures → scores between bounds, their status and ranks. Pure.

    python -m indicators.rules.freedom_index dataset.json methodology.json

prints the results of an edition and, on the error stream, their sha256: from a download alone, without Django. Scores
run from 0 to 100, 100 is freest. Formulas: deals-and-index §5; a missing measure is everything from 0 to 100.
"""

import hashlib
import json
import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from indicators.rules.bounds import NA, NotApplicable, opened
from indicators.rules.deal_graph import View
from indicators.rules.dependence import CHECKLISTS, GUARANTEED, KNOWN, Measure, Registry

Bounds = tuple[float, float]
Score = Bounds | NotApplicable
ANYTHING = (0.0, 100.0)
ANSWERS = {"yes": (1.0, 1.0), "partial": (0.5, 0.5), "no": (0.0, 0.0), "unknown": (0.0, 1.0)}
DECIMALS = 6
POINTS = (0, 0.5, 1, 1.5, 2)  # of an article, for each of the pillars
PILLARS = 5


def score(measure: Measure, norm: Mapping[str, Any]) -> Score:
    """The score of a measure between its fixed goalposts, end by end. An infinite end is None in the measure."""
    if measure is NA:
        return NA
    if measure is None:
        return ANYTHING
    low, high = opened(measure[0]), opened(measure[1])
    if norm["kind"] == "checklist":
        return low, high
    ends = sorted(_normed(value, norm) for value in (low, high))
    return ends[0], ends[1]


def checklist(answers: Mapping[str, str | None]) -> Score:
    """Yes counts one, partial a half, unknown (or None) anything between; what does not apply is not asked."""
    asked = [ANSWERS[answer or "unknown"] for answer in answers.values() if answer != "na"]
    if not asked:
        return NA
    low, high = (100 * sum(ends) / len(asked) for ends in zip(*asked, strict=True))
    return low, high


def dimension_score(parts: Sequence[tuple[float, Score]]) -> Score:
    """The weighted mean of the scores that apply."""
    applied = [(weight, part) for weight, part in parts if part is not NA]
    if not applied:
        return NA
    whole = sum(weight for weight, _part in applied)
    low, high = (sum(weight * part[end] for weight, part in applied) / whole for end in (0, 1))
    return low, high


def index_score(
    dimensions: Mapping[str, Score], weights: Mapping[str, float], *, floor: float = 1.0
) -> Bounds | None:
    """The weighted geometric mean of the dimensions that apply, none below the floor."""
    applied = {name: part for name, part in dimensions.items() if part is not NA}
    if not applied:
        return None
    whole = sum(weights[name] for name in applied)
    low, high = (
        math.exp(
            sum(weights[name] * math.log(max(part[end], floor)) for name, part in applied.items()) / whole
        )
        for end in (0, 1)
    )
    return low, high


def publication(
    interval: Bounds | None,
    coverage: float,
    applicable: int,
    rules: Mapping[str, Any],
    *,
    reading: str = GUARANTEED,
) -> str:
    """rated, indicative, insufficient_data or not_assessed: what may be said of an actor, by figures as published.

    The reading of known contracts alone is exploratory whatever its figures (deals-and-index §5).
    """
    if reading == KNOWN:
        return "exploratory"
    if interval is None or applicable < rules["min_dimensions"]:
        return "not_assessed"
    width, covered = round(interval[1] - interval[0], DECIMALS), round(coverage, DECIMALS)
    for status in ("rated", "indicative"):
        if width <= rules[status]["max_width"] and covered >= rules[status]["min_coverage"]:
            return status
    return "insufficient_data"


def scores_of(measures: Mapping[str, Measure], methodology: Mapping[str, Any]) -> dict[str, Score]:
    """The score of each indicator of a methodology, by the measure of its name."""
    return {
        indicator["id"]: score(measures[indicator["id"]], indicator["norm"])
        for dimension in methodology["dimensions"]
        for indicator in dimension["indicators"]
    }


def dimensions_of(scores: Mapping[str, Score], methodology: Mapping[str, Any]) -> dict[str, Score]:
    """The score of each dimension of a methodology, by those of its indicators."""
    return {
        dimension["id"]: dimension_score(
            [(indicator["weight"], scores[indicator["id"]]) for indicator in dimension["indicators"]]
        )
        for dimension in methodology["dimensions"]
    }


def rank_intervals(scores: Mapping[str, Bounds]) -> dict[str, tuple[int, int]]:
    """The best and the worst rank that the intervals alone allow: only what is strictly better counts."""
    return {
        name: (
            1 + sum(other[0] > own[1] for other in scores.values()),
            len(scores) - sum(other[1] < own[0] for other in scores.values()),
        )
        for name, own in scores.items()
    }


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
            _index(assessed["indicators"] | {name: (end, end)}, methodology)[1] for end in reversed(part)
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


def article_score(
    declared_total: float | None,
    pillars: Mapping[str, float | None] | None = None,
    *,
    declared_max: float = 10,
) -> dict[str, Any]:
    """An article against the five pillars: a declared total stands alone; a mismatch is shown, never corrected.

    A total is computed, of 10, when all pillars are filled (deals-and-index §7); it agrees with a declared one of
    another maximum when they are the same share of it. What nobody filled is None.
    """
    filled = [points for points in (pillars or {}).values() if points is not None]
    most = PILLARS * POINTS[-1]
    counted = sum(filled) if len(filled) == PILLARS else None
    agrees = None
    if counted is not None and declared_total is not None:
        agrees = counted * declared_max == declared_total * most
    return {
        "total": declared_total if counted is None else counted,
        "max": declared_max if counted is None else most,
        "breakdown": pillars,
        "consistent": agrees,
        "valid": len(pillars or {}) <= PILLARS
        and all(points in POINTS for points in filled)
        and (declared_total is None or 0 <= declared_total <= declared_max),
    }


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


def _normed(value: float, norm: Mapping[str, Any]) -> float:
    if norm["kind"] == "step":
        steps = [points for least, points in norm["table"] if least <= value]
        return float(steps[-1] if steps else norm["table"][0][1])
    best, worst = float(norm["best"]), float(norm["worst"])
    if norm["kind"] == "log":
        value = math.log(value) if 0 < value < math.inf else math.copysign(math.inf, value - 1)
        best, worst = math.log(best), math.log(worst)
    if math.isinf(value):
        return 0.0 if (value > 0) == (worst > best) else 100.0
    return min(100.0, max(0.0, 100 * (worst - value) / (worst - best)))


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
    dimensions, interval = _index(scores, methodology)
    coverage = _coverage(scores, methodology)
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


def _index(
    scores: Mapping[str, Score], methodology: Mapping[str, Any]
) -> tuple[dict[str, Score], Bounds | None]:
    dimensions = dimensions_of(scores, methodology)
    weights = {dimension["id"]: dimension["weight"] for dimension in methodology["dimensions"]}
    return dimensions, index_score(dimensions, weights, floor=methodology["floor"])


def _coverage(scores: Mapping[str, Score], methodology: Mapping[str, Any]) -> float:
    """One less the mean width of the scores, weighed as in the index: 1 when all is known."""
    unknown = []
    for dimension in methodology["dimensions"]:
        parts = [(indicator["weight"], scores[indicator["id"]]) for indicator in dimension["indicators"]]
        widths = [(weight, part[1] - part[0]) for weight, part in parts if part is not NA]
        if widths:
            unknown.append((dimension["weight"], _mean(widths) / 100))
    return 1 - _mean(unknown) if unknown else 0.0


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
            applied.append((weights[dimension["id"]], _mean(values)))
    if not applied:
        return None
    if not geometric:
        return _mean(applied)
    return math.exp(_mean([(weight, math.log(max(mean, methodology["floor"]))) for weight, mean in applied]))


def _mean(weighed: Sequence[tuple[float, float]]) -> float:
    return sum(weight * value for weight, value in weighed) / sum(weight for weight, _value in weighed)


def _quantile(values: Sequence[float], part: float) -> float | None:
    return sorted(values)[int(part * (len(values) - 1))] if values else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
