"""Adding sources through the door that operators use: any address, and lists of other readers."""

import re
import time
from threading import Event
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.factories import verified
from tracker import discover
from tracker.models import Source

pytestmark = pytest.mark.django_db
ITEM = "<item><title>Un titre {n}</title><guid>{n}</guid><link>https://s.example/{n}</link></item>"
DISCOVER = "/admin/tracker/source/discover/"


def rss(title: str = "Les brèves", *, entries: int = 2) -> bytes:
    items = "".join(ITEM.format(n=n) for n in range(entries))
    channel = f"<channel><title>{title}</title><language>fr</language>{items}</channel>"
    return f'<rss version="2.0">{channel}</rss>'.encode()


def page(*links: tuple[str, str]) -> bytes:
    told = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{href}" title="{title}">'
        for href, title in links
    )
    return f"<!doctype html><html><head>{told}</head><body>Une page</body></html>".encode()


@pytest.fixture(autouse=True)
def _local(httpserver: HTTPServer, settings) -> None:
    settings.FETCH_ALLOW = frozenset({f"127.0.0.1:{httpserver.port}"})
    settings.FETCH_CONNECT_SECONDS, settings.FETCH_TOTAL_SECONDS = 2.0, 5.0


@pytest.fixture
def operator() -> Client:
    return logged_in("view_source", "add_source", "change_source")


def logged_in(*permissions: str) -> Client:
    user = User.objects.create_user("operatrice", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    verified(client, user)
    return client


def at(httpserver: HTTPServer, path: str) -> str:
    return f"http://127.0.0.1:{httpserver.port}{path}"


def serve(httpserver: HTTPServer, path: str, body: bytes, content_type: str = "text/html") -> None:
    httpserver.expect_request(path).respond_with_data(body, content_type=content_type)


def look(client: Client, address: str):
    return client.post(DISCOVER, {"address": address})


def asked(httpserver: HTTPServer) -> list[str]:
    return [request.path for request, _answer in httpserver.log]


def test_adding_a_source_begins_with_any_address(operator):
    assert operator.get("/admin/tracker/source/add/").headers["Location"] == DISCOVER
    assert operator.get(DISCOVER).context["offers"] == []
    assert operator.get("/admin/tracker/source/add/?format=feed").status_code == 200


def test_a_page_leads_to_its_feeds_and_one_click_fills_the_form(operator, httpserver):
    serve(httpserver, "/", page(("/news.xml", "Brèves"), ("/notes.xml", "Notes"), ("/dead.xml", "Morte")))
    serve(httpserver, "/news.xml", rss("Les brèves & cie".replace("&", "&amp;"), entries=3))
    serve(httpserver, "/notes.xml", rss("", entries=0))
    answer = look(operator, at(httpserver, "/"))
    found = [
        (offer["name"], offer["feed"].entries, offer["feed"].language) for offer in answer.context["offers"]
    ]
    assert found == [("Les brèves & cie", 3, "fr"), ("Notes", 0, "")]
    assert asked(httpserver) == ["/", "/news.xml", "/notes.xml", "/dead.xml"]
    form = operator.get(answer.context["offers"][0]["href"]).context["adminform"].form
    shown = {
        name: form.get_initial_for_field(form.fields[name], name)
        for name in ("url", "name", "slug", "format")
    }
    assert shown == {
        "url": at(httpserver, "/news.xml"),
        "name": "Les brèves & cie",
        "slug": "les-breves-cie",
        "format": "feed",
    }


def test_the_form_that_was_filled_adds_the_source(operator, httpserver):
    serve(httpserver, "/rss", rss(), "application/rss+xml")
    filled = parse_qs(urlsplit(look(operator, at(httpserver, "/rss")).headers["Location"]).query)
    typed = {
        "publisher": "Agence",
        "tier": "3",
        "cadence_minutes": "60",
        "state": "active",
        "interest_note_fr": "Aucun.",
    }
    answer = operator.post(
        reverse("admin:tracker_source_add"), {name: value[0] for name, value in filled.items()} | typed
    )
    assert answer.status_code == 302
    source = Source.objects.get()
    assert (source.url, source.name, source.language) == (at(httpserver, "/rss"), "Les brèves", "fr")


def test_the_address_of_a_feed_goes_straight_to_the_form_and_is_never_rewritten(operator, httpserver):
    moved = Response(status=301, headers={"Location": "/new.xml"})
    httpserver.expect_request("/old.xml").respond_with_response(moved)
    serve(httpserver, "/new.xml", rss())
    to = urlsplit(look(operator, at(httpserver, "/old.xml")).headers["Location"])
    assert (to.path, parse_qs(to.query)["url"]) == (
        "/admin/tracker/source/add/",
        [at(httpserver, "/old.xml")],
    )
    assert asked(httpserver) == ["/old.xml", "/new.xml"]


def test_a_page_that_declares_nothing_is_tried_at_the_usual_addresses(operator, httpserver):
    serve(httpserver, "/blog", page())
    serve(httpserver, "/rss.xml", rss("Blog"))
    serve(httpserver, "/atom.xml", rss("Blog, again"))
    answer = look(operator, at(httpserver, "/blog"))
    assert [offer["feed"].url for offer in answer.context["offers"]] == [at(httpserver, "/rss.xml")]
    assert asked(httpserver) == ["/blog", "/feed", "/rss.xml"]


def test_no_guess_is_made_where_the_page_names_a_feed_that_works(operator, httpserver):
    serve(httpserver, "/", page(("/a.xml", "A")))
    serve(httpserver, "/a.xml", rss("A"))
    serve(httpserver, "/feed", rss("B"))
    assert [offer["name"] for offer in look(operator, at(httpserver, "/")).context["offers"]] == ["A"]
    assert asked(httpserver) == ["/", "/a.xml"]


def test_never_more_than_six_fetches(operator, httpserver):
    serve(httpserver, "/", page(*((f"/{n}.xml", str(n)) for n in range(40))))
    answer = look(operator, at(httpserver, "/"))
    assert "Aucun flux trouvé" in answer.content.decode()
    assert len(asked(httpserver)) == discover.MAX_FETCHES == 6


def test_two_addresses_of_one_feed_are_one(operator, httpserver):
    serve(httpserver, "/", page(("/feed/", "A"), ("/feed", "B"), ("/old", "C"), ("/home", "D")))
    serve(httpserver, "/feed/", rss("A"))
    for path, target in (("/old", "/feed/"), ("/home", "/")):
        httpserver.expect_request(path).respond_with_response(
            Response(status=302, headers={"Location": target})
        )
    assert [offer["name"] for offer in look(operator, at(httpserver, "/")).context["offers"]] == ["A"]


def test_all_of_it_ends_within_the_time_of_one_fetch(operator, httpserver, settings):
    settings.FETCH_TOTAL_SECONDS = 0.5
    over = Event()
    serve(httpserver, "/", page(*((f"/{n}.xml", "x") for n in range(5))))
    for n in range(5):
        httpserver.expect_request(f"/{n}.xml").respond_with_handler(
            lambda _asked: Response(f"{over.wait(9)}")
        )
    began = time.monotonic()
    answer = look(operator, at(httpserver, "/"))
    took = time.monotonic() - began
    over.set()
    assert "Aucun flux trouvé" in answer.content.decode()
    assert took < 3
    assert len(set(asked(httpserver)) & {f"/{n}.xml" for n in range(1, 5)}) == 0


def test_an_address_that_takes_too_long_is_told(operator, httpserver, settings):
    settings.FETCH_TOTAL_SECONDS = 0
    address = at(httpserver, "/too-slow")
    assert "a mis trop de temps à répondre" in look(operator, address).content.decode()
    # Not that nothing was asked: the server notes what the test before hung up on only when it has ended.
    assert "/too-slow" not in asked(httpserver)


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/latest/", "http://127.0.0.1:1/", "ftp://site.example/", "javascript:alert(1)", "http://u:p@site.example/", "x y", "https://"],
)  # fmt: skip
def test_an_address_that_is_not_on_the_public_web_is_refused_in_words(operator, address):
    answer = look(operator, address)
    assert answer.status_code == 200
    (error,) = answer.context["form"].errors["address"]
    assert re.search(r"web public|un port du web", error)


def test_a_page_cannot_send_us_inside(operator, httpserver):
    inside = ("http://127.0.0.1:1/feed", "http://[::1]/feed", "http://10.0.0.1/feed", "file:///etc/passwd")
    serve(httpserver, "/", page(*((href, "x") for href in inside)))
    answer = look(operator, at(httpserver, "/"))
    assert answer.context["nothing"]
    assert set(asked(httpserver)) <= {"/", "/feed", "/rss.xml", "/atom.xml"}


def test_a_server_that_fails_is_told_in_its_words(operator, httpserver):
    httpserver.expect_request("/").respond_with_data("", status=503)
    assert look(operator, at(httpserver, "/")).context["form"].errors["address"] == [
        "Le serveur nous demande de revenir plus tard."
    ]


def test_a_watched_address_is_said_to_be_watched_and_left_alone(operator, httpserver):
    serve(httpserver, "/rss", rss())
    watched = Source.objects.create(
        slug="a", name="A", publisher="A", format="feed", url=at(httpserver, "/rss"), tier=1
    )
    answer = look(operator, at(httpserver, "/rss"))
    assert f"/admin/tracker/source/{watched.pk}/change/" in answer.content.decode()
    assert Source.objects.count() == 1


def test_hostile_titles_stay_text(operator, httpserver):
    serve(httpserver, "/", page(("/a", ""), ("/b", "&lt;script&gt;x()&lt;/script&gt;")))
    serve(httpserver, "/a", rss("&lt;img src=x onerror=x()&gt;&quot;&gt;"))
    serve(httpserver, "/b", rss(""))
    content = look(operator, at(httpserver, "/")).content.decode()
    assert "<script>x()" not in content
    assert "onerror" not in content


def test_only_who_may_add_sources_may_make_us_ask(httpserver):
    reader = logged_in("view_source", "change_source")
    assert look(reader, at(httpserver, "/")).status_code == 403
    assert reader.get("/admin/tracker/source/add/").headers["Location"] == DISCOVER
    assert look(Client(), at(httpserver, "/")).status_code == 302
    assert Client(enforce_csrf_checks=True).post(DISCOVER, {"address": "x"}).status_code in (302, 403)
    assert asked(httpserver) == []


def test_a_get_never_makes_us_ask(operator, httpserver):
    operator.get(DISCOVER, {"address": at(httpserver, "/")})
    assert asked(httpserver) == []


FORM = {
    "slug": "agence", "name": "Agence", "format": "feed", "url": "https://agence.example/flux", "publisher": "Agence",
    "tier": "1", "cadence_minutes": "60", "state": "active", "interest_note_fr": "Aucun.",
}  # fmt: skip


def test_a_source_filled_in_by_hand_is_due_at_once(operator) -> None:
    answer = operator.post("/admin/tracker/source/add/", FORM)
    assert answer.status_code == 302
    assert Source.objects.get(slug="agence").next_due_at is not None


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://"},
        {"url": "https://a b/"},
        {"url": "https://u:p@h.example/"},
        {"url": "file:///etc/passwd"},
        {"url": "javascript:alert(1)"},
        {"state": "local"},
    ],
)
def test_a_source_that_nobody_could_ask_is_refused_beside_its_field(operator, change) -> None:
    answer = operator.post("/admin/tracker/source/add/", FORM | change)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == list(change)
    assert not Source.objects.filter(slug="agence").exists()
