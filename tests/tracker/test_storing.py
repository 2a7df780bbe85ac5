"""Once each, however often an entry is seen, edited or renamed; and what it said before is kept."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.factories import make_indicator
from tracker import propose, retention, storing
from tracker.models import VERSION_LIMIT, Candidate, Document, DocumentVersion, MatchRule, Source
from tracker.watchers.entry import Entry, Page

pytestmark = pytest.mark.django_db

CLAUSE = "Le marché impose au moins deux fournisseurs de processeurs."


def make_source(slug: str = "fil") -> Source:
    url = f"https://{slug}.example/feed"
    return Source.objects.create(slug=slug, name=slug, publisher=slug, url=url, format="feed", tier=3)


def article(number: int, **fields) -> Entry:
    defaults = {
        "external_id": f"guid-{number}",
        "url": f"https://journal.example/article/{number}",
        "title": f"Article numéro {number}",
        "text": f"Texte de l’article numéro {number}.",
        "language": "fr",
    }
    return Entry(**defaults | fields)


def store(source: Source, *entries: Entry, at: datetime, held: tuple[str, ...] = ()) -> tuple[int, int, int]:
    stored = storing.store(source, Page(entries=entries, known=held), now=at)
    return stored.new, stored.changed, stored.same


def everything() -> list[tuple]:
    """Every row that storing writes, but for when it was last seen."""
    documents = Document.objects.order_by("pk").values_list("external_id", "title", "text", "url", "story")
    return [*documents, *DocumentVersion.objects.values_list("document", "said_gzip")]


@pytest.fixture
def source() -> Source:
    return make_source()


@pytest.fixture
def rule() -> MatchRule:
    terms = {"terms": {"fr": [{"re": "au moins deux fournisseurs"}]}}
    row = MatchRule.objects.create(slug="clause", definition=terms, kinds=["article", "notice"], rung=3)
    row.indicators.set([make_indicator("1a")])
    return row


def test_storing_again_changes_nothing(source, now) -> None:
    entries = [article(number) for number in range(5)]
    assert store(source, *entries, at=now) == (5, 0, 0)
    before = everything()
    assert store(source, *entries, at=now) == (0, 0, 5)
    assert everything() == before


def test_an_edited_entry_keeps_what_it_said_before(source, now) -> None:
    store(source, article(1, published_raw="lundi"), at=now)
    Document.objects.update(matched_at=now)
    edited = article(1, title="Article corrigé", text="Autre texte.", url="https://journal.example/1-bis")
    assert store(source, edited, at=now + timedelta(hours=1)) == (0, 1, 0)
    document = Document.objects.get()
    assert (document.title, document.text, document.url, document.matched_at) == (
        "Article corrigé",
        "Autre texte.",
        "https://journal.example/1-bis",
        None,
    )
    [version] = document.versions.all()
    assert version.replaced_at == now + timedelta(hours=1)
    assert version.said == {
        "title": "Article numéro 1",
        "text": "Texte de l’article numéro 1.",
        "texts": {},
        "url": "https://journal.example/article/1",
        "published_raw": "lundi",
        "notice": {},
    }


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://journal.example/article/1?utm_source=rss&fbclid=Ab1#haut"},
        {"published_raw": "mardi", "published_at": datetime.fromisoformat("2026-11-20T08:00:00Z")},
        {"text": "Texte de l'article numéro 1. (48 commentaires)"},
        {"text": "  TEXTE de l’article  numéro 1. Comments: 7"},
    ],
)
def test_a_change_that_says_nothing_new_makes_no_version(source, now, change) -> None:
    store(source, article(1), at=now)
    before = everything()
    assert store(source, article(1, **change), at=now) == (0, 0, 1)
    assert everything() == before


def test_an_edit_of_a_number_that_matters_is_an_edit(source, now) -> None:
    store(source, article(1, text="Au moins 2 fournisseurs, 12 lots."), at=now)
    assert store(source, article(1, text="Au moins 3 fournisseurs, 12 lots."), at=now) == (0, 1, 0)


def test_a_link_that_moved_keeps_the_words_that_were_read_on_its_page(source, now) -> None:
    store(source, article(1), at=now)
    Document.objects.update(text="La page entière.", matched_at=now)
    assert store(source, article(1, url="https://journal.example/ailleurs"), at=now) == (0, 1, 0)
    document = Document.objects.get()
    assert (document.text, document.matched_at) == ("La page entière.", now)
    assert document.url == "https://journal.example/ailleurs"


def test_an_entry_edited_without_end_is_frozen_and_said_so(source, now) -> None:
    store(source, article(1), at=now)
    remarks = []
    for number in range(VERSION_LIMIT + 6):
        edited = Page(entries=(article(1, text=f"Il est {number} heures."),))
        remarks += storing.store(source, edited, now=now).remarks
    document = Document.objects.get()
    assert document.text == f"Il est {VERSION_LIMIT - 1} heures."
    assert document.versions.count() == VERSION_LIMIT
    assert [remark.detail for remark in remarks] == ["Article numéro 1"]
    assert list(Document.objects.frozen()) == [document]


def test_the_same_link_under_a_new_guid_is_the_same_entry(source, now) -> None:
    store(source, article(1), article(2), at=now)
    renamed = article(1, external_id="guid-1-du-22-novembre")
    assert store(source, renamed, article(2), at=now) == (0, 0, 2)
    assert set(Document.objects.values_list("external_id", flat=True)) == {"guid-1-du-22-novembre", "guid-2"}
    assert store(source, replace(renamed, external_id="x", title="Autre titre"), at=now) == (0, 1, 0)
    assert Document.objects.get(external_id="x").versions.count() == 1


def test_a_guid_that_is_an_address_matches_by_the_normal_form_of_the_link(source, now) -> None:
    store(source, article(1), at=now)
    for guid in (
        "http://journal.example:80/article/1/?utm_source=rss",
        "https://journal.example/./article/1",
    ):
        renamed = article(1, external_id=guid, url="")
        assert store(source, renamed, at=now)[0] == 0
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"url": "https://journal.example/"}, {"url": "https://journal.example/"}),
        ({"url": "https://journal.example/direct#1"}, {"url": "https://journal.example/direct#2"}),
        ({"kind": "notice"}, {"kind": "notice"}),
    ],
)
def test_an_address_that_is_not_that_of_one_entry_joins_no_two(source, now, first, second) -> None:
    store(source, article(1, **first), at=now)
    assert store(source, article(1, external_id="other", title="Autre", **second), at=now) == (1, 0, 0)


def test_two_entries_of_one_body_at_one_link_stay_two(source, now) -> None:
    first, second = article(1), article(1, external_id="guid-1-bis", title="Suite", text="Suite du direct.")
    assert store(source, first, second, at=now) == (2, 0, 0)
    third = replace(second, external_id="guid-1-ter", title="Fin", text="Fin du direct.")
    assert store(source, third, at=now, held=("guid-1", "guid-1-bis")) == (1, 0, 0)
    assert Document.objects.exclude(story=None).count() == 2  # one story, told three times
    assert set(Document.objects.values_list("last_seen_at", flat=True)) == {now}


def test_a_feed_that_changes_all_its_ids_is_told_so_and_brings_nothing_new(source, now) -> None:
    store(source, *(article(number) for number in range(20)), at=now)
    before = set(Document.objects.values_list("pk", "title"))
    moved = [article(number, external_id=f"new-{number}") for number in range(20)]
    stored = storing.store(source, Page(entries=tuple(moved)), now=now)
    assert (stored.new, stored.changed, stored.same) == (0, 0, 20)
    assert [(remark.reason, remark.detail) for remark in stored.remarks] == [
        ("The source gave its entries new identities.", "20 / 20")
    ]
    assert set(Document.objects.values_list("pk", "title")) == before


def test_a_feed_that_changes_its_ids_and_its_domain_is_known_by_titles_and_dates(source, now) -> None:
    dated = [article(number, published_at=now - timedelta(hours=number)) for number in range(10)]
    store(source, *dated, at=now)
    moved = [
        replace(entry, external_id=f"n{number}", url=f"https://nouveau.example/{number}")
        for number, entry in enumerate(dated)
    ]
    stored = storing.store(source, Page(entries=(*moved, article(99))), now=now)
    assert (stored.new, stored.changed, stored.same) == (1, 10, 0)
    assert [remark.detail for remark in stored.remarks] == ["10 / 11"]


def test_a_daily_bulletin_of_one_title_is_new_each_day(source, now) -> None:
    for day in range(4):
        bulletin = [
            article(
                100 * day + hour,
                title="Le bulletin",
                text="",
                published_at=now - timedelta(days=9 - day, hours=hour),
            )
            for hour in range(3)
        ]
        assert store(source, *bulletin, at=now) == (3, 0, 0)


def test_an_entry_of_several_feeds_is_one_candidate_with_its_mentions(rule, now) -> None:
    """Each feed keeps its own document: its words, date and tier may differ, and all of them are shown."""
    for slug in ("une", "economie", "technologie"):
        store(make_source(slug), article(1, external_id=f"{slug}-1", text=CLAUSE), at=now)
    propose.match_documents(Document.objects.values_list("pk", flat=True), now=now)
    [candidate] = Candidate.objects.all()
    assert [mention.source.slug for mention in candidate.document.mentions.order_by("pk")] == [
        "economie",
        "technologie",
    ]


def test_copies_that_come_in_one_body_are_one_story(source, now) -> None:
    copy = article(2, text=article(1).text, title=article(1).title)
    store(source, copy, article(1), at=now)
    head = Document.objects.get(story=None)
    assert [mention.story for mention in Document.objects.exclude(pk=head.pk)] == [head]


def test_entries_without_any_word_are_no_story(source, now) -> None:
    store(source, article(1, title="", text=""), at=now)
    store(source, article(2, title="", text=""), at=now)
    assert set(Document.objects.values_list("story", flat=True)) == {None}


def test_an_entry_that_vanishes_stays_with_when_it_was_last_seen(source, now) -> None:
    store(source, article(1), article(2), at=now)
    store(source, article(2), at=now + timedelta(hours=1))
    seen = dict(Document.objects.values_list("external_id", "last_seen_at"))
    assert seen == {"guid-1": now, "guid-2": now + timedelta(hours=1)}


def test_another_order_or_another_length_is_no_event(source, now) -> None:
    entries = [article(number) for number in range(6)]
    store(source, *entries, at=now)
    before = everything()
    for shown in (entries[::-1], entries[:2], entries, entries[3:], entries[1:] + entries[:1]):
        assert store(source, *shown, at=now) == (0, 0, len(shown))
    assert everything() == before


def test_an_answer_without_change_confirms_what_the_last_one_held(source, now) -> None:
    store(source, article(1), at=now - timedelta(days=2))
    store(source, article(2), at=now - timedelta(days=1))
    read, confirmed = now - timedelta(days=1), now
    Source.objects.update(entries_read_at=read, last_success_at=confirmed)
    held = {row.external_id: row.last_held_at for row in Document.objects.select_related("source")}
    assert held == {"guid-1": now - timedelta(days=2), "guid-2": confirmed}


def test_old_versions_are_forgotten_unless_their_document_was_ever_proposed(source, rule, now) -> None:
    for number, text in ((1, "Rien."), (2, CLAUSE)):
        store(source, article(number, text=text), at=now - timedelta(days=900))
    propose.match_documents(Document.objects.values_list("pk", flat=True), now=now)
    for number in (1, 2):
        store(source, article(number, text="Ancien."), at=now - timedelta(days=800))
        store(source, article(number, text="Récent."), at=now - timedelta(days=300))
    retention.prune(now=now)
    kept = DocumentVersion.objects.order_by("document", "pk").values_list(
        "document__external_id", "replaced_at"
    )
    ages = [(identity, (now - replaced).days) for identity, replaced in kept]
    assert sorted(ages) == [("guid-1", 300), ("guid-2", 300), ("guid-2", 800)]
