"""The formulas of the index: measures → scores of indicators, of dimensions and of an actor, and what may be said. Pure.

Scores run from 0 to 100, 100 is freest; a missing measure is everything from 0 to 100 (deals-and-index §5).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from indicators.rules.bounds import NA, NotApplicable, opened
from indicators.rules.dependence import GUARANTEED, KNOWN, Measure

Bounds = tuple[float, float]
Score = Bounds | NotApplicable
ANYTHING = (0.0, 100.0)
ANSWERS = {"yes": (1.0, 1.0), "partial": (0.5, 0.5), "no": (0.0, 0.0), "unknown": (0.0, 1.0)}
DECIMALS = 6  # of a published figure


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
    low, high = (mean([(weight, part[end]) for weight, part in applied]) for end in (0, 1))
    return low, high


def index_score(
    dimensions: Mapping[str, Score], weights: Mapping[str, float], *, floor: float = 1.0
) -> Bounds | None:
    """The weighted geometric mean of the dimensions that apply, none below the floor."""
    applied = [(weights[name], part) for name, part in dimensions.items() if part is not NA]
    if not applied:
        return None
    low, high = (
        geometric_mean([(weight, part[end]) for weight, part in applied], floor=floor) for end in (0, 1)
    )
    return low, high


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


def index_of(
    scores: Mapping[str, Score], methodology: Mapping[str, Any]
) -> tuple[dict[str, Score], Bounds | None]:
    """The score of each dimension, and the index that they make."""
    dimensions = dimensions_of(scores, methodology)
    weights = {dimension["id"]: dimension["weight"] for dimension in methodology["dimensions"]}
    return dimensions, index_score(dimensions, weights, floor=methodology["floor"])


def coverage_of(scores: Mapping[str, Score], methodology: Mapping[str, Any]) -> float:
    """One less the mean width of the scores, weighed as in the index: 1 when all is known."""
    unknown = []
    for dimension in methodology["dimensions"]:
        parts = [(indicator["weight"], scores[indicator["id"]]) for indicator in dimension["indicators"]]
        widths = [(weight, part[1] - part[0]) for weight, part in parts if part is not NA]
        if widths:
            unknown.append((dimension["weight"], mean(widths) / 100))
    return 1 - mean(unknown) if unknown else 0.0


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


def rank_intervals(scores: Mapping[str, Bounds]) -> dict[str, tuple[int, int]]:
    """The best and the worst rank that the intervals alone allow: only what is strictly better counts."""
    return {
        name: (
            1 + sum(other[0] > own[1] for other in scores.values()),
            len(scores) - sum(other[1] < own[0] for other in scores.values()),
        )
        for name, own in scores.items()
    }


def mean(weighed: Sequence[tuple[float, float]]) -> float:
    """The weighted arithmetic mean of (weight, value)."""
    return sum(weight * value for weight, value in weighed) / sum(weight for weight, _value in weighed)


def geometric_mean(weighed: Sequence[tuple[float, float]], *, floor: float) -> float:
    """The weighted geometric mean of (weight, value), no value below the floor."""
    return math.exp(mean([(weight, math.log(max(value, floor))) for weight, value in weighed]))


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
