"""Working days: the holidays of real years, Easter beside a peer, and what counting must always do."""

from datetime import date, timedelta

import pytest
from dateutil.easter import easter as peer
from hypothesis import given
from hypothesis import strategies as st

from indicators.rules import workdays

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def test_easter_is_that_of_the_peer() -> None:
    years = range(1583, 2600)
    assert [workdays.easter(year) for year in years] == [peer(year) for year in years]


def test_the_eleven_holidays_of_a_year() -> None:
    assert sorted(workdays.holidays(2026)) == [
        date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 14), date(2026, 5, 25),
        date(2026, 7, 14), date(2026, 8, 15), date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        (date(2026, 11, 22), 3, date(2026, 11, 25)),  # a Sunday
        (date(2026, 11, 20), 3, date(2026, 11, 25)),  # a Friday
        (date(2026, 11, 10), 1, date(2026, 11, 12)),  # before the 11th of November
        (date(2026, 5, 13), 1, date(2026, 5, 15)),  # before Ascension
        (date(2026, 12, 24), 15, date(2027, 1, 18)),  # over Christmas and New Year
        (date(2026, 4, 3), 1, date(2026, 4, 7)),  # Good Friday works, Easter Monday does not
    ],
)
def test_so_many_working_days_after(received: date, days: int, due: date) -> None:
    assert workdays.after(received, days) == due


@given(day=DAYS, days=st.integers(0, 40))
def test_counting_back_gives_what_was_counted(day: date, days: int) -> None:
    due = workdays.after(day, days)
    assert workdays.since(day, due) == days
    start = workdays.latest_start(due, days)
    assert day <= start <= due
    assert (workdays.since(start, due), workdays.since(start + timedelta(days=1), due) < days) == (
        days,
        days > 0,
    )
