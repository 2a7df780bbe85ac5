"""« Suivre » : feeds, and mails for who wants them."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tracker import following
from tracker.models import Subscription


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
    form = FollowForm(request.POST if request.method == "POST" else None)
    asked, status = False, 200
    if form.is_bound and form.is_valid():
        told = form.cleaned_data | {"language": get_language() or "", "now": timezone.now()}
        try:
            following.ask(told.pop("email"), **told)
            asked, status = True, 201
        except following.TooManySubscriptionsError:
            form.add_error(None, _("Very many ask just now: come back in an hour."))
            status = 429
    elif form.is_bound:
        status = 422
    response = render(request, "contribute/follow.html", {"form": form, "asked": asked}, status=status)
    add_never_cache_headers(response)
    return response
