"""The pure rules of the registry and of the index, in the shape of the published test vectors."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from indicators.rules import amounts, articles, bounds, deal_graph, flows, freedom_index, scores
from indicators.rules.bounds import NA
from indicators.rules.deal_graph import Arc, View
from indicators.rules.dependence import GUARANTEED

METHODOLOGY = json.loads(
    (Path(freedom_index.__file__).parent.parent / "data" / "methodology-1.0.0-draft.json").read_bytes()
)


def vector(function: str, told: dict[str, Any]) -> Any:
    """The answer of the rule that a vector names, as JSON has it: KeyError for a name that nobody defined."""
    return _jsonable(_RULES[function](told))


def _graph(told: dict[str, Any]) -> list[Arc]:
    return [Arc(*arc) for arc in told["arcs"]]


def _view(told: dict[str, Any]) -> View:
    """The view that a vector asks for; what it leaves out or leaves null is as ever."""
    asked = told.get("view") or {}
    return View(**{name: choice for name, choice in asked.items() if choice is not None})


def _known(measure: Any) -> Any:
    """A measure as the rules hold it: the text NA means that it does not apply."""
    return NA if measure == "NA" else measure


def _score(told: Any) -> Any:
    """A score as the rules hold it: one that is missing is anything."""
    return scores.ANYTHING if told is None else _known(told)


def _scores(told: dict[str, Any]) -> dict[str, Any]:
    return {name: _score(score) for name, score in told.items()}


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _parse_amount_fr(told: dict[str, Any]) -> dict[str, Any]:
    read = amounts.parse_amount_fr(told["text"] or "")
    names = ("basis", "value", "currency", "years", "per_year", "flags")
    return {name: getattr(read, name) for name in names} | ({"value2": read.value2} if read.value2 else {})


def _build_arcs(told: dict[str, Any]) -> dict[str, Any]:
    arcs, left_out = deal_graph.arcs(told["legs"], _view(told))
    return {"arcs": arcs, "left_out": [leg._asdict() for leg in left_out]}


def _cycles(told: dict[str, Any]) -> dict[str, Any]:
    found, truncated = deal_graph.circuits(_graph(told), longest=told.get("max_len") or deal_graph.LONGEST)
    circuits = [
        {
            "class": each.sort,
            "length": len(each.nodes),
            **{name: getattr(each, name) for name in each._fields},
        }
        for each in found
    ]
    answer = {"count": len(found)} if told.get("count_only") else {"count": len(found), "cycles": circuits}
    return answer | ({"truncated": True} if truncated else {})


def _circulation(told: dict[str, Any]) -> dict[str, Any]:
    circular, total = flows.circulation([(*ends, amount) for *ends, amount in told["weights"]])
    return {"circular": circular, "total": total, "ratio": circular / total if total else None}


_RULES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "parse_amount_fr": _parse_amount_fr,
    "amount_interval": lambda told: amounts.interval(
        told["basis"], _decimal(told.get("value")), _decimal(told.get("value2"))
    ),
    "build_arcs": _build_arcs,
    "cycles": _cycles,
    "strongly_connected": lambda told: flows.core(_graph(told)),
    "pair_relations": lambda told: deal_graph.pair_relations(_graph(told)),
    "returnable_flow": lambda told: flows.returnable(_graph(told), told["actor"]),
    "self_financed_sales_share": lambda told: flows.self_financed_share(
        _graph(told), told["actor"], other_sales=tuple(told.get("other_sales") or (0, 0))
    ),
    "circulation": _circulation,
    "hhi_bounds": lambda told: bounds.hhi(told["items"], tuple(told.get("remainder") or (0, 0))),
    "share_bounds": lambda told: bounds.share(told["items"]),
    "exposure": lambda told: bounds.exposure(told.get("commitments"), told.get("revenue")),
    "score_measure": lambda told: scores.score(_known(told["measure"]), told["norm"]),
    "checklist": lambda told: scores.checklist(told["answers"]),
    "dimension_score": lambda told: scores.dimension_score(
        [(weight, _score(part)) for weight, part in told["parts"]]
    ),
    "index_score": lambda told: scores.index_score(
        _scores(told["dims"]), told["weights"], floor=told.get("floor", 1.0)
    ),
    "publication": lambda told: scores.publication(
        told["interval"],
        told["coverage"],
        told["applicable"],
        METHODOLOGY["publication"],
        reading=told.get("basis", GUARANTEED),
    ),
    "rank_intervals": lambda told: scores.rank_intervals(told["scores"]),
    "debtrank": lambda told: dict(
        zip(("debtrank", "h"), flows.debtrank(told["impact"], told["value"], told["shock"]), strict=True)
    ),
    "headline_total": lambda told: dict(
        zip(("total", "undisclosed"), deal_graph.headline_total(told["deals"]), strict=True)
    ),
    "article_score": lambda told: articles.article_score(
        told.get("declared_total"), told.get("pillars"), declared_max=told.get("declared_max") or 10
    ),
    "canonical_digest": lambda told: freedom_index.digest(told["object"]),
    "evaluate": lambda told: freedom_index.evaluate(
        told["data"],
        METHODOLOGY,
        reading=told.get("basis", GUARANTEED),
        view=_view(told),
    ),
    "monte_carlo": lambda told: freedom_index.by_method(
        {actor: _scores(scores) for actor, scores in told["indicators"].items()},
        METHODOLOGY,
        runs=told["runs"],
        seed=told["seed"],
    ),
}


def _jsonable(answer: Any) -> Any:
    if isinstance(answer, amounts.Interval):
        return {name: _jsonable(getattr(answer, name)) for name in ("lo", "hi", "nominal")}
    if isinstance(answer, Decimal):
        return float(answer)
    if isinstance(answer, dict):
        return {name: _jsonable(value) for name, value in answer.items()}
    return [_jsonable(value) for value in answer] if isinstance(answer, list | tuple) else answer
