"""The page that an invited actor is sent to: its sheet, the form of its answer, and the one that contests a line."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from indicators.models import Edition
from tracker import inviting
from tracker.contribute.forms import ContributionForm
from tracker.contribute.receipt import private
from tracker.models import Contribution, Invitation
from tracker.visitors import address_of

ASKED = {
    "party": gettext_lazy("In whose name"),
    "statement": gettext_lazy("The answer, as it is to be published"),
    "url": gettext_lazy("A document that supports it, if any"),
    "email": gettext_lazy("E-mail address, for the answer to this"),
}
CONTESTED = {
    "statement": gettext_lazy("What it should say instead, and why"),
    "url": gettext_lazy("A document that shows it, if any"),
    "email": gettext_lazy("E-mail address, for the answer to this"),
}


class LineForm(forms.Form):
    """Which line of the sheet is contested."""

    line = forms.ChoiceField(
        label=gettext_lazy("Which line of the sheet"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), gettext_lazy("Choose a line that you do not contest already.")
        ),
    )

    def __init__(self, *args: Any, lines: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = [("", "—"), *((line, name[:160]) for line, name in lines.items())]


@csrf_exempt  # its address is the key, and no other site knows it
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The forms; then on to the receipt. The same answer for a link that is wrong and for one whose time is over."""
    now = timezone.now()
    invited = inviting.of_link(token, now=now)
    if invited is None:
        return private(HttpResponseNotFound(render_to_string("404.html")))
    contests = "contest" in request.POST
    sent = {"address": address_of(request), "now": now}
    reply = _form(request, invited, Contribution.Kind.REPLY, asked=ASKED, bound=not contests)
    contest = _form(request, invited, Contribution.Kind.CORRECTION, asked=CONTESTED, bound=contests)
    line = LineForm(request.POST if contests else None, lines=inviting.lines_of(invited.actor))
    if contests and line.is_valid() and contest.is_valid():
        about = line.cleaned_data["line"]
        receipt = inviting.contest(invited, contest.sent(), about=about, **sent)
        return private(HttpResponseRedirect(reverse("receipt", args=[receipt])))
    if not contests and reply.is_valid():
        receipt = inviting.answer(invited, reply.sent(), **sent)
        return private(HttpResponseRedirect(reverse("receipt", args=[receipt])))
    wrong = bool(reply.errors or contest.errors or line.errors)
    context = {
        "invited": invited,
        "wrong": wrong,
        "fields": [reply[name] for name in ASKED],
        "contesting": [line["line"], *(contest[name] for name in CONTESTED)],
        "contested": inviting.contested_by(invited),
        "edition": Edition.objects.order_by("-cut_off_on", "-pk").first(),
    }
    return private(render(request, "contribute/invitation.html", context, status=422 if wrong else 200))


def _form(
    request: HttpRequest, invited: Invitation, kind: str, *, asked: Mapping[str, str | Promise], bound: bool
) -> ContributionForm:
    """The form of a contribution of this kind in the name of the actor, filled in where it was posted."""
    told = {"kind": kind, "actor": invited.actor.slug}
    prefix = {"auto_id": f"{kind}_%s", "today": timezone.localdate()}
    if request.method == "POST" and bound:
        form = ContributionForm({name: request.POST.get(name, "") for name in asked} | told, **prefix)
    else:
        form = ContributionForm(initial=told | {"party": invited.actor.name}, **prefix)
    for name, label in asked.items():
        form.fields[name].label, form.fields[name].help_text = label, ""
    return form
