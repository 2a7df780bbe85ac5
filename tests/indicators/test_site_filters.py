from datetime import date, timedelta

import pytest
from django.test import Client
from lxml import html

from indicators.models import Indicator
from tests.factories import PUBLISHED_AT, make_definition, make_evidence, make_indicator

pytestmark = pytest.mark.django_db


@pytest.fixture
def indicator() -> Indicator:
    row = make_indicator()
    make_definition(row)
    return row


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [3, 2, 1]),
        ("?stance=contradicts", [2]),
        ("?country=DE", [3]),
        ("?kind=law", [3]),
        ("?tier=4", [3]),
        ("?occurred_after=2026-10-15", [3, 2]),
        ("?occurred_before=2026-10-15", [1]),
        ("?q=fabricants+preuve+2", [2]),
        ("?q=", [3, 2, 1]),
        ("?retracted=true", [4]),
        ("?indicator=1a&stance=supports", [3, 1]),
        ("?as_of=2026-10-15", [1]),
    ],
)
def test_the_list_answers_to_its_filters(
    client: Client, indicator: Indicator, query: str, numbers: list[int]
) -> None:
    for number, fields in enumerate(
        ({}, {"stance": "contradicts", "rung": None}, {"rung": 1}, {"rung": 1}), start=1
    ):
        make_evidence(
            number,
            occurred_on=date(2026, 10, 13) + timedelta(days=number + (number > 1)),
            assessments=[{"indicator": indicator} | fields],
            citations=[{"tier": 4 if number == 3 else 1}],
            **({"country": "DE", "kind": "law"} if number == 3 else {}),
            **({"retracted_at": PUBLISHED_AT, "retraction_reason": "x"} if number == 4 else {}),
        )
    tree = html.fromstring(client.get("/preuves/" + query).content)
    links = [
        title.find("a").get("href") for title in tree.find_class("title") if title.getparent().tag == "li"
    ]
    assert links == [f"/preuves/{number}/" for number in numbers]


def test_the_list_is_cut_in_pages_of_fifty(client: Client, indicator: Indicator) -> None:
    for number in range(1, 52):
        make_evidence(number, citations=())
    first = html.fromstring(client.get("/preuves/?kind=tender").content)
    assert len(first.find_class("piece")) == 50
    assert first.xpath("//a[@rel='next']/@href") == ["?kind=tender&page=2"]
    assert len(html.fromstring(client.get("/preuves/?page=2").content).find_class("piece")) == 1
