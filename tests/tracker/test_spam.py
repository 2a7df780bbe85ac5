"""What looks like spam: by what it is found in words that the rules have not seen, and what honest people may say."""

import json
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker import spam
from tracker.models import Contribution
from tracker.spam import Sending

CALM = Sending(open_for=timedelta(minutes=2))

# Written after the rules, by the families of the corpus, in other words.
UNSEEN = (
    "Best online casino 2026, 200 free spins",
    "Cialis sans ordonnance, livraison gratuite",
    "I make 300 $ per day with this simple trick",
    "Gagnez 4 000 € par mois depuis chez vous",
    "Prêt entre particuliers, réponse en 24 h",
    "Double your bitcoin in 24 hours",
    "Instant loans, no questions asked",
    "Travail à domicile sans diplôme",
    "We offer SEO packages for your company",
    "Get your shop on the first page of Google",
    "Achetez des abonnés Instagram",
    "Buy followers and likes",
    "1000 backlinks for your blog",
    "Купить подписчиков дешево",
    "Быстрый кредит без отказа",
    "网上赌场 注册送",
    "低息贷款",
    "<a href='http://x.test'>here</a>",
    "[link=http://x.test]gratuit[/link]",
    "see http://x.test http://y.test http://z.test http://z.test/2",
    "c4sino online, play today",
    "Order today, 70% off!!!",
    "qwerty",
    "zxcvbn zxcvbn",
    "ok",
    "hello hello hello",
    "Forex trading signals on WhatsApp",
    "Rachat de crédits, taux imbattable",
)
HONEST = (
    "",
    "Voir la page 12 du règlement : au moins deux fabricants.",
    "Nvidia would make $100 billion available to OpenAI, which buys its chips.",
    "La remise de 50 % sur les crédits de nuage a pris fin en 2025.",
    "The machine is ranked #1 in the Green500 and runs on AMD chips.",
    "Le groupe Casino a choisi des accélérateurs de deux fabricants.",
    "En visitant votre site, j’ai vu une erreur dans la preuve 12.",
    "Les mineurs de bitcoin louent désormais leurs GPU à des laboratoires.",
    "Тендер Міністерства: щонайменше два виробники прискорювачів.",
    "日本の計算センターは二社の半導体を使う。",
    "Oui, enfin ! Deux fournisseurs !",
    "Source : https://www.boamp.fr/avis/12 et https://ted.europa.eu/1",
    "Cheap cloud credits made the course depend on one vendor.",
    "The university renews its agreement for three years.",
    "Le lot 2 impose une clause de réversibilité (article 4, pages 112 à 118).",
)


def is_held(statement: str, sending: Sending = CALM) -> bool:
    return spam.points(spam.marks(statement=statement, sending=sending)) >= spam.HELD


def test_words_of_spam_that_no_rule_was_written_for_are_found() -> None:
    missed = [words for words in UNSEEN if not is_held(words)]
    assert len(missed) <= len(UNSEEN) * 0.05, missed


@pytest.mark.parametrize("statement", HONEST)
def test_honest_words_are_not_held(statement: str) -> None:
    assert not is_held(statement)


def test_how_it_was_sent_says_as_much_as_the_words() -> None:
    assert is_held("Deux fabricants.", Sending(trap="http://x.test", open_for=timedelta(minutes=1)))
    assert is_held("Deux fabricants.", Sending(open_for=timedelta(seconds=2)))
    assert not is_held("Deux fabricants.", Sending(open_for=timedelta(seconds=3)))
    assert not is_held("Deux fabricants.", Sending(open_for=None))
    assert is_held("50 % off, order now", Sending(open_for=None))


def test_each_mark_has_its_words_for_the_moderator() -> None:
    assert set(spam.POINTS) | {"bidi", "invisible", "homoglyph", "personal"} == set(Contribution.Mark.values)


def rows(shared: Path, label: str) -> list[dict]:
    lines = (shared / "data/hostile/submissions.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["label"] == label]


def caught(corpus: list[dict], *, by_words_alone: bool = False) -> float:
    count = 0
    for row in corpus:
        told = Sending(trap=row["honeypot"], open_for=timedelta(milliseconds=row["elapsed_ms"]))
        count += is_held(f"{row['title']}\n{row['summary']}", CALM if by_words_alone else told)
    return count / len(corpus)


def test_the_corpus_of_submissions(shared: Path) -> None:
    assert caught(rows(shared, "spam")) >= 0.95
    assert caught(rows(shared, "ham")) <= 0.02
    assert caught(rows(shared, "spam"), by_words_alone=True) >= 0.95


def test_without_the_rules_on_words_or_on_sending_less_is_caught(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spam, "_of_words", lambda text: iter(()))
    monkeypatch.setattr(spam, "_of_statement", lambda text: iter(()))
    assert caught(rows(shared, "spam")) < 0.95


@given(st.text(), st.text(), st.text())
def test_no_text_makes_it_fail(statement: str, quote: str, trap: str) -> None:
    found = spam.marks(statement=statement, quote=quote, sending=Sending(trap=trap))
    assert set(found) <= set(spam.POINTS)


@pytest.mark.parametrize(
    "piece", ["a", "a1", "<a ", "earn ", "buy ", "http://", "0", "\u0301", "test ", "!", "à", "double "]
)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    began = time.perf_counter()
    spam.marks(statement=(piece * 100_000)[:100_000], quote=(piece * 100_000)[:100_000], sending=CALM)
    assert time.perf_counter() - began < 1.0


def test_no_rule_holds_two_repetitions_without_end_in_one_another() -> None:
    for rule in spam._RULES.values():
        assert re.search(r"\.[*+]", rule.pattern) is None
