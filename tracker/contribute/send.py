"""« Contribuer » : the form by which anybody sends an example, a correction, a reply…, and what it answers."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.csrf import csrf_failure as plain_csrf_failure
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from indicators.models import Actor, Deal, Evidence, Indicator, Statement
from indicators.site.moment import BadParameterError
from indicators.templatetags.display import absolute
from tracker.contribute import guard, words
from tracker.contribute.forms import EXAMPLES, FIELDS, ContributionForm
from tracker.limits import TooManyError
from tracker.models import Contribution
from tracker.receiving import Known, known, receive
from tracker.visitors import address_of
from tracker.watchers import plaintext

_NAMED: dict[str, tuple[Any, Promise]] = {
    "deal": (Deal, gettext_lazy("the name of a deal in an address")),
    "actor": (Actor, gettext_lazy("the name of an actor in an address")),
    "corrects": (Statement, gettext_lazy("the name of a statement in an address")),
}
BODY_LIMIT = 100_000  # bytes; the longest form that can be filled in takes less than half of it


@csrf_exempt  # judged below, once the body is known to be small enough to be read
def contribute(request: HttpRequest) -> HttpResponse:
    """The form; 303 to the receipt for a browser, 201 with its address for a program."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > BODY_LIMIT:
        return render(request, "413.html", status=413)
    return _contribute(request)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def _contribute(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        form = ContributionForm(initial=_asked_for(request), today=timezone.localdate())
        return _page(request, form, known_page=_known(form.initial.get("url", "")))
    form = ContributionForm(request.POST, today=timezone.localdate())
    valid = form.is_valid()
    if "look" in request.POST:
        return _look(request, form)
    if not valid:
        return _refuse(request, form)
    return _take(request, form, now=timezone.now())


def _take(request: HttpRequest, form: ContributionForm, *, now: datetime) -> HttpResponse:
    """Store what was sent, with what looks like spam in it; or say when to come back."""
    sent = form.sent()
    try:
        found = guard.marks(request, url=sent.url, statement=sent.statement, quote=sent.quote, now=now)
    except TooManyError as error:
        return _later(request, form, error, now=now)
    marks = tuple({"field": "form", "mark": name} for name in found)
    token = receive(replace(sent, marks=sent.marks + marks), address=address_of(request), now=now)
    return _sent(request, reverse("receipt", args=[token]))


def _later(
    request: HttpRequest, form: ContributionForm, error: TooManyError, *, now: datetime
) -> HttpResponse:
    """Too many came: the form comes back as it was filled in, and says from when on it may be sent again."""
    minutes = error.minutes(now)
    told = ngettext(
        "Very much is coming in just now, from your network or from everywhere. Nothing you typed is lost: send it"
        " again in %(minutes)d minute.",
        "Very much is coming in just now, from your network or from everywhere. Nothing you typed is lost: send it"
        " again in %(minutes)d minutes.",
        minutes,
    )
    form.add_error(None, told % {"minutes": minutes})
    if "application/json" in request.headers.get("Accept", ""):
        response: HttpResponse = JsonResponse({"errors": form.errors}, status=429)
    else:
        response = _page(request, form, status=429)
    response["Retry-After"] = str(error.seconds(now))
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose token is missing or old; of ours nothing that was typed is lost."""
    match = request.resolver_match
    if match is None or match.func is not contribute:
        return plain_csrf_failure(request, reason)
    form = ContributionForm(request.POST, today=timezone.localdate())
    form.is_valid()
    form.errors.clear()
    form.add_error(None, _("This page was open for too long. Nothing is lost: send it again."))
    return _page(request, form, status=403)


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """What the address asks to fill in. Raises BadParameterError for what does not exist."""
    told = {
        name: plaintext.clean(request.GET[name])
        for name in ("kind", "url", "indicator", "evidence", *_NAMED)
        if request.GET.get(name)
    }
    codes = list(Indicator.objects.values_list("code", flat=True)) if "indicator" in told else []
    if "kind" in told and told["kind"] not in FIELDS:
        raise BadParameterError("kind", told["kind"], ", ".join(FIELDS))
    if "indicator" in told and told["indicator"] not in codes:
        raise BadParameterError("indicator", told["indicator"], ", ".join(codes))
    number = told.get("evidence", "0")
    if "evidence" in told and not (
        number.isdecimal() and len(number) < 8 and Evidence.objects.filter(number=int(number)).exists()
    ):
        raise BadParameterError("evidence", number, _("the number of an evidence"))
    for name, (model, expected) in _NAMED.items():
        if name in told and not model.objects.filter(slug=told[name]).exists():
            raise BadParameterError(name, told[name], str(expected))
    return told


def _known(url: str) -> Known | None:
    return known(url) if url else None


def _page(
    request: HttpRequest,
    form: ContributionForm,
    *,
    status: int = 200,
    known_page: Known | None = None,
    looked: bool = False,
) -> HttpResponse:
    context = {
        "form": form,
        "title": words.TITLES[form.sort],
        "standfirst": words.STANDFIRSTS.get(form.sort, ""),
        "is_example": form.sort in EXAMPLES,
        "others": [
            (kind, title)
            for kind, title in words.TITLES.items()
            if kind not in (form.sort, Contribution.Kind.COUNTER_EXAMPLE)
        ],
        "clock": Contribution.CLOCKS[form.sort],
        "known": known_page,
        "looked": looked,
        "about": _about(form),
        "guard": guard.of_page(request, now=timezone.now(), busy=status == 429),
        "later": status == 429,
    }
    response = render(request, "contribute/form.html", context, status=status)
    add_never_cache_headers(response)
    return response


def _look(request: HttpRequest, form: ContributionForm) -> HttpResponse:
    """Only the link was asked about: whatever else is missing is not said yet."""
    wrong = {name: errors for name, errors in form.errors.items() if name == "url"}
    form.errors.clear()
    form.errors.update(wrong)
    link = form.cleaned_data.get("url", "")
    return _page(request, form, status=422 if wrong else 200, known_page=_known(link), looked=bool(link))


def _about(form: ContributionForm) -> dict[str, Any]:
    """What it is about, to be shown by name."""
    number = str(form["evidence"].value() or "") if "evidence" in form.fields else ""
    is_number = number.isdecimal() and len(number) < 8
    told: dict[str, Any] = {
        "evidence": Evidence.objects.filter(number=int(number)).first() if is_number else None
    }
    for name, (model, _expected) in _NAMED.items():
        slug = str(form[name].value() or "")
        found = model.objects.filter(slug=slug[:120]).first() if slug and slug.isprintable() else None
        told[name] = found
    return told


def _refuse(request: HttpRequest, form: ContributionForm) -> HttpResponse:
    """What is missing or wrong, beside its field; to a program by name."""
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"errors": form.errors}, status=422)
    url = form.cleaned_data.get("url", "")
    return _page(request, form, status=422, known_page=_known(url))


def _sent(request: HttpRequest, path: str) -> HttpResponse:
    """Browsers go to the receipt, so that a page that is loaded again sends nothing twice."""
    if "text/html" in request.headers.get("Accept", ""):
        response = HttpResponse(status=303)
        response["Location"] = path
    else:
        response = JsonResponse({"receipt": absolute(path)}, status=201)
        response["Location"] = path
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return response
