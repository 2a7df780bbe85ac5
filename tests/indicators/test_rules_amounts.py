"""Amounts as journalists write them: what each phrase says, and that no phrase breaks the reader."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.rules.amounts import interval, parse_amount_en, parse_amount_fr

PIECES = (
    "un", "vingt", "cent", "mille", "quatre-vingts", "et demi", "milliards", "Mds", "Md€", "k€", "$", "1", "2,5",
    "1 000", "1.500", "2025", "jusqu'à", "plus de", "moins d'", "entre", "et", "à", "-", "(", ")", "sur", "5 ans",
    "par an", "plusieurs", "dizaines de", "trillion", "dollars", "livres", "non divulgué", "+", "<", "5G", "½",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "basis", "value", "currency"),
    [
        ("15,5 M€", "exact", "15.5", "EUR"),
        ("1\u202f500 millions d’euros", "exact", 1_500, "EUR"),
        ("1.500 millions d'euros", "exact", 1_500, "EUR"),
        ("1'500 millions de francs suisses", "exact", 1_500, "CHF"),
        ("1,234,567 $", "exact", "1.234567", "USD"),
        ("$500 000 000", "exact", 500, "USD"),
        ("3 MdEUR", "exact", 3_000, "EUR"),
        ("US$ 100 Mds", "exact", 100_000, "USD"),
        ("vingt-cinq milliards d'euros", "exact", 25_000, "EUR"),
        ("trois cent quatre-vingt-onze milliards", "exact", 391_000, None),
        ("mille milliards de dollars", "exact", 1_000_000, "USD"),
        ("deux cent cinquante mille euros", "exact", "0.25", "EUR"),
        ("plus d’un milliard et demi d'euros", "at_least", 1_500, "EUR"),
        ("un demi-milliard de dollars", "exact", 500, "USD"),
        ("moins d’un milliard d’euros", "up_to", 1_000, "EUR"),
        ("pas plus de 5 milliards d'euros", "up_to", 5_000, "EUR"),
        ("pas moins de 5 milliards d'euros", "at_least", 5_000, "EUR"),
        ("ne devrait pas dépasser 3 Md€", "up_to", 3_000, "EUR"),
        ("≤ 5 Md€", "up_to", 5_000, "EUR"),
        ("40+ milliards", "at_least", 40_000, None),
        ("40 milliards de dollars au moins", "at_least", 40_000, "USD"),
        ("+ de 40 milliards de dollars singapouriens", "at_least", 40_000, "SGD"),
        ("env. 40 milliards de dollars", "approx", 40_000, "USD"),
        ("jusqu’à près de 40 milliards", "up_to", 40_000, None),
        ("presque 40 milliards de dollars", "approx", 40_000, "USD"),
        ("une dizaine de milliards de dollars", "approx", 10_000, "USD"),
        ("plus d'une centaine de millions d'euros", "at_least", 100, "EUR"),
        ("quelques dizaines de millions d'euros", "several", 10, "EUR"),
        ("40 milliards de dollars (35 milliards d'euros)", "exact", 40_000, "USD"),
        ("40 milliards de dollars, soit environ 35 milliards d'euros", "exact", 40_000, "USD"),
        ("plus de 260 000 puces, pour 5 milliards de dollars", "exact", 5_000, "USD"),
        ("Nvidia livre la 5G pour 2 milliards d'euros", "exact", 2_000, "EUR"),
        ("2 milliards de dollars taïwanais", "exact", 2_000, "TWD"),
        ("une rumeur de 3 milliards", "exact", 3_000, None),
        ("plus de la moitié des 500 milliards", "at_least", 250_000, None),
        ("plus de la valeur des 500 milliards", "exact", 500_000, None),
        ("deux tiers de milliard d'euros", "exact", "666.666667", "EUR"),
        ("près de trois quarts d’un milliard d'euros", "approx", 750, "EUR"),
        ("2½ milliards d'euros", "exact", 2_500, "EUR"),
        ("jusqu'à 1 milliard 200 millions d'euros", "up_to", 1_200, "EUR"),
        ("deux millions cinq cent mille euros", "exact", "2.5", "EUR"),
        ("10 milliards et 15 milliards d'euros", "exact", 10_000, "EUR"),
        ("JUSQU’A 3 MD€", "up_to", 3_000, "EUR"),
        ("$100B", "exact", 100_000, "USD"),
        ("USD38 millions", "exact", 38, "USD"),
        ("puces H100 à 30 000 dollars", "exact", "0.03", "USD"),
        ("70 milliards de paramètres et 2 millions de puces pour 3 milliards", "exact", 3_000, None),
        ("12 000 m², 5 M€", "exact", 5, "EUR"),
        ("jusqu‘à 3 mil\xadliards", "up_to", 3_000, None),
        ("en 2025, 40 milliards", "exact", 40_000, None),
    ],
)
def test_what_a_french_phrase_says(text, basis, value, currency):
    told = parse_amount_fr(text)
    assert (told.basis, told.value, told.currency) == (basis, Decimal(value), currency)
    assert told.flags == (() if currency else ("no_currency",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twenty-five billion dollars", 25_000),
        ("a hundred and twenty million dollars", 120),
        ("half a billion dollars", 500),
        ("two thirds of the 3 billion dollars", 2_000),
        ("one and a half billion dollars", 1_500),
        ("$1.2T", 1_200_000),
        ("$5MM", 5),
    ],
)
def test_what_an_english_phrase_says(text, value):
    told = parse_amount_en(text)
    assert (told.basis, told.value, told.currency, told.flags) == ("exact", Decimal(value), "USD", ())


def test_what_a_scale_means_in_french_is_for_a_person_to_say():
    assert parse_amount_fr("12 MM€").flags == ("scale_word_ambiguous_in_french",)
    assert parse_amount_fr("gravées en 5 mm, 3 M€").flags == ()


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("entre 500 M€ et 1,2 Md€", 500, 1_200),
        ("entre 1 milliard d'euros et 2 milliards d'euros", 1_000, 2_000),
        ("de 1 milliard d’euros à 2 milliards", 1_000, 2_000),
        ("entre dix et onze milliards d'euros", 10_000, 11_000),
        ("entre $5 milliards et $3 milliards", 3_000, 5_000),
        ("entre 30 000 et 40 000 dollars", "0.03", "0.04"),
        ("2 ou 3 milliards d'euros", 2_000, 3_000),
        ("2‑3 milliards d'euros", 2_000, 3_000),
    ],
)
def test_a_range_runs_from_its_smaller_to_its_greater_amount(text, low, high):
    told = parse_amount_fr(text)
    assert (told.basis, told.value, told.value2) == ("range", Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("text", "years", "per_year"),
    [
        ("300 milliards sur environ cinq ans", 5, False),
        ("300 milliards sur une période de vingt-cinq ans", 25, False),
        ("300 milliards sur les cinq prochaines années", 5, False),
        ("un contrat de cinq ans à 300 milliards", 5, False),
        ("60 milliards l'an pendant 5 ans", 5, True),
        ("300 milliards / 5 ans", 5, False),
        ("300 milliards sur cinq à sept ans", None, False),
        ("60 milliards l’an dernier", None, False),
    ],
)
def test_the_time_that_a_french_phrase_tells(text, years, per_year):
    told = parse_amount_fr(text)
    assert (told.basis, told.years, told.per_year) == ("exact", years, per_year)


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=60))
def test_no_phrase_breaks_the_reader(text):
    for told in (parse_amount_fr(text), parse_amount_en(text)):
        bounds = interval(told.basis, told.value, told.value2)
        assert (told.basis == "undisclosed") == (told.value is None)
        assert bounds.hi is None or bounds.lo <= bounds.hi
