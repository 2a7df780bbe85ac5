"""When a source is asked again, and who may be asked together: told by real answers, at moments the test chooses."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.tracker.feed_source import SAMPLE, serve
from tests.tracker.test_admin_sources import logged_in
from tracker import ingest
from tracker.models import Document, Fetch, Host, Source, host_name

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


def read(source: Source, now) -> Fetch | None:
    Source.objects.filter(pk=source.pk).update(next_due_at=now)
    fetch = ingest.read_source(source.pk, now=now)
    source.refresh_from_db()
    return fetch


def busy(source: Source, now) -> None:
    """So many entries that its rhythm alone would have it asked at its shortest interval."""
    Document.objects.bulk_create(
        Document(
            source=source, external_id=f"x{n}", kind="article", first_seen_at=now - HOUR, last_seen_at=now
        )
        for n in range(1_400)
    )


@pytest.mark.parametrize(
    ("asked", "hours"),
    [
        (b"", 1),
        (b"<ttl>180</ttl>", 3),
        (b"<ttl>-5</ttl>", 1),
        (b"<ttl>soon</ttl>", 1),
        (b"<ttl>999999</ttl>", 24),
        (b"<s:updatePeriod>daily</s:updatePeriod><s:updateFrequency>6</s:updateFrequency>", 4),
        (b"<s:updatePeriod>hourly</s:updatePeriod><s:updateFrequency>0</s:updateFrequency>", 1),
        (b"<s:updatePeriod>weekly</s:updatePeriod><ttl>60</ttl>", 24),
        (b"<s:updatePeriod>&#233;ternel</s:updatePeriod>", 1),
    ],
)
def test_a_feed_that_asks_for_patience_has_it_also_when_nothing_changed(
    httpserver, source, now, asked, hours
):
    source.tier = 3
    source.save()
    busy(source, now)
    told = SAMPLE.replace(
        b"<channel>", b'<channel xmlns:s="http://purl.org/rss/1.0/modules/syndication/">' + asked
    )
    serve(httpserver, told)
    assert read(source, now).outcome == "read"
    assert source.next_due_at == now + hours * HOUR
    assert read(source, now + DAY).outcome == "unchanged"
    assert source.next_due_at == now + DAY + hours * HOUR


@pytest.mark.parametrize(("tier", "hours"), [(1, 6), (2, 24)])
def test_a_cache_does_not_put_an_official_source_off_for_a_day(httpserver, source, now, tier, hours):
    source.tier = tier
    source.save()
    busy(source, now)
    serve(httpserver, headers={"Cache-Control": "max-age=86400"})
    read(source, now)
    assert source.next_due_at == now + hours * HOUR


def test_feeds_that_a_503_put_off_together_come_back_apart(httpserver, source, now):
    sources = [source]
    for number in range(9):
        told = {"slug": f"s{number}", "name": f"{number}", "format": "feed", "tier": 1}
        sources.append(Source.objects.create(url=f"{source.url}?{number}", next_due_at=now, **told))
    serve(httpserver, b"", status=503, headers={"Retry-After": "36000"})
    for number, each in enumerate(sources):
        assert read(each, now + number * 6 * timedelta(seconds=1)).error_kind == "backoff"
    due = sorted(Source.objects.values_list("next_due_at", flat=True))
    assert due[0] >= now + 10 * HOUR
    assert due[-1] <= now + 11.1 * HOUR
    assert due[-1] - due[0] > MINUTE
    assert len(set(due)) == 10


@pytest.mark.parametrize(
    ("ahead", "due"),
    [(0 * DAY, True), (1 * HOUR, False), (7.5 * DAY, False), (9 * DAY, True), (4_000 * DAY, True)],
)
def test_a_clock_that_was_wrong_starves_no_source(httpserver, source, now, ahead, due):
    serve(httpserver)
    Source.objects.update(next_due_at=now + ahead)
    assert Source.objects.due(now).exists() is due
    assert (ingest.read_source(source.pk, now=now) is not None) is due


@pytest.mark.parametrize("field", ["sent_at", "claimed_until", "read_whole_at"])
def test_what_a_wrong_clock_wrote_of_a_source_is_not_waited_for(httpserver, source, now, field):
    serve(httpserver)
    Source.objects.update(**{field: now + 40 * DAY}, etag='"x"')
    assert Source.objects.due(now).exists()
    assert ingest.read_source(source.pk, now=now).outcome == "read"
    assert "If-None-Match" not in httpserver.log[0][0].headers or field != "read_whole_at"


def test_a_host_that_a_wrong_clock_held_is_asked(httpserver, source, now):
    serve(httpserver)
    Host.objects.create(name="127.0.0.1", free_at=now + 3 * DAY)
    assert read(source, now).outcome == "read"
    assert Host.objects.get().free_at < now + MINUTE


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.bbc.co.uk/feed", "bbc.co.uk"),
        ("https://feeds.a.example.fr:8443/x", "example.fr"),
        ("https://TED.Europa.eu./rss", "europa.eu"),
        ("https://one.github.io/feed", "one.github.io"),
        ("https://github.io/feed", "github.io"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("http://localhost/", "localhost"),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_what_one_party_registered_is_one_host(url, name):
    assert host_name(url) == name


def moved(source: Source, *, to: str) -> Source:
    """Another source that has redirected to the address of this one for long."""
    told = {"slug": "old", "name": "Ancienne", "format": "feed", "tier": 1, "url": "https://old.example/"}
    return Source.objects.create(moved_to=to, moved_times=5, **told)


@pytest.fixture
def operator() -> Client:
    return logged_in("view_source", "change_source", "view_host", "change_host")


def test_two_sources_that_became_one_are_merged_by_a_person_and_nothing_is_lost(source, now, operator):
    old = moved(source, to=source.url)
    busy(old, now)
    listed = operator.get("/admin/tracker/source/?needs=moved").content.decode()
    assert "Ancienne" in listed
    assert ">Agence<" not in listed
    action = {"action": "merge", "_selected_action": [old.pk, source.pk]}
    told = operator.post("/admin/tracker/source/", action, follow=True).content.decode()
    assert "«\xa0Ancienne\xa0» est suspendue" in told
    old.refresh_from_db()
    source.refresh_from_db()
    assert (old.state, old.moved_to, source.state) == ("paused", source.url, "active")
    assert old.documents.count() == 1_400
    again = operator.post("/admin/tracker/source/", action, follow=True).content.decode()
    assert "Aucune de celles-ci" in again


def test_a_move_to_where_nobody_watches_is_no_duplicate(source):
    moved(source, to="https://elsewhere.example/")
    assert not Source.objects.duplicates().exists()


@pytest.mark.parametrize("state", ["gone", "failing"])
def test_what_the_watch_cannot_decide_alone_has_a_list(source, operator, state):
    Source.objects.update(state=state)
    assert "Agence" in operator.get(f"/admin/tracker/source/?needs={state}").content.decode()
    Source.objects.update(state="active")
    assert ">Agence<" not in operator.get(f"/admin/tracker/source/?needs={state}").content.decode()


def test_an_operator_sees_the_hosts_that_want_peace_and_may_ask_them_again(httpserver, source, operator):
    now = timezone.now()  # the admin knows no other
    serve(httpserver, b"", status=429, headers={"Retry-After": "36000"})
    read(source, now)
    host = Host.objects.get()
    page = operator.get("/admin/tracker/host/").content.decode()
    assert "127.0.0.1" in page
    assert "Agence" in page
    assert operator.get(f"/admin/tracker/host/{host.pk}/delete/").status_code == 403
    operator.post("/admin/tracker/host/", {"action": "release", "_selected_action": [host.pk]})
    host.refresh_from_db()
    assert not host.is_held(now)
    serve(httpserver)
    assert read(source, max(host.free_at, now)).outcome == "read"
