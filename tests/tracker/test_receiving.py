"""What a person sends: one document, one candidate, a clock; what rules and copies do with it afterwards."""

import logging
import re
from datetime import datetime, timedelta

import pytest

from indicators.models import Indicator
from tests.factories import make_indicator
from tracker import propose
from tracker.models import Candidate, Contact, Contribution, Document, FullText, Snapshot, Source
from tracker.receiving import Kind, Sent, receive, sound_alarms

pytestmark = pytest.mark.django_db

LINK = "https://agence.example/avis/12"
TEXT = (
    "Ce marché public impose une clause de diversification : au moins deux fabricants de processeurs. " * 40
)


@pytest.fixture
def indicator() -> Indicator:
    return make_indicator("1a")


def send(now: datetime, **sent) -> Contribution:
    receive(Sent(**({"kind": Kind.EXAMPLE, "url": LINK} | sent)), address="192.0.2.7", now=now)
    return Contribution.objects.order_by("pk").last()


def watched(now: datetime, *, text: str = TEXT) -> Document:
    source = Source.objects.create(
        slug="fil", name="Fil", format="feed", url="https://fil.example/", publisher="Le Fil", tier=3
    )
    return Document.objects.create(
        source=source, external_id="1", url=LINK, canonical_url=LINK, kind="article", title="Un avis", text=text,
        language="fr", first_seen_at=now, last_seen_at=now, fingerprint="f",
    )  # fmt: skip


def test_the_words_of_a_page_that_was_read_are_there_at_once(now):
    known = watched(now)

    document = send(now).document

    assert (document.text, document.title, document.story_id) == (TEXT, "Un avis", known.pk)
    assert not FullText.objects.filter(document=document).exists()


def test_the_page_behind_a_new_link_waits_for_a_worker(now):
    document = send(now).document

    assert (document.text, document.story_id, document.matched_at) == ("", None, None)
    assert FullText.objects.filter(document=document, due_at=now).count() == 1


def test_what_has_no_link_asks_for_no_page(now, indicator):
    document = send(now, kind=Kind.CONTESTATION, url="", indicator=indicator, statement="Trop tôt.").document

    assert (document.url, document.canonical_url) == ("", "")
    assert not FullText.objects.exists()


def test_matching_never_changes_what_a_person_claims_and_keeps_a_copy(now, indicator):
    watched(now)
    contribution = send(now, kind=Kind.COUNTER_EXAMPLE)

    assert propose.match_documents([contribution.document_id], now=now) == 0

    candidate = Candidate.objects.get()
    assert (candidate.indicator, candidate.stance) == (None, "contradicts")
    assert Snapshot.objects.get().document == contribution.document


def test_people_cannot_silence_the_watch_by_sending_a_page_first(now, indicator):
    """A rule proposes what it finds, whatever was sent of the same page and however that was decided."""
    contribution = send(now, indicator=indicator, quote="x")
    Candidate.objects.update(state="rejected", priority=9)
    document = watched(now)
    Document.objects.filter(pk=document.pk).update(story=contribution.document)
    document.refresh_from_db()

    assert not propose.is_told_elsewhere(document, indicator, priority=1)


def test_the_same_link_sent_by_several_people_is_one_story(now):
    first, second, third = (send(now, url=url) for url in (LINK, LINK + "/?utm_source=x", LINK + "#a"))

    assert [each.document.story_id for each in (first, second, third)] == [None, *2 * [first.document_id]]
    assert Candidate.objects.count() == 3


@pytest.mark.parametrize(
    ("hours", "told"),
    [(47, []), (48, ["is due at"]), (71, ["is due at"]), (72, ["is overdue since"])],
)
def test_a_reply_alarms_after_two_days_and_is_overdue_after_three(now, indicator, caplog, hours, told):
    reply = send(now, kind=Kind.REPLY, url="", party="ACME", statement="Non.")
    later = now + timedelta(hours=hours)

    with caplog.at_level(logging.WARNING):
        assert sound_alarms(now=later) == len(told)

    assert Contribution.objects.alarming(later).count() == len(told)
    assert re.findall(r"is due at|is overdue since", caplog.text) == told
    assert "ACME" not in caplog.text
    Candidate.objects.filter(document=reply.document).update(state="rejected")
    assert sound_alarms(now=later) == 0


def test_of_a_network_only_a_hash_of_the_day_is_kept(now):
    send(now)
    send(now + timedelta(hours=1))
    send(now + timedelta(days=1))

    first, same_day, next_day = Contact.objects.order_by("pk").values_list("network_hash", flat=True)
    assert first == same_day
    assert first != next_day
    assert {len(each) for each in (first, next_day)} == {64}
