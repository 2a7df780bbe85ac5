"""The page of downloads: every file with its size, hash and last change, and the files themselves."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from indicators import exports
from indicators.exports import keeping
from indicators.exports.package import RECOMPUTE
from indicators.models import Edition

TYPES = {file.name: file.content_type for file in exports.FILES} | {
    ".json": "application/json",
    ".cff": "application/yaml; charset=utf-8",
    ".zip": "application/zip",
}
PLAIN = "text/plain; charset=utf-8"
# What stands in the archive beside the tables and the graph, and what it is.
BESIDE = {
    exports.ARCHIVE: _("Everything on this page, with the program that computes the index."),
    "dataset.json": _(
        "What the newest edition of the index is computed from; before the first one, what it would be."
    ),
    "methodology.json": _("The method of the index."),
    "results.json": _("What comes of it, with every measure."),
    "datapackage.json": _("The columns, types, sources and licence of all tables (Frictionless Data)."),
    "CITATION.cff": _("How to cite it all."),
    "README.txt": _("How to verify the archive and to compute a score again."),
    "SHA256SUMS": _("The hash of each file."),
}
SOON = 10  # seconds: the first files are made by the reader who came first


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file as the page shows it; its size is in bytes."""

    name: str
    about: str | Promise
    size: int
    sha256: str


def when_made(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Say that the first files are being made, where they are."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except keeping.BeingMadeError:
            response = render(request, "site/awaited.html", {"title": _("Downloads")}, status=503)
            response["Retry-After"] = SOON
            return response

    return require_safe(answer)


@when_made
def downloads(request: HttpRequest) -> HttpResponse:
    """Every file that may be downloaded, what it holds, and how to compute a score again."""
    kept = keeping.newest(now=timezone.now())
    listed = list(_listed(kept.folder))
    context = {
        "kept": kept,
        "changed_at": keeping.changed_at(),
        "archive": next(each for each in listed if each.name == exports.ARCHIVE),
        "files": [each for each in listed if each.name != exports.ARCHIVE],
        "editions": Edition.objects.all(),
        "recompute": RECOMPUTE,
    }
    return render(request, "site/downloads.html", context)


@when_made
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """One file, as everybody gets it until the registry changes; its tag is the digest of what it was made from."""
    kept = keeping.newest(now=timezone.now())
    if name not in _names(kept.folder):
        raise Http404(name)
    tag, ending = f'"{kept.digest}"', Path(name).suffix
    response = get_conditional_response(request, etag=tag) or FileResponse(
        (kept.folder / name).open("rb"),
        as_attachment=True,
        filename=Path(name).name,
        content_type=TYPES.get(name) or TYPES.get(ending, PLAIN),
    )
    response["ETag"] = tag
    response["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, public=True, max_age=60)
    return response


# Data has no language: these addresses stand beside those of the API, not among the pages.
file_urlpatterns = [path("telechargements/<path:name>", download, name="download")]


def _names(folder: Path) -> Sequence[str]:
    return [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()]


def _listed(folder: Path) -> Iterator[Download]:
    """The files in the order in which a reader wants them."""
    about = {file.name: file.about for file in exports.FILES} | BESIDE
    for name in about:
        path = folder / name
        if path.is_file():
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            yield Download(name=name, about=about[name], size=len(content), sha256=digest)
