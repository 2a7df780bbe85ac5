import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.watchers.contacts import _CALL as CALL
from tracker.watchers.contacts import Contacts
from tracker.watchers.notice import (
    Words,
    amount,
    count,
    cpv_codes,
    currency,
    names,
    publication_number,
)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("00210184-2025", "210184-2025"),
        ("210184-2025", "210184-2025"),
        ("2020/S 224-549591", "549591-2020"),
        ("2022-919032", "919032-2022"),
        ("000234_2020", "234-2020"),
        ("n.a.", ""),
        ("76f2960c-5463-4919-9ac1-4e4cd5fac8c4-01", ""),
    ],
)
def test_publication_numbers_have_one_form(written, number):
    assert publication_number(written) == number


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1000000.50", "1000000.50"), ("151 410 000", "151410000"), ("12,5", "12.5"), (600000, "600000"), ("0", "0"), ("1.239", "1.24"), ("1E+7", "10000000"),
        ("-1", "None"), (-1, "None"), ("NaN", "None"), ("1e9999", "None"), (Decimal("1e9999"), "None"), ("Infinity", "None"),
        (10**500, "None"), ("1" * 30, "None"), (True, "None"), (None, "None"), ("1,2,3", "None"), ("٣", "None"), (1.5, "None"),
    ],
)  # fmt: skip
def test_amounts_are_finite_and_plausible_or_none(written, value):
    assert amount(written) == (None if value == "None" else Decimal(value))


@given(st.text() | st.integers() | st.decimals())
def test_no_amount_is_ever_infinite(written):
    value = amount(written)
    assert value is None or 0 <= value <= 10**13


def test_small_codes():
    assert cpv_codes(["30211100-7", "30211100", "48820000", "x", None]) == ("30211100", "48820000")
    assert (count("3"), count("-1"), count(True), count("9" * 9), count("²")) == (3, None, None, None, None)
    assert (count("3.0"), count(Decimal("3.0")), count("3.5"), count(Decimal("Infinity"))) == (
        3,
        3,
        None,
        None,
    )
    assert (currency("eur"), currency("EURO"), currency(None)) == ("EUR", "", "")
    assert names(["A", "A", "", None, "B\n"]) == ("A", "B")


def test_words_keep_their_language_and_come_once():
    words = Words(main="fr")
    words.add("Titre", language="FRA", title=True)
    words.add("Title", language="ENG", title=True)
    words.add("Titre")
    words.add("Suite")
    assert words.settled(str) == {
        "title": "Titre",
        "text": "Titre\nSuite",
        "texts": {"en": "Title"},
        "language": "fr",
    }


def test_words_in_another_language_than_announced_are_still_the_text():
    words = Words(main="fr")
    words.add("Title", language="ENG", title=True)
    assert words.settled(str) == {"title": "Title", "text": "Title", "texts": {}, "language": "en"}


CONTACTS = Contacts(
    people={
        "Mevrouw mr. E. van Duren",
        "Frode  Nærby, Siv Lone",
        "Info",
        "Institut des Marées",
        "Herr Klemmt",
    },
    emails={"broken(at)x.example"},
    phones={"+47 41 92 04 56", "+31 20 / 5251234", "12"},
    organisations={"Institut des Marées"},
)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Ask E. van Duren or SIV LONE.", "Ask […] or […]."),
        ("Nærby Frode, Frode Nærby", "[…], […]"),
        ("Klemmt knows", "[…] knows"),
        ("a.b+c@d-e.example and broken(at)x.example", "[…] and […]"),
        ("Pact@group,org", "[…]"),
        ("call 41920456 or (+47) 41-92-04-56", "call […] or […]"),
        ("5251234", "[…]"),
        ("Ms Lone or Fru Lone; a.lone [at] x.example", "[…] or Fru Lone; […]"),
        ("tel.: +48 261 650 451.", "[…]."),
        ("siv lone@x.example, fax 5251234", "[…], […]"),
        (
            "Institut des Marées, EuroHPC, Info, lot 12, 30211100, 2025-06-04",
            "Institut des Marées, EuroHPC, Info, lot 12, 30211100, 2025-06-04",
        ),
    ],
)
def test_persons_are_hidden_and_nothing_else(text, hidden):
    assert CONTACTS.scrubber()(text) == hidden


@pytest.mark.parametrize(
    "written",
    [
        "CAMILLE PERSONNE", "personne  camille", "Camille Perſonne", "cAMILLE\u00a0pERSONNE",
        "c.p@marees.example", "Tél. : 01 99 00 12 34", "01.99.00.12.34", "0033 1 99 00 12 34", "(01)99\u202f00\u202f12\u202f34",
        "Kirsten Kłos", "\u212aIRſTEN KŁOS",
    ],
)  # fmt: skip
def test_no_way_of_writing_a_person_escapes_the_quick_look(written):
    contacts = Contacts(
        people={"Mme Camille Personne", "Kirsten Kłos"},
        phones={"+33 1 99 00 12 34"},
        emails={"c.p@marees.example"},
    )
    for around in ("Contact {} au siège.", "Ελλάδα {} Αθήνα"):
        scrubbed = contacts.scrubber()(around.format(written))
        assert "[…]" in scrubbed
        assert not any(word in scrubbed.casefold() for word in ("camille", "kirsten", "c.p", "99"))


@given(
    st.text(alphabet="x é·Ω٣", max_size=6),
    st.sampled_from(["Tel", "TÉL", "tél", "Telefon", "freephone", "Fax", "mobιλε", "carte", "tele", "x"]),
    st.text(alphabet=" .:\u00a0\nx", max_size=4),
    st.text(alphabet="+(0123 9./-)\u00a0\u2009٣x", min_size=5, max_size=16),
)
def test_a_call_is_hidden_wherever_its_pattern_stands(before, word, between, number):
    text = f"{before}{word}{between}{number}."
    assert Contacts().scrubber()(text) == re.sub(CALL, "[…]", text)


ADDRESS = r"(?<![\w.+%'-])[\w.+%'-]++\s?(?:@|[(\[]\s?[aA][tT]\s?[)\]])\s?[\w-]{1,63}(?:[.,][\w-]{1,63}){1,5}"


PIECES = ["@", " @ ", "(at)", "[ aT\xa0]", " ", "\n", "(", "a", "é", "b.c", "-", ",", "x.example", "format)"]


@given(st.lists(st.sampled_from(PIECES)))
def test_an_address_is_hidden_wherever_its_pattern_stands(pieces):
    text = "".join(pieces)
    assert Contacts().scrubber()(text) == re.sub(ADDRESS, "[…]", text)
