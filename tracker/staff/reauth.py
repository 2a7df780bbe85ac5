"""Before a grave step: password and code once more, unless they were given within the last ten minutes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tracker.staff.forms import ConfirmForm
from tracker.visitors import address_of

FRESH = timedelta(minutes=10)
_KEY = "confirmed_at"
_GRAVE_VIEWS = ("delete_view", "user_change_password")
# What is posted here changes what everybody reads, or lets somebody do much at once.
_GRAVE_POSTS = frozenset(
    {
        "indicators_override_change",
        "indicators_proposal_change",
        "tracker_freeze_add",
        "tracker_freeze_changelist",
        "tracker_publishingstop_changelist",
    }
)


def confirmed_if_grave(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view of the admin that asks for password and code first, where what it does, or what is posted to it, is grave."""
    confirmed = recently_confirmed(view)
    if getattr(view, "__name__", "") in _GRAVE_VIEWS:
        return confirmed

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        is_grave = request.method == "POST" and request.resolver_match.url_name in _GRAVE_POSTS
        return (confirmed if is_grave else view)(request, *args, **kwargs)

    return asked


def recently_confirmed(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of views and actions of the admin: asks for password and code first, then goes on with the same form.

    What was typed is kept: the page that asks carries it along, and posts it to the same address.
    """

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        request = next(each for each in args if isinstance(each, HttpRequest))
        now = timezone.now()
        if is_fresh(request, now=now):
            return view(*args, **kwargs)
        given = request.POST if _is_answered(request) else None
        form = ConfirmForm(given, user=request.user, address=address_of(request))
        if not form.is_valid():
            return _ask(request, form)
        remember(request, now=now)
        return view(*args, **kwargs) if _kept(request) else redirect(request.get_full_path())

    return asked


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Whether this session gave password and code within the last ten minutes."""
    told = request.session.get(_KEY)
    return told is not None and timedelta() <= now - datetime.fromisoformat(told) < FRESH


def remember(request: HttpRequest, *, now: datetime) -> None:
    """Password and code were given now: under a new session key, so that an older one is worth nothing."""
    request.session.cycle_key()
    request.session[_KEY] = now.isoformat()


def _is_answered(request: HttpRequest) -> bool:
    return request.method == "POST" and "confirm-password" in request.POST


def _ask(request: HttpRequest, form: ConfirmForm) -> HttpResponse:
    told = {"title": _("Confirm that it is you"), "form": form, "kept": _kept(request)}
    context = admin.site.each_context(request) | told
    return TemplateResponse(request, "staff/confirm.html", context, headers={"Cache-Control": "no-store"})


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What the form held that led here, field by field."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and not name.startswith("confirm-")
    ]
