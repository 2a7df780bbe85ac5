"""The index of technological freedom: its editions, why each actor has its score, its method, its files."""

import base64
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, register_converter, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from indicators import dataset, editions, rules
from indicators.editions import CALCULATOR, PREVIEW, Frozen
from indicators.models import Actor, Edition, EditionFile, Reply
from indicators.models.index import EDITION
from indicators.rules import sensitivity
from indicators.rules.dependence import GUARANTEED, KNOWN
from indicators.site import charts, reckoning
from indicators.site.moment import Moment
from indicators.site.pictures import picture, source_line, wants_picture
from indicators.subjects import contested_by
from indicators.templatetags import index_words as words
from indicators.templatetags.display import percent

JSON = "application/json; charset=utf-8"
A_YEAR = "public, max-age=31536000, immutable"
LOOKED_AT = 60  # every so many seconds, by the task that computes the preview of a large registry
SHOWN_GAPS = 3  # beside each actor that is not rated; its page tells them all


class EditionName:
    """2026-12, 2026-12.1, or the preview."""

    regex = f"{EDITION}|{PREVIEW}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(EditionName, "edition")


class NotYetError(Exception):
    """The preview of a large registry that is being computed."""


def when_computed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Say that the preview is being computed, where it is."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotYetError:
            told = {"title": _("Index of technological freedom"), "kicker": _("Preview, not an edition")}
            response = render(request, "site/awaited.html", told, status=503)
            response["Retry-After"] = LOOKED_AT
            return response

    return require_safe(answer)


@when_computed
def index(request: HttpRequest) -> HttpResponse:
    """The newest edition; before there is one, what it would say today, labelled so."""
    newest = Edition.objects.first()
    return redirect("edition", newest.slug) if newest else _edition_page(request, PREVIEW)


@when_computed
def edition(request: HttpRequest, name: str) -> HttpResponse:
    """All actors of an edition with their intervals, what changed, and how to compute it again."""
    return _edition_page(request, name)


@when_computed
def edition_actor(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """Why an actor has its score in an edition, down to the quotes, and what is missing to know more."""
    row, frozen = _found(name)
    if slug not in frozen.results[GUARANTEED]:
        raise Http404
    reckoned = reckoning.dimensions(frozen, slug)
    context = {
        **_told(row, frozen),
        "actor": _line(frozen, slug),
        "cited": _title(_line(frozen, slug)["name"]),
        "dimensions": reckoned,
        "pairs": zip(reckoned, reckoning.dimensions(frozen, slug, reading=KNOWN), strict=True),
        "arithmetic": reckoning.index_arithmetic(frozen, slug),
        "gaps": reckoning.gaps(frozen, slug),
        "floor": frozen.methodology["floor"],
        "replies": Reply.objects.standing().about(*Actor.objects.filter(slug=slug)),
        "contested": contested_by(slug),
    }
    return render(request, "site/edition_actor.html", context)


@when_computed
def index_method(request: HttpRequest, version: str) -> HttpResponse:
    """The method of the index: formulas, goalposts, weights, what its choices change, how to contest."""
    told = dataset.methodologies().get(version)
    if told is None:
        raise Http404
    row = Edition.objects.filter(methodology=version).first()
    frozen = editions.published(row) if row else _preview()
    context = {
        **_told(row, frozen),
        "method": told,
        "dimensions": [_described(dimension, told) for dimension in told["dimensions"]],
        "choices": _choices(frozen),
    }
    return render(request, "site/index_method.html", context)


@when_computed
def edition_file(request: HttpRequest, name: str, file: str) -> HttpResponse:
    """A file of an edition, byte for byte, under its sha256."""
    if file not in EditionFile.Name.values:
        raise Http404
    _edition, frozen = _found(name)
    digest = frozen.sha256[file]
    response = HttpResponse(frozen.files[file], content_type=JSON)
    response["ETag"] = f'"{digest}"'
    response["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
    response["Content-Disposition"] = f'inline; filename="{file}"'
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-cache" if name == PREVIEW else A_YEAR
    if request.headers.get("If-None-Match") == response["ETag"]:
        response.status_code, response.content = 304, b""
    return response


@require_safe
def calculator(request: HttpRequest) -> HttpResponse:
    """The program that computes an edition from its files, without this service."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in CALCULATOR:
            source = (Path(rules.__file__).parent / f"{name}.py").read_bytes()
            packed.writestr(zipfile.ZipInfo(f"indicators/rules/{name}.py"), source)
    response = HttpResponse(archive.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="calculator.zip"'
    return response


urlpatterns = [
    path("indice/", index, name="index"),
    path("indice/methode/<str:version>/", index_method, name="index_method"),
    path("indice/<edition:name>/", edition, name="edition"),
    path("indice/<edition:name>/<slug:slug>/", edition_actor, name="edition_actor"),
]
# Data has no language: these addresses stand beside those of the API, not among the pages.
download_urlpatterns = [
    path("indice/calculator.zip", calculator, name="calculator"),
    path("indice/<edition:name>/<str:file>", edition_file, name="edition_file"),
]


def _found(name: str) -> tuple[Edition | None, Frozen]:
    if name == PREVIEW:
        return None, _preview()
    row = get_object_or_404(Edition.objects.select_related("corrects"), slug=name)
    return row, editions.published(row)


def _preview() -> Frozen:
    """What the index would say today. Raises NotYetError."""
    frozen = editions.preview(today=timezone.localdate())
    if frozen is None:
        raise NotYetError
    return frozen


def _edition_page(request: HttpRequest, name: str) -> HttpResponse:
    row, frozen = _found(name)
    lines = [_line(frozen, actor) for actor in frozen.results[GUARANTEED]]
    rated = sorted(
        (line for line in lines if line["status"] == "rated"),
        key=lambda line: (-line["bounds"][0], line["name"]),
    )
    others = sorted(
        (line for line in lines if line["status"] != "rated"), key=lambda line: line["name"].casefold()
    )
    former, moment = _former(row), Moment(as_of=frozen.cut_off, known_at=timezone.now())
    chart = charts.ranges([(line["bounds"], line["known_bounds"]) for line in [*rated, *others]])
    context = {
        **_told(row, frozen),
        "moment": moment,
        "chart": chart,
        "rows": list(zip([*rated, *others], chart.rows, strict=True)),
        "label": _label(row),
        "source_line": source_line(request, moment),
        "groups": [("rated", rated), ("others", others)],
        "lines": [*rated, *others],
        "former": former,
        "changes": _changes(former, frozen) if former else (),
        "editions": Edition.objects.all(),
        "corrections": row.corrections.all() if row else (),
    }
    if wants_picture(request):
        return picture(request, "partials/index_chart.html", context, name=f"index-{name}")
    return render(request, "site/edition.html", context)


def _told(row: Edition | None, frozen: Frozen) -> dict[str, Any]:
    """What every page of the index says of the edition that it shows."""
    return {
        "edition": row,
        "name": frozen.slug,
        "cut_off": frozen.cut_off,
        "outdated": frozen.outdated,
        "version": frozen.methodology["version"],
        "seed": frozen.methodology["monte_carlo"]["seed"],
        "code_version": row.code_version if row else editions.code_version(),
        "files": [
            (file, frozen.sha256[file], reverse("edition_file", args=[frozen.slug, file]))
            for file in frozen.files
        ],
        "preview": PREVIEW,
        "cited": _title(),
    }


def _label(row: Edition | None) -> str:
    """What the drawing of an edition shows, for whoever sees the drawing alone."""
    which = _("Edition %(name)s") % {"name": row.slug} if row else _("Preview, not an edition")
    guaranteed = _("guaranteed: what the sources prove, whatever else there is")
    known = _("known contracts only: exploratory, never ranked")
    return f"{_('Index of technological freedom')} · {which} · 1. {guaranteed} · 2. {known}"


def _title(*names: str) -> dict[str, str]:
    """What a page is called when it is cited, in each language."""
    told = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            told[f"title_{code}"] = ", ".join([*names, _("Index of technological freedom")])
    return told


def _line(frozen: Frozen, slug: str) -> dict[str, Any]:
    """An actor in a list: both readings, status, ranks, and the first of what is missing."""
    told, known = (frozen.results[reading][slug] for reading in (GUARANTEED, KNOWN))
    low, high = told["index"] or (0, 100)
    known_low, known_high = known["index"] or (0, 100)
    ranks, method = frozen.results["ranks"].get(slug), frozen.results["by_method"].get(slug)
    return {
        "slug": slug,
        "name": next(each["name"] for each in frozen.dataset["actors"] if each["id"] == slug),
        "status": told["status"],
        "status_in_words": words.STATUSES[told["status"]],
        "bounds": (low, high),
        "width": high - low,
        "known_bounds": (known_low, known_high),
        "known_width": known_high - known_low,
        "interval": reckoning.interval(told["index"]),
        "known": reckoning.interval(known["index"]),
        "coverage": percent(told["coverage"]),
        "rank": _range(ranks) if ranks else "",
        "rank_by_method": _range((method["rank_p05"], method["rank_p95"])) if method else "",
        "gaps": reckoning.gaps(frozen, slug)[:SHOWN_GAPS],
    }


def _range(ranks: Sequence[int]) -> str:
    low, high = ranks
    return str(low) if low == high else f"{low}–{high}"


def _former(row: Edition | None) -> Edition | None:
    """The edition to compare with: the one that is corrected, else the last one before."""
    if row is None or row.corrects:
        return row.corrects if row else Edition.objects.first()
    return Edition.objects.filter(cut_off_on__lte=row.cut_off_on, published_at__lt=row.published_at).first()


def _changes(former: Edition, frozen: Frozen) -> list[Mapping[str, Any]]:
    """What of the index and of its dimensions is not as it was, in words."""
    names = {each["id"]: each["name"] for each in frozen.dataset["actors"]}
    parts = {name: told[0] for name, told in words.DIMENSIONS.items()} | words.INDICATORS
    return [
        {
            "actor": names.get(change.actor, change.actor),
            "part": parts.get(change.part, ""),
            "before": reckoning.interval(change.before),
            "after": reckoning.interval(change.after),
        }
        for change in editions.changes(editions.published(former), frozen)
        if change.reading == GUARANTEED
    ]


def _described(dimension: Mapping[str, Any], method: Mapping[str, Any]) -> dict[str, Any]:
    name, question = words.DIMENSIONS[dimension["id"]]
    return {
        "id": dimension["id"],
        "name": name,
        "question": question,
        "pillar": dimension["pillar"],
        "weight": dimension["weight"],
        "indicators": [
            {
                "name": words.INDICATORS[each["id"]],
                "weight": each["weight"],
                "goalposts": reckoning.goalposts(each["norm"], method["checklists"].get(each["id"], ())),
                "questions": [
                    words.QUESTIONS[question] for question in method["checklists"].get(each["id"], ())
                ],
            }
            for each in dimension["indicators"]
        ],
    }


def _choices(frozen: Frozen) -> list[Mapping[str, Any]]:
    """What the choices of the method change among rated actors; nothing while nobody is rated."""
    rated = {actor: told for actor, told in frozen.results[GUARANTEED].items() if told["status"] == "rated"}
    return [
        {"name": _choice(choice), "shift": reckoning.ranks(choice.shift)}
        for choice in sensitivity.otherwise(rated, frozen.methodology)
        if rated
    ]


def _choice(choice: sensitivity.Choice) -> str:
    by = words.DIMENSIONS[choice.by][0] if choice.choice == sensitivity.WITHOUT else choice.by
    return str(words.CHOICES[choice.choice]) % {"by": by}
