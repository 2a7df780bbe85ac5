"""Cited addresses asked again, through a real server: what is found is published, with two clocks; archives are asked."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from indicators import publishing
from indicators.models import Citation, Evidence, Indicator, LinkCheck, LinkState, Status
from tests.factories import PUBLISHED_AT, make_definition, make_evidence, make_indicator, make_user, verified
from tests.samples.pages import ARTICLE, PARAGRAPHS, web_page
from tracker import health, links
from tracker.models import (
    ArchiveRequest,
    CitedLink,
    Document,
    Fetch,
    FullText,
    HubSubscription,
    Robots,
    Snapshot,
    Source,
)

pytestmark = pytest.mark.django_db

QUOTE = "au moins deux fabricants de processeurs graphiques"
DAY = timedelta(days=1)
OTHER = web_page(tuple(each.replace("deux fabricants", "un fabricant") for each in PARAGRAPHS)).encode()
EDITED = web_page(
    (*PARAGRAPHS, "Mise à jour : la commission a répondu hier, et les offres restent attendues.")
).encode()


@pytest.fixture
def web(httpserver: HTTPServer, settings) -> HTTPServer:
    settings.FETCH_ALLOW = frozenset({f"127.0.0.1:{httpserver.port}"})
    settings.FETCH_HOST_SECONDS = 0.0
    return httpserver


@pytest.fixture
def link(web: HTTPServer) -> CitedLink:
    """The link of evidence n° 1, followed from its publication on; its page says what was quoted."""
    make_definition(make_indicator("1a"))
    cite(web)
    show(web)
    links.follow(now=PUBLISHED_AT)
    return CitedLink.objects.get()


def cite(web: HTTPServer, number: int = 1) -> Evidence:
    url = web.url_for("/page").replace("localhost", "127.0.0.1")
    group = f"agence {number}"
    return make_evidence(
        number,
        owner=f"acheteur {number}",
        citations=[{"url": url, "quote": QUOTE, "independence_group": group}],
        assessments=[{"indicator": Indicator.objects.get(code="1a")}],
    )


def show(web: HTTPServer, body: bytes = ARTICLE, path: str = "/page", **answer) -> None:
    """The server shows this from now on, and has nothing against robots."""
    web.clear()
    web.expect_request("/robots.txt").respond_with_data("")
    answer.setdefault("content_type", "text/html; charset=utf-8")
    web.expect_request(path).respond_with_data(body, **answer)


def check(link: CitedLink) -> str:
    """Ask at the moment when it is due; the state as published."""
    link.refresh_from_db()
    links.check_link(link.pk, now=link.due_at)
    link.refresh_from_db()
    return Citation.objects.get().link_state


def states() -> list[str]:
    return list(LinkCheck.objects.values_list("state", flat=True))


def test_a_link_is_first_checked_a_day_after_its_publication_then_ever_more_rarely(web, link):
    assert link.due_at == PUBLISHED_AT + DAY
    assert check(link) == LinkState.LIVE
    citation = Citation.objects.get()
    assert citation.checked_at == PUBLISHED_AT + DAY
    assert link.due_at == PUBLISHED_AT + 8 * DAY
    assert states() == []  # nothing changed

    for age, wait in ((89, 7), (90, 30), (729, 30), (730, 90)):
        now = PUBLISHED_AT + age * DAY
        assert links.next_check(PUBLISHED_AT, now=now) == now + wait * DAY


def test_a_changed_page_that_still_holds_the_quote_is_live_and_said_to_have_changed(web, link):
    check(link)
    show(web, EDITED)
    assert check(link) == LinkState.CHANGED
    show(web, ARTICLE)
    assert check(link) == LinkState.LIVE
    assert states() == ["changed", "live"]


def test_a_quote_counts_as_gone_when_it_was_missing_on_two_days(web, link):
    check(link)
    show(web, OTHER)
    assert check(link) == LinkState.LIVE
    assert (link.suspicion, link.due_at) == ("quote_gone", PUBLISHED_AT + 9 * DAY)
    assert check(link) == LinkState.QUOTE_GONE
    assert link.due_at == PUBLISHED_AT + 39 * DAY

    show(web)
    assert check(link) == LinkState.LIVE
    assert states() == ["quote_gone", "live"]


def test_a_quote_that_came_back_the_next_day_was_never_gone(web, link):
    check(link)
    show(web, OTHER)
    check(link)
    show(web)
    assert (check(link), link.suspicion, states()) == (LinkState.LIVE, "", [])


def test_a_quote_that_our_reader_never_saw_on_the_page_is_not_said_to_be_gone(web, link):
    show(web, OTHER)
    assert [check(link), check(link), check(link)] == ["live", "live", "live"]


def test_a_quote_on_a_page_that_cannot_be_read_is_not_said_to_be_gone(web, link):
    check(link)
    show(web, b"%PDF-1.7\n of which the rest is damaged", content_type="application/pdf")
    assert [check(link) for _time in range(5)] == ["live"] * 4 + ["unreachable"]
    assert link.error == "Ce PDF est abîmé."


def test_a_quote_that_stood_on_the_page_we_keep_can_be_gone_at_the_first_check(web, link):
    source = Source.objects.create(
        slug="s", name="S", url="https://s.example/", publisher="S", format="feed", tier=1
    )
    document = Document.objects.create(
        source=source,
        external_id="1",
        kind="article",
        text=QUOTE,
        first_seen_at=PUBLISHED_AT,
        last_seen_at=PUBLISHED_AT,
    )
    copy = Snapshot.objects.take_page(
        document, ARTICLE, url="https://s.example/1", content_type="text/html", now=PUBLISHED_AT
    )
    Citation.objects.update(snapshot_sha256=copy.text_sha256)
    show(web, OTHER)

    assert [check(link), check(link)] == ["live", "quote_gone"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_counts_as_gone_when_its_server_said_so_on_two_days(web, link, status):
    check(link)
    show(web, b"no", status=status)
    assert [check(link), check(link)] == ["live", "gone"]


def test_a_server_that_does_not_answer_is_unreachable_after_five_failures(web, link):
    check(link)
    show(web, b"", status=500)
    started = link.due_at
    assert [check(link) for _try in range(5)] == ["live"] * 4 + ["unreachable"]
    assert Citation.objects.get().checked_at == started + timedelta(hours=6 + 12 + 18 + 24)

    show(web)
    assert check(link) == LinkState.LIVE


def test_a_page_that_moved_for_good_is_said_to_have_moved(web, link):
    check(link)
    show(web, b"", status=301, headers={"Location": "/new"})
    web.expect_request("/new").respond_with_data(ARTICLE, content_type="text/html")
    assert check(link) == LinkState.MOVED


def test_the_server_is_asked_whether_the_page_changed(web, link):
    show(web, headers={"ETag": '"one"'})
    check(link)
    show(web, path="/other")
    web.expect_request("/page", headers={"If-None-Match": '"one"'}).respond_with_data("", status=304)
    assert check(link) == LinkState.LIVE
    assert link.quote_seen_at == PUBLISHED_AT + 8 * DAY


def test_a_page_closed_to_robots_is_left_alone_and_nothing_is_said(web, link):
    web.clear()
    web.expect_request("/robots.txt").respond_with_data("User-agent: ca-marche\nDisallow: /")
    assert check(link) == LinkState.LIVE
    assert link.error == "Le site demande aux robots de ne pas lire cette page (robots.txt)."
    assert Citation.objects.get().checked_at is None


def test_confidence_reads_links_as_they_were_known(web, link, client: Client, now):
    cite(web, 2)
    other = Citation.objects.exclude(pk=link.citation_id).get()
    Citation.objects.filter(pk=other.pk).update(url="")
    status = Status.objects.filter(indicator__code="1a")
    links.check_link(link.pk, now=link.due_at)
    show(web, OTHER)
    for days in (8, 9):
        links.check_link(link.pk, now=PUBLISHED_AT + days * DAY)

    assert status.get().confidence == "medium"
    api = client.get("/api/v1/indicators/1a/status/", {"known_at": "2026-10-23T12:00:00Z"}).json()
    assert api["confidence"] == "high"
    api = client.get("/api/v1/indicators/1a/status/", {"known_at": "2026-10-24T12:00:00Z"}).json()
    assert api["confidence"] == "medium"


def test_pages_and_api_tell_of_a_link_what_was_known_then(web, link, client: Client):
    check(link)
    show(web, OTHER)
    check(link)
    check(link)
    publish_archive(link)

    page = " ".join(client.get("/preuves/1/").content.decode().split())
    assert "la citation n’y est plus depuis le 24 oct. 2026" in page
    assert "https://archive.example/web/1" in page
    page = client.get("/preuves/1/", {"known_at": "2026-10-20"}).content.decode()
    assert "en ligne" in page and "n’y est plus" not in page and "archive.example" not in page
    [cited] = client.get("/api/v1/evidence/1/").json()["citations"]
    assert (cited["link_state"], cited["archive_url"]) == ("quote_gone", "https://archive.example/web/1")
    [cited] = client.get("/api/v1/evidence/1/", {"known_at": "2026-10-20T00:00:00Z"}).json()["citations"]
    assert (cited["link_state"], cited["archive_url"]) == ("live", "")


def publish_archive(link: CitedLink) -> None:
    publishing.record_link(
        link.citation, archive_url="https://archive.example/web/1", now=PUBLISHED_AT + 10 * DAY
    )


def test_links_of_withdrawn_evidence_are_followed_no_more(web, link):
    Evidence.objects.update(retracted_at=PUBLISHED_AT, retraction_reason="Faux.")
    check(link)
    assert link.due_at is None
    assert web.log == []


@pytest.mark.parametrize(
    "answer",
    [
        {"headers": {"Content-Location": "/web/2026/page"}},
        {"headers": {"Link": '<http://x.example/>; rel="original", </web/2026/page>; rel="first memento"'}},
        {"status": 302, "headers": {"Location": "/web/2026/page"}},
    ],
    ids=["content-location", "memento", "redirect"],
)
def test_the_archive_is_asked_once_and_its_address_is_kept_with_the_citation(web, link, settings, answer):
    archive = web.url_for("").replace("localhost", "127.0.0.1").rstrip("/")
    settings.ARCHIVE_REQUEST_URL = f"{archive}/save/"
    show(web, b"kept", path=f"/save/{link.citation.url}", **answer)
    web.expect_request("/web/2026/page").respond_with_data("kept")
    links.follow(now=PUBLISHED_AT)
    links.follow(now=PUBLISHED_AT)
    request = ArchiveRequest.objects.get()
    links.request_archive(request.pk, now=PUBLISHED_AT)
    links.request_archive(request.pk, now=PUBLISHED_AT + DAY)

    request.refresh_from_db()
    assert Citation.objects.get().archive_url == f"{archive}/web/2026/page"
    assert (request.due_at, request.error) == (None, "")
    assert sum(asked.path.startswith("/save/") for asked, _answer in web.log) == 1


@pytest.mark.parametrize(
    "answer",
    [{"headers": {"Content-Location": "https://elsewhere.example/web/1"}}, {}, {"status": 500}],
    ids=["another host", "nothing told", "failure"],
)
def test_an_archive_that_does_not_say_where_is_asked_five_times(web, link, settings, answer):
    settings.ARCHIVE_REQUEST_URL = web.url_for("/save/").replace("localhost", "127.0.0.1")
    show(web, b"kept", path=f"/save/{link.citation.url}", **answer)
    links.follow(now=PUBLISHED_AT)
    request = ArchiveRequest.objects.get()
    for _try in range(5):
        links.request_archive(request.pk, now=request.due_at)
        request.refresh_from_db()

    assert (request.due_at, request.tries, request.error != "") == (None, 5, True)
    assert Citation.objects.get().archive_url == ""


def test_without_the_setting_no_archive_is_asked(web, link):
    assert ArchiveRequest.objects.count() == 0


def test_whoever_may_can_have_an_address_asked_again_at_the_next_round(
    web, link, admin_client, client: Client
):
    ask = {"action": "ask_now", "_selected_action": [link.pk]}
    verified(client, make_user("reader", is_staff=True))
    assert client.post("/admin/tracker/citedlink/", ask).status_code == 403

    page = admin_client.post("/admin/tracker/citedlink/", ask, follow=True).content.decode()
    assert link.citation.url in page
    link.refresh_from_db()
    assert link.due_at > PUBLISHED_AT + DAY
    assert admin_client.get("/admin/tracker/archiverequest/").status_code == 200


def test_a_clock_that_is_set_back_takes_links_pages_and_hubs_with_it(link, source, now) -> None:
    ahead = now + 300 * DAY
    Fetch.objects.create(source=source, started_at=ahead, outcome="unchanged")
    CitedLink.objects.update(due_at=ahead + DAY, suspicion="gone", suspected_at=ahead)
    ArchiveRequest.objects.create(citation=link.citation, due_at=ahead + DAY)
    document = Document.objects.create(source=source, external_id="1", first_seen_at=now, last_seen_at=now)
    FullText.objects.create(document=document, due_at=ahead + DAY)
    HubSubscription.objects.create(
        source=source, ask_at=ahead + DAY, asked_at=ahead, verified_until=ahead + 2 * DAY
    )
    Robots.objects.create(origin="https://journal.example", read_at=ahead)
    for _each in range(2):  # the second time there is nothing left to move
        health.follow_clock(now=now)
    planned = (CitedLink, ArchiveRequest, FullText)
    assert [model.objects.get().due_at for model in planned] == [now + DAY] * 3
    hub = HubSubscription.objects.get()
    assert (hub.ask_at, hub.asked_at, hub.verified_until) == (now + DAY, now, now + 2 * DAY)
    assert (CitedLink.objects.get().suspected_at, Robots.objects.get().read_at) == (now, now)
