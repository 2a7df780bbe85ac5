"""The strength table, row by row."""

import pytest

from indicators.rules.record import Quote
from indicators.rules.strength import are_one_voice, corroborate, strength_of
from indicators.rules.words import Directness, Strength

WEAK, MODERATE, STRONG = Strength.WEAK, Strength.MODERATE, Strength.STRONG


def quote(tier: int, group: str = "a", **changes: object) -> Quote:
    return Quote(tier=tier, group=group, url=f"https://{group}.example/", **changes)


@pytest.mark.parametrize(
    ("tiers", "direct", "partial", "context"),
    [
        ((1,), STRONG, MODERATE, WEAK),
        ((2,), MODERATE, MODERATE, WEAK),
        ((2, 2), STRONG, MODERATE, WEAK),
        ((2, 3), STRONG, MODERATE, WEAK),
        ((2, 4), MODERATE, MODERATE, WEAK),
        ((3,), MODERATE, WEAK, WEAK),
        ((3, 3), STRONG, WEAK, WEAK),
        ((3, 4), MODERATE, WEAK, WEAK),
        ((4,), WEAK, WEAK, WEAK),
        ((4, 4), WEAK, WEAK, WEAK),
    ],
)
def test_strength_of_independent_sources(
    tiers: tuple[int, ...], direct: Strength, partial: Strength, context: Strength
) -> None:
    quotes = [quote(tier, group) for tier, group in zip(tiers, "ab", strict=False)]
    assert [strength_of(quotes, directness) for directness in Directness] == [direct, partial, context]


@pytest.mark.parametrize(
    "other",
    [
        quote(3, "a"),
        quote(3, "b", story="dépêche"),
        quote(3, "b", domain="journal.example"),
        quote(3, "b", cites="https://a.example/"),
        quote(3, "b", verified=False),
    ],
)
def test_a_source_that_is_not_independent_does_not_corroborate(other: Quote) -> None:
    first = quote(3, "a", domain="journal.example", story="dépêche")
    assert strength_of([first, other], Directness.DIRECT) == MODERATE
    assert strength_of([other, first], Directness.DIRECT) == MODERATE


def test_two_press_articles_do_not_corroborate_the_party_they_both_repeat() -> None:
    party = quote(2, "a")
    press = [quote(3, "b", cites=party.url), quote(3, "c", cites=party.url)]
    assert corroborate(*press)
    assert strength_of([party, *press], Directness.DIRECT) == MODERATE


def test_empty_stories_and_citations_are_not_a_likeness() -> None:
    assert corroborate(Quote(tier=2, group="a"), Quote(tier=3, group="b"))


@pytest.mark.parametrize(
    ("told", "one"),
    [
        ([], False),
        ([("a", "", "")], True),
        ([("a", "", "1"), ("a", "", "2")], True),
        ([("a", "", ""), ("b", "", "")], False),
        ([("a", "x.example", ""), ("b", "x.example", "")], True),
        ([("a", "x.example", "1"), ("b", "y.example", "1"), ("b", "z.example", "2")], False),
        ([("a", "x.example", "1"), ("a", "y.example", "2"), ("b", "x.example", "2")], True),
    ],
    ids=["silence", "one", "one owner", "two owners", "one site", "one who reprints and writes", "each two share"],
)  # fmt: skip
def test_owners_sites_and_texts_make_one_voice(told: list[tuple[str, str, str]], one: bool) -> None:
    quotes = [Quote(tier=3, group=group, domain=domain, story=story) for group, domain, story in told]
    assert are_one_voice(quotes) == are_one_voice(quotes[::-1]) == one


@pytest.mark.parametrize("quotes", [[], [quote(1, verified=False)]])
def test_without_a_verified_quote_there_is_no_strength(quotes: list[Quote]) -> None:
    assert strength_of(quotes, Directness.DIRECT) is None
