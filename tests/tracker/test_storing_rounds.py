"""What rounds of the watch leave behind: through the server that is asked, and through files given twice."""

from collections import Counter
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from werkzeug import Response

from tests.tracker.feed_source import SAMPLE, serve
from tests.tracker.test_ingest import later
from tracker import ingest, storing
from tracker.models import Document, DocumentVersion, Source
from tracker.watchers import FORMATS, feed, recognise
from tracker.watchers.entry import Entry, Page

pytestmark = pytest.mark.django_db

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def test_a_304_renews_when_its_entries_were_last_held_without_writing_them(httpserver, source, now) -> None:
    serve(httpserver, headers={"ETag": '"v1"'})
    ingest.read_source(source.pk, now=now)
    before = list(Document.objects.order_by("pk").values())
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_handler(lambda _request: Response(status=304))
    moment = later(source, now)
    assert ingest.read_source(source.pk, now=moment).outcome == "unchanged"
    assert list(Document.objects.order_by("pk").values()) == before
    assert {row.last_held_at for row in Document.objects.select_related("source")} == {moment}


def test_the_same_entries_after_another_head_renew_when_they_were_last_held(httpserver, source, now) -> None:
    serve(httpserver)
    ingest.read_source(source.pk, now=now)
    serve(httpserver, SAMPLE.replace(b"<channel>", b"<channel><lastBuildDate>today</lastBuildDate>"))
    moment = later(source, now)
    ingest.read_source(source.pk, now=moment)
    assert {row.last_held_at for row in Document.objects.select_related("source")} == {moment}
    assert set(Document.objects.values_list("last_seen_at", flat=True)) == {now}


def test_an_entry_that_vanished_is_not_said_to_be_held_any_more(httpserver, source, now) -> None:
    serve(httpserver)
    ingest.read_source(source.pk, now=now)
    empty = SAMPLE[: SAMPLE.index(b"<item>")] + b"</channel></rss>"
    serve(httpserver, empty)
    ingest.read_source(source.pk, now=later(source, now))
    ingest.read_source(source.pk, now=later(source, now) + timedelta(days=2))
    assert {row.last_held_at for row in Document.objects.select_related("source")} == {now}


def test_a_feed_that_renames_its_entries_is_told_on_the_fetch(httpserver, source, now) -> None:
    entries = "".join(
        f"<item><guid>{{}}{number}</guid><link>https://agence.example/n/{number}</link>"
        f"<title>Nouvelle {number}</title></item>"
        for number in range(5)
    )
    body = "<rss version='2.0'><channel><title>Agence</title>" + entries + "</channel></rss>"
    serve(httpserver, body.replace("{}", "old-").encode())
    assert ingest.read_source(source.pk, now=now).entries_new == 5
    serve(httpserver, body.replace("{}", "new-").encode())
    fetch = ingest.read_source(source.pk, now=later(source, now))
    assert (fetch.entries_new, fetch.entries_changed) == (0, 0)
    assert fetch.remarks == ["La source a donné de nouvelles identités à ses entrées. (5 / 5)"]
    assert Document.objects.count() == 5


def test_files_given_twice_leave_the_same_dump() -> None:
    files = sorted(str(path) for path in SAMPLES.iterdir() if path.suffix != ".py" and path.is_file())

    def dump() -> str:
        call_command("watch", *(part for path in files for part in ("--file", path)), stdout=StringIO())
        told = StringIO()
        call_command("dumpdata", "tracker", "--natural-foreign", stdout=told)
        return told.getvalue()

    assert dump() == dump()
    assert DocumentVersion.objects.count() == 0


def test_real_feeds_over_weeks_are_stored_once_and_again_leave_nothing(shared, now) -> None:
    """Captures of real feeds, in order: the last one again is all known, and no link stands twice without need."""
    for folder in sorted((shared / "data/feeds").glob("series-*/*")):
        source = Source.objects.create(
            slug=folder.name[:80].lower(),
            name="s",
            url=f"https://{len(folder.name)}.example/{folder.name}",
            tier=3,
        )
        captures = [feed.read(path.read_bytes()) for path in sorted(folder.iterdir())]
        for page in captures:
            storing.store(source, page, now=now)
        again = storing.store(source, captures[-1], now=now)
        assert (again.new, again.changed) == (0, 0), folder.name
        links = Counter(entry.url for page in captures for entry in page.entries if entry.url)
        one_body = Counter(
            url for page in captures for url, n in Counter(e.url for e in page.entries).items() if n > 1
        )
        stored = Counter(source.documents.values_list("url", flat=True))
        assert [url for url, n in stored.items() if n > 1 and url in links and url not in one_body] == []


def test_what_every_watcher_reads_is_the_same_when_it_is_stored_and_read_again(now) -> None:
    """What a column rounds or cuts must not look like an edit."""
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix == ".py" or not path.is_file():
            continue
        body = path.read_bytes()
        name = recognise(body, name=path.name)
        source = Source.objects.create(
            slug=path.stem, name="s", format=name, url=f"https://{path.name}/", tier=1
        )
        page = FORMATS[name].read(body)
        first = storing.store(source, page, now=now)
        again = storing.store(source, page, now=now)
        assert (first.new, again.new, again.changed) == (len(page.entries), 0, 0), path.name


def test_what_the_database_refuses_of_one_source_costs_no_other_one_its_news(
    httpserver, settings, now
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the trigger that refuses is written for SQLite")
    settings.FETCH_HOST_SECONDS = 0
    settings.FETCH_ALLOW = frozenset({f"127.0.0.1:{httpserver.port}"})
    sources = []
    for number, title in enumerate(("Un", "Refusé", "Trois")):
        item = f"<item><guid>{number}</guid><title>{title}</title></item>"
        body = f"<rss version='2.0'><channel><title>t</title>{item}</channel></rss>"
        httpserver.expect_request(f"/{number}").respond_with_data(body, content_type="application/rss+xml")
        sources.append(
            Source.objects.create(
                slug=f"s{number}", name="s", url=httpserver.url_for(f"/{number}"), format="feed", tier=3,
                next_due_at=now,
            )
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON tracker_document WHEN NEW.title = 'Refusé'"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    told = {
        fetch.source.slug: (fetch.outcome, fetch.error)
        for fetch in ingest.read_sources([source.pk for source in sources], now=now)
    }
    assert told == {
        "s0": ("read", ""),
        "s1": ("failed", "Ce que dit la source n’a pas pu être enregistré."),
        "s2": ("read", ""),
    }
    assert sorted(Document.objects.values_list("title", flat=True)) == ["Trois", "Un"]
    assert set(Source.objects.values_list("claimed_until", flat=True)) == {None}


def test_storing_many_sources_at_once_leaves_what_storing_one_after_the_other_leaves(now) -> None:
    """The same words, addresses and identities in several sources; new entries, edited, renamed and held ones."""
    rounds = [
        [("a", "1", "Un budget de six mots pour voir"), ("a", "2", "Deux")],
        [("b", "1", "Un budget de six mots pour voir"), ("b", "2", "Autre chose que le reste ici")],
        [("c", "9", "Un budget de six mots pour voir"), ("c", "2", "Autre chose que le reste ici")],
    ]
    again = [
        [("a", "1-bis", "Un budget de six mots pour voir"), ("a", "3", "Trois")],
        [("b", "1", "Un budget de sept mots pour voir bien"), ("b", "3", "Trois")],
        [("c", "2", "Autre chose que le reste ici"), ("c", "4", "Quatre mots et deux de plus")],
    ]

    def leave(step: int) -> list[tuple]:
        sources = [
            Source.objects.create(slug=f"{step}{name}", name="s", url=f"https://{step}{name}.example/", format="feed", tier=3)
            for name in "abc"
        ]  # fmt: skip
        pages = [[_page(entries) for entries in each] for each in (rounds, again)]
        for number, each in enumerate(pages):
            moment, given = now + timedelta(hours=number), list(zip(sources, each, strict=True))
            for start in range(0, len(given), step):
                storing.store_all(given[start : start + step], now=moment)
        return [
            (row.source.slug[1:], row.external_id, row.title, row.story and row.story.source.slug[1:], row.last_seen_at)
            for row in Document.objects.filter(source__in=sources).order_by("source__slug", "external_id")
        ]  # fmt: skip

    one_by_one = leave(1)
    assert len(one_by_one) == 9
    Document.objects.all().delete()
    assert leave(3) == one_by_one


def _page(entries: list[tuple[str, str, str]]) -> Page:
    return Page(
        entries=tuple(
            Entry(external_id=number, url=f"https://{source}.example/{title}", title=title, language="fr")
            for source, number, title in entries
        ),
        known=("2",),
    )
