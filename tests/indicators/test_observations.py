"""What was measured: published once for each change of what is known, and told by the API at both clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from indicators import publishing
from indicators.models import Measure, Observation
from tests.factories import make_definition, make_indicator
from tests.indicators.api_asked import read

pytestmark = pytest.mark.django_db

YEAR = (date(2025, 1, 1), date(2025, 12, 31))


@pytest.fixture
def now() -> datetime:
    """A moment of the past: the API is asked by the clock of the wall."""
    return datetime(2026, 10, 1, 9, tzinfo=UTC)


@pytest.fixture
def measure() -> Measure:
    indicator = make_indicator("1a")
    make_definition(indicator)
    return Measure.objects.create(code="T1", name_fr="Part", name_en="Share", indicator=indicator)


def observe(numerator: int, *, now, period=YEAR, **fields) -> Observation:
    return publishing.observe("T1", period=period, numerator=numerator, denominator=10, now=now, **fields)


def test_each_change_is_published_and_a_value_that_comes_back_is_one(measure, now):
    told = [3, 3, 4, 4, 3, 3, 4, 3]
    rows = [observe(value, now=now + timedelta(days=day)) for day, value in enumerate(told)]
    kept = list(Observation.objects.order_by("published_at"))
    assert [row.numerator for row in kept] == [3, 4, 3, 4, 3]
    assert [row.pk for row in rows] == [kept[at].pk for at in (0, 0, 1, 1, 2, 2, 3, 4)]
    assert len({row.digest for row in kept}) == 5
    assert (
        Observation.objects.known(as_of=date(2026, 1, 1), known_at=now + timedelta(days=9)).first()
        == kept[-1]
    )


def test_other_inputs_of_the_same_value_are_told_and_come_back_too(measure, now):
    for day, inputs in enumerate(["a", "b", "b", "a"]):
        observe(3, inputs=inputs, now=now + timedelta(days=day))
    assert Observation.objects.count() == 3


def test_an_observation_is_told_whole(client, measure, now):
    row = publishing.observe(
        "T1", period=YEAR, numerator=100, denominator=None, unknown=2, variant="detected", now=now
    )
    assert read(client, "/api/v1/observations/")["results"] == [
        {
            "measure": "T1",
            "name_fr": "Part",
            "name_en": "Share",
            "indicator": "1a",
            "geography": "",
            "variant": "detected",
            "period_start": "2025-01-01",
            "period_end": "2025-12-31",
            "numerator": "100",
            "denominator": None,
            "unknown": "2",
            "digest": row.digest,
            "published_at": now.isoformat().replace("+00:00", "Z"),
        }
    ]


def test_a_measure_of_the_watch_has_no_indicator(client, now):
    Measure.objects.create(code="sources-watched", name_fr="Sources", name_en="Sources")
    publishing.observe("sources-watched", period=YEAR, numerator=1, denominator=2, now=now)
    assert read(client, "/api/v1/observations/?measure=sources-watched")["results"][0]["indicator"] is None


def test_filters_and_clocks_choose(client, measure, now):
    other = make_indicator("2a")
    make_definition(other)
    Measure.objects.create(code="T9", name_fr="Autre", name_en="Other", indicator=other)
    older = (date(2024, 1, 1), date(2024, 12, 31))
    observe(1, period=older, now=now - timedelta(days=2))
    observe(2, now=now - timedelta(days=2))
    observe(3, now=now)
    publishing.observe("T9", period=YEAR, numerator=4, denominator=9, now=now)

    def asked(query: str) -> list[str]:
        return [row["numerator"] for row in read(client, f"/api/v1/observations/?{query}")["results"]]

    assert asked("") == ["4", "3", "2", "1"]
    assert asked("measure=T1") == asked("indicator=1a") == ["3", "2", "1"]
    assert asked("indicator=2a&measure=T1") == []
    assert asked("period_after=2025-01-01&indicator=1a") == ["3", "2"]
    assert asked("period_before=2024-12-31") == asked("as_of=2025-06-01") == ["1"]
    assert asked(f"known_at={(now - timedelta(days=1)).isoformat().replace('+00:00', 'Z')}") == ["2", "1"]
    assert asked("page_size=1&page=2") == ["3"]


def test_what_is_no_measure_is_refused_with_those_there_are(client, measure):
    answer = client.get("/api/v1/observations/?measure=T99")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["accepted"] == ["T1"]


def test_more_rows_take_no_more_queries(client, measure, now, django_assert_num_queries):
    for day in range(30):
        observe(day % 7, now=now + timedelta(days=day - 40))
    read(client, "/api/v1/observations/")
    with django_assert_num_queries(2):
        assert read(client, "/api/v1/observations/")["count"] == 30
