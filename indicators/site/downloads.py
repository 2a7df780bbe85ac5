"""The page of downloads: every file with its size, hash and last change, and the files themselves."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from indicators import exports
from indicators.exports.package import RECOMPUTE
from indicators.models import Edition, LedgerEntry

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
# The subjects in the ledger whose changes change the files.
_SUBJECTS = ("actor", "answer", "contradiction", "deal", "edition", "publication", "statement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file as the page shows it; its size is in bytes."""

    name: str
    about: str | Promise
    size: int
    sha256: str


@require_safe
def downloads(request: HttpRequest) -> HttpResponse:
    """Every file that may be downloaded, what it holds, and how to compute a score again."""
    digest = exports.digest()
    listed = list(_listed(exports.kept(digest)))
    context = {
        "digest": digest,
        "changed_at": changed_at(),
        "archive": next(each for each in listed if each.name == exports.ARCHIVE),
        "files": [each for each in listed if each.name != exports.ARCHIVE],
        "editions": Edition.objects.all(),
        "recompute": RECOMPUTE,
    }
    return render(request, "site/downloads.html", context)


def changed_at() -> datetime | None:
    """When anything in the registry or the index changed last; None before the first change."""
    ours = Q(*(("subject__startswith", f"{subject}/") for subject in _SUBJECTS), _connector=Q.OR)
    last = LedgerEntry.objects.filter(ours).order_by("-number").first()
    return last.recorded_at if last else None


def _etag(request: HttpRequest, name: str) -> str:
    return f'"{exports.digest()}"'


@require_safe
@cache_control(public=True, max_age=60)
@condition(etag_func=_etag)
def download(request: HttpRequest, name: str) -> FileResponse:
    """One file, as everybody gets it until the registry changes."""
    folder = exports.kept(exports.digest())
    if name not in _names(folder):
        raise Http404(name)
    ending = Path(name).suffix
    response = FileResponse(
        (folder / name).open("rb"),
        as_attachment=True,
        filename=Path(name).name,
        content_type=TYPES.get(name) or TYPES.get(ending, PLAIN),
    )
    response["Access-Control-Allow-Origin"] = "*"
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
