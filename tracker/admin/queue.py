"""The moderation queue: what waits for a decision, one candidate on one screen, the log of decisions."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.templatetags.display import percent
from tracker import awards, moderation, pace, stories, triage
from tracker.admin.forms import AcceptForm, RejectForm, ReopenForm
from tracker.models import Candidate, Decision, TriageModel
from tracker.weighing import LEAST_CASES


class StateFilter(admin.SimpleListFilter):
    """The queue shows what waits, unless asked for more."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [*Candidate.State.choices, ("all", _("all"))]

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            if choice["query_string"] == changelist.get_query_string(remove=[self.parameter_name]):
                choice["display"] = _("to decide")
            yield choice

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset.waiting(timezone.now())
        return queryset if self.value() == "all" else queryset.filter(state=self.value())


@admin.register(Candidate)
class CandidateAdmin(admin.ModelAdmin):
    list_display = [
        "indicator_code", "title", "level", "likely", "stance", "source", "mentions", "language", "created_at", "state",
    ]  # fmt: skip
    list_display_links = ["title"]
    list_filter = [StateFilter, "indicator", "stance", "document__kind"]
    list_select_related = ["document__source", "indicator"]
    search_fields = ["document__title", "document__text"]
    show_facets = admin.ShowFacets.ALLOW

    @admin.display(description=gettext_lazy("indicator"), ordering="indicator__order")
    def indicator_code(self, candidate: Candidate) -> str:
        return candidate.indicator_code

    @admin.display(description=gettext_lazy("document"), ordering="document__title")
    def title(self, candidate: Candidate) -> str:
        return Truncator(str(candidate.document)).chars(90)

    @admin.display(description=gettext_lazy("source"), ordering="document__source__name")
    def source(self, candidate: Candidate) -> str:
        return candidate.document.source.name

    @admin.display(description=gettext_lazy("language"))
    def language(self, candidate: Candidate) -> str:
        return candidate.document.language

    @admin.display(description=gettext_lazy("what was found"), ordering="-priority")
    def level(self, candidate: Candidate) -> str:
        return LEVELS.get(candidate.priority, "") if candidate.reasons else ""

    @admin.display(description=gettext_lazy("likely to matter"), ordering="likelihood")
    def likely(self, candidate: Candidate) -> str:
        return " · ".join([percent(candidate.likelihood), *candidate.why]) if candidate.why else "—"

    @admin.display(description=gettext_lazy("mentions"), ordering="mentions")
    def mentions(self, candidate: Candidate) -> int:
        return candidate.mentions

    def get_queryset(self, request: HttpRequest) -> QuerySet[Candidate]:
        return stories.with_mentions(super().get_queryset(request))

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Each candidate of the page with the reasons of its place, from one look at what was learned."""
        listing = super().get_changelist_instance(request)
        for candidate, reasons in triage.explained(listing.result_list):
            candidate.why = [why(reason) for reason in reasons]
        return listing

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        told = {"order": order(TriageModel.objects.current())}
        return super().changelist_view(request, (extra_context or {}) | told)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Candidate | None = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One candidate on one screen; every decision is a form post."""
        candidate = self.get_object(request, object_id)
        if candidate is None:
            raise Http404
        may_decide = self.has_change_permission(request, candidate)
        data = request.POST if request.method == "POST" else None
        if not self.has_view_permission(request, candidate) or (data is not None and not may_decide):
            raise PermissionDenied
        asked = next((name for name in DECISIONS if data is not None and name in data), "")
        shown = {
            "accept": AcceptForm(data if asked == "accept" else None, candidate=candidate),
            "reject": RejectForm(data if asked == "reject" else None),
            "reopen": ReopenForm(data if asked == "reopen" else None),
        }
        if asked and shown[asked].is_valid() and _decide(request, candidate, asked, shown[asked]):
            return redirect("admin:tracker_candidate_changelist")
        return TemplateResponse(
            request, "admin/tracker/candidate/change_form.html", self._context(request, candidate, shown)
        )

    def _context(
        self, request: HttpRequest, candidate: Candidate, shown: dict[str, forms.Form]
    ) -> dict[str, Any]:
        document = candidate.document
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": document.title or document.external_id,
            "candidate": candidate,
            "document": document,
            "notice": getattr(document, "notice", None),
            "passages": list(passages(candidate)),
            "chain": awards.chain(document),
            "decided": candidate.state not in Candidate.OPEN,
            "decisions": candidate.decisions.select_related("by", "evidence"),
            "already": moderation.published_from(document),
            "mentions": stories.of_story(document).exclude(pk=document.pk).select_related("source"),
            "why": [why(reason) for _row, reasons in triage.explained([candidate]) for reason in reasons],
            "may_decide": self.has_change_permission(request, candidate),
            "forms": shown,
        }


def _decide(request: HttpRequest, candidate: Candidate, asked: str, form: forms.Form) -> bool:
    """Call the verb that was asked for; a refusal comes back as a sentence, beside the form as it was filled."""
    now = timezone.now()
    try:
        if asked == "accept":
            decision = moderation.accept(
                candidate,
                event=form.event(),
                citation=form.citation(),
                assessments=[form.assessment()],
                by=request.user,
                now=now,
                conflict_of_interest=form.cleaned_data["conflict_of_interest"],
            )
            messages.success(
                request, _("Published as evidence n° %(number)d.") % {"number": decision.evidence.number}
            )
        else:
            verb = moderation.reject if asked == "reject" else moderation.reopen
            verb(candidate, by=request.user, now=now, **form.cleaned_data)
            messages.success(request, _("Your decision is recorded."))
    except (moderation.AlreadyDecidedError, pace.StoppedError) as error:
        messages.error(request, str(error))
        return False
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    return True


DECISIONS = ("accept", "reject", "reopen")
LEVELS = {
    1: gettext_lazy("subject only: read the documents"),
    2: gettext_lazy("words"),
    3: gettext_lazy("a structured fact"),
    4: gettext_lazy("a clause"),
}


WEIGHED = {
    "format": gettext_lazy("format"),
    "indicator": gettext_lazy("indicator"),
    "kind": gettext_lazy("kind"),
    "language": gettext_lazy("language"),
    "level": gettext_lazy("what was found"),
    "rule": gettext_lazy("rule"),
    "source": gettext_lazy("source"),
    "tier": gettext_lazy("tier"),
    "word": gettext_lazy("word"),
}


def why(reason: triage.Reason) -> str:
    """A reason of the order in words: + word fournisseurs."""
    value = LEVELS.get(int(reason.value), reason.value) if reason.kind == "level" else reason.value
    return f"{'+' if reason.speaks_for else '−'} {WEIGHED[reason.kind]} {value}"


def order(model: TriageModel | None) -> str:
    """By what the queue is ordered, and how right that was."""
    if model is None:
        told = _(
            "Ordered by what was found. The order is learned from your decisions once there are %(least)s."
        )
        return told % {"least": LEAST_CASES}
    facts = {name: getattr(model, name) for name in ("decisions", "tested", "top")}
    facts |= {"precision": percent(model.precision or 0.0), "base": percent(model.base_rate or 0.0)}
    if model.followed:
        told = _(
            "Most likely accepted first, as learned from %(decisions)s decisions; it rejects nothing. Tried on the"
            " %(tested)s newest: of the %(top)s that it put first, %(precision)s had been accepted; of all, %(base)s."
        )
    else:
        told = _(
            "Ordered by what was found: what %(decisions)s decisions taught is no better than chance. Tried on the"
            " %(tested)s newest: of the %(top)s that it put first, %(precision)s had been accepted; of all, %(base)s."
        )
    return told % facts


def passages(candidate: Candidate) -> Iterator[dict[str, Any]]:
    """Each text of the document, cut into pieces that are marked or not, so that no markup is built by hand."""
    document = candidate.document
    others = [("texts", code, text) for code, text in document.texts.items() if code != document.language]
    own = [("title", document.language, document.title), ("text", document.language, document.text)]
    for field, language, text in [*own, *others]:
        spans = sorted(
            (reason["start"], reason["end"])
            for reason in candidate.reasons
            if reason["field"] == field
            and reason["end"] > 0
            and (field != "texts" or reason["language"] == language)
        )
        if text:
            yield {
                "field": field,
                "language": language,
                "pieces": list(_pieces(text, spans)),
                "hit": bool(spans),
            }


def _pieces(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    place = 0
    for start, end in spans:
        if start >= place:
            yield text[place:start], False
            yield text[start:end], True
            place = end
    yield text[place:], False


@admin.register(Decision)
class DecisionAdmin(admin.ModelAdmin):
    list_display = ["decided_at", "candidate", "verdict", "reason", "by", "evidence"]
    list_filter = ["verdict", "reason", "by"]
    list_select_related = ["candidate__document", "candidate__indicator", "by", "evidence"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False
