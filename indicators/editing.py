"""What editors do by two: propose a definition, an exception, an entry of the registry; adopt or drop it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators import entries, ledger, publishing
from indicators.entries import Entry
from indicators.models import (
    Assessment,
    Cause,
    Definition,
    Evidence,
    Indicator,
    LedgerEntry,
    Override,
    Proposal,
    Rung,
    StatusChange,
)
from indicators.public import subject_of

Kind, State = Proposal.Kind, Proposal.State


class ProposalClosedError(ValueError):
    """Somebody adopted, dropped or rewrote the proposal meanwhile; show it again as it is now."""


class TakesTwoError(ValueError):
    """A status would reach or leave « Atteint » by what one person does alone; ask for a second one in the queue."""


@transaction.atomic
def alone(change: Callable[[], Evidence]) -> Evidence:
    """What one editor does to what is published. Raises TakesTwoError, with nothing done, and what `change` raises."""
    Indicator.objects.one_writer_at_a_time()
    last = StatusChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    done = change()
    moved = StatusChange.objects.filter(pk__gt=last).select_related("indicator")
    codes = [
        row.indicator.code
        for row in moved
        if ((row.rung_from or 0) >= Rung.REACHED) != (row.rung_to >= Rung.REACHED)
    ]
    if codes:
        raise TakesTwoError(
            _(
                "%(codes)s would reach or leave “Reached”: that takes two. Reopen the decision in the queue, where a"
                " second moderator confirms it."
            )
            % {"codes": ", ".join(codes)}
        )
    return done


@transaction.atomic
def propose(
    kind: str, indicator: Indicator, *, content: Mapping[str, Any], by: AbstractBaseUser, now: datetime
) -> Proposal:
    """Write a proposal, or rewrite the open one of this kind: whoever wrote last is its author.

    Raises ValidationError when it could not be adopted as it is.
    """
    Indicator.objects.one_writer_at_a_time()
    open_one = indicator.proposals.filter(kind=kind, state=State.OPEN).first()
    proposal = open_one or Proposal(kind=kind, indicator=indicator)
    proposal.content, proposal.proposed_by, proposal.proposed_at = dict(content), by, now
    _row(proposal, by=None, now=now).full_clean(exclude=["approved_by"])
    _checked(proposal)
    return proposal


@transaction.atomic
def hand_over(draft: Mapping[str, Any], *, title: str, by: AbstractBaseUser, now: datetime) -> Proposal:
    """Leave to the editors what a moderator found worth an entry of the registry; they write the entry."""
    proposal = Proposal(kind=Kind.REGISTRY, content=_plain({"title": title, "draft": draft}))
    proposal.proposed_by, proposal.proposed_at = by, now
    _checked(proposal)
    return proposal


@transaction.atomic
def withdraw(draft: Proposal, *, by: AbstractBaseUser, now: datetime) -> None:
    """Take back what was handed over. Raises ValidationError where it stands in the registry by now."""
    current = Proposal.objects.select_for_update().get(pk=draft.pk)
    if current.state == State.ADOPTED:
        raise ValidationError(_("It stands in the registry by now: correct it there, by a new statement."))
    if current.state == State.OPEN:
        _close(current, State.DROPPED, by=by, now=now)


@transaction.atomic
def register(
    entry: Entry,
    *,
    title: str,
    copies: Iterable[str] = (),
    draft: Proposal | None = None,
    by: AbstractBaseUser,
    now: datetime,
) -> Model:
    """Enter it in the registry, or propose it where it moves totals: the row, or the proposal that another one adopts.

    `draft` is what a moderator handed over, and this is made of. Raises ProposalClosedError, or ValidationError when
    it could not be entered as it is.
    """
    Indicator.objects.one_writer_at_a_time()
    current = _open(draft, seen=draft.digest) if draft else Proposal(kind=Kind.REGISTRY, content={})
    content = _plain(current.content | {"title": title, "entry": entry})
    if not entries.takes_two(content["entry"]):
        row = entries.enter(content["entry"], copies=copies, now=now)
        if draft:
            current.entered_at_once = True
            _adopted(current, row, content=content, by=by, now=now)
        return row
    with transaction.atomic():  # what could not be entered is refused now, not when somebody adopts it
        entries.enter(content["entry"], copies=copies, now=now)
        transaction.set_rollback(True)
    current.content, current.proposed_by, current.proposed_at = content, by, now
    _checked(current)
    return current


@transaction.atomic
def adopt(proposal: Proposal, *, seen: str, by: AbstractBaseUser, now: datetime) -> Model:
    """Publish what is proposed; `seen` is the digest of what this editor read.

    Raises ProposalClosedError, or ValidationError when it is the proposer's own or breaks an invariant.
    """
    current = _open(proposal, seen=seen)
    if current.proposed_by_id == by.pk:
        raise ValidationError(_("A proposal is adopted by somebody else than who wrote it."))
    if current.kind == Kind.REGISTRY:
        if "entry" not in current.content:
            raise ValidationError(_("This is only a draft: write the entry first."))
        entered = entries.enter(current.content["entry"], now=now)
        _adopted(current, entered, content=current.content, by=by, now=now)
        return entered
    row = _row(current, by=by, now=now)
    if isinstance(row, Override):
        set_override(row, now=now)
    else:
        publishing.define(row, assessments=list(_carried(current, row)), now=now)
    _close(current, State.ADOPTED, by=by, now=now)
    return row


@transaction.atomic
def drop(proposal: Proposal, *, seen: str, by: AbstractBaseUser, now: datetime) -> None:
    """Put a proposal aside; nothing was public, and nothing becomes so. Raises ProposalClosedError."""
    _close(_open(proposal, seen=seen), State.DROPPED, by=by, now=now)


@transaction.atomic
def set_override(override: Override, *, now: datetime) -> Override:
    """Publish an editor's exception; the rule goes on computing, and its answer stays beside it.

    Raises ValidationError when one stands already, or when nobody else approved it.
    """
    Indicator.objects.one_writer_at_a_time()
    if standing_exception(override.indicator, now=now):
        raise ValidationError(_("An exception stands already: lift it first."))
    _checked(override)
    ledger.record(LedgerEntry.Kind.PUBLISHED, override, now=now)
    publishing.recompute([override.indicator], cause=Cause.OVERRIDE_SET, now=now)
    return override


@transaction.atomic
def lift_override(override: Override, *, now: datetime) -> Override:
    """End an exception before its time. Raises ValidationError for one that has ended already."""
    Indicator.objects.one_writer_at_a_time()
    current = standing_exception(override.indicator, now=now)
    if current is None or current.pk != override.pk:
        raise ValidationError(_("This exception has ended already."))
    current.lifted_at = now
    _checked(current)
    ledger.record(LedgerEntry.Kind.CORRECTED, current, now=now)
    publishing.recompute([current.indicator], cause=Cause.OVERRIDE_LIFTED, now=now)
    return current


def standing_exception(indicator: Indicator, *, now: datetime) -> Override | None:
    """The exception that stands now, if any."""
    return indicator.overrides.in_force(on=timezone.localdate(now), known_at=now)


def _open(proposal: Proposal, *, seen: str) -> Proposal:
    Indicator.objects.one_writer_at_a_time()
    current = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if current.state != State.OPEN or current.digest != seen:
        raise ProposalClosedError(_("Somebody decided or rewrote this proposal meanwhile: read it again."))
    return current


def _checked(row: Model) -> None:
    row.full_clean()
    row.save()


def _close(proposal: Proposal, state: str, *, by: AbstractBaseUser, now: datetime) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, now
    _checked(proposal)


def _adopted(
    proposal: Proposal, row: Model, *, content: Mapping[str, Any], by: AbstractBaseUser, now: datetime
) -> None:
    """Close it with the name of what it became."""
    proposal.content = {**content, "entered": subject_of(row)}
    _close(proposal, State.ADOPTED, by=by, now=now)


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(told, cls=DjangoJSONEncoder))


def _row(proposal: Proposal, *, by: AbstractBaseUser | None, now: datetime) -> Definition | Override:
    if proposal.kind == Kind.EXCEPTION:
        return proposal.exception(by=by, now=now)
    return proposal.definition(on=timezone.localdate(now), now=now)


def _carried(proposal: Proposal, definition: Definition) -> Iterator[Assessment]:
    """What standing evidence means under the version before, said again under the new one, where that is proposed."""
    if not proposal.content.get("carry"):
        return
    standing: Iterable[Evidence] = Evidence.objects.standing()
    before = Assessment.objects.filter(
        indicator=definition.indicator, definition__version=definition.version - 1, evidence__in=standing
    )
    for row in before.select_related("evidence"):
        row.pk, row._state.adding, row.definition = None, True, definition
        yield row
