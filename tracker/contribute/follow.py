"""« Suivre » : feeds, and mails for who wants them."""

from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from tracker import following, limits
from tracker.models import Subscription
from tracker.visitors import address_of


class FollowForm(forms.Form):
    """To which address, about what, how often."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    subject = forms.ChoiceField(label=gettext_lazy("What"), choices=following.subjects)
    frequency = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=Subscription.Frequency,
        initial=Subscription.Frequency.WEEKLY,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """The feeds, and a form; the same answer whether an address follows it already or not."""
    form, now = FollowForm(request.POST if request.method == "POST" else None), timezone.now()
    asked, status, wait = False, 200, 0
    if form.is_bound and form.is_valid():
        told = form.cleaned_data | {"language": get_language() or "", "now": now}
        try:
            limits.admit_follower(address=address_of(request), now=now)
            following.ask(told.pop("email"), **told)
            asked, status = True, 201
        except limits.TooManyError as error:
            form.add_error(None, _in_words(error, now=now))
            status, wait = 429, error.seconds(now)
    elif form.is_bound:
        status = 422
    response = render(request, "contribute/follow.html", {"form": form, "asked": asked}, status=status)
    add_never_cache_headers(response)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _in_words(error: limits.TooManyError, *, now: datetime) -> str:
    minutes = error.minutes(now)
    return ngettext(
        "Very many ask just now, from your network or from everywhere: come back in %(minutes)d minute.",
        "Very many ask just now, from your network or from everywhere: come back in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
