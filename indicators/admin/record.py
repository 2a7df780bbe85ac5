"""Texts and actors to edit; evidence to correct or retract, through publishing only."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from indicators import editing, publishing
from indicators.models import (
    Action,
    Actor,
    Assessment,
    Definition,
    Evidence,
    Fact,
    Figure,
    Indicator,
    Pillar,
    Publication,
    QualityNote,
    Rung,
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


def _reason(label: Promise) -> forms.CharField:
    return forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 2}), label=label)


class RetractForm(forms.Form):
    """Why an evidence is withdrawn; the reason is public."""

    prefix = "retract"
    reason = _reason(gettext_lazy("Public reason of the retraction"))


class CorrectForm(forms.ModelForm):
    """The corrected event, published under a new number, and why; both are public."""

    prefix = "correct"
    reason = _reason(gettext_lazy("Public reason of the correction"))

    class Meta:
        model = Evidence
        fields = Evidence.EVENT
        labels: ClassVar = {"cancels": gettext_lazy("Undoes the event of")}
        widgets: ClassVar = {name: forms.Textarea(attrs={"rows": 2}) for name in ("summary_fr", "summary_en")}

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "reason"}


class AssessForm(forms.ModelForm):
    """What the event means for one indicator, under the definition in force, and why it is said anew."""

    prefix = "assess"
    reason = _reason(gettext_lazy("Public reason of the new assessment"))

    class Meta:
        model = Assessment
        fields = publishing.NewAssessment.__slots__
        labels: ClassVar = {"indicator": gettext_lazy("Indicator")}
        widgets: ClassVar = {
            "rung": forms.Select(choices=[("", "—"), *((rung.value, rung.label) for rung in Rung if rung)]),
            **{name: forms.Textarea(attrs={"rows": 2}) for name in ("rationale_fr", "rationale_en")},
        }

    def assessment(self) -> publishing.NewAssessment:
        told = {name: self.cleaned_data[name] for name in publishing.NewAssessment.__slots__}
        return publishing.NewAssessment(**told)


def _retract(evidence: Evidence, form: RetractForm, **told: Any) -> Evidence:
    return publishing.retract(evidence, **told)


def _correct(evidence: Evidence, form: CorrectForm, **told: Any) -> Evidence:
    return publishing.correct(evidence, changes=form.changes(), **told)


def _reassess(evidence: Evidence, form: AssessForm, **told: Any) -> Evidence:
    return publishing.reassess(evidence, assessment=form.assessment(), **told)


# Each button: the verb behind it, and what is said when it is done.
_VERBS: dict[str, tuple[Callable[..., Evidence], Any]] = {
    "retract": (_retract, gettext_lazy("Retracted; the statuses it held up are recomputed.")),
    "correct": (_correct, gettext_lazy("Corrected as evidence n° %(number)d.")),
    "assess": (_reassess, gettext_lazy("Assessed anew, as evidence n° %(number)d.")),
}


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
        """The evidence as published, with the verbs that may follow: correct, assess anew, retract."""
        evidence = self.get_object(request, object_id)
        if evidence is None:
            raise Http404
        may = request.user.has_perm("indicators.change_evidence")
        posting = request.method == "POST"
        if not self.has_view_permission(request, evidence) or (posting and not may):
            raise PermissionDenied
        asked = next((name for name in _VERBS if posting and name in request.POST), "")
        data, said, outdated = {asked: request.POST}, evidence.assessments.all(), _outdated(evidence)
        first = next((row for row in said if row.indicator_id in outdated), None) or said.first()
        shown: dict[str, Any] = {
            "retract": RetractForm(data.get("retract")),
            "correct": CorrectForm(data.get("correct"), instance=Evidence(**evidence.event())),
            "assess": AssessForm(data.get("assess"), initial=_said(first)),
        }
        if asked and self._done(request, evidence, asked, shown[asked]):
            return redirect("admin:indicators_evidence_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(evidence),
            "evidence": evidence,
            "assessments": [(row, outdated.get(row.indicator_id)) for row in said],
            "may": may and evidence.standing,
            **shown,
        }
        return TemplateResponse(request, "admin/indicators/evidence/change_form.html", context)

    def _done(self, request: HttpRequest, evidence: Evidence, asked: str, form: Any) -> bool:
        """Whether the verb that was asked for was carried out; if not, its form says why."""
        if not form.is_valid():
            return False
        verb, done = _VERBS[asked]
        told = {"reason": form.cleaned_data["reason"], "by": request.user, "now": timezone.now()}
        try:
            row = editing.alone(partial(verb, evidence, form, **told))
        except publishing.AlreadyWithdrawnError as error:
            self.message_user(request, str(error), messages.ERROR)
        except (ValidationError, editing.TakesTwoError) as error:
            form.add_error(None, getattr(error, "messages", str(error)))
            return False
        else:
            self.message_user(request, done % {"number": row.number}, messages.SUCCESS)
        return True


def _outdated(evidence: Evidence) -> dict[int, int]:
    """The indicators that it was assessed for, but not under their newest definition; with its version."""
    versions = Definition.objects.filter(indicator__assessments__evidence=evidence).order_by()
    newest = dict(versions.values_list("indicator").annotate(Max("version")))
    said = set(evidence.assessments.values_list("indicator", "definition__version"))
    return {indicator: version for indicator, version in newest.items() if (indicator, version) not in said}


def _said(assessment: Assessment | None) -> dict[str, Any]:
    """What an assessment says, to begin another one with."""
    return {name: getattr(assessment, name, None) for name in publishing.NewAssessment.__slots__}


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


@admin.register(Action, Pillar, Publication, Fact, Figure, QualityNote, Actor)
class TextsAdmin(WrittenAdmin):
    """Reference texts: an editor may mend them, and re-seeding never undoes it."""
