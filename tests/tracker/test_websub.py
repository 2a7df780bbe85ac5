"""WebSub end to end: a small hub on this machine is found, asked, believed, and caught when it is silent or forges."""

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tracker import ingest, tasks, websub
from tracker.models import Delivery, Document, Fetch, Host, HubSubscription, Source

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    """The present: the door that hubs knock at reads the clock itself."""
    return timezone.now()


class Hub:
    """What a hub is asked, and what it does then."""

    def __init__(self, httpserver: HTTPServer, source: Source):
        self.asked: list[dict[str, str]] = []
        self.status, self.source, self._server = 202, source, httpserver
        httpserver.expect_request("/hub", method="POST").respond_with_handler(self._take)
        self.publish("1")

    def publish(self, *guids: str, hub: str | None = None) -> None:
        self.feed = self.document(*guids, hub=hub)
        self._server.clear_all_handlers()
        self._server.expect_request("/hub", method="POST").respond_with_handler(self._take)
        self._server.expect_request("/feed").respond_with_data(self.feed, content_type="application/rss+xml")

    def document(self, *guids: str, hub: str | None = None) -> bytes:
        hub = self._url("/hub") if hub is None else hub
        links = f'<atom:link rel="hub" href="{hub}"/>' if hub else ""
        links += f'<atom:link rel="self" href="{self._url("/feed")}"/>'
        items = "".join(f"<item><guid>{guid}</guid><title>Avis {guid}</title></item>" for guid in guids)
        return (
            f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Fil</title>{links}'
            f"{items}</channel></rss>"
        ).encode()

    def read(self, now: datetime) -> Fetch:
        Source.objects.filter(pk=self.source.pk).update(next_due_at=now)
        fetch = ingest.read_source(self.source.pk, now=now)
        self.source.refresh_from_db()
        return fetch

    def verify(self, **changed: str) -> object:
        form = self.asked[-1]
        query = {
            "mode": form["hub.mode"],
            "topic": form["hub.topic"],
            "challenge": "défi-1",
            "lease_seconds": "864000",
        }
        query = {f"hub.{name}": value for name, value in (query | changed).items()}
        return Client().get(urlsplit(form["hub.callback"]).path, query)

    def deliver(self, body: bytes, *, signature: str | None = None, method: str = "sha256") -> int:
        form = self.asked[0]
        if signature is None:
            signature = f"{method}={hmac.new(form['hub.secret'].encode(), body, method).hexdigest()}"
        path = urlsplit(form["hub.callback"]).path
        client = Client(enforce_csrf_checks=True)
        return client.post(
            path, body, content_type="application/rss+xml", headers={"X-Hub-Signature": signature}
        ).status_code

    def _url(self, path: str) -> str:
        return self._server.url_for(path).replace("localhost", "127.0.0.1")

    def _take(self, request: Request) -> Response:
        self.asked.append(dict(parse_qsl(request.get_data(as_text=True))))
        return Response(status=self.status)


@pytest.fixture
def hub(httpserver: HTTPServer, source: Source, settings) -> Hub:
    settings.SITE_URL, settings.FETCH_HOST_SECONDS = "https://veille.example", 0
    return Hub(httpserver, source)


@pytest.fixture
def promised(hub: Hub, now: datetime) -> Hub:
    """A hub that was found in the feed an hour ago, asked, and has confirmed."""
    hub.read(now - HOUR)
    websub.ask_hubs(now=now)
    assert hub.verify().status_code == 200
    return hub


def test_a_hub_named_by_a_feed_is_asked_confirms_and_is_asked_nothing_more(hub, now) -> None:
    hub.read(now)
    websub.ask_hubs(now=now)
    [form] = hub.asked
    subscription = HubSubscription.objects.get()
    assert form == {
        "hub.callback": websub.callback_of(subscription),
        "hub.mode": "subscribe",
        "hub.topic": hub.source.url,
        "hub.secret": form["hub.secret"],
        "hub.lease_seconds": "864000",
    }
    assert form["hub.callback"].startswith("https://veille.example/websub/")
    assert len(form["hub.secret"]) == 64
    answer = hub.verify()
    assert (answer.status_code, answer.content.decode()) == (200, "défi-1")
    assert answer.headers["Content-Type"].startswith("text/plain")
    subscription.refresh_from_db()
    assert (subscription.state, subscription.error) == ("verified", "")
    assert timedelta(days=9.9) < subscription.verified_until - now < timedelta(days=10.1)
    websub.ask_hubs(now=now + DAY)
    assert len(hub.asked) == 1


@pytest.mark.parametrize(
    "wrong", [{"topic": "https://other.example/"}, {"mode": "unsubscribe"}, {"mode": "x"}, {"challenge": ""}]
)
def test_what_we_did_not_ask_for_is_not_confirmed(hub, now, wrong) -> None:
    hub.read(now)
    websub.ask_hubs(now=now)
    answer = hub.verify(**wrong)
    assert (answer.status_code, answer.content) == (404, b"")
    assert HubSubscription.objects.get().state == "asked"


def test_a_hub_that_confirms_what_was_never_asked_is_not_believed(hub, now) -> None:
    hub.read(now)
    websub.ask_hubs(now=now)
    HubSubscription.objects.update(asked_at=now - 2 * DAY)
    assert hub.verify().status_code == 404
    HubSubscription.objects.update(asked_at=None)
    assert hub.verify().status_code == 404


@pytest.mark.parametrize(
    ("lease", "promised"),
    [("60", timedelta(minutes=15)), ("9" * 30, 30 * DAY), ("-5", 10 * DAY), ("x", 10 * DAY)],
)
def test_a_promise_is_neither_too_short_nor_too_long(hub, now, lease, promised) -> None:
    hub.read(now)
    websub.ask_hubs(now=now)
    hub.verify(lease_seconds=lease)
    subscription = HubSubscription.objects.get()
    assert subscription.verified_until - subscription.verified_at == promised


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha512"])
def test_a_signed_delivery_is_read_like_any_answer(promised, method) -> None:
    assert promised.deliver(promised.document("2", "3"), method=method) == 202
    assert Document.objects.count() == 1  # nothing is read at the door
    tasks.follow_hubs()
    assert sorted(Document.objects.values_list("title", flat=True)) == ["Avis 1", "Avis 2", "Avis 3"]
    assert not Document.objects.unmatched().exists()
    assert not Delivery.objects.exists()
    read = Fetch.objects.first()
    assert (read.outcome, read.entries_new, read.remarks) == ("read", 2, ["Le hub de ce flux l’a livré."])


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha256=" + "0" * 64, "md5=0", "sha256=é", hashlib.sha256(b"x").hexdigest()]
)
def test_a_forged_delivery_is_counted_and_changes_nothing(promised, signature) -> None:
    assert promised.deliver(promised.document("2"), signature=signature) == 202
    tasks.follow_hubs()
    assert (Document.objects.count(), Fetch.objects.count()) == (1, 1)
    assert HubSubscription.objects.get().forged == 1


def test_what_is_delivered_before_the_hub_confirmed_is_not_read(hub, now) -> None:
    hub.read(now)
    websub.ask_hubs(now=now)
    assert hub.deliver(hub.document("2")) == 202
    assert not Delivery.objects.exists()


def test_a_delivery_that_cannot_be_read_is_told_and_does_not_hurt_the_health_of_the_feed(promised) -> None:
    promised.deliver(b"<html><p>Bonjour</p></html>")
    tasks.follow_hubs()
    read = Fetch.objects.first()
    assert (read.outcome, read.error_kind) == ("unreadable", "web_page")
    promised.source.refresh_from_db()
    assert (promised.source.state, promised.source.failures) == ("active", 0)


def test_what_there_is_to_say_of_a_delivery_is_told_as_of_any_answer(promised, now) -> None:
    item = "<item><guid>{}</guid><title>Avis {}</title><link>https://x.example/{}</link></item>"

    def document(prefix: str) -> bytes:
        items = "".join(item.format(f"{prefix}{number}", number, number) for number in range(6))
        return f"<rss version='2.0'><channel><title>Fil</title>{items}</channel></rss>".encode()

    for prefix in ("a", "b"):
        promised.deliver(document(prefix))
    with override("en"):
        [first, second] = websub.read_deliveries(now=now)
    assert first.remarks == ["The hub of this feed delivered it."]
    assert second.remarks == [
        "The hub of this feed delivered it.",
        "The source gave its entries new identities. (6 / 6)",
    ]


def test_two_workers_read_a_delivery_once(promised, now) -> None:
    promised.deliver(promised.document("2"))
    pk = Delivery.objects.get().pk
    assert websub.read_delivery(pk, now=now).entries_new == 1
    assert websub.read_delivery(pk, now=now) is None


def test_nobody_fills_the_house_through_one_address(promised, settings) -> None:
    statuses = [promised.deliver(promised.document(f"{n}")) for n in range(21)]
    assert statuses == [202] * 20 + [429]
    tasks.follow_hubs()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert promised.deliver(b"x" * 2_000) == 413
    assert promised.deliver(promised.document("22")) == 202


def test_while_the_hub_tells_the_feed_is_asked_six_times_more_rarely(promised, now) -> None:
    Source.objects.update(cadence_minutes=60)
    Document.objects.bulk_create(
        Document(
            source=promised.source,
            external_id=f"x{n}",
            kind="article",
            first_seen_at=now - HOUR,
            last_seen_at=now,
        )
        for n in range(400)
    )  # so that its rhythm alone would have it asked every hour
    promised.read(now + HOUR)
    assert promised.source.next_due_at == now + 7 * HOUR
    promised.read(now + 11 * DAY)  # the promise has ended
    assert promised.source.next_due_at == now + 11 * DAY + HOUR


def test_an_entry_that_the_hub_did_not_tell_ends_the_trust_until_it_promises_again(promised, now) -> None:
    promised.read(now + HOUR)
    promised.deliver(promised.document("2"))
    websub.read_deliveries(now=now + 2 * HOUR)
    promised.publish("1", "2")
    promised.read(now + 3 * HOUR)
    assert HubSubscription.objects.get().silent_since is None
    promised.publish("1", "2", "3")
    promised.read(now + 4 * HOUR)
    assert HubSubscription.objects.get().silent_since == now + 4 * HOUR
    assert not HubSubscription.objects.get().tells_all(now=now + 5 * HOUR)
    websub.ask_hubs(now=now + 9 * DAY)
    HubSubscription.objects.update(asked_at=now)
    promised.verify()
    assert HubSubscription.objects.get().silent_since is None


def test_the_first_reading_after_a_promise_may_bring_what_came_before_it(promised, now) -> None:
    promised.publish("1", "2")
    promised.read(now + HOUR)
    assert HubSubscription.objects.get().silent_since is None


def test_a_promise_is_renewed_before_it_ends(promised, now) -> None:
    websub.ask_hubs(now=now + 7 * DAY)
    assert len(promised.asked) == 1
    websub.ask_hubs(now=now + 8.1 * DAY)
    assert [form["hub.mode"] for form in promised.asked] == ["subscribe"] * 2
    assert promised.asked[0] == promised.asked[1]
    websub.ask_hubs(now=now + 8.2 * DAY)
    assert len(promised.asked) == 2
    websub.ask_hubs(now=now + 9.2 * DAY)
    assert len(promised.asked) == 3


def test_a_paused_source_is_given_up_and_the_hub_told_so(promised, now) -> None:
    Source.objects.update(state="paused")
    websub.ask_hubs(now=now)
    assert promised.asked[-1]["hub.mode"] == "unsubscribe"
    assert promised.verify().status_code == 200
    assert not HubSubscription.objects.exists()
    assert promised.deliver(promised.document("2")) == 410


def test_a_hub_that_never_confirms_the_end_is_forgotten_after_a_day(promised, now) -> None:
    Source.objects.update(state="paused")
    for after in (0 * DAY, DAY / 2, 1.1 * DAY):
        websub.ask_hubs(now=now + after)
    assert len(promised.asked) == 2
    assert not HubSubscription.objects.exists()


def test_a_source_that_is_taken_up_again_asks_again(promised, now) -> None:
    Source.objects.update(state="paused")
    websub.ask_hubs(now=now)
    Source.objects.update(state="active")
    assert promised.verify().status_code == 404
    websub.ask_hubs(now=now)
    assert promised.asked[-1]["hub.mode"] == "subscribe"
    assert promised.verify().status_code == 200


def test_a_feed_that_names_another_hub_or_none_leaves_the_first(promised, now) -> None:
    promised.publish("1", "2", hub="https://elsewhere.example/hub")
    promised.read(now + HOUR)
    assert HubSubscription.objects.get().hub == "https://elsewhere.example/hub"
    assert promised.deliver(promised.document("2")) == 410
    promised.publish("1", hub="")
    promised.read(now + 2 * HOUR)
    assert not HubSubscription.objects.exists()


@pytest.mark.parametrize(
    "link",
    [
        '</hub>; rel="hub", </feed>; rel="self"',
        '<https://a.example/>; rel=next, </hub>; title="x"; rel="other hub"',
        '</hub>;rel=hub, <https://other.example/hub>; rel="hub"',
    ],
)
def test_a_hub_in_the_headers_counts_before_the_one_in_the_feed(hub, httpserver, now, link) -> None:
    feed = hub.document("1", hub="https://elsewhere.example/hub")
    httpserver.clear_all_handlers()
    httpserver.expect_request("/feed").respond_with_data(feed, headers={"Link": link})
    hub.read(now)
    subscription = HubSubscription.objects.get()
    assert (subscription.hub, subscription.topic) == (hub.source.url.replace("feed", "hub"), hub.source.url)


def test_a_refusal_is_told_and_asked_about_again_a_day_later(hub, now) -> None:
    hub.status = 400
    hub.read(now)
    websub.ask_hubs(now=now)
    assert HubSubscription.objects.get().error == "Le serveur a répondu avec le statut 400."
    assert hub.verify(mode="denied", reason="trop\x00 <b>").status_code == 200
    assert HubSubscription.objects.get().error == "Le hub refuse. trop <b>"
    websub.ask_hubs(now=now + 1.1 * DAY)
    assert len(hub.asked) == 2


@pytest.mark.parametrize(
    "site",
    ["http://veille.example", "https://localhost", "https://127.0.0.1", "https://10.1.2.3", "https://[::1]"],
)
def test_no_hub_is_asked_that_could_not_reach_us(hub, now, settings, site) -> None:
    settings.SITE_URL = site
    hub.read(now)
    websub.ask_hubs(now=now)
    assert hub.asked == []


def test_a_hub_inside_is_never_asked(hub, now) -> None:
    hub.publish("1", hub="http://127.0.0.1:1/hub")
    hub.read(now)
    websub.ask_hubs(now=now)
    assert HubSubscription.objects.get().error != ""
    assert hub.asked == []


def test_a_busy_host_is_asked_at_a_later_tick(hub, now, settings) -> None:
    hub.read(now)
    Host.objects.update(free_at=now + 5 * SECOND)
    websub.ask_hubs(now=now)
    assert hub.asked == []
    websub.ask_hubs(now=now + 5 * SECOND)
    assert len(hub.asked) == 1


def test_an_address_that_we_gave_to_nobody_is_not_found(hub, client) -> None:
    for path in ("/websub/1/0/", f"/websub/1/{'0' * 64}/", "/websub/99999999999999999999/x/"):
        assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]
    assert client.put(f"/websub/1/{'0' * 64}/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_would_ask_a_hub_at_the_same_moment_one_does(hub, now) -> None:
    hub.read(now)

    def ask(_number: int) -> None:
        try:
            websub.ask_hubs(now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(ask, range(4)))
    assert len(hub.asked) == 1
