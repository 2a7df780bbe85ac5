"""What a source's answers lead to: gone, moved, asked whole; told by a real server, at moments the test chooses."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import get_args

import pytest
from django.db import connection
from django.utils.translation import override
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.tracker.feed_source import SAMPLE, serve
from tracker import ingest
from tracker.fetch import UNCONDITIONAL
from tracker.fetch.exchange import Kind
from tracker.health import validators_to_send
from tracker.models import Document, Fetch, Source

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


def read(source: Source, now: datetime) -> Fetch:
    """Read the source at that moment, due or not, as a moderator may ask for."""
    Source.objects.filter(pk=source.pk).update(next_due_at=now)
    fetch = ingest.read_source(source.pk, now=now)
    source.refresh_from_db()
    return fetch


def test_a_first_410_is_a_failure_asked_about_again_after_a_day(httpserver, source, now) -> None:
    serve(httpserver, b"", status=410)
    fetch = read(source, now)
    assert (fetch.outcome, fetch.error_kind, source.state) == ("failed", "gone", "degraded")
    assert fetch.error.endswith("Nous redemandons une fois, un jour plus tard, avant de le croire.")
    assert source.next_due_at >= now + DAY


def test_a_410_twice_a_day_apart_ends_the_watch_and_says_so(httpserver, source, now) -> None:
    serve(httpserver, b"", status=410)
    outcomes = [read(source, now + after).outcome for after in (0 * HOUR, 23 * HOUR, 24 * HOUR)]
    assert outcomes == ["failed", "failed", "gone"]
    assert (source.state, source.last_success_at) == ("gone", None)
    assert ingest.read_source(source.pk, now=now + 9 * DAY) is None


def test_operators_see_which_source_is_gone_and_what_its_server_said(
    httpserver, source, now, admin_client
) -> None:
    serve(httpserver, b"", status=410)
    for after in (0 * DAY, DAY):
        read(source, now + after)
    page = admin_client.get("/admin/tracker/source/?state__exact=gone").content.decode()
    assert "Agence" in page
    assert "Le serveur dit que cette adresse a disparu pour de bon." in page


def test_a_410_that_a_good_answer_contradicts_is_forgotten(httpserver, source, now) -> None:
    serve(httpserver, b"", status=410)
    read(source, now)
    serve(httpserver)
    read(source, now + DAY)
    serve(httpserver, b"", status=410)
    assert read(source, now + 2 * DAY).outcome == "failed"
    assert source.state == "degraded"


def test_a_404_is_never_taken_for_gone(httpserver, source, now) -> None:
    serve(httpserver, b"", status=404)
    assert {read(source, now + number * DAY).outcome for number in range(40)} == {"failed"}
    assert source.state == "failing"


def move(httpserver: HTTPServer, *statuses: int, body: bytes = SAMPLE) -> str:
    """The feed redirects with each status in turn; where it ends."""
    httpserver.clear()
    paths = ["/feed", *(f"/hop{number}" for number in range(1, len(statuses))), "/moved"]
    for path, to, status in zip(paths, paths[1:], statuses, strict=False):
        httpserver.expect_request(path).respond_with_data("", status=status, headers={"Location": to})
    httpserver.expect_request("/moved").respond_with_data(body, content_type="application/rss+xml")
    return httpserver.url_for("/moved").replace("localhost", "127.0.0.1")


@pytest.mark.parametrize("statuses", [(301,), (308,), (301, 308)])
def test_a_move_is_believed_after_five_answers_over_three_days(httpserver, source, now, statuses) -> None:
    before, target = source.url, move(httpserver, *statuses)
    fetches = [read(source, now + number * 18 * HOUR) for number in range(4)]
    assert source.url == before
    fetches.append(read(source, now + 4 * 18 * HOUR))
    assert source.url == target
    assert [fetch.remarks for fetch in fetches[:4]] == [[]] * 4
    assert fetches[4].remarks == [
        f"L’adresse a déménagé pour de bon\u202f; désormais, c’est {target} qui est lu."
    ]
    assert read(source, now + 5 * DAY).remarks == []


def test_a_move_seen_often_in_one_day_is_not_believed_yet(httpserver, source, now) -> None:
    before, _target = source.url, move(httpserver, 301)
    for number in range(9):
        read(source, now + number * HOUR)
    assert source.url == before


@pytest.mark.parametrize("statuses", [(302,), (307,), (301, 302), (307, 308)])
def test_a_temporary_redirect_never_changes_the_address(httpserver, source, now, statuses) -> None:
    before, _target = source.url, move(httpserver, *statuses)
    for number in range(9):
        assert read(source, now + number * DAY).outcome in ("read", "unchanged")
    assert source.url == before


def test_a_move_to_a_page_that_is_no_feed_is_not_followed(httpserver, source, now) -> None:
    before, _target = source.url, move(httpserver, 301, body=b"<html><p>Bienvenue</p></html>")
    assert {read(source, now + number * DAY).outcome for number in range(9)} == {"unreadable"}
    assert source.url == before


def test_a_move_that_is_taken_back_is_counted_from_the_start(httpserver, source, now) -> None:
    before = source.url
    for number in range(20):
        _target = serve(httpserver) if number % 4 == 3 else move(httpserver, 301)
        read(source, now + number * DAY)
    assert source.url == before


def test_a_move_to_what_another_source_watches_is_told_and_not_followed(httpserver, source, now) -> None:
    before, target = source.url, move(httpserver, 301)
    Source.objects.create(slug="other", name="Other", publisher="Other", format="feed", url=target, tier=1)
    fetches = [read(source, now + number * DAY) for number in range(5)]
    assert source.url == before
    assert fetches[-1].outcome == "unchanged"
    assert fetches[-1].remarks == [
        f"L’adresse a déménagé pour de bon vers {target}, qu’une autre source surveille\u202f; elle n’a pas été changée."
    ]


def test_once_a_day_the_document_is_asked_for_whole(httpserver, source, now) -> None:
    asked = []

    def answer(request: Request) -> Response:
        asked.append("If-None-Match" in request.headers)
        known = request.headers.get("If-None-Match") == '"v1"'
        return Response(status=304) if known else Response(SAMPLE, headers={"ETag": '"v1"'})

    httpserver.expect_request("/feed").respond_with_handler(answer)
    for hours in (0, 8, 16, 24, 25, 32, 48, 50):
        read(source, now + hours * HOUR)
    assert asked == [False, True, True, True, False, True, True, False]


def test_sources_added_together_are_asked_whole_at_moments_of_their_own(source, now) -> None:
    source.etag, source.read_whole_at = '"v1"', now - 24.5 * HOUR
    asked_whole = {validators_to_send(source, now=now) == UNCONDITIONAL for _number in range(100)}
    assert asked_whole == {True, False}
    source.read_whole_at = now - 25 * HOUR
    assert validators_to_send(source, now=now) == UNCONDITIONAL
    source.read_whole_at = now - 24 * HOUR
    assert validators_to_send(source, now=now).etag == '"v1"'


def test_news_that_a_304_would_hide_are_found_within_a_day(httpserver, source, now) -> None:
    more = SAMPLE.replace(b"</channel>", b"<item><guid>n</guid><title>Neuf</title></item></channel>")
    serve(httpserver, headers={"ETag": '"always"'})
    read(source, now)

    def answer(request: Request) -> Response:
        known = "If-None-Match" in request.headers
        return Response(status=304) if known else Response(more)

    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_handler(answer)
    assert read(source, now + 23 * HOUR).entries_new == 0
    assert read(source, now + 25 * HOUR).entries_new == 1


@pytest.mark.parametrize(
    ("change", "asked_later"), [((b"avis-1", b"avis-3"), False), ((b"exemple", b"x"), True)]
)
def test_validators_that_hid_an_entry_are_never_sent_again(
    httpserver, source, now, change, asked_later
) -> None:
    asked, bodies = [], [SAMPLE, SAMPLE.replace(*change, 1), SAMPLE.replace(*change, 1)]

    def answer(request: Request) -> Response:
        asked.append("If-None-Match" in request.headers)
        return Response(bodies[len(asked) - 1], headers={"ETag": '"always"'})

    httpserver.expect_request("/feed").respond_with_handler(answer)
    for hours in (0, 25, 26):
        read(source, now + hours * HOUR)
    assert asked == [False, False, asked_later]


def test_every_cause_of_a_failure_has_its_words() -> None:
    assert set(Fetch.Cause.values) == {*get_args(Kind), "unreadable", "web_page", "incomplete"}
    with override("fr"):
        assert Fetch(error_kind="dns").get_error_kind_display() == "nom introuvable"


def test_a_source_is_asked_as_often_as_it_publishes(httpserver, source, now) -> None:
    entry = "<item><guid>{0}</guid><title>Avis {0}</title><pubDate>{1}</pubDate></item>"

    def weeks_of(per_day: int) -> bytes:
        dates = [format_datetime(now - number * DAY / per_day) for number in range(28 * per_day)]
        entries = "".join(entry.format(f"{per_day}-{date}", date) for date in dates)
        return f"<rss version='2.0'><channel><title>t</title>{entries}</channel></rss>".encode()

    waits = []
    for number, per_day in enumerate((1, 3, 20)):
        Document.objects.all().delete()
        serve(httpserver, weeks_of(per_day))
        read(source, now + number * HOUR)
        waits.append(source.next_due_at - (now + number * HOUR))
    assert [round(wait / HOUR) for wait in waits] == [12, 4, 1]


def test_a_source_that_has_been_silent_for_a_month_is_asked_twice_a_day(httpserver, source, now) -> None:
    serve(httpserver, SAMPLE.replace(b"2026", b"2025"))
    read(source, now)
    assert source.next_due_at == now + 12 * HOUR


def test_a_source_that_comes_back_from_the_dead_is_read_at_once_as_before(httpserver, source, now) -> None:
    serve(httpserver, b"", status=500)
    for number in range(31):
        read(source, now + number * DAY)
    assert (source.state, source.failures) == ("failing", 31)
    assert timedelta(days=6) < source.next_due_at - (now + 30 * DAY) <= timedelta(days=7)
    serve(httpserver)
    assert ingest.read_source(source.pk, now=source.next_due_at).outcome == "read"
    source.refresh_from_db()
    assert (source.state, source.failures) == ("active", 0)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (
            b"<html><head><title>Just a moment...</title></head></html>",
            "challenged",
            "Le serveur veut vérifier que nous ne sommes pas un robot.",
        ),
        (b"<!doctype html><html><p>En maintenance</p></html>", "web_page", "C’est une page web"),
        (b"<nothing/>", "unreadable", "Ce n’est un flux"),
    ],
)
def test_what_came_in_place_of_a_feed_is_told_apart(httpserver, source, now, body, kind, words) -> None:
    serve(httpserver, body)
    fetch = read(source, now)
    assert (fetch.outcome, fetch.error_kind) == ("unreadable", kind)
    assert fetch.error.startswith(words)


@pytest.mark.django_db(transaction=True)
def test_a_source_that_was_paused_while_it_was_read_stays_paused(httpserver, source, now) -> None:
    def pause_it(_request: Request) -> Response:
        Source.objects.update(state="paused")
        connection.close()
        return Response(SAMPLE)

    httpserver.expect_request("/feed").respond_with_handler(pause_it)
    assert read(source, now).outcome == "read"
    assert source.state == "paused"
