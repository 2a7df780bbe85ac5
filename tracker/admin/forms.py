"""What a moderator or an operator may type."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Directness, Evidence, Indicator, Kind, Precision, Rung, Stance, Tier
from indicators.publishing import NewAssessment
from tracker import consequences
from tracker.acts import QuoteNotFoundError, check_quote
from tracker.models import PERSON, Candidate, Decision, host_name

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class StandingEvidence(forms.ModelChoiceField):
    """An evidence in force, by its number."""

    widget = forms.NumberInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Evidence.objects.standing(), to_field_name="number", required=False, **kwargs)


class CitationForm(forms.Form):
    """Where the document says so, and who says it."""

    quote = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Quote"),
        help_text=gettext_lazy(
            "The words of the document that prove it, copied as they stand. Select them in the document: they come here."
        ),
    )
    locator = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Where in the document"),
        help_text=gettext_lazy("Page, paragraph, lot or field."),
    )
    publisher = forms.CharField(max_length=200, label=gettext_lazy("Publisher"))
    independence_group = forms.CharField(
        max_length=200,
        label=gettext_lazy("Owner of the source"),
        help_text=gettext_lazy("Two sources of one owner count as one."),
    )
    tier = forms.TypedChoiceField(choices=Tier, coerce=int, label=gettext_lazy("Tier of the source"))

    CITATION = ("quote", "locator", "publisher", "independence_group", "tier")

    def __init__(self, *args: Any, candidate: Candidate, **kwargs: Any) -> None:
        super().__init__(*args, initial=_proposal(candidate), **kwargs)
        self.candidate = candidate

    def clean_quote(self) -> str:
        quote = self.cleaned_data["quote"]
        try:
            if quote:
                check_quote(self.candidate.document, quote)
        except QuoteNotFoundError as error:
            raise ValidationError(str(error)) from error
        return quote

    def citation(self) -> dict[str, Any]:
        """The quote, and the source as the moderator knows it."""
        return {name: self.cleaned_data[name] for name in self.CITATION}


class AcceptForm(CitationForm):
    """The candidate as evidence: what it means, where it says so, and the event that it tells of."""

    indicator = forms.ModelChoiceField(Indicator.objects.all(), label=gettext_lazy("Indicator"))
    stance = forms.ChoiceField(choices=Stance, label=gettext_lazy("Stance"))
    directness = forms.ChoiceField(
        choices=Directness,
        label=gettext_lazy("Directness"),
        help_text=gettext_lazy("Direct: the event is what the sentence speaks of. Partial: one part of it."),
    )
    rung = forms.TypedChoiceField(
        choices=[("", "—"), *((rung.value, f"{rung.value} · {rung.label}") for rung in Rung if rung)],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Rung claimed"),
        help_text=gettext_lazy(
            "For an example: 1 announced, 2 begun or partial, 3 satisfies the definition in full."
        ),
    )
    title_fr = forms.CharField(max_length=300, label=gettext_lazy("Title (French)"))
    title_en = forms.CharField(max_length=300, label=gettext_lazy("Title (English)"))
    summary_fr = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), label=gettext_lazy("Summary (French)")
    )
    summary_en = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), label=gettext_lazy("Summary (English)")
    )
    kind = forms.ChoiceField(choices=Kind, label=gettext_lazy("Kind of event"))
    occurred_on = forms.DateField(widget=_DATE, label=gettext_lazy("Occurred on"))
    occurred_precision = forms.ChoiceField(choices=Precision, label=gettext_lazy("Precision of the date"))
    owner = forms.CharField(
        max_length=200,
        label=gettext_lazy("Body"),
        help_text=gettext_lazy("The buyer, funder, institution or company."),
    )
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        required=False,
        label=gettext_lazy("Country"),
        help_text=gettext_lazy("Two letters: FR, DE, EU."),
    )
    rationale_fr = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), label=gettext_lazy("Why (French)")
    )
    rationale_en = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), label=gettext_lazy("Why (English)")
    )
    cancels = StandingEvidence(
        label=gettext_lazy("Undoes the event of"),
        help_text=gettext_lazy("A clause withdrawn, a call cancelled: the evidence that it cancels."),
    )
    expires_on = forms.DateField(required=False, widget=_DATE, label=gettext_lazy("Expires on"))
    self_published = forms.BooleanField(required=False, label=gettext_lazy("Published by ourselves"))
    conflict_of_interest = forms.CharField(
        required=False, max_length=500, label=gettext_lazy("My conflict of interest, if any")
    )

    field_order = ("indicator", "stance", "directness", "rung")
    EVENT = (
        "title_fr", "title_en", "summary_fr", "summary_en", "kind", "occurred_on", "occurred_precision",
        "owner", "country", "cancels", "expires_on", "self_published",
    )  # fmt: skip

    def clean_country(self) -> str:
        return self.cleaned_data["country"].upper()

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("stance") == Stance.SUPPORTS and self.cleaned_data.get("rung") is None:
            self.add_error("rung", _("An example must say which rung it claims."))
        return self.cleaned_data

    def event(self) -> dict[str, Any]:
        """The fields of Evidence."""
        return {name: self.cleaned_data[name] for name in self.EVENT}

    def outlook(self, *, now: datetime) -> list[consequences.Move]:
        """What publishing this would do, from what is typed and what is proposed; nothing while that is too little."""
        typed = self.cleaned_data if self.is_bound and (self.is_valid() or self.errors) else {}
        told = {name: self.initial.get(name) for name in self.fields} | typed
        told |= {"occurred_on": told["occurred_on"] or localdate(now), "kind": told["kind"] or Kind.TENDER}
        if not told["indicator"] or (told["stance"] == Stance.SUPPORTS and told["rung"] is None):
            return []
        assessment = NewAssessment(
            indicator=told["indicator"],
            stance=told["stance"],
            directness=told["directness"] or Directness.DIRECT,
            rung=told["rung"] if told["stance"] == Stance.SUPPORTS else None,
        )
        event = {
            name: told[name] for name in ("kind", "occurred_on", "owner", "country", "cancels", "expires_on")
        }
        source = (told["tier"], told["independence_group"])
        return consequences.of_publishing(
            event | {"self_published": bool(told["self_published"])},
            source=source,
            assessments=[assessment],
            now=now,
        )

    def assessment(self) -> NewAssessment:
        """What it means for the indicator; only an example claims a rung."""
        names = ("indicator", "stance", "directness", "rationale_fr", "rationale_en")
        rung = self.cleaned_data["rung"] if self.cleaned_data["stance"] == Stance.SUPPORTS else None
        return NewAssessment(rung=rung, **{name: self.cleaned_data[name] for name in names})


class RejectForm(forms.Form):
    """Why the candidate is refused; the contributor, if any, will read it."""

    reason = forms.ChoiceField(
        choices=Decision.Reason, widget=forms.RadioSelect, label=gettext_lazy("Reason")
    )
    reason_text = forms.CharField(required=False, max_length=1000, label=gettext_lazy("In words"))

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("reason") == Decision.Reason.OTHER and not self.cleaned_data.get(
            "reason_text"
        ):
            self.add_error("reason_text", _("Say which other reason."))
        return self.cleaned_data


class MergeForm(CitationForm):
    """Into what the candidate is merged: another one, or an evidence that it is one more source of."""

    into = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, label=gettext_lazy("The same event as")
    )
    number = forms.IntegerField(
        required=False, min_value=1, label=gettext_lazy("Or evidence n°"), widget=forms.NumberInput
    )

    field_order = ("into", "number")

    def __init__(self, *args: Any, same: tuple[list[Candidate], list[Evidence]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        candidates, evidence = same
        self.targets = {f"evidence-{row.number}": row for row in evidence}
        self.targets |= {f"candidate-{row.pk}": row for row in candidates}
        self.fields["into"].choices = [(name, str(row)) for name, row in self.targets.items()]
        self.fields["quote"].required = False
        self.fields["quote"].help_text = _("Needed to become one more source of an evidence.")

    def clean(self) -> dict[str, Any]:
        number = self.cleaned_data.get("number")
        target = self.targets.get(self.cleaned_data.get("into", ""))
        if number:
            target = Evidence.objects.standing().filter(number=number).first()
        if target is None:
            self.add_error(
                "number" if number else "into", _("Say which candidate or which evidence in force.")
            )
        elif (
            isinstance(target, Evidence) and not self.cleaned_data.get("quote") and "quote" not in self.errors
        ):
            self.add_error("quote", _("A further source needs its quote."))
        return self.cleaned_data | {"target": target}


class SnoozeForm(forms.Form):
    """Until when the candidate leaves the queue."""

    until = forms.DateField(widget=_DATE, label=gettext_lazy("Until"))
    reason_text = forms.CharField(required=False, max_length=1000, label=gettext_lazy("What it waits for"))

    def clean_until(self) -> datetime:
        return make_aware(datetime.combine(self.cleaned_data["until"], time.min))


class ConfirmForm(forms.Form):
    """The second moderator’s word."""

    conflict_of_interest = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("My conflict of interest, if any"),
        help_text=gettext_lazy("With one, you cannot be the second moderator: ask another one."),
    )


class DeclineForm(forms.Form):
    """Why what was proposed is not done."""

    reason_text = forms.CharField(max_length=1000, label=gettext_lazy("Why it is not done"))


class ReopenForm(forms.Form):
    """Why the last decision is undone."""

    reason_text = forms.CharField(max_length=1000, label=gettext_lazy("Why this decision is undone"))


def _proposal(candidate: Candidate) -> dict[str, Any]:
    """What the document already says of the event."""
    document = candidate.document
    notice = getattr(document, "notice", None)
    sent = getattr(document, "contribution", None)
    who = host_name(document.url) if document.source.format == PERSON else document.source.publisher
    told = {
        "indicator": candidate.indicator,
        "publisher": who,
        "independence_group": who,
        "tier": document.source.tier,
        "stance": candidate.stance,
        "rung": candidate.rung,
        "title_fr": document.title[:300],
        "title_en": document.title[:300],
        "cancels": _undone(candidate),
        "occurred_on": document.published_at.date() if document.published_at else None,
    }
    if notice:
        told["kind"] = Kind.AWARD if notice.winners else Kind.TENDER
        told["owner"] = notice.buyers[0][:200] if notice.buyers else ""
        told["country"] = notice.buyer_country
        told["occurred_on"] = notice.published_on or notice.dispatched_on or told["occurred_on"]
    if sent:
        told["quote"] = sent.quote
        told["occurred_on"] = sent.happened_on or told["occurred_on"]
    return told


def _undone(candidate: Candidate) -> Evidence | None:
    """The evidence that a counter-example found by following its call would undo."""
    undoes = candidate.follows and candidate.stance == Stance.CONTRADICTS
    return candidate.follows if undoes else None
