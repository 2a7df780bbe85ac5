"""The page that an invited actor is sent to: its sheet, and the form of its answer."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from indicators.models import Edition
from tracker import inviting
from tracker.contribute.forms import ContributionForm
from tracker.contribute.receipt import private
from tracker.models import Contribution
from tracker.visitors import address_of

ASKED = {
    "party": gettext_lazy("In whose name"),
    "statement": gettext_lazy("The answer, as it is to be published"),
    "url": gettext_lazy("A document that supports it, if any"),
    "email": gettext_lazy("E-mail address, for the answer to this"),
}


@csrf_exempt  # its address is the key, and no other site knows it
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The form; then on to the receipt. The same answer for a link that is wrong and for one whose time is over."""
    now = timezone.now()
    invited = inviting.of_link(token, now=now)
    if invited is None:
        return private(HttpResponseNotFound(render_to_string("404.html")))
    told = {"kind": Contribution.Kind.REPLY, "actor": invited.actor.slug}
    today = timezone.localdate(now)
    if request.method == "POST":
        form = ContributionForm({name: request.POST.get(name, "") for name in ASKED} | told, today=today)
        if form.is_valid():
            receipt = inviting.answer(invited, form.sent(), address=address_of(request), now=now)
            return private(HttpResponseRedirect(reverse("receipt", args=[receipt])))
    else:
        form = ContributionForm(initial=told | {"party": invited.actor.name}, today=today)
    for name, label in ASKED.items():
        form.fields[name].label, form.fields[name].help_text = label, ""
    context = {
        "invited": invited,
        "form": form,
        "fields": [form[name] for name in ASKED],
        "edition": Edition.objects.order_by("-cut_off_on", "-pk").first(),
    }
    return private(render(request, "contribute/invitation.html", context, status=422 if form.errors else 200))
