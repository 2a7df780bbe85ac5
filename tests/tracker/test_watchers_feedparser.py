"""Every well-formed feed of feedparser's own test suite, as feedparser reads it; skipped where they are not."""

import calendar
import io

import feedparser
import pytest

from tracker.watchers import Unread, read_all
from tracker.watchers.entry import Entry, Page
from tracker.watchers.plaintext import clean, line, strip_markup, web_link

# Where we part from it: docs/decisions/0026-where-we-part-from-feedparser.md
PARTINGS = {
    "node_precedence__atom10_id.xml": "the same twice is once",
    "rdf__doctype_contains_entity_decl.xml": "entities are refused",
    "rss__item_description_not_a_doctype.xml": "no word outside markup",
    "sanitize__feed_title_crazy.xml": "a script has no words",
    "sanitize__item_content_encoded_crazy.xml": "a script has no words",
    "sanitize__item_content_encoded_script_nested_cdata.xml": "a script has no words",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:feedparser")
def test_every_well_formed_feed_is_read_as_feedparser_reads_it(shared, monkeypatch):
    """What has no word, web link, identifier or date is no entry; markup is no part of a text, nor is a space."""
    prefix = "wellformed__"
    paths = sorted((shared / "data" / "feeds" / "feedparser-tests").glob(prefix + "*"))
    bodies = [path.read_bytes() for path in paths]
    unread = [Unread(format="feed", body=body, content_type="application/xml") for body in bodies]
    ours = [page for _number, page in read_all(unread)]
    monkeypatch.setattr(feedparser.api, "PREFERRED_XML_PARSERS", [])  # with its own parser, not with ours
    theirs = [
        feedparser.parse(io.BytesIO(body), response_headers={"content-type": "application/xml"})
        for body in bodies
    ]
    pairs = zip(paths, ours, theirs, strict=True)
    parted = {path.name.removeprefix(prefix) for path, page, parsed in pairs if not _agree(page, parsed)}
    assert parted == {*PARTINGS}
    assert sum(len(parsed.entries) for parsed in theirs) > 600


def _agree(page: object, parsed: feedparser.FeedParserDict) -> bool:
    entries = [each for each in parsed.entries if any(_told(each)[:4]) or any(_texts(each))]
    if not isinstance(page, Page):
        return not parsed.version and not entries
    return (
        page.title == _words(parsed.feed.get("title"))
        and len(page.entries) == len(entries)
        and all(map(_agree_on_entry, page.entries, entries))
    )


def _agree_on_entry(entry: Entry, other: feedparser.FeedParserDict) -> bool:
    title, link, identifier, seconds = _told(other)
    instant = int(entry.published_at.timestamp()) if entry.published_at else None
    return (
        (entry.title, entry.url, instant) == (title, link, seconds)
        and identifier in ("", entry.external_id)
        and " ".join(entry.text.split()) in _texts(other)
    )


def _told(entry: feedparser.FeedParserDict) -> tuple[str, str, str, int | None]:
    # dict.get: its own answers with the update when asked for a missing publication.
    fields = ("published_parsed", "updated_parsed", "created_parsed")
    parsed = next(filter(None, (dict.get(entry, field) for field in fields)), None)
    seconds = calendar.timegm(parsed) if parsed else None
    return _words(entry.get("title")), web_link(entry.get("link")), line(entry.get("id") or ""), seconds


def _texts(entry: feedparser.FeedParserDict) -> set[str]:
    parts = [*entry.get("content", ()), {"value": entry.get("summary")}]
    return {_words(part.get("value")) for part in parts}


def _words(markup: str | None) -> str:
    return " ".join(clean(strip_markup(markup or "")).split())
