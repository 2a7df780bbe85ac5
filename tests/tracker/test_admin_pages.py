"""Watching a page that has no feed, through the door that operators use, and what becomes of it over days."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from tests.factories import verified
from tests.samples.news_page import BODY
from tests.tracker.test_admin_sources import at, logged_in, look, serve
from tracker import ingest
from tracker.models import Document, Fetch, Host, Source

PAGE, HOUR = "/admin/tracker/source/page/", timedelta(hours=1)
TYPED = {
    "publisher": "Supercalcul",
    "tier": "1",
    "cadence_minutes": "60",
    "state": "active",
    "interest_note_fr": "Aucun.",
}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _local(httpserver: HTTPServer, settings) -> None:
    settings.FETCH_ALLOW = frozenset({f"127.0.0.1:{httpserver.port}"})
    settings.FETCH_CONNECT_SECONDS, settings.FETCH_TOTAL_SECONDS = 2.0, 5.0


@pytest.fixture
def operator() -> Client:
    return logged_in("view_source", "add_source", "change_source")


def add(client: Client, httpserver: HTTPServer, *, format: str = "page", selector: str = "main h3") -> Source:
    """Try the page, follow the offer, send the form that it filled."""
    tried = client.post(PAGE, {"address": at(httpserver, "/news"), "selector": selector, "format": format})
    filled = client.get(tried.context["href"]).context["adminform"].form
    typed = {
        name: filled.get_initial_for_field(filled.fields[name], name)
        for name in ("name", "slug", "url", "format", "selector")
    }
    answer = client.post("/admin/tracker/source/add/", typed | TYPED)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return Source.objects.get()


def read(source: Source, now) -> Fetch:
    """At the moment of the test; what the operator asked just now, by the clock on the wall, is long ago."""
    Host.objects.update(free_at=now)
    Source.objects.filter(pk=source.pk).update(next_due_at=now)
    return ingest.read_source(source.pk, now=now)


def test_a_page_without_a_feed_may_be_watched_itself(operator, httpserver):
    serve(httpserver, "/news", BODY)
    content = look(operator, at(httpserver, "/news"))
    assert "Surveiller la page elle-même" in content.content.decode()
    form = operator.get(f"{PAGE}?{content.context['page_query']}").context["form"]
    assert form["address"].value() == at(httpserver, "/news")


def test_what_would_be_read_is_shown_before_anything_is_stored(operator, httpserver):
    serve(httpserver, "/news", BODY)
    tried = operator.post(PAGE, {"address": at(httpserver, "/news"), "selector": "main h3", "format": "page"})
    assert [entry.title for entry in tried.context["entries"]] == [
        "A call for two suppliers",
        "A second machine",
    ]
    assert (
        "2\xa0entrées seraient lues" in tried.content.decode()
        or "2 entrées seraient lues" in tried.content.decode()
    )
    assert not Source.objects.exists()
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"selector": "main >"}, "selector", "Ceci n’est pas un sélecteur CSS."),
        ({"selector": ".gone"}, "selector", "Rien sur cette page ne répond au sélecteur"),
        ({"selector": ""}, "selector", "obligatoire"),
        ({"address": "http://169.254.169.254/"}, "address", "web public"),
        ({"format": "feed"}, "format", "choix"),
    ],
)
def test_what_cannot_be_read_is_told_beside_its_field(operator, httpserver, change, field, words):
    serve(httpserver, "/news", BODY)
    typed = {"address": at(httpserver, "/news"), "selector": "main", "format": "page"}
    form = operator.post(PAGE, typed | change).context["form"]
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]


def test_only_who_may_add_sources_may_try_a_page(httpserver, client, admin_user):
    admin_user.is_superuser = False
    admin_user.save()
    verified(client, admin_user)
    assert client.get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
    assert httpserver.log == []


def test_a_watched_page_brings_each_new_link_once_and_fails_in_words_when_its_layout_changes(
    operator, httpserver, now
):
    serve(httpserver, "/news", BODY)
    source = add(operator, httpserver)
    assert source.url == at(httpserver, "/news#css=main%20h3")
    assert read(source, now).entries_new == 2
    httpserver.clear()
    third = b"<article><h3><a href='/c'>A third one</a></h3></article>"
    serve(httpserver, "/news", BODY.replace(b'<div class="list">', b'<div class="list">' + third))
    second = read(source, now + HOUR)
    assert (second.entries_new, second.entries_changed, second.entries_same) == (1, 0, 2)
    assert Document.objects.order_by("-pk").first().url == at(httpserver, "/c")
    httpserver.clear()
    serve(httpserver, "/news", b"<html><body><section><a href='/d'>D</a></section>")
    last = read(source, now + 2 * HOUR)
    assert (last.outcome, last.error_kind) == ("unreadable", "unreadable")
    assert last.error.startswith("Rien sur cette page ne répond au sélecteur")
    assert last.error.endswith("(main h3)")


def test_a_change_of_words_is_one_document_and_the_page_is_not_told_again(operator, httpserver, now):
    serve(httpserver, "/news", BODY)
    source = add(operator, httpserver, format="page_text", selector="main")
    assert read(source, now).entries_new == 1
    httpserver.clear()
    serve(httpserver, "/news", BODY.replace(b"Two vendors at least.", b"One vendor is enough."))
    assert read(source, now + HOUR).entries_new == 1
    document = Document.objects.order_by("-pk").first()
    assert document.text == "One vendor is enough.\n− Two vendors at least."
    httpserver.clear()
    serve(
        httpserver,
        "/news",
        BODY.replace(b"Two vendors at least.", b"One vendor is enough.").replace(b"21 Nov", b"22 Nov"),
    )
    third = read(source, now + 2 * HOUR)
    assert (third.outcome, third.entries_new) == ("read", 0)


def test_a_page_that_moves_keeps_the_part_that_is_watched(operator, httpserver, now):
    serve(httpserver, "/news", BODY)
    source = add(operator, httpserver)
    httpserver.clear()
    httpserver.expect_request("/news").respond_with_data("", status=301, headers={"Location": "/actus"})
    serve(httpserver, "/actus", BODY)
    for number in range(5):
        read(source, now + number * 24 * HOUR)
    source.refresh_from_db()
    assert source.url == at(httpserver, "/actus#css=main%20h3")


def test_the_form_shows_the_part_apart_and_another_one_is_read_as_if_for_the_first_time(
    operator, httpserver, now
):
    serve(httpserver, "/news", BODY)
    source = add(operator, httpserver)
    read(source, now)
    change = f"/admin/tracker/source/{source.pk}/change/"
    form = operator.get(change).context["adminform"].form
    shown = {name: form[name].value() for name in ("slug", "name", "format", "url", "selector")}
    assert (shown["url"], shown["selector"]) == (at(httpserver, "/news"), "main h3")
    assert operator.post(change, shown | TYPED).status_code == 302
    assert read(source, now + HOUR).outcome == "unchanged"
    assert operator.post(change, shown | TYPED | {"selector": "article"}).status_code == 302
    assert read(source, now + 2 * HOUR).entries_new == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"format": "page", "selector": ""}, "selector"),
        ({"format": "feed", "selector": "main"}, "selector"),
        ({"format": "page", "selector": "main >"}, "selector"),
        ({"interest_note_fr": ""}, "interest_note_fr"),
    ],
)
def test_a_source_that_is_not_told_whole_is_refused_beside_its_field(operator, change, field):
    told = {"slug": "s", "name": "S", "format": "feed", "url": "https://s.example/"} | TYPED | change
    answer = operator.post("/admin/tracker/source/add/", told)
    assert list(answer.context["adminform"].form.errors) == [field]


def test_an_imported_source_is_activated_only_with_the_interest_of_its_publisher(operator):
    told = {
        "slug": "s",
        "name": "S",
        "format": "feed",
        "url": "https://s.example/",
        "publisher": "S",
        "tier": "3",
    }
    told |= {"cadence_minutes": "60"}
    source = Source.objects.create(**told | {"tier": 3, "cadence_minutes": 60, "state": "paused"})
    change = f"/admin/tracker/source/{source.pk}/change/"
    assert operator.post(change, told | {"state": "paused"}).status_code == 302
    refused = operator.post(change, told | {"state": "active"}).context["adminform"].form
    assert refused.errors["interest_note_fr"][0].startswith("Avant de surveiller une source")
    assert operator.post(change, told | {"state": "active", "interest_note_en": "None."}).status_code == 302


def test_what_an_operator_asks_counts_for_the_host_and_a_host_that_wants_peace_has_it(
    operator, httpserver, settings
):
    settings.FETCH_HOST_SECONDS = 5
    serve(httpserver, "/news", BODY)
    look(operator, at(httpserver, "/news"))
    host, asked = Host.objects.get(name="127.0.0.1"), len(httpserver.log)
    assert asked > 1
    pushed_back = host.free_at
    look(operator, at(httpserver, "/news"))
    host.refresh_from_db()
    assert host.free_at - pushed_back == timedelta(seconds=5 * asked)
    host.free_at += timedelta(hours=1)
    host.save()
    refused = look(operator, at(httpserver, "/news")).context["form"].errors["address"][0]
    assert refused.startswith("Cet hôte a demandé qu’on le laisse jusqu’à ")
    assert len(httpserver.log) == 2 * asked
