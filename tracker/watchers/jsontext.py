"""JSON of foreign origin: numbers stay finite, what is not JSON is refused in words. Pure."""

import json
from collections.abc import Mapping
from decimal import Decimal

from tracker.watchers.entry import UnreadableError


def load_json(body: bytes) -> object:
    """The value, its fractions as Decimal; raises UnreadableError for anything that is not strict JSON."""
    try:
        return json.loads(body.lstrip(b"\xef\xbb\xbf \t\r\n"), parse_constant=_refuse, parse_float=Decimal)
    except RecursionError as error:
        raise UnreadableError("This JSON is nested too deeply.") from error
    except (ValueError, ArithmeticError) as error:
        raise UnreadableError("This is not valid JSON.", str(error)[:200]) from error


def mapping(value: object) -> Mapping[str, object]:
    """The object itself, or an empty one: JSON promises no shapes."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> list[object]:
    """The list itself; nothing for null; anything else as a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def string(value: object) -> str:
    """A string or a number as text; empty for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not a number in JSON")
