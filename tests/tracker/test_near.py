"""How alike texts are, exactly; that near copies meet by their sixteen keys; what a hostile text costs."""

import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker import near
from tracker.watchers import FORMATS, UnreadableError

WORDS = [f"mot{number}" for number in range(5_000)]
TEXT = " ".join(f"Le pôle numéro {number} achète des serveurs à deux fournisseurs." for number in range(10))


def words(count: int, *, seed: int = 1) -> list[str]:
    return Random(seed).sample(WORDS, count)


def runs_of(text: str) -> set[tuple[str, ...]]:
    """The runs of four words, plainly."""
    told = text.casefold().split()
    return {tuple(told[start : start + 4]) for start in range(len(told) - 3)}


def likeness(one: str, other: str) -> float:
    return near.likeness(near.shingles(one), near.shingles(other))


@pytest.mark.parametrize("shared", [0, 60, 150, 240, 291, 300])
def test_likeness_is_the_share_of_common_runs(shared: int) -> None:
    common, others = words(300), [f"autre{number}" for number in range(300)]
    one, other = " ".join(common), " ".join(common[:shared] + others[shared:])
    exact = len(runs_of(one) & runs_of(other)) / len(runs_of(one) | runs_of(other))
    assert likeness(one, other) == pytest.approx(exact)


@given(st.lists(st.sampled_from(WORDS[:60]), min_size=50, max_size=90), st.randoms())
def test_likeness_is_symmetric_between_nothing_and_all(told: list[str], chance: Random) -> None:
    one, other = " ".join(told), " ".join(chance.sample(told, len(told)))
    assert likeness(one, one) == 1
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1


@pytest.mark.parametrize(
    "copy",
    [
        TEXT.upper(),
        TEXT.replace(" ", "\n\n"),
        TEXT.replace(".", " ! »"),
        TEXT.replace("pôle", "p\u00f4\u00adle"),
        TEXT.replace("ô", "o\u0302"),
        TEXT.replace("serveurs", "ser\u200bveurs"),
    ],
)
def test_typography_makes_no_difference(copy: str) -> None:
    assert likeness(TEXT, copy) == 1


def test_a_text_too_short_to_tell_has_no_copies() -> None:
    short = " ".join(words(near.LEAST_WORDS - 1))
    assert near.keys(near.shingles(short)) == []
    assert likeness(short, short) == 0


@given(st.text())
def test_any_text_has_keys_that_a_database_keeps(text: str) -> None:
    keys = near.keys(near.shingles(text * 60))
    assert keys == sorted(set(keys))
    assert all(0 <= key < 2**63 for key in keys)


def test_keys_are_the_same_in_every_process() -> None:
    code = f"from tracker import near; print(near.keys(near.shingles({TEXT!r})))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(near.keys(near.shingles(TEXT)))


@pytest.mark.parametrize(("changed", "missed"), [(0.60, 5), (0.80, 0)])
def test_near_copies_meet_by_their_keys(changed: float, missed: int) -> None:
    """Pairs of a known likeness: 3,000 of them, a new one each."""
    chance, alone, pairs = Random(7), 0, 3_000
    for number in range(pairs):
        told = chance.sample(WORDS, 300)
        kept = round(2 * 297 * changed / (1 + changed)) + 3  # words of the beginning, for this share of runs
        other = told[:kept] + [f"autre{number}x{place}" for place in range(300 - kept)]
        one, two = near.shingles(" ".join(told)), near.shingles(" ".join(other))
        assert near.likeness(one, two) == pytest.approx(changed, abs=0.002)
        alone += len(set(near.keys(one)) & set(near.keys(two))) < near.SHARED
    assert alone <= missed


def test_a_text_of_any_length_costs_little() -> None:
    started = time.process_time()
    near.shingles("mot " * 5_000_000)
    near.shingles("\u0301" * 5_000_000)
    near.shingles("x" * 5_000_000)
    assert time.process_time() - started < 2


def test_on_real_news_the_keys_find_every_near_copy(shared: Path) -> None:
    """Real entries, each pair compared by all its runs and by its keys."""
    texts = sorted(set(_texts(shared / "data" / "feeds")))
    runs = [kept for kept in map(near.shingles, texts) if len(kept)]
    assert len(runs) > 300
    places: dict[int, list[int]] = {}
    for number, kept in enumerate(runs):
        for run in kept.tolist():
            places.setdefault(run, []).append(number)
    touching = {pair for numbers in places.values() for pair in combinations(numbers, 2)}
    alike = {pair for pair in touching if near.likeness(runs[pair[0]], runs[pair[1]]) >= 0.6}
    keys = [set(near.keys(kept)) for kept in runs]
    assert len(alike) > 10
    assert [pair for pair in alike if len(keys[pair[0]] & keys[pair[1]]) < near.SHARED] == []


def _texts(feeds: Path):
    for name in ("french-news-2024", "series-french-news-2024", "olshansk-ai-feeds", "series-olshansk"):
        for path in sorted((feeds / name).rglob("*.xml")):
            try:
                page = FORMATS["feed"].read(path.read_bytes())
            except UnreadableError:
                continue
            yield from (entry.text for entry in page.entries)
