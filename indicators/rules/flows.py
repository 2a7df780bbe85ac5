"""How much money can come back to those who lent it, and how much of all of it goes in circles. Pure.

Exact (deals-and-index §3): amounts are counted in millionths of their unit. The maximum flow is our own (Dinic), so
that an edition is computed again by Python alone; the circulation is that of networkx, which takes 29 MB of memory and
is imported where one is computed, so that neither the web nor the worker holds it from its start.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import inf

from indicators.rules.bounds import opened, shut
from indicators.rules.deal_graph import Arc

FINE = 1_000_000
KEPT = 8  # flows kept in memory: one page asks for the same ones in several measures
Node = str | tuple[str]  # an actor, or one of the two ends of what is looked for
Room = defaultdict[Node, defaultdict[Node, float]]  # how much more may go from one to another
_LENT, _SOLD = ("lent",), ("sold",)


def core(graph: Sequence[Arc]) -> list[list[str]]:
    """The actors between whom money can go round: strongly connected components of two and more."""
    onward, backward = defaultdict(set), defaultdict(set)
    for arc in graph:
        onward[arc.payer].add(arc.payee)
        backward[arc.payee].add(arc.payer)
    parts, seen = [], set[str]()
    for start in reversed(_left_last(onward)):
        part = _left(start, backward, seen)
        parts += [sorted(part)] if len(part) > 1 else []
    return sorted(parts)


def returnable(graph: Sequence[Arc], actor: str) -> tuple[float, float | None]:
    """What of an actor's financing can come back to it as sales, at least and at most; None: without bound."""
    lo, hi = (_returned(graph, actor, upper=upper) for upper in (False, True))
    return lo, shut(hi)


def self_financed_share(
    graph: Sequence[Arc], actor: str, *, other_sales: tuple[float, float | None] = (0, 0)
) -> tuple[float, float] | None:
    """The share of an actor's sales that its own financing may pay; None when it sells nothing that is registered.

    The upper bound is exact; the lower one is an outer bound (deals-and-index §3).
    """
    sales = [arc for arc in graph if arc.payee == actor and arc.kind == "P"]
    if not sales:
        return None
    least, most = returnable(graph, actor)
    highest = sum(opened(hi) for hi in [*(arc.hi for arc in sales), other_sales[1]])
    low = least / highest if highest else 0.0
    if most is None:
        return low, 1.0
    sure = _returned(graph, actor, upper=True, sales_at_least=True)
    whole = most + sum(arc.lo for arc in sales) + other_sales[0] - sure
    return low, most / whole if whole else 0.0


def circulation(weights: Sequence[tuple[str, str, float | None]]) -> tuple[float, float]:
    """The largest part of these payments that leaves nobody with more or less than before, and all of them.

    The maximum circulation (Homs-Dones et al., arXiv 2506.12546): its value is unique, whatever the circuits. What is
    unknown (None) is left out (deals-and-index §3).
    """
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for payer, payee, amount in weights:
        sums[payer, payee] += _fine(amount or 0)
    import networkx  # noqa: PLC0415 - see above

    graph = networkx.DiGraph()
    for (payer, payee), amount in sums.items():
        graph.add_edge(payer, payee, capacity=amount, weight=-1)
    cost = networkx.network_simplex(graph)[0] if sums else 0
    return -cost / FINE, sum(sums.values()) / FINE


def debtrank(
    impact: Sequence[tuple[str, str, float]], value: Mapping[str, float], shock: Mapping[str, float]
) -> tuple[float, dict[str, float]]:
    """The share of all value lost to others when some are in distress, and the distress of each (Battiston 2012).

    Each node passes its distress on once, so that a circuit ends. What one does to another is at most the whole of it
    (deals-and-index §1.4). A node without a value is worth nothing.
    """
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for source, target, weight in impact:
        weights[source, target] = min(1.0, weights[source, target] + weight)
    nodes = {*value, *shock, *(node for pair in weights for node in pair)}
    distress = {node: float(shock.get(node, 0.0)) for node in sorted(nodes)}
    active, spent = {node for node, level in distress.items() if level}, set()
    while active:
        gained: dict[str, float] = defaultdict(float)
        for (source, target), weight in weights.items():
            if source in active:
                gained[target] += weight * distress[source]
        spent |= active
        for node, gain in gained.items():
            distress[node] = min(1.0, distress[node] + gain)
        active = {node for node in gained if distress[node]} - spent
    lost = sum((distress[node] - shock.get(node, 0.0)) * worth for node, worth in value.items())
    whole = sum(value.values())
    return lost / whole if whole else 0.0, distress


def _left_last(ways: Mapping[str, set[str]]) -> list[str]:
    """All nodes in the order in which a walk along these ways is done with them (Kosaraju)."""
    seen: set[str] = set()
    return [node for start in sorted(ways) for node in _left(start, ways, seen)]


def _left(start: str, ways: Mapping[str, set[str]], seen: set[str]) -> list[str]:
    """What a walk from `start` reaches and was not seen before, in the order in which it is done with each."""
    if start in seen:
        return []
    seen.add(start)
    done, path = [], [(start, iter(ways.get(start, ())))]
    while path:
        node, further = path[-1]
        step = next((step for step in further if step not in seen), None)
        if step is None:
            done.append(node)
            path.pop()
        else:
            seen.add(step)
            path.append((step, iter(ways.get(step, ()))))
    return done


def _returned(graph: Sequence[Arc], actor: str, *, upper: bool, sales_at_least: bool = False) -> float:
    """The maximum flow from what the actor lends to what it sells, all capacities at their lower or upper bounds."""
    return _flow(tuple(graph), actor, upper, sales_at_least)


@lru_cache(maxsize=KEPT)
def _flow(graph: tuple[Arc, ...], actor: str, upper: bool, sales_at_least: bool) -> float:
    around = next((part for part in _core(graph) if actor in part), frozenset[str]())
    room: Room = defaultdict(lambda: defaultdict(int))
    for arc in graph:
        if arc.payer not in around or arc.payee not in around:
            continue
        lends, sells = arc.payer == actor, arc.payee == actor
        if (lends and arc.kind != "F") or (sells and arc.kind != "P"):
            continue
        bound = opened(arc.hi) if upper and not (sells and sales_at_least) else arc.lo
        source, target = _LENT if lends else arc.payer, _SOLD if sells else arc.payee
        room[source][target] += inf if bound == inf else _fine(bound)
    return _maximum(room, _LENT, _SOLD) / FINE


@lru_cache(maxsize=KEPT)
def _core(graph: tuple[Arc, ...]) -> list[frozenset[str]]:
    return [frozenset(part) for part in core(graph)]


def _maximum(room: Room, source: Node, target: Node) -> float:
    """The maximum flow (Dinic), taken out of the room that there is; infinite where some way has no bound."""
    total: float = 0
    while target in (level := _levels(room, source)):
        ahead = {node: iter(list(room[node])) for node in level}
        while path := _path(room, level, ahead, [source, target]):
            least = min(room[one][other] for one, other in pairwise(path))
            if least == inf:
                return inf
            for one, other in pairwise(path):
                room[one][other] -= least
                room[other][one] += least
            total += least
    return total


def _levels(room: Room, source: Node) -> dict[Node, int]:
    """How many steps away from the source each node is that can be reached."""
    level, ahead = {source: 0}, [source]
    for node in ahead:  # grows meanwhile
        for step, left in room[node].items():
            if left and step not in level:
                level[step] = level[node] + 1
                ahead.append(step)
    return level


def _path(
    room: Room, level: Mapping[Node, int], ahead: Mapping[Node, Iterator[Node]], ends: list[Node]
) -> list[Node]:
    """A shortest way from one end to the other; empty when what is ahead of each node holds none any more."""
    path, target = ends[:1], ends[1]
    while path and path[-1] != target:
        here = path[-1]
        further = (step for step in ahead[here] if level.get(step) == level[here] + 1 and room[here][step])
        step = next(further, None)
        if step is None:
            path.pop()
        else:
            path.append(step)
    return path


def _fine(amount: float) -> int:
    return round(amount * FINE)
