"""Who pays whom, as a graph: arcs at a date and a view, circuits of money, pairs that finance and buy. Pure.

Legs are rows of the published data set: payer, payee, flow F|P|D|?, lo, hi (null: no upper bound), status or
status_history, confidence, and what marks a leg as derived, contingent, without cash or out of the graph
(deals-and-index §2 and §3).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from operator import itemgetter
from typing import Any, NamedTuple

from indicators.rules.bounds import opened, shut

ANNOUNCED = "announced"  # also what is registered without a word on its status
LIVE = frozenset({ANNOUNCED, "loi", "signed", "active", "completed"})
CONFIDENCES = ("low", "medium", "high")
LONGEST = 5  # arcs of a circuit (deals-and-index §3)
MOST_CIRCUITS = 20_000

Leg = Mapping[str, Any]
Ends = tuple[str, str, str]  # payer, payee, kind


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which legs count: at which date (as the source writes it), from which confidence, with which kinds of leg."""

    as_of: str | None = None
    min_confidence: str = "low"
    include_derived: bool = False
    include_contingent: bool = False
    include_noncash: bool = False
    groups: Mapping[str, str] = field(default_factory=dict)


class Arc(NamedTuple):
    """All that one actor pays another of one kind: F financing, P purchase; `hi` None is without upper bound."""

    payer: str
    payee: str
    kind: str
    lo: float
    hi: float | None


class LeftOut(NamedTuple):
    """A leg that does not count in a view, and why."""

    leg: str
    reason: str


class Circuit(NamedTuple):
    """An elementary circuit of money, from its smallest actor on; its size is the bottleneck [lo, hi]."""

    nodes: tuple[str, ...]
    kinds: tuple[str, ...]
    lo: float
    hi: float | None

    @property
    def sort(self) -> str:
        """mixed: circular financing; commercial: reciprocal trade; financial: cross-holding."""
        kinds = set(self.kinds)
        return "mixed" if len(kinds) == 2 else "commercial" if kinds == {"P"} else "financial"


class Circuits(NamedTuple):
    """Circuits by length; `truncated` when there are more than can be told."""

    found: list[Circuit]
    truncated: bool


def arcs(legs: Iterable[Leg], view: View) -> tuple[list[Arc], list[LeftOut]]:
    """The arcs of the money that flows in this view, in order, and every leg that is left out, with its reason."""
    counted, left_out = legs_by_ends(legs, view)
    return arcs_of(counted), left_out


def legs_by_ends(legs: Iterable[Leg], view: View) -> tuple[dict[Ends, list[Leg]], list[LeftOut]]:
    """The legs that count in this view by what arc they are of, and every other one, with its reason."""
    counted: dict[Ends, list[Leg]] = defaultdict(list)
    left_out = []
    for leg in legs:
        payer, payee = leg["payer"], leg["payee"]
        payer, payee = view.groups.get(payer, payer), view.groups.get(payee, payee)
        if reason := next(_why_not(leg, view, internal=payer == payee), None):
            left_out.append(LeftOut(leg["id"], reason))
        else:
            counted[payer, payee, leg["flow"]].append(leg)
    return dict(counted), left_out


def arcs_of(counted: Mapping[Ends, Iterable[Leg]]) -> list[Arc]:
    """The sums of these legs, in order."""
    graph = []
    for ends, some in sorted(counted.items(), key=itemgetter(0)):
        highest = [leg["hi"] for leg in some]
        lo, hi = sum([leg["lo"] or 0 for leg in some]), None if None in highest else sum(highest)
        graph.append(Arc(*ends, lo, hi))
    return graph


def status_on(leg: Leg, as_of: str | None) -> str | None:
    """The status of a leg on a day: that of its last event by then, of one day the one told last; None before.

    An event of which only the month or the year is told counts from the first day of it; a month or a year as a day is
    the last one of it. Without a day: the status of now.
    """
    history = leg.get("status_history")
    told: str | None = leg.get("status")
    if not history or (as_of is None and told):
        return told or ANNOUNCED
    since, until, status = "", f"{as_of or ''}~", None  # all that begins so is before: the days of a month
    for event in history:
        if since <= event["date"] <= until:
            since, status = event["date"], event["status"]
    return status


def circuits(graph: Sequence[Arc], *, longest: int = LONGEST) -> Circuits:
    """Every elementary circuit of at most so many arcs: once each, typed, the shortest first.

    What one pays another of one kind is one arc, however often it is told (deals-and-index §3).
    """
    between: dict[tuple[str, str], dict[str, tuple[float, float]]] = defaultdict(dict)
    for payer, payee, kind, lo, hi in graph:
        if payer != payee:
            less, more = between[payer, payee].get(kind, (0, 0))
            between[payer, payee][kind] = less + lo, more + opened(hi)
    found: list[Circuit] = []
    for nodes in _rings(between, longest):
        hops = [between[pair].items() for pair in zip(nodes, (*nodes[1:], nodes[0]), strict=True)]
        for way in product(*hops):
            kinds, sizes = zip(*way, strict=True)
            los, his = zip(*sizes, strict=True)
            found.append(Circuit(nodes, kinds, min(los), shut(min(his))))
        if len(found) > MOST_CIRCUITS:
            break
    found.sort(key=lambda circuit: (len(circuit.nodes), circuit.nodes, circuit.kinds))
    return Circuits(found[:MOST_CIRCUITS], len(found) > MOST_CIRCUITS)


def pair_relations(graph: Sequence[Arc]) -> list[tuple[str, str, str]]:
    """What two actors are to each other, by the money between them: (relation, one, the other)."""
    kinds = defaultdict(set)
    for arc in graph:
        if arc.payer != arc.payee:
            kinds[arc.payer, arc.payee].add(arc.kind)
    relations = set()
    for (one, other), paid in kinds.items():
        back = kinds.get((other, one), set())
        if "F" in paid and "P" in back:
            relations.add(("supplier_finances_customer", one, other))
        if paid == {"F", "P"}:
            relations.add(("customer_finances_supplier", one, other))
        if one < other and "P" in paid and "P" in back:
            relations.add(("reciprocal_commercial", one, other))
        if one < other and "F" in paid and "F" in back:
            relations.add(("cross_holding", one, other))
    return sorted(relations)


def headline_total(deals: Sequence[Mapping[str, Any]]) -> tuple[float, int]:
    """The sum of the headline amounts of deals that count, and how many of those are undisclosed."""
    counted = [
        deal.get("headline")
        for deal in deals
        if deal.get("in_totals") is not False and (deal.get("status") or ANNOUNCED) in LIVE
    ]
    return sum(amount for amount in counted if amount is not None), counted.count(None)


def _why_not(leg: Leg, view: View, *, internal: bool) -> Iterator[str]:
    """Every reason for which a leg does not count, the first one first."""
    status = status_on(leg, view.as_of)
    if status is None:
        yield "not_yet"
    if status not in LIVE:
        yield f"status:{status}"
    if leg["flow"] not in {"F", "P"}:
        yield "flow_unknown"
    if leg.get("in_graph") is False:
        yield "umbrella"
    if leg.get("derived") and not view.include_derived:
        yield "derived"
    if leg.get("contingent") and not view.include_contingent:
        yield "contingent"
    if leg.get("cash") is False and not view.include_noncash:
        yield "noncash"
    if CONFIDENCES.index(leg.get("confidence") or CONFIDENCES[0]) < CONFIDENCES.index(view.min_confidence):
        yield "confidence"
    if internal:
        yield "intragroup"


def _rings(between: Iterable[tuple[str, str]], longest: int) -> Iterator[tuple[str, ...]]:
    """Each ring of distinct nodes once, from its smallest node on; a search turns back where the way home is too long.

    Homeward distances are known for half the way only: the other half is cheaper to walk.
    """
    pairs = sorted(between)
    names = sorted({name for pair in pairs for name in pair})
    number = {name: place for place, name in enumerate(names)}
    onward: list[list[int]] = [[] for _name in names]
    backward: list[list[int]] = [[] for _name in names]
    for payer, payee in pairs:
        onward[number[payer]].append(number[payee])
        backward[number[payee]].append(number[payer])
    for start in range(len(names)):
        home = _distances(backward, start, longest // 2)
        rings: list[list[int]] = []
        _search([start], onward, home, longest, rings)
        for ring in rings:
            yield tuple([names[node] for node in ring])


def _search(
    path: list[int], onward: list[list[int]], home: dict[int, int], longest: int, rings: list[list[int]]
) -> None:
    """Add the rings that go on from this path to `rings`, until there are more than can be told."""
    start, room, unknown = path[0], longest - len(path), longest // 2 + 1
    for step in onward[path[-1]]:
        if step > start:
            if home.get(step, unknown) <= room and step not in path and len(rings) <= MOST_CIRCUITS:
                _search([*path, step], onward, home, longest, rings)
        elif step == start:
            rings.append(path)


def _distances(backward: list[list[int]], start: int, farthest: int) -> dict[int, int]:
    """How many arcs each node is from `start`, over nodes that are not smaller."""
    distances, front = {start: 0}, [start]
    for distance in range(1, farthest + 1):
        front = [node for reached in front for node in backward[reached] if node > start]
        front = [node for node in front if distances.setdefault(node, distance) == distance]
    return distances
