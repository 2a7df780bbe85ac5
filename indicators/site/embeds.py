"""What other sites may show in a frame: a circuit, a deal, an edition, an indicator, each small; and oEmbed, by which
they learn how. Nothing else of the site may be framed.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import Resolver404, path, resolve, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from indicators import exports, registry
from indicators.models import Deal, Edition, Indicator, Score
from indicators.rules.network import CircuitFound
from indicators.site import money_arrows
from indicators.site.circuits import named, retired_behind, title_of
from indicators.site.deal_rows import legs_of, payments_of
from indicators.site.moment import BadParameterError, moment_of
from indicators.site.money_views import names
from indicators.site.reading import answers_at
from indicators.site.reckoning import interval
from indicators.site.retired import deal_gone, gone_with
from indicators.templatetags.index_words import STATUSES

View = Callable[..., HttpResponse]
WIDTH, HEIGHT, SMALLEST = 640, 480, 200  # pixels
LONGEST_ADDRESS = 500
# The pages that may be shown elsewhere, by name: the small page of each, and what their addresses call their key.
PAGES = {
    "circuit": ("embed-circuit", "name"),
    "deal": ("embed-deal", "slug"),
    "edition": ("embed-edition", "name"),
    "indicator": ("embed-indicator", "code"),
}


def framed(view: View) -> View:
    """A page that any site may show in a frame."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return require_safe(xframe_options_exempt(csp_replace({"frame-ancestors": ["*"]})(answer)))


@framed
def circuit(request: HttpRequest, name: str) -> HttpResponse:
    """One circuit of money, drawn, with the same in words."""
    try:
        found, called = _circuit(name), names()
    except Http404:
        if retired := retired_behind(name):
            return gone_with(request, retired, label=_("Declared circuit"), template="embed/retired.html")
        raise
    hops = [found.by_ends[ends] for ends in found.hops]
    told = {"chart": money_arrows.ring(hops), "names": called, "amounts": True, "hops": hops, "found": found}
    return _small(request, "circuit", name, told | {"label": title_of(found, called)})


@framed
def deal(request: HttpRequest, slug: str) -> HttpResponse:
    """One deal: who pays whom, what was announced, committed and paid, and the first quote."""
    moment = moment_of(request)
    in_full = Deal.objects.prefetch_related("legs__payer", "legs__payee", "legs__amounts")
    row = in_full.filter(slug=slug).first()
    if row is None:
        return deal_gone(request, slug, template="embed/retired.html")
    said = row.statements.filter(superseded_by=None).select_related("publication").order_by("pk").first()
    payments = payments_of(row.legs.all(), moment.as_of, legs_of(moment))
    told = {"deal": row, "payments": payments, "statement": said, "label": row.title}
    return _small(request, "deal", slug, told)


@framed
def edition(request: HttpRequest, name: str) -> HttpResponse:
    """All actors of an edition of the index, with their intervals."""
    row = get_object_or_404(Edition, slug=name)
    scores = Score.objects.filter(edition=row, part="index", reading=Score.Reading.GUARANTEED)
    lines = [_line(score) for score in scores.select_related("actor").order_by("actor__name")]
    return _small(request, "edition", name, {"edition": row, "lines": lines, "label": _edition_called(row)})


@framed
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """One of the six sentences, and its answer."""
    row = get_object_or_404(Indicator.objects.select_related("action"), code=code)
    answer = answers_at([row], moment_of(request))[row.pk]
    told = {"indicator": row, "answer": answer, "label": f"{_('We will know it works when')} {row.statement}"}
    return _small(request, "indicator", code, told)


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """How to show one of our pages elsewhere (https://oembed.com/): `url` is the address of the page.

    404: no page of ours that may be shown. 501: a format other than JSON. Raises BadParameterError.
    """
    if request.GET.get("format", "json") != "json":
        return HttpResponse(_("Only JSON is told."), status=501, content_type="text/plain; charset=utf-8")
    address = request.GET.get("url", "")
    if not address:
        raise BadParameterError("url", "", _("the address of one of our pages"))
    width, height = (
        _size(request, name, usual) for name, usual in (("maxwidth", WIDTH), ("maxheight", HEIGHT))
    )
    small, title = _small_page_of(address)
    frame = '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" frameborder="0"></iframe>'
    told = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": _("We will know it works when…"),
        "provider_url": settings.SITE_URL,
        "cache_age": 3600,
        "width": width,
        "height": height,
        "html": format_html(frame, small, width, height, title),
    }
    response = JsonResponse(told)
    response["Access-Control-Allow-Origin"] = "*"
    return response


urlpatterns = [
    path("embed/circuit/<slug:name>/", circuit, name="embed-circuit"),
    path("embed/deal/<slug:slug>/", deal, name="embed-deal"),
    path("embed/index/<edition:name>/", edition, name="embed-edition"),
    path("embed/indicator/<slug:code>/", indicator, name="embed-indicator"),
]
oembed_urlpatterns = [path("oembed", oembed, name="oembed")]


def _small(request: HttpRequest, page: str, key: str, told: dict[str, Any]) -> HttpResponse:
    context = told | {
        "moment": moment_of(request),
        "page": reverse(page, args=[key]),
        "digest": exports.digest(),
    }
    return render(request, f"embed/{page}.html", context)


def _line(score: Score) -> dict[str, Any]:
    status = score.publication_status
    told = {"actor": score.actor.name, "status": STATUSES[status], "rated": status == "rated"}
    if score.lo is None or score.hi is None:
        return told | {"interval": interval(None)}
    bounds = (float(score.lo), float(score.hi))
    drawn = {"low": bounds[0], "high": bounds[1], "width": bounds[1] - bounds[0]}
    return told | drawn | {"interval": interval(bounds)}


def _size(request: HttpRequest, name: str, usual: int) -> int:
    """The size that is asked, within what can be read. Raises BadParameterError."""
    text = request.GET.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) > 0):
        raise BadParameterError(name, text[:20], _("a number of pixels"))
    return max(SMALLEST, min(usual, int(text)))


def _small_page_of(address: str) -> tuple[str, str]:
    """The address of the small page of one of our pages, and its title. Raises Http404."""
    ours, asked = urlsplit(settings.SITE_URL), _parts(address)
    if asked is None or (asked.scheme, asked.netloc) != (ours.scheme, ours.netloc):
        raise Http404("no page of ours")
    language = "en" if asked.path.startswith("/en/") else "fr"
    with translation.override(language):
        try:
            found = resolve(asked.path)
        except Resolver404:
            raise Http404("no such page") from None
        if found.url_name not in PAGES:
            raise Http404("a page that is not shown elsewhere")
        name, key = PAGES[found.url_name]
        return settings.SITE_URL + reverse(name, args=[found.kwargs[key]]), _title(
            found.url_name, found.kwargs[key]
        )


def _parts(address: str) -> Any:
    if len(address) > LONGEST_ADDRESS or not address.isprintable() or "\\" in address:
        return None
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _title(page: str, key: str) -> str:
    """What a page is called. Raises Http404 when there is none of that key."""
    match page:
        case "deal":
            return str(get_object_or_404(Deal.objects, slug=key))
        case "indicator":
            return str(get_object_or_404(Indicator, code=key).statement)
        case "edition":
            return _edition_called(get_object_or_404(Edition, slug=key))
    return title_of(_circuit(key), names())


def _circuit(name: str) -> CircuitFound:
    """A circuit of the usual view of today. Raises Http404."""
    found = named(registry.network(registry.view_of()), name)
    if found is None:
        raise Http404
    return found


def _edition_called(row: Edition) -> str:
    return _("Index of technological freedom, edition %(edition)s") % {"edition": row.slug}
