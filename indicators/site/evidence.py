"""The pages of the record itself: the list of evidence, and one evidence."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from indicators.models import Evidence, Indicator, Kind, Stance, Tier
from indicators.site.filters import filters_from
from indicators.site.moment import BadParameterError, moment_of
from indicators.site.reading import changes_at
from indicators.site.trace import one_voice

PAGE = 50


@require_safe
def evidence_list(request: HttpRequest) -> HttpResponse:
    """Everything published, searchable."""
    moment = moment_of(request)
    filters = filters_from(request.GET)
    pages = Paginator(filters.narrow(moment).with_assessments(), PAGE)
    context = {
        "moment": moment,
        "filters": filters,
        "page": pages.page(page_number(request.GET.get("page", "1"), pages.num_pages)),
        "indicators": Indicator.objects.all(),
        "stances": Stance.choices,
        "kinds": Kind.choices,
        "tiers": Tier.choices,
        "countries": Evidence.objects.exclude(country="")
        .order_by("country")
        .values_list("country", flat=True)
        .distinct(),
    }
    return render(request, "site/evidence_list.html", context)


@require_safe
def evidence(request: HttpRequest, number: int) -> HttpResponse:
    """One event with its sources; a withdrawn one keeps its page, which says why."""
    moment = moment_of(request)
    known = Evidence.objects.filter(number=number, published_at__lte=moment.known_at)
    row = known.with_parts().prefetch_related("actors", "supersedes", "cancelled_by").first()
    if row is None:
        raise Http404
    context = {
        "moment": moment,
        "evidence": row,
        "retracted": row.retracted_at is not None and row.retracted_at <= moment.known_at,
        "superseded": row.superseded_by is not None and row.superseded_by.published_at <= moment.known_at,
        "changes": changes_at(moment).filter(evidence=row),
        "replies": row.replies.filter(published_at__lte=moment.known_at),
        "one_voice": one_voice(row.citations.all()),
    }
    return render(request, "site/evidence.html", context)


def page_number(value: str, last: int) -> int:
    """The page that the address asks for, 1 to `last`. Raises BadParameterError."""
    if not value.isdecimal() or len(value) > 9 or not 1 <= int(value) <= last:
        raise BadParameterError("page", value, _("a number from 1 to %(last)s") % {"last": last})
    return int(value)
