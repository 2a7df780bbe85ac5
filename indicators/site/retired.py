"""What was taken out of the registry: its address answers 410, with the reason, the day, and what replaces it."""

from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from indicators.models import Deal


def deal_gone(request: HttpRequest, slug: str, *, template: str = "site/retired.html") -> HttpResponse:
    """The answer for a deal that is not in the registry, on whatever day it is asked for. Raises Http404."""
    deals = list(Deal.every.select_related("replaced_by").filter(slug=slug).exclude(retired_at=None))
    if not deals:
        raise Http404
    return render(request, template, {"deals": deals, "label": deals[0].title}, status=410)


def gone_with(
    request: HttpRequest, deals: Iterable[Deal], *, label: str, template: str = "site/retired.html"
) -> HttpResponse:
    """The answer for the page of an actor, or of a circuit, of which these retired deals were all that was told."""
    told = {"deals": deals, "label": label, "besides": True}
    return render(request, template, told, status=410)
