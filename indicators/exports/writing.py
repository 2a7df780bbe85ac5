"""Tables written as CSV, without anything that a spreadsheet would run. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from indicators.exports.columns import Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(table: Table, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """The table as CSV (RFC 4180), header first, a piece at a time; its rows are those of its name."""
    yield _line([column.name for column in table.columns])
    for row in rows[table.name]:
        yield csv_line(table, row)


def csv_line(table: Table, row: Mapping[str, Any]) -> str:
    """One row of the table; unknown is empty."""
    return _line([_cell(row[column.name]) for column in table.columns])


def number(value: Decimal | float) -> str:
    """A number in one way only: 15.5, 300000, never 3E+5."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def harmless(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula (OWASP, “CSV injection”)."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case Decimal() | float() | int():
            return number(value)
        case date():
            return value.isoformat()
        case list() | tuple():
            return harmless(" ".join(map(str, value)))
    return harmless(value)


def _line(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()
