"""Reading sources: once, whatever happens, and every failure is a row."""

import os
from datetime import datetime, timedelta

import pytest
from django.utils.translation import override
from werkzeug import Response

from tests.tracker.feed_source import SAMPLE, serve
from tracker import ingest, local_files
from tracker.models import Document, Source, lease
from tracker.watchers import feed

pytestmark = pytest.mark.django_db


def later(source: Source, now: datetime) -> datetime:
    """When the source is due again."""
    source.refresh_from_db()
    return max(source.next_due_at, now + timedelta(minutes=1))


def test_entries_are_stored_once_and_the_source_is_due_later(httpserver, source, now) -> None:
    serve(httpserver, headers={"ETag": '"v1"'})
    fetch = ingest.read_source(source.pk, now=now)
    assert (fetch.outcome, fetch.entries_new, fetch.http_status) == ("read", 2, 200)
    source.refresh_from_db()
    assert (source.state, source.etag, source.claimed_until) == ("active", '"v1"', None)
    assert source.next_due_at >= now + timedelta(minutes=60)
    assert Document.objects.get(external_id="avis-1").canonical_url == "https://agence.example/avis/1"


def test_an_unchanged_body_writes_no_document(httpserver, source, now) -> None:
    serve(httpserver)
    ingest.read_source(source.pk, now=now)
    again = ingest.read_source(source.pk, now=later(source, now))
    assert (again.outcome, again.entries_new, again.entries_changed) == ("unchanged", 0, 0)


def test_a_body_that_differs_only_before_its_first_entry_is_unchanged(httpserver, source, now) -> None:
    serve(httpserver)
    ingest.read_source(source.pk, now=now)
    Document.objects.update(title="left alone")
    serve(httpserver, SAMPLE.replace(b"<channel>", b"<channel><lastBuildDate>today</lastBuildDate>"))
    again = ingest.read_source(source.pk, now=later(source, now))
    assert (again.outcome, again.http_status, again.entries_same) == ("unchanged", 200, 0)
    assert set(Document.objects.values_list("title", flat=True)) == {"left alone"}


def test_an_edited_entry_is_stored_again_and_matched_again(httpserver, source, now) -> None:
    serve(httpserver)
    ingest.read_source(source.pk, now=now)
    Document.objects.update(matched_at=now)
    serve(httpserver, SAMPLE.replace(b"Fermeture estivale", b"Fermeture hivernale"))
    fetch = ingest.read_source(source.pk, now=later(source, now))
    assert (fetch.entries_new, fetch.entries_changed, fetch.entries_same) == (0, 1, 1)
    assert [doc.external_id for doc in Document.objects.unmatched()] == ["avis-2"]


def test_a_source_that_another_worker_reads_is_left_to_it(httpserver, source, now) -> None:
    serve(httpserver)
    assert Source.objects.claim(source.pk, now=now)
    assert ingest.read_source(source.pk, now=now) is None
    assert ingest.read_source(source.pk, now=now + lease() + timedelta(seconds=1)).outcome == "read"


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [(500, "failed", "degraded"), (404, "failed", "degraded"), (410, "failed", "degraded")],
)
def test_a_failure_is_a_row_in_words(httpserver, source, now, status, outcome, state) -> None:
    serve(httpserver, b"no", status=status)
    fetch = ingest.read_source(source.pk, now=now)
    assert (fetch.outcome, fetch.http_status) == (outcome, status)
    assert len(fetch.error) > 10
    source.refresh_from_db()
    assert source.state == state


def test_a_server_that_asks_to_wait_is_obeyed(httpserver, source, now) -> None:
    serve(httpserver, b"", status=503, headers={"Retry-After": "36000"})
    ingest.read_source(source.pk, now=now)
    source.refresh_from_db()
    assert source.next_due_at >= now + timedelta(hours=10)


def test_a_page_of_html_is_set_aside_with_a_reason(httpserver, source, now) -> None:
    serve(httpserver, b"<html><body>Please log in</body></html>")
    fetch = ingest.read_source(source.pk, now=now)
    assert fetch.outcome == "unreadable"
    assert len(fetch.error) > 10


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Des entrées ont été écartées\u00a0: vides, ou identiques à une autre. (1)"),
        ("en", "Entries were set aside: empty, or the same as another one. (1)"),
    ],
)
def test_what_was_set_aside_is_told_in_words(httpserver, source, now, language, words) -> None:
    serve(httpserver, SAMPLE.replace(b"</channel>", b"<item></item></channel>"))
    with override(language):
        assert ingest.read_source(source.pk, now=now).remarks == [words]


def test_validators_are_sent_back_and_a_304_is_a_success(httpserver, source, now) -> None:
    serve(httpserver, headers={"ETag": '"v1"'})
    ingest.read_source(source.pk, now=now)
    seen = []

    def unchanged(request) -> Response:
        seen.append(request.headers.get("If-None-Match"))
        return Response(status=304)

    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_handler(unchanged)
    assert ingest.read_source(source.pk, now=later(source, now)).outcome == "unchanged"
    assert seen == ['"v1"']


def test_a_copy_of_a_page_joins_its_story(httpserver, source, now, tmp_path) -> None:
    serve(httpserver)
    ingest.read_source(source.pk, now=now)
    copy = tmp_path / "copy.rss"
    copy.write_bytes(SAMPLE.replace(b"avis-1", b"copie-1"))
    list(local_files.read_files([copy], now=now))
    first, second = Document.objects.filter(canonical_url="https://agence.example/avis/1").order_by("pk")
    assert (first.story, second.story) == (None, first)


def test_a_round_reads_many_sources_and_one_that_ends_its_reader_costs_the_others_nothing(
    httpserver, source, settings, now, monkeypatch
) -> None:
    settings.FETCH_HOST_SECONDS = 0
    paths = {
        "/feed": SAMPLE,
        "/poison": SAMPLE.replace(b"avis-1", b"poison"),
        "/none": b"",
        "/html": b"<html/>",
    }
    for path, body in paths.items():
        httpserver.expect_request(path).respond_with_data(body, content_type="application/rss+xml")
    for path in list(paths)[1:]:
        url = source.url.replace("/feed", path)
        Source.objects.create(slug=path[1:], name=path, url=url, format="feed", tier=4, next_due_at=now)
    read = feed.read
    monkeypatch.setattr(
        feed, "read", lambda body, **told: os._exit(1) if b"poison" in body else read(body, **told)
    )
    fetches = ingest.read_sources(list(Source.objects.values_list("pk", flat=True)), now=now)
    assert {each.source.slug: each.outcome for each in fetches} == {
        "agence": "read", "poison": "unreadable", "none": "failed", "html": "unreadable",
    }  # fmt: skip
    assert not Source.objects.exclude(claimed_until=None).exists()


def test_entries_that_did_not_change_are_not_read_again_but_seen(httpserver, source, now) -> None:
    serve(httpserver)
    ingest.read_source(source.pk, now=now)
    serve(httpserver, SAMPLE.replace(b"Fermeture estivale", b"Fermeture hivernale"))
    moment = later(source, now)
    fetch = ingest.read_source(source.pk, now=moment)
    assert (fetch.entries_changed, fetch.entries_same) == (1, 1)
    assert set(Document.objects.values_list("last_seen_at", flat=True)) == {moment}
