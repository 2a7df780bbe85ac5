from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils.translation import override

from indicators.models import Evidence
from indicators.templatetags import display


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("precision", "french", "english"),
    [
        ("day", "14 oct. 2026", "14 Oct 2026"),
        ("month", "oct. 2026", "Oct 2026"),
        ("quarter", "T4 2026", "Q4 2026"),
        ("half", "2e semestre 2026", "2nd half of 2026"),
        ("year", "2026", "2026"),
    ],
)
def test_a_date_says_no_more_than_what_is_known(precision: str, french: str, english: str) -> None:
    evidence = Evidence(occurred_on=date(2026, 10, 14), occurred_precision=precision)
    with override("fr"):
        assert plain(display.when(evidence)) == french
    with override("en"):
        assert plain(display.when(evidence)) == english


@pytest.mark.parametrize(
    ("lo", "hi", "currency", "french", "english"),
    [
        (38e9, 38e9, "USD", "38 Md$", "$38bn"),
        (0, 100e9, "USD", "jusqu’à 100 Md$", "up to $100bn"),
        (3e9, 5e9, "EUR", "de 3 Md€ à 5 Md€", "from €3bn to €5bn"),
        (2e6, None, "EUR", "au moins 2 M€", "at least €2m"),
        (0, None, "", "non publié", "not disclosed"),
        (11.9e9, 11.9e9, "", "11,9 Md (devise non précisée)", "11.9bn (currency not stated)"),
        (1500, 1500, "CHF", "1 500 CHF", "CHF 1,500"),
    ],
)
def test_an_amount_is_an_interval_and_unknown_is_never_zero(lo, hi, currency, french, english) -> None:
    bounds = SimpleNamespace(lo=Decimal(lo), hi=None if hi is None else Decimal(hi), currency=currency)
    with override("fr"):
        assert plain(display.amount(bounds)) == french
    with override("en"):
        assert plain(display.amount(bounds)) == english


def test_numbers_are_written_in_the_language_of_the_page() -> None:
    with override("fr"):
        assert plain(display.number(Decimal("1240.50"))) == "1 240,5"
        assert plain(display.percent(0.075)) == "7,5 %"
        assert display.number(None) == "non publié"
    with override("en"):
        assert display.number(Decimal("1240.50")) == "1,240.5"
        assert display.percent(0.075) == "7.5%"
        assert display.percent(None) == "not measured"


@pytest.mark.parametrize(
    ("numerator", "denominator", "unknown", "share"),
    [(3, 40, 22, 0.075), (3, 9, 0, None), (3, 40, 27, None), (None, None, 0, None), (0, 0, 0, None)],
)
def test_a_share_of_too_few_known_cases_is_not_shown(numerator, denominator, unknown, share) -> None:
    counted = SimpleNamespace(
        numerator=None if numerator is None else Decimal(numerator),
        denominator=None if denominator is None else Decimal(denominator),
        unknown=Decimal(unknown),
    )
    assert display.share(counted) == share


def test_the_first_of_a_month_is_written_as_the_french_do() -> None:
    with override("fr"):
        assert display.day(date(2026, 6, 1)) == "1er juin 2026"
    with override("en"):
        assert display.day(date(2026, 6, 1)) == "1 Jun 2026"


def test_a_moment_is_told_in_the_time_of_paris() -> None:
    with override("fr"):
        assert plain(display.time(datetime(2026, 10, 14, 7, 30, tzinfo=UTC))) == "14 oct. 2026, 09:30"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "ftp://x.example/",
        "http://",
        "",
        "http://[",
        " https",
    ],
)
def test_only_the_web_is_linked(url: str) -> None:
    assert display.foreign_link(url, "un <b>texte</b>") == "<bdi>un &lt;b&gt;texte&lt;/b&gt;</bdi>"


def test_a_foreign_link_gives_nothing_away() -> None:
    assert display.foreign_link('https://x.example/?a="b"', "x") == (
        '<a href="https://x.example/?a=&quot;b&quot;" rel="nofollow noopener ugc" referrerpolicy="no-referrer">'
        "<bdi>x</bdi></a>"
    )


def test_typesetting_changes_no_letter_and_escapes() -> None:
    assert display.typeset("un indice de « liberté technologique » : <b>") == (
        'un indice de <span class="nb">« liberté</span> <span class="nb">technologique »</span> '
        "<span></span>: &lt;b&gt;".replace("<span></span>", "")
    )
    assert display.typeset("« mot »") == '<span class="nb">« mot »</span>'


def test_the_drawn_ladder_fills_what_is_reached() -> None:
    assert [step["filled"] for step in display.ladder(2)["steps"]] == [True, True, False, False, False]


def test_countries_and_languages_have_names() -> None:
    with override("fr"):
        assert (display.country("EU"), display.country("DE"), display.country("ZZ9")) == (
            "Union européenne",
            "Allemagne",
            "ZZ9",
        )
        assert display.language("pl") == "polonais"


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert display.in_words("brand_new", "role") == "brand_new"
