"""What a web page says of its feeds, whatever its bytes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.watchers.discovery import (
    LINK_LIMIT,
    FeedLink,
    common_addresses,
    feeds_in,
    feeds_in_guarded,
    pasted_address,
)
from tracker.watchers.entry import UnreadableError

URL = "https://site.example/blog/page.html"
RSS, ATOM = "application/rss+xml", "application/atom+xml"


def urls(head: str, **where: str) -> list[str]:
    return [link.url for link in feeds_in(head.encode(), url=URL, **where)]


def link(href: str, *, rel: str = "alternate", type: str = RSS, title: str = "") -> str:
    return f'<link rel="{rel}" type="{type}" href="{href}" title="{title}">'


def test_a_declared_feed_has_its_address_title_and_type():
    page = f"<html><head>{link('/rss.xml', title='Les  brèves')}</head><body></body></html>".encode()
    assert feeds_in(page, url=URL) == (
        FeedLink(url="https://site.example/rss.xml", title="Les brèves", type=RSS),
    )


def test_every_type_of_feed_is_seen_however_it_is_written():
    head = "".join(
        link(f"/{n}", type=type_)
        for n, type_ in enumerate(
            [
                RSS,
                ATOM,
                "application/feed+json",
                "application/rdf+xml",
                "Application/RSS+XML; charset=x",
                "application/rss",
            ]
        )
    )
    assert urls(head) == [f"https://site.example/{n}" for n in range(6)]
    assert urls(link("feed://site.example/f") + link("/g", rel="feed")) == [
        "https://site.example/f",
        "https://site.example/g",
    ]


def test_a_page_that_lists_feeds_names_them_unless_it_declares_one():
    page = '<a href="/rss/une.xml">A</a><a href="/flux/1">B</a><a href="/feeding">C</a><a href="feed:https://x.example/atom">D</a>'
    assert urls(page) == [
        "https://site.example/rss/une.xml",
        "https://site.example/flux/1",
        "https://x.example/atom",
    ]
    assert urls(page + link("/a")) == ["https://site.example/a"]


def test_what_may_be_a_programming_interface_comes_last():
    head = (
        link("/wp-json/page", type="application/json") + link("/map", type="text/xml") + link("/a", type=ATOM)
    )
    assert urls(head) == [
        "https://site.example/a",
        "https://site.example/wp-json/page",
        "https://site.example/map",
    ]


def test_other_links_are_no_feeds():
    head = link("/s.css", rel="stylesheet") + link("/en", type="text/html") + link("", type=RSS)
    assert urls(head + f"<!-- {link('/commented')} --><script>'{link('/scripted')}'</script>") == []


def test_the_base_of_the_page_counts_and_so_does_its_place():
    assert urls(link("feed")) == ["https://site.example/blog/feed"]
    assert urls('<base href="//cdn.example/x/">' + link("feed")) == ["https://cdn.example/x/feed"]
    assert urls('<base href="javascript:x"><base href="/late/">' + link("feed")) == [
        "https://site.example/blog/feed"
    ]


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "data:text/xml,x", "file:///etc/passwd", "http://u:p@h.example/", "ftp://x/", "http://["],
)  # fmt: skip
def test_only_web_addresses_without_a_user_are_links(href):
    assert urls(link(href)) == []


def test_one_address_is_told_once_and_a_long_list_ends():
    assert urls(link("/a") + link("/a", type=ATOM)) == ["https://site.example/a"]
    assert len(urls("".join(link(f"/{n}") for n in range(1000)))) == LINK_LIMIT


def test_the_title_is_read_in_the_encoding_of_the_page():
    page = f'<meta charset="iso-8859-1">{link("/a", title="été")}'.encode("latin-1")
    assert feeds_in(page, url=URL)[0].title == "été"
    told = feeds_in(link("/a", title="été").encode("utf-16"), url=URL, content_type="text/html")
    assert told[0].title == "été"


def test_a_title_is_one_short_line_without_hidden_characters():
    (found,) = feeds_in(link("/a", title="x\u202e\n" + "y" * 10_000).encode(), url=URL)
    assert (found.title[:4], len(found.title)) == ("x yy", 200)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_without_an_exception(body):
    assert all(found.url.startswith("http") for found in feeds_in(body, url=URL))


@given(
    st.lists(st.sampled_from([
        "<", ">", '"', "'", "link", " rel=alternate", f" type={RSS}", " href=", "/a", "javascript:x", "<base href=",
        "<!--", "-->", "<![CDATA[", "<svg>", "<template>", "\0", "&#x0;", "&amp;", "é", "http://[::1", "<!DOCTYPE ",
        '<!ENTITY x SYSTEM "file:///etc/passwd">', "]>", "&x;",
    ]))
)  # fmt: skip
def test_any_markup_is_read_without_an_exception(pieces):
    found = feeds_in("".join(pieces).encode(), url=URL)
    assert all(each.url.startswith(("http://", "https://")) for each in found)


def test_the_guarded_reading_says_the_same():
    page = link("/a", title="T").encode()
    assert feeds_in_guarded(page, url=URL) == feeds_in(page, url=URL) != ()


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 300_000 + b"<link rel=alternate type=application/rss+xml href=/a>",
        b"<a " + b"x=1 " * 300_000 + b">",
        b"<!--" * 500_000,
        b"<p><b>" * 300_000,
        b"&amp;" * 1_000_000,
        b"<link " * 500_000,
    ],
    ids=["deep", "attributes", "comments", "formatting", "entities", "links"],
)
def test_a_page_made_to_hang_its_reader_ends_within_the_limits(body):
    began = time.process_time()
    try:
        found = feeds_in_guarded(body, url=URL)
    except UnreadableError:
        found = ()
    assert len(found) <= LINK_LIMIT
    assert time.process_time() - began < 1


def test_no_page_at_all_is_refused():
    with pytest.raises(UnreadableError):
        feeds_in_guarded(b"%PDF-1.7", url=URL)


def test_the_usual_addresses_are_those_of_the_site():
    guessed = [each.url for each in common_addresses(URL)]
    assert guessed[0] == "https://site.example/feed"
    assert all(each.startswith("https://site.example/") for each in guessed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("  site.example ", "https://site.example"),
        ("//site.example/a", "https://site.example/a"),
        ("http://site.example/", "http://site.example/"),
        ("feed://site.example/rss", "https://site.example/rss"),
        ("feed:https://site.example/rss", "https://site.example/rss"),
        ("FEED:http://site.example/rss", "http://site.example/rss"),
        ("ftp://site.example/", "ftp://site.example/"),
        ("javascript:alert(1)", "https://javascript:alert(1)"),
    ],
)
def test_an_address_is_taken_as_people_write_it(typed, meant):
    assert pasted_address(typed) == meant
