"""Enter what sources say anew of a payment, or of who controls whom: beside what is there, never overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators import details, ledger
from indicators.models import Actor, Control, Deal, Indicator, LedgerEntry, Leg, LegDetail, Statement
from indicators.registering import NewStatement, record_statement

Field = LegDetail.Field
Row = Mapping[str, Any]


@transaction.atomic
def amend_leg(leg: Leg, changes: Row, *, since: str = "", statement: NewStatement, now: datetime) -> Leg:
    """Enter what one source says of a leg, by the names of its columns; `since`, if the contract changed on a day.

    What is displayed is decided by `indicators.details`. Raises ValidationError, with nothing done.
    """
    Indicator.objects.one_writer_at_a_time()
    row = Leg.objects.get(pk=leg.pk)
    if not changes:
        raise ValidationError(_("Nothing differs from what is displayed."))
    _check(row, changes)
    said = record_statement(statement, leg=row, now=now)
    for field, value in changes.items():
        if not row.details.filter(field=field).exists():
            _keep(row, field, _told(row, field))
        _keep(row, field, value, since=since, statement=said)
    _display(row)
    ledger.record(LedgerEntry.Kind.PUBLISHED, Deal.objects.get(pk=row.deal_id), now=now)
    return row


@transaction.atomic
def carry_over(old: Statement, new: Statement, *, now: datetime) -> None:
    """What a statement tells of a leg is told by the one that corrects it; for another value, amend the leg."""
    for row in old.details.select_related("leg"):
        _keep(row.leg, row.field, row.value, since=row.since, statement=new)
        _display(row.leg)
        ledger.record(LedgerEntry.Kind.PUBLISHED, row.leg.deal, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewControl:
    """That a group held more than half of an actor, both by slug; see Control. `replaces`: the key of another period."""

    actor: str
    group: str = ""
    since: str = ""
    until: str = ""
    replaces: int | None = None


@transaction.atomic
def record_control(told: NewControl, *, statement: NewStatement, now: datetime) -> Control:
    """Enter who controlled whom, from when to when, or another reading of a period that is on record.

    Raises ValidationError: two groups at once, a ring of groups, a day that has not come, a period replaced already.
    """
    Indicator.objects.one_writer_at_a_time()
    actor, group = (Actor.objects.filter(slug=slug).first() for slug in (told.actor, told.group))
    old = Control.objects.filter(pk=told.replaces, actor=actor).first() if told.replaces else None
    if actor is None or (told.group and group is None) or (group is None and old is None):
        raise ValidationError(_("Say which actor, and who controls it."))
    if old and Control.objects.filter(supersedes=old).exists():
        raise ValidationError(_("Another period has taken the place of this one: read it again."))
    row = Control(actor=actor, group=group, since=told.since, until=told.until, supersedes=old)
    row.full_clean(exclude=["statement"])
    _check_control(row, today=timezone.localdate(now).isoformat())
    row.statement = record_statement(statement, actor=actor, now=now)
    row.save()
    ledger.record(LedgerEntry.Kind.PUBLISHED, actor, now=now)
    return row


def _check_control(row: Control, *, today: str) -> None:
    if max(row.since, row.until) > today:
        raise ValidationError(_("That day has not come: enter it once it has."))
    if row.group is None:
        return
    others = [each for each in _periods() if each.pk != row.supersedes_id and row.overlaps(each)]
    for each in others:
        if each.actor_id == row.actor_id:
            raise ValidationError(
                _(
                    "At that time another group controls it, as is on record: %(period)s. End that period first."
                )
                % {"period": each}
            )
    above, passed = row.group_id, {row.actor_id}
    while above and above not in passed:
        passed.add(above)
        above = next((each.group_id for each in others if each.actor_id == above), None)
    if above == row.actor_id:
        raise ValidationError(
            _("At that time %(group)s belongs to %(actor)s.") % {"group": row.group, "actor": row.actor}
        )


def _periods() -> QuerySet[Control]:
    return Control.objects.standing().select_related("actor", "group")


def _keep(leg: Leg, field: str, value: Any, **told: Any) -> None:
    detail = LegDetail(leg=leg, field=field, value=value, **told)
    detail.full_clean()
    detail.save()


def _told(leg: Leg, field: str) -> Any:
    if field == Field.CONDITION:
        return leg.conditional_on.slug if leg.conditional_on else None
    return getattr(leg, field)


def _display(leg: Leg) -> None:
    """Write into the leg what counts of all that is told, so that whoever does not ask for a day reads that."""
    counts = details.of_day()[leg.slug]
    if Field.CONDITION in counts:
        counts[Field.CONDITION] = Leg.objects.filter(slug=counts[Field.CONDITION]).first()
    for field, value in counts.items():
        setattr(leg, field, value)
    leg.full_clean()
    leg.save()


def _check(leg: Leg, changes: Row) -> None:
    """Raises ValidationError, in words, for what no contract can say."""
    for vendor in changes.get(Field.VENDORS) or ():
        if not Actor.objects.filter(slug=vendor["actor"]).exists():
            raise ValidationError(_("Nobody of this name is known: %(slug)s") % {"slug": vendor["actor"]})
    if slug := changes.get(Field.CONDITION):
        _check_condition(leg, slug)


def _check_condition(leg: Leg, slug: str) -> None:
    other = Leg.objects.filter(slug=slug).first()
    if other is None:
        raise ValidationError(_("A payment depends on another payment that the registry holds."))
    passed = [leg]
    while other is not None and other not in passed:
        passed.append(other)
        other = other.conditional_on
    if other == leg:
        ring = " · ".join(str(each) for each in (*passed, leg))
        raise ValidationError(_("A payment would depend on itself: %(ring)s.") % {"ring": ring})
