"""What an operator may type of sources: one, any address to begin with, a part of a page, a list of them."""

from typing import Any
from urllib.parse import urldefrag

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Indicator, Tier
from tracker.fetch.address import AddressError, parse
from tracker.models import PERSON, Source
from tracker.models.source import formats
from tracker.source_lists import Terms
from tracker.watchers import PAGES
from tracker.watchers.addresses import judge_address, unlisted_fields
from tracker.watchers.discovery import pasted_address
from tracker.watchers.entry import UnreadableError
from tracker.watchers.page import (
    SELECTOR_LIMIT,
    SelectorError,
    selector_of,
    watched_address,
    xpath_of,
)


class SelectorField(forms.CharField):
    """A CSS selector that can be run."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=SELECTOR_LIMIT,
            label=gettext_lazy("Part of the page (CSS selector)"),
            help_text=gettext_lazy(
                "What is read of a page: “main” is all that matters, “main h3” the titles of its list."
            ),
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        selector = super().clean(value)
        if selector:
            try:
                xpath_of(selector)
            except SelectorError as error:
                raise ValidationError(_("This is not a CSS selector.") + f" {error}") from error
        return selector


class SourceForm(forms.ModelForm):
    """A source that the fetcher can ask, in a state that a person decides."""

    selector = SelectorField(required=False)
    unlisted = forms.BooleanField(
        required=False,
        label=gettext_lazy("TED has these fields by now: take the query as it is"),
        widget=forms.HiddenInput,  # until it is needed
    )

    class Meta:
        model = Source
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "state" in self.fields:
            states = [choice for choice in Source.State.choices if choice[0] != Source.State.LOCAL]
            self.fields["state"].choices = states
        if "format" in self.fields:
            self.fields["format"].choices = [each for each in formats() if each[0] != PERSON]
        address = self.initial.get("url", "")
        if selector := selector_of(address):
            self.initial |= {"url": urldefrag(address).url, "selector": selector}

    def clean_url(self) -> str:
        return _public_address(self.cleaned_data["url"])

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        selector, is_page = told.get("selector"), told.get("format") in PAGES
        if is_page and not selector:
            self._refuse("selector", _("Say which part of the page is read."))
        elif selector and not is_page:
            self._refuse("selector", _("Only of a page is a part read: choose one of its formats."))
        elif selector and told.get("url"):
            told["url"] = watched_address(told["url"], selector)
        self._judge_address(told)
        if told.get("state") in Source.WATCHED and not (
            told.get("interest_note_fr") or told.get("interest_note_en")
        ):
            self._refuse(
                "interest_note_fr",
                _(
                    "Before a source is watched, say what interest its publisher has, in one language at least."
                ),
            )
        return told

    def _judge_address(self, told: dict[str, Any]) -> None:
        """Refuse what its watcher could never read; what stood there before is left to its fetches to judge."""
        new = not self.instance.pk or {"url", "format"} & set(self.changed_data)
        if not (new and told.get("url") and told.get("format")):
            return
        try:
            judge_address(told["format"], told["url"])
        except UnreadableError as error:
            self._refuse("url", f"{_(error.reason)} {error.detail}".rstrip())
            return
        if told["format"] == "ted" and not told.get("unlisted"):
            self._judge_fields(unlisted_fields(told["url"]))

    def _judge_fields(self, unlisted: dict[str, str]) -> None:
        """Refuse fields that TED does not list, until somebody says that it has them."""
        for name, like in unlisted.items():
            if like:
                why = _("TED has no field of the first name, but one of the second:")
                self._refuse("url", f"{why} {name}, {like}")
            else:
                self._refuse("url", _("TED lists no field of this name:") + f" {name}")
        if unlisted and "unlisted" in self.fields:
            self.fields["unlisted"].widget = forms.CheckboxInput()

    def _refuse(self, name: str, why: str) -> None:
        self.add_error(name if name in self.fields else None, why)


class DiscoverForm(forms.Form):
    """Any address, as a person copies it from a browser or a feed reader."""

    address = forms.CharField(
        max_length=2000,
        label=gettext_lazy("Paste any address"),
        help_text=gettext_lazy("Of a site, a page, a blog, a channel or a feed: its feed is looked for."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "autofocus": True}),
    )

    def clean_address(self) -> str:
        return _public_address(pasted_address(self.cleaned_data["address"]))


class PageForm(DiscoverForm):
    """A page without a feed, and which part of it is read how."""

    selector = SelectorField(initial="main")
    format = forms.ChoiceField(
        choices=[
            ("page", gettext_lazy("Page without a feed: each new link")),
            ("page_text", gettext_lazy("Page without a feed: each change of its text")),
        ],
        label=gettext_lazy("What is new"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].label, self.fields["address"].help_text = _("Address of the page"), ""


class ImportForm(forms.Form):
    """A list of feeds from another reader, and what it does not say of them."""

    file = forms.FileField(
        label=gettext_lazy("OPML file"),
        help_text=gettext_lazy("As feed readers export it: at most 5 MiB and 5,000 lines."),
    )
    tier = forms.TypedChoiceField(
        choices=[("", "—"), *Tier.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Tier of the sources"),
        help_text=gettext_lazy(
            "Of every source that is added. Without tier, indicators and an interest note they stay paused."
        ),
    )
    indicators = forms.ModelMultipleChoiceField(
        Indicator.objects.all(), required=False, label=gettext_lazy("Indicators")
    )
    interest_note_fr = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("Interest note (French)"),
    )
    interest_note_en = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("Interest note (English)"),
    )

    def terms(self) -> Terms:
        """What holds for every source that is added."""
        given = {name: each for name, each in self.cleaned_data.items() if name != "file"}
        return Terms(**given | {"indicators": tuple(given["indicators"])})


def _public_address(address: str) -> str:
    try:
        parse(address)
    except AddressError as error:
        raise ValidationError(_("This is not the address of a page on the public web.")) from error
    return address
