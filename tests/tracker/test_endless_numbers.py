"""`Infinity` and its friends: wherever a publisher writes them, they never reach the database."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker import storing
from tracker.models import Document, Source
from tracker.watchers import FORMATS
from tracker.watchers.entry import UnreadableError

SAMPLES = Path(__file__).parent.parent / "samples"
TOLD = {
    "ocds": "release.json", "ted": "ted_api.json", "boamp": "boamp.json", "decp": "decp.json",
    "prozorro": "prozorro.json", "funding": "funding.json", "edgar": "edgar.json", "esef": "esef.json",
}  # fmt: skip
ENDLESS = (
    "Infinity", "-Infinity", "NaN", "1e9999", "-1e9999", "1e-9999", "9" * 400, "9" * 9_000, "1e400", '"Infinity"',
    '"NaN"', '"1e9999"', '" 000,"',
)  # fmt: skip
MARK = "here stands a number"

Place = tuple[str | int, ...]


def leaves(node: Any, path: Place = ()) -> Iterator[Place]:
    """Where the single values of a JSON document stand."""
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(child, (*path, key))
    else:
        yield path


def written(format: str, place: Place, number: str) -> bytes:
    """The sample with this number at this place."""
    told = json.loads((SAMPLES / TOLD[format]).read_text())
    node = told
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = MARK
    return json.dumps(told).replace(f'"{MARK}"', number).encode()


PLACES = [
    (format, place)
    for format, name in TOLD.items()
    for place in leaves(json.loads((SAMPLES / name).read_text()))
]


@pytest.mark.django_db
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), st.sampled_from(ENDLESS))
def test_no_number_without_end_is_ever_stored(now, where, number) -> None:
    format, place = where
    source, _new = Source.objects.get_or_create(
        slug=format,
        defaults={
            "name": format,
            "publisher": "x",
            "format": format,
            "url": f"https://{format}.example/",
            "tier": 1,
        },
    )
    try:
        page = FORMATS[format].read(written(format, place, number))
    except UnreadableError:
        return
    storing.store(source, page, now=now)
    assert [told for told in stored() if not is_finite(told)] == []


def test_the_whole_numbers_of_a_document_may_be_too_long_to_be_read() -> None:
    with pytest.raises(UnreadableError, match="not valid JSON"):
        FORMATS["ocds"].read(b'{"releases": [{"ocid": "a", "id": %s}]}' % (b"9" * 9_000))


def stored() -> list[tuple]:
    """Every number and every JSON of the notices, as the database has them."""
    table = Document._meta.get_field("notice").related_model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT value, max_lots_awarded, tenders_received, lots, cpv FROM {table}")
        return cursor.fetchall()


def is_finite(row: tuple) -> bool:
    *numbers, lots, cpv = row
    for text in (lots, cpv):
        json.loads(text, parse_constant=refuse, parse_float=finite)
    return all(number is None or abs(number) < 1e15 for number in numbers)


def finite(text: str) -> float:
    assert abs(float(text)) < 1e15
    return float(text)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} was stored")
