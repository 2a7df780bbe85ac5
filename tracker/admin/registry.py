"""The registry of deals: read as it stands; what is entered is a new statement, and what moves totals takes two."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators import editing, registering
from indicators.admin import FixedAdmin
from indicators.models import (
    ArticleAssessment,
    Contradiction,
    Control,
    Deal,
    DealEvent,
    LegAmount,
    Proposal,
    Publication,
    Statement,
)
from tracker.admin import registryforms
from tracker.admin.assessmentform import AssessmentForm
from tracker.admin.controlform import ControlForm
from tracker.admin.paymentform import PaymentForm
from tracker.admin.registryforms import CorrectionForm, DealForm, SettleForm
from tracker.admin.retireform import RetireForm

_OF_A_DEAL = {
    "statement": registryforms.StatementForm,
    "status": registryforms.StatusForm,
    "amount": registryforms.AmendForm,
    "contradiction": registryforms.ContradictionForm,
    "words": registryforms.WordsForm,
    "retirement": RetireForm,
}


class EntryAdmin(FixedAdmin):
    """Rows of the registry as they stand, and one page for each verb that may follow."""

    def enter_page(
        self, request: HttpRequest, form_class: type[forms.Form], *, title: str, **about: Any
    ) -> HttpResponse:
        """The form of one verb; a draft of the queue fills it in."""
        draft = _draft(request)
        data = request.POST if request.method == "POST" else None
        form: Any = form_class(data, initial=_initial(draft, **about), **about)
        if data is not None and form.is_valid():
            entered = self._enter(request, form, title=title, draft=draft)
            if entered is not None:
                return redirect(self._after(entered))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": form.heading,
            "about": title,
            "form": form,
            "draft": draft,
            **about,
        }
        return TemplateResponse(request, "admin/indicators/deal/enter.html", context)

    def _enter(self, request: HttpRequest, form: Any, *, title: str, draft: Proposal | None) -> Model | None:
        entry = form.entry()
        told = {
            "title": title or entry.get("title_fr") or entry.get("actor", ""),
            "copies": form.copies,
            "draft": draft,
        }
        try:
            entered = editing.register(entry, **told, by=request.user, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error.messages)
            return None
        except editing.ProposalClosedError as error:
            self.message_user(request, str(error), messages.ERROR)
            return None
        if isinstance(entered, Proposal):
            done = _("Proposed: it moves what is counted, so that another editor adopts it.")
        else:
            done = _("Entered: it is public now.")
            self.log_addition(request, entered, [{"added": {}}])
        self.message_user(request, done, messages.SUCCESS)
        return entered

    def _after(self, entered: Model) -> str:
        match entered:
            case Proposal():
                return reverse("admin:indicators_proposal_change", args=[entered.pk])
            case Contradiction():
                return reverse("admin:indicators_contradiction_change", args=[entered.pk])
            case ArticleAssessment():
                return reverse("admin:indicators_articleassessment_changelist")
            case Control():
                return reverse("admin:indicators_control_changelist")
            case Statement(deal=None):
                return reverse("admin:indicators_statement_change", args=[entered.pk])
            case LegAmount():
                return reverse("admin:indicators_deal_change", args=[entered.leg.deal_id])
            case Deal():
                return reverse("admin:indicators_deal_change", args=[entered.pk])
        return reverse("admin:indicators_deal_change", args=[entered.deal_id])  # type: ignore[attr-defined]

    def _found(self, request: HttpRequest, object_id: str, *, permission: str) -> Any:
        """The row; 404 where there is none, 403 for who may not see it, or may not do this."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if request.method == "POST" and not request.user.has_perm(f"indicators.{permission}"):
            raise PermissionDenied
        return row


@admin.register(Deal)
class DealAdmin(EntryAdmin):
    list_display = ["__str__", "kind", "status", "announced", "in_totals", "retired_at"]
    list_filter = ["kind", "status", "in_totals", ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["slug", "title_fr", "title_en", "parties__actor__name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("indicators.add_deal"))

    def get_urls(self) -> list[URLPattern]:
        entering = [
            path(
                f"<int:pk>/{change}/",
                self.admin_site.admin_view(partial(self.enter_view, change)),
                name=f"indicators_deal_{change}",
            )
            for change in _OF_A_DEAL
        ]
        payment = self.admin_site.admin_view(self.payment_view)
        return [
            *entering,
            path("<int:pk>/payment/", payment, name="indicators_deal_payment"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.enter_page(request, DealForm, title="")

    def enter_view(self, change: str, request: HttpRequest, pk: int) -> HttpResponse:
        """One verb on a deal: a statement of it, a change of its status or of an amount, a contradiction."""
        form_class: Any = _OF_A_DEAL[change]
        if not request.user.has_perm("indicators.change_deal"):
            raise PermissionDenied
        deal = self._found(request, str(pk), permission="change_deal")
        return self.enter_page(request, form_class, title=deal.title, deal=deal)

    def payment_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The contract behind one payment of a deal (`?leg=`, else the first), and what a source says otherwise."""
        if not request.user.has_perm("indicators.change_deal"):
            raise PermissionDenied
        deal = self._found(request, str(pk), permission="change_deal")
        legs = list(deal.legs.select_related("payer", "payee", "conditional_on").order_by("pk"))
        asked = request.GET.get("leg")
        leg = next((each for each in legs if asked in (None, each.slug)), None)
        if leg is None:
            raise Http404
        return self.enter_page(request, PaymentForm, title=f"{deal.title} · {leg}", deal=deal, leg=leg)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The deal as it stands, with the verbs that may follow."""
        deal = self._found(request, object_id, permission="change_deal")
        legs = deal.legs.select_related("payer", "payee").prefetch_related("amounts")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": deal.title,
            "deal": deal,
            "legs": legs,
            "statements": deal.statements.select_related("publication").prefetch_related("superseded_by"),
            "events": DealEvent.every.filter(deal=deal).order_by("happened", "pk"),
            "warnings": [told for leg in legs for told in registering.disorder(leg)],
            "draft": _draft(request),
            "may": request.user.has_perm("indicators.change_deal") and not deal.retired_at,
        }
        return TemplateResponse(request, "admin/indicators/deal/change_form.html", context)


@admin.register(Statement)
class StatementAdmin(EntryAdmin):
    """What sources say; one is corrected by a new one, which the database enforces."""

    list_display = ["slug", "quote", "publication", "recorded_at"]
    search_fields = ["slug", "quote", "value"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The statement, and the form that corrects it by a new one; a corrected one leads to that."""
        row = self._found(request, object_id, permission="add_statement")
        later = row.superseded_by.first()
        if later:
            messages.info(request, _("It is corrected by this statement."))
            return redirect("admin:indicators_statement_change", later.pk)
        return self.enter_page(request, CorrectionForm, title=str(row), corrected=row)


@admin.register(Contradiction)
class ContradictionAdmin(EntryAdmin):
    list_display = ["number", "about", "state"]
    list_filter = ["state"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The contradiction, and the form that says what came of it."""
        row = self._found(request, object_id, permission="change_contradiction")
        return self.enter_page(request, SettleForm, title=f"{row} · {row.what}", contradiction=row)


@admin.register(Control)
class ControlAdmin(EntryAdmin):
    """Who controlled whom and when; a period is ended, or corrected, by one that takes its place."""

    list_display = ["actor", "group", "since", "until"]
    search_fields = ["actor__name", "group__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Control]:
        return super().get_queryset(request).filter(superseded_by=None, group__isnull=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("indicators.add_control"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.enter_page(request, ControlForm, title="")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A period on record, and the form of what takes its place."""
        row = self._found(request, object_id, permission="add_control")
        return self.enter_page(request, ControlForm, title=str(row), replaced=row)


@admin.register(ArticleAssessment)
class ArticleAssessmentAdmin(EntryAdmin):
    """Articles judged against the five pillars; one is corrected by a new version."""

    list_display = ["publication", "framework", "assessor", "assessed_on"]
    search_fields = ["publication__title", "assessor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArticleAssessment]:
        return super().get_queryset(request).filter(superseded_by=None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("indicators.add_articleassessment"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.enter_page(request, AssessmentForm, title="")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """An assessment as it stands, and the form of the version that takes its place."""
        row = self._found(request, object_id, permission="add_articleassessment")
        title = f"{row.publication} · {row.framework} · {row.assessor}"
        return self.enter_page(request, AssessmentForm, title=title, corrected=row)


def _draft(request: HttpRequest) -> Proposal | None:
    """What a moderator handed over, where this page is opened from it."""
    pk = request.GET.get("draft", "")
    open_ones = Proposal.objects.filter(kind=Proposal.Kind.REGISTRY, state=Proposal.State.OPEN)
    return open_ones.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 10 else None


_KEPT = ("url", "publisher", "published_on", "quote", "phrase", "reason")


def _initial(draft: Proposal | None, **about: Any) -> dict[str, Any]:
    """What is known before anybody types: of the draft, of the statement to correct, of the contradiction."""
    told: dict[str, Any] = {"in_totals": True, "source_kind": Publication.Source.PRESS}
    if isinstance(corrected := about.get("corrected"), Statement):
        source, kept = (
            corrected.publication,
            ("quote", "locator", "claim", "field", "value", "unit", "period"),
        )
        told |= {name: getattr(corrected, name) for name in kept}
        told |= {name: getattr(source, name) for name in ("url", "publisher", "published_on", "language")}
        told |= {"source_title": source.title, "source_kind": source.kind}
        told |= {"party": source.party and source.party.slug, "origin": source.origin and source.origin.slug}
    if contradiction := about.get("contradiction"):
        told |= {name: getattr(contradiction, name) for name in ("state", "recorded_fr", "recorded_en")}
    if draft and (handed := draft.content.get("draft")):
        told |= {name: handed[name] for name in _KEPT if handed.get(name)}
        told |= {"source_title": handed.get("title", ""), "language": (handed.get("language") or "fr")[:2]}
    return told
