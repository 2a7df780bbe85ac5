"""A round over many feeds, beside the library `reader` and beside the loop that most projects write."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from resource import RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory

import feedparser
import feedparser_sgmllib
import requests
from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.test import override_settings
from reader import make_reader

from tests.bench.race import Line, cpu
from tests.press import Press, press
from tracker import ingest
from tracker.models import Document, Source
from tracker.tasks import SOURCES_PER_TASK
from tracker.watchers.guarded import collect_seldom

# The copy of feedparser in reader knows this module by its old name.
sys.modules.setdefault("sgmllib", feedparser_sgmllib)

FEEDS, ROUNDS = SOURCES_PER_TASK, 5
# As many of each kind, as ours; they read one after the other: what a feed takes them does not depend on how many.
FEEDS_OF_OTHERS = 24
FEW, MANY = 1_000, 10_000
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_moments = count(1)


def lines() -> Iterator[Line]:
    """Each state of the feeds for the three in turn, a new connection each; then unchanged ones by the thousand."""
    logging.getLogger("reader").setLevel(logging.ERROR)  # its warnings are neither read nor timed
    collect_seldom()  # as the worker does before its first task
    with (
        press() as feeds,
        TemporaryDirectory() as folder,
        override_settings(FETCH_ALLOW=frozenset(map(feeds.pair, range(MANY)))),
    ):
        yield from _race(feeds, folder)
        yield from _growth(feeds)


def _race(feeds: Press, folder: str) -> Iterator[Line]:
    times: dict[str, list[list[float]]] = {}
    for turn in range(ROUNDS):
        urls = [feeds.url(turn * FEEDS + number) for number in range(FEEDS)]
        fewer = urls[:FEEDS_OF_OTHERS]
        readers = (Ours(urls), Library(fewer, f"{folder}/{turn}.sqlite"), Plain(fewer))
        for name, change in _changes(feeds):
            change()
            readers[0].come_due()
            took = [cpu(each.read) for each in readers]
            each = [
                seconds / amount for seconds, amount in zip(took, (len(urls), *2 * [len(fewer)]), strict=True)
            ]
            times.setdefault(name, []).append(each)
    for name, bar in BARS.items():
        ours, library, plain = (median(column) for column in zip(*times[name], strict=True))
        yield Line(
            what=f"feeds, {name}, one core",
            ours=f"{1 / ours:,.4g} feeds/s",
            beside=f"reader {1 / library:,.4g}, loop {1 / plain:,.4g}",
            ratio=library / ours,
            bar=bar,
        )


def _changes(feeds: Press) -> list[tuple[str, Callable[[], None]]]:
    """What happens to the feeds before each state is read, in this order; unchanged ones are soon read, so oftener."""

    def mix() -> None:
        feeds.print_again(2)
        feeds.print_news(3)

    return [
        ("first fetch", lambda: None),
        *3 * [("304", lambda: None)],
        ("only built anew", feeds.print_again),
        ("two new entries", feeds.print_news),
        ("mixed 50/25/25", mix),
    ]


BARS = {
    "304": "≥ 5",
    "only built anew": "≥ 40",
    "two new entries": "≥ 8",
    "first fetch": "≥ 1.8",
    "mixed 50/25/25": "≥ 10",
}


def _growth(feeds: Press) -> Iterator[Line]:
    """Unchanged feeds, as if all had been read before."""
    few, many = (Ours([feeds.url(n) for n in range(size)], tags=feeds) for size in (FEW, MANY))
    _seconds(few)
    held = getrusage(RUSAGE_SELF).ru_maxrss
    _seconds(many)  # so that its hosts are known, as those of the few are
    times = [[_seconds(each) for each in (few, many)] for _ in range(ROUNDS)]
    less, more = map(median, zip(*times, strict=True))
    grown = getrusage(RUSAGE_SELF).ru_maxrss
    yield Line(
        what=f"feeds, 304, {MANY:,}",
        ours=f"{more:,.3g} s",
        beside=f"{FEW:,}: {less:,.3g} s",
        ratio=more / less,
        bar="≤ 12",
    )
    yield Line(
        what=f"feeds, 304, {MANY:,}: peak memory",
        ours=f"{grown / 1024:,.4g} MB",
        beside=f"{FEW:,}: {held / 1024:,.4g} MB",
        ratio=grown / held,
        bar="flat",
    )


def _seconds(ours: "Ours") -> float:
    ours.come_due()
    return cpu(ours.read)


class Ours:
    """The service, without broker: what its tasks are given, one after the other."""

    def __init__(self, urls: list[str], *, tags: Press | None = None):
        """`tags`: whose answers of today are known already."""
        Source.objects.exclude(slug="plain").update(
            url=Concat("url", Value("?"), "pk", output_field=CharField())
        )  # an address is watched once
        moment = next(_moments)
        rows = [
            Source(
                slug=f"{moment}-{number}", url=url, name=f"{number}", publisher="b", format="feed", tier=4,
                etag=tags.etag(number) if tags else "", read_whole_at=NOW if tags else None,
            )
            for number, url in enumerate(urls)
        ]  # fmt: skip
        self._pks, self._now = [row.pk for row in Source.objects.bulk_create(rows)], NOW

    def come_due(self) -> None:
        """Let time pass: each is to be read again, which the others do whenever they are told to."""
        self._now = NOW + next(_moments) * timedelta(seconds=10)
        Source.objects.filter(pk__among=frozenset(self._pks)).update(next_due_at=self._now)

    def read(self) -> None:
        for start in range(0, len(self._pks), SOURCES_PER_TASK):
            ingest.read_sources(self._pks[start : start + SOURCES_PER_TASK], now=self._now)


class Library:
    """The library `reader`, with one worker."""

    def __init__(self, urls: list[str], path: str):
        self._reader = make_reader(path)
        for url in urls:
            self._reader.add_feed(url)

    def read(self) -> None:
        for _updated in self._reader.update_feeds_iter(scheduled=False):
            pass


class Plain:
    """requests, feedparser and update_or_create, with the validators sent back."""

    def __init__(self, urls: list[str]):
        self._etags = dict.fromkeys(urls, "")
        self._source, _new = Source.objects.get_or_create(
            slug="plain", url="https://plain.example", name="p", format="feed", tier=4
        )

    def read(self) -> None:
        for url, etag in self._etags.items():
            answer = requests.get(url, headers={"If-None-Match": etag}, timeout=30)
            if answer.status_code == 304:
                continue
            self._etags[url] = answer.headers["ETag"]
            entries = feedparser.parse(io.BytesIO(answer.content)).entries
            with transaction.atomic():
                for entry in entries:
                    self._store(entry)

    def _store(self, entry: feedparser.FeedParserDict) -> None:
        Document.objects.update_or_create(
            source=self._source,
            external_id=entry.id,
            defaults={"url": entry.link, "title": entry.title, "text": entry.summary, "last_seen_at": NOW},
            create_defaults={
                "url": entry.link, "title": entry.title, "text": entry.summary, "last_seen_at": NOW, "first_seen_at": NOW,
            },
        )  # fmt: skip
