"""Euro reference rates as the European Central Bank publishes them in CSV, and amounts converted by them. Pure."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

MOST_BYTES = 20_000_000
MOST_COLUMNS = 100
EURO = "EUR"
FIRST_DAY = date(1999, 1, 4)
_DAYS = ("%Y-%m-%d", "%d %B %Y")  # as in the file of all days, and in that of one day
_NOT_QUOTED = {"", "N/A"}


class UnreadableRatesError(ValueError):
    """A file that is not the table of the European Central Bank; the message says where it stops being so."""


class Rate(NamedTuple):
    """One euro in units of a currency on a day."""

    day: date
    currency: str
    per_euro: Decimal


def read(body: bytes) -> list[Rate]:
    """Every rate of the file. Raises UnreadableRatesError."""
    if len(body) > MOST_BYTES:
        raise UnreadableRatesError(f"more than {MOST_BYTES} bytes")
    try:
        rows = list(csv.reader(body.decode("ascii").splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableRatesError(str(error)) from error
    head = [name.strip() for name in rows[0]] if rows else []
    if head[:1] != ["Date"] or not all(map(_is_currency, filter(None, head[1:MOST_COLUMNS]))):
        raise UnreadableRatesError("line 1: expected Date, USD, JPY, …")
    if len(head) > MOST_COLUMNS:
        raise UnreadableRatesError(f"line 1: more than {MOST_COLUMNS} columns")
    return [rate for number, row in enumerate(rows[1:], 2) if row for rate in _of_line(number, row, head)]


def converted(amount: Decimal, *, currency: str, to: str, per_euro: Mapping[str, Decimal]) -> Decimal | None:
    """The amount in another currency by the rates of one day; None when one of the two is not quoted."""
    rates = {EURO: Decimal(1)} | dict(per_euro)
    if currency not in rates or to not in rates:
        return None
    return amount * rates[to] / rates[currency]


def _of_line(number: int, row: Sequence[str], head: Sequence[str]) -> Iterator[Rate]:
    if len(row) != len(head):
        raise UnreadableRatesError(f"line {number}: {len(row)} columns instead of {len(head)}")
    day = _day(number, row[0].strip())
    for currency, told in zip(head[1:], row[1:], strict=True):
        if currency and told.strip() not in _NOT_QUOTED:
            yield Rate(day, currency, _rate(number, told.strip()))


def _day(number: int, told: str) -> date:
    for form in _DAYS:
        try:
            day = datetime.strptime(told, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
        if day >= FIRST_DAY:
            return day
    raise UnreadableRatesError(f"line {number}: {told[:20]!r} is no day since 1999")


def _rate(number: int, told: str) -> Decimal:
    try:
        value = Decimal(told)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or not Decimal("0.0001") <= value < 10**8 or len(told) > 20:
        raise UnreadableRatesError(f"line {number}: {told[:20]!r} is no rate")
    return value


def _is_currency(name: str) -> bool:
    return len(name) == 3 and name.isalpha() and name.isupper()
