"""What rounds of the watch leave behind: through the server that is asked, and through files given twice."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from werkzeug import Response

from tests.tracker.feed_source import SAMPLE, serve
from tests.tracker.test_ingest import later
from tracker import ingest
from tracker.models import Document, DocumentVersion

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
