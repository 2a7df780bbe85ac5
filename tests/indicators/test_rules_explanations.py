"""What the rule explains: what is missing, what would lower the rung, what a decision would change."""

from dataclasses import replace

from indicators.rules.status import status_of
from indicators.rules.words import Kind
from tests.indicators.rule_record import NOW, TODAY, counterexample, example, record, status


def test_what_is_missing_for_the_next_rung() -> None:
    assert status("1a", example("1a", 3)).missing == (
        {
            "rung": 4,
            "fr": "Au moins deux procédures, d'au moins deux acheteurs, la contiennent.",
            "en": "At least two processes, of at least two buyers, contain it.",
            "lacks": [{"claim": 3, "confirmed": True, "events": 1, "owners": 1}],
        },
    )


def test_each_way_to_the_next_rung_says_what_it_lacks() -> None:
    same = [example("1a", 3), example("1a", 3)]
    assert [way["lacks"] for way in status("1a", *same).missing] == [
        [{"claim": 3, "confirmed": True, "window": True, "events": 8, "countries": 3}],
        [{"measure": "T2", "share": 0.25, "months": 24, "known": 0.6, "found": None}],
    ]


def test_counter_examples_raise_what_is_missing() -> None:
    told = [example("1b", 3, country=country) for country in ("FR", "DE", "IT", "ES") for _ in range(3)]
    against = [counterexample("1b") for _ in range(7)]
    assert status("1b", *told, *against).missing[0]["lacks"] == [
        {"claim": 3, "confirmed": True, "window": True, "events": 2}
    ]


def test_nothing_is_missing_at_the_top() -> None:
    uses = [example("3b", 5, kind=Kind.LAW) for _ in range(2)]
    editions = [example("3b", 4, kind=Kind.INDEX) for _ in range(2)]
    assert (status("3b", *uses, *editions).rung, status("3b", *uses, *editions).missing) == (5, ())


def test_the_linchpin_is_the_evidence_whose_removal_changes_the_rung() -> None:
    one, other = example("1a", 3), example("1a", 3)
    assert status("1a", one, other).linchpins == ((one.number, 3), (other.number, 3))
    assert status("1a", one, other, example("1a", 3)).linchpins == ()


def test_the_only_evidence_of_a_country_can_be_the_linchpin() -> None:
    told = [example("2a", 3, country=country) for country in ("FR", "DE", "IT") for _ in range(4)]
    abroad = example("2a", 3, country="ES")
    assert status("2a", *told, abroad).linchpins == ((abroad.number, 4),)


def test_a_cancellation_and_a_counter_example_can_be_the_linchpin() -> None:
    call = example("1a", 3)
    withdrawn = counterexample("1a", cancels=call.number)
    assert status("1a", call, withdrawn).linchpins == ((withdrawn.number, 3),)

    told = [example("1b", 3, country=country) for country in ("FR", "DE", "IT", "ES") for _ in range(3)]
    against = [counterexample("1b") for _ in range(7)]
    assert status("1b", *told, *against).linchpins == tuple((each.number, 4) for each in against)


def test_an_event_that_only_implies_lower_rungs_can_be_the_linchpin() -> None:
    decree = example("3a", 3, kind=Kind.PROGRAMME)
    asked = example("3a", 1, kind=Kind.STATEMENT)
    assert (status("3a", decree).rung, status("3a", decree).linchpins) == (2, ((decree.number, 0),))
    assert status("3a", decree, asked).linchpins == ((decree.number, 1),)


def test_how_many_counter_examples_would_lower_it() -> None:
    told = [example("1b", 3, country=country) for country in ("FR", "DE", "IT", "ES") for _ in range(3)]
    reached = status("1b", *told, counterexample("1b"))
    fallen = status("1b", *told, *[counterexample("1b") for _ in range(1 + (reached.against or 0))])
    assert (reached.rung, reached.against, fallen.rung) == (4, 6, 3)
    assert status("1a", example("1a", 3)).against is None


def test_a_preview_is_the_status_with_one_more_event() -> None:
    told = record("2a", example("2a", 1))
    pending = example("2a", 3, published_at=NOW)

    before = status_of("2a", told, as_of=TODAY, known_at=NOW)
    after = status_of("2a", replace(told, events=(*told.events, pending)), as_of=TODAY, known_at=NOW)

    assert (before.rung, after.rung) == (1, 3)
