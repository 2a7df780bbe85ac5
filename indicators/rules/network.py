"""The money of a registry in one view: arcs with their legs, circuits by name, what sources say of them. Pure.

See deals-and-index §3.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from indicators.rules import deal_graph, flows
from indicators.rules.bounds import opened
from indicators.rules.deal_graph import Arc, Circuit, Ends, LeftOut, Leg, View

EXPLICIT, COEXISTING = "explicit", "coexisting"
NAME_LENGTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitFound:
    """A circuit of money with what stands behind it."""

    circuit: Circuit
    by_ends: Mapping[Ends, Arc] = field(repr=False)
    behind: Mapping[Ends, Sequence[Leg]] = field(repr=False)

    @property
    def hops(self) -> list[Ends]:
        """Who pays whom how, one after the other, from the smallest actor on."""
        nodes = self.circuit.nodes
        return list(zip(nodes, (*nodes[1:], nodes[0]), self.circuit.kinds, strict=True))

    @property
    def id(self) -> str:
        """A name that stays as long as its actors and kinds do, whatever else is in the registry."""
        canonical = " ".join(f"{payer} {kind}" for payer, _payee, kind in self.hops)
        return hashlib.sha256(canonical.encode()).hexdigest()[:NAME_LENGTH]

    @property
    def klass(self) -> str:
        """mixed: circular financing; commercial: reciprocal trade; financial: cross-holding."""
        return self.circuit.sort

    @property
    def legs(self) -> tuple[tuple[str, ...], ...]:
        """The legs behind each hop, by slug."""
        return tuple(tuple(leg["id"] for leg in self.behind[hop]) for hop in self.hops)

    @property
    def evidence(self) -> str:
        """explicit: sources link its legs from end to end; coexisting: nobody said that they belong together."""
        return EXPLICIT if _linked([self.behind[hop] for hop in self.hops]) else COEXISTING

    @property
    def financier_share(self) -> dict[str, tuple[float, float]]:
        """Of each financier, which part of its financing may come back round this circuit, at least and at most."""
        hops = self.hops
        return {
            hop[0]: _share(self.by_ends[hop], [self.by_ends[other] for other in hops if other != hop])
            for hop in hops
            if hop[2] == "F"
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Who pays whom in a view, with the circuits of money and what is left out, why.

    `behind` holds the legs of each arc, by (payer, payee, kind). `unconverted` and `unstated`: legs in the network
    whose amount counts as unknown for want of a rate, or whose source names no currency.
    """

    arcs: tuple[Arc, ...]
    behind: Mapping[Ends, tuple[Leg, ...]]
    left_out: tuple[LeftOut, ...]
    circuits: tuple[CircuitFound, ...]
    truncated: bool
    pairs: tuple[tuple[str, str, str], ...]
    core: tuple[tuple[str, ...], ...]
    unconverted: tuple[str, ...]
    unstated: tuple[str, ...]

    @property
    def actors(self) -> tuple[str, ...]:
        """Everybody who pays or is paid, by slug."""
        return tuple(sorted({end for arc in self.arcs for end in (arc.payer, arc.payee)}))

    @property
    def financiers(self) -> tuple[str, ...]:
        """Who finances somebody and sells to somebody: money may come back to them alone."""
        lending = {arc.payer for arc in self.arcs if arc.kind == "F"}
        return tuple(sorted(lending & {arc.payee for arc in self.arcs if arc.kind == "P"}))

    @property
    def payments(self) -> list[tuple[str, str, float]]:
        """(payer, payee, headline amount) of each leg that has one, in one order."""
        return sorted(
            (ends[0], ends[1], leg["nominal"])
            for ends, some in self.behind.items()
            for leg in some
            if leg["nominal"] is not None
        )

    @property
    def unknown(self) -> int:
        """How many legs have no headline amount."""
        return sum(leg["nominal"] is None for some in self.behind.values() for leg in some)

    def digest(self) -> str:
        """The sha256 of all that flows depend on."""
        return hashlib.sha256(json.dumps([self.arcs, self.payments]).encode()).hexdigest()

    def returnable(self, actor: str) -> tuple[float, float | None]:
        """What of the actor's financing can come back to it as sales, at least and at most; None: without bound."""
        return flows.returnable(self.arcs, actor)


def network_of(legs: Iterable[Leg], view: View, *, longest: int = deal_graph.LONGEST) -> Network:
    """The money of these legs in a view, with the circuits of at most `longest` arcs."""
    behind, left_out = deal_graph.legs_by_ends(legs, view)
    graph = deal_graph.arcs_of(behind)
    found, truncated = deal_graph.circuits(graph, longest=longest)
    by_ends: dict[Ends, Arc] = {(arc.payer, arc.payee, arc.kind): arc for arc in graph}
    counted = [leg for some in behind.values() for leg in some]
    return Network(
        arcs=tuple(graph),
        behind={ends: tuple(some) for ends, some in behind.items()},
        left_out=tuple(left_out),
        circuits=tuple(CircuitFound(circuit=circuit, by_ends=by_ends, behind=behind) for circuit in found),
        truncated=truncated,
        pairs=tuple(deal_graph.pair_relations(graph)),
        core=tuple(tuple(part) for part in flows.core(graph)),
        unconverted=tuple(leg["id"] for leg in counted if leg.get("unconverted")),
        unstated=tuple(leg["id"] for leg in counted if leg.get("currency_unstated")),
    )


def _share(financing: Arc, others: Iterable[Arc]) -> tuple[float, float]:
    """The least that the others carry in the most that is lent; the most that they carry in the least that is lent."""
    rest = [(arc.lo, opened(arc.hi)) for arc in others]
    least, most = min(lo for lo, _hi in rest), min(hi for _lo, hi in rest)
    low = min(1.0, least / financing.hi) if financing.hi else 0.0
    high = min(1.0, most / financing.lo) if financing.lo else float(most > 0)
    return low, high


def _linked(hops: Sequence[Sequence[Leg]]) -> bool:
    """Whether each hop is reached from the first, over legs that sources link."""
    reached, ahead = {0}, [0]
    while ahead:
        here = hops[ahead.pop()]
        near = [
            place
            for place, there in enumerate(hops)
            if place not in reached and any(_link(one, other) for one in here for other in there)
        ]
        reached.update(near)
        ahead += near
    return len(reached) == len(hops)


def _link(one: Leg, other: Leg) -> bool:
    """One is on condition of the other, or a source links the legs of their deal."""
    same = one["deal"] == other["deal"] and one["link_evidence"] == EXPLICIT
    return bool(same or one["conditional_on"] == other["id"] or other["conditional_on"] == one["id"])
