"""What pages show of a deal on a day: its status, its payments in three stages, what is not known."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from indicators import details
from indicators.legs import MILLION, PlainLeg, confidences, plain_deals
from indicators.models import (
    Confidence,
    Deal,
    DealEvent,
    DealParty,
    Leg,
    LegAmount,
    LegDetail,
    Publication,
    Statement,
)
from indicators.rules.deal_graph import LIVE, headline_total
from indicators.site.deal_filters import DealFilters
from indicators.site.deal_news import Change, statements_by
from indicators.site.moment import Moment

LegsOfDay = Mapping[str, PlainLeg]
Source = Publication.Source
DOCUMENTS = {Source.FILING, Source.REGULATOR, Source.PARTY_STATEMENT}
RANKS = {
    Source.FILING: 0,
    Source.REGULATOR: 0,
    Source.PARTY_STATEMENT: 1,
    Source.PRESS: 2,
    Source.ACADEMIC: 2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A deal of the list before its parts are read, as it stood on the day; its headline in millions of dollars."""

    pk: int
    slug: str
    announced: str
    status: str
    in_totals: bool
    headline: float | None
    unconverted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What is published of one stage of a payment: the amount that counts, if any, and those that it amends."""

    code: str
    name: str
    amount: LegAmount | None
    before: Sequence[LegAmount]

    @property
    def known(self) -> bool:
        """Whether anybody gave a figure: an amount may be told as not disclosed."""
        return self.amount is not None and bool(self.amount.lo or self.amount.hi is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A leg with its three stages in order, and how sure the registry was of it on the day.

    `told`: what sources told of its contract, where it changed or they differ, and whether it counted on the day.
    """

    leg: Leg
    confidence: str
    stages: Sequence[Stage]
    told: Sequence[tuple[LegDetail, bool]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRow:
    """A deal as the list shows it; `left_out` counts the inferred payments and guarantees that were not asked for."""

    deal: Deal
    status: str
    payments: Sequence[Payment]
    left_out: int
    gaps: Sequence[str]
    changes: Sequence[Change]

    @property
    def lines(self) -> Sequence[Payment | None]:
        """The lines that it takes in a table: a payment each, or one that says why there is none."""
        return self.payments or (None,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of the headline amounts of the deals that count, in dollars; how many have none, or no rate of its day.

    `paid` is the interval of what was disbursed on these deals, as far as anybody published it; None: nobody did.
    """

    amount: Decimal
    undisclosed: int
    unconverted: int
    counted: int
    paid: LegAmount | None


def listed(filters: DealFilters, moment: Moment, legs: LegsOfDay) -> list[Listed]:
    """The deals that the filters let through on that day, the newest first, those without a date last."""
    on_the_day = {deal["id"]: deal for deal in plain_deals(as_of=moment.as_of.isoformat())}
    believed = _believed(legs) if filters.confirmed else set()
    kept = []
    for pk, slug, announced in (
        filters.narrow(moment.as_of).order_by("slug").values_list("pk", "slug", "announced")
    ):
        told = on_the_day[slug]
        standing = told["status"] in LIVE or not filters.live
        sure = slug in believed or not filters.confirmed
        if told["status"] and standing and sure and filters.falls_in_period(announced, moment.as_of):
            of_day = {name: told[name] for name in ("status", "in_totals", "headline")}
            unconverted = bool(told["unconverted"])
            kept.append(Listed(pk=pk, slug=slug, announced=announced, unconverted=unconverted, **of_day))
    return sorted(kept, key=lambda row: row.announced, reverse=True)


def legs_of(moment: Moment) -> LegsOfDay:
    """How sure the registry was of each leg on the day, by slug."""
    sure = confidences(as_of=moment.as_of.isoformat())
    return {slug: {"confidence": confidence} for slug, confidence in sure.items()}


def total_of(deals: Sequence[Listed], moment: Moment) -> Total:
    """What the headline of the registry says, by the counting rule that stands beside it."""
    counted = [each for each in deals if each.in_totals and each.status in LIVE]
    millions, untold = headline_total(
        [{"headline": each.headline, "status": each.status} for each in counted]
    )
    unconverted = sum(each.unconverted for each in counted)
    return Total(
        amount=Decimal(str(millions)) * MILLION,
        undisclosed=untold - unconverted,
        unconverted=unconverted,
        counted=len(counted),
        paid=_paid({each.pk for each in counted}, moment),
    )


def rows_of(
    deals: Sequence[Listed],
    filters: DealFilters,
    moment: Moment,
    *,
    legs: LegsOfDay,
    changes: Mapping[int, Sequence[Change]],
) -> list[DealRow]:
    """These deals with all that the list says of them, in the same order."""
    found = _in_list().in_bulk([each.pk for each in deals])
    details.applied(
        (leg for deal in found.values() for leg in deal.legs.all()), as_of=moment.as_of.isoformat()
    )
    sources = _sources([each.pk for each in deals], moment)
    return [
        _row(
            found[each.pk],
            each.status,
            payments_of(filters.shown(found[each.pk].legs.all()), moment.as_of, legs),
            sources=sources[each.pk],
            changes=changes.get(each.pk, ()),
        )
        for each in deals
    ]


def in_full(moment: Moment) -> QuerySet[Deal]:
    """Deals with their parties, legs, amounts, events and the statements recorded by then, in a fixed number of queries."""
    ends = ("payer", "payee", "conditional_on__payer", "conditional_on__payee", "conditional_on__deal")
    events = DealEvent.objects.select_related("statement__publication").order_by("happened", "pk")
    return Deal.objects.prefetch_related(
        Prefetch("parties", DealParty.objects.select_related("actor").order_by("pk")),
        Prefetch("legs", Leg.objects.select_related(*ends).order_by("pk")),
        Prefetch("legs__amounts", LegAmount.objects.order_by("since")),
        Prefetch("events", events),
        Prefetch("statements", statements_by(moment)),
    )


def strongest_first(statements: Iterable[Statement]) -> list[Statement]:
    """Official documents, then those of a party, then articles, then the rest; as they were recorded within each."""
    return sorted(statements, key=lambda each: (RANKS.get(each.publication.kind, len(RANKS)), each.pk))


def payments_of(legs: Iterable[Leg], as_of: date, of_day: LegsOfDay) -> list[Payment]:
    """Each leg with what was published of each stage by a day."""
    return [
        Payment(
            leg=leg,
            confidence=str(Confidence(of_day[leg.slug]["confidence"]).label),
            stages=_stages(leg, as_of.isoformat()),
        )
        for leg in legs
    ]


def with_told(payments: Iterable[Payment], moment: Moment) -> list[Payment]:
    """The payments with what sources told by that day of the contracts behind them."""
    found = list(payments)
    told = details.told(as_of=moment.as_of.isoformat(), legs=[payment.leg.pk for payment in found])
    of_legs: dict[int, list[tuple[LegDetail, bool]]] = defaultdict(list)
    named = {row.value for row, _counts in told if row.field == LegDetail.Field.CONDITION and row.value}
    conditions = {
        leg.slug: leg for leg in Leg.objects.filter(slug__in=named).select_related("payer", "payee")
    }
    for row, counts in told:
        if row.field == LegDetail.Field.CONDITION:
            row.value = conditions.get(row.value)
        of_legs[row.leg_id].append((row, counts))
    return [replace(payment, told=of_legs[payment.leg.pk]) for payment in found]


def events_of(deal: Deal) -> list[DealEvent]:
    """What happened to a deal, the oldest first, its announcement included."""
    events = list(deal.events.all())
    if deal.announced and not any(event.status == "announced" for event in events):
        events.insert(0, DealEvent(happened=deal.announced, status="announced"))
    return events


def gaps_of(deal: Deal, *, sources: int) -> list[str]:
    """What nobody published of a deal, in words; of the amounts, what was announced."""
    legs = list(deal.legs.all())
    amounts = [amount for leg in legs for amount in leg.amounts.all()]
    known = [amount for amount in amounts if amount.lo or amount.hi is not None]
    paid = {leg.pk for leg in legs if leg.flow != Leg.Flow.DATA}
    told = {
        _("when it was announced"): not deal.announced,
        _("any payment"): not legs,
        _("who pays whom"): any(leg.flow == Leg.Flow.UNKNOWN for leg in legs),
        _("the amount"): bool(paid) and not known,
        _("the amount of some payments"): bool(known) and not paid <= {each.leg_id for each in known},
        _("an upper bound"): any(each.hi is None for each in known),
        _("the currency"): any(each.currency_unstated for each in known),
        _("the duration"): bool(paid) and not any(_has_term(leg) for leg in legs),
        _("a second source"): sources < 2,
    }
    return [gap for gap, missing in told.items() if missing]


def gaps_in_full(deal: Deal, payments: Sequence[Payment]) -> list[str]:
    """The same with what the columns of the list say already, and with who could have published it."""
    told = [{stage.code for stage in payment.stages if stage.known} for payment in payments]
    committed, paid = (
        sum(stage in codes for codes in told)
        for stage in (LegAmount.Stage.COMMITTED, LegAmount.Stage.DISBURSED)
    )
    publications = {statement.publication for statement in deal.statements.all()}
    kinds = {each.kind for each in publications}
    sources = len({each.origin_id or each.pk for each in publications})
    gaps = {
        _("what is committed"): payments and not committed,
        _("what is committed of some payments"): 0 < committed < len(payments),
        _("what is paid"): payments and not paid,
        _("what is paid of some payments"): 0 < paid < len(payments),
        _("a document of a party or of an authority"): not kinds & DOCUMENTS,
    }
    return [*gaps_of(deal, sources=sources), *(gap for gap, missing in gaps.items() if missing)]


def _paid(deals: Collection[int], moment: Moment) -> LegAmount | None:
    """What was disbursed in dollars, added over the payments of these deals."""
    told = LegAmount.objects.filter(
        stage=LegAmount.Stage.DISBURSED, currency="USD", since__lte=moment.as_of.isoformat()
    )
    last = {each.leg_id: each for each in told.select_related("leg").order_by("since", "pk")}
    amounts = [each for each in last.values() if each.leg.deal_id in deals]
    if not amounts:
        return None
    known = [each.hi for each in amounts if each.hi is not None]
    hi = sum(known) if len(known) == len(amounts) else None
    return LegAmount(lo=sum(each.lo for each in amounts), hi=hi, currency="USD")


def _in_list() -> QuerySet[Deal]:
    """Deals with what the list shows of them."""
    return Deal.objects.prefetch_related(
        Prefetch("parties", DealParty.objects.select_related("actor").order_by("pk")),
        Prefetch("legs", Leg.objects.select_related("payer", "payee").order_by("pk")),
        Prefetch("legs__amounts", LegAmount.objects.order_by("since")),
    )


def _sources(deals: Sequence[int], moment: Moment) -> Mapping[int, int]:
    """How many sources speak of each deal; two publications that go back to one are one."""
    told = statements_by(moment).filter(deal__in=deals).select_related(None)
    found: dict[int, set[int]] = defaultdict(set)
    for deal, publication, origin in told.values_list("deal", "publication", "publication__origin"):
        found[deal].add(origin or publication)
    return defaultdict(int, {deal: len(sources) for deal, sources in found.items()})


def _believed(legs: LegsOfDay) -> set[str]:
    """The deals with a leg of which the registry is more than barely sure."""
    sure = [slug for slug, leg in legs.items() if leg["confidence"] != Confidence.LOW]
    return set(Leg.objects.filter(slug__in=sure).values_list("deal__slug", flat=True))


def _row(
    deal: Deal, status: str, payments: Sequence[Payment], *, sources: int, changes: Sequence[Change]
) -> DealRow:
    return DealRow(
        deal=deal,
        status=status,
        payments=payments,
        left_out=len(deal.legs.all()) - len(payments),
        gaps=gaps_of(deal, sources=sources),
        changes=changes,
    )


def _stages(leg: Leg, as_of: str) -> list[Stage]:
    told: dict[str, list[LegAmount]] = defaultdict(list)
    for amount in leg.amounts.all():
        if amount.since <= as_of:
            told[amount.stage].append(amount)
    return [
        Stage(
            code=stage,
            name=str(stage.label),
            amount=told[stage][-1] if told[stage] else None,
            before=told[stage][:-1],
        )
        for stage in LegAmount.Stage
    ]


def _has_term(leg: Leg) -> bool:
    return any(leg.term.get(name) for name in ("start", "end", "years"))
