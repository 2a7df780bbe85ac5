"""Every watched term finds what it promises; a rule that cannot be used is refused in words."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from re import _parser as parser
from typing import Any

import pytest

import tracker
from tracker.matching import RuleError, Text, compile_rules, match, rule_from

SHARED = Path(__file__).parents[3] / "shared"
ROWS = json.loads((Path(tracker.__file__).parent / "data" / "match_rules.json").read_text("utf-8"))
BY_SLUG = {row["slug"]: row for row in ROWS}
RULES = compile_rules(ROWS)


def _samples(pattern: str) -> Iterator[str]:
    """Texts that the pattern promises to find: every branch of its alternatives is taken once."""
    tree = parser.parse(pattern, re.MULTILINE)
    for turn in range(max(1, pattern.count("|") + 1)):
        yield "".join(_spell(tree, turn))


def _spell(tree: Any, turn: int) -> Iterator[str]:
    for kind, value in tree:
        name = str(kind)
        if name == "LITERAL":
            yield chr(value)
        elif name in ("ANY", "NOT_LITERAL"):
            yield " " if name == "NOT_LITERAL" else "'"
        elif name == "IN":
            yield from _spell_set(value, turn)
        elif name == "BRANCH":
            yield from _spell(value[1][turn % len(value[1])], turn)
        elif name == "SUBPATTERN":
            yield from _spell(value[3], turn)
        elif name == "MAX_REPEAT":
            gap = "NEGATE" in str(value[2]) or "NOT_LITERAL" in str(value[2])
            yield from max(value[0], int(gap) or min(turn % 2, value[1])) * list(_spell(value[2], turn))
        else:
            assert name == "AT", name


def _spell_set(choices: Any, turn: int) -> Iterator[str]:
    name, value = choices[turn % len(choices)]
    if str(choices[0][0]) == "NEGATE":
        yield " "
    elif str(name) == "RANGE":
        yield chr(value[0])
    else:
        yield {"CATEGORY_WORD": "a", "CATEGORY_DIGIT": "2", "CATEGORY_SPACE": " "}.get(str(value)) or chr(
            value
        )


def _spelt(row: Mapping[str, Any], pattern: str) -> str:
    """The pattern with the words that its names stand for."""
    for name, words in row["definition"].get("names", {}).items():
        pattern = pattern.replace(f"{{{name}}}", f"(?:{words})")
    return pattern


def _opening(row: Mapping[str, Any], language: str) -> str:
    """Words that open every gate of this rule in this language, in the sentence before the one on trial."""
    words = []
    for slug in row["definition"].get("gates", ()):
        lists = BY_SLUG[slug]["definition"]["terms"]
        strong = [
            t["re"]
            for lang in (language, "*", "en")
            for t in lists.get(lang, ())
            if t.get("precision") is None
        ]
        words.append(next(_samples(strong[0])))
    return " ; ".join(words)


TERMS = [
    (row["slug"], language, term)
    for row in ROWS
    if row["role"] == "rule"
    for language, terms in row["definition"].get("terms", {}).items()
    for term in terms
    if term.get("precision") != "L"
]


@pytest.mark.parametrize("slug", [row["slug"] for row in ROWS if row["role"] == "rule"])
def test_every_term_finds_what_it_promises(slug):
    row = BY_SLUG[slug]
    missed = [
        (language, sample)
        for rule, language, term in TERMS
        if rule == slug
        for sample in _samples(_spelt(row, term["re"]))
        if not _finds(row, language, term["re"], sample)
    ]
    assert missed == []


def _finds(row: Mapping[str, Any], language: str, pattern: str, sample: str) -> bool:
    spoken = "sv" if language == "other" else "en" if language == "*" else language
    text = Text(
        title=_opening(row, spoken), text=f"Xx.\n{sample}\nXx.", language=spoken, kind=row["kinds"][0]
    )
    reasons = [reason for one in match(text, RULES) if one.rule == row["slug"] for reason in one.reasons]
    return any(reason.term == pattern for reason in reasons)


@pytest.mark.parametrize("language", ["*", "fr", "en", "de", "es", "it", "nl", "pl", "pt", "other"])
def test_every_strong_word_opens_the_gate(language):
    spoken = "sv" if language == "other" else "en" if language == "*" else language
    missed = [
        sample
        for term in BY_SLUG["ai-compute"]["definition"]["terms"][language]
        if term.get("precision") is None
        for sample in _samples(term["re"])
        if not match(Text(text=f"Xx {sample} xx", language=spoken, kind="notice"), RULES)
    ]
    assert missed == []


def _row(terms: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"slug": "trial", "indicators": ["1a"], "definition": {"terms": terms, **more}}


def test_a_word_is_not_read_inside_another():
    rule = rule_from(_row({"fr": [{"re": "IA", "case_sensitive": True, "word": True}]}))
    rules = compile_rules([_row({"fr": [{"re": "IA", "case_sensitive": True, "word": True}]})])
    assert rule.terms["fr"][0].word
    text = "MEDIA IAM I.IA IA.fr IA2 ; l’IA."
    assert match(Text(text=text, language="fr"), rules) == []
    (one,) = match(Text(text="MEDIA MEDIA MEDIA MEDIA (l’IA)", language="fr"), rules)
    assert one.reasons[0].start == 27


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (_row({"fr": [{"re": "(?<!a)b"}]}), "The pattern is refused. (trial, fr, line 1: (?<!a)b: invalid perl operator: (?<!)"),
        (_row({"fr": [{"re": "ab"}, {"re": "[a"}]}), "The pattern is refused. (trial, fr, line 2: [a: missing ]: [a)"),
        (_row({"fr": [{"re": "a*"}]}), "The pattern also matches nothing at all. (trial, fr, line 1: a*)"),
        (_row({"fr": [{"re": "(?:\\w{9,99}x){9}"}]}), "The pattern repeats too much and would be slow. (trial, fr, line 1: (?:\\w{9,99}x){9})"),
        (_row({"fr": [{"re": "a"}]}), "A pattern has 2 to 1,000 characters. (trial, fr, line 1: a)"),
        (_row({"fr": ["ab"]}), "A term needs a pattern `re`. (trial, fr, line 1)"),
        (_row({"fr": [{"re": "ab", "rôle": "S"}]}), "The term has an unknown mark. (trial, fr, line 1: rôle)"),
        (_row({"fr": [{"re": "ab", "precision": "X"}]}), "The precision is H, M or L. (trial, fr, line 1)"),
        (_row({"xx": [{"re": "ab"}]}), "This is not a language that we watch. (trial: xx)"),
        (_row({}), "A rule needs a query, or lists of terms by language. (trial)"),
        (_row({"fr": "ab"}), "The terms of a language are a list. (trial: fr)"),
        (_row({"fr": [{"re": "ab"}]}, gates="x"), "A list of words is needed here. (trial: gates)"),
        (_row({"fr": [{"re": "ab"}]}, cpv={"core": ["30211100-7"]}), "A CPV code has eight digits, without the check digit. (trial: core)"),
        (_row({"fr": [{"re": "ab"}]}, quest="x"), "The definition has an unknown part. (trial: quest)"),
        (_row({"fr": [{"re": "ab"}]}) | {"stance": "maybe"}, "The stance is supports, contradicts or context. (trial: maybe)"),
        (_row({"fr": [{"re": "ab"}]}) | {"rung": 6}, "The rung goes from 1 to 5, or is empty. (trial: 6)"),
        (_row({"fr": [{"re": "x{who} y{2}"}]}), "The pattern uses a name that is not among the names. (trial, fr, line 1: x{who} y{2}: who)"),
        (_row({"fr": [{"re": "ab"}]}, names=["ab"]), "The names are an object of patterns. (trial)"),
        ({"slug": "trial", "definition": []}, "The definition is not a JSON object. (trial)"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_is_refused_in_words(row, complaint):
    with pytest.raises(RuleError) as refusal:
        rule_from(row)
    assert str(refusal.value) == complaint


def test_a_name_stands_for_its_words_and_is_told_as_it_is_written():
    rules = compile_rules([_row({"fr": [{"re": "{who} loue"}]}, names={"who": "Ada|Bob"})])
    (one,) = match(Text(text="Hier, Bob loue.", language="fr"), rules)
    assert [(reason.words, reason.term) for reason in one.reasons] == [("Bob loue", "{who} loue")]


def test_a_rule_that_names_no_known_gate_is_refused():
    with pytest.raises(RuleError, match="does not exist"):
        compile_rules([_row({"fr": [{"re": "ab"}]}, gates=["nowhere"])])


def test_only_the_newest_version_of_a_rule_speaks():
    old, new = _row({"fr": [{"re": "ancien"}]}), _row({"fr": [{"re": "nouveau"}]}) | {"version": 2}
    matches = match(Text(text="ancien nouveau", language="fr"), compile_rules([new, old]))
    assert [(one.version, one.reasons[0].words) for one in matches] == [(2, "nouveau")]


def _hostile(family: str) -> list[str]:
    path = SHARED / "data" / "hostile" / "injection.jsonl"
    if not path.exists():
        pytest.skip("the hostile patterns of the shared folder are not here")
    lines = map(json.loads, path.read_text("utf-8").splitlines())
    return [line["value"] for line in lines if line["family"] == family]


def test_hostile_patterns_are_refused_or_read_in_linear_time():
    text = Text(text=("a" * 99 + " nvidi ") * 2_000, language="fr")
    accepted = 0
    for pattern in _hostile("redos-pattern"):
        try:
            rules = compile_rules([_row({"fr": [{"re": pattern}]})])
        except RuleError:
            continue
        match(text, rules)
        accepted += 1
    assert accepted > 0


def test_hostile_texts_are_read_in_linear_time():
    for value in _hostile("redos-text"):
        long = (value * (200_000 // len(value) + 1))[:200_000]
        assert match(Text(text=long), RULES) == []
