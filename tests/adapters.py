"""The product's own functions in the shape that acceptance tools ask for."""

import json
import os

import django
from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.test import override_settings
from django.urls import reverse
from django.utils.translation import override

from tests.vectors import vector as vector_of
from tracker.fetch import UNCONDITIONAL, FetchError, Question, Response, Validators, send_all
from tracker.watchers import Unread, UnreadableError, read_all, read_alone
from tracker.watchers.entry import IncompleteError, Page, Request
from tracker.watchers.wire import page_to_json

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")
django.setup()

_FORMATS = {"eforms": "eforms", "ocds": "ocds"}


class DocumentRefused(Exception):
    """The document was refused, in words."""


def parse(document: bytes, content_type: str | None, kind: str) -> list[dict]:
    """The entries of a document as plain dictionaries, read as the worker reads them."""
    try:
        page = _read(
            Unread(format=_FORMATS.get(kind, "feed"), body=document, content_type=content_type or "")
        )
    except UnreadableError as error:
        raise DocumentRefused(str(error)) from error
    return json.loads(page_to_json(page)).get("entries", [])


def fetch(url: str, state: dict) -> dict:
    """Fetch and read one feed as the worker does, keeping in `state` what a source keeps between two fetches."""
    allowed = frozenset(filter(None, [os.environ.get("HOSTILE_ALLOW")]))
    try:
        with override_settings(FETCH_ALLOW=allowed, FETCH_CONNECT_SECONDS=2, FETCH_TOTAL_SECONDS=8):
            response = _ask(url, state.get("validators", UNCONDITIONAL))
        if response.not_modified:
            state["validators"] = response.validators
            return {"result": "unchanged", "entries": 0}
        content_type = response.headers.get("content-type", "")
        told = {"url": response.final_url, "content_type": content_type}
        page = _read(Unread(format="feed", body=response.body, **told))
    except FetchError as error:
        result = error.kind if error.kind in {"gone", "backoff"} else "error"
        return {"result": result, "entries": 0, "error": str(error), "kind": error.kind}
    except (UnreadableError, IncompleteError) as error:
        return {"result": "error", "entries": 0, "error": str(error)}
    # Only now: the validators of a page that nobody could read would hide its repair behind a 304.
    state["validators"] = response.validators
    return {"result": "moved" if response.permanent_url else "ok", "entries": len(page.entries)}


def fetch_url(url: str) -> bytes:
    """What a public URL brings."""
    return _ask(url, UNCONDITIONAL).body


def vector(function: str, input: dict) -> object:
    """The answer of one pure rule of the registry or of the index to one test vector."""
    return vector_of(function, input)


def pages() -> list[str]:
    """The addresses of the public pages, one or more of every kind, in both languages."""
    names = ("home", "evidence_list", "watch", "method", "registry")
    rows = [row for name in ("Action", "Indicator", "Evidence") for row in _first_rows(name)]
    paths = []
    for language, _ in settings.LANGUAGES:
        with override(language):
            paths += [reverse(name) for name in names] + [row.get_absolute_url() for row in rows]
    return [settings.SITE_URL + path for path in paths]


def _ask(url: str, validators: Validators) -> Response:
    """One question among a round's: `send_all`, as the worker asks."""
    [[(_number, answer)]] = send_all([Question(request=Request(url=url), validators=validators)])
    if isinstance(answer, FetchError):
        raise answer
    return answer


def _read(unread: Unread) -> Page:
    """In the child that a round shares, or alone where that leaves it: as the worker reads."""
    [(_number, page)] = read_all([unread])
    page = read_alone(unread) if page is None else page
    if not isinstance(page, Page):
        raise page
    return page


def _first_rows(model: str) -> list[Model]:
    return list(apps.get_model("indicators", model).objects.all()[:10])
