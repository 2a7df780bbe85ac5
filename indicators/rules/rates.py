"""Euro reference rates as the European Central Bank publishes them (CSV, the same zipped, XML), and amounts converted by them. Pure."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple
from xml.parsers import expat

MOST_BYTES = 20_000_000  # of a table, after decompression
MOST_COLUMNS = 100
EURO = "EUR"
FIRST_DAY = date(1999, 1, 4)
_DAYS = ("%Y-%m-%d", "%d %B %Y")  # as in the file of all days, and in that of one day
_NOT_QUOTED = {"", "N/A"}
_CUBE = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref Cube"
_LONGEST = 20  # characters of one rate
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


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
    """Every rate of the file, up to `today`; whichever of the bank's forms it has. Raises UnreadableRatesError."""
    if body.startswith(b"PK"):
        body = _unpacked(body)
    if len(body) > MOST_BYTES:
        raise UnreadableRatesError(0)
    return (
        _of_xml(body, today) if body.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<") else _of_csv(body, today)
    )


def converted(amount: Decimal, *, currency: str, to: str, per_euro: Mapping[str, Decimal]) -> Decimal | None:
    """The amount in another currency by the rates of one day; None when one of the two is not quoted."""
    rates = {EURO: Decimal(1)} | dict(per_euro)
    if currency not in rates or to not in rates:
        return None
    return amount * rates[to] / rates[currency]


def _unpacked(body: bytes) -> bytes:
    """The one table that an archive holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            [member] = archive.infolist()
            if member.compress_type not in _PACKED:
                raise UnreadableRatesError(0)
            with archive.open(member) as packed:
                return packed.read(MOST_BYTES + 1)
    # What zipfile raises for a password, an unknown method and offsets that lead nowhere.
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError, OSError) as error:
        raise UnreadableRatesError(0) from error


def _of_xml(body: bytes, today: date) -> list[Rate]:
    table = _Cubes(today)
    try:
        table.parser.Parse(body, True)
    except UnreadableRatesError:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:  # an encoding that nobody knows, too
        raise UnreadableRatesError(table.parser.CurrentLineNumber) from error
    if not table.rates:
        raise UnreadableRatesError(1)
    return table.rates


class _Cubes:
    """The cubes of the bank's XML: days, which hold currencies. A document type, which could hold entities, is refused."""

    def __init__(self, today: date) -> None:
        self.rates: list[Rate] = []
        self._today = today
        self._days: list[date | None] = []  # of the cubes that are open
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, given: Mapping[str, str]) -> None:
        if name != _CUBE:
            return
        line, day = self.parser.CurrentLineNumber, self._days[-1] if self._days else None
        day = _day(line, given["time"], self._today) if "time" in given else day
        self._days.append(day)
        told, currency = given.get("rate", "").strip(), given.get("currency", "")
        if told in _NOT_QUOTED:
            return
        if day is None or not _is_currency(currency):
            self._refuse()
        else:
            self.rates.append(Rate(day, currency, _rate(line, told)))

    def _end(self, name: str) -> None:
        if name == _CUBE:
            self._days.pop()

    def _refuse(self, *_declared: object) -> None:
        raise UnreadableRatesError(self.parser.CurrentLineNumber)


def _of_csv(body: bytes, today: date) -> list[Rate]:
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
        value = Decimal(told[:_LONGEST])
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or not Decimal("0.0001") <= value < 10**8 or len(told) > _LONGEST:
        raise UnreadableRatesError(number)
    return value


def _is_currency(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isalpha() and name.isupper()
