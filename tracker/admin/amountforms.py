"""What an editor types of an amount: a program suggests what the words of the source mean, the editor confirms it."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Actor, Leg, LegAmount
from indicators.rules import amounts
from indicators.templatetags import vocabulary
from tracker import drafting

_PARTS = ("vendors", "gigawatts", "chips")


class Actors(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Actor.objects.all(), to_field_name="slug", required=False, **kwargs)


class Makers(forms.CharField):
    """Makers of chips, one on each line; cleaned, each by slug with the least and the most of its share, from 0 to 1."""

    def __init__(self) -> None:
        super().__init__(
            max_length=500,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            label=gettext_lazy("Makers of its chips"),
            help_text=gettext_lazy(
                "One on each line, with its share of the amount in percent: “Nvidia 40-60”. Without a share: not"
                " disclosed."
            ),
        )

    def clean(self, value: Any) -> list[tuple[str, str, str]]:
        return [_vendor(line.strip()) for line in super().clean(value).splitlines() if line.strip()]


class Phrase(forms.CharField):
    """An amount as the source writes it."""

    def __init__(self) -> None:
        super().__init__(
            max_length=drafting.PHRASE_LIMIT,
            required=False,
            label=gettext_lazy("The amount, in the words of the source"),
            help_text=gettext_lazy("As it is written; empty where the source names none."),
        )


class Sum(forms.DecimalField):
    """One bound of an amount, in units of its currency."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=0, max_digits=20, decimal_places=0, **kwargs)


class AmountForm(forms.Form):
    """An amount in the words of the source. What a program reads in them comes back, to be confirmed by a person."""

    stage = forms.ChoiceField(choices=LegAmount.Stage, label=gettext_lazy("Stage"))
    phrase = Phrase()
    basis = forms.ChoiceField(
        choices=[("", "—"), *vocabulary.BASES.items()], required=False, label=gettext_lazy("Which is")
    )
    lo = Sum(label=gettext_lazy("At least"))
    hi = Sum(
        label=gettext_lazy("At most"),
        help_text=gettext_lazy("In units of the currency; empty where no upper bound was published."),
    )
    nominal = Sum(label=gettext_lazy("Headline"))
    currency = forms.RegexField(r"^[A-Z]{3}$", required=False, label=gettext_lazy("Currency"))
    currency_unstated = forms.BooleanField(required=False, label=gettext_lazy("The source names no currency"))
    years = forms.IntegerField(
        required=False, min_value=1, max_value=99, label=gettext_lazy("Over how many years")
    )
    read = forms.CharField(required=False, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(
        required=False, label=gettext_lazy("I read this amount in the source as it stands here")
    )

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        self.seen: drafting.Sighting | None = None
        super().__init__(data, *args, **kwargs)
        phrase = self._typed("phrase")
        if data is not None and phrase and phrase != self._typed("read"):
            self._suggest(phrase)

    def _typed(self, name: str) -> str:
        return (self.data.get(self.add_prefix(name)) or "").strip() if self.is_bound else ""

    def _suggest(self, phrase: str) -> None:
        """Fill in what a program reads in these words, for the form to come back with it, not confirmed."""
        suggestion = amounts.parse_amount(phrase, language=self.data.get("language") or "fr")
        self.seen = drafting.Sighting(sentence=phrase, phrase=phrase, suggestion=suggestion)
        bounds, data = self.seen.amount, self.data.copy()
        told = {name: getattr(bounds, name) for name in ("basis", "lo", "hi", "nominal", "currency")}
        told |= {"years": suggestion.years, "read": phrase}
        for name, value in told.items():
            data[self.add_prefix(name)] = (
                "" if value is None else str(value if name not in _SUMS else int(value))
            )
        data.pop(self.add_prefix("confirmed"), None)
        self.data: QueryDict = data

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if not told.get("phrase") and told.get("lo") is None and told.get("hi") is None:
            return told
        if self.seen:
            self.add_error(
                "confirmed", _("This is what a program reads: mend it if need be, then confirm it.")
            )
        elif not told.get("confirmed"):
            self.add_error("confirmed", _("Confirm the amount."))
        lo, hi = told.get("lo"), told.get("hi")
        if lo is not None and hi is not None and lo > hi:
            self.add_error("hi", _("An amount runs from its lower to its upper bound."))
        if lo is None and told.get("basis") != "undisclosed":
            self.add_error("lo", _("Say at least how much: 0 where the source says “up to”."))
        if (
            not told.get("currency")
            and not told.get("currency_unstated")
            and told.get("basis") != "undisclosed"
        ):
            self.add_error("currency", _("Give the currency, or say that the source names none."))
        return told

    def amount(self) -> dict[str, Any] | None:
        """The amount as an entry holds it; None where nothing is said of it."""
        told = self.cleaned_data
        if not told["phrase"] and told["lo"] is None:
            return None
        names = ("stage", "hi", "nominal", "currency", "currency_unstated")
        sums = {name: told[name] for name in names} | {"lo": told["lo"] or 0}
        return sums | {"basis": told["basis"] or "exact", "as_stated": told["phrase"]}


_SUMS = ("lo", "hi", "nominal")


class LegForm(AmountForm):
    """One payment of a deal: who pays whom, how, and how much."""

    payer = Actors(label=gettext_lazy("Who pays"))
    payee = Actors(label=gettext_lazy("Whom"))
    flow = forms.ChoiceField(choices=Leg.Flow, label=gettext_lazy("What flows"))
    instrument = forms.ChoiceField(choices=list(vocabulary.INSTRUMENTS.items()), label=gettext_lazy("How"))
    contingent = forms.BooleanField(
        required=False, label=gettext_lazy("Only if something happens (a guarantee)")
    )
    derived = forms.BooleanField(required=False, label=gettext_lazy("Our inference, not the source’s words"))

    condition = forms.ChoiceField(
        choices=[
            ("", "—"),
            ("leg1", gettext_lazy("payment 1")),
            ("leg2", gettext_lazy("payment 2")),
            ("leg3", gettext_lazy("payment 3")),
        ],
        required=False,
        label=gettext_lazy("Only if this other payment is made"),
    )
    vendors = Makers()
    gigawatts = forms.DecimalField(
        required=False, min_value=0, max_digits=8, decimal_places=3, label=gettext_lazy("Gigawatts")
    )
    chips = forms.IntegerField(
        required=False, min_value=1, max_value=10**9, label=gettext_lazy("Number of chips")
    )

    field_order = ("payer", "payee", "flow", "instrument", "contingent", "derived", "condition", *_PARTS)

    @property
    def is_blank(self) -> bool:
        return not self._typed("payer") and not self._typed("payee") and not self._typed("phrase")

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if self.is_blank:
            return told
        payer, payee = told.get("payer"), told.get("payee")
        for name in ("payer", "payee"):
            if not told.get(name):
                self.add_error(
                    name, _("Say who. An actor that is not in the list is added under “Actors” first.")
                )
        if payer and payer == payee:
            self.add_error("payee", _("Payer and payee must differ."))
        return told

    @property
    def tied_to(self) -> str:
        """The prefix of the form of the payment without which there is none; empty: of none."""
        return str(self.cleaned_data["condition"])

    def leg(self) -> dict[str, Any]:
        """The leg as an entry holds it."""
        told = self.cleaned_data
        kept = {
            name: told[name] for name in ("flow", "instrument", "contingent", "derived", "years", *_PARTS)
        }
        ends = {name: told[name].slug for name in ("payer", "payee")}
        cash = told["instrument"] not in ("warrant_grant", "stock_grant")
        return kept | ends | {"cash": cash, "amount": self.amount()}


_SHARE = r"(\d{1,3}(?:[.,]\d{1,4})?)"
_VENDOR = re.compile(rf"(.+?)(?:\s+{_SHARE}(?:\s*[-–]\s*{_SHARE})?\s*%?)?")


def _vendor(line: str) -> tuple[str, str, str]:
    """A line such as “Nvidia 40-60”: who, at least, at most. Raises ValidationError."""
    found = _VENDOR.fullmatch(line)
    name, low, high = found.groups() if found else (line, None, None)
    actor = Actor.objects.filter(Q(slug=name.lower()) | Q(name__iexact=name)).first()
    if actor is None:
        raise ValidationError(_("Nobody of this name is known: %(slug)s") % {"slug": name})
    bounds = [Decimal(each.replace(",", ".")) / 100 for each in (low or "0", high or low or "100")]
    if not bounds[0] <= bounds[1] <= 1:
        raise ValidationError(_("A share runs from its lower to its upper bound, within 0 and 100%."))
    return actor.slug, *map(str, bounds)
