"""What the registry measures of each actor: on whom it depends, who finances it, what it discloses. Pure.

Two readings. `guaranteed`: what nobody tells is a remainder without bound, unless the actor's own document gives the
whole (`complete`) or a third party declares one (`declared_commitments`, then an upper bound only). `known`: the
registered contracts and nothing else. A measure is bounds, None (missing: never 0) or NA (does not apply). See
deals-and-index §4 and §5.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

from indicators.rules import bounds, flows
from indicators.rules.bounds import NA, NotApplicable
from indicators.rules.deal_graph import Leg, View, arcs

COMPUTE = frozenset({"chip_purchase", "cloud_commitment", "colocation_lease"})
GUARANTEED, KNOWN = "guaranteed", "known"
TERM_YEARS = (1, 10)  # what a contract without a published term may last: the goalposts of the methodology
EXACT = 9  # decimals beyond which two floats are one share
UNTOLD = "?"  # the flow of a leg whose source does not say; its readings are what it may be
CHIP_SUPPLIER = "chip_supplier"
CHECKLISTS = ("purchase_condition", "exclusivity", "dependency_disclosure", "openness")

Measure = tuple[float | None, float | None] | NotApplicable | None
Actor = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Compute bought by one actor from another, with the share of each chip vendor as far as it is told."""

    payer: str
    payee: str
    lo: float
    hi: float | None
    years: tuple[float, float]
    vendors: Mapping[str, tuple[float, float]]

    def share_of(self, vendor: str | None) -> tuple[float, float]:
        """The share of a chip vendor; of one that is not named (None), or not told, what the named ones leave."""
        if vendor is not None and vendor in self.vendors:
            return self.vendors[vendor]
        return 0.0, max(0.0, 1.0 - sum(lo for lo, _hi in self.vendors.values()))


class Money(NamedTuple):
    """A leg in one reading of it: who pays whom for what, and at least how much."""

    leg: Leg
    instrument: str | None
    payer: str
    payee: str
    lo: float


class Registry:
    """The data set of an edition in one view: the arcs, and every measure of every actor."""

    def __init__(self, legs: Sequence[Leg], actors: Iterable[Actor], *, view: View, reading: str) -> None:
        self.view, self.reading = view, reading
        self.actors = {
            actor["id"]: {name: told for name, told in actor.items() if told is not None} for actor in actors
        }
        self.graph, left_out = arcs(legs, view)
        untold = [leg for leg in legs if leg["flow"] == UNTOLD]
        out_if_paid = arcs([{**leg, "flow": "P"} for leg in untold], view)[1]
        dropped = {out.leg for out in left_out} - {leg["id"] for leg in untold}
        dropped |= {out.leg for out in out_if_paid}
        self.legs = [leg for leg in legs if leg["id"] not in dropped]
        self._money = self._by_flow()
        self.purchases = self._bought()

    def read_as(self, reading: str) -> "Registry":
        """The same in another reading: no leg is looked at again."""
        other = copy(self)
        other.reading = reading
        return other

    def measures(self, actor: str) -> dict[str, Measure]:
        """Every measure of deals-and-index §5 of one actor, by its name in the methodology."""
        told = self.actors[actor]
        answers = told.get("answers", {})
        return {
            "supplier_hhi": self._supplier_hhi(actor),
            "top_chip_vendor_share": self._top_vendor_share(actor),
            "tied_finance_share": self._tied_finance(actor),
            "chip_architectures": _pair(told.get("architectures")),
            "lock_in_years": self._lock_in(actor),
            "exposure_ratio": self._exposure(actor),
            "deal_disclosure_share": _disclosed(told.get("deal_disclosure")),
            "self_financed_sales_share": self._self_financed(actor),
            "imposed_dependency_share": self._imposed(actor),
        } | {name: answers.get(name) for name in CHECKLISTS}

    def commitments(self, actor: str) -> bounds.Item:
        """What the contracts on record bind an actor to pay, at least and at most."""
        return bounds.total(self._owed(actor))

    def _by_flow(self) -> dict[str, list[Money]]:
        """What may be paid, by flow: the legs, and the readings of those whose source does not say."""
        money: dict[str, list[Money]] = defaultdict(list)
        for leg in self.legs:
            readings = [leg] if leg["flow"] != UNTOLD else leg.get("readings") or []
            for reading in readings:
                payer, payee = self._group(reading["payer"]), self._group(reading["payee"])
                lo = leg["lo"] or 0 if reading is leg else 0
                money[reading["flow"]].append(Money(leg, reading.get("instrument"), payer, payee, lo))
        return money

    def _bought(self) -> dict[str, list[Purchase]]:
        """Who bought which compute; a leg whose direction is told in two ways counts as one from nothing on."""
        bought: dict[str, list[Purchase]] = defaultdict(list)
        for leg, instrument, payer, payee, lo in self._money["P"]:
            if instrument not in COMPUTE:
                continue
            years, vendors = tuple(leg.get("years") or TERM_YEARS), self._vendors(leg)
            purchase = Purchase(payer=payer, payee=payee, lo=lo, hi=leg["hi"], years=years, vendors=vendors)
            bought[payer].append(purchase)
        return bought

    def _vendors(self, leg: Leg) -> dict[str, bounds.Share]:
        """The share of each chip vendor in a leg; those of one group are one, and one without figures may have it all."""
        shares: dict[str, bounds.Share] = {}
        for told in leg.get("vendors") or []:
            vendor, hi = self._group(told["vendor"]), told.get("hi")
            least, most = shares.get(vendor, (0.0, 0.0))
            shares[vendor] = (
                min(1.0, least + (told.get("lo") or 0)),
                min(1.0, most + (1 if hi is None else hi)),
            )
        return shares

    def _group(self, actor: str) -> str:
        return self.view.groups.get(actor, actor)

    def _remainder(self, actor: str) -> bounds.Item:
        """Compute bought from nobody knows whom."""
        told = self.actors.get(actor, {})
        if self.reading == KNOWN or told.get("complete", {}).get("purchases"):
            return 0, 0
        declared = told.get("declared_commitments")
        known = sum(purchase.lo for purchase in self.purchases[actor])
        return 0, None if declared is None else max(0, declared - known)

    def _supplier_hhi(self, actor: str) -> Measure:
        by_supplier: dict[str, list[bounds.Item]] = defaultdict(list)
        for purchase in self.purchases[actor]:
            by_supplier[purchase.payee].append((purchase.lo, purchase.hi))
        if not by_supplier:
            return None
        return bounds.hhi([bounds.total(items) for items in by_supplier.values()], self._remainder(actor))

    def _top_vendor_share(self, actor: str) -> Measure:
        if self.actors[actor].get("role") == CHIP_SUPPLIER:
            return NA
        bought = self.purchases[actor]
        if not bought:
            return None
        vendors = {vendor for purchase in bought for vendor in purchase.vendors} | {None}
        shares = [
            self._weighed(actor, [purchase.share_of(vendor) for purchase in bought]) for vendor in vendors
        ]
        known = [share for share in shares if share is not None]
        return (max(lo for lo, _hi in known), max(hi for _lo, hi in known)) if known else None

    def _weighed(self, actor: str, shares: Sequence[bounds.Share]) -> bounds.Share | None:
        """The mean of these shares over what the actor bought, anything being possible for the remainder."""
        items = [
            (purchase.lo, purchase.hi, *share)
            for purchase, share in zip(self.purchases[actor], shares, strict=True)
        ]
        return bounds.share([*items, (*self._remainder(actor), 0.0, 1.0)])

    def _tied_finance(self, actor: str) -> Measure:
        """The share of the financing received from those who sell to the actor or to its suppliers (two hops)."""
        complete = self.actors[actor].get("complete", {})
        received = [paid for paid in self._money["F"] if paid.payee == actor]
        if not received:
            return (0.0, 0.0) if complete.get("financing") else None
        sellers = self._paid_by({actor})
        sellers |= self._paid_by(sellers)
        untold = (0.0, 0.0) if complete.get("cross_financing") else (0.0, 1.0)
        items = [
            (paid.lo, paid.leg["hi"], *((1.0, 1.0) if paid.payer in sellers else untold)) for paid in received
        ]
        if self.reading == GUARANTEED and not complete.get("financing"):
            items.append((0, None, 0.0, 1.0))
        return bounds.share(items)

    def _paid_by(self, buyers: set[str]) -> set[str]:
        return {paid.payee for paid in self._money["P"] if paid.payer in buyers}

    def _owed(self, actor: str) -> list[bounds.Item]:
        return [(paid.lo, paid.leg["hi"]) for paid in self._money["P"] if paid.payer == actor]

    def _lock_in(self, actor: str) -> Measure:
        bought = self.purchases[actor]
        items = [(purchase.lo, purchase.hi, *purchase.years) for purchase in bought]
        return bounds.share([*items, (*self._remainder(actor), *TERM_YEARS)]) if items else None

    def _exposure(self, actor: str) -> Measure:
        told = self.actors[actor]
        owed = self._owed(actor)
        declared = told.get("declared_commitments")
        complete = told.get("complete", {}).get("purchases")
        if told.get("revenue") is None or (not owed and declared is None and not complete):
            return None
        lo, hi = bounds.total(owed)
        if self.reading == KNOWN and not owed and declared is not None:
            lo = hi = declared
        elif self.reading == GUARANTEED and not complete:
            hi = None if declared is None or hi is None else max(hi, declared)
        return bounds.exposure((lo, hi), tuple(told["revenue"]))

    def _self_financed(self, actor: str) -> Measure:
        told = self.actors[actor]
        guaranteed = self.reading == GUARANTEED
        other = tuple(told.get("other_sales", (0, None))) if guaranteed else (0, 0)
        share = flows.self_financed_share(self.graph, actor, other_sales=other)
        if share is None:
            return NA
        return (
            (share[0], 1.0) if guaranteed and not told.get("complete", {}).get("cross_financing") else share
        )

    def _imposed(self, actor: str) -> Measure:
        """The share of the other buyers that get more than half of their compute from this actor."""
        everyone = [purchase for bought in self.purchases.values() for purchase in bought]
        sold = any(actor == purchase.payee or actor in purchase.vendors for purchase in everyone)
        buyers = sorted({purchase.payer for purchase in everyone} - {actor})
        if not sold or not buyers:
            return NA
        chips = self.actors[actor].get("role") == CHIP_SUPPLIER
        shares = [
            self._weighed(buyer, [_part(purchase, actor, chips=chips) for purchase in self.purchases[buyer]])
            for buyer in buyers
        ]
        known = [share or (0.0, 1.0) for share in shares]
        sure, possible = (
            sum(round(part, EXACT) > 0.5 for part in parts) for parts in zip(*known, strict=True)
        )
        return sure / len(buyers), possible / len(buyers)


def _part(purchase: Purchase, supplier: str, *, chips: bool) -> tuple[float, float]:
    if purchase.payee == supplier:
        return 1.0, 1.0
    return purchase.share_of(supplier) if chips or supplier in purchase.vendors else (0.0, 0.0)


def _pair(told: Sequence[float] | None) -> Measure:
    return None if told is None else (told[0], told[1])


def _disclosed(counts: Sequence[int] | None) -> Measure:
    """At least, at most, of how many registered deals a party published amount and term."""
    return None if counts is None or not counts[2] else (counts[0] / counts[2], counts[1] / counts[2])
