"""A drawing as a file of its own: its title above, its source, licence and address below, so that one copy says all."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from indicators.site.moment import BadParameterError, Moment
from indicators.templatetags.display import day

HEAD, FOOT_LINE, LETTER = 20, 16, 6.2


def wants_picture(request: HttpRequest) -> bool:
    """Whether the address asks for the drawing instead of the page. Raises BadParameterError for another format."""
    form = request.GET.get("format", "")
    if form not in ("", "svg"):
        raise BadParameterError("format", form, "svg")
    return bool(form)


def source_line(request: HttpRequest, moment: Moment) -> str:
    """What must stand beside a drawing that is shown elsewhere: who tells it, of which day, under which licence, from where."""
    query = request.GET.copy()
    query.pop("format", None)
    address = settings.SITE_URL + request.path + (f"?{query.urlencode()}" if query else "")
    return _("Data of %(day)s, licence CC BY 4.0, %(site)s %(address)s") % {
        "site": _("We will know it works when…"),
        "day": day(moment.as_of),
        "address": address,
    }


def picture(request: HttpRequest, template: str, context: Mapping[str, Any], *, name: str) -> HttpResponse:
    """The drawing `chart` with its `label` that `template` writes, as a standalone SVG file called `name`.svg."""
    chart, title = context["chart"], context["label"]
    columns = int(max(chart.width, 440) / LETTER)
    told, foot = (
        wrap(title, columns),
        wrap(source_line(request, context["moment"]), columns, break_on_hyphens=False),
    )
    top = HEAD * len(told) + 14
    frame = {
        "told": [(line, HEAD * (place + 1)) for place, line in enumerate(told)],
        "foot": [(line, top + chart.height + 22 + FOOT_LINE * place) for place, line in enumerate(foot)],
        "top": top,
        "width": max(chart.width, 440) + 24,
        "height": top + chart.height + 22 + FOOT_LINE * len(foot),
        "inner": template,
    }
    svg = render_to_string("partials/picture.svg", {**context, **frame}, request=request)
    response = HttpResponse(svg, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}.svg"'
    response["Access-Control-Allow-Origin"] = "*"
    return response
