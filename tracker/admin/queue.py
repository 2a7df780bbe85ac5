"""The moderation queue: what waits for a decision, one candidate on one screen."""

from copy import copy
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.templatetags.display import percent
from tracker import awards, consequences, moderation, stories, triage
from tracker.admin import deciding, telling
from tracker.admin.facets import FACETS, RuleFacet, StateFacet
from tracker.admin.forms import RejectForm
from tracker.models import Candidate, Decision, TriageModel

REACH = 500  # candidates of a list among which one moves from one to the next


@admin.register(Candidate)
class CandidateAdmin(admin.ModelAdmin):
    list_display = ["__str__"]  # the rows are written by change_list_results.html
    list_filter = [StateFacet, *FACETS, RuleFacet]
    list_per_page = 50
    search_fields = ["document__title", "document__text"]
    show_facets = admin.ShowFacets.NEVER  # the filters count for themselves
    show_full_result_count = False
    actions = ["reject_together"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _Line

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Each candidate of the page with what is told of it, asked once for all of them."""
        listing = super().get_changelist_instance(request)
        related = ("document__source", "document__contribution", "indicator", "claimed_by")
        rows = Candidate.objects.select_related(*related).defer("document__text", "document__texts")
        known = stories.with_mentions(rows).in_bulk([candidate.pk for candidate in listing.result_list])
        listing.result_list = [
            known[candidate.pk] for candidate in listing.result_list if candidate.pk in known
        ]
        learned = TriageModel.objects.current()
        listing.order_told = telling.order(learned)
        _tell(listing.result_list, learned, now=timezone.now())
        return listing

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        told = {"title": _("What waits for a decision")}
        return super().changelist_view(request, (extra_context or {}) | told)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Candidate | None = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Reject together, with one reason"), permissions=["change"])
    def reject_together(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> HttpResponse | None:
        """One reason for all that were ticked, after a page that shows them."""
        confirmed = "confirmed" in request.POST
        form = RejectForm(request.POST if confirmed else None, auto_id="id_reject_%s")
        if confirmed and form.is_valid():
            deciding.reject_all(request, list(queryset), **form.cleaned_data)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Reject together"),
            "candidates": queryset,
            "form": form,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/tracker/candidate/reject_together.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One candidate on one screen; every decision is a form post."""
        candidate = self.get_object(request, object_id)
        if candidate is None:
            raise Http404
        may_decide = self.has_change_permission(request, candidate)
        posted = request.POST if request.method == "POST" else None
        if not self.has_view_permission(request, candidate) or (posted is not None and not may_decide):
            raise PermissionDenied
        same, now = telling.same_event(candidate.document), timezone.now()
        shown = deciding.forms_of(candidate, same, posted=posted)
        if posted is not None and "fragment" in posted and "accept" in shown:
            return TemplateResponse(
                request, "admin/tracker/candidate/consequence.html", _outlook(candidate, shown, now=now)
            )
        asked = next((name for name in deciding.VERBS if posted is not None and name in posted), "")
        if asked and asked not in shown:
            messages.error(request, str(moderation.AlreadyDecidedError(candidate.last_decision())))
        if asked in shown and shown[asked].is_valid():
            following = self._beside(request, candidate)[1]
            if deciding.decide(request, candidate, asked, shown[asked]):
                return redirect(following or self._back(request))
        was = candidate.state
        candidate.refresh_from_db(fields=["state", "claimed_by", "claimed_until", "merged_into"])
        if candidate.state != was:
            shown = deciding.forms_of(candidate, same, posted=None)
        if may_decide and _is_for(request.user, candidate):
            moderation.claim(candidate, by=request.user, now=now, take_over="take_over" in (posted or ()))
        context = self._context(request, candidate, shown, same) | _outlook(candidate, shown, now=now)
        return TemplateResponse(request, "admin/tracker/candidate/change_form.html", context)

    def _context(
        self, request: HttpRequest, candidate: Candidate, shown: dict[str, Any], same: Any
    ) -> dict[str, Any]:
        candidate.refresh_from_db(fields=["claimed_by", "claimed_until"])
        document, holder = candidate.document, candidate.holder(timezone.now())
        before, after = self._beside(request, candidate)
        may_decide = self.has_change_permission(request, candidate)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(document),
            "candidate": candidate,
            "document": document,
            "sent": (sent := getattr(document, "contribution", None)),
            "due": sent and telling.due(sent, now=timezone.now()),
            "notice": getattr(document, "notice", None),
            "copies": document.snapshots.select_related("original"),
            "passages": list(telling.passages(candidate)),
            "page": getattr(document, "full_text", None),
            "chain": awards.chain(document),
            "sighting": telling.sighting(candidate),
            "decisions": candidate.decisions.select_related("by", "evidence"),
            **telling.proposal(candidate),
            "same_candidates": same[0],
            "same_evidence": same[1],
            "mentions": stories.of_story(document).exclude(pk=document.pk).select_related("source"),
            "why": [
                telling.why(reason)
                for _row, told in triage.explained([candidate], TriageModel.objects.current())
                for reason in told
            ],
            "level": telling.LEVELS.get(candidate.priority, ""),
            "may_decide": may_decide
            and (holder in (None, request.user) or any(form.is_bound for form in shown.values())),
            "held_by": holder if may_decide and holder != request.user else None,
            "forms": shown,
            "before": before,
            "after": after,
            "back": self._back(request),
        }

    def _beside(self, request: HttpRequest, candidate: Candidate) -> tuple[str, str]:
        """The addresses of the candidates before and after this one in the list that it was opened from.

        Those that somebody else is on are passed over; what is not in the list is followed by its first.
        """
        free = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now()) | Q(claimed_by=request.user)
        line = list(
            self._list(request).filter(free | Q(pk=candidate.pk)).values_list("pk", flat=True)[:REACH]
        )
        place = line.index(candidate.pk) if candidate.pk in line else -1
        before = line[place - 1] if place > 0 else None
        after = next(iter(line[place + 1 :]), None) or next((pk for pk in line if pk != candidate.pk), None)
        return tuple(self._address(request, pk) if pk else "" for pk in (before, after))

    def _list(self, request: HttpRequest) -> QuerySet[Candidate]:
        """The candidates of the list that this page was opened from, in its order."""
        asked = copy(request)
        asked.GET = QueryDict(request.GET.get("_changelist_filters", ""))
        try:
            return super().get_changelist_instance(asked).queryset
        except IncorrectLookupParameters:
            return Candidate.objects.waiting(timezone.now())

    def _address(self, request: HttpRequest, pk: int) -> str:
        kept = self.get_preserved_filters(request)
        return reverse("admin:tracker_candidate_change", args=[pk]) + (f"?{kept}" if kept else "")

    def _back(self, request: HttpRequest) -> str:
        kept = request.GET.get("_changelist_filters", "")
        return reverse("admin:tracker_candidate_changelist") + (f"?{kept}" if kept else "")


class _Line(ChangeList):
    """The candidates of a list by their keys alone: whole rows are too wide to be put in order by the thousand."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str] | None = None) -> QuerySet:
        return super().get_queryset(request, exclude_parameters).only("pk")


def _is_for(person: Any, candidate: Candidate) -> bool:
    """Whether it waits for this moderator: what one proposed waits for another."""
    if candidate.state == Candidate.State.PROPOSED:
        return candidate.last_decision().by != person
    return candidate.state not in Candidate.DECIDED


def _outlook(candidate: Candidate, shown: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """What the decision at hand would do: accept as the form is filled, or undo."""
    moves: list[consequences.Move] = []
    if "accept" in shown:
        moves = shown["accept"].outlook(now=now)
    elif "reopen" in shown and (last := candidate.last_decision()) and last.evidence:
        moves = consequences.of_undoing(last.evidence)
    return {"moves": moves, "needs_second": any(move.needs_second for move in moves)}


def _tell(candidates: list[Candidate], model: TriageModel | None, *, now: datetime) -> None:
    """Give each candidate of a page the words of its row."""
    awaiting = [candidate.pk for candidate in candidates if candidate.state == Candidate.State.PROPOSED]
    proposed = Decision.objects.filter(candidate__in=awaiting, verdict=Decision.Verdict.PROPOSED)
    proposers = {row.candidate_id: row.by for row in proposed.select_related("by").order_by("step")}
    for candidate, reasons in triage.explained(candidates, model):
        candidate.level = telling.LEVELS.get(candidate.priority, "")
        candidate.why = [telling.why(reason) for reason in reasons]
        candidate.likely = percent(candidate.likelihood) if reasons else ""
        candidate.held_by = candidate.holder(now)
        candidate.sent = getattr(candidate.document, "contribution", None)
        if candidate.sent:
            candidate.is_late = candidate.sent.due_at <= now
            candidate.due = telling.due(candidate.sent, now=now)
            candidate.unopened = telling.unopened(candidate.sent)
        if candidate.state == Candidate.State.PROPOSED:
            candidate.proposed_by = proposers.get(candidate.pk)
