"""Two engines, one answer: that of a reader who knows no trick."""

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tracker
from tests.tracker import slow_folding
from tests.tracker.watched_texts import documents, ruleset, slowly, terms
from tracker.matching import Match, Ruleset, Text, compile_rules
from tracker.matching.folding import plain
from tracker.matching.judging import judge
from tracker.matching.scanning import Ends, Hyperscan, Re2Set, Scanner
from tracker.matching.screening import JOINT, Screened, encode, fold, positions, whole
from tracker.matching.watch import Watch

RULES = compile_rules(
    json.loads((Path(tracker.__file__).parent / "data" / "match_rules.json").read_text("utf-8"))
)
ODD = " \n\r\u200b\u00ad\u2028œŒßﬁ…ÉøŁe\u0301ςΣЙ한英\ud83d\ude00\U0001d40d\U0001f12a\ufdd0\ufdfa\x00\x01\x7f"


class OneByOne:
    """No engine: every word is looked for by itself."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self.keys = keys

    def scan(self, letters: bytes) -> Ends:
        ends = {
            number: [at + len(key) for at in range(len(letters)) if letters.startswith(key, at)]
            for number, key in enumerate(self.keys)
            if key in letters
        }
        return dict(reversed(ends.items()))  # in whatever order


ENGINES: dict[str, type[Scanner]] = {"hyperscan": Hyperscan, "re2": Re2Set, "none": OneByOne}


def matches(text: Text, rules: Ruleset, engine: type[Scanner]) -> list[Match]:
    return judge(text, rules, Watch(rules, engine=engine))


@pytest.mark.parametrize("engine", ["hyperscan", "re2"])
def test_all_that_is_planted_is_found_and_nothing_else(engine):
    """Twelve languages; words in their forms, prefixes, phrases, words close together."""
    watched = terms(1_000)
    texts = documents(60, watched, speaking=2)
    rules = ruleset(watched)
    watch = Watch(rules, engine=ENGINES[engine])
    found = [{reason.term for one in judge(text, rules, watch) for reason in one.reasons} for text in texts]
    wanted = [slowly(text, watched) for text in texts]
    assert found == wanted
    assert sum(map(len, wanted)) > 50


@pytest.mark.parametrize("engine", ["hyperscan", "re2"])
def test_each_reason_points_at_its_words(engine):
    watched = terms(100)
    rules = ruleset(watched)
    watch = Watch(rules, engine=ENGINES[engine])
    terms_of = {term.written: term for term in watched}
    for text in documents(30, watched, speaking=1):
        for one in judge(text, rules, watch):
            for reason in one.reasons:
                assert getattr(text, reason.field)[reason.start : reason.end] == reason.words
                first = min(len(word) for word in terms_of[reason.term].words) // 2
                assert any(
                    plain(reason.words).startswith(word[:first]) for word in terms_of[reason.term].words
                )


WATCHES = {name: Watch(RULES, engine=engine) for name, engine in ENGINES.items()}
SPOKEN = re.findall(
    r"\S+|\n",
    """supercalculateur supercalculateurs GPU cartes serveurs SNCF Groupe public unifié place Jean Zay EHPAD IA cloud
    au moins deux fournisseurs diversification des , . ; : — - ' ’ ( ) NVIDIA Nvi\u200bdia nœuds HPC EuroHPC A100
    étudiants université crédits sans Michigan appel à projets éligibilité dépendances technologiques rapport annuel
    https://nvidia.com/a RES-0001 LOT-0002 Mindestens zwei Hersteller Höchstleistungsrechner supercomputer students""",
)


@given(
    words=st.lists(st.sampled_from(SPOKEN), max_size=30),
    language=st.sampled_from(["fr", "en", "de", "es", "sv", ""]),
    kind=st.sampled_from(["article", "notice"]),
    cpv=st.sampled_from([(), ("48820000",), ("30211100",)]),
)
def test_the_shipped_rules_are_met_alike_by_every_engine(words, language, kind, cpv):
    text = Text(title=" ".join(words[:3]), text=" ".join(words), language=language, kind=kind, cpv=cpv)
    wanted = judge(text, RULES, WATCHES["none"])
    assert [judge(text, RULES, WATCHES[name]) for name in ("hyperscan", "re2")] == [wanted, wanted]


@given(st.text(alphabet=st.characters() | st.sampled_from(ODD)))
def test_the_tables_fold_as_letter_by_letter(text):
    if not any("\ud800" <= letter < "\ue000" for letter in text):
        assert fold(text) == slow_folding.fold(text)
        assert positions(text).tolist() == slow_folding.positions(text)
    words = f" {plain(text)} " if plain(text) else " "
    assert Screened([text]).letters == encode(words)


@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("œß é🙂")), min_size=1, max_size=4
    )
)
def test_each_letter_knows_its_place_in_texts_read_together(texts):
    screened = Screened(texts)
    joined = ("\ufdd0" * JOINT).join(texts)
    for byte, letter in enumerate(screened.letters[1:], start=1):
        if letter not in b" \x7f":
            place = screened.place(byte)
            written = joined[place : whole(joined, place + 1)]
            assert screened.written(byte, byte + 1) == written
            assert bytes([letter]) in map(encode, plain(written))


def test_hundreds_of_texts_are_read_by_threads_with_one_answer():
    """The scratch of hyperscan serves one text at a time."""
    watched = terms(100)
    texts, rules = documents(40, watched, speaking=1), ruleset(watched)
    watch = Watch(rules)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: judge(text, rules, watch), texts))
    assert together == [judge(text, rules, watch) for text in texts]
