"""What the registry says of who pays whom: plain legs as they stood on a day, their network, its flows, its digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Max

from indicators.claims import groups
from indicators.legs import PlainLeg, plain_legs
from indicators.models import (
    Actor,
    Circulation,
    Contradiction,
    Control,
    Deal,
    DealEvent,
    DealParty,
    ExchangeRate,
    Leg,
    LegAmount,
    LegDetail,
    Publication,
    Statement,
    WantedView,
)
from indicators.rules import deal_graph, flows
from indicators.rules.deal_graph import View
from indicators.rules.network import CircuitFound, Network, network_of

__all__ = ["CircuitFound", "Network", "groups", "network_of"]

AT_ONCE = 30  # actors of a network whose flows are computed while a reader waits: some hundred milliseconds
KEPT = 4  # networks kept in memory by each process
WANTED = 20  # views besides the usual ones that are kept ready: those asked for last
ROUND = 3  # of them are computed at a time: some ten seconds, then other work has its turn
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "with_derived": {"include_derived": True},
    "medium_or_better": {"min_confidence": "medium"},
}
_ROWS = (
    Publication, Actor, Control, Deal, Deal.overlaps_with.through, DealParty, DealEvent, Leg, LegAmount, LegDetail, Statement,
    Contradiction, Contradiction.deals.through, Contradiction.statements.through,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """What goes round in a network: of the headline amounts (`unknown` legs have none), and back to each financier."""

    circular: float
    total: float
    unknown: int
    returnable: Mapping[str, tuple[float, float | None]]

    @property
    def ratio(self) -> float | None:
        """From 0 to 1; None when no amount is known."""
        return self.circular / self.total if self.total else None


def legs(*, as_of: str | None = None) -> list[PlainLeg]:
    """Every leg in the shape of a published data set, amounts in millions of dollars: see `indicators.legs`."""
    return plain_legs(as_of=as_of)


def view_of(*, as_of: str | None = None, by_group: bool = True, **which: Any) -> View:
    """A view with members counted with the actor that controls them; `which` legs count is told as View names it."""
    return View(as_of=as_of, groups=groups(as_of=as_of) if by_group else {}, **which)


def network(view: View, *, longest: int = deal_graph.LONGEST) -> Network:
    """The money of a view, with circuits of at most `longest` arcs; kept until anything in the registry changes."""
    which = tuple((each.name, getattr(view, each.name)) for each in fields(view) if each.name != "groups")
    return _network(digest(), which, tuple(sorted(view.groups.items())), longest)


def circulation(network: Network, *, view: View) -> Flows | None:
    """How much of the money of that view goes in circles, and how much can come back; None while that is computed.

    What a reader wants of a large network is noted for the task that computes it.
    """
    kept = Circulation.objects.filter(payments_sha256=network.digest()).first()
    if kept is None and len(network.actors) <= AT_ONCE:
        kept = _computed(network)
    if kept is None:
        _note_wanted(view)
        return None
    returnable = {actor: (lo, hi) for actor, (lo, hi) in kept.returnable.items()}
    return Flows(circular=kept.circular, total=kept.total, unknown=network.unknown, returnable=returnable)


def compute_circulation() -> int:
    """Compute what `circulation` tells of the usual views of today, then of a few that readers want; how many were.

    What older registries were computed to is forgotten; small networks are computed while a reader waits.
    """
    needed, computed = [], 0
    for which in PRESETS.values():
        found = network(view_of(**which))
        computed += _compute(found)
        needed.append(found.digest())
    now = digest()
    for row in WantedView.objects.exclude(rows_sha256=now).order_by("-pk")[:ROUND]:
        found = network(view_of(**json.loads(row.view)))
        computed += _compute(found)
        WantedView.objects.filter(pk=row.pk).update(rows_sha256=now, payments_sha256=found.digest())
    needed += WantedView.objects.values_list("payments_sha256", flat=True)
    Circulation.objects.exclude(payments_sha256__in=needed).delete()
    return computed


def digest() -> str:
    """The sha256 of all that the registry says, as it is stored here: it changes when anything of it does."""
    told = hashlib.sha256()
    with connection.cursor() as cursor:
        for model in _ROWS:
            cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY id")  # noqa: S608 - our own tables
            told.update(repr(cursor.fetchall()).encode())
    told.update(str(ExchangeRate.objects.aggregate(Max("pk"))).encode())
    return told.hexdigest()


@lru_cache(maxsize=KEPT)
def _network(
    _digest: str, which: tuple[tuple[str, Any], ...], groups: tuple[tuple[str, str], ...], longest: int
) -> Network:
    view = View(groups=dict(groups), **dict(which))
    return network_of(legs(as_of=view.as_of), view, longest=longest)


def _note_wanted(view: View) -> None:
    """Note a view that is none of the usual ones; of too many the oldest are dropped, so that no flood fills the table."""
    if view in [view_of(**usual) for usual in PRESETS.values()]:
        return
    which = {each.name: getattr(view, each.name) for each in fields(view) if each.name != "groups"}
    told = json.dumps(which | {"by_group": bool(view.groups)}, sort_keys=True)
    _row, is_new = WantedView.objects.get_or_create(view=told)
    if is_new:
        kept = WantedView.objects.order_by("-pk").values_list("pk", flat=True)[:WANTED]
        WantedView.objects.exclude(pk__in=list(kept)).delete()


def _compute(network: Network) -> bool:
    """Compute what circulates in a large network, unless that is known; whether it was computed."""
    known = Circulation.objects.filter(payments_sha256=network.digest()).exists()
    if known or len(network.actors) <= AT_ONCE:
        return False
    Circulation.objects.bulk_create([_computed(network)], ignore_conflicts=True)
    return True


def _computed(network: Network) -> Circulation:
    circular, total = flows.circulation(network.payments)
    returnable = {actor: network.returnable(actor) for actor in network.financiers}
    return Circulation(
        payments_sha256=network.digest(), circular=circular, total=total, returnable=returnable
    )
