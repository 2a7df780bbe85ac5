"""A ladder is data: what is read, and what is refused in words an editor understands."""

from copy import deepcopy
from typing import Any

import pytest

from indicators.rules.ladder import DefinitionError, Events, Share, ladder_from

ROWS: list[dict[str, Any]] = [
    {"rung": rung, "fr": f"Palier {rung}.", "en": f"Rung {rung}.", "any": [[{"events": rung, "claim": 1}]]}
    for rung in range(1, 6)
]


def rows_with(rung: int, **changes: object) -> list[dict[str, Any]]:
    rows = deepcopy(ROWS)
    rows[rung - 1] |= changes
    return rows


def test_a_ladder_is_read_as_alternatives_of_conditions() -> None:
    both = [
        [{"events": 2, "claim": 3, "confirmed": True, "kinds": ["report", "law"]}],
        [{"measure": "T2", "share": 0.25, "months": 24}],
    ]
    assert ladder_from(rows_with(5, any=both))[4].any == (
        (Events(events=2, claim=3, confirmed=True, kinds=("law", "report")),),
        (Share(measure="T2", share=0.25, months=24),),
    )


@pytest.mark.parametrize("rows", [None, "texte", {}, [1], [], ROWS[:4], [*ROWS, ROWS[4]], ROWS[::-1]])
def test_a_ladder_has_five_rungs_in_order(rows: Any) -> None:
    with pytest.raises(DefinitionError, match="A ladder"):
        ladder_from(rows)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fr": " "}, "Rung 3: its text in “fr” is missing."),
        ({"en": None}, "Rung 3: its text in “en” is missing."),
        ({"note": "x"}, "Rung 3: unknown word “note”."),
        ({"any": []}, "Rung 3: “any” is a list of lists of conditions, none of them empty."),
        ({"any": [[]]}, "Rung 3: “any” is a list of lists of conditions, none of them empty."),
        ({"any": [{"events": 1}]}, "Rung 3: “any” is a list of lists of conditions, none of them empty."),
    ],
)
def test_a_bad_rung_is_refused(changes: dict, words: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        ladder_from(rows_with(3, **changes))
    assert str(refusal.value) == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("events", "a condition counts either “events” or a “measure”."),
        ({}, "a condition counts either “events” or a “measure”."),
        ({"events": 1, "measure": "T2"}, "a condition counts either “events” or a “measure”."),
        ({"events": 1}, "“claim” is missing."),
        ({"measure": "T2", "share": 0.5}, "“months” is missing."),
        ({"events": 1, "claim": 1, "share": 0.5}, "unknown word “share”."),
        ({"events": 0, "claim": 1}, "“events” cannot be 0; it must be a whole number from 1."),
        ({"events": True, "claim": 1}, "“events” cannot be True; it must be a whole number from 1."),
        ({"events": "2", "claim": 1}, "“events” cannot be '2'; it must be a whole number from 1."),
        ({"events": 1, "claim": 6}, "“claim” cannot be 6; it must be a rung from 1 to 5."),
        ({"events": 1, "claim": 1, "window": 24}, "“window” cannot be 24; it must be true or false."),
        ({"measure": "", "share": 0.5, "months": 24}, "“measure” cannot be ''; it must be the code of a measure."),
        ({"measure": "T2", "share": 25, "months": 24}, "“share” cannot be 25; it must be a share above 0 and up to 1."),
        (
            {"events": 1, "claim": 1, "kinds": ["tweet"]},
            "“kinds” cannot be ['tweet']; it must be a list of kinds of evidence: "
            "tender, award, call, law, report, deal, study, programme, statement, index.",
        ),
    ],
)  # fmt: skip
def test_a_bad_condition_is_refused(condition: object, words: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        ladder_from(rows_with(2, any=[[condition]]))
    assert str(refusal.value) == f"Rung 2: {words}"
    assert refusal.value.message % refusal.value.params == str(refusal.value)
