"""Lists of feeds, as readers write them and as enemies do."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tracker.watchers.entry import UnreadableError
from tracker.watchers.opml import (
    BODY_LIMIT,
    OUTLINE_LIMIT,
    Listing,
    Outline,
    read_outlines,
    read_outlines_guarded,
    write_outlines,
)

WRITTEN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FEED = '<outline type="rss" text="{n}" xmlUrl="https://s.example/{n}"/>'


def opml(body: str, *, version: str = "2.0") -> bytes:
    return f'<?xml version="1.0"?><opml version="{version}"><head/><body>{body}</body></opml>'.encode()


def test_feeds_are_found_in_every_folder():
    nested = (
        '<outline text="Presse"><outline text="IA"><outline text="Le fil" title="Le fil de l’IA" type="rss" '
    )
    nested += (
        'xmlUrl="https://s.example/rss" htmlUrl="https://s.example/" language="fr-FR" category="/a/b,1a"/>'
    )
    assert read_outlines(opml(nested + "</outline></outline>")) == Listing(
        outlines=(
            Outline(
                url="https://s.example/rss",
                title="Le fil de l’IA",
                site="https://s.example/",
                language="fr",
                categories=("a/b", "1a"),
            ),
        )
    )


def test_version_1_and_other_spellings_are_read():
    old = opml(
        '<outline text="A" TYPE="RSS" XMLURL="HTTPS://s.example/a"/><outline type="atom" url="https://s.example/b"/>',
        version="1.0",
    )
    told = read_outlines(old).outlines
    assert [(each.url, each.title) for each in told] == [
        ("https://s.example/a", "A"),
        ("https://s.example/b", ""),
    ]


def test_lists_that_are_not_quite_xml_are_read():
    """As some readers write them: an & as it is, another encoding than declared, a blank line, their own scheme."""
    body = '\n<?xml version="1.0" encoding="UTF-8"?><opml><body><outline text="Écho & Cie" xmlUrl="feed://s.example/f?a=1&b=2"/></body></opml>'
    for encoding in ("utf-8-sig", "cp1252"):
        (outline,) = read_outlines_guarded(body.encode(encoding)).outlines
        assert (outline.title, outline.url) == ("Écho & Cie", "https://s.example/f?a=1&b=2")


def test_what_is_no_feed_is_counted():
    body = '<outline text="note"/><outline type="link" url="https://s.example/"/><outline text="empty folder"><outline text="x"/></outline>'
    bad = '<outline xmlUrl="javascript:alert(1)"/><outline xmlUrl="file:///etc/passwd"/><outline xmlUrl="http://u:p@h/"/>'
    assert read_outlines(opml(body + bad)) == Listing(
        invalid=("javascript:alert(1)", "file:///etc/passwd", "http://u:p@h/"), without_address=3
    )


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<opml", b"<rss version='2.0'/>", b"{}", b"\x00\xff",
        b'<!DOCTYPE opml SYSTEM "http://x.example/opml.dtd"><opml><body/></opml>',
        b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body><outline text="&x;"/></body></opml>',
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>'
        b'<opml><body><outline text="&c;"/></body></opml>',
        opml("<outline>" * 100_000 + "</outline>" * 100_000),
        opml("".join(FEED.format(n=n) for n in range(OUTLINE_LIMIT + 1))),
        opml("<outline/>" * 100_000),
        opml("<outline " + " ".join(f'a{n}=""' for n in range(300_000)) + "/>"),
        b" " * BODY_LIMIT + opml(""),
        opml('<outline text="&nbsp;"/>'),
    ],
    ids=[
        "empty", "cut", "feed", "json", "binary", "doctype", "entity", "bomb", "deep", "one too many", "100000",
        "attributes", "larger", "undeclared",
    ],
)  # fmt: skip
def test_a_hostile_list_is_refused_in_words_and_soon(body):
    began = time.process_time()
    try:
        assert read_outlines_guarded(body).outlines == ()
    except UnreadableError as error:
        assert error.reason.endswith(".")
    assert time.process_time() - began < 1


def test_too_many_lines_are_told():
    with pytest.raises(UnreadableError, match="more than 5,000 lines"):
        read_outlines_guarded(opml("<outline/>" * 100_000))
    with pytest.raises(UnreadableError, match="larger than 5 MiB"):
        read_outlines_guarded(b"x" * (BODY_LIMIT + 1))
    allowed = read_outlines_guarded(opml("".join(FEED.format(n=n) for n in range(OUTLINE_LIMIT))))
    assert len(allowed.outlines) == OUTLINE_LIMIT


def test_a_document_type_is_refused():
    with pytest.raises(UnreadableError, match="DOCTYPE"):
        read_outlines_guarded(b"<!DOCTYPE opml><opml><body/></opml>")


def test_what_is_written_is_opml_2_0():
    outline = Outline(url="https://s.example/é?a=1&b=2", title='Les "brèves" <&>', site="https://s.example/", language="fr", categories=("1a", "2b"))  # fmt: skip
    root = etree.fromstring(
        write_outlines([outline, Outline(url="https://s.example/2")], title="T", written_at=WRITTEN)
    )
    assert (root.tag, root.get("version"), root.findtext("head/title")) == ("opml", "2.0", "T")
    assert root.findtext("head/dateCreated") == "Sun, 22 Nov 2026 09:00:00 +0000"
    assert [dict(each.attrib) for each in root.findall("body/outline")] == [
        {
            "text": 'Les "brèves" <&>',
            "title": 'Les "brèves" <&>',
            "type": "rss",
            "xmlUrl": "https://s.example/%C3%A9?a=1&b=2",
            "htmlUrl": "https://s.example/",
            "language": "fr",
            "category": "1a,2b",
        },
        {
            "text": "https://s.example/2",
            "title": "https://s.example/2",
            "type": "rss",
            "xmlUrl": "https://s.example/2",
        },
    ]


@given(st.text(max_size=300))
def test_any_title_is_written_and_read_again(title):
    (outline,) = read_outlines(
        write_outlines([Outline(url="https://s.example/1", title=title)], title=title, written_at=WRITTEN)
    ).outlines
    assert outline.title
    again = write_outlines([outline], title="", written_at=WRITTEN)
    assert read_outlines(again).outlines == (outline,)


@given(st.binary(max_size=1_000))
def test_any_bytes_are_a_list_or_refused(body):
    try:
        read_outlines(body)
    except UnreadableError:
        return


@given(st.lists(st.sampled_from(["<outline ", "/>", "</outline>", ">", 'xmlUrl="', '"', "http://[", "https://s.example/", " type='rss'", "&#1;", "&amp;", "é", "\ud800"])))  # fmt: skip
def test_any_markup_is_a_list_or_refused(pieces):
    body = b"<opml><body>" + "".join(pieces).encode(errors="surrogatepass") + b"</body></opml>"
    try:
        told = read_outlines(body)
    except UnreadableError:
        return
    assert all(each.url.startswith(("http://", "https://")) for each in told.outlines)
