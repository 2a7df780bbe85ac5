"""The registry of deals: the list, one deal, what contradicts what."""

from collections.abc import Mapping, Sequence

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Prefetch, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from indicators import details
from indicators.legs import plain_deals
from indicators.models import Actor, Contradiction, Deal, Leg, LegAmount, Reply, Statement
from indicators.registry import network, view_of
from indicators.site.deal_charts import timeline
from indicators.site.deal_filters import asked_of, periods
from indicators.site.deal_news import changed_since, changes_since, statements_by
from indicators.site.deal_rows import (
    events_of,
    gaps_in_full,
    in_full,
    legs_of,
    listed,
    payments_of,
    rows_of,
    strongest_first,
    total_of,
    with_told,
)
from indicators.site.evidence import page_number
from indicators.site.moment import Moment, moment_of
from indicators.site.money_views import names
from indicators.site.retired import deal_gone
from indicators.subjects import contested_at
from indicators.templatetags.display import in_words

PAGE = 100


@require_safe
def registry(request: HttpRequest) -> HttpResponse:
    """Who pays whom, how much as far as anybody said it, and who says so."""
    codes = Leg.objects.order_by("instrument").values_list("instrument", flat=True).distinct()
    instruments = {code: in_words(code, "instrument") for code in codes}
    announced = list(Deal.objects.order_by("announced").values_list("announced", flat=True).distinct())
    known_periods = periods(announced)
    filters, moment = asked_of(
        request.GET, periods=known_periods, instruments=instruments, now=timezone.now()
    )
    legs = legs_of(moment)
    deals = listed(filters, moment, legs)
    if filters.since:
        changed = changed_since(filters.since, moment)
        deals = [deal for deal in deals if deal.pk in changed]
    pages = Paginator(deals, PAGE)
    page = pages.page(page_number(request.GET.get("page") or "1", pages.num_pages))
    shown = [deal.pk for deal in page.object_list]
    changes = changes_since(filters.since, moment, shown) if filters.since else {}
    context = {
        "moment": moment,
        "undated": "known_at" in request.GET,
        "filters": filters,
        "page": page,
        "rows": rows_of(page.object_list, filters, moment, legs=legs, changes=changes),
        "total": total_of(deals, moment),
        "stages": LegAmount.Stage.labels,
        "periods": known_periods.items(),
        "earliest": next(filter(None, announced), ""),
        "instruments": sorted(instruments.items(), key=lambda each: each[1]),
        "actors": Actor.objects.on_record(),
        "contradictions": Contradiction.objects.all(),
        "sources": Statement.objects.values("publication").distinct().count(),
    }
    return render(request, "site/registry.html", context)


@require_safe
def deal(request: HttpRequest, slug: str) -> HttpResponse:
    """One deal: its payments, what happened, every statement with its quote, and what is not known."""
    moment = moment_of(request)
    row = in_full(moment).prefetch_related("overlaps_with").filter(slug=slug).first()
    if row is None:
        return deal_gone(request, slug)
    called = names()
    legs = list(row.legs.all())
    details.applied(legs, as_of=moment.as_of.isoformat())
    payments = with_told(payments_of(legs, moment.as_of, legs_of(moment)), moment)
    corrected = {each.supersedes_id: each for each in row.statements.all() if each.supersedes_id}
    context = {
        "moment": moment,
        "undated": "known_at" in request.GET,
        "deal": row,
        "status": _status(row, moment),
        "payments": payments,
        "gaps": gaps_in_full(row, payments),
        "timeline": (drawn := None if moment.past else timeline(row)),
        "events": [event for event in events_of(row) if not drawn or not event.happened],
        "statements": [(each, corrected.get(each.pk)) for each in strongest_first(row.statements.all())],
        "contested": contested_at(moment.known_at),
        "contradictions": _with_statements(Contradiction.objects.filter(deals=row), moment),
        "circuits": _circuits_with(row, moment, called),
        "names": called,
        "replies": Reply.objects.standing(moment.known_at).about(
            *(party.actor_id for party in row.parties.all())
        ),
    }
    return render(request, "site/deal.html", context)


@require_safe
def contradictions(request: HttpRequest) -> HttpResponse:
    """What cannot all be read the same way: every reading side by side, the open ones first."""
    order = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(Contradiction.State.values)),
        output_field=IntegerField(),
    )
    moment = moment_of(request)
    rows = list(_with_statements(Contradiction.objects.order_by(order, "number"), moment))
    context = {
        "moment": moment,
        "undated": True,
        "groups": [(state, [row for row in rows if row.state == state]) for state in Contradiction.State],
    }
    return render(request, "site/contradictions.html", context)


def _with_statements(rows: QuerySet[Contradiction], moment: Moment) -> QuerySet[Contradiction]:
    return rows.prefetch_related(Prefetch("statements", statements_by(moment)), "deals")


def _status(row: Deal, moment: Moment) -> str | None:
    """The status of a deal on the day; None when nobody had told of it yet."""
    on_the_day = plain_deals(as_of=moment.as_of.isoformat())
    return next(each["status"] for each in on_the_day if each["id"] == row.slug)


def _circuits_with(row: Deal, moment: Moment, called: Mapping[str, str]) -> Sequence[tuple[str, list[str]]]:
    """The circuits of money that one of the deal's payments belongs to: their ids, and the names that they pass."""
    own = {leg.slug for leg in row.legs.all()}
    found = network(view_of(as_of=moment.as_of.isoformat() if moment.past else None)).circuits
    return [
        (each.id, [called[node] for node in (*each.circuit.nodes, each.circuit.nodes[0])])
        for each in found
        if any(own & set(hop) for hop in each.legs)
    ]
