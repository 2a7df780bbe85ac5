"""What a person types to write a rule, or to mute one."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.admin import NestedDecoder
from indicators.models import Indicator, Rung
from tracker import matching
from tracker.models import Document, MatchRule

LEVELS = {
    "clause": gettext_lazy("a clause: strong words, or the query"),
    "structured": gettext_lazy("a structured fact of the notice"),
    "words": gettext_lazy("words that only mean something together"),
    "subject": gettext_lazy("the subject alone, of a notice whose documents must be read"),
}
_LISTS = ("gates", "guards", "vetoes", "levels", "countries", "languages")
_LONGEST_MUTE = timedelta(days=366)


class _Codes(forms.CharField):
    """Codes of two letters, separated by commas or blanks."""

    def __init__(self, *, upper: bool, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=400, **kwargs)
        self.upper = upper

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        codes = super().to_python(value).replace(",", " ").split()
        wrong = [code for code in codes if len(code) != 2 or not (code.isascii() and code.isalpha())]
        if wrong and wrong != ["other"]:
            raise ValidationError(_("A code has two letters: %(codes)s") % {"codes": ", ".join(wrong)})
        return [code.upper() if self.upper else code.lower() for code in codes]


def _checkboxes(**kwargs: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, **kwargs)


class _Indicators(forms.ModelMultipleChoiceField):
    def label_from_instance(self, indicator: Indicator) -> str:
        return f"{indicator.code} · {indicator.statement}"


class MatchRuleForm(forms.ModelForm):
    """A rule in words; one that cannot be used is refused at the field, with the place that fails."""

    target = forms.ChoiceField(
        choices=MatchRule.Target,
        required=False,
        initial=MatchRule.Target.INDICATORS,
        label=gettext_lazy("What it proposes for"),
    )
    indicators = _Indicators(
        Indicator.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Indicators"),
        help_text=gettext_lazy("What a document that is found is proposed for."),
    )
    rung = forms.TypedChoiceField(
        choices=[("", "—"), *((rung.value, f"{rung.value} · {rung.label}") for rung in Rung if rung)],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Rung suggested"),
    )
    kinds = _checkboxes(
        choices=Document.Kind.choices,
        label=gettext_lazy("Reads"),
        help_text=gettext_lazy("Nothing ticked: everything."),
    )
    query = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "off"}),
        label=gettext_lazy("Query"),
        help_text=lazy(format_html, str)(
            '{} <a href="{}">{}</a>',
            gettext_lazy("Words, “phrases”, AND, OR, NOT, parentheses."),
            reverse_lazy("admin:tracker_matchrule_syntax"),
            gettext_lazy("How to write a query"),
        ),
    )
    gates = _checkboxes(
        label=gettext_lazy("Gates"), help_text=gettext_lazy("Each must be met, so that the subject is right.")
    )
    guards = _checkboxes(
        label=gettext_lazy("Guards"),
        help_text=gettext_lazy("False friends: the words they cover are not read."),
    )
    vetoes = _checkboxes(
        label=gettext_lazy("Vetoes"),
        help_text=gettext_lazy("A document in which one is met is not proposed."),
    )
    levels = _checkboxes(
        choices=LEVELS.items(),
        label=gettext_lazy("Proposes when it finds"),
        help_text=gettext_lazy("Nothing ticked: for a clause only."),
    )
    countries = _Codes(
        upper=True,
        label=gettext_lazy("Countries of the buyer"),
        help_text=gettext_lazy("Two letters each: FR, DE. Empty: everywhere."),
    )
    languages = _Codes(
        upper=False,
        label=gettext_lazy("Languages"),
        help_text=gettext_lazy("Two letters each: fr, de. Empty: all."),
    )
    lists = forms.JSONField(
        required=False,
        decoder=NestedDecoder,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        label=gettext_lazy("Lists of terms and CPV codes (JSON)"),
        help_text=gettext_lazy(
            'For experts: {"terms": {"fr": [{"re": "…"}]}, "cpv": {"core": ["48820000"]}}'
        ),
    )

    class Meta:
        model = MatchRule
        fields = ("slug", "role", "title_fr", "title_en", "target", "indicators", "stance", "rung", "kinds")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        definition = self.instance.definition or {}
        for name in ("query", *_LISTS):
            self.initial.setdefault(name, definition.get(name))
        self.initial["lists"] = {
            name: definition[name] for name in definition if name not in ("query", *_LISTS)
        } or None
        shared = MatchRule.objects.exclude(role=MatchRule.Role.RULE).filter(state=MatchRule.State.ACTIVE)
        named = {
            role: [(row.slug, row.title) for row in shared if row.role == role] for role in ("gate", "guard")
        }
        for name, role in (("gates", "gate"), ("guards", "guard"), ("vetoes", "guard")):
            self.fields[name].choices = named[role]

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if MatchRule.objects.filter(slug=slug).exists():
            raise ValidationError(_("There is a rule of this name: write a new version of it."))
        return slug

    def clean_query(self) -> str:
        return self.cleaned_data["query"].replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        role = told.get("role") or self.instance.role
        deals = told.get("target") == MatchRule.Target.REGISTRY
        if role == MatchRule.Role.RULE and not deals and not told.get("indicators"):
            self.add_error("indicators", _("A rule proposes for at least one indicator."))
        if self.errors.keys() & {"query", "lists", *_LISTS}:
            return told
        lists = told["lists"] or {}
        if not isinstance(lists, dict):
            self.add_error("lists", _("The definition is not a JSON object."))
            return told
        definition = lists | {name: told[name] for name in ("query", *_LISTS) if told[name]}
        row = {"slug": told.get("slug") or self.instance.slug, "role": role, "definition": definition}
        try:
            matching.rule_from(row)
        except matching.RuleError as error:
            at_query = error.position is not None or not lists
            self.add_error("query" if at_query else "lists", _sentence(error, told["query"]))
        except (TypeError, ValueError, AttributeError) as error:  # JSON of a shape that nobody foresaw
            self.add_error("lists", _("This rule cannot be used: %(why)s") % {"why": error})
        self.instance.definition = definition
        return told


class MuteForm(forms.Form):
    """Until when a rule is muted, and why."""

    until = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        label=gettext_lazy("Muted until the end of"),
        help_text=gettext_lazy("It proposes again the day after, by itself."),
    )
    because = forms.CharField(max_length=300, label=gettext_lazy("Why"))

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.initial["until"] = timezone.localdate(now) + timedelta(days=7)

    def clean_until(self) -> datetime:
        midnight = datetime.combine(
            self.cleaned_data["until"] + timedelta(days=1), time(), timezone.get_current_timezone()
        )
        if not self.now < midnight <= self.now + _LONGEST_MUTE:
            raise ValidationError(_("Give a day from today on, within a year."))
        return midnight


def _sentence(error: matching.RuleError, query: str) -> str:
    """Why a rule is refused, in the reader's language; in a query, with the line and the column."""
    if error.position is None:
        return f"{_(error.reason)} ({error.detail})"
    before = query[: error.position]
    place = {"line": before.count("\n") + 1, "column": len(before) - (before.rfind("\n") + 1) + 1}
    shown = error.detail.partition(": ")[2]
    told = _("Line %(line)d, column %(column)d:") % place + " " + _(error.reason)
    return f"{told} ({shown})" if shown else told
