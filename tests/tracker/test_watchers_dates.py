from time import gmtime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.watchers.dates import read_day, read_instant


@pytest.mark.parametrize(
    ("raw", "instant"),
    [
        ("Wed, 04 Jun 2025 08:00:00 +0200", "2025-06-04T06:00:00+00:00"),
        ("Wed, 04 Jun 2025 08:00:00 GMT", "2025-06-04T08:00:00+00:00"),
        ("Wed, 04 Jun 2025 08:00:00 EST", "2025-06-04T13:00:00+00:00"),
        ("Wed, 04 Jun 2025 08:00:00 AEST", "2025-06-03T22:00:00+00:00"),
        ("Wed, 04 Jun 2025 08:00:00 GMT+0900 (JST)", "2025-06-03T23:00:00+00:00"),
        ("4 June 25 08:00", "2025-06-04T08:00:00+00:00"),
        ("mer., 04 juin 2025 08:00:00 +0200", "2025-06-04T06:00:00+00:00"),
        ("2025-06-04T08:00:00.5+02:00", "2025-06-04T06:00:00.500000+00:00"),
        ("2025-06-04T08:00:00Z", "2025-06-04T08:00:00+00:00"),
        ("2025-06-04 08:00:00 UTC", "2025-06-04T08:00:00+00:00"),
        ("2027-02-04T00:00:00.000+0000", "2027-02-04T00:00:00+00:00"),
        ("2025-04-02+02:00", "2025-04-01T22:00:00+00:00"),
        ("2026-03-01Z", "2026-03-01T00:00:00+00:00"),
        ("20250604", "2025-06-04T00:00:00+00:00"),
        ("2020/1/10 14:33:00", "2020-01-10T14:33:00+00:00"),
        ("2026年11月10日 10:00", "2026-11-10T10:00:00+00:00"),
        ("2026-W46-2", "2026-11-10T00:00:00+00:00"),
        ("2026-11-10 10:00 CET", "2026-11-10T09:00:00+00:00"),
        ("Tue,10 Nov 2026 10:00:00 GMT", "2026-11-10T10:00:00+00:00"),
    ],
)
def test_known_ways_to_write_an_instant(raw, instant):
    assert read_instant(raw).isoformat() == instant


@pytest.mark.parametrize(
    "raw",
    ["", "yesterday", "1/2/2024", "Wed, 04 Jun 2025 08:00:00 XYZT", "Wed, 04 Jun 2025 08:00:00 +99:99", "2025-02-30",
     "Mon, 01 Jan 0001 00:00:00 +0000", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "9" * 5000],
)  # fmt: skip
def test_what_is_not_certain_is_no_date_whatever_a_library_guesses(raw):
    guess = gmtime(1_700_000_000) if "/" in raw or "Jun" in raw else None
    assert read_instant(raw, guess=guess) is None


def test_a_zone_that_nobody_knows_makes_an_instant_uncertain():
    assert read_instant("2026-11-10 10:00 XYZ", guess=gmtime(1_794_268_800)) is None


def test_a_guess_counts_where_it_is_safe():
    assert read_instant("2025년 6월 4일", guess=gmtime(1_749_000_000)).year == 2025


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2025-04-02+02:00", "2025-04-02"),
        ("2026-03-01Z", "2026-03-01"),
        ("20210112", "2021-01-12"),
        ("2025-02-30", "None"),
        ("x", "None"),
        ("1066-10-14", "None"),
    ],
)
def test_days_are_read_as_written(raw, day):
    assert str(read_day(raw)) == day


@given(st.text(alphabet="0123456789-+:/TZ. JunGMTé,", max_size=40))
def test_any_words_are_an_aware_instant_or_nothing(raw):
    instant = read_instant(raw)
    assert instant is None or instant.utcoffset().total_seconds() == 0
