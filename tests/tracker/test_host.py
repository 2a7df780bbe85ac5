"""Politeness: two questions at once, five seconds apart, and a host that asks us to wait is left alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Count

from indicators.models import Measure
from tests.tracker.feed_source import serve
from tracker import ingest
from tracker.coverage import measures
from tracker.models import Fetch, Host, Source

SECOND = timedelta(seconds=1)


@pytest.fixture
def sources(source: Source, now: datetime) -> list[Source]:
    """Four sources of one host, all due."""
    for number in range(1, 4):
        Source.objects.create(
            slug=f"s{number}",
            name=f"{number}",
            format="feed",
            tier=1,
            url=f"{source.url}?{number}",
            next_due_at=now,
        )
    return list(Source.objects.order_by("pk"))


def read(source: Source, now: datetime) -> Fetch | None:
    Source.objects.filter(pk=source.pk).update(next_due_at=now)
    return ingest.read_source(source.pk, now=now)


def test_a_source_of_a_busy_host_is_due_again_in_seconds_without_a_failure(httpserver, sources, now) -> None:
    serve(httpserver)
    assert read(sources[0], now).outcome == "read"
    assert read(sources[1], now) is None
    waiting = Source.objects.get(pk=sources[1].pk)
    assert (waiting.state, waiting.failures, waiting.fetches.count()) == ("active", 0, 0)
    assert now + 5 * SECOND <= waiting.next_due_at <= now + 6 * SECOND
    assert Source.objects.due(now + 6 * SECOND).contains(waiting)
    assert ingest.read_source(waiting.pk, now=now + 6 * SECOND).outcome == "read"


def test_a_round_over_many_hosts_waits_for_none(httpserver, sources, settings, now) -> None:
    serve(httpserver)
    sources[1].url = sources[1].url.replace("127.0.0.1", "localhost")
    sources[1].save()
    assert [read(source, now) is None for source in sources[:2]] == [False, False]


def test_two_sources_of_a_host_are_read_at_once_and_never_three(sources, now) -> None:
    begun = []
    for number, source in enumerate(sources):
        moment = now + 5 * number * SECOND
        assert Source.objects.claim(source.pk, now=moment)
        begun.append(bool(Host.objects.admit(source, now=moment)))
    assert begun == [True, True, False, False]
    sources[0].release(next_due_at=None)
    sources[0].save()
    assert Host.objects.admit(sources[2], now=now + 20 * SECOND)


def test_what_a_killed_worker_was_reading_holds_its_host_for_one_lease(sources, now, settings) -> None:
    for number, source in enumerate(sources[:2]):
        Source.objects.claim(source.pk, now=now)
        assert Host.objects.admit(source, now=now + 5 * number * SECOND)
    after = now + (2 * settings.FETCH_TOTAL_SECONDS + 1) * SECOND
    assert not Host.objects.admit(sources[2], now=after - 2 * SECOND)
    assert Host.objects.admit(sources[2], now=after)


def test_a_429_holds_every_source_of_its_host_and_releases_them_apart(httpserver, sources, now) -> None:
    serve(httpserver, b"", status=429, headers={"Retry-After": "3600"})
    assert read(sources[0], now).http_status == 429
    assert [read(source, now + 60 * SECOND) for source in sources[1:]] == [None] * 3
    assert len(httpserver.log) == 1
    due = sorted(Source.objects.values_list("next_due_at", flat=True))
    assert now + timedelta(hours=1) <= due[0] < due[-1] <= now + timedelta(hours=1.1)
    assert len(set(due)) == 4
    serve(httpserver)
    assert ingest.read_source(sources[1].pk, now=due[-1]).outcome == "read"


def test_a_503_holds_only_its_source(httpserver, sources, now) -> None:
    serve(httpserver, b"", status=503, headers={"Retry-After": "3600"})
    assert read(sources[0], now).http_status == 503
    serve(httpserver)
    assert read(sources[1], now + 5 * SECOND).outcome == "read"


def test_the_command_that_reads_all_waits_for_a_busy_host(httpserver, sources, settings) -> None:
    serve(httpserver)
    settings.FETCH_HOST_SECONDS = 0.4
    Measure.objects.bulk_create(measures())
    call_command("watch", all=True, stdout=StringIO())
    assert dict(Source.objects.values_list("slug").annotate(Count("fetches"))) == {
        source.slug: 1 for source in sources
    }


def test_an_address_that_is_none_is_a_failure_in_words(source, now) -> None:
    Source.objects.update(url="http://[::1")
    assert read(source, now).error == "Ceci n’est pas l’adresse d’une page du web public."


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_ask_for_a_host_at_the_same_moment_one_is_let_in(sources, now) -> None:
    def admit(source: Source) -> bool:
        try:
            Source.objects.claim(source.pk, now=now)
            return bool(Host.objects.admit(source, now=now))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sorted(workers.map(admit, sources)) == [False, False, False, True]
