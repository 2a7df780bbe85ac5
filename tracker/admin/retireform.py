"""What an editor types to take a deal out of the registry."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from indicators.models import Deal

_REASON = forms.Textarea(attrs={"rows": 3})


class RetireForm(forms.Form):
    """Why, in public and in both languages, and which deal takes its place."""

    heading = gettext_lazy("Retire this deal")
    retires = True
    reason_fr = forms.CharField(
        max_length=1_000, widget=_REASON, label=gettext_lazy("Public reason (French)")
    )
    reason_en = forms.CharField(
        max_length=1_000, widget=_REASON, label=gettext_lazy("Public reason (English)")
    )
    replaced_by = forms.ModelChoiceField(
        Deal.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("nothing"),
        label=gettext_lazy("What takes its place"),
    )
    copies: tuple[str, ...] = ()

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deal = deal
        self.fields["replaced_by"].queryset = Deal.objects.exclude(pk=deal.pk)

    def entry(self) -> dict[str, Any]:
        """The retirement as an entry of the registry holds it."""
        told = self.cleaned_data
        other = told["replaced_by"].slug if told["replaced_by"] else ""
        reasons = {name: told[name] for name in ("reason_fr", "reason_en")}
        return {"change": "retirement", "deal": self.deal.slug, "replaced_by": other} | reasons
