"""What is new of the deals after a day: in the world, by a source, or in the registry."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from indicators.models import DealEvent, LegAmount, Statement
from indicators.site.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something new about a deal: it happened, an amount was amended, a source said it; or the deal entered the registry."""

    on: str
    event: DealEvent | None = None
    amount: LegAmount | None = None
    statement: Statement | None = None


def statements_by(moment: Moment) -> QuerySet[Statement]:
    """The statements that the registry held by then, with what they are quoted from and what they correct."""
    recorded = Q(recorded_at=None) | Q(recorded_at__lte=moment.known_at)
    named = ("publication", "supersedes", "deal", "actor", "leg__payer", "leg__payee")
    return Statement.objects.filter(recorded).select_related(*named)


def changed_since(day: date, moment: Moment) -> set[int]:
    """The deals of which anything is new after a day."""
    events, amounts, said = _news(day, moment)
    told = (events.values_list("deal"), amounts.values_list("leg__deal"), said.values_list("deal"))
    return {pk for rows in told for (pk,) in rows.order_by().distinct()}


def changes_since(day: date, moment: Moment, deals: Collection[int]) -> dict[int, list[Change]]:
    """What is new of these deals after a day: it happened, was amended, said by a source, or entered; newest first.

    Of a deal that entered the registry after that day, the quotes that came with it are not told one by one.
    """
    after = day.isoformat()
    events, amounts, said = _news(day, moment)
    changes: dict[int, list[Change]] = defaultdict(list)
    for event in events.filter(deal__in=deals):
        changes[event.deal_id].append(Change(on=event.happened, event=event))
    for amount in amounts.filter(leg__deal__in=deals).select_related("leg"):
        changes[amount.leg.deal_id].append(Change(on=amount.since, amount=amount))
    new = _entered_after(after, moment, deals)
    for pk, on in new.items():
        changes[pk].append(Change(on=on))
    for statement in said.filter(deal__in=deals):
        published = statement.publication.published_on.isoformat()
        if published > after or statement.deal_id not in new:
            on = published if published > after else _day(statement.recorded_at)
            changes[statement.deal_id].append(Change(on=on, statement=statement))
    return {pk: sorted(found, key=lambda each: each.on, reverse=True) for pk, found in changes.items()}


def _news(day: date, moment: Moment) -> tuple[QuerySet[DealEvent], QuerySet[LegAmount], QuerySet[Statement]]:
    """The events, the amended amounts and the statements that are new after a day."""
    after, until = day.isoformat(), moment.as_of.isoformat()
    recently = Q(publication__published_on__gt=day) | Q(recorded_at__date__gt=day)
    said = statements_by(moment).filter(recently, publication__published_on__lte=moment.as_of)
    return (
        DealEvent.objects.filter(happened__gt=after, happened__lte=until),
        LegAmount.objects.filter(since__gt=after, since__lte=until),
        said.filter(deal__isnull=False).select_related(None).select_related("publication"),
    )


def _entered_after(after: str, moment: Moment, deals: Collection[int]) -> dict[int, str]:
    """The deals that entered the registry after a day, with the day."""
    entered = statements_by(moment).filter(deal__in=deals).order_by().values_list("deal")
    firsts = entered.annotate(first=Min("recorded_at"))
    return {pk: _day(first) for pk, first in firsts if first and _day(first) > after}


def _day(moment: datetime) -> str:
    return timezone.localdate(moment).isoformat()
