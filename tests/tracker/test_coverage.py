"""How well the watch watches, as the public is told: the days on which sources were read."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from indicators.models import Observation
from tests.factories import make_indicator
from tests.tracker.feed_source import serve
from tracker import health, ingest
from tracker.coverage import measures, record_coverage
from tracker.models import Fetch, Source

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=40), st.integers(1, 90))
def test_the_days_on_which_a_source_was_read_are_counted_whatever_came_between(
    days: list[int], period: int
) -> None:
    source = Source()
    for day in sorted(days):
        health.note_day(source, now=NOON + day * DAY)
    until = timezone.localdate(NOON + 300 * DAY)
    since = until - (period - 1) * DAY
    wanted = {day for day in days if 300 - day < period and max(days) - day < 96}
    assert health.count_days(source.days_read, since=since, until=until) == len(wanted)


def test_a_clock_that_went_back_loses_no_day_and_one_that_was_years_ahead_is_forgotten() -> None:
    source, until = Source(), timezone.localdate(NOON)
    week = {"since": until - 6 * DAY, "until": until}
    for day in (0, -1, -3):
        health.note_day(source, now=NOON + day * DAY)
    assert health.count_days(source.days_read, **week) == 3
    health.note_day(source, now=NOON.replace(year=2038))
    health.note_day(source, now=NOON)
    assert health.count_days(source.days_read, **week) == 1
    assert health.count_days(b"", **week) == 0


@pytest.mark.django_db
def test_each_day_on_which_a_source_was_read_counts_once_in_what_the_public_is_told(httpserver, source, now):
    indicator = make_indicator("1a")
    source.indicators.set([indicator])
    for measure in measures():
        measure.save()
    serve(httpserver)
    for hours in (0, 1, 24, 72):
        Source.objects.update(next_due_at=now + timedelta(hours=hours))
        ingest.read_source(source.pk, now=now + timedelta(hours=hours))
    Fetch.objects.all().delete()  # what is forgotten of fetches changes nothing

    record_coverage(now=now + 3 * DAY)

    told = Observation.objects.get(measure__code="coverage-1a")
    assert (told.numerator, told.denominator) == (3, 90)
    assert told.period_start == told.period_end - 89 * DAY


@pytest.mark.django_db
def test_what_fetches_told_before_the_days_were_kept_is_taken_over(source) -> None:
    other = Source.objects.create(slug="b", name="b", url="https://b.example/", format="feed", tier=1)
    for days, outcome in ((0, "read"), (0, "unchanged"), (2, "unchanged"), (3, "failed"), (100, "read")):
        Fetch.objects.create(source=source, started_at=NOON - days * DAY, outcome=outcome, error="x")

    import_module("tracker.migrations.0017_days_on_which_sources_were_read").take_from_fetches(apps, None)

    days = [
        bytes(each.days_read) for each in Source.objects.filter(pk__in=[source.pk, other.pk]).order_by("pk")
    ]
    period = {"since": date(2026, 8, 25), "until": date(2026, 11, 22)}
    assert [health.count_days(each, **period) for each in days] == [2, 0]
