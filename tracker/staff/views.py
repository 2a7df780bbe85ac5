"""The way in: password, then the second factor, made at the first log-in, and replaced with the phone."""

from datetime import timedelta
from typing import Any

import segno
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import login
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as pass_second_factor

from tracker import accounts, lockout
from tracker.staff.forms import CodeForm, EnrolForm, LoginForm, NewPhoneForm
from tracker.staff.reauth import recently_confirmed, remember
from tracker.visitors import address_of

SESSION = timedelta(hours=12)
_ENROLLING, _REPLACING = "enrolling", "replacing"


class PasswordView(LoginView):
    """The first step; a session begins, which opens nothing yet, and ends twelve hours later whatever is done in it."""

    authentication_form = LoginForm
    template_name = "staff/login.html"

    def form_valid(self, form: LoginForm) -> HttpResponse:
        login(self.request, form.get_user())
        self.request.session.set_expiry(timezone.now() + SESSION)
        return redirect(second_step(self.request))

    def form_invalid(self, form: LoginForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 429 if form.locked else 200
        return response


def second_step(request: HttpRequest) -> str:
    """The address of the second step, which leads on to where somebody wanted to go."""
    return redirect_to_login(_next(request), reverse("admin:second_factor")).url


def first_step(request: HttpRequest) -> HttpResponse:
    """The password."""
    told = _context(request, {"title": _("Log in"), "next": _next(request)})
    return PasswordView.as_view(extra_context=told)(request)


@sensitive_post_parameters()
@csrf_protect
@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """The second step: a code, or at the first log-in the making of what makes codes."""
    user = request.user
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    if user.is_verified():
        return redirect(_next(request))
    if accounts.second_factor(user) is None:
        return _enrol(request)
    form = CodeForm(request.POST or None, user=user)
    if not form.is_valid():
        return _page(request, "staff/code.html", {"title": _("Second factor"), "form": form})
    _let_in(request, form)
    lockout.forgive(user.get_username())
    return redirect(_next(request))


@recently_confirmed
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """How many recovery codes are left, and new ones, shown once."""
    if request.method == "POST":
        return _show_codes(request)
    left = accounts.recovery_codes_left(request.user)
    return _page(request, "staff/recovery.html", {"title": _("Recovery codes"), "left": left})


@sensitive_post_parameters()
def new_phone(request: HttpRequest) -> HttpResponse:
    """Another app instead of the present one; every other session of the account ends, and its history says so."""
    key, user = request.session.setdefault(_REPLACING, accounts.new_key()), request.user
    form = NewPhoneForm(request.POST or None, user=user, address=address_of(request), key=key)
    if form.is_valid() and (device := accounts.replace(user, key=key, code=form.cleaned_data["new_code"])):
        del request.session[_REPLACING]
        pass_second_factor(request, device)
        remember(request, now=timezone.now())
        accounts.end_sessions(user, but=request.session.session_key)
        told = _("Second factor replaced; every other session ended.")
        LogEntry.objects.log_actions(user.pk, [user], CHANGE, told, single_object=True)
        messages.success(request, told)
        return redirect("admin:index")
    return _page(request, "staff/phone.html", {"title": _("Another phone"), "form": form} | _shown(user, key))


def _enrol(request: HttpRequest) -> HttpResponse:
    key = request.session.setdefault(_ENROLLING, accounts.new_key())
    form = EnrolForm(request.POST or None, user=request.user, key=key)
    if form.is_valid():
        del request.session[_ENROLLING]
        _let_in(request, form)
        return _show_codes(request)
    told = {"title": _("Set up the second factor"), "form": form}
    return _page(request, "staff/enrol.html", told | _shown(request.user, key))


def _shown(user: AbstractBaseUser, key: str) -> dict[str, str]:
    """The key of an app in the three forms in which people take it over."""
    address = accounts.unconfirmed(user, key).config_url
    return {"key": accounts.spoken(key), "square": _square(address), "address": address}


def _let_in(request: HttpRequest, form: CodeForm) -> None:
    pass_second_factor(request, form.device)
    remember(request, now=timezone.now())


def _show_codes(request: HttpRequest) -> HttpResponse:
    codes = accounts.new_recovery_codes(request.user)
    return _page(request, "staff/codes.html", {"title": _("Recovery codes"), "codes": codes})


def _square(address: str) -> str:
    """The address as a QR code, itself an address that an image can show."""
    return segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")


def _page(request: HttpRequest, template: str, told: dict[str, Any]) -> HttpResponse:
    context = _context(request, told | {"next": _next(request)})
    return TemplateResponse(request, template, context, headers={"Cache-Control": "no-store"})


def _context(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    return admin.site.each_context(request) | told


def _next(request: HttpRequest) -> str:
    """Where somebody wanted to go, if it is a page of ours; else the workplace."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else reverse("admin:index")
