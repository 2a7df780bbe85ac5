"""Texts and actors to edit; evidence to correct or retract, through publishing only."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators import editing, publishing
from indicators.models import (
    Action,
    Actor,
    ArticleAssessment,
    Contradiction,
    Deal,
    Definition,
    Evidence,
    Fact,
    Figure,
    Indicator,
    Pillar,
    Publication,
    QualityNote,
    StatusChange,
)


class KeptAdmin(admin.ModelAdmin):
    """Rows that may be edited and never deleted: their numbers and addresses are permanent."""

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class WrittenAdmin(KeptAdmin):
    """Public texts: what an editor saves is entered in the ledger in the same transaction."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        publishing.edit(form.instance, now=timezone.now())


class FixedAdmin(KeptAdmin):
    """Rows that nobody adds or edits by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class RetractForm(forms.Form):
    """Why an evidence is withdrawn; the reason is public."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("Public reason of the retraction"),
    )


class CorrectForm(forms.ModelForm):
    """The corrected event, published under a new number, and why; both are public."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("Public reason of the correction"),
    )

    class Meta:
        model = Evidence
        fields = publishing.EVENT_FIELDS

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "reason"}


@admin.register(Evidence)
class EvidenceAdmin(FixedAdmin):
    list_display = ["number", "title", "kind", "country", "occurred_on", "published_at", "standing"]
    list_filter = ["kind", "country", "assessments__indicator", ("retracted_at", admin.EmptyFieldListFilter)]
    search_fields = ["=number", "title_fr", "title_en", "owner"]

    @admin.display(description=gettext_lazy("title"))
    def title(self, evidence: Evidence) -> str:
        return evidence.title

    @admin.display(description=gettext_lazy("in force"), boolean=True)
    def standing(self, evidence: Evidence) -> bool:
        return evidence.standing

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The evidence as published, with the two verbs that may follow: correct, retract."""
        evidence = self.get_object(request, object_id)
        if evidence is None:
            raise Http404
        may = request.user.has_perm("indicators.change_evidence")
        data = request.POST if request.method == "POST" else None
        if not self.has_view_permission(request, evidence) or (data is not None and not may):
            raise PermissionDenied
        retract = RetractForm(data if data is not None and "retract" in data else None, prefix="retract")
        correct = CorrectForm(
            data if data is not None and "correct" in data else None,
            prefix="correct",
            instance=_copy(evidence),
        )
        if self._retracted(request, evidence, retract) or self._corrected(request, evidence, correct):
            return redirect("admin:indicators_evidence_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(evidence),
            "evidence": evidence,
            "retract": retract,
            "correct": correct,
            "may": may and evidence.standing,
        }
        return TemplateResponse(request, "admin/indicators/evidence/change_form.html", context)

    def _retracted(self, request: HttpRequest, evidence: Evidence, form: RetractForm) -> bool:
        if not form.is_bound or not form.is_valid():
            return False
        try:
            told = {"reason": form.cleaned_data["reason"], "by": request.user, "now": timezone.now()}
            editing.alone(partial(publishing.retract, evidence, **told))
        except publishing.AlreadyWithdrawnError as error:
            self.message_user(request, str(error), messages.ERROR)
        except editing.TakesTwoError as error:
            form.add_error(None, str(error))
            return False
        else:
            self.message_user(
                request, _("Retracted; the statuses it held up are recomputed."), messages.SUCCESS
            )
        return True

    def _corrected(self, request: HttpRequest, evidence: Evidence, form: CorrectForm) -> bool:
        if not form.is_bound or not form.is_valid():
            return False
        reason = form.cleaned_data["reason"]
        try:
            told = {"reason": reason, "by": request.user, "now": timezone.now()}
            new = editing.alone(partial(publishing.correct, evidence, changes=form.changes(), **told))
        except publishing.AlreadyWithdrawnError as error:
            self.message_user(request, str(error), messages.ERROR)
        except (ValidationError, editing.TakesTwoError) as error:
            form.add_error(None, getattr(error, "messages", str(error)))
            return False
        else:
            self.message_user(
                request, _("Corrected as evidence n° %(number)d.") % {"number": new.number}, messages.SUCCESS
            )
        return True


def _copy(evidence: Evidence) -> Evidence:
    """The same values without the row, so that validating a form never touches what is published."""
    return Evidence(**{name: getattr(evidence, name) for name in publishing.EVENT_FIELDS})


@admin.register(Indicator)
class IndicatorAdmin(WrittenAdmin):
    """The sentence of the article is not edited by anyone; its translation may be."""

    list_display = ["code", "statement_fr", "form"]
    readonly_fields = ["code", "action", "order", "form", "statement_fr", "locator"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Definition)
class DefinitionAdmin(FixedAdmin):
    """A reading in force does not move; a new one is proposed, and adopted by somebody else."""

    list_display = ["__str__", "in_force_from", "published_at"]
    list_filter = ["indicator"]


@admin.register(StatusChange)
class StatusChangeAdmin(FixedAdmin):
    list_display = ["changed_at", "indicator", "rung_from", "rung_to", "cause", "evidence"]
    list_filter = ["indicator", "cause"]


@admin.register(
    Action, Pillar, Publication, ArticleAssessment, Fact, Figure, QualityNote, Actor, Deal, Contradiction
)
class TextsAdmin(WrittenAdmin):
    """Reference texts: an editor may mend them, and re-seeding never undoes it."""
