"""What a moderator types to take up what is no example: one form for each kind of contribution, and for deals."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.admin import CorrectForm
from indicators.models import Actor, CorrectionRequest, Deal, Indicator
from tracker import acts, drafting
from tracker.acts import QuoteNotFoundError, check_kept_quote
from tracker.admin.amountforms import Phrase
from tracker.admin.forms import StandingEvidence
from tracker.models import Candidate, Contribution

_Kind = Contribution.Kind
_Outcome = CorrectionRequest.Outcome
_TAKEN_UP = [(outcome.value, outcome.label) for outcome in (_Outcome.ACCEPTED, _Outcome.PARTLY)]
_LONG = forms.Textarea(attrs={"rows": 6})


class TakeUpForm(forms.Form):
    """Taking note: what was sent is accepted, and handed on where it belongs."""

    heading = gettext_lazy("Take note of it")
    told = gettext_lazy("Nothing is published.")

    def __init__(self, *args: Any, candidate: Candidate, **kwargs: Any) -> None:
        self.contribution: Contribution | None = getattr(candidate.document, "contribution", None)
        self.candidate = candidate
        super().__init__(*args, initial=self.proposal(), **kwargs)
        if self.contribution and self.contribution.clock.acknowledged:
            self.fields["outcome"] = forms.ChoiceField(
                choices=_TAKEN_UP,
                required=False,
                label=gettext_lazy("What came of the request, in public"),
            )

    def proposal(self) -> dict[str, Any]:
        """What the contribution already says."""
        return {}

    def act(self) -> acts.Act:
        """What it does, as one of tracker.acts."""
        return acts.note()

    def whole_act(self) -> acts.Act:
        """The same with what is told of it in public, where it was a request for correction."""
        outcome = self.cleaned_data.get("outcome")
        return self.act() | ({"outcome": outcome} if outcome else {})


class ReplyForm(TakeUpForm):
    heading = gettext_lazy("Publish the reply")
    told = gettext_lazy(
        "It is published as it was sent, beside the evidence or on every page that names the actor, in the API and in"
        " the feeds."
    )

    evidence = StandingEvidence(label=gettext_lazy("Evidence n°"))
    actor = forms.ModelChoiceField(
        Actor.objects.all(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("Or for the actor"),
    )
    party = forms.CharField(max_length=200, label=gettext_lazy("In the name of"))
    text = forms.CharField(max_length=20_000, widget=_LONG, label=gettext_lazy("Reply"))

    def proposal(self) -> dict[str, Any]:
        sent = self.contribution
        return {
            "evidence": sent.evidence and acts.standing(sent.evidence).number,
            "actor": sent.actor.slug if sent.actor else "",
            "party": sent.party,
            "text": sent.statement,
        }

    def clean(self) -> dict[str, Any]:
        if not self.errors and bool(self.cleaned_data["evidence"]) == bool(self.cleaned_data["actor"]):
            raise ValidationError(_("A reply stands beside an evidence, or speaks for an actor."))
        return self.cleaned_data

    def act(self) -> acts.Act:
        told = self.cleaned_data
        return acts.answer(told["evidence"] or told["actor"], party=told["party"], text=told["text"])


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

    evidence = StandingEvidence(label=gettext_lazy("Evidence n°"))
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


class DealForm(TakeUpForm):
    """A deal for the registry: what the editors need to write its entry."""

    heading = gettext_lazy("Hand it to the registry’s editors")
    told = gettext_lazy(
        "Nothing is published: an editor writes the entry from this, and confirms the amount."
    )

    deal = forms.ModelChoiceField(
        Deal.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("a new one"),
        label=gettext_lazy("Which deal"),
    )
    quote = forms.CharField(
        max_length=drafting.QUOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        label=gettext_lazy("Quote"),
        help_text=gettext_lazy(
            "The words of the document that prove it, copied as they stand. Select them in the document: they come here."
        ),
    )
    phrase = Phrase()
    note = forms.CharField(
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("For the editors"),
    )

    def proposal(self) -> dict[str, Any]:
        sent, seen = self.contribution, drafting.sighting_in(self.candidate)
        return {
            "deal": sent.deal.slug if sent and sent.deal else "",
            "quote": (sent.quote[: drafting.QUOTE_LIMIT] if sent and sent.quote else "")
            or (seen and seen.sentence),
            "phrase": seen and seen.phrase,
        }

    def clean_quote(self) -> str:
        quote = self.cleaned_data["quote"]
        try:
            check_kept_quote(self.candidate.document, quote)
        except QuoteNotFoundError as error:
            raise ValidationError(str(error)) from error
        return quote

    def draft(self) -> dict[str, Any]:
        """What the editors need: the page, the words, and which deal it may be."""
        document, told = self.candidate.document, self.cleaned_data
        return {
            "url": document.url,
            "title": document.title,
            "publisher": "" if self.contribution else document.source.publisher,
            "published_on": document.published_at and document.published_at.date(),
            "language": document.language,
            "deal": told["deal"] and told["deal"].slug,
        } | {name: told[name] for name in ("quote", "phrase", "note")}

    def act(self) -> acts.Act:
        return acts.hand_over(self.draft(), title=str(self.candidate.document)[:200])


class StatementForm(DealForm):
    """A statement of the registry that somebody finds wrong: the editors correct it by a new one."""

    told = gettext_lazy(
        "Nothing is published: an editor corrects the statement by a new one, with its public reason; the old one stays"
        " in sight."
    )
    reason = forms.CharField(
        max_length=1_000, widget=_LONG, label=gettext_lazy("What is wrong, as it may be told in public")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["deal"]
        self.fields["quote"].required = False

    def proposal(self) -> dict[str, Any]:
        return super().proposal() | {"reason": self.contribution.statement[:1_000]}

    def draft(self) -> dict[str, Any]:
        self.cleaned_data["deal"] = None
        told = {"corrects": self.contribution.corrects.slug, "reason": self.cleaned_data["reason"]}
        return super().draft() | told


_FORMS = {
    _Kind.REPLY: ReplyForm,
    _Kind.CONTESTATION: ContestationForm,
    _Kind.SOURCE: SourceForm,
    _Kind.CORRECTION: CorrectionForm,
    _Kind.DEAL: DealForm,
}


def form_for(candidate: Candidate) -> type[TakeUpForm] | None:
    """The form to take up what was sent, or found for the registry; None for what may become evidence."""
    sent = getattr(candidate.document, "contribution", None)
    if sent is None:
        return DealForm if candidate.is_for_registry else None
    if sent.kind == _Kind.CORRECTION and sent.corrects:
        return StatementForm
    if sent.kind == _Kind.CORRECTION and sent.request:  # a line of a sheet that is no statement: an answer
        return TakeUpForm
    return _FORMS.get(sent.kind)
