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
    """A file that is not the table of the European Central Bank from that `line` on; 0: nothing of it is."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


class Rate(NamedTuple):
    """One euro in units of a currency on a day."""

    day: date
    currency: str
    per_euro: Decimal


def read(body: bytes, *, today: date) -> list[Rate]:
    """Every rate of the file, up to `today`. Raises UnreadableRatesError."""
    if len(body) > MOST_BYTES:
        raise UnreadableRatesError(0)
    try:
        rows = list(csv.reader(body.decode("ascii").splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableRatesError(0) from error
    head = [name.strip() for name in rows[0]] if rows else []
    if head[:1] != ["Date"] or len(head) > MOST_COLUMNS or not all(map(_is_currency, filter(None, head[1:]))):
        raise UnreadableRatesError(1)
    return [
        rate for number, row in enumerate(rows[1:], 2) if row for rate in _of_line(number, row, head, today)
    ]


def converted(amount: Decimal, *, currency: str, to: str, per_euro: Mapping[str, Decimal]) -> Decimal | None:
    """The amount in another currency by the rates of one day; None when one of the two is not quoted."""
    rates = {EURO: Decimal(1)} | dict(per_euro)
    if currency not in rates or to not in rates:
        return None
    return amount * rates[to] / rates[currency]


def _of_line(number: int, row: Sequence[str], head: Sequence[str], today: date) -> Iterator[Rate]:
    if len(row) != len(head):
        raise UnreadableRatesError(number)
    day = _day(number, row[0].strip(), today)
    for currency, told in zip(head[1:], row[1:], strict=True):
        if currency and told.strip() not in _NOT_QUOTED:
            yield Rate(day, currency, _rate(number, told.strip()))


def _day(number: int, told: str, today: date) -> date:
    for form in _DAYS:
        try:
            day = datetime.strptime(told, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
        if FIRST_DAY <= day <= today:
            return day
    raise UnreadableRatesError(number)


def _rate(number: int, told: str) -> Decimal:
    try:
        value = Decimal(told)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or not Decimal("0.0001") <= value < 10**8 or len(told) > 20:
        raise UnreadableRatesError(number)
    return value


def _is_currency(name: str) -> bool:
    return len(name) == 3 and name.isalpha() and name.isupper()
