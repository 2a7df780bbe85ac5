"""The ledger for everybody: a page that says how to verify it, and all that this takes as downloads."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import condition, require_safe

from indicators.models import Checkpoint, LedgerEntry

LATEST = 12
LINES = "application/jsonl; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """How anybody finds out whether something that we published was changed afterwards."""
    checkpoint = Checkpoint.objects.last()
    context = {
        "checkpoint": checkpoint,
        "size": LedgerEntry.objects.count(),
        "entries": LedgerEntry.objects.order_by("-number")[:LATEST],
        "keys": _public_keys(),
    }
    return render(request, "site/verify.html", context)


def _last_hash(request: HttpRequest, model: type) -> str:
    last = model.objects.last()
    return f'"{last.pk}-{last.hash}"' if last else '"empty"'


@require_safe
@condition(etag_func=_last_hash)
def lines(request: HttpRequest, model: type[LedgerEntry | Checkpoint]) -> HttpResponseBase:
    """All entries, or all checkpoints, one canonical JSON on a line, as long as they are read."""
    return _download(StreamingHttpResponse(_lines(model.objects.all()), content_type=LINES))


@require_safe
def public_keys(request: HttpRequest) -> HttpResponse:
    """The public keys that have signed, in hexadecimal, the oldest first."""
    return _download(HttpResponse("".join(f"{key}\n" for key in _public_keys()), content_type=PLAIN))


@require_safe
def verifier(request: HttpRequest) -> HttpResponseBase:
    """The program that verifies, as it stands in the sources."""
    source = settings.BASE_DIR / "docs" / "verify_ledger.py"
    return _download(FileResponse(source.open("rb"), content_type=PLAIN))


# Data has no language: these addresses stand beside those of the API, not among the pages.
download_urlpatterns = [
    path("donnees/ledger.jsonl", lines, {"model": LedgerEntry}, name="ledger"),
    path("donnees/checkpoints.jsonl", lines, {"model": Checkpoint}, name="checkpoints"),
    path("donnees/ledger-keys.txt", public_keys, name="ledger-keys"),
    path("donnees/verify_ledger.py", verifier, name="verifier"),
]


def _lines(rows: QuerySet[Any]) -> Iterator[str]:
    return (f"{row.line()}\n" for row in rows.iterator())


def _public_keys() -> list[str]:
    announced = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.KEY).values_list("body", flat=True)
    return [json.loads(body)["public_key"] for body in announced]


def _download(response: HttpResponseBase) -> Any:
    response["Access-Control-Allow-Origin"] = "*"
    return response
