from datetime import timedelta

import pytest

from tracker.fetch.cadence import (
    PRIORITY_INTERVAL,
    Told,
    interval_after_failure,
    interval_after_success,
    retry_after,
    rhythm_of,
    weight_of,
)

HOUR = timedelta(hours=1)
NOON = "Sun, 22 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "interval"),
    [
        ({}, HOUR),
        ({"cache-control": "max-age=60"}, HOUR),
        ({"cache-control": "public, Max-Age=7200"}, 2 * HOUR),
        ({"cache-control": 'max-age="7200"'}, 2 * HOUR),
        ({"cache-control": "s-maxage=7200"}, HOUR),
        ({"cache-control": "no-cache, max-age=7200"}, HOUR),
        ({"cache-control": "max-age=999999999999999999"}, 24 * HOUR),
        ({"cache-control": "max-age=-1"}, HOUR),
        ({"date": NOON, "expires": "Sun, 22 Nov 2026 15:00:00 GMT"}, 3 * HOUR),
        ({"date": NOON, "expires": "Sat, 21 Nov 2026 15:00:00 GMT"}, HOUR),
        ({"date": NOON, "expires": "Sun, 22 Nov 2226 15:00:00 GMT"}, 24 * HOUR),
        ({"date": NOON, "expires": "0"}, HOUR),
        ({"date": "now", "expires": "Sun, 22 Nov 2026 15:00:00 GMT"}, HOUR),
        (
            {"cache-control": "max-age=7200", "date": NOON, "expires": "Sun, 22 Nov 2026 15:00:00 GMT"},
            2 * HOUR,
        ),
    ],
)
def test_a_server_may_slow_us_down_to_a_day(headers, interval):
    assert interval_after_success(HOUR, Told(headers=headers)) == interval


@pytest.mark.parametrize(
    ("asked", "max_age", "interval"),
    [(0, 0, 1), (3, 0, 3), (3, 7_200, 3), (1, 7_200, 2), (1_000, 0, 24), (0.1, 0, 1)],
)
def test_what_a_feed_asks_counts_beside_what_its_server_says(asked, max_age, interval):
    told = Told(headers={"cache-control": f"max-age={max_age}"}, asked=asked * HOUR)

    assert interval_after_success(HOUR, told) == interval * HOUR


def test_an_official_source_is_never_put_off_by_its_cache_for_more_than_six_hours():
    told = Told(headers={"cache-control": "max-age=86400"}, asked=20 * HOUR, at_most=PRIORITY_INTERVAL)

    assert interval_after_success(HOUR, told) == 6 * HOUR
    assert interval_after_success(12 * HOUR, told) == 12 * HOUR


def test_a_source_whose_hub_tells_us_is_asked_six_times_more_rarely_and_once_a_day_at_least():
    nothing = Told(headers={})

    assert interval_after_success(HOUR, nothing, times=6) == 6 * HOUR
    assert interval_after_success(HOUR, nothing, rhythm=5 * HOUR, times=6) == 24 * HOUR


def test_a_source_that_publishes_rarely_is_asked_rarely_and_no_source_more_often_than_decided():
    assert interval_after_success(HOUR, Told(headers={}), rhythm=2 * HOUR) == 2 * HOUR
    assert interval_after_success(HOUR, Told(headers={}), rhythm=timedelta(minutes=1)) == HOUR
    assert interval_after_success(HOUR, Told(headers={}), rhythm=timedelta(days=14)) == 24 * HOUR
    assert interval_after_success(timedelta(seconds=1), Told(headers={})) == timedelta(minutes=15)
    assert interval_after_success(timedelta(days=7), Told(headers={})) == 24 * HOUR


@pytest.mark.parametrize(("entries", "hours"), [(0, 12), (27, 12), (83, 4), (335, 1)])
def test_the_rhythm_is_half_the_mean_time_between_entries_and_half_a_day_at_most(entries, hours):
    assert rhythm_of(entries, period=timedelta(weeks=4)) == hours * HOUR


def test_failures_in_a_row_lengthen_the_wait_up_to_a_day():
    waits = [interval_after_failure(HOUR, failures=n, jitter=0) for n in (1, 2, 24, 29)]

    assert waits == [HOUR, 2 * HOUR, 24 * HOUR, 24 * HOUR]


@pytest.mark.parametrize(
    ("kind", "status", "weight"),
    [
        *[
            ("http", 404, 1),
            ("gone", 410, 1),
            ("refused", None, 1),
            ("tls", None, 1),
            ("unreadable", None, 1),
        ],
        *[("http", 502, 0.5), ("backoff", 429, 0.5), ("timeout", None, 0.5), ("incomplete", None, 0.5)],
        ("dns", None, 0.25),
    ],
)
def test_a_failure_on_the_way_counts_less_than_a_refusal(kind, status, weight):
    assert weight_of(kind, status=status) == weight
    assert interval_after_failure(HOUR, failures=4, jitter=0, weight=weight) == 4 * HOUR * weight


def test_no_source_is_asked_again_within_a_quarter_of_an_hour_of_a_failure():
    assert interval_after_failure(HOUR / 2, failures=1, jitter=0, weight=0.25) == HOUR / 4


def test_after_thirty_failures_a_source_is_still_asked_once_a_week():
    waits = [interval_after_failure(HOUR, failures=n, jitter=0) for n in (30, 100_000)]

    assert waits == [7 * 24 * HOUR] * 2
    assert interval_after_failure(HOUR, failures=30, jitter=1, retry_after=3_600) == 7 * 24 * HOUR * 0.9


def test_jitter_spreads_sources_that_failed_together():
    assert interval_after_failure(10 * HOUR, failures=1, jitter=1) == 9 * HOUR
    assert interval_after_failure(HOUR, failures=29, jitter=0.5) == 24 * HOUR * 0.95


@pytest.mark.parametrize("jitter", [0, 0.5, 1])
def test_no_try_comes_before_the_time_the_server_asked_for(jitter):
    wait = interval_after_failure(HOUR, failures=1, jitter=jitter, retry_after=36_000)

    assert 10 * HOUR <= wait <= 11 * HOUR


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *[("3", 3), ("0", 1), ("1.5", 2), ("99999999999", 86_400), ("9" * 5_000, 86_400)],
        *[("-5", None), ("soon", None), ("", None), ("1e3", None), ("٣", None), ("nan", None)],
        ("Sun, 22 Nov 2026 12:00:03 GMT", 3),
        ("Sunday, 22-Nov-26 12:00:03 GMT", 3),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 1),
        ("Sun, 22 Nov 5026 12:00:00 GMT", 86_400),
        ("Sun, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_within_a_day_or_nothing(value, seconds):
    assert retry_after({"date": NOON, "retry-after": value}) == seconds


def test_an_answer_without_retry_after_leaves_the_wait_to_us():
    assert retry_after({"date": NOON}) is None
