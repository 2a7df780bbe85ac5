"""What a moderator types to take up a contribution that is no example: one form for each kind."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.admin import CorrectForm
from indicators.models import Evidence, Indicator
from tracker import acts
from tracker.models import Candidate, Contribution

_Kind = Contribution.Kind
_LONG = forms.Textarea(attrs={"rows": 6})


class TakeUpForm(forms.Form):
    """Taking note: what was sent is accepted, and handed on where it belongs."""

    heading = gettext_lazy("Take note of it")
    told = gettext_lazy("Nothing is published. The registry of deals is edited by its editors.")

    def __init__(self, *args: Any, candidate: Candidate, **kwargs: Any) -> None:
        self.contribution: Contribution = candidate.document.contribution
        self.candidate = candidate
        super().__init__(*args, initial=self.proposal(), **kwargs)

    def proposal(self) -> dict[str, Any]:
        """What the contribution already says."""
        return {}

    def act(self) -> acts.Act:
        """What it does, as one of tracker.acts."""
        return acts.note()


class ReplyForm(TakeUpForm):
    heading = gettext_lazy("Publish the reply")
    told = gettext_lazy("It is published as it was sent, beside the evidence, in the API and in the feeds.")

    evidence = forms.ModelChoiceField(
        Evidence.objects.standing(),
        to_field_name="number",
        widget=forms.NumberInput,
        label=gettext_lazy("Evidence n°"),
    )
    party = forms.CharField(max_length=200, label=gettext_lazy("In the name of"))
    text = forms.CharField(max_length=20_000, widget=_LONG, label=gettext_lazy("Reply"))

    def proposal(self) -> dict[str, Any]:
        sent = self.contribution
        return {
            "evidence": sent.evidence and acts.standing(sent.evidence).number,
            "party": sent.party,
            "text": sent.statement,
        }

    def act(self) -> acts.Act:
        told = self.cleaned_data
        return acts.answer(told["evidence"], party=told["party"], text=told["text"])


class ContestationForm(TakeUpForm):
    heading = gettext_lazy("Open the contestation")
    told = gettext_lazy(
        "The status is flagged as contested, with this public reason, until you undo this decision: what you say then is"
        " what came of it."
    )

    indicator = forms.ModelChoiceField(Indicator.objects.all(), label=gettext_lazy("Indicator"))
    reason = forms.CharField(max_length=5_000, widget=_LONG, label=gettext_lazy("Public reason"))

    def proposal(self) -> dict[str, Any]:
        return {"indicator": self.candidate.indicator, "reason": self.contribution.statement}

    def act(self) -> acts.Act:
        return acts.contest(self.cleaned_data["indicator"], reason=self.cleaned_data["reason"])


class SourceForm(TakeUpForm):
    heading = gettext_lazy("Hand the source to the operator")
    told = gettext_lazy("It is added to the sources, paused, until an operator has looked at it.")

    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    url = forms.URLField(max_length=2000, assume_scheme="https", label=gettext_lazy("Address"))

    def proposal(self) -> dict[str, Any]:
        return {"name": str(self.candidate.document)[:200], "url": self.candidate.document.url}

    def act(self) -> acts.Act:
        return acts.watch(name=self.cleaned_data["name"], url=self.cleaned_data["url"])


class CorrectionForm(TakeUpForm):
    heading = gettext_lazy("Correct the evidence")
    told = gettext_lazy(
        "A corrected version is published under a new number; left unchanged, you only take note."
    )

    evidence = forms.ModelChoiceField(
        Evidence.objects.standing(),
        to_field_name="number",
        widget=forms.NumberInput,
        required=False,
        label=gettext_lazy("Evidence n°"),
    )
    reason = forms.CharField(
        max_length=1_000, required=False, widget=_LONG, label=gettext_lazy("Public reason of the correction")
    )
    CHANGED = (
        "title_fr", "title_en", "summary_fr", "summary_en", "occurred_on", "occurred_precision", "country", "owner",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.CHANGED:
            self.fields[name] = CorrectForm.base_fields[name]
            self.fields[name].required = False

    def proposal(self) -> dict[str, Any]:
        sent = self.contribution
        evidence = acts.standing(sent.evidence) if sent.evidence else None
        told = {name: getattr(evidence, name) for name in self.CHANGED} if evidence else {}
        return told | {"evidence": evidence and evidence.number, "reason": sent.statement}

    def changes(self) -> dict[str, Any]:
        """What differs from the evidence, of what was typed."""
        evidence = self.cleaned_data.get("evidence")
        told = {name: self.cleaned_data.get(name) for name in self.CHANGED}
        return {
            name: value for name, value in told.items() if value and value != getattr(evidence, name, None)
        }

    def clean(self) -> dict[str, Any]:
        if self.changes() and not self.cleaned_data.get("evidence"):
            raise ValidationError({"evidence": _("Say which evidence in force is corrected.")})
        if self.changes() and not self.cleaned_data.get("reason"):
            raise ValidationError({"reason": _("A correction needs its public reason.")})
        return self.cleaned_data

    def act(self) -> acts.Act:
        if not self.changes():
            return acts.note()
        return acts.correct(
            self.cleaned_data["evidence"], changes=self.changes(), reason=self.cleaned_data["reason"]
        )


_FORMS = {
    _Kind.REPLY: ReplyForm,
    _Kind.CONTESTATION: ContestationForm,
    _Kind.SOURCE: SourceForm,
    _Kind.CORRECTION: CorrectionForm,
    _Kind.DEAL: TakeUpForm,
}


def form_for(candidate: Candidate) -> type[TakeUpForm] | None:
    """The form to take up what was sent; None for what the watch found, for examples and counter-examples."""
    sent = getattr(candidate.document, "contribution", None)
    return _FORMS.get(sent.kind) if sent else None
