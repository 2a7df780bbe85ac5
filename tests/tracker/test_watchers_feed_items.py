"""What changed in a feed since last time: the same as reading it whole, without reading it whole."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.watchers import feed
from tracker.watchers.entry import Page, Request, UnreadableError
from tracker.watchers.feed_items import Cut, cut

URL = "https://f.example/rss"


def read(body: bytes, memory: bytes = b"") -> Page:
    return feed.read(body, url=URL, request=replace(feed.first_request(URL), memory=memory))


def rss(*items: str, channel: str = "", after: str = "") -> bytes:
    told = "".join(f"<item>{each}</item>" for each in items)
    return f'<rss version="2.0"><channel><title>T</title>{channel}{told}{after}</channel></rss>'.encode()


def entry(number: int, words: str = "") -> str:
    return f"<guid isPermaLink='false'>g{number}</guid><title>Titre {number} {words}</title><link>/a/{number}</link>"


def pieces(body: bytes) -> list[bytes]:
    found = cut(body, content_type="")
    return [body[start:end] for start, end in found.spans]


def test_items_are_cut_byte_for_byte():
    body = rss(
        "<title>&lt;/item&gt; <![CDATA[</item><item>]]></title><!-- <item> -->", "<a/>", after="\n<x/>"
    )
    items = pieces(body)
    assert items[0].startswith(b"<item><title>&lt;/item&gt; <![CDATA[</item><item>]]></title><!--")
    assert items[1] == b"<item><a/></item>"
    assert cut(body, content_type="").keeping([1]) == body.replace(items[0], b"")


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><item><item></item></item></channel></rss>",  # an item in an item
        b"<rss><channel><item>a</item></channel><channel><item>b</item></channel></rss>",  # several parents
        b"<rss><channel><item>a</item><x:item xmlns:x='urn:x'>b</x:item></channel></rss>",
        b"<rss><item>a</item></rss>",  # not where they belong
        b"<rss><channel><item>a</item><item/></channel></rss>",
        b"<channel><item>a</item></channel>",  # CDF
        b"<html><body><item>a</item></body></html>",
        b"<rss><channel><item>a</channel></rss>",  # ill-formed
        b"<rss><channel><item>&nbsp;</item></channel></rss>",
        b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel><item>&a;</item></channel></rss>",
        b"<?xml version='1.0' encoding='utf-7'?><rss><channel><item>a</item></channel></rss>",
        "<rss><channel><item>é</item></channel></rss>".encode("utf-16"),
        b"<rss><channel><item>\xe9</item></channel></rss>",
        b"",
    ],
)
def test_what_is_not_regular_is_not_cut(body):
    assert cut(body, content_type="") is None


def test_an_encoding_told_in_two_ways_is_not_cut():
    body = b"<?xml version='1.0' encoding='utf-8'?><rss><channel><item>a</item></channel></rss>"
    assert cut(body, content_type="text/xml; charset=iso-8859-1") is None
    assert pieces(body) == [b"<item>a</item>"]
    assert isinstance(cut(body, content_type="text/xml; charset=UTF8"), Cut)


def test_only_what_is_new_or_edited_is_read_again():
    memory = read(rss(entry(1), entry(2), entry(3))).memory
    page = read(rss(entry(4), entry(3, "bis"), entry(2), entry(1)), memory)
    assert [each.external_id for each in page.entries] == ["g4", "g3"]
    assert page.entries == read(rss(entry(4), entry(3, "bis"))).entries
    assert page.known == ("g2", "g1")
    assert read(rss(entry(4), entry(1)), page.memory).known == ("g4", "g1")


def test_an_item_that_went_and_came_back_is_read_again():
    memory = read(rss(entry(1), entry(2))).memory
    memory = read(rss(entry(2)), memory).memory
    assert [each.external_id for each in read(rss(entry(1), entry(2)), memory).entries] == ["g1"]


@pytest.mark.parametrize(
    "body",
    [
        rss(
            entry(1), entry(2), channel="<link>https://elsewhere.example/</link>"
        ),  # what links are relative to
        rss(entry(1), entry(2), channel="<language>de</language>"),
        rss(entry(1), entry(2)).replace(b"<channel>", b"<channel xml:lang='de'>"),
        rss(entry(1), entry(2), "<guid isPermaLink='false'>g1</guid><title>another one of that name</title>"),
        rss(entry(1), entry(2), "<guid></guid>"),
        rss(entry(1), entry(2)).replace(b"</channel>", b""),
        rss(entry(8), entry(9)),
    ],
)
def test_where_more_has_changed_the_whole_document_is_read(body):
    page = read(body, read(rss(entry(1), entry(2))).memory)
    assert (page.known, page.entries) == ((), read(body).entries)


def test_two_items_of_one_identity_are_told_apart_as_in_the_whole_document():
    twice = rss(
        "<guid>g</guid><title>a</title><link>/a</link>", "<guid>g</guid><title>b</title><link>/b</link>"
    )
    assert read(twice).memory == b""


ITEMS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["", "x"])), max_size=8)


@given(before=ITEMS, after=ITEMS)
def test_news_and_what_is_known_are_the_whole_document(before, after):
    whole = read(rss(*(entry(*each) for each in after)))
    page = read(rss(*(entry(*each) for each in after)), read(rss(*(entry(*each) for each in before))).memory)
    fresh = {each.external_id: each for each in page.entries}
    assert fresh.keys().isdisjoint(page.known)
    assert {*fresh, *page.known} == {each.external_id for each in whole.entries}
    assert list(fresh.values()) == [each for each in whole.entries if each.external_id in fresh]
    assert page.memory == whole.memory


def real_feeds(shared: Path) -> list[Path]:
    folder = shared / "data" / "feeds"
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".md", ".tsv"})


def test_real_feeds_give_the_same_entries_in_pieces_as_whole(shared):
    """Each as if every second of its items were new."""
    compared = 0
    for path in real_feeds(shared):
        body = path.read_bytes().lstrip()
        try:
            whole, found = read(body), cut(body, content_type="")
        except UnreadableError:
            continue
        if not whole.memory or len(found.spans) < 2:
            continue
        news = read(body, read(found.keeping(range(1, len(found.spans), 2))).memory)
        if news.known:
            compared += 1
            assert news.entries == whole.entries[::2], path
            assert news.known == tuple(each.external_id for each in whole.entries[1::2]), path
            assert (news.memory, news.title, news.hub) == (whole.memory, whole.title, whole.hub), path
    assert compared > 300


def test_a_request_that_remembers_nothing_reads_all():
    assert len(feed.read(rss(entry(1)), request=Request(url=URL)).entries) == 1
