"""Documents become candidates once, with their reasons; a document that kills its worker is set aside."""

from datetime import UTC, datetime, timedelta

import pytest

from indicators.models import Indicator
from tests.factories import make_indicator
from tracker import propose
from tracker.models import MATCH_TRIES, Candidate, Document, MatchRule, Notice, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def indicator() -> Indicator:
    return make_indicator("1a")


@pytest.fixture
def rule(indicator: Indicator) -> MatchRule:
    terms = {"terms": {"fr": [{"re": "clause de diversification"}]}}
    row = MatchRule.objects.create(slug="clause", definition=terms, kinds=["article"], rung=3)
    row.indicators.set([indicator])
    return row


@pytest.fixture
def source() -> Source:
    return Source.objects.create(
        slug="s", name="S", url="https://s.example/", publisher="S", format="feed", tier=1
    )


def make_document(source: Source, now: datetime, identity: str = "1", **fields) -> Document:
    defaults = {
        "text": "Une clause de diversification.",
        "language": "fr",
        "kind": "article",
        "fingerprint": identity,
    }
    return Document.objects.create(
        source=source, external_id=identity, first_seen_at=now, last_seen_at=now, **defaults | fields
    )


def test_a_match_becomes_a_candidate_with_its_reasons(source, rule, now) -> None:
    document = make_document(source, now)
    assert propose.match_documents([document.pk], now=now) == 1
    candidate = Candidate.objects.get()
    assert (candidate.indicator.code, candidate.stance, candidate.rung) == ("1a", "supports", 3)
    assert [reason["words"] for reason in candidate.reasons] == ["clause de diversification"]
    assert list(candidate.rules.all()) == [rule]
    assert document.snapshots.count() == 1


def test_matching_twice_changes_nothing(source, rule, now) -> None:
    document = make_document(source, now)
    propose.match_documents([document.pk], now=now)
    assert propose.match_documents([document.pk], now=now) == 0
    assert Candidate.objects.count() == 1


def test_a_document_without_a_match_is_done_and_keeps_no_copy(source, rule, now) -> None:
    document = make_document(source, now, text="Rien.")
    propose.match_documents([document.pk], now=now)
    document.refresh_from_db()
    assert (document.matched_at, document.snapshots.count()) == (now, 0)


def test_a_copy_of_a_proposed_document_is_no_second_candidate(source, rule, now) -> None:
    first = make_document(source, now)
    copy = make_document(source, now, "2", story=first)
    propose.match_documents([first.pk, copy.pk], now=now)
    assert [candidate.document for candidate in Candidate.objects.all()] == [first]


def test_a_copy_that_shows_more_is_a_candidate_of_its_own(source, rule, now) -> None:
    first = make_document(source, now)
    copy = make_document(source, now, "2", story=first)
    propose.match_documents([first.pk], now=now)
    Candidate.objects.update(priority=1)
    propose.match_documents([copy.pk], now=now)
    assert list(Candidate.objects.order_by("pk").values_list("document", flat=True)) == [first.pk, copy.pk]


def test_an_edited_document_refreshes_what_is_proposed_and_not_what_is_decided(source, rule, now) -> None:
    document = make_document(source, now)
    propose.match_documents([document.pk], now=now)
    document.text, document.matched_at, document.tries = "Enfin une clause de diversification.", None, 0
    document.save()
    propose.match_documents([document.pk], now=now)
    assert Candidate.objects.get().reasons[0]["start"] == len("Enfin une ")
    Candidate.objects.update(state="rejected")
    document.text, document.matched_at, document.tries = "La clause de diversification.", None, 0
    document.save()
    propose.match_documents([document.pk], now=now)
    assert Candidate.objects.get().reasons[0]["start"] == len("Enfin une ")


def edit(document: Document, text: str, now: datetime) -> Candidate:
    """What is proposed of a document after such an edit."""
    document.text, document.matched_at, document.tries = text, None, 0
    document.save()
    propose.match_documents([document.pk], now=now)
    return Candidate.objects.get()


def test_what_an_edited_text_no_longer_says_is_told_to_who_decides(source, rule, now) -> None:
    document = make_document(source, now)
    propose.match_documents([document.pk], now=now)
    gone = edit(document, "Une clause.", now)
    assert (gone.state, gone.stance, gone.rung, gone.priority) == ("new", "context", None, 0)
    told = {"words": "clause de diversification", "why": propose.GONE, "rule": "clause", "start": 0, "end": 0}
    assert [{name: reason[name] for name in told} for reason in gone.reasons] == [told]
    assert list(gone.rules.all()) == []
    back = edit(document, "Bien une clause de diversification.", now)
    assert (back.stance, back.rung, back.priority, back.reasons[0]["start"]) == ("supports", 3, 4, 9)
    assert list(back.rules.all()) == [rule]


@pytest.mark.parametrize(
    ("standing", "resting"),
    [
        ({"state": "rejected"}, {}),
        ({"claimed_until": datetime(2100, 1, 1, tzinfo=UTC)}, {}),
        ({}, {"muted_until": datetime(2100, 1, 1, tzinfo=UTC)}),
        ({}, {"state": "suspended"}),
    ],
)
def test_what_is_decided_or_being_decided_or_of_a_rule_at_rest_stays(
    source, rule, now, standing, resting
) -> None:
    document = make_document(source, now)
    propose.match_documents([document.pk], now=now)
    Candidate.objects.update(**standing)
    MatchRule.objects.update(**resting)
    kept = edit(document, "Une clause.", now)
    assert (kept.rung, kept.priority, [reason["start"] for reason in kept.reasons]) == (3, 4, [4])
    assert list(kept.rules.all()) == [rule]


def test_a_poisonous_document_is_set_aside_and_its_neighbour_is_matched(source, rule, now) -> None:
    poison = make_document(source, now, tries=MATCH_TRIES)
    neighbour = make_document(source, now, "2", tries=1)
    propose.match_documents([poison.pk, neighbour.pk], now=now)
    poison.refresh_from_db()
    assert poison.set_aside != ""
    assert [candidate.document for candidate in Candidate.objects.all()] == [neighbour]


def test_a_muted_rule_proposes_nothing(source, rule, now) -> None:
    MatchRule.objects.update(muted_until=now + timedelta(days=1))
    assert propose.match_documents([make_document(source, now).pk], now=now) == 0


def test_forgotten_documents_are_those_that_waited_long_enough(source, now) -> None:
    old = make_document(source, now - timedelta(minutes=2))
    make_document(source, now, "2")
    make_document(source, now - timedelta(minutes=2), "3", matched_at=now)
    assert list(Document.objects.forgotten(now)) == [old]


def test_a_query_asks_what_the_lots_of_a_notice_say(source, rule, now) -> None:
    MatchRule.objects.update(definition={"query": "operators:>=2 AND funding:HE*"}, kinds=["notice"])
    lots = (
        [{"id": "1", "title": "", "operators": 1, "funding": ["HE_2021"]}],
        [
            {"id": "1", "title": ""},
            {"id": "2", "title": "", "operators": 3, "funding": ["eu-funds", "HE_2021"]},
        ],
    )
    for number, told in enumerate(lots):
        document = make_document(source, now, str(number), kind="notice")
        Notice.objects.create(document=document, lots=told)
    assert propose.match_documents(Document.objects.values_list("pk", flat=True), now=now) == 1
    assert Candidate.objects.get().document.external_id == "1"
