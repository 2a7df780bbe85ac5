from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.processes import (
    Measurement,
    Process,
    calls_for_projects,
    complete_months,
    measurements,
    wording_from,
)

WORDING = wording_from(
    {
        "makers": {"Nvidia": ["Nvidia"], "AMD": ["AMD "]},
        "equivalent": ["ou équivalent"],
        "neutral": ["agnostique"],
    }
)


def by_code(*processes: Process) -> dict[tuple[str, str, str], tuple[int | None, int | None, int]]:
    return {
        (each.code, each.variant, each.geography): (each.numerator, each.denominator, each.unknown)
        for each in measurements(processes)
    }


def test_each_share_says_how_many_are_known_and_how_many_are_not():
    told = by_code(
        Process(key="a", country="FR", clause=True, survival=False, joint=True, fields={"cpv": True}),
        Process(key="b", country="FR", clause=False, criterion=True, lots_with_one_tender=(True, False, None),
                fields={"cpv": False}),
        Process(key="c", clause_detected=True, awarded_makers=("Nvidia", "Nvidia", "AMD", None), fields={"cpv": True}),
    )  # fmt: skip
    assert told == {
        ("T1", "", ""): (3, None, 0),
        ("T2", "", ""): (1, 2, 1),
        ("T2", "detected", ""): (1, 1, 2),
        ("T3", "", ""): (1, 1, 2),
        ("T4", "detected", ""): (0, 0, 3),
        ("T5", "detected", ""): (0, 0, 3),
        ("T6", "detected", ""): (5, 9, 1),
        ("T7", "", ""): (1, 2, 1),
        ("T8", "", ""): (1, 1, 2),
        ("T9", "", ""): (0, 1, 0),
        ("T12", "", ""): (2, 3, 0),
        ("T12", "cpv", ""): (2, 3, 0),
        ("T1", "", "FR"): (2, None, 0),
        ("T2", "", "FR"): (1, 2, 0),
    }


def test_a_call_for_projects_nobody_judged_is_unknown():
    assert calls_for_projects([True, False, None]) == Measurement(
        code="T10", numerator=1, denominator=2, unknown=1
    )


@pytest.mark.parametrize(
    ("text", "elsewhere", "named", "neutral"),
    [
        ("Des cartes NVIDIA H100", True, True, False),
        ("Des cartes Nvidia ou équivalent", True, False, False),
        ("Un calculateur", True, None, None),
        ("Un calculateur", False, False, False),
        ("Une pile agnostique", True, None, True),
    ],
)
def test_silence_is_no_answer_where_the_specification_is_elsewhere(text, elsewhere, named, neutral):
    assert WORDING.vendor_named(text, elsewhere=elsewhere) is named
    assert WORDING.neutral_in(text, elsewhere=elsewhere) is neutral


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 22), date(2024, 11, 1), date(2026, 10, 31)),
        (date(2026, 3, 1), date(2024, 3, 1), date(2026, 2, 28)),
        (date(2026, 1, 31), date(2024, 1, 1), date(2025, 12, 31)),
    ],
)
def test_only_whole_months_are_measured(today, first, last):
    assert complete_months(today, months=24) == (first, last)


ANSWERS = st.sampled_from([True, False, None])


@given(st.lists(st.builds(Process, key=st.text(), clause=ANSWERS, joint=ANSWERS, neutral=ANSWERS)))
def test_every_process_is_yes_no_or_unknown(processes):
    for each in measurements(processes):
        if each.code in ("T2", "T5", "T8") and not each.geography:
            assert 0 <= each.numerator <= each.denominator
            assert each.denominator + each.unknown == len(processes)
