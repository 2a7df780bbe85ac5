"""Canonical JSON has one text for each value; the hashes are fixed for ever."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.rules.chain import (
    BEFORE_THE_FIRST,
    NotCanonicalError,
    canonical,
    chain_hash,
    entry_line,
    leaf_hash,
    moment,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner) | st.dictionaries(TEXTS.map(lambda t: unicodedata.normalize("NFC", t)), inner)
    ),
)


def since(microseconds: int) -> datetime:
    return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def written_by_others(value: object) -> str:
    """As anybody's program would write it: what the verifier does."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@given(VALUES)
def test_reading_and_writing_again_gives_the_same_bytes(value: object) -> None:
    text = canonical(value)
    assert written_by_others(json.loads(text)) == text
    assert canonical(json.loads(text)) == text
    assert unicodedata.is_normalized("NFC", json.loads(json.dumps(text)))


@given(st.dictionaries(st.text("abcé", max_size=3), st.integers(), max_size=8), st.integers(0, 7))
def test_the_order_of_keys_does_not_count(value: dict[str, int], turn: int) -> None:
    pairs = list(value.items())
    assert (
        canonical(dict(pairs[turn:] + pairs[:turn])) == canonical(dict(reversed(pairs))) == canonical(value)
    )


@given(TEXTS)
def test_one_text_composed_or_decomposed_is_one(text: str) -> None:
    assert canonical(unicodedata.normalize("NFD", text)) == canonical(unicodedata.normalize("NFC", text))


@given(VALUES)
def test_an_entry_is_one_line_and_no_space_is_outside_of_texts(value: object) -> None:
    line = canonical(value)
    assert line.encode().splitlines() == [line.encode()]


@pytest.mark.parametrize(
    "value",
    [0.5, [1, {"a": 2.0}], float("nan"), {1: "a"}, {"e\u0301": 1, "é": 2}, "\ud800", {"a": b"x"}, {"a": {1}}],
    ids=["float", "deep float", "nan", "number as key", "same key twice", "half a pair", "packed", "set"],
)
def test_what_could_be_written_in_two_ways_is_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        canonical(value)


def test_the_hashes_of_a_known_entry_never_change() -> None:
    """Computed by hand with sha256sum: whoever changes them breaks every checkpoint that is kept anywhere."""
    body = canonical({"title_fr": "Préuve", "rung": 3, "flags": [], "retracted_at": None})
    fields = {"number": 1, "recorded_at": moment(datetime(2026, 11, 22, 9, tzinfo=UTC))}
    fields |= {"kind": "published", "subject": "evidence/1"}
    assert entry_line(body, **fields) == (
        '{"body":{"flags":[],"retracted_at":null,"rung":3,"title_fr":"Préuve"},"kind":"published","number":1,'
        '"recorded_at":"2026-11-22T09:00:00.000000Z","subject":"evidence/1"}'
    )
    leaf = leaf_hash(body, **fields)
    assert leaf == "b8084c92a4788859e3a989e0f87e0e4aa211b14dfd52d01377713d1ed80d542a"
    assert (
        chain_hash(BEFORE_THE_FIRST, leaf)
        == "6f584819a62462d6736ffd48fef33e021220ef4f3e23f3b395233cc8ca37814c"
    )


@given(st.lists(st.integers(0, 4 * 10**15).map(since), min_size=2))
def test_moments_sort_as_text_as_they_do_in_time(moments: list[datetime]) -> None:
    paris = timezone(timedelta(hours=1))
    assert sorted(moment(at.astimezone(paris)) for at in moments) == [moment(at) for at in sorted(moments)]
