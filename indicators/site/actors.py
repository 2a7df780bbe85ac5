"""Actors: the list, and all that the registry says of one of them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from indicators import registry
from indicators.claims import controlled_by
from indicators.dataset import DECLARED, actors_of, figures_of, methodology
from indicators.models import Actor, Answer, Deal, Edition, Figure, Reply, Score, Statement
from indicators.rules import bounds, dependence
from indicators.rules.deal_graph import Arc
from indicators.rules.network import CircuitFound, Network, network_of
from indicators.site import deal_charts, money_arrows
from indicators.site.circuits import Bounds, left_out, legs_in_full
from indicators.site.deal_rows import Payment, payments_of
from indicators.site.moment import Moment, moment_of, one_of
from indicators.site.money_views import names
from indicators.site.pictures import picture, source_line, wants_picture
from indicators.site.retired import gone_with
from indicators.subjects import contested_at
from indicators.templatetags.index_words import INDICATORS, QUESTIONS

DRAWINGS = {"balance": "partials/money_balance.html", "neighbours": "partials/money_arrows.html"}
SHARES = (
    "top_chip_vendor_share",
    "tied_finance_share",
    "self_financed_sales_share",
    "imposed_dependency_share",
)
YEARS = re.compile(r"(\d{1,2}) ans")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One way to divide commitments by revenue; amounts in millions of dollars, None where nobody told one.

    `horizon` is the time over which the commitments fall, `period` that of the revenue, as their sources write them.
    """

    name: str
    commitments: Bounds | None = None
    horizon: str = ""
    revenue: Bounds | None = None
    period: str = ""
    as_told: Figure | None = None
    statements: Sequence[Statement] = ()

    @property
    def ratio(self) -> tuple[float | None, float | None]:
        """At least, at most; a lower bound of None is infinite: owing something on no revenue at all."""
        return bounds.exposure(self.commitments, self.revenue)


class Checked(NamedTuple):
    """A question of a checklist, in words, with its answer; None when nobody searched."""

    question: str
    answer: Answer | None


class Measured(NamedTuple):
    """A measure in words, with its bounds in the two readings."""

    name: str
    words: str
    on_record: dependence.Measure
    guaranteed: dependence.Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is read once for the page of an actor: the data set of the day, in the view of that actor.

    `on_record` measures the contracts on record alone, `guaranteed` counts with all that nobody tells.
    """

    actor: Actor
    legs: Sequence[Mapping[str, Any]]
    actors: Sequence[Mapping[str, Any]]
    network: Network
    on_record: dependence.Registry
    guaranteed: dependence.Registry

    @property
    def told(self) -> Mapping[str, Any]:
        """What the data set says of this actor."""
        return next(told for told in self.actors if told["id"] == self.actor.slug)

    @property
    def arcs(self) -> list[Arc]:
        """What it pays, what it is paid."""
        slug = self.actor.slug
        return [arc for arc in self.network.arcs if slug in (arc.payer, arc.payee)]


@require_safe
def actors(request: HttpRequest) -> HttpResponse:
    """Everybody on record: what each is, and how many payments and circuits it is in."""
    moment = moment_of(request)
    network = registry.network(registry.view_of(as_of=_as_of(moment)))
    paying = Counter(payer for (payer, _payee, _kind), legs in network.behind.items() for _leg in legs)
    paid = Counter(payee for (_payer, payee, _kind), legs in network.behind.items() for _leg in legs)
    round_trips = Counter(
        node for found in network.circuits if found.klass == "mixed" for node in found.circuit.nodes
    )
    groups, called = controlled_by(as_of=_as_of(moment)), names()
    context = {
        "moment": moment,
        "undated": True,
        "rows": [
            (
                row,
                called.get(groups.get(row.slug, "")),
                paying[row.slug],
                paid[row.slug],
                round_trips[row.slug],
            )
            for row in Actor.objects.on_record()
        ],
    }
    return render(request, "site/actors.html", context)


@require_safe
def actor(request: HttpRequest, slug: str) -> HttpResponse:
    """One actor: its money, its suppliers, its commitments, its circuits, what it discloses, what it answers."""
    moment = moment_of(request)
    row = get_object_or_404(Actor, slug=slug)
    if not Actor.objects.on_record().filter(pk=row.pk).exists():
        told_by = Deal.every.filter(parties__actor=row).select_related("replaced_by")
        return gone_with(request, told_by, label=row.name)
    known, called = _known(row, moment), names()
    drawn = {"names": called, "moment": moment, "amounts": False}
    if wants_picture(request):
        drawing = one_of("draw", request.GET, DRAWINGS) or "balance"
        chart = _chart(known, drawing)
        context = drawn | {"chart": chart, "label": _label(row, drawing)}
        return picture(request, DRAWINGS[drawing], context, name=f"{slug}-{drawing}")
    mine = {leg["id"] for leg in known.legs if row.slug in (leg["payer"], leg["payee"])}
    paid, received = _payments(known, moment)
    context = drawn | {
        "undated": True,
        "actor": row,
        "balance": _chart(known, "balance"),
        "balance_label": _label(row, "balance"),
        "neighbours": _chart(known, "neighbours"),
        "neighbours_label": _label(row, "neighbours"),
        "paid": paid,
        "received": received,
        "left_out": left_out(leg for leg in known.network.left_out if leg.leg in mine),
        "exposures": _exposures(known),
        "measures": _measures(known),
        "returnable": _returnable(known),
        "circuits": _circuits(known),
        "checklists": _checklists(row),
        "statements": Statement.objects.filter(actor=row).select_related("publication"),
        "contested": contested_at(moment.known_at),
        "replies": Reply.objects.about(row).standing(moment.known_at),
        "edition": _edition(row),
        **_control(row, moment),
        "source_line": source_line(request, moment),
    }
    return render(request, "site/actor.html", context)


def _as_of(moment: Moment) -> str | None:
    return moment.as_of.isoformat() if moment.past else None


def _control(row: Actor, moment: Moment) -> dict[str, Any]:
    """Who controlled it on the day, what it controlled, and every period on record with its source."""
    groups = controlled_by(as_of=_as_of(moment))
    members = [slug for slug, group in groups.items() if group == row.slug]
    periods = row.controls.standing().select_related("group", "statement__publication")
    return {
        "group": Actor.objects.filter(slug=groups.get(row.slug)).first(),
        "members": Actor.objects.filter(slug__in=members),
        "controls": periods.order_by("since", "pk"),
    }


def _known(row: Actor, moment: Moment) -> Known:
    """The data set of the day; a member of a group is shown apart from it, so that its own payments are seen."""
    on_its_own = row.slug in controlled_by(as_of=_as_of(moment))
    view = registry.view_of(as_of=_as_of(moment), by_group=not on_its_own)
    legs = registry.legs(as_of=moment.as_of.isoformat())
    told = actors_of(legs, figures_of(moment.as_of), cut_off=moment.as_of)
    on_record = dependence.Registry(legs, told, view=view, reading=dependence.KNOWN)
    return Known(
        actor=row,
        legs=legs,
        actors=told,
        network=network_of(legs, view),
        on_record=on_record,
        guaranteed=on_record.read_as(dependence.GUARANTEED),
    )


def _chart(known: Known, drawing: str) -> deal_charts.Balance | money_arrows.Drawing:
    draw = deal_charts.balance if drawing == "balance" else money_arrows.neighbours
    return draw(known.actor.slug, known.arcs)


def _label(row: Actor, drawing: str) -> str:
    told = {"name": row.name}
    if drawing == "balance":
        return _("What %(name)s receives, pays and finances, in billions of dollars") % told
    return _("%(name)s and those it exchanges money with") % told


def _payments(known: Known, moment: Moment) -> tuple[list[Payment], list[Payment]]:
    """What the actor pays, what it receives: each payment that counts, with its three stages."""
    slug = known.actor.slug
    behind = known.network.behind.items()
    paid = [leg["id"] for (payer, _payee, _kind), legs in behind if payer == slug for leg in legs]
    received = [leg["id"] for (_payer, payee, _kind), legs in behind if payee == slug for leg in legs]
    rows = legs_in_full([*paid, *received])
    of_day = {leg["id"]: leg for leg in known.legs}
    return (
        payments_of([rows[leg] for leg in paid], moment.as_of, of_day),
        payments_of([rows[leg] for leg in received], moment.as_of, of_day),
    )


def _circuits(known: Known) -> list[CircuitFound]:
    return [found for found in known.network.circuits if known.actor.slug in found.circuit.nodes]


def _returnable(known: Known) -> Bounds | None:
    """What of its financing may come back as sales; None when it does not both finance and sell."""
    slug = known.actor.slug
    return Bounds(*known.network.returnable(slug)) if slug in known.network.financiers else None


def _measures(known: Known) -> list[Measured]:
    """Each measure from the registry alone: in the contracts on record, and with what nobody tells."""
    slug = known.actor.slug
    on_record, guaranteed = known.on_record.measures(slug), known.guaranteed.measures(slug)
    return [
        Measured(name, str(INDICATORS[name]), on_record[name], guaranteed[name])
        for name in ("supplier_hhi", *SHARES, "lock_in_years")
    ]


def _exposures(known: Known) -> list[Exposure]:
    """The ratio that a source publishes, then ours: from the same total, for a year of it, from the contracts."""
    chosen = known.told.get("sources", {}).values()
    rows = known.actor.statements.filter(slug__in=chosen).select_related("publication")
    said = {row.field: row for row in rows}
    revenue, declared = said.get("revenue"), said.get(DECLARED)
    earned = Bounds(*known.told["revenue"]) if "revenue" in known.told else None
    period = revenue.period if revenue else ""
    exposures = [Exposure(name=_("as published"), as_told=figure) for figure in _figures(known.actor)]
    if declared is not None and "declared_commitments" in known.told:
        whole = known.told["declared_commitments"]
        sources = {each.quote: each for each in (declared, revenue) if each}
        recomputed = Exposure(
            name=_("recomputed from the declared total"),
            commitments=Bounds(whole, whole),
            horizon=declared.period,
            revenue=earned,
            period=period,
            statements=list(sources.values()),
        )
        exposures += [recomputed, *_for_a_year(recomputed)]
    owed = Bounds(*known.on_record.commitments(known.actor.slug))
    if owed != (0, 0) and exposures:
        exposures.append(
            Exposure(
                name=_("from the contracts on record"),
                commitments=owed,
                horizon=_("the terms of these contracts"),
                revenue=earned,
                period=period,
            )
        )
    return exposures


def _for_a_year(whole: Exposure) -> list[Exposure]:
    """The same spread evenly over the years that its horizon names, when it names several."""
    told = YEARS.fullmatch(whole.horizon.strip())
    if whole.commitments is None or told is None or int(told[1]) < 2:
        return []
    year = whole.commitments.lo / int(told[1])
    name, horizon = _("the same, for one year"), _("one year, if spread evenly")
    return [replace(whole, name=name, commitments=Bounds(year, year), horizon=horizon, statements=())]


def _figures(row: Actor) -> Iterable[Figure]:
    shown = Figure.objects.filter(kind=Figure.Kind.EXPOSURE, detail__actor=row.slug)
    return shown.select_related("fact__publication")


def _checklists(row: Actor) -> list[tuple[str, list[Checked]]]:
    """Every question of the methodology, by checklist, with the last answer on record."""
    answers = {
        answer.question: answer
        for answer in Answer.objects.filter(actor=row).select_related("publication").standing()
    }
    return [
        (
            str(INDICATORS[name]),
            [Checked(str(QUESTIONS[question]), answers.get(question)) for question in questions],
        )
        for name, questions in methodology()["checklists"].items()
    ]


def _edition(row: Actor) -> Edition | None:
    """The newest edition of the index that has a sheet on this actor."""
    score = Score.objects.filter(actor=row).select_related("edition").order_by("edition__published_at").last()
    return score.edition if score else None
