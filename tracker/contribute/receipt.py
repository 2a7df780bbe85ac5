"""The receipt: where a contribution stands, for whoever holds its address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from indicators.models import Deal, Evidence, Proposal, StatusChange
from tracker import stories
from tracker.limits import TooManyError, admit_to_receipt
from tracker.models import Candidate, Contact, Contribution, Decision, Document
from tracker.receiving import Known, erase, known_of, of_receipt
from tracker.refusals import REASONS
from tracker.visitors import address_of

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a contribution stands: waiting behind so many others, or decided, with what came of it."""

    candidate: Candidate
    ahead: int = 0  # contributions that came before and wait still
    decision: Decision | None = None
    reason: str = ""
    changes: Sequence[StatusChange] = ()
    handed: Proposal | None = None  # what the editors of the registry were handed
    deal: Deal | None = None  # what stands in the registry by it

    @property
    def decided(self) -> bool:
        return self.candidate.state in Candidate.DECIDED

    @property
    def evidence(self) -> Evidence | None:
        return self.decision.evidence if self.decision else None


@csrf_exempt  # its address is the key, and no other site knows it; browsers tell no origin from a page without referrer
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """The page of one contribution; the same answer for an address that is wrong, expired or erased.

    Too many looks from one network are told to wait, whether their addresses are right or wrong.
    """
    now = timezone.now()
    try:
        admit_to_receipt(address=address_of(request), now=now)
    except TooManyError as error:
        told = {"minutes": error.minutes(now)}
        response = private(HttpResponse(render_to_string("429.html", told), status=429))
        response["Retry-After"] = str(error.seconds(now))
        return response
    contribution = of_receipt(token)
    if contribution is None:
        _page(request, _of_nobody(now=now), now=now)  # so that a wrong address is answered no sooner
        return HttpResponseNotFound(_not_found(get_language()), headers=_HEADERS)
    if request.method == "POST":
        erase(contribution)
        return private(render(request, "contribute/erased.html"))
    return private(_page(request, contribution, now=now))


@cache
def _not_found(language: str) -> str:
    """The page for a wrong address, made once: it comes beside the work that a right one costs."""
    return render_to_string("404.html")


def _page(request: HttpRequest, contribution: Contribution, *, now: datetime) -> HttpResponse:
    context = {
        "late": contribution.due_at < now,
        "contribution": contribution,
        "standing": _standing(contribution),
        "known": _known_before(contribution.document),
    }
    return render(request, "contribute/receipt.html", context)


def _of_nobody(*, now: datetime) -> Contribution:
    """A contribution that was never sent."""
    document = Document(pk=0, url="https://nobody.example/")
    contribution = Contribution(
        kind=Contribution.Kind.EXAMPLE, document=document, received_at=now, due_at=now
    )
    Contact(contribution=contribution)
    return contribution


def private(response: HttpResponse) -> HttpResponse:
    """The answer, which nobody keeps, lists or is told about."""
    for name, value in _HEADERS.items():
        response[name] = value
    return response


def _standing(contribution: Contribution) -> Standing:
    rows = Candidate.objects.filter(document=contribution.document_id).select_related("merged_into")
    candidate = rows.order_by("pk").first() or Candidate()
    if candidate.state not in Candidate.DECIDED:
        before = Contribution.objects.waiting().filter(received_at__lt=contribution.received_at)
        return Standing(candidate=candidate, ahead=before.count())
    told = candidate.merged_into or candidate
    decision = told.decisions.select_related("evidence").order_by("-step").first()
    changes = (
        StatusChange.objects.moved().filter(evidence=decision.evidence_id)
        if decision and decision.evidence_id
        else []
    )
    reason = REASONS.get(decision.reason, "") if decision else ""
    handed = _handed(decision)
    return Standing(
        candidate=candidate,
        handed=handed,
        deal=Deal.objects.filter(slug=handed.deal_slug).first() if handed else None,
        decision=decision,
        reason=str(reason),
        changes=list(changes and changes.select_related("indicator")),
    )


def _handed(decision: Decision | None) -> Proposal | None:
    if not decision or decision.act.get("verb") != "hand_over":
        return None
    return Proposal.objects.filter(pk=decision.act["made"]).first()


def _known_before(document: Document) -> Known | None:
    """What was known of the page when it was sent, or of its copies."""
    if document.story_id is None:
        return None
    others = stories.of_story(document).exclude(pk=document.pk)
    return known_of(others.values_list("pk", flat=True))
