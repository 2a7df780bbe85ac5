"""The rule by example: what stands, what flags, what it explains."""

import json
from dataclasses import replace
from datetime import date, timedelta, timezone

import pytest

from indicators.rules.record import Claim, Quote, Record, Spell
from indicators.rules.status import Status, status_of
from indicators.rules.words import Confidence, Directness, Flag, Kind, Stance
from tests.indicators.rule_record import (
    NOW,
    TERMS,
    TODAY,
    counterexample,
    example,
    record,
    status,
    tally,
    watched,
)

LONG_AGO = TODAY - timedelta(days=400)


def test_nothing_published_is_nothing_found() -> None:
    assert (status("1a").rung, status("1a").flags, status("1a").confidence) == (0, (), Confidence.LOW)


def test_two_calls_of_two_buyers_reach_1a_and_retracting_one_brings_back_the_first_occurrence() -> None:
    one, other = example("1a", 3), example("1a", 3)
    before = status("1a", one)
    reached = status("1a", one, other)
    retracted = replace(other, retracted_at=NOW)

    after = status("1a", one, retracted)
    then = status_of("1a", record("1a", one, retracted), as_of=TODAY, known_at=NOW - timedelta(seconds=1))

    assert (before.rung, reached.rung, after.rung) == (3, 4, 3)
    assert (before.flags, reached.flags) == ((Flag.SINGLE_SOURCE,), ())
    assert [step["holds"] for step in reached.trace] == [True, True, True, True, False]
    assert after == before
    assert then == reached


def test_the_trace_shows_each_predicate_with_its_counts_and_evidence() -> None:
    one, other = example("1a", 3), example("1a", 3)

    fourth = status("1a", one, other).trace[3]

    assert fourth == {
        "rung": 4,
        "fr": "Au moins deux procédures, d'au moins deux acheteurs, la contiennent.",
        "en": "At least two processes, of at least two buyers, contain it.",
        "holds": True,
        "implied_by": [],
        "any": [
            [
                {
                    "holds": True,
                    "needs": {"events": 2, "claim": 3, "confirmed": True, "owners": 2},
                    "found": {"events": 2, "owners": 2, "countries": 1, "against": 0},
                    "evidence": [one.number, other.number],
                    "against": [],
                }
            ]
        ],
    }


def test_a_status_is_fit_for_json() -> None:
    concluded = status("3a", example("3a", 4, kind=Kind.LAW), observations=(compliance(2027, 15, 20),))
    assert json.loads(json.dumps([concluded.trace, concluded.missing])) == [
        list(json.loads(json.dumps(concluded.trace))),
        list(json.loads(json.dumps(concluded.missing))),
    ]


def compliance(year: int, numerator: int, denominator: int, unknown: int = 0):
    """The disclosure rate of a fiscal year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return tally("T11", first, last, numerator=numerator, denominator=denominator, unknown=unknown)


# What has no voice


@pytest.mark.parametrize(
    "changes",
    [
        {"published_at": NOW + timedelta(seconds=1)},
        {"retracted_at": NOW},
        {"superseded_at": NOW},
        {"occurred_on": TODAY + timedelta(days=1), "published_at": NOW},
        {"expires_on": TODAY - timedelta(days=1)},
        {"quotes": ()},
        {"quotes": (Quote(tier=1, group="g", verified=False),)},
        {"claims": ()},
    ],
)
def test_an_event_that_does_not_stand_has_no_voice(changes: dict) -> None:
    assert status("1a", example("1a", 3, **changes)).rung == 0


def test_an_event_still_stands_on_the_day_it_expires() -> None:
    assert status("1a", example("1a", 3, expires_on=TODAY)).rung == 3


@pytest.mark.parametrize("changes", [{"version": 2}, {"indicator": "1b"}, {"stance": Stance.CONTEXT}])
def test_an_assessment_of_something_else_has_no_voice(changes: dict) -> None:
    event = example("1a", 3)
    assert status("1a", replace(event, claims=(replace(event.claims[0], **changes),))).rung == 0


def test_our_own_publication_never_counts_for_3b() -> None:
    ours = example("3b", 3, kind=Kind.INDEX, self_published=True)
    assert (status("3b", ours).rung, status("3b", replace(ours, self_published=False)).rung) == (0, 3)


def test_a_confirmed_event_of_rung_three_implies_the_rungs_below() -> None:
    adopted = example(
        "3a", 3, kind=Kind.REPORT
    )  # alone, one report is neither a text tabled nor three reports
    assert [step["implied_by"] for step in status("3a", adopted).trace] == [[adopted.number]] * 2 + [[]] * 3


# Cancellation


def test_a_cancelled_event_has_no_voice_once_the_cancellation_occurred_and_is_published() -> None:
    call = example("1a", 3, occurred_on=TODAY - timedelta(days=60))
    withdrawn = counterexample("1a", cancels=call.number)

    eve = status_of("1a", record("1a", call, withdrawn), as_of=TODAY - timedelta(days=21), known_at=NOW)

    assert (eve.rung, status("1a", call, withdrawn).rung) == (3, 0)
    assert status("1a", call, replace(withdrawn, retracted_at=NOW)).rung == 3


def test_a_cancellation_outlives_the_correction_of_what_it_cancels() -> None:
    fixed = example("1a", 3)
    call = example("1a", 3, superseded_at=NOW, superseded_by=fixed.number)
    assert status("1a", call, fixed, counterexample("1a", cancels=call.number)).rung == 0


def test_counter_examples_do_not_refute_a_first_occurrence() -> None:
    against = [counterexample("1a") for _ in range(5)]
    assert status("1a", example("1a", 3), *against).rung == 3


# Definitions


def test_before_the_first_definition_there_is_no_status() -> None:
    concluded = status_of("1a", record("1a", example("1a", 3)), as_of=date(2026, 11, 21), known_at=NOW)
    assert concluded == Status(rung=0, digest=concluded.digest)


def test_a_new_definition_hears_only_what_was_assessed_under_it_and_is_flagged() -> None:
    second = replace(TERMS["1a"], version=2, in_force_from=TODAY, published_at=NOW)
    event = example("1a", 3)
    both = replace(record("1a", event), definitions=(TERMS["1a"], second))

    eve = status_of("1a", both, as_of=TODAY - timedelta(days=1), known_at=NOW)
    unknown = status_of("1a", both, as_of=TODAY, known_at=NOW - timedelta(seconds=1))
    now = status_of("1a", both, as_of=TODAY, known_at=NOW)

    assert [(each.version, each.rung) for each in (eve, unknown, now)] == [(1, 3), (1, 3), (2, 0)]
    assert Flag.DEFINITION_CHANGED in now.flags
    assert Flag.REGRESSED not in now.flags  # a break in the series is not a fall


def test_the_first_definition_is_not_a_change() -> None:
    first_day = TERMS["1a"].in_force_from
    concluded = status_of("1a", record("1a"), as_of=first_day, known_at=NOW)
    assert Flag.DEFINITION_CHANGED not in concluded.flags


# Flags


def test_contested_when_solid_counter_examples_weigh_half_the_examples() -> None:
    examples = [example("1b", 3) for _ in range(4)]
    against = [counterexample("1b") for _ in range(2)]
    assert Flag.CONTESTED in status("1b", *examples, *against).flags
    assert Flag.CONTESTED not in status("1b", *examples, *against[:1]).flags


def test_weak_or_old_counter_examples_do_not_contest() -> None:
    weak = counterexample("1b", directness=Directness.CONTEXT)
    old = counterexample("1b", occurred_on=TODAY - timedelta(days=800))
    assert Flag.CONTESTED not in status("1b", example("1b", 3), weak, old).flags


def test_an_existential_indicator_is_contested_by_a_contestation_under_review_only() -> None:
    told = record("1a", example("1a", 3), counterexample("1a"))
    review = Spell(since=NOW - timedelta(days=3), until=NOW)
    reviewed = replace(told, contestations=(review,))

    during = status_of("1a", reviewed, as_of=TODAY, known_at=NOW - timedelta(days=1))
    after = status_of("1a", reviewed, as_of=TODAY, known_at=NOW)

    assert (Flag.CONTESTED in during.flags, Flag.CONTESTED in after.flags) == (True, False)


def test_stalled_after_270_days_without_a_new_event_once_something_began() -> None:
    last = TODAY - timedelta(days=270)
    assert Flag.STALLED not in status("1a", example("1a", 3, occurred_on=last)).flags
    assert Flag.STALLED in status("1a", example("1a", 3, occurred_on=last - timedelta(days=1))).flags
    assert Flag.STALLED not in status("1a", counterexample("1a", occurred_on=LONG_AGO)).flags


@pytest.mark.parametrize(
    ("observations", "blind"),
    [
        ((watched(0.8),), False),
        ((watched(0.79),), True),
        ((watched(0.9, ended=TODAY - timedelta(days=90)),), True),
        ((), True),
    ],
)
def test_blind_when_coverage_is_below_four_fifths_or_unknown(observations: tuple, blind: bool) -> None:
    told = Record(definitions=(TERMS["1a"],), observations=observations)
    assert (Flag.BLIND in status_of("1a", told, as_of=TODAY, known_at=NOW).flags) is blind


def test_regressed_for_180_days_after_a_fall() -> None:
    fall = TODAY - timedelta(days=179)
    call = example("1a", 3, occurred_on=fall - timedelta(days=100), expires_on=fall)
    now = status("1a", call)
    later = status_of("1a", record("1a", call), as_of=TODAY + timedelta(days=2), known_at=NOW)
    assert (now.rung, Flag.REGRESSED in now.flags, Flag.REGRESSED in later.flags) == (0, True, False)


def test_an_error_retracted_is_not_a_regression() -> None:
    assert Flag.REGRESSED not in status("1a", example("1a", 3, occurred_on=LONG_AGO, retracted_at=NOW)).flags


def test_single_source_when_one_owner_tells_everything() -> None:
    shared = (Quote(tier=1, group="un seul éditeur"),)
    alone = [example("1a", 3, quotes=shared) for _ in range(2)]
    assert Flag.SINGLE_SOURCE in status("1a", *alone).flags
    assert Flag.SINGLE_SOURCE not in status("1a", example("1a", 3), example("1a", 3)).flags


def test_an_exception_is_flagged_while_it_runs_and_changes_no_computed_value() -> None:
    told = record("1a", example("1a", 3))
    excepted = replace(told, overrides=(Spell(since=NOW, until=NOW + timedelta(days=90)),))

    plain = status_of("1a", told, as_of=TODAY, known_at=NOW)
    flagged = status_of("1a", excepted, as_of=TODAY, known_at=NOW)
    over = status_of("1a", excepted, as_of=TODAY, known_at=NOW + timedelta(days=90))

    assert replace(flagged, flags=plain.flags) == plain == over
    assert set(flagged.flags) - set(plain.flags) == {Flag.OVERRIDE}


# Confidence


def test_confidence_is_high_with_two_strong_events_of_two_owners() -> None:
    assert status("1a", example("1a", 3), example("1a", 3)).confidence == Confidence.HIGH


def test_confidence_is_medium_when_a_link_is_dead_or_the_owner_is_the_same() -> None:
    dead = (Quote(tier=1, group="g", broken=(Spell(since=NOW),)),)
    mended = (Quote(tier=1, group="g", broken=(Spell(since=NOW - timedelta(days=9), until=NOW),)),)
    assert status("1a", example("1a", 3), example("1a", 3, quotes=dead)).confidence == Confidence.MEDIUM
    assert status("1a", example("1a", 3), example("1a", 3, quotes=mended)).confidence == Confidence.HIGH
    same = [example("1a", 3, owner="même acheteur") for _ in range(2)]
    assert status("1a", *same).confidence == Confidence.MEDIUM


def test_confidence_is_low_with_one_event_or_press_alone_or_a_contestation() -> None:
    assert status("1a", example("1a", 3)).confidence == Confidence.LOW
    press = [example("1a", 3, quotes=(Quote(tier=3, group=f"journal {n}"),)) for n in range(3)]
    assert status("1a", *press).confidence == Confidence.LOW
    told = record("1a", example("1a", 3), example("1a", 3))
    disputed = replace(told, contestations=(Spell(since=NOW),))
    assert status_of("1a", disputed, as_of=TODAY, known_at=NOW).confidence == Confidence.LOW


# The digest


def test_the_digest_says_nothing_of_when_it_was_asked() -> None:
    told = record("1a", example("1a", 3))
    later = status_of("1a", told, as_of=TODAY, known_at=NOW + timedelta(days=30))
    assert later.digest == status_of("1a", told, as_of=TODAY, known_at=NOW).digest


def test_the_digest_is_the_same_whatever_the_time_zone_of_the_record() -> None:
    event = example("1a", 3)
    paris = event.published_at.astimezone(timezone(timedelta(hours=1)))
    assert status("1a", replace(event, published_at=paris)).digest == status("1a", event).digest


@pytest.mark.parametrize(
    "changes",
    [
        {"occurred_on": TODAY},
        {"published_at": NOW},
        {"owner": "autre"},
        {"country": "DE"},
        {"kind": Kind.AWARD},
    ],
)
def test_the_digest_changes_with_what_the_rule_reads(changes: dict) -> None:
    event = example("1a", 3)
    assert status("1a", replace(event, **changes)).digest != status("1a", event).digest


def test_the_digest_does_not_count_the_articles_that_tell_an_event() -> None:
    press = tuple(Quote(tier=3, group=group) for group in "ab")
    event = example("1a", 3, quotes=press)
    assert status("1a", event).digest == status("1a", replace(event, quotes=press[:1])).digest


def test_the_best_of_two_claims_is_the_one_heard() -> None:
    event = example("1a", 3)
    partial = Claim(indicator="1a", version=1, stance=Stance.SUPPORTS, directness=Directness.PARTIAL, rung=2)
    assert status("1a", replace(event, claims=(partial, *event.claims))).rung == 3
