"""Where the links of our mails lead: an address confirmed, or forgotten. Reading a link changes nothing: a button does."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tracker import alerts, following
from tracker.contribute.receipt import private


def _stop(contact: Any, *, now: datetime) -> None:
    alerts.stop(contact)


def _unfollow(subscription: Any, *, now: datetime) -> None:
    following.forget(subscription)


# For each use of a link: whose mail it came with, and what its button does.
_USES: Mapping[str, tuple[Callable[..., Any], Callable[..., None]]] = {
    "confirm": (alerts.of_link, alerts.confirm),
    "stop": (alerts.of_link, _stop),
    "follow": (following.of_link, following.confirm),
    "unfollow": (following.of_link, _unfollow),
}


# The address is the key, and programs of mail services press the button too (RFC 8058), without any cookie.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str, *, use: str) -> HttpResponse:
    """A button, since mail services follow the links of mails by themselves; then what `use` says is done."""
    (of_link, act), now = _USES[use], timezone.now()
    whose = of_link(token, use=use, now=now)
    if whose is None:
        return private(HttpResponseNotFound(render_to_string("404.html")))
    if request.method == "POST":
        act(whose, now=now)
    done = request.method == "POST" or (use in ("confirm", "follow") and whose.confirmed_at is not None)
    return private(render(request, "contribute/mail.html", {"use": use, "done": done}))
