"""Circuits of money: the list, one circuit, and the matrix of who pays whom."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from indicators import registry
from indicators.legs import plain_legs
from indicators.models import Actor, Contradiction, Deal, Leg, Reply, Statement
from indicators.rules.deal_graph import LIVE, LeftOut
from indicators.rules.network import CircuitFound, Network, network_of
from indicators.site import deal_charts, money_arrows
from indicators.site.deal_rows import legs_of, payments_of
from indicators.site.evidence import page_number
from indicators.site.moment import one_of
from indicators.site.money_views import LENGTHS, MoneyView, asked_view, names
from indicators.site.pictures import picture, source_line, wants_picture
from indicators.site.retired import gone_with

PAGE = 50
MOST_DATES = 12
KLASSES = ("mixed", "financial", "commercial")
USUAL = (
    MoneyView(),
    MoneyView(inferred=True),
    MoneyView(confidence="medium"),
)  # always computed: registry.PRESETS
WIDEST = MoneyView(inferred=True, guarantees=True, noncash=True, longest=int(LENGTHS[-1]))


class Bounds(NamedTuple):
    """At least, at most, in millions of dollars; None is without an upper bound."""

    lo: float
    hi: float | None


@require_safe
def circuits(request: HttpRequest) -> HttpResponse:
    """Every circuit of money in the view that the reader asks for, by class and length, with what is left out."""
    asked, moment = asked_view(request, besides=("class", "page"))
    view = asked.view()
    network = registry.network(view, longest=asked.longest)
    klass = one_of("class", request.GET, KLASSES)
    ordered = sorted(
        network.circuits, key=lambda found: (KLASSES.index(found.klass), len(found.circuit.nodes))
    )
    flows = registry.circulation(network, view=view)
    pages = Paginator([found for found in ordered if klass in ("", found.klass)], PAGE)
    context = {
        "moment": moment,
        "undated": True,
        "asked": asked,
        "lengths": LENGTHS,
        "klass": klass,
        "network": network,
        "names": names(),
        "counts": _counts(network.circuits),
        "page": pages.page(page_number(request.GET.get("page", "1"), pages.num_pages)),
        "flows": flows,
        "usual": USUAL,
        "returnable": _largest(flows.returnable) if flows else [],
        "left_out": left_out(network.left_out),
    }
    return render(request, "site/circuits.html", context)


@require_safe
def circuit(request: HttpRequest, name: str) -> HttpResponse:
    """One circuit: its drawing, its legs with their sources, its bottleneck, and who reads it otherwise."""
    asked, moment = asked_view(request, besides=("format",))
    network = registry.network(asked.view(), longest=asked.longest)
    found = named(network, name)
    if found is None:
        if retired := retired_behind(name):
            return gone_with(request, retired, label=_("Declared circuit"))
        context = {"moment": moment, "undated": True, "name": name, "elsewhere": _elsewhere(name)}
        return render(request, "site/circuit_gone.html", context, status=404)
    called, hops = names(), [found.by_ends[ends] for ends in found.hops]
    drawn = {
        "chart": money_arrows.ring(hops),
        "names": called,
        "label": title_of(found, called),
        "amounts": True,
        "moment": moment,
    }
    if wants_picture(request):
        return picture(request, "partials/money_arrows.html", drawn, name=f"circuit-{name}")
    rows = legs_in_full([slug for slugs in found.legs for slug in slugs])
    of_day = legs_of(moment)
    deals = list({leg.deal.pk: leg.deal for leg in rows.values()}.values())
    context = drawn | {
        "undated": True,
        "asked": asked,
        "found": found,
        "hops": [(hop, payments_of([rows[slug] for slug in legs], moment.as_of, of_day)) for hop, legs in zip(hops, found.legs, strict=True)],
        "narrowest": [hop for hop in hops if hop.hi == found.circuit.hi],
        "shares": found.financier_share.items(),
        "deals": deals,
        "countered": any(deal.counter_reading for deal in deals),
        "analyses": _analyses(deals),
        "contradictions": Contradiction.objects.filter(deals__in=deals).distinct(),
        "replies": Reply.objects.standing(moment.known_at).about(*Actor.objects.filter(slug__in=found.circuit.nodes)),
        "source_line": source_line(request, moment),
    }  # fmt: skip
    return render(request, "site/circuit.html", context)


@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    """Who pays whom: payers in rows, payees in columns; the whole as a file."""
    asked, moment = asked_view(request, besides=("format",))
    network = registry.network(asked.view(), longest=2)
    title = _("Who finances whom, who pays whom (in billions of dollars)")
    whole = wants_picture(request)
    chart = deal_charts.matrix(network.arcs, most=None if whole else deal_charts.MOST_ROWS)
    drawn = {"chart": chart, "names": names(), "label": title, "moment": moment}
    if whole:
        return picture(request, "partials/money_matrix.html", drawn, name="matrix")
    shown = {(cell.payer, cell.payee) for cell in chart.cells}
    context = drawn | {
        "undated": True,
        "asked": asked,
        "network": network,
        "rows": [arc for arc in network.arcs if arc[:2] in shown],
        "left_out": left_out(network.left_out),
        "source_line": source_line(request, moment),
    }
    return render(request, "site/matrix.html", context)


def named(network: Network, name: str) -> CircuitFound | None:
    """The circuit of that name; None where there is none in this view."""
    return next((found for found in network.circuits if found.id == name), None)


def title_of(found: CircuitFound, called: Mapping[str, str]) -> str:
    """What a circuit is called: whose money comes back to whom, by way of whom."""
    way = " → ".join(called.get(node, node) for node in (*found.circuit.nodes, found.circuit.nodes[0]))
    return _("Declared circuit: %(way)s") % {"way": way}


def left_out(legs: Iterable[LeftOut]) -> list[tuple[str, int, list[Leg]]]:
    """What does not count, by reason: the reason, how many legs, and the first of them."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for leg in legs:
        by_reason[leg.reason].append(leg.leg)
    rows = legs_in_full([slug for slugs in by_reason.values() for slug in slugs[:PAGE]])
    return [
        (reason, len(slugs), [rows[slug] for slug in slugs[:PAGE]])
        for reason, slugs in sorted(by_reason.items())
    ]


def retired_behind(name: str) -> list[Deal]:
    """The retired deals without which a circuit is not one any more; none where it never was, or still is."""
    retired = Deal.every.exclude(retired_at=None)
    gone = set(Leg.every.filter(deal__in=retired).values_list("slug", flat=True))
    plain = plain_legs(retired=True) if gone else []
    for view in (WIDEST, replace(WIDEST, apart=True)):
        found = named(network_of(plain, view.view(), longest=view.longest), name) if plain else None
        lost = [slug for slugs in found.legs if gone.issuperset(slugs) for slug in slugs] if found else []
        if lost:
            return list(retired.filter(legs__slug__in=lost).select_related("replaced_by").distinct())
    return []


def legs_in_full(slugs: Sequence[str]) -> dict[str, Leg]:
    """Legs by slug, with their ends, their amounts, their deals, and what is said of these."""
    sources = Statement.objects.filter(superseded_by=None).select_related("publication")
    rows = Leg.objects.filter(slug__in=slugs).select_related(
        "deal", "payer", "payee", "conditional_on__payer", "conditional_on__payee", "conditional_on__deal"
    )
    return {leg.slug: leg for leg in rows.prefetch_related("amounts", Prefetch("deal__statements", sources))}


def _largest(returnable: Mapping[str, tuple[float, float | None]]) -> list[tuple[str, Bounds]]:
    """What may come back to each financier, the most first; what has no upper bound before all."""
    told = [(actor, Bounds(*amounts)) for actor, amounts in returnable.items()]
    return sorted(told, key=lambda each: (each[1].hi is not None, -(each[1].hi or each[1].lo), each[0]))


def _counts(found: Iterable[CircuitFound]) -> list[tuple[str, list[int]]]:
    """How many circuits there are, by class and length."""
    counted = Counter((each.klass, len(each.circuit.nodes)) for each in found)
    return [(klass, [counted[klass, int(length)] for length in LENGTHS]) for klass in KLASSES]


def _analyses(deals: Sequence[Any]) -> list[Statement]:
    """What sources think of these deals, apart from what they report."""
    told = [statement for deal in deals for statement in deal.statements.all()]
    return [statement for statement in told if statement.claim != Statement.Claim.REPORTED]


def _elsewhere(name: str) -> MoneyView | None:
    """The view in which a circuit that is not in this one exists, or existed at a date; None when there is none."""
    plain = registry.legs()
    dates = {event["date"] for leg in plain for event in leg["status_history"]}
    for view in (WIDEST, replace(WIDEST, apart=True)):
        for as_of in ("", *sorted(dates, reverse=True)[:MOST_DATES]):
            if as_of and all(leg["status"] in LIVE for leg in plain):
                break
            tried = replace(view, as_of=as_of)
            if named(network_of(plain, tried.view(), longest=tried.longest), name):
                return tried
    return None
