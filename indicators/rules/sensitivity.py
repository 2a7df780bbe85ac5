"""How much the index depends on its own choices: a dimension left out, another mean, floor or goalpost. Pure.

See deals-and-index §5 and §6.2.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from indicators.rules.bounds import NA
from indicators.rules.scores import Bounds, dimension_score, dimensions_of, index_score, scores_of

FLOORS = (0.1, 5.0)
GOALPOSTS = (0.5, 2.0)  # the worst goalpost of what is measured on a logarithmic scale, halved and doubled
ARITHMETIC, WITHOUT, FLOOR, GOALPOST = "arithmetic", "without", "floor", "goalpost"

Assessed = Mapping[str, Mapping[str, Any]]


class Choice(NamedTuple):
    """One choice of the method made otherwise: which, by what, and by how many ranks the actors move on average."""

    choice: str
    by: str | float
    shift: float
    scores: dict[str, Bounds | None]


def otherwise(assessed: Assessed, methodology: Mapping[str, Any]) -> list[Choice]:
    """Every choice of the method made otherwise, for actors as `evaluate` or a results file tells them.

    Ranks are by the lower bound, unrounded, equals sharing a rank; only rated actors should be compared.
    """
    before = _ranks({actor: told["index"] for actor, told in assessed.items()})
    found = []
    for choice, by, changed, mean in _choices(methodology):
        scores = {actor: _index(told["measures"], changed, mean=mean) for actor, told in assessed.items()}
        after = _ranks({actor: bounds for actor, bounds in scores.items() if bounds})
        moved = [abs(after[actor] - before[actor]) for actor in after]
        found.append(Choice(choice, by, sum(moved) / len(moved) if moved else 0.0, scores))
    return found


def _choices(methodology: Mapping[str, Any]) -> Iterator[tuple[str, str | float, Mapping[str, Any], str]]:
    dimensions = methodology["dimensions"]
    yield ARITHMETIC, "", methodology, ARITHMETIC
    for left_out in dimensions:
        kept = [dimension for dimension in dimensions if dimension is not left_out]
        yield WITHOUT, left_out["id"], {**methodology, "dimensions": kept}, ""
    for floor in FLOORS:
        yield FLOOR, floor, {**methodology, "floor": floor}, ""
    for factor in GOALPOSTS:
        moved = [_with_goalpost(dimension, factor) for dimension in dimensions]
        yield GOALPOST, factor, {**methodology, "dimensions": moved}, ""


def _with_goalpost(dimension: Mapping[str, Any], factor: float) -> dict[str, Any]:
    indicators = [
        {**each, "norm": {**each["norm"], "worst": each["norm"]["worst"] * factor}}
        if each["norm"]["kind"] == "log"
        else each
        for each in dimension["indicators"]
    ]
    return {**dimension, "indicators": indicators}


def _index(measures: Mapping[str, Any], methodology: Mapping[str, Any], *, mean: str) -> Bounds | None:
    weights = {dimension["id"]: dimension["weight"] for dimension in methodology["dimensions"]}
    known = {name: _known(measure) for name, measure in measures.items()}
    dimensions = dimensions_of(scores_of(known, methodology), methodology)
    if mean != ARITHMETIC:
        return index_score(dimensions, weights, floor=methodology["floor"])
    averaged = dimension_score([(weights[name], part) for name, part in dimensions.items()])
    return None if isinstance(averaged, str) else averaged


def _known(measure: Any) -> Any:
    """A measure as the rules hold it: a results file tells by a text that it does not apply."""
    return NA if measure == NA else measure


def _ranks(scores: Mapping[str, Bounds]) -> dict[str, float]:
    lows = {actor: bounds[0] for actor, bounds in scores.items()}
    return {
        actor: 1 + sum(other > low for other in lows.values()) + (list(lows.values()).count(low) - 1) / 2
        for actor, low in lows.items()
    }
