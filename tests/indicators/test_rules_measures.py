"""What observations prove, month by month."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from indicators.rules.ladder import Share
from indicators.rules.measures import Measured, coverage, measured, months_before
from indicators.rules.record import Tally
from tests.indicators.rule_record import NOW, TODAY, tally

OVER = Share(measure="T2", share=0.25, months=24)
HELD = Share(measure="T11", share=0.8, months=24, panel=20, held=2)
NEWEST = Share(measure="T11", share=0.5, months=24, panel=20)


def read(need: Share, *tallies: Tally, as_of: date = TODAY) -> Measured:
    return measured(need, tallies, as_of=as_of, known_at=NOW)


def year(number: int, numerator: int, denominator: int, unknown: int = 0, measure: str = "T2") -> Tally:
    first, last = date(number, 1, 1), date(number, 12, 31)
    return tally(measure, first, last, numerator=numerator, denominator=denominator, unknown=unknown)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2028, 12, 31), 24, date(2026, 12, 31)),
        (date(2028, 3, 31), 1, date(2028, 2, 29)),
        (date(2027, 1, 15), 1, date(2026, 12, 15)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
    ],
)
def test_months_before(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_periods_are_added_up_over_the_months() -> None:
    found = read(OVER, year(2028, 10, 20), year(2027, 0, 20), year(2026, 20, 20))
    assert (found.holds, found.numerator, found.denominator, found.share) == (True, 10, 40, 0.25)


def test_a_share_over_24_months_needs_24_months_of_observations() -> None:
    assert read(OVER, year(2028, 20, 20)).holds is False


def test_an_observation_too_old_says_nothing() -> None:
    both = (year(2028, 20, 20), year(2027, 20, 20))
    assert read(OVER, *both, as_of=date(2030, 12, 30)).holds is True
    assert read(OVER, *both, as_of=date(2030, 12, 31)).tallies == ()


def test_too_few_known_cases_prove_nothing() -> None:
    assert read(OVER, year(2028, 15, 30, unknown=20), year(2027, 15, 30, unknown=20)).holds is True
    assert read(OVER, year(2028, 15, 30, unknown=21), year(2027, 15, 30, unknown=20)).holds is False
    assert read(OVER, year(2028, 4, 4), year(2027, 5, 5)).holds is False


def test_what_a_machine_detected_proves_nothing() -> None:
    first, last = date(2027, 1, 1), date(2028, 12, 31)
    assert read(OVER, tally("T2", first, last, numerator=20, denominator=20, confirmed=False)).holds is False


def test_a_later_publication_of_the_same_period_replaces_the_first() -> None:
    first, last = date(2027, 1, 1), date(2028, 12, 1)
    wrong = tally("T2", first, last, numerator=20, denominator=20)
    right = Tally(
        measure="T2", period_start=first, period_end=last, published_at=datetime(2028, 12, 20, tzinfo=UTC),
        numerator=Decimal("1.0"), denominator=Decimal("20.0"),
    )  # fmt: skip
    assert (read(OVER, right, wrong).share, read(OVER, wrong).share) == (0.05, 1.0)


def test_overlapping_periods_are_counted_once() -> None:
    whole = tally("T2", date(2026, 12, 31), TODAY, numerator=5, denominator=20)
    assert read(OVER, whole, year(2027, 20, 20)).tallies == (whole,)


def test_each_fiscal_year_must_reach_a_share_that_is_to_be_held() -> None:
    assert read(HELD, year(2028, 16, 20, measure="T11"), year(2027, 16, 20, measure="T11")).holds is True
    assert read(HELD, year(2028, 20, 20, measure="T11"), year(2027, 15, 20, measure="T11")).holds is False
    assert read(HELD, year(2028, 20, 20, measure="T11")).holds is False


def test_two_years_in_one_observation_are_not_two_observations() -> None:
    assert read(HELD, tally("T11", date(2027, 1, 1), TODAY, numerator=20, denominator=20)).holds is False


def test_the_newest_share_of_a_panel_stands_alone() -> None:
    assert read(NEWEST, year(2028, 10, 20, measure="T11"), year(2027, 0, 20, measure="T11")).share == 0.5
    assert read(NEWEST, year(2027, 10, 20, measure="T11")).holds is True


def test_the_unknown_members_of_a_panel_belong_to_it() -> None:
    found = read(NEWEST, year(2028, 10, 15, unknown=6, measure="T11"))
    assert (found.holds, found.share) == (False, pytest.approx(10 / 21))


def test_a_panel_too_small_proves_nothing() -> None:
    assert read(NEWEST, year(2028, 19, 19, measure="T11")).holds is False


def test_coverage_is_read_over_the_last_days() -> None:
    recent = tally("coverage", TODAY - timedelta(days=30), TODAY, numerator=8, denominator=10)
    old = tally("coverage", date(2028, 1, 1), TODAY - timedelta(days=90), numerator=0, denominator=10)
    assert coverage([recent, old], as_of=TODAY, known_at=NOW, days=90) == 0.8
    assert coverage([old], as_of=TODAY, known_at=NOW, days=90) is None
