"""From what a moderator posts to the verb that it asks for, and to what they are told."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.models import Evidence
from indicators.publishing import AlreadyWithdrawnError, NothingToPublishError
from tracker import moderation, pace
from tracker.acts import QuoteNotFoundError
from tracker.admin.forms import (
    AcceptForm,
    ConfirmForm,
    DeclineForm,
    MergeForm,
    RejectForm,
    ReopenForm,
    SnoozeForm,
)
from tracker.admin.takeup import form_for
from tracker.models import Candidate, Decision

_State = Candidate.State
_WITHDRAWN = (AlreadyWithdrawnError, NothingToPublishError)


def offered(candidate: Candidate) -> tuple[str, ...]:
    """The decisions that this candidate may meet as it stands."""
    if candidate.state == _State.PROPOSED:
        return ("confirm", "decline")
    if candidate.state in Candidate.DECIDED:
        return ("reopen",)
    return ("accept" if form_for(candidate) is None else "take_up", "reject", "merge", "snooze")


def forms_of(
    candidate: Candidate, same: tuple[list[Candidate], list[Evidence]], *, posted: Mapping[str, Any] | None
) -> dict[str, forms.Form]:
    """A form for each decision offered; bound is the one that was asked for, or the one to be previewed."""
    shown = {}
    for name in offered(candidate):
        asked = posted is not None and (name in posted or (name == "accept" and "preview" in posted))
        shown[name] = _form(name, candidate, same)(posted if asked else None, auto_id=f"id_{name}_%s")
    return shown


def decide(request: HttpRequest, candidate: Candidate, asked: str, form: forms.Form) -> Decision | None:
    """Call the verb that was asked for; None when it refuses, with the reason beside the form as it was filled."""
    try:
        decision = VERBS[asked](candidate, form, by=request.user, now=timezone.now())
    except moderation.AlreadyDecidedError as error:
        messages.error(request, str(error))
        return None
    except ValidationError as error:
        form.add_error(None, error.messages)
        return None
    except (QuoteNotFoundError, pace.StoppedError, moderation.NotYoursToConfirmError, *_WITHDRAWN) as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, told_of(decision))
    return decision


def told_of(decision: Decision) -> str:
    """What a decision did, in one sentence."""
    if decision.verdict == Decision.Verdict.PROPOSED:
        return _("Proposed: it reaches or leaves “Reached”, so another moderator has to confirm it.")
    if decision.evidence and decision.verdict == Decision.Verdict.ACCEPTED:
        return _("Published as evidence n° %(number)d.") % {"number": decision.evidence.number}
    if decision.evidence:
        return _("It is now one more source of evidence n° %(number)d.") % {
            "number": decision.evidence.number
        }
    return _("Your decision is recorded.")


def _form(
    name: str, candidate: Candidate, same: tuple[list[Candidate], list[Evidence]]
) -> Callable[..., forms.Form]:
    told: dict[str, Any] = {}
    if name in ("accept", "take_up", "merge"):
        told["candidate"] = candidate
    if name == "merge":
        told["same"] = same
    kind = form_for(candidate) if name == "take_up" else _FORMS[name]
    return lambda *args, **kwargs: kind(*args, **told, **kwargs)


def _accept(candidate: Candidate, form: AcceptForm, *, by: AbstractBaseUser, now: datetime) -> Decision:
    return moderation.accept(
        candidate,
        event=form.event(),
        citation=form.citation(),
        assessments=[form.assessment()],
        by=by,
        now=now,
        conflict_of_interest=form.cleaned_data["conflict_of_interest"],
    )


def _take_up(candidate: Candidate, form: Any, *, by: AbstractBaseUser, now: datetime) -> Decision:
    return moderation.take_up(candidate, act=form.whole_act(), by=by, now=now)


def _merge(candidate: Candidate, form: MergeForm, *, by: AbstractBaseUser, now: datetime) -> Decision:
    target = form.cleaned_data["target"]
    if isinstance(target, Evidence):
        cited = form.citation()
        return moderation.merge_into_evidence(candidate, evidence=target, citation=cited, by=by, now=now)
    return moderation.merge(candidate, into=target, by=by, now=now)


def _plainly(verb: Callable[..., Decision]) -> Callable[..., Decision]:
    """A verb that takes what its form asks for."""
    return lambda candidate, form, *, by, now: verb(candidate, by=by, now=now, **form.cleaned_data)


_FORMS: Mapping[str, type[forms.Form]] = {
    "accept": AcceptForm,
    "reject": RejectForm,
    "merge": MergeForm,
    "snooze": SnoozeForm,
    "confirm": ConfirmForm,
    "decline": DeclineForm,
    "reopen": ReopenForm,
}
VERBS: Mapping[str, Callable[..., Decision]] = {
    "accept": _accept,
    "take_up": _take_up,
    "merge": _merge,
    "reject": _plainly(moderation.reject),
    "snooze": _plainly(moderation.snooze),
    "confirm": _plainly(moderation.confirm),
    "decline": _plainly(moderation.decline),
    "reopen": _plainly(moderation.reopen),
}


def reject_all(
    request: HttpRequest, candidates: Sequence[Candidate], *, reason: str, reason_text: str
) -> None:
    """Reject each with the same reason; what somebody else has decided meanwhile is told and left alone."""
    done = 0
    for candidate in candidates:
        try:
            moderation.reject(
                candidate, reason=reason, reason_text=reason_text, by=request.user, now=timezone.now()
            )
            done += 1
        except moderation.AlreadyDecidedError as error:
            messages.warning(request, f"{candidate} · {error}")
    messages.success(request, _("%(count)d rejected.") % {"count": done})
