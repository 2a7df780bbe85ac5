"""Where the links of our mails lead: an address confirmed, or forgotten. Reading a link changes nothing: a button does."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tracker import alerts, following
from tracker.contribute.receipt import private

# Their addresses are the key, and programs of mail services press the button too (RFC 8058), without any cookie.


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """A button, since mail services follow the links of mails by themselves; then it is confirmed."""
    now = timezone.now()
    return _answer(request, token, use="confirm", act=lambda contact: alerts.confirm(contact, now=now))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """A button, or one click in the mail program: nothing more is sent, and the address is erased."""
    return _answer(request, token, use="stop", act=alerts.stop)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """The same for who wants to follow something."""
    now = timezone.now()
    return _answer(request, token, use="follow", act=lambda row: following.confirm(row, now=now))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unfollow(request: HttpRequest, token: str) -> HttpResponse:
    """The same for who follows it no more."""
    return _answer(request, token, use="unfollow", act=following.forget)


def _answer(request: HttpRequest, token: str, *, use: str, act: Callable[[Any], None]) -> HttpResponse:
    room = following if use in ("follow", "unfollow") else alerts
    whose = room.of_link(token, use=use, now=timezone.now())
    if whose is None:
        return private(HttpResponseNotFound(render_to_string("404.html")))
    if request.method == "POST":
        act(whose)
    done = request.method == "POST" or (use in ("confirm", "follow") and whose.confirmed_at is not None)
    return private(render(request, "contribute/mail.html", {"use": use, "done": done}))
