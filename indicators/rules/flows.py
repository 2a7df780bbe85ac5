"""How much money can come back to those who lent it, and how much of all of it goes in circles. Pure.

Exact: amounts are counted in millionths of their unit. Flows are those of networkx, which takes 29 MB of memory: it is
imported where one is computed, so that neither the web nor the worker holds it from its start.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import inf

from indicators.rules.deal_graph import Arc

FINE = 1_000_000
KEPT = 8  # flows kept in memory: one page asks for the same ones in several measures
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
    return lo, None if hi == inf else hi


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
    highest = sum(_open(hi) for hi in [*(arc.hi for arc in sales), other_sales[1]])
    low = least / highest if highest else 0.0
    if most is None:
        return low, 1.0
    sure = _returned(graph, actor, upper=True, sales_at_least=True)
    whole = most + sum(arc.lo for arc in sales) + other_sales[0] - sure
    return low, most / whole if whole else 0.0


def circulation(weights: Sequence[tuple[str, str, float]]) -> tuple[float, float]:
    """The largest part of these payments that leaves nobody with more or less than before, and all of them.

    The maximum circulation (Homs-Dones et al., arXiv 2506.12546): its value is unique, whatever the circuits.
    """
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for payer, payee, amount in weights:
        sums[payer, payee] += _fine(amount)
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

    Each node passes its distress on once, so that a circuit ends.
    """
    distress = {node: float(shock.get(node, 0.0)) for node in value}
    active, spent = {node for node, level in distress.items() if level}, set()
    while active:
        gained: dict[str, float] = defaultdict(float)
        for source, target, weight in impact:
            if source in active:
                gained[target] += weight * distress[source]
        spent |= active
        for node, gain in gained.items():
            distress[node] = min(1.0, distress[node] + gain)
        active = set(gained) - spent
    lost = sum((distress[node] - shock.get(node, 0.0)) * worth for node, worth in value.items())
    return lost / sum(value.values()), distress


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
    around: set[str] = next((set(part) for part in core(graph) if actor in part), set())
    ways = [arc for arc in graph if arc.payer in around and arc.payee in around]
    if not ways:
        return 0.0
    import networkx  # noqa: PLC0415 - see above

    network = networkx.DiGraph()
    network.add_nodes_from([_LENT, _SOLD])
    for arc in ways:
        lends, sells = arc.payer == actor, arc.payee == actor
        if (lends and arc.kind != "F") or (sells and arc.kind != "P"):
            continue
        bound = _open(arc.hi) if upper and not (sells and sales_at_least) else arc.lo
        source, target = _LENT if lends else arc.payer, _SOLD if sells else arc.payee
        known = network.get_edge_data(source, target, {"capacity": 0})["capacity"]
        network.add_edge(source, target, capacity=known + (inf if bound == inf else _fine(bound)))
    try:
        return float(networkx.maximum_flow_value(network, _LENT, _SOLD)) / FINE
    except networkx.NetworkXUnbounded:
        return inf


def _fine(amount: float) -> int:
    return round(amount * FINE)


def _open(bound: float | None) -> float:
    return inf if bound is None else bound
