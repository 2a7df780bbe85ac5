"""The texts shipped with the product: the article's own words, and complete definitions in both languages."""

from pathlib import Path

import pytest

from indicators.rules.ladder import Share, ladder_from
from indicators.rules.words import Form
from tests.indicators.rule_record import ACTIONS, DEFINITIONS

SEED = Path(__file__).parents[3] / "shared" / "design" / "seed"
INDICATORS = [row for action in ACTIONS["action"] for row in action["indicator"]]
VERBATIM = [
    (action["code"], name, action[name])
    for action in ACTIONS["action"]
    for name in ("title_fr", "proposal_fr", "mechanism_fr", "aims_fr")
] + [(row["code"], "statement_fr", row["statement_fr"]) for row in INDICATORS]


@pytest.fixture(scope="module")
def article() -> bytes:
    found = sorted(SEED.glob("000_*.txt"))
    if not found:
        pytest.skip("the founding article is not beside the project")
    return found[0].read_bytes()


@pytest.mark.parametrize(("code", "name", "text"), VERBATIM)
def test_a_french_text_is_the_articles_own_byte_for_byte(
    article: bytes, code: str, name: str, text: str
) -> None:
    assert article.count(text.encode()) == 1, (code, name)


def test_the_six_statements_are_all_that_follows_on_saura_que_ca_marche_quand(article: bytes) -> None:
    opening = "On saura que ça marche quand "
    sentences = [line for line in article.decode().splitlines() if line.startswith(opening)]
    first, second = INDICATORS[::2], INDICATORS[1::2]
    assert sentences == [
        f"{opening}{one['statement_fr']}, et quand {other['statement_fr']}."
        for one, other in zip(first, second, strict=True)
    ]


def test_each_action_line_is_its_emoji_and_its_title(article: bytes) -> None:
    lines = article.decode().splitlines()
    assert [f"{action['emoji']} {action['title_fr']}".strip() in lines for action in ACTIONS["action"]] == [
        True
    ] * 3


def test_there_are_three_actions_and_six_indicators_in_order() -> None:
    assert [action["code"] for action in ACTIONS["action"]] == ["A1", "A2", "A3"]
    assert [(row["code"], row["order"], Form(row["form"])) for row in INDICATORS] == [
        ("1a", 1, Form.EXISTENTIAL),
        ("1b", 2, Form.GENERIC),
        ("2a", 3, Form.EXISTENTIAL),
        ("2b", 4, Form.GENERIC),
        ("3a", 5, Form.OBLIGATION),
        ("3b", 6, Form.INSTRUMENT),
    ]


def test_pillars_of_actions_are_among_the_five() -> None:
    slugs = [pillar["slug"] for pillar in ACTIONS["pillar"]]
    assert len(slugs) == 5
    assert {slug for action in ACTIONS["action"] for slug in action["pillars"]} <= set(slugs)


@pytest.mark.parametrize("row", [*ACTIONS["pillar"], *ACTIONS["action"], *INDICATORS, *DEFINITIONS])
def test_each_text_is_there_in_both_languages(row: dict) -> None:
    french = {name.removesuffix("_fr") for name in row if name.endswith("_fr")}
    english = {name.removesuffix("_en") for name in row if name.endswith("_en")}
    assert french == english != set()
    assert [name for name in row if name.endswith(("_fr", "_en")) and not row[name].strip()] == []


def test_each_indicator_has_its_first_definition() -> None:
    assert [(row["indicator"], row["version"]) for row in DEFINITIONS] == [
        (row["code"], 1) for row in INDICATORS
    ]
    assert {frozenset(row) for row in DEFINITIONS} == {frozenset(DEFINITIONS[0])}


@pytest.mark.parametrize("row", DEFINITIONS, ids=lambda row: row["indicator"])
def test_each_ladder_is_read_with_its_five_texts_in_both_languages(row: dict) -> None:
    ladder = ladder_from(row["ladder"])
    assert [bool(step.fr.strip() and step.en.strip()) for step in ladder] == [True] * 5


def test_the_measures_that_definitions_read() -> None:
    measures = {
        (row["indicator"], condition.measure)
        for row in DEFINITIONS
        for step in ladder_from(row["ladder"])
        for alternative in step.any
        for condition in alternative
        if isinstance(condition, Share)
    }
    assert measures == {("1a", "T2"), ("1b", "panel-1b"), ("2b", "panel-2b"), ("3a", "T11")}
