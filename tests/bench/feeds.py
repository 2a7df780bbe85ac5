"""A round over many feeds, beside the library `reader` and beside the loop that most projects write."""

import io
import sys
from datetime import UTC, datetime, timedelta
from itertools import count

import feedparser
import feedparser_sgmllib
import requests
from django.db import transaction
from reader import make_reader

from tracker import ingest
from tracker.models import Document, Source

FEEDS, ROUNDS, BATCH = 100, 5, 100
sys.modules.setdefault("sgmllib", feedparser_sgmllib)  # of which the copy of feedparser in reader knows the old name


class Ours:
    """The service, without broker: what a task is given, one after the other."""

    def __init__(self, urls: list[str], *, name: str = "ours"):
        self._clock = count(1)
        rows = [
            Source(slug=f"{name}-{n}", url=url, name=f"{n}", publisher="b", format="feed", tier=4)
            for n, url in enumerate(urls)
        ]
        self._pks = [row.pk for row in Source.objects.bulk_create(rows)]

    def read(self) -> None:
        now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC) + next(self._clock) * timedelta(minutes=1)
        Source.objects.filter(pk__in=self._pks).update(next_due_at=now)
        for start in range(0, len(self._pks), BATCH):
            ingest.read_sources(self._pks[start : start + BATCH], now=now)


class Library:
    """The library `reader`, with one worker."""

    def __init__(self, urls: list[str], folder: str):
        self._reader = make_reader(f"{folder}/reader.sqlite")
        for url in urls:
            self._reader.add_feed(url)

    def read(self) -> None:
        for _updated in self._reader.update_feeds_iter(scheduled=False):
            pass


class Plain:
    """requests, feedparser and update_or_create, with the validators sent back."""

    def __init__(self, urls: list[str]):
        self._etags = dict.fromkeys(urls, "")
        self._source = Source.objects.create(
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
        now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
        Document.objects.update_or_create(
            source=self._source,
            external_id=entry.id,
            defaults={"url": entry.link, "title": entry.title, "text": entry.summary, "last_seen_at": now},
            create_defaults={
                "url": entry.link, "title": entry.title, "text": entry.summary, "last_seen_at": now, "first_seen_at": now,
            },
        )  # fmt: skip
