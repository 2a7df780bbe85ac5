"""The six definitions as shipped, climbed rung by rung with constructed events."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from indicators.rules.record import Event, Quote, Tally
from indicators.rules.words import Directness, Kind
from tests.indicators.rule_record import TODAY, counterexample, example, status, tally

COUNTRIES = ("FR", "DE", "IT", "ES")
OLD = TODAY - timedelta(days=760)


def many(code: str, number: int, rung: int = 3, countries: int = 4, **changes: object) -> list[Event]:
    """Examples spread over some countries, each of its own owner."""
    return [example(code, rung, country=COUNTRIES[place % countries], **changes) for place in range(number)]


def years(measure: str, *shares: int, panel: int, unknown: int = 0) -> tuple[Tally, ...]:
    """One observation per year back from 2028, each with its numerator."""
    return tuple(
        tally(measure, date(2028 - back, 1, 1), date(2028 - back, 12, 31), numerator=share,
              denominator=panel - unknown, unknown=unknown)
        for back, share in enumerate(shares)
    )  # fmt: skip


def half_years(measure: str, *shares: int, panel: int) -> tuple[Tally, ...]:
    """Panels read on one day every half-year back from the end of 2028."""
    days = (TODAY - timedelta(days=184 * back) for back in range(len(shares)))
    return tuple(
        tally(measure, day, day, numerator=share, denominator=panel)
        for day, share in zip(days, shares, strict=True)
    )


def test_the_window_opens_the_day_after_the_same_day_24_months_before() -> None:
    assert status("2a", *many("2a", 10, occurred_on=date(2027, 1, 1))).rung == 5
    assert status("2a", *many("2a", 10, occurred_on=date(2026, 12, 31))).rung == 4


# Calls: 1a and 2a count alike, but for the share of 1a.


@pytest.mark.parametrize("code", ["1a", "2a"])
@pytest.mark.parametrize("claim", [1, 2, 3])
def test_one_call_stands_at_the_rung_it_claims(code: str, claim: int) -> None:
    assert status(code, example(code, claim)).rung == claim


@pytest.mark.parametrize("code", ["1a", "2a"])
def test_two_calls_reach_it_when_they_are_of_two_owners(code: str) -> None:
    assert status(code, *many(code, 2)).rung == 4
    assert status(code, *many(code, 2, owner="le même")).rung == 3
    assert status(code, example(code, 3), example(code, 3, owner="")).rung == 3


@pytest.mark.parametrize("code", ["1a", "2a"])
def test_ten_recent_calls_in_four_countries_establish_it(code: str) -> None:
    assert status(code, *many(code, 10)).rung == 5
    assert status(code, *many(code, 9)).rung == 4
    assert status(code, *many(code, 12, countries=3)).rung == 4
    assert status(code, *many(code, 9), example(code, 3, occurred_on=OLD)).rung == 4


def test_a_quarter_of_the_processes_establishes_1a_once_it_is_reached() -> None:
    share = years("T2", 5, 5, panel=20)
    assert status("1a", *many("1a", 2), observations=share).rung == 5
    assert status("1a", *many("1a", 1), observations=share).rung == 3
    assert status("1a", *many("1a", 2), observations=years("T2", 5, 4, panel=20)).rung == 4


@pytest.mark.parametrize("code", ["1a", "1b", "2a", "2b", "3a", "3b"])
def test_interested_sources_alone_are_a_signal_at_most(code: str) -> None:
    blogs = many(code, 12, rung=5, quotes=(Quote(tier=4, group="blog"), Quote(tier=4, group="autre blog")))
    assert status(code, *blogs).rung == 1


def test_a_partial_event_is_never_a_first_occurrence() -> None:
    assert status("1a", example("1a", 3, directness=Directness.PARTIAL)).rung == 2


def test_press_alone_can_make_a_first_occurrence_when_it_is_direct() -> None:
    assert status("1a", example("1a", 3, quotes=(Quote(tier=3, group="journal"),))).rung == 3


# 1b and 2b count startups and institutions, each once, and weigh counter-examples.


@pytest.mark.parametrize(
    ("number", "claim", "rung"),
    [(1, 1, 1), (1, 2, 2), (1, 3, 2), (2, 3, 2), (3, 3, 3), (9, 3, 3), (10, 3, 4)],
)
def test_startups_climb_1b_by_their_number(number: int, claim: int, rung: int) -> None:
    assert status("1b", *many("1b", number, claim)).rung == rung


def test_one_startup_told_thrice_is_one_startup() -> None:
    assert status("1b", *many("1b", 3, owner="la même")).rung == 2


def test_1b_is_reached_in_four_countries_within_the_window() -> None:
    assert status("1b", *many("1b", 10, countries=3)).rung == 3
    assert status("1b", *many("1b", 10, occurred_on=OLD)).rung == 3


def test_1b_is_reached_with_twice_as_many_examples_as_counter_examples_of_the_window() -> None:
    five = [counterexample("1b") for _ in range(5)]
    assert status("1b", *many("1b", 10), *five).rung == 4
    assert status("1b", *many("1b", 10), *five, counterexample("1b")).rung == 3
    assert status("1b", *many("1b", 10), *five, counterexample("1b", occurred_on=OLD)).rung == 4


def test_1b_is_established_by_a_panel_held_for_24_months() -> None:
    held = (10, 10, 10, 10, 10)
    told = many("1b", 10)
    assert status("1b", *told, observations=half_years("panel-1b", *held, panel=40)).rung == 5
    assert status("1b", *told, observations=half_years("panel-1b", *held[:3], panel=40)).rung == 4
    assert status("1b", *told, observations=half_years("panel-1b", 10, 10, 9, 10, 10, panel=40)).rung == 4
    assert status("1b", *told, observations=half_years("panel-1b", *held, panel=39)).rung == 4


@pytest.mark.parametrize(
    ("number", "claim", "rung"), [(1, 1, 1), (1, 2, 2), (1, 3, 3), (9, 3, 3), (10, 3, 4)]
)
def test_institutions_climb_2b_by_their_number(number: int, claim: int, rung: int) -> None:
    assert status("2b", *many("2b", number, claim, countries=3)).rung == rung


def test_2b_needs_three_countries_ten_institutions_and_the_ratio() -> None:
    assert status("2b", *many("2b", 10, countries=2)).rung == 3
    assert status("2b", *many("2b", 10, owner="la même")).rung == 3
    assert status("2b", *many("2b", 10), *[counterexample("2b") for _ in range(6)]).rung == 3


def test_2b_is_established_by_a_quarter_of_the_panel() -> None:
    told = many("2b", 10)
    assert status("2b", *told, observations=years("panel-2b", 10, panel=40)).rung == 5
    assert status("2b", *told, observations=years("panel-2b", 9, panel=40)).rung == 4
    assert status("2b", *told, observations=years("panel-2b", 10, panel=41, unknown=1)).rung == 4


# 3a: a rule, then compliance.


def test_3a_begins_with_a_proposal_and_starts_with_a_text_or_three_voluntary_reports() -> None:
    voluntary = many("3a", 3, rung=2, kind=Kind.REPORT)
    assert status("3a", example("3a", 1, kind=Kind.STATEMENT)).rung == 1
    assert status("3a", example("3a", 2, kind=Kind.LAW)).rung == 2
    assert status("3a", *voluntary[:2]).rung == 1
    assert status("3a", *voluntary).rung == 2


@pytest.mark.parametrize("kind", [Kind.LAW, Kind.REPORT])
def test_3a_first_occurs_with_an_adoption_or_a_required_section(kind: Kind) -> None:
    assert status("3a", example("3a", 3, kind=kind)).rung == 3


def test_3a_is_reached_in_force_with_half_of_the_panel_and_established_by_two_years_at_four_fifths() -> None:
    adopted, in_force = example("3a", 3, kind=Kind.LAW), example("3a", 4, kind=Kind.LAW)
    assert status("3a", adopted, observations=years("T11", 20, 20, panel=20)).rung == 3
    assert status("3a", adopted, in_force).rung == 3
    assert status("3a", in_force, observations=years("T11", 9, panel=20)).rung == 3
    assert status("3a", in_force, observations=years("T11", 10, panel=20)).rung == 4
    assert status("3a", in_force, observations=years("T11", 16, 15, panel=20)).rung == 4
    assert status("3a", in_force, observations=years("T11", 16, 16, panel=20)).rung == 5
    assert status("3a", in_force, observations=years("T11", 19, 19, panel=19)).rung == 3


def test_3a_falls_with_the_repeal_of_its_law() -> None:
    in_force = example("3a", 4, kind=Kind.LAW)
    repeal = counterexample("3a", kind=Kind.LAW, cancels=in_force.number)
    assert status("3a", in_force, repeal, observations=years("T11", 16, 16, panel=20)).rung == 0


# 3b: an instrument that lives.


def test_3b_climbs_with_editions_then_with_uses() -> None:
    edition, better = example("3b", 3, kind=Kind.INDEX), example("3b", 4, kind=Kind.INDEX)
    uses = many("3b", 2, rung=5, kind=Kind.LAW)
    assert status("3b", example("3b", 1, kind=Kind.STATEMENT)).rung == 1
    assert status("3b", example("3b", 2, kind=Kind.INDEX)).rung == 2
    assert status("3b", edition).rung == 3
    assert status("3b", edition, replace(edition, number=2)).rung == 3
    assert status("3b", better).rung == 3
    assert status("3b", edition, better).rung == 4
    assert status("3b", edition, better, uses[0]).rung == 4
    assert status("3b", edition, better, *uses).rung == 5


def test_a_use_of_an_index_is_not_an_edition_of_it() -> None:
    assert status("3b", *many("3b", 3, rung=5, kind=Kind.LAW)).rung == 2
