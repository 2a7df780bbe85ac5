"""The legs of the registry as plain values, as they stood on a day: amounts in millions of dollars, status, confidence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Min

from indicators import details
from indicators.claims import claims_by_leg_and_deal, groups
from indicators.models import Deal, DealEvent, ExchangeRate, Leg, LegAmount, LegDetail, Statement
from indicators.rules import precedence, rates
from indicators.rules.deal_graph import CONFIDENCES, LIVE, status_on

DOLLAR = "USD"
MILLION = 1_000_000
STATUSES = LIVE | {"rumoured", "cancelled", "expired", "superseded", "disputed"}
UNDISCLOSED = "undisclosed"
SEVERAL = "several"  # currencies: no sum
LATER = "9999"  # after everything that is dated
BINDING = ("committed", "announced", "disbursed")  # the first of these that is told is the amount that counts
LAST_RATE = timedelta(days=7)  # on a day without a market, the last rate before it counts
_OF_CONFIDENCE = ("slug", "deal_id", "derived", "confidence", "payer__slug", "payee__slug")
_COLUMNS = (
    *_OF_CONFIDENCE, "flow", "instrument", "contingent", "cash", "in_graph", "term", "vendors", "readings", "deal__slug",
    "deal__announced", "deal__link_evidence", "conditional_on__slug",
)  # fmt: skip

Row = Mapping[str, Any]
PlainLeg = dict[str, Any]
History = list[dict[str, str]]
Exchange = Mapping[date, Mapping[str, ExchangeRate]]


class Amount(NamedTuple):
    """A row of LegAmount, in units of its currency."""

    leg_id: int
    stage: str
    since: str
    basis: str
    lo: Decimal
    hi: Decimal | None
    nominal: Decimal | None
    currency: str
    currency_unstated: bool


def plain_legs(*, as_of: str | None = None, retired: bool = False) -> list[PlainLeg]:
    """Every leg in the shape of a published data set; what nobody tells is None.

    `as_of` (2025, 2025-09 or 2025-09-22) gives the amounts that counted then, and the confidence that the sources of
    then allow. An amount in another currency counts as unknown (`unconverted`) without an official rate of its day.
    With `retired`, those of the deals that were retired are there, too.
    """
    kept, told = Leg.every if retired else Leg.objects, details.of_day(as_of) if as_of else {}
    rows = [_as_told(row, told) for row in kept.order_by("pk").values("pk", *_COLUMNS)]
    amounts, histories, sure = _amounts(as_of), _histories(), _confidences(rows, as_of)
    days, slugs = {row["pk"]: row["deal__announced"] for row in rows}, {row["slug"] for row in rows}
    days |= {leg: amount.since for leg, amount in amounts.items() if amount.since and leg in days}
    exchange = _exchange(
        days[leg] for leg, amount in amounts.items() if leg in days and amount.currency not in {"", DOLLAR}
    )
    return [
        {
            "id": row["slug"],
            "deal": row["deal__slug"],
            "payer": row["payer__slug"],
            "payee": row["payee__slug"],
            **{
                name: row[name]
                for name in ("flow", "instrument", "derived", "contingent", "cash", "in_graph")
            },
            **_money(amounts.get(row["pk"]), _day(days[row["pk"]]), exchange),
            "status": histories[row["deal_id"]][-1]["status"],
            "status_history": [event for event in histories[row["deal_id"]] if event["date"]],
            "confidence": sure[row["slug"]],
            "conditional_on": row["conditional_on__slug"] if row["conditional_on__slug"] in slugs else None,
            "link_evidence": row["deal__link_evidence"],
            "vendors": [_vendor(told) for told in row["vendors"]] or None,
            "years": _years(row["term"]),
            "readings": _readings(row),
        }
        for row in rows
    ]


def plain_deals(*, as_of: str | None = None) -> list[dict[str, Any]]:
    """Every deal with its status on that day (None: not yet) and its headline in millions of dollars."""
    histories, currencies = _histories(), _currencies()
    rows = list(Deal.objects.order_by("pk"))
    exchange = _exchange(deal.announced for deal in rows if currencies.get(deal.pk, {DOLLAR}) != {DOLLAR})
    deals = []
    for deal in rows:
        told = sorted(currencies.get(deal.pk, {""}))
        currency = told[0] if len(told) == 1 else SEVERAL
        amount = Amount(0, "announced", "", "exact", Decimal(0), None, deal.headline, currency, False)
        money = _money(amount, _day(deal.announced), exchange)
        deals.append(
            {
                "id": deal.slug,
                "kind": deal.kind,
                "status": status_on({"status_history": histories[deal.pk]}, as_of or LATER),
                "in_totals": deal.in_totals,
                "headline": money["nominal"],
                "unconverted": money["unconverted"] if deal.headline is not None else None,
            }
        )
    return deals


def confidences(*, as_of: str | None = None) -> dict[str, str]:
    """How sure the registry was of each leg on that day, by slug: see docs/decisions/0035."""
    return _confidences(Leg.objects.values("pk", *_OF_CONFIDENCE), as_of)


def plain_number(told: Decimal | str | None) -> float | None:
    """An integer where it is one, so that it is written in one way only; None stays unknown."""
    if told is None:
        return None
    value = Decimal(told)
    return int(value) if value == value.to_integral_value() else float(value)


def _as_told(row: Row, told: Mapping[str, Mapping[str, Any]]) -> Row:
    """The columns of a leg with those that counted on the day."""
    columns = dict(told.get(row["slug"], {}))
    if LegDetail.Field.CONDITION in columns:
        columns["conditional_on__slug"] = columns.pop(LegDetail.Field.CONDITION)
    return row | columns


def _confidences(rows: Iterable[Row], as_of: str | None) -> dict[str, str]:
    told = Statement.every.filter(deal__isnull=False)
    (of_legs, of_deals), above = claims_by_leg_and_deal(told, as_of=as_of), groups()
    sure = {}
    for row in rows:
        named = of_legs[row["pk"]]
        claims = named + ([] if row["derived"] else of_deals[row["deal_id"]])
        parties = {above.get(row[end], row[end]) for end in ("payer__slug", "payee__slug")}
        computed = precedence.confidence(claims, parties)
        decided = any(claim.kind in precedence.HEARD for claim in named)
        sure[row["slug"]] = computed if decided else max(row["confidence"], computed, key=CONFIDENCES.index)
    return sure


def _amounts(as_of: str | None) -> dict[int, Amount]:
    """The amount of each leg that counted on that day: of the most binding stage that is told, as last amended."""
    stages: dict[int, dict[str, Amount]] = defaultdict(dict)
    for row in LegAmount.every.order_by("since", "pk").values_list(*Amount._fields):
        amount = Amount(*row)
        if as_of is None or amount.since <= as_of:
            stages[amount.leg_id][amount.stage] = amount
    return {
        leg: min(told.values(), key=lambda amount: (amount.basis == UNDISCLOSED, BINDING.index(amount.stage)))
        for leg, told in stages.items()
    }


def _currencies() -> dict[int, set[str]]:
    """In which currencies the amounts of each deal are told."""
    told = defaultdict(set)
    for deal, currency in LegAmount.every.exclude(currency="").values_list("leg__deal_id", "currency"):
        told[deal].add(currency)
    for deal, whole in Deal.every.filter(whole_amount__isnull=False).values_list("pk", "whole_amount"):
        if whole["currency"]:
            told[deal] = {whole["currency"]}
    return dict(told)


def _histories() -> dict[int, History]:
    """The statuses of each deal since it was announced, or else first told; its last one is that of now.

    The date of the one entry of a deal that nobody dates is empty.
    """
    events: dict[int, History] = defaultdict(list)
    dated = DealEvent.every.filter(status__in=STATUSES).exclude(happened="").order_by("happened", "pk")
    for deal, day, status in dated.values_list("deal_id", "happened", "status"):
        events[deal].append({"date": day, "status": status})
    first_told = _first_told()
    return {
        deal: _history(announced, status, events[deal], first_told.get(deal, ""))
        for deal, announced, status in Deal.every.values_list("pk", "announced", "status")
    }


def _history(announced: str, status: str, events: History, first_told: str) -> History:
    if not events:
        return [{"date": announced or first_told, "status": status}]
    start = [{"date": announced, "status": "announced"}] if announced else []
    told = {event["date"]: event for event in sorted([*start, *events], key=lambda event: event["date"])}
    history = list(told.values())
    if status not in LIVE:  # an end that no event dates
        history[-1] = history[-1] | {"status": status}
    return history


def _first_told() -> dict[int, str]:
    """For each deal, the day of the oldest publication that tells of it."""
    rows = Statement.every.filter(deal__isnull=False).order_by("deal").values("deal")
    return {
        row["deal"]: row["first"].isoformat() for row in rows.annotate(first=Min("publication__published_on"))
    }


def _exchange(days: Iterable[str]) -> Exchange:
    """The official rates of these days, or of the last day before with a market."""
    asked = {day for told in days if (day := _day(told))}
    if not asked:
        return {}
    published: dict[date, dict[str, ExchangeRate]] = defaultdict(dict)
    for rate in ExchangeRate.objects.filter(day__gte=min(asked) - LAST_RATE, day__lte=max(asked)):
        published[rate.day][rate.currency] = rate
    last = {
        day: max((each for each in published if day - LAST_RATE <= each <= day), default=day) for day in asked
    }
    return {day: published.get(each, {}) for day, each in last.items()}


def _money(amount: Amount | None, day: date | None, exchange: Exchange) -> dict[str, Any]:
    """The bounds and the headline of an amount, with what was done to its currency."""
    unknown = {"lo": 0, "hi": None, "nominal": None}
    if amount is None:
        return (
            unknown | dict.fromkeys(("currency", "stage", "fx", "unconverted")) | {"currency_unstated": False}
        )
    told = {name: _millions(getattr(amount, name)) for name in unknown}
    fx = _fx(amount.currency, exchange.get(day, {})) if day else None
    in_dollars = amount.currency in {"", DOLLAR}
    if fx:
        told = {name: _converted(getattr(amount, name), fx) for name in unknown}
    return (told if in_dollars or fx else unknown) | {
        "currency": amount.currency or None,
        "stage": amount.stage,
        "currency_unstated": amount.currency_unstated,
        "fx": fx and {name: str(value) for name, value in fx.items()},
        "unconverted": None if in_dollars or fx else told | {"currency": amount.currency},
    }


def _fx(currency: str, table: Mapping[str, ExchangeRate]) -> dict[str, Any] | None:
    """How many dollars one unit of a currency was, on which day, by which source; None when it needs no or has no rate."""
    per_euro = {name: rate.per_euro for name, rate in table.items()}
    if currency in {"", DOLLAR} or DOLLAR not in per_euro:
        return None
    rate = rates.converted(Decimal(1), currency=currency, to=DOLLAR, per_euro=per_euro)
    return rate and {"rate": rate, "day": table[DOLLAR].day, "source": table[DOLLAR].source_url}


def _converted(amount: Decimal | None, fx: Mapping[str, Any]) -> float | None:
    return None if amount is None else plain_number(round(amount * fx["rate"] / MILLION, 6))


def _vendor(told: Row) -> dict[str, Any]:
    return {"vendor": told["actor"], "lo": plain_number(told["lo"]), "hi": plain_number(told["hi"])}


def _years(term: Row) -> Sequence[float] | None:
    """How long a contract lasts, at least and at most; None when it is not told, or told in a way that is in doubt."""
    if years := term.get("years"):
        return years if isinstance(years, list) else [years, years]
    start, end = (str(term.get(side) or "")[:4] for side in ("start", "end"))
    if not start.isdecimal() or not end.isdecimal() or term.get("note_fr"):
        return None
    return [int(end) - int(start), int(end) - int(start) + 1]


def _readings(row: Row) -> list[dict[str, str]] | None:
    """What a leg may be whose source does not say its direction."""
    if row["flow"] != Leg.Flow.UNKNOWN:
        return None
    ends = {"payer": row["payer__slug"], "payee": row["payee__slug"]}
    return [
        {name: (ends | reading)[name] for name in ("payer", "payee", "flow", "instrument")}
        for reading in row["readings"]
    ]


def _day(told: str) -> date | None:
    """A day that is told as precisely as that."""
    return date.fromisoformat(told) if len(told) == len("2025-09-22") else None


def _millions(amount: Decimal | None) -> float | None:
    return None if amount is None else plain_number(amount / MILLION)
