"""What an editor types to enter something in the registry of deals, each time with who says so."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Actor, Contradiction, Deal, Leg, Publication, Statement
from indicators.models.contract import partial_day
from indicators.registering import WORDS
from indicators.rules.quotes import contains_quote
from indicators.templatetags import vocabulary
from tracker import drafting
from tracker.admin.amountforms import Actors, AmountForm, LegForm

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_LANGUAGES = [("fr", gettext_lazy("French")), ("en", gettext_lazy("English"))]
LEGS = 3  # of a deal, as many as one form holds; others are entered as deals of their own, or by the seed
_CHANGES = [(code, words) for code, words in vocabulary.STATUSES.items() if code != "exclusivity_changed"]


def partial_day_field(**kwargs: Any) -> forms.CharField:
    """A year, a month or a day, as precise as the source."""
    help_text = gettext_lazy("As precise as the source: 2025, 2025-09 or 2025-09-22.")
    return forms.CharField(max_length=10, validators=[partial_day], help_text=help_text, **kwargs)


def _words(**kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)


class Deals(forms.ModelMultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Deal.objects.all(),
            to_field_name="slug",
            required=False,
            label=gettext_lazy("It overlaps with"),
            help_text=gettext_lazy("Deals that may speak of the same money: their amounts are never added."),
            **kwargs,
        )


class SourceForm(forms.Form):
    """Where the source says it, and its words."""

    url = forms.URLField(max_length=500, assume_scheme="https", label=gettext_lazy("Address of the page"))
    publisher = forms.CharField(max_length=200, label=gettext_lazy("Publisher"))
    source_title = forms.CharField(max_length=300, label=gettext_lazy("Title of the page"))
    source_kind = forms.ChoiceField(choices=Publication.Source, label=gettext_lazy("Kind of source"))
    party = Actors(
        label=gettext_lazy("Document of"),
        help_text=gettext_lazy("The actor whose own document it is: it makes us surer of what it says."),
    )
    origin = forms.ModelChoiceField(
        Publication.objects.all(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("Goes back to"),
        help_text=gettext_lazy("Two articles that go back to one are one source."),
    )
    published_on = forms.DateField(widget=_DATE, label=gettext_lazy("Published on"))
    language = forms.ChoiceField(choices=_LANGUAGES, label=gettext_lazy("Language"))
    quote = forms.CharField(
        max_length=drafting.QUOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Quote"),
        help_text=gettext_lazy(
            "At most 300 characters, word for word; looked up in our copy of the page, where we have one."
        ),
    )
    locator = forms.CharField(max_length=60, required=False, label=gettext_lazy("Where in the document"))
    claim = forms.ChoiceField(choices=Statement.Claim, label=gettext_lazy("What it is"))

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        self.copies = drafting.copies_of(told.get("url", ""))
        quote = told.get("quote", "")
        if quote and self.copies and not any(contains_quote(copy, quote) for copy in self.copies):
            self.add_error(
                "quote", _("This quote does not stand in the stored text; copy it from the document.")
            )
        return told

    def source(self) -> dict[str, Any]:
        """The page as an entry holds it."""
        told = self.cleaned_data
        source = {name: told[name] for name in ("url", "publisher", "published_on", "language")}
        source |= {"title": told["source_title"], "kind": told["source_kind"]}
        return source | {name: told[name].slug if told.get(name) else "" for name in ("party", "origin")}

    def statement(self) -> dict[str, Any]:
        """The statement as an entry holds it."""
        told = self.cleaned_data
        return {"source": self.source()} | {name: told[name] for name in ("quote", "locator", "claim")}


class DealForm(SourceForm):
    """A deal with its payments, and the statement that tells of it."""

    heading = gettext_lazy("Enter a deal")
    title_fr = forms.CharField(max_length=200, label=gettext_lazy("Title of the deal (French)"))
    title_en = forms.CharField(max_length=200, label=gettext_lazy("Title of the deal (English)"))
    slug = forms.SlugField(
        max_length=80,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("For good: who-whom-year-month, such as nvidia-openai-2025-09."),
    )
    kind = forms.ChoiceField(choices=list(vocabulary.DEAL_KINDS.items()), label=gettext_lazy("Kind"))
    status = forms.ChoiceField(choices=_CHANGES, label=gettext_lazy("Status"), initial="announced")
    announced = partial_day_field(label=gettext_lazy("Announced"))
    in_totals = forms.BooleanField(required=False, initial=True, label=gettext_lazy("counted in totals"))
    link_evidence = forms.ChoiceField(
        choices=[("", "—"), ("explicit", gettext_lazy("a source says that the payments are linked"))],
        required=False,
        label=gettext_lazy("Are its payments linked?"),
    )
    others = forms.ModelMultipleChoiceField(
        Actor.objects.all(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("Other parties"),
        help_text=gettext_lazy("Who takes part without paying or being paid."),
    )
    overlaps = Deals()

    def __init__(
        self, data: Any = None, *args: Any, initial: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, *args, initial=initial, **kwargs)
        first = {"phrase": (initial or {}).get("phrase", "")}
        self.legs = [
            LegForm(data, prefix=f"leg{number}", initial=first if number == 1 else {})
            for number in range(1, LEGS + 1)
        ]

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if Deal.every.filter(slug=slug).exists():
            raise ValidationError(_("A deal has this address already: enter a statement of it instead."))
        return slug

    def is_valid(self) -> bool:
        return all([super().is_valid(), *(leg.is_valid() for leg in self.legs)]) and self._is_tied()

    def _is_tied(self) -> bool:
        """Whether each payment that depends on one depends on another one that is filled in."""
        for leg in self._filled:
            if leg.tied_to in ("", *(other.prefix for other in self._filled if other is not leg)):
                continue
            leg.add_error("condition", _("Name another payment that is filled in."))
        return not any(leg.errors for leg in self._filled)

    @property
    def _filled(self) -> list[LegForm]:
        return [leg for leg in self.legs if not leg.is_blank]

    def entry(self) -> dict[str, Any]:
        told = self.cleaned_data
        names = ("title_fr", "title_en", "slug", "kind", "status", "announced", "in_totals", "link_evidence")
        places = {leg.prefix: place for place, leg in enumerate(self._filled)}
        legs = [leg.leg() | {"condition": places.get(leg.tied_to)} for leg in self._filled]
        return {"change": "deal"} | {name: told[name] for name in names} | {
            "legs": legs,
            "others": [actor.slug for actor in told["others"]],
            "overlaps": [deal.slug for deal in told["overlaps"]],
            "headline": _headline(legs),
            "statement": self.statement(),
        }  # fmt: skip


class WordsForm(forms.Form):
    """How a deal is called and explained, and which deals may speak of the same money."""

    heading = gettext_lazy("Mend titles and notes")
    rewrites = True
    title_fr = forms.CharField(max_length=200, label=gettext_lazy("Title of the deal (French)"))
    title_en = forms.CharField(max_length=200, label=gettext_lazy("Title of the deal (English)"))
    note_fr = _words(required=False, label=gettext_lazy("note (French)"))
    note_en = _words(required=False, label=gettext_lazy("note (English)"))
    counter_reading_fr = _words(required=False, label=gettext_lazy("other way to read it (French)"))
    counter_reading_en = _words(required=False, label=gettext_lazy("other way to read it (English)"))
    overlaps = Deals()
    copies: tuple[str, ...] = ()

    def __init__(self, *args: Any, deal: Deal, initial: Any = None, **kwargs: Any) -> None:
        known = {name: getattr(deal, name) for name in WORDS}
        known |= {"overlaps": [other.slug for other in deal.overlaps_with.all()]}
        super().__init__(*args, initial=known, **kwargs)
        self.deal = deal
        self.fields["overlaps"].queryset = Deal.objects.exclude(pk=deal.pk)

    def entry(self) -> dict[str, Any]:
        told = self.cleaned_data
        words = {name: told[name] for name in WORDS}
        overlaps = [other.slug for other in told["overlaps"]]
        return {"change": "words", "deal": self.deal.slug, "words": words, "overlaps": overlaps}


class StatementForm(SourceForm):
    """What a source says of a deal, or of one of its payments."""

    heading = gettext_lazy("Enter a statement")
    leg = forms.ModelChoiceField(
        Leg.objects.none(), to_field_name="slug", required=False, label=gettext_lazy("Of which payment")
    )
    field = forms.CharField(max_length=60, required=False, label=gettext_lazy("About"))
    value = forms.CharField(max_length=120, required=False, label=gettext_lazy("Value"))
    unit = forms.CharField(max_length=40, required=False, label=gettext_lazy("Unit"))
    period = forms.CharField(max_length=60, required=False, label=gettext_lazy("Period"))

    def __init__(self, *args: Any, deal: Deal | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deal = deal
        if "leg" in self.fields:
            self.fields["leg"].queryset = Leg.objects.filter(deal=deal)

    def statement(self) -> dict[str, Any]:
        names = [name for name in ("field", "value", "unit", "period") if name in self.fields]
        return super().statement() | {name: self.cleaned_data[name] for name in names}

    def entry(self) -> dict[str, Any]:
        leg = self.cleaned_data["leg"]
        told = {"change": "statement", "deal": self.deal.slug, "leg": leg.slug if leg else ""}
        return told | {"statement": self.statement()}


class CorrectionForm(StatementForm):
    """The statement that takes the place of another one, and why; the old one stays in sight."""

    heading = gettext_lazy("Correct by a new statement")
    reason = _words(label=gettext_lazy("Public reason of the correction"))

    def __init__(self, *args: Any, corrected: Statement, **kwargs: Any) -> None:
        super().__init__(*args, deal=corrected.deal, **kwargs)
        self.corrected = corrected
        del self.fields["leg"]

    def entry(self) -> dict[str, Any]:
        told = {
            "change": "correction",
            "corrects": self.corrected.slug,
            "reason": self.cleaned_data["reason"],
        }
        return told | {"deal": self.deal.slug if self.deal else "", "statement": self.statement()}


class StatusForm(StatementForm):
    """What happened to a deal, and who says so."""

    heading = gettext_lazy("Enter a change of status")
    status = forms.ChoiceField(choices=_CHANGES, label=gettext_lazy("Status"))
    happened = partial_day_field(label=gettext_lazy("Since"))
    leg = field = value = unit = period = None

    def entry(self) -> dict[str, Any]:
        told = {name: self.cleaned_data[name] for name in ("status", "happened")}
        return {"change": "status", "deal": self.deal.slug, "statement": self.statement()} | told


class AmendForm(StatementForm, AmountForm):
    """Another amount of a payment, since a day; the ones before stay."""

    heading = gettext_lazy("Enter another amount")
    since = partial_day_field(required=False, label=gettext_lazy("Counts since"))
    years = field = value = unit = period = None

    field_order = ("leg", "since", "stage", "phrase", "basis", "lo", "hi", "nominal", "currency")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["leg"].required = True

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if not told.get("phrase") and told.get("lo") is None:
            self.add_error("phrase", _("Give the amount."))
        return told

    def entry(self) -> dict[str, Any]:
        leg, amount = self.cleaned_data["leg"], self.amount() or {}
        told = {"change": "amount", "deal": self.deal.slug, "leg": leg.slug, "statement": self.statement()}
        return told | {"amount": amount | {"since": self.cleaned_data["since"]}}


def _headline(legs: list[dict[str, Any]]) -> Any:
    """What is counted in totals: the headline of the first payment that has one in dollars."""
    known = (leg["amount"] for leg in legs if leg["amount"] and leg["amount"]["currency"] == "USD")
    return next((amount["nominal"] for amount in known if amount["nominal"] is not None), None)


class ContradictionForm(forms.Form):
    """Statements that cannot all be read the same way, and how the registry records them."""

    heading = gettext_lazy("Enter a contradiction")
    statements = forms.ModelMultipleChoiceField(
        Statement.objects.none(),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Statements that contradict each other"),
    )
    what_fr = _words(label=gettext_lazy("what (French)"))
    what_en = _words(label=gettext_lazy("what (English)"))
    recorded_fr = _words(label=gettext_lazy("how it is recorded (French)"))
    recorded_en = _words(label=gettext_lazy("how it is recorded (English)"))
    copies: tuple[str, ...] = ()

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deal = deal
        self.fields["statements"].queryset = Statement.objects.filter(deal=deal)

    def entry(self) -> dict[str, Any]:
        told = self.cleaned_data
        words = {name: told[name] for name in ("what_fr", "what_en", "recorded_fr", "recorded_en")}
        statements = [row.slug for row in told["statements"]]
        return {"change": "contradiction", "deal": self.deal.slug, "statements": statements} | words


class SettleForm(forms.Form):
    """How a contradiction is explained, or what resolved it."""

    heading = gettext_lazy("Say what came of it")
    state = forms.ChoiceField(choices=Contradiction.State, label=gettext_lazy("state"))
    recorded_fr = _words(label=gettext_lazy("how it is recorded (French)"))
    recorded_en = _words(label=gettext_lazy("how it is recorded (English)"))
    copies: tuple[str, ...] = ()

    def __init__(self, *args: Any, contradiction: Contradiction, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contradiction = contradiction

    def entry(self) -> dict[str, Any]:
        return {"change": "settling", "contradiction": self.contradiction.number} | self.cleaned_data
