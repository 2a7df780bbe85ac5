"""Queries find what they say, point at the words, and are refused in words; the page for journalists tells the truth."""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.matching import Match, RuleError, Text, compile_rules, match, rule_from
from tracker.matching.query import parse

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```\n(.+)\n((?:[✓✗] .+\n)+)```$", PAGE, re.MULTILINE)
REFUSED = re.findall(r"^\| `(.+)` \| (.+\(\d+: .+\)) \|$", PAGE, re.MULTILINE)
READS = {
    "value": Decimal,
    "cpv": lambda code: (code,),
    "buyer": lambda name: (name,),
    "operators": lambda most: (int(most),),
    "funding": lambda code: (code,),
}


def ask(query: str, text: Text, **parts: Any) -> list[Match]:
    return match(text, compile_rules([{"slug": "trial", "definition": {"query": query, **parts}}]))


def words(matches: list[Match]) -> list[str]:
    return [reason.words for one in matches for reason in one.reasons]


def told(line: str) -> Text:
    """The text of an example, with the facts that stand before it."""
    facts, text = re.fullmatch(r"(?:\[(.+)\] )?(.+)", line).groups()
    stated = dict(re.findall(r"(\w+)=(.+?)(?= \w+=|$)", facts or ""))
    read = {name: READS.get(name, str)(value) for name, value in stated.items()}
    if "buyer" in read:
        read["buyers"] = read.pop("buyer")
    return Text(text=text, language="fr", **read)


@pytest.mark.parametrize(("query", "lines"), EXAMPLES)
def test_each_example_of_the_page_is_true(query, lines):
    wanted = [(line[2:], line[0] == "✓") for line in lines.splitlines()]
    assert [(line, bool(ask(query, told(line)))) for line, _ in wanted] == wanted


@pytest.mark.parametrize(("query", "answer"), REFUSED)
def test_each_refusal_of_the_page_is_true(query, answer):
    with pytest.raises(RuleError) as refusal:
        parse(query)
    assert str(refusal.value) == answer
    assert refusal.value.position == int(re.search(r"\((\d+): ", answer)[1]) - 1


def test_the_page_has_its_examples():
    assert (len(EXAMPLES), len(REFUSED)) == (18, 16)


@pytest.mark.parametrize(
    ("query", "reason", "position"),
    [
        ("  ", "The query is empty.", 0),
        ("x" * 10_001, "The query is too long: 10,000 characters at most.", 10_000),
        (" OR ".join(["mot"] * 501), "The query is too long: 500 terms at most.", 0),
        ("(" * 30 + "mot" + ")" * 30, "The query has too many parentheses inside one another.", 20),
        ("-" * 3_000 + "mot", "The query has too many parentheses inside one another.", 20),
        ("un OR NOT deux", "The query only says what must be absent, or lets everything pass.", 0),
        ("NOT NOT mot", "The query only says what must be absent, or lets everything pass.", 0),
        ("title:text:mot", "A field cannot stand inside another.", 6),
        ("*", "A * alone would find everything.", 0),
        ("value:*", "An amount needs a bound.", 6),
        ("value:>*", "An amount needs a bound.", 7),
        ("value:[* TO *]", "An amount needs a bound.", 6),
        ("value:[9 TO 5]", "The first amount is above the second.", 6),
        ("mot [1 TO 5]", "A range such as [1 TO 5] only goes with value: and operators:.", 4),
        ("/mot/", "A query holds no expression between slashes.", 0),
        ('"un deux"~51', "At most 50 words may stand between.", 0),
        ('"un deux"~', 'After ~ stands a whole number of words: "two words"~8.', 0),
        ('mot "un deux"~1.2.3', 'After ~ stands a whole number of words: "two words"~8.', 13),
        ("value:>100\u00a0000", "An amount is a number without blanks: value:>100000.", 11),
        ('"un un"~5', "Words close together are at least two different words.", 0),
        ('mot "—"', "There is no word to look for here.", 4),
        ("lang:deu", "A language has two letters: lang:de.", 5),
        ("mot AND", "The query stops too early.", 7),
        ("AND mot", "The query cannot be read from here on.", 0),
        ('"mot', "A quotation mark is not closed.", 0),
        ('mot"un"', "A quotation mark stands inside a word.", 0),
    ],
)
def test_a_query_that_cannot_be_used_is_refused_with_its_place(query, reason, position):
    with pytest.raises(RuleError) as refusal:
        parse(query)
    assert (refusal.value.reason, refusal.value.position) == (reason, position)


@given(st.text(alphabet=st.sampled_from('ab é"()[]{}*?~^:+-!&|\\/><=1 TO AND OR NOT title: value: cpv: ~1.')))
def test_any_query_is_read_or_refused_in_words(query):
    try:
        parse(query)
    except RuleError as refusal:
        assert refusal.position is not None and 0 <= refusal.position <= len(query)


def test_reasons_point_at_the_words_of_title_and_text():
    text = Text(title="Les GPU d’Nvi\u200bdia", text="🙂 Œuvre : deux\nfournisseurs, Nvídia.", language="fr")
    (one,) = ask('nvidia AND ("deux fournisseurs" OR œuvre)', text)
    assert [(reason.field, reason.words, reason.term) for reason in one.reasons] == [
        ("title", "Nvi\u200bdia", "nvidia"),
        ("text", "Nvídia", "nvidia"),
        ("text", "deux\nfournisseurs", '"deux fournisseurs"'),
        ("text", "Œuvre", "œuvre"),
    ]
    for reason in one.reasons:
        assert getattr(text, reason.field)[reason.start : reason.end] == reason.words


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("nvidia", "Une carte Nvidia™."),
        ("fournisseurs", "Nos fournisseurs¹ tardent."),
        ("taħriġ", "Kors ta’ tahrig."),
        ("tahrig", "Kors ta’ taħriġ."),
        (r"AT\&T\*", "Un contrat d’AT&T."),
        (r"qui\?quoi caf\é", "Qui ? Quoi ? Un café."),
        (
            '"diversification fournisseurs"~2',
            "Diversification (voir https://a.example/b/c/d/e/f) des fournisseurs.",
        ),
    ],
)
def test_signs_strokes_escapes_and_addresses_hide_no_word(query, text):
    assert ask(query, Text(text=text, language="hr"))


def test_words_end_with_their_marks():
    text = Text(text=unicodedata.normalize("NFD", "Une privauté."), language="fr")
    patterns = ask("absent", text, terms={"fr": [{"re": "privaute"}]})
    for matches in (ask("privaute", text), patterns):
        assert words(matches) == [unicodedata.normalize("NFD", "privauté")]


def test_facts_are_reasons_too():
    told = {"cpv": ("30211100",), "country": "FR", "language": "fr", "buyers": ("EuroHPC JU",)}
    text = Text(**told, value=Decimal("5"), operators=(1, 4), funding=("eu-funds", "HE_2021"))
    (one,) = ask("cpv:30* country:FR lang:fr buyer:eurohpc value:5 operators:>=2 funding:he*", text)
    assert [(reason.why, reason.field, reason.words) for reason in one.reasons] == [
        ("cpv", "cpv", "30211100"),
        ("country", "country", "FR"),
        ("language", "language", "fr"),
        ("buyer", "buyers", "EuroHPC JU"),
        ("value", "value", "5"),
        ("operators", "operators", "4"),
        ("funding", "funding", "HE_2021"),
    ]


@pytest.mark.parametrize(
    ("language", "asked", "found"),
    [
        ("fr", "fournisseur", "fournisseurs"),
        ("fr", "cheval", "chevaux"),
        ("en", "country", "countries"),
        ("en", "supplier", "Suppliers"),
        ("de", "Lieferant", "Lieferanten"),
        ("it", "fornitore", "fornitori"),
        ("es", "proveedor", "proveedores"),
        ("sv", "fabrik", "fabriker"),
        ("sv", "leverantör", "Leverantörerna"),
        ("sv", "leverantör", "leveranto\u0308rer"),
        ("sv", "leverantör", "LEVERANTÖRER"),
        ("sv", "leverantör", "leverantorer"),
        ("fi", "tekoäly", "tekoälyä"),
        ("fi", "järjestelmä", "Järjestelmässä"),
        ("fi", "näyttö", "näytön"),
        ("de", "Händler", "Händ\u00adlern"),
        ("fr", "entraîné", "entraînée"),
        ("pt", "licitação", "licitações"),
        ("pl", "dostawca", "dostawców"),
        ("cs", "dodavatel", "dodavatelům"),
        ("cs", "veřejný", "veřejných"),
        ("el", "υπολογιστής", "ΥΠΟΛΟΓΙΣΤΈΣ"),
        ("en", "policies", "policy"),
        ("en", "city", "cities"),
    ],
)
def test_a_word_is_found_in_the_forms_of_its_language(language, asked, found):
    assert words(ask(asked, Text(text=f"x {found} x", language=language))) == [found]
    assert ask(f'"{asked}"', Text(text=f"x {found} x", language=language)) == []
    assert ask(asked, Text(text=f"x {found} x", language="bg")) == []


def test_each_language_of_a_text_is_read_with_its_own_forms():
    text = Text(text="Rien.", language="fr", texts={"de": "Zwei Lieferanten."})
    assert words(ask("lieferant", text)) == ["Lieferanten"]
    assert ask("lieferant", text, languages=["fr"]) == []


def test_a_phrase_ends_with_its_field():
    assert ask('"au moins deux"', Text(title="au moins", text="deux")) == []
    assert ask('"au moins deux"~3', Text(title="au moins", text="deux")) == []
    assert words(ask("moins deux", Text(title="au moins", text="deux"))) == ["moins", "deux"]


def test_letters_that_share_a_byte_are_told_apart():
    rules = compile_rules([{"slug": "trial", "definition": {"query": "英伟达"}}])
    others = "".join(f" {chr(code)}伟达" for code in range(0x4E00, 0x9000) if chr(code) != "英")
    assert match(Text(text=others), rules) == []
    assert words(match(Text(text=f"{others} 买 英伟达 卡"), rules)) == ["英伟达"]


def test_guards_gates_vetoes_and_levels_go_with_a_query():
    rows = [
        {"slug": "friends", "role": "guard", "definition": {"terms": {"*": [{"re": "place Jean Zay"}]}}},
        {"slug": "far", "role": "guard", "definition": {"terms": {"*": [{"re": "Michigan"}]}}},
        {"slug": "calls", "role": "gate", "definition": {"query": '"appel à projets"'}},
        {
            "slug": "trial",
            "stance": "supports",
            "definition": {
                "query": '"jean zay"',
                "guards": ["friends"],
                "gates": ["calls"],
                "vetoes": ["far"],
                "levels": ["words"],
            },
        },
    ]
    rules = compile_rules(rows)
    call = "Appel à projets : "
    (one,) = match(Text(text=f"{call}place Jean Zay, puis Jean Zay.", language="fr"), rules)
    assert (one.level, one.stance) == ("words", "context")
    assert [(reason.why, reason.start) for reason in one.reasons] == [("words", 39), ("gate", 0)]
    for text in ("Jean Zay.", f"{call}place Jean Zay.", f"{call}Jean Zay, Michigan."):
        assert match(Text(text=text, language="fr"), rules) == []


@pytest.mark.parametrize(
    ("definition", "complaint"),
    [
        ({"query": 5}, "A query is a text. (trial)"),
        ({"query": "mot", "languages": ["xx"]}, "This is not a language that we watch. (trial: xx)"),
        ({"query": "mot", "terms": {}}, "A rule needs a query, or lists of terms by language. (trial)"),
    ],
)
def test_a_definition_with_a_query_is_checked(definition, complaint):
    with pytest.raises(RuleError) as refusal:
        rule_from({"slug": "trial", "definition": definition})
    assert str(refusal.value) == complaint


def test_a_guard_takes_no_query():
    with pytest.raises(RuleError, match="it takes no query"):
        rule_from({"slug": "trial", "role": "guard", "definition": {"query": "mot"}})


def _absent() -> Iterator[Text]:
    yield Text(text="nvidia", language="fr")
    yield Text(text="nvidia, voir https://amd.example/amd", language="fr")


def test_what_must_be_absent_is_read_as_what_must_be_there():
    assert [words(ask("nvidia NOT amd", text)) for text in _absent()] == [["nvidia"], ["nvidia"]]
    assert ask("nvidia NOT amd", Text(text="nvidia ou AMD")) == []
