"""What an editor types to propose a definition or an exception."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Definition, Override, Proposal
from indicators.models.proposal import DEFINITION_FIELDS, EXCEPTION_FIELDS
from indicators.rules.ladder import DefinitionError, ladder_from


class NestedDecoder(json.JSONDecoder):
    """JSON that is nested beyond what can be read is refused as JSON that is broken: in words, beside its field."""

    def decode(self, text: str) -> Any:
        try:
            return super().decode(text)
        except RecursionError as error:
            raise json.JSONDecodeError("nested too deeply", text, 0) from error


class DefinitionForm(forms.ModelForm):
    """A new version of a definition; a ladder that cannot be read is refused with the reason."""

    ladder = forms.JSONField(
        decoder=NestedDecoder, label=gettext_lazy("ladder"), widget=forms.Textarea(attrs={"rows": 20})
    )
    change_note_fr = forms.CharField(
        label=gettext_lazy("What changes, and why (French)"), widget=forms.Textarea(attrs={"rows": 3})
    )
    change_note_en = forms.CharField(
        required=False,
        label=gettext_lazy("What changes, and why (English)"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    carry = forms.BooleanField(
        required=False,
        label=gettext_lazy("What evidence means stays the same"),
        help_text=gettext_lazy(
            "Ticked: each assessment is said again under the new definition. Not ticked: nothing counts until it is "
            "assessed again."
        ),
    )

    class Meta:
        model = Definition
        fields = DEFINITION_FIELDS

    def clean_ladder(self) -> Any:
        try:
            ladder_from(self.cleaned_data["ladder"])
        except DefinitionError as error:
            raise ValidationError(_(error.message) % error.params) from error
        return self.cleaned_data["ladder"]


class ExceptionForm(forms.ModelForm):
    """An answer that stands beside the rule's for a while, with its public reason."""

    class Meta:
        model = Override
        fields = EXCEPTION_FIELDS


FORMS: dict[str, type[forms.ModelForm]] = {
    Proposal.Kind.DEFINITION: DefinitionForm,
    Proposal.Kind.EXCEPTION: ExceptionForm,
}
