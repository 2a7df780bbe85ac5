"""Forty copies of one press release are one candidate with forty mentions, however they come; and nothing else is."""

import threading
from collections.abc import Sequence
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import html

from tests.factories import make_indicator, make_user, verified
from tracker import moderation, near, propose, stories, storing, tasks
from tracker.models import Candidate, Document, MatchRule, Source, StoryMark
from tracker.watchers.entry import Entry, NoticeFields, Page

RELEASE = " ".join(
    f"Le lot {number} du marché de calcul, attribué à {name}, prévoit une clause de diversification des fournisseurs"
    f" et la livraison de {number * 7 + 3} serveurs en {month} {2026 + number}."
    for number, (name, month) in enumerate(
        [("Ada", "mars"), ("Blaise", "avril"), ("Grace", "mai"), ("Henri", "juin"), ("Ida", "juillet"), ("Jean", "août")],
        start=1,
    )
)  # fmt: skip
OTHER = " ".join(
    f"Selon la région numéro {number}, le budget des lycées et des routes de {name} contient une clause de diversification"
    f" que {number * 11} élus ont votée."
    for number, name in enumerate(["Brest", "Dijon", "Metz", "Nantes", "Pau", "Rouen", "Tours"])
)
ENGLISH = " ".join(
    f"Lot {number} of the computing contract, awarded to {name}, has a clause de diversification of suppliers, and brings"
    f" {number * 7 + 3} servers in {2026 + number}."
    for number, name in enumerate(["Ada", "Blaise", "Grace", "Henri", "Ida", "Jean"], start=1)
)


@pytest.fixture
def rule() -> MatchRule:
    return make_rule()


def make_rule() -> MatchRule:
    terms = {"terms": {"*": [{"re": "clause de diversification"}]}}
    row = MatchRule.objects.create(slug="clause", definition=terms, kinds=["article", "notice"], rung=3)
    row.indicators.set([make_indicator("1a")])
    return row


def seen(name: str, text: str, *, now: datetime, **fields: object) -> Document:
    """An entry of a source of its own, stored as the watch stores it."""
    source, _ = Source.objects.get_or_create(
        slug=name,
        defaults={"name": name, "url": f"https://{name}.example/feed", "publisher": name, "format": "feed", "tier": 3},
    )  # fmt: skip
    number = source.documents.count()
    url = f"https://{name}.example/{number}?utm_source=rss"
    entry = {"external_id": str(number), "url": url, "text": text, "language": "fr", **fields}
    storing.store(source, Page(entries=(Entry(**entry),)), now=now)
    return source.documents.latest("pk")


def dressed(number: int) -> str:
    """The release as a site prints it: its own header, footer and tracker, a word or two changed."""
    header = f"Publié par la rédaction du site {number}, le {number % 28 + 1} du mois à {number % 24} heures."
    footer = f"Abonnez-vous à la lettre numéro {number}. Tous droits réservés, contact {number}."
    return f"{header}\n\n{RELEASE.replace('Ida', f'Ida {number}')}\n\n{footer}"


def proposed() -> list[Candidate]:
    return list(stories.with_mentions(Candidate.objects.order_by("pk")))


def match(documents: Sequence[Document], *, now: datetime) -> int:
    return propose.match_documents([document.pk for document in documents], now=now)


@pytest.mark.django_db
def test_forty_copies_from_forty_sources_are_one_candidate_with_forty_mentions(rule, now) -> None:
    copies = [
        seen(f"site-{number}", dressed(number), title=f"Titre {number}", now=now) for number in range(40)
    ]
    assert match(copies, now=now) == 1
    assert [(each.document, each.mentions) for each in proposed()] == [(copies[0], 40)]
    assert stories.of_story(Document.objects.get(pk=copies[17].pk)).count() == 40


@pytest.mark.django_db
def test_copies_that_come_one_after_the_other_join_too(rule, now) -> None:
    for number in range(6):
        match([seen(f"site-{number}", dressed(number), now=now)], now=now)
    assert [each.mentions for each in proposed()] == [6]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((RELEASE, {}), (OTHER, {})),
        ((RELEASE, {}), (ENGLISH, {"language": "en"})),
        (("Une clause de diversification.", {}), ("La clause de diversification.", {})),
        (("", {"title": "Clause de diversification"}), ("", {"title": "Clause de diversification"})),
        (
            (RELEASE, {"kind": "notice", "notice": NoticeFields()}),
            (RELEASE + " Fin.", {"kind": "notice", "notice": NoticeFields()}),
        ),
    ],
    ids=["other words", "a translation", "too short to tell", "a heading alone", "notices of one form"],
)
def test_what_is_no_copy_is_a_candidate_of_its_own(rule, now, one, other) -> None:
    documents = [
        seen(name, text, now=now, **fields)
        for name, (text, fields) in zip(["un", "deux"], [one, other], strict=True)
    ]
    assert match(documents, now=now) == 2
    assert [each.mentions for each in proposed()] == [1, 1]


@pytest.mark.django_db
def test_what_was_proposed_before_there_were_marks_is_joined_by_night(rule, now, monkeypatch) -> None:
    monkeypatch.setattr(stories, "_BATCH", 1)
    now = timezone.now()
    seen("rien", "Rien à signaler.", now=now)
    match([seen("vieux", OTHER, now=now - stories.MARKS_KEPT)], now=now)
    first, second = (seen(name, dressed(number), now=now) for number, name in enumerate(["un", "deux"]))
    for each in (first, second):  # each proposed without a mark of the other
        StoryMark.objects.all().delete()
        assert match([each], now=now) == 1
    StoryMark.objects.all().delete()
    for _night in range(2):
        tasks.learn_triage()
        assert set(StoryMark.objects.values_list("document", flat=True)) == {first.pk, second.pk}
        assert Document.objects.get(pk=second.pk).story_id == first.pk
    assert StoryMark.objects.count() == 2 * near.KEYS
    assert match([seen("trois", dressed(3), now=now)], now=now) == 0
    assert stories.join_unmarked(now=now) == 0


@pytest.mark.django_db
def test_one_publisher_writes_two_texts_by_one_form(rule, now) -> None:
    """What between two publishers is a copy is here the next text of a series."""
    texts = [f"{RELEASE} {' '.join(OTHER.split()[start : start + 25])}" for start in (0, 25)]
    assert match([seen("série", text, now=now) for text in texts], now=now) == 2
    assert match([seen("ailleurs", texts[1], title="Repris", now=now)], now=now) == 0


@pytest.mark.django_db
def test_an_edited_copy_stays_in_its_story_and_keeps_its_marks_once(rule, now) -> None:
    first, copy = seen("un", dressed(1), now=now), seen("deux", dressed(2), now=now)
    match([first, copy], now=now)
    marks = StoryMark.objects.count()
    entry = Entry(external_id=copy.external_id, url=copy.url, title="", text=dressed(3), language="fr")
    storing.store(copy.source, Page(entries=(entry,)), now=now)
    assert match([copy], now=now) == 0
    assert StoryMark.objects.count() == marks
    assert [each.mentions for each in proposed()] == [2]


@pytest.mark.django_db
def test_a_teaser_whose_full_text_is_a_copy_leaves_the_queue_unless_somebody_decided(rule, now) -> None:
    teasers = [
        "Une clause de diversification, dit-on.",
        "Vers une clause de diversification ?",
        "La clause de diversification.",
    ]
    documents = [seen(f"site-{number}", text, now=now) for number, text in enumerate(teasers)]
    assert match(documents, now=now) == 3
    moderation.reject(Candidate.objects.get(document=documents[2]), reason="opinion", by=make_user(), now=now)
    for number, document in enumerate(documents):
        Document.objects.filter(pk=document.pk).update(text=dressed(number), matched_at=None)
        match([document], now=now)
    assert [(each.document, each.state, each.mentions) for each in proposed()] == [
        (documents[0], "new", 3),
        (documents[2], "rejected", 3),
    ]


@pytest.mark.django_db
def test_the_queue_and_the_candidate_say_who_tells_it_too(rule, now) -> None:
    copies = [
        seen(f"site-{number}", dressed(number), title=f"Titre {number}", now=now) for number in range(3)
    ]
    match(copies, now=now)
    client = Client()
    verified(client, User.objects.create_superuser("admin"))
    queue = html.fromstring(client.get("/admin/tracker/candidate/").content)
    assert ["3 mentions" in row.text_content() for row in queue.find_class("queue-facts")] == [True]
    page = client.get(f"/admin/tracker/candidate/{Candidate.objects.get().pk}/change/").content.decode()
    assert "2 autres mentions" in page
    assert [page.count(f"<bdi>site-{number}</bdi>") for number in (1, 2)] == [1, 1]


@pytest.mark.django_db
def test_two_stories_that_an_edit_makes_one_have_one_first_document(rule, now) -> None:
    documents = [
        seen("un", RELEASE, now=now),
        seen("deux", OTHER, now=now),
        seen("trois", OTHER + " Fin.", now=now),
    ]
    match(documents, now=now)
    entry = Entry(external_id="0", url=documents[1].url, title="", text=dressed(1), language="fr")
    storing.store(documents[1].source, Page(entries=(entry,)), now=now)
    match([documents[1]], now=now)
    assert list(Document.objects.order_by("pk").values_list("story", flat=True)) == [None] + [documents[0].pk] * 2  # fmt: skip


@pytest.mark.django_db
def test_the_same_words_met_at_once_are_one_story_although_storing_saw_two(rule, now) -> None:
    one, other = seen("un", RELEASE, now=now), seen("deux", RELEASE, now=now)
    Document.objects.update(story=None)  # each stored before the other one was visible
    assert match([one, other], now=now) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_match_copies_at_once_leave_one_candidate(now) -> None:
    make_rule()
    rounds, workers = 5, 4
    for _ in range(rounds):
        Candidate.objects.all().delete()
        Document.objects.all().delete()
        copies = [seen(f"site-{number}", dressed(number), now=now) for number in range(workers)]
        assert _match_at_once(copies, now=now) == [1]


def _match_at_once(copies: Sequence[Document], *, now: datetime) -> list[int]:
    """Each worker matches one copy; how many candidates those that proposed anything proposed."""
    start, counts = threading.Barrier(len(copies)), []

    def work(copy: Document) -> None:
        try:
            start.wait(timeout=30)
            counts.append(match([copy], now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[copy]) for copy in copies]
    [thread.start() for thread in threads]
    [thread.join(timeout=60) for thread in threads]
    assert len(counts) == len(copies)
    return [count for count in counts if count]
