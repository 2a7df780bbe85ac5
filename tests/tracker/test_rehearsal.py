"""A rule tried on the archive: what it finds, what others find too, what it loses, and what it costs."""

from datetime import datetime, timedelta

import pytest

from indicators.models import Indicator
from indicators.rules.measures import Proportion
from tests.factories import make_indicator
from tracker import rehearsal, rulebook
from tracker.models import Candidate, Document, MatchRule, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return Source.objects.create(slug="s", name="S", url="https://s.example/", format="feed", tier=1)


def make_rule(slug: str, definition: dict, **fields) -> MatchRule:
    row = MatchRule.objects.create(slug=slug, definition=definition, title_fr=slug, title_en=slug, **fields)
    row.indicators.set([Indicator.objects.first() or make_indicator("1a")])
    return row


def terms(*patterns: str, **parts) -> dict:
    return {"terms": {"fr": [{"re": pattern} for pattern in patterns]}} | parts


def archive(source: Source, *texts: str, now: datetime, kind: str = "article") -> list[Document]:
    """One document for each text, the first one the newest."""
    return [
        Document.objects.create(
            source=source,
            external_id=f"{kind}-{number}",
            kind=kind,
            language="fr",
            title=f"Document {number}",
            text=text,
            fingerprint=f"{kind}-{number}",
            first_seen_at=now - timedelta(hours=number),
            last_seen_at=now,
        )
        for number, text in enumerate(texts)
    ]


def titles(sample: rehearsal.Sample) -> list[str]:
    return [hit.document.title for hit in sample.shown]


def test_a_draft_is_tried_beside_the_version_at_work_and_the_other_rules(source, now: datetime) -> None:
    old = make_rule("clause", terms("clause", "lot"))
    make_rule("achat", terms("achat"))
    draft = rulebook.new_version(old)
    MatchRule.objects.filter(pk=draft.pk).update(definition=terms("clause", "dépendance"))
    archive(source, "une clause", "une clause d’achat", "dépendance", "un lot", "rien", now=now)
    told = rehearsal.rehearse(MatchRule.objects.get(pk=draft.pk), now=now)
    assert (told.read, told.archive, told.whole, told.share) == (5, 5, True, 0.6)
    assert titles(told.found) == ["Document 0", "Document 1", "Document 2"]
    assert (titles(told.gained), titles(told.lost)) == (["Document 2"], ["Document 3"])
    assert (dict(told.overlap), told.alone) == ({"achat": 1}, 2)
    assert (dict(told.levels), dict(told.indicators)) == ({"clause": 3}, {"1a": 3})
    assert told.current == old


def test_the_words_are_shown_with_what_stands_around_them(source, now: datetime) -> None:
    rule = make_rule("clause", terms("clause de diversification"))
    archive(source, "mot " * 50 + "Une Clause de diversification, enfin.", now=now)
    [hit] = rehearsal.rehearse(rule, now=now).found.shown
    [excerpt] = hit.excerpts
    assert (excerpt.before[:5], excerpt.before[-5:]) == ("… mot", " Une ")
    assert (excerpt.words, excerpt.after) == ("Clause de diversification", ", enfin.")


def test_a_query_is_tried_like_terms(source, now: datetime) -> None:
    rule = make_rule("q", {"query": '"clause de diversification" OR lot'}, state="draft")
    archive(source, "la clause de diversification", "un lot", "rien", now=now)
    assert titles(rehearsal.rehearse(rule, now=now).found) == ["Document 0", "Document 1"]


def test_known_decisions_among_the_hits_say_how_right_it_would_be(source, now: datetime) -> None:
    rule = make_rule("clause", terms("clause"))
    for document, state in zip(
        archive(source, "clause 1", "clause 2", "clause 3", "autre", now=now),
        ("accepted", "rejected", "new", "accepted"),
        strict=True,
    ):
        Candidate.objects.create(
            document=document,
            indicator=rule.indicators.get(),
            stance="supports",
            state=state,
            created_at=now,
        )
    told = rehearsal.rehearse(rule, now=now)
    assert (told.accepted, told.rejected) == (1, 1)


def test_a_rule_of_notices_reads_no_articles(source, now: datetime) -> None:
    rule = make_rule("clause", terms("clause"), kinds=["notice"])
    archive(source, "clause", now=now)
    archive(source, "clause", now=now, kind="notice")
    told = rehearsal.rehearse(rule, now=now)
    assert (told.read, told.archive, told.found.seen) == (1, 1, 1)


def test_a_gate_is_tried_through_the_rules_that_stand_on_it(source, now: datetime) -> None:
    gate = make_rule("sujet", terms("calcul"), role="gate")
    make_rule("clause", terms("clause", gates=["sujet"]))
    draft = rulebook.new_version(gate)
    MatchRule.objects.filter(pk=draft.pk).update(definition=terms("calcul", "nuage"))
    archive(source, "clause de calcul", "clause du nuage", "clause", "nuage", now=now)
    told = rehearsal.rehearse(MatchRule.objects.get(pk=draft.pk), now=now)
    assert (titles(told.found), titles(told.gained)) == (["Document 0", "Document 1"], ["Document 1"])


def test_it_stops_when_the_time_is_up_and_says_so(source, now: datetime) -> None:
    rule = make_rule("clause", terms("clause"))
    archive(source, "clause", now=now)
    told = rehearsal.rehearse(rule, now=now, seconds=-1)
    assert (told.read, told.archive, told.whole, told.share) == (0, 1, False, 0.0)


def test_a_sample_is_spread_over_everything_and_stays_small() -> None:
    sample = rehearsal.Sample()
    for number in range(10_000):
        sample.add(lambda number=number: number)
    assert (sample.seen, len(sample.hits) <= 40, len(sample.shown) <= 20) == (10_000, True, True)
    assert (sample.shown[0], sample.shown[-1] > 8_000) == (0, True)


def test_nothing_is_written(source, now: datetime) -> None:
    rule = make_rule("clause", terms("clause"))
    archive(source, "clause", now=now)
    rehearsal.rehearse(rule, now=now)
    assert Candidate.objects.count() == 0
    assert Document.objects.get().matched_at is None


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (8, 10, 0.4902, 0.9433),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_a_proportion_says_how_far_it_may_be_from_the_truth(hits, cases, low, high) -> None:
    assert Proportion(hits=hits, cases=cases).bounds == pytest.approx((low, high), abs=1e-4)
