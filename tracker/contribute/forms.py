"""What anybody may send us: one form, whose fields depend on what it is for."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from indicators.models import Actor, Deal, Evidence, Indicator, Statement
from tracker.contribute import words
from tracker.deceit import marks_of
from tracker.dedup import canonical_url
from tracker.fetch.address import AddressError, is_public, parse
from tracker.models import Contribution
from tracker.receiving import Sent
from tracker.watchers import plaintext

Kind = Contribution.Kind
STATEMENT_LIMIT, QUOTE_LIMIT, LINK_LIMIT = 10_000, 2_000, 2_000
EARLIEST = date(1990, 1, 1)
_NUMBER = re.compile(r"(?:n\s*[°ºo]\s*\.?|#)?\s*(\d{1,7})", re.IGNORECASE)

# What is asked at once, and what may be added; with a star where it must be given.
FIELDS = {
    Kind.EXAMPLE: ("url* kind", "indicator quote statement happened_on email credit"),
    Kind.COUNTER_EXAMPLE: ("url* kind", "indicator quote statement happened_on email credit"),
    Kind.CORRECTION: ("evidence indicator statement*", "url quote email credit"),
    Kind.CONTESTATION: ("indicator evidence statement*", "url quote happened_on email credit"),
    Kind.REPLY: ("evidence party* statement* email", "indicator url"),
    Kind.DEAL: ("url*", "quote statement happened_on email credit"),
    Kind.SOURCE: ("url*", "indicator statement email credit"),
}
EXAMPLES = (Kind.EXAMPLE, Kind.COUNTER_EXAMPLE)
_ABOUT_US = (Kind.CORRECTION, Kind.CONTESTATION, Kind.REPLY)  # they answer something that we published
_NAMED = ("deal", "actor", "corrects")  # what the page that somebody comes from tells, unseen
_WRITTEN = ("url", "quote", "statement", "party", "credit")


class Words(forms.CharField):
    """Words as people type them, without what cannot be seen."""

    def to_python(self, value: Any) -> str:
        return plaintext.clean(super().to_python(value))


class WhichIndicator(forms.ModelChoiceField):
    def label_from_instance(self, indicator: Indicator) -> str:
        return f"{indicator.code} · {indicator.statement}"


class ContributionForm(forms.Form):
    """The fields of every kind; which are asked, `asked` and `more` say."""

    kind = forms.ChoiceField(
        choices=Kind,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), words.MISSING["kind"]),
    )
    url = forms.CharField(max_length=LINK_LIMIT, required=False)
    evidence = forms.CharField(max_length=LINK_LIMIT, required=False)
    indicator = WhichIndicator(
        Indicator.objects.all(),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("I don’t know"),
    )
    deal = forms.SlugField(max_length=80, required=False, widget=forms.HiddenInput)
    actor = forms.SlugField(max_length=50, required=False, widget=forms.HiddenInput)
    corrects = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)
    party = Words(max_length=200, required=False)
    quote = Words(max_length=QUOTE_LIMIT, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    statement = Words(max_length=STATEMENT_LIMIT, required=False, widget=forms.Textarea(attrs={"rows": 5}))
    happened_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    email = forms.EmailField(required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    credit = Words(max_length=120, required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        told = self.data.get("kind") if self.is_bound else self.initial.get("kind")
        self.sort = Kind(told) if told in Kind.values else Kind.EXAMPLE
        asked, more = FIELDS[self.sort]
        self.wanted = {name.rstrip("*") for name in asked.split() if name.endswith("*")}
        self.asked_names, self.more_names = asked.replace("*", "").split(), more.split()
        if self.sort in EXAMPLES:
            self.fields["kind"].choices = [(kind.value, kind.label) for kind in EXAMPLES]
        else:
            self.fields["kind"].widget = forms.HiddenInput()
        if self["corrects"].value():  # the page says already what it is about
            self.asked_names = ["statement"]
        for name in set(self.fields) - {*self.asked_names, *self.more_names, "kind", *_NAMED}:
            del self.fields[name]  # whatever was sent of it
        for name, field in self.fields.items():
            field.label, field.help_text = words.of(self.sort, name)
        self.fields["url"].widget.attrs |= {
            "inputmode": "url",
            "autocapitalize": "off",
            "spellcheck": "false",
        }

    @property
    def starts_with_link(self) -> bool:
        return "url" in self.asked_names

    def asked(self) -> Iterator[forms.BoundField]:
        """The fields that everybody sees at once."""
        return (self[name] for name in self.asked_names)

    def more(self) -> Iterator[forms.BoundField]:
        """The fields of the second step."""
        return (self[name] for name in self.more_names)

    def more_is_used(self) -> bool:
        """Whether something of the second step is filled in, or wrong."""
        return any(field.errors or field.value() for field in self.more())

    def clean_url(self) -> str:
        typed = self.cleaned_data["url"]
        if not typed:
            return ""
        link = plaintext.web_link(typed if "://" in typed else f"https://{typed}")
        try:
            address = parse(link)
        except AddressError as error:
            raise ValidationError(_("This is not the address of a page on the public web.")) from error
        link = address.scheme + link[len(address.scheme) :]
        is_public_host = is_public(address.host) if address.is_literal else "." in address.host
        if not is_public_host or not canonical_url(link):
            raise ValidationError(_("This is not the address of a page on the public web."))
        return link

    def hidden_named(self) -> Iterator[forms.BoundField]:
        """What the page that somebody came from told, to be sent along."""
        return (self[name] for name in _NAMED if self[name].value())

    def clean_evidence(self) -> Evidence | None:
        typed = self.cleaned_data["evidence"]
        self.pasted = _statement_at(typed) if self.sort == Kind.CORRECTION else None
        if self.pasted:
            return None
        number = _NUMBER.fullmatch(typed)
        found = Evidence.objects.filter(number=int(number[1])).first() if number else None
        if typed and found is None:
            raise ValidationError(_("We have published no evidence under this number."))
        return found

    def clean_deal(self) -> Deal | None:
        slug = self.cleaned_data["deal"]
        return Deal.objects.filter(slug=slug).first() if slug else None

    def clean_actor(self) -> Actor | None:
        slug = self.cleaned_data["actor"]
        return Actor.objects.filter(slug=slug).first() if slug else None

    def clean_corrects(self) -> Statement | None:
        slug = self.cleaned_data["corrects"]
        return Statement.objects.filter(slug=slug).first() if slug else None

    def clean_happened_on(self) -> date | None:
        told = self.cleaned_data["happened_on"]
        if told and not EARLIEST <= told <= self.today:
            raise ValidationError(_("This day lies in the future, or too far back."))
        return told

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        told["corrects"] = told.get("corrects") or getattr(self, "pasted", None)
        for name in sorted(self.wanted):
            if name not in self.errors and not told.get(name):
                self.add_error(name, words.MISSING[name])
        about = ("evidence", "indicator", *_NAMED)
        if self.sort in _ABOUT_US and not any(told.get(name) or name in self.errors for name in about):
            self.add_error(
                self.asked_names[0], _("Say what it is about: an evidence, or one of the six sentences.")
            )
        return told

    def sent(self) -> Sent:
        """What was filled in, once it is valid."""
        marks = tuple(
            {"field": name, "mark": mark}
            for name in _WRITTEN
            if name in self.fields
            for mark in marks_of(self.data.get(name, ""))
        )
        return Sent(
            **(self.cleaned_data | {"kind": self.sort, "marks": marks, "language": get_language() or ""})
        )


def _statement_at(typed: str) -> Statement | None:
    """The statement of the registry whose address, or name, this is."""
    slug = typed.rpartition("#")[2] if "#" in typed else typed
    return Statement.objects.filter(slug=slug).first() if "/" in slug else None
