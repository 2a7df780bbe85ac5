"""What an editor types of a payment that the registry holds: as it is displayed, changed where a source says otherwise."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Actor, Deal, Leg, LegDetail
from indicators.templatetags import vocabulary
from tracker.admin.amountforms import Makers
from tracker.admin.registryforms import StatementForm, partial_day_field

Column = LegDetail.Field
_TERM = ("start", "end", "as_stated")
_COUNTS = ("gigawatts", "chips", "vehicles")
_WORDS = ("chips_as_stated", "model", "site")
_YEAR = {"required": False, "min_value": 1, "max_value": 99}


def _count(label: Any) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=1, max_value=10**9, label=label)


def _short(label: Any) -> forms.CharField:
    return forms.CharField(max_length=120, required=False, label=label)


class PaymentForm(StatementForm):
    """The contract behind one payment: how long, how much of what, by whose chips, on which condition."""

    heading = gettext_lazy("Edit a payment")
    start = partial_day_field(required=False, label=gettext_lazy("Runs from"))
    end = partial_day_field(required=False, label=gettext_lazy("Runs until"))
    years_lo = forms.IntegerField(**_YEAR, label=gettext_lazy("Years, at least"))
    years_hi = forms.IntegerField(**_YEAR, label=gettext_lazy("Years, at most"))
    as_stated = _short(gettext_lazy("The duration, in the words of the source"))
    gigawatts = forms.DecimalField(
        required=False, min_value=0, max_digits=8, decimal_places=3, label=gettext_lazy("Gigawatts")
    )
    chips = _count(gettext_lazy("Number of chips"))
    vehicles = _count(gettext_lazy("Number of vehicles"))
    chips_as_stated = _short(gettext_lazy("The chips, in the words of the source"))
    model = _short(gettext_lazy("Model"))
    site = _short(gettext_lazy("Site"))
    vendors = Makers()
    conditional_on = forms.ModelChoiceField(
        Leg.objects.none(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("Only if this other payment is made"),
    )
    contingent = forms.BooleanField(
        required=False, label=gettext_lazy("Only if something happens (a guarantee)")
    )
    instrument = forms.ChoiceField(choices=list(vocabulary.INSTRUMENTS.items()), label=gettext_lazy("How"))
    cash = forms.BooleanField(required=False, label=gettext_lazy("in cash"))
    since = partial_day_field(required=False, label=gettext_lazy("The contract says so since"))
    leg = field = value = unit = period = None

    def __init__(self, *args: Any, deal: Deal, leg: Leg, initial: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, deal=deal, initial={**_displayed(leg), **initial}, **kwargs)
        self.payment = leg
        others = Leg.objects.exclude(pk=leg.pk).select_related("deal", "payer", "payee")
        self.fields["conditional_on"].queryset = others.order_by("deal__slug", "slug")
        self.fields["conditional_on"].label_from_instance = lambda each: f"{each.deal} · {each}"
        self.fields["since"].help_text = gettext_lazy(
            "Only if it was changed on a day: before it, the values of before count. Empty: the source speaks of the"
            " contract as it always was, and the best kind of source decides what is displayed."
        )

    @property
    def parts(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The form in parts: how long, how much, on which condition, and who says so."""
        parts = {
            _("How long"): (*_TERM, "years_lo", "years_hi"),
            _("How much of what"): (*_COUNTS, *_WORDS, "vendors"),
            _("How, and on which condition"): ("instrument", "cash", "conditional_on", "contingent"),
            _("Since when"): ("since",),
        }
        for name, fields in parts.items():
            yield name, [self[each] for each in fields]
        shown = {each for fields in parts.values() for each in fields}
        yield _("Who says so"), [each for each in self if each.name not in shown]

    def clean_vendors(self) -> list[dict[str, str]]:
        return [{"actor": slug, "lo": lo, "hi": hi} for slug, lo, hi in self.cleaned_data["vendors"]]

    def entry(self) -> dict[str, Any]:
        about = {"change": "payment", "deal": self.deal.slug, "leg": self.payment.slug}
        told = {"since": self.cleaned_data["since"], "changes": self._changes()}
        return about | told | {"statement": self.statement()}

    def _changes(self) -> dict[str, Any]:
        """The columns that differ from what is displayed."""
        typed, leg = self.cleaned_data, self.payment
        condition = typed["conditional_on"]
        told = {
            Column.TERM: self._term(),
            Column.PHYSICAL: self._physical(),
            Column.VENDORS: [_noted(each, leg.vendors) for each in typed["vendors"]],
            Column.CONDITION: condition and condition.slug,
        } | {name: typed[name] for name in (Column.CONTINGENT, Column.INSTRUMENT, Column.CASH)}
        shown = {name: getattr(leg, name) for name in told}
        shown |= {Column.CONDITION: leg.conditional_on and leg.conditional_on.slug}
        return {str(name.value): value for name, value in told.items() if value != shown[name]}

    def _term(self) -> dict[str, Any]:
        """The term as it is typed; as it stands where nothing of it was touched, so that its note stays with it."""
        if not {*_TERM, "years_lo", "years_hi"} & set(self.changed_data):
            return self.payment.term
        typed = self.cleaned_data
        low, high = typed["years_lo"] or typed["years_hi"], typed["years_hi"] or typed["years_lo"]
        years = low if low == high else [low, high]
        told = {name: typed[name] for name in _TERM} | {"years": years}
        return {name: value for name, value in told.items() if value}

    def _physical(self) -> dict[str, Any]:
        told = dict(self.payment.physical)
        for name in {*_COUNTS, *_WORDS} & set(self.changed_data):
            value = self.cleaned_data[name]
            told[name] = str(value) if isinstance(value, Decimal) else value
        return {name: value for name, value in told.items() if value}


def _displayed(leg: Leg) -> dict[str, Any]:
    """What the form shows before anybody types: the contract as the registry displays it."""
    years = leg.term.get("years")
    lo, hi = years if isinstance(years, list) else (years, years)
    names = dict(Actor.objects.values_list("slug", "name"))
    told = {name: leg.term.get(name) or "" for name in _TERM} | {"years_lo": lo, "years_hi": hi}
    told |= {name: leg.physical.get(name) for name in (*_COUNTS, *_WORDS)}
    told |= {name: getattr(leg, name) for name in ("contingent", "instrument", "cash")}
    told["vendors"] = "\n".join(_line(each, names) for each in leg.vendors)
    told["conditional_on"] = leg.conditional_on and leg.conditional_on.slug
    return told


def _line(vendor: Mapping[str, str], names: Mapping[str, str]) -> str:
    name = names.get(vendor["actor"], vendor["actor"])
    low, high = (f"{100 * Decimal(vendor[side]):f}" for side in ("lo", "hi"))
    low, high = (each.rstrip("0").rstrip(".") if "." in each else each for each in (low, high))
    if (low, high) == ("0", "100"):
        return name
    return f"{name} {low}" if low == high else f"{name} {low}-{high}"


def _noted(vendor: dict[str, str], before: list[dict[str, str]]) -> dict[str, str]:
    """The same maker with the same share as before, with what was noted of it; else as it is typed."""
    same = (each for each in before if each["actor"] == vendor["actor"])
    return next((each for each in same if _share(each) == _share(vendor)), vendor)


def _share(vendor: Mapping[str, str]) -> tuple[Decimal, Decimal]:
    return Decimal(vendor["lo"]), Decimal(vendor["hi"])
