"""What the registry says of who pays whom: its rows as plain legs, and the network that they make in a view."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import Any

from indicators.models import Actor, Leg, LegAmount, Statement
from indicators.rules import deal_graph, flows, freedom_index
from indicators.rules.deal_graph import Arc, Circuit, LeftOut, View

MILLION = 1_000_000
DOLLAR = "USD"
STATUSES = deal_graph.LIVE | {"rumoured", "cancelled", "expired", "superseded", "disputed"}

PlainLeg = dict[str, Any]
Ends = tuple[str, str, str]  # payer, payee, kind


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitFound:
    """A circuit of money, by a name that stays while its actors and kinds do.

    `klass`: mixed, commercial or financial. `evidence`: explicit when sources link its legs from end to end, else
    coexisting. `legs`: the slugs of those behind each hop. `financier_share`: of each financier, which part of its
    financing may come back round this circuit, at least and at most.
    """

    id: str
    circuit: Circuit
    klass: str
    evidence: str
    legs: tuple[tuple[str, ...], ...]
    financier_share: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Who pays whom in a view, amounts in millions of dollars, with the circuits of money and what is left out.

    `behind` holds the legs of each arc, by (payer, payee, kind). `unconverted` and `unstated`: legs in the network
    whose amount counts as unknown for want of a rate, or whose source names no currency.
    """

    arcs: tuple[Arc, ...]
    behind: Mapping[Ends, tuple[PlainLeg, ...]]
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

    def returnable(self, actor: str) -> tuple[float, float | None]:
        """What of the actor's financing can come back to it as sales, at least and at most; None: without bound."""
        return flows.returnable(self.arcs, actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circulation:
    """How much of all money goes in circles, on headline amounts; `unknown` legs have none and are left out."""

    circular: float
    total: float
    unknown: int

    @property
    def ratio(self) -> float | None:
        """From 0 to 1; None when no amount is known."""
        return self.circular / self.total if self.total else None


def view_of(
    *,
    as_of: str | None = None,
    min_confidence: str = "low",
    include_derived: bool = False,
    include_contingent: bool = False,
    include_noncash: bool = False,
    by_group: bool = True,
) -> View:
    """A view of the registry as it is grouped today: members count with the actor that controls them."""
    return View(
        as_of=as_of,
        min_confidence=min_confidence,
        include_derived=include_derived,
        include_contingent=include_contingent,
        include_noncash=include_noncash,
        groups=groups() if by_group else {},
    )


def groups() -> dict[str, str]:
    """Each actor that another controls → the slug of the one at the top."""
    above = dict(Actor.objects.filter(group__isnull=False).values_list("slug", "group__slug"))
    return {slug: _top(slug, above) for slug in above}


def legs(*, as_of: str | None = None) -> list[PlainLeg]:
    """Every leg in the shape of a published data set, amounts in millions; what nobody tells stays None.

    `as_of` (2025, 2025-09 or 2025-09-22) gives amounts as they stood; `status_history` says what was known when.
    """
    amounts = _amounts()
    rows = Leg.objects.select_related("deal", "payer", "payee", "conditional_on").order_by("pk")
    first_told = _first_told()
    return [_plain(leg, amount=amounts.get(leg.pk), told_on=first_told.get(leg.deal_id)) for leg in rows]


def network(view: View, *, longest: int = deal_graph.LONGEST) -> Network:
    """The money of a view: arcs with their legs, circuits of at most `longest` arcs, pairs, core, what is left out."""
    return network_of(legs(as_of=view.as_of), view, longest=longest)


def network_of(plain: Sequence[PlainLeg], view: View, *, longest: int = deal_graph.LONGEST) -> Network:
    """The same of legs that are read already."""
    graph, left_out = deal_graph.arcs(plain, view)
    out = {leg.leg for leg in left_out}
    behind: dict[Ends, list[PlainLeg]] = defaultdict(list)
    for leg in plain:
        if leg["id"] not in out:
            payer, payee = (view.groups.get(leg[side], leg[side]) for side in ("payer", "payee"))
            behind[payer, payee, leg["flow"]].append(leg)
    found, truncated = deal_graph.circuits(graph, longest=longest)
    by_ends = {arc[:3]: arc for arc in graph}
    counted = [leg for some in behind.values() for leg in some]
    return Network(
        arcs=tuple(graph),
        behind={ends: tuple(some) for ends, some in behind.items()},
        left_out=tuple(left_out),
        circuits=tuple(_told(circuit, by_ends, behind) for circuit in found),
        truncated=truncated,
        pairs=tuple(deal_graph.pair_relations(graph)),
        core=tuple(tuple(part) for part in flows.core(graph)),
        unconverted=tuple(leg["id"] for leg in counted if leg["unconverted"]),
        unstated=tuple(leg["id"] for leg in counted if leg["currency_unstated"]),
    )


def circulation(network: Network) -> Circulation:
    """How much of the money of a network goes in circles; slow when it is large."""
    counted = [(ends, leg["nominal"]) for ends, some in network.behind.items() for leg in some]
    known = [(ends[0], ends[1], nominal) for ends, nominal in counted if nominal is not None]
    circular, total = flows.circulation(known)
    return Circulation(circular=circular, total=total, unknown=len(counted) - len(known))


def digest() -> str:
    """The sha256 of the registry as plain legs."""
    return hashlib.sha256(freedom_index.canonical(legs())).hexdigest()


def _top(slug: str, above: Mapping[str, str]) -> str:
    """Whoever controls an actor in the end; two that control each other are told by the smaller name."""
    passed = [slug]
    while (slug := above.get(slug, "")) and slug not in passed:
        passed.append(slug)
    return min(passed[passed.index(slug) :]) if slug else passed[-1]


def _amounts() -> dict[int, LegAmount]:
    """The amount of each leg that counts: what is committed, else announced, else paid."""
    order = {stage: place for place, stage in enumerate(("disbursed", "announced", "committed"))}
    rows = sorted(LegAmount.objects.all(), key=lambda amount: order[amount.stage])
    return {amount.leg_id: amount for amount in rows}


def _first_told() -> dict[int, str]:
    """For each deal, the day of the oldest publication that tells of it."""
    told: dict[int, str] = {}
    rows = Statement.objects.filter(deal__isnull=False).values_list("deal", "publication__published_on")
    for deal, day in rows:
        told[deal] = min(told.get(deal, day.isoformat()), day.isoformat())
    return told


def _plain(leg: Leg, *, amount: LegAmount | None, told_on: str | None) -> PlainLeg:
    return {
        "id": leg.slug,
        "deal": leg.deal.slug,
        "payer": leg.payer.slug,
        "payee": leg.payee.slug,
        "flow": leg.flow,
        "instrument": leg.instrument,
        **_money(amount),
        "status": leg.deal.status,
        "status_history": _history(leg, told_on),
        "confidence": leg.confidence,
        "derived": leg.derived,
        "contingent": leg.contingent,
        "cash": leg.cash,
        "in_graph": leg.in_graph,
        "conditional_on": leg.conditional_on.slug if leg.conditional_on else None,
        "link_evidence": leg.deal.link_evidence,
        "vendors": [
            {"vendor": vendor["actor"], "lo": _number(vendor["lo"]), "hi": _number(vendor["hi"])}
            for vendor in leg.vendors
        ]
        or None,
        "years": _years(leg.term),
        "readings": _readings(leg),
    }


def _money(amount: LegAmount | None) -> dict[str, Any]:
    if amount is None:
        return {"lo": 0, "hi": None, "nominal": None, "currency": None, "stage": None} | {
            "currency_unstated": False, "unconverted": None,
        }  # fmt: skip
    told = {name: _millions(getattr(amount, name)) for name in ("lo", "hi", "nominal")}
    known = amount.currency in {"", DOLLAR}
    unstated = not amount.currency and amount.basis != "undisclosed"
    return (told if known else {"lo": 0, "hi": None, "nominal": None}) | {
        "currency": amount.currency or None,
        "stage": amount.stage,
        "currency_unstated": unstated,
        "unconverted": None if known else told | {"currency": amount.currency},
    }


def _history(leg: Leg, told_on: str | None) -> list[dict[str, str]]:
    start = leg.deal.announced or told_on
    return [{"date": start, "status": leg.deal.status}] if start else []


def _years(term: Mapping[str, Any]) -> list[int] | None:
    """How long a contract lasts, at least and at most; None when it is not told, or told in a way that is in doubt."""
    if years := term.get("years"):
        return [years, years]
    start, end = (str(term.get(side) or "")[:4] for side in ("start", "end"))
    if not start or not end or term.get("note_fr"):
        return None
    return [int(end) - int(start), int(end) - int(start) + 1]


def _readings(leg: Leg) -> list[dict[str, str]] | None:
    """What a leg may be whose source does not say its direction."""
    if leg.flow != "?":
        return None
    ends = {"payer": leg.payer.slug, "payee": leg.payee.slug}
    return [
        {name: (ends | reading)[name] for name in ("payer", "payee", "flow", "instrument")}
        for reading in leg.readings
    ]


def _told(
    circuit: Circuit, by_ends: Mapping[Ends, Arc], behind: Mapping[Ends, Sequence[PlainLeg]]
) -> CircuitFound:
    nodes = circuit.nodes
    hops: list[Ends] = list(zip(nodes, (*nodes[1:], nodes[0]), circuit.kinds, strict=True))
    canonical = " ".join(f"{payer} {kind}" for payer, _payee, kind in hops)
    return CircuitFound(
        id=hashlib.sha256(canonical.encode()).hexdigest()[:10],
        circuit=circuit,
        klass=circuit.sort,
        evidence="explicit" if _linked([behind[hop] for hop in hops]) else "coexisting",
        legs=tuple(tuple(leg["id"] for leg in behind[hop]) for hop in hops),
        financier_share={
            hop[0]: _share(by_ends[hop], [by_ends[other] for other in hops if other != hop])
            for hop in hops
            if hop[2] == "F"
        },
    )


def _share(financing: Arc, others: Iterable[Arc]) -> tuple[float, float]:
    """The bottleneck over the financing: the least that the others may carry over the most that is lent, and so on."""
    rest = [(arc.lo, inf if arc.hi is None else arc.hi) for arc in others]
    least, most = min(lo for lo, _hi in rest), min(hi for _lo, hi in rest)
    low = 0.0 if financing.hi is None or not least else min(1.0, least / (financing.hi or least))
    high = 0.0 if not most else min(1.0, most / financing.lo) if financing.lo else 1.0
    return low, high


def _linked(hops: Sequence[Sequence[PlainLeg]]) -> bool:
    """Whether sources link the hops from end to end: legs of one deal that it links, or a leg on condition of another."""
    reached, ahead = {0}, [0]
    while ahead:
        here = ahead.pop()
        near = {
            place
            for place in range(len(hops))
            if place not in reached and any(_link(a, b) for a in hops[here] for b in hops[place])
        }
        reached |= near
        ahead += near
    return len(reached) == len(hops)


def _link(one: PlainLeg, other: PlainLeg) -> bool:
    same = one["deal"] == other["deal"] and one["link_evidence"] == "explicit"
    return bool(same or one["conditional_on"] == other["id"] or other["conditional_on"] == one["id"])


def _millions(amount: Decimal | None) -> float | None:
    return None if amount is None else _number(amount / MILLION)


def _number(told: Any) -> float:
    """An integer where it is one, so that it is written in one way only."""
    value = Decimal(told)
    return int(value) if value == value.to_integral_value() else float(value)
