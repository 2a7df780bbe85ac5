import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import feed as expected
from tracker.watchers import feed
from tracker.watchers.entry import Remark, Request, UnreadableError
from tracker.watchers.plaintext import FIELD_LIMIT

SAMPLES = Path(__file__).parent.parent / "samples"


def rss(items: str, *, channel: str = "") -> bytes:
    return f'<rss version="2.0"><channel>{channel}{items}</channel></rss>'.encode()


def test_the_sample_feed_is_read_whole():
    page = feed.read((SAMPLES / "feed.rss").read_bytes(), url="https://fil.example/rss")
    assert (page.title, page.entries, page.remarks, page.next) == (expected.TITLE, expected.ENTRIES, (), None)


def test_no_author_is_read():
    page = feed.read((SAMPLES / "feed.rss").read_bytes())
    assert "amille" not in str(page)


def test_a_feed_is_asked_for_with_a_get():
    request = feed.first_request("https://fil.example/rss")
    assert (request.url, request.method, request.body) == ("https://fil.example/rss", "GET", None)


def test_atom_takes_links_from_its_base_and_dates_from_its_updates():
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://a.example/x/"><title>T</title>
      <entry><id>urn:1</id><title type="html">a &lt;b&gt;b&lt;/b&gt;</title><link href="e1"/>
      <updated>2025-06-04T08:00:00.5+02:00</updated><content type="html">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>"""
    (entry,) = feed.read(body).entries
    assert (entry.external_id, entry.url, entry.title, entry.text, entry.language) == (
        "urn:1", "https://a.example/x/e1", "a b", "x", "de",
    )  # fmt: skip
    assert entry.published_at.isoformat() == "2025-06-04T06:00:00.500000+00:00"


def test_rdf_is_a_feed():
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
      <item rdf:about="http://f.example/1"><title>x</title><link>http://f.example/1</link></item></rdf:RDF>"""
    assert [entry.url for entry in feed.read(body).entries] == ["http://f.example/1"]


def test_json_feed_is_a_feed():
    body = """{"version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "en-GB", "items": [
      {"id": 7, "url": "/a", "title": "x", "content_html": "<p>\u00e9t\u00e9</p><p>2</p>", "authors": [{"name": "N"}],
       "date_published": "2025-06-04T08:00:00Z"}, "stray"]}""".encode()
    (entry,) = feed.read(body, url="https://j.example/feed.json").entries
    assert (entry.external_id, entry.url, entry.title, entry.text, entry.language) == (
        "7", "https://j.example/a", "x", "été\n2", "en",
    )  # fmt: skip


def test_a_feed_without_entries_is_healthy():
    assert feed.read(rss("")).entries == ()


def test_an_ill_formed_feed_still_gives_its_entries():
    body = b'\n\n<rss version="2.0"><channel><item><title>a & b</title><guid>1</guid></item>'
    assert [entry.title for entry in feed.read(body).entries] == ["a & b"]


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><html><head><title>Login</title></head><body></body></html>",
        b"<html><body>Checking your browser</body></html>",
        b"just words",
        b'<opml version="2.0"><body/></opml>',
        b'{"items": []}',
        b'{"version": "https://jsonfeed.org/version/1", "items": [NaN]}',
        b'<!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"><channel/></rss>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE r [<!ENTITY a "b">]><rss version="2.0"/>'.encode(
            "utf-16"
        ),
        '<?xml version="1.0" encoding="utf-7"?><rss version="2.0"><channel/></rss>'.encode("utf-7"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_sentence(body):
    with pytest.raises(UnreadableError) as refusal:
        feed.read(body)
    assert refusal.value.reason.endswith(".")


def test_a_plain_document_type_of_the_nineties_is_accepted():
    body = b'<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://n.example/rss.dtd">' + rss(
        "<item><title>x</title></item>"
    )
    assert len(feed.read(body).entries) == 1


def test_a_body_that_is_a_path_opens_no_file(tmp_path):
    secret = tmp_path / "feed.xml"
    secret.write_bytes(rss("<item><title>secret</title></item>"))
    with pytest.raises(UnreadableError):
        feed.read(str(secret).encode())


def test_a_shared_guid_is_told_apart_by_the_link():
    item = "<item><title>{0}</title><guid isPermaLink='false'>same</guid><link>https://f.example/{0}</link></item>"
    page = feed.read(rss(item.format(1) + item.format(2)))
    assert [entry.external_id for entry in page.entries] == [
        "same https://f.example/1",
        "same https://f.example/2",
    ]


@pytest.mark.parametrize(("written", "kept"), [("en-us", "en"), ("fr", "fr"), ("us", ""), ("und", "")])
def test_an_entry_has_a_language_that_exists_or_none(written, kept):
    page = feed.read(rss("<item><title>a</title></item>", channel=f"<language>{written}</language>"))
    assert [entry.language for entry in page.entries] == [kept]


def test_the_same_entry_twice_is_one():
    item = "<item><title>a</title><link>https://f.example/1</link><guid isPermaLink='false'>g</guid></item>"
    page = feed.read(rss(item * 3))
    assert [entry.external_id for entry in page.entries] == ["g"]
    assert page.remarks == (Remark("Entries were set aside: empty, or the same as another one.", "2"),)


def test_one_guid_and_one_link_for_all_is_told_apart_by_the_words():
    item = "<item><title>{}</title><link>https://f.example/</link><guid isPermaLink='false'>g</guid></item>"
    page = feed.read(rss(item.format("a") + item.format("b")))
    assert len({entry.external_id for entry in page.entries}) == 2


def test_one_address_and_one_title_for_all_is_told_apart_by_the_text():
    """As warnings of a network are: no guid, the link of the site, the title of the line."""
    item = "<item><title>Line 4</title><link>https://f.example/</link><description>{}</description></item>"
    told = [item.format(word) for word in "abab"]
    page, later = feed.read(rss("".join(told))), feed.read(rss("".join([item.format("c"), *told])))
    assert [entry.text for entry in page.entries] == ["a", "b"]
    assert [entry.external_id for entry in page.entries] == [each.external_id for each in later.entries[1:]]


def test_a_bare_guid_is_no_address_of_the_site():
    items = (
        "<item><guid>17</guid></item><item><guid>18</guid><link>18</link></item><item><guid>/19</guid></item>"
    )
    page = feed.read(rss(items, channel="<link>https://f.example/</link>"))
    assert [each.url for each in page.entries] == ["", "https://f.example/18", "https://f.example/19"]


def test_an_entry_may_have_a_language_of_its_own():
    item = '<item><title>a</title><dc:language xmlns:dc="http://purl.org/dc/elements/1.1/">it</dc:language></item>'
    page = feed.read(rss(item + "<item><title>b</title></item>", channel="<language>fr</language>"))
    assert [each.language for each in page.entries] == ["it", "fr"]


def test_a_feed_wrapped_in_a_page_is_read_and_a_page_that_writes_of_feeds_is_none():
    entry = "<entry><title>a</title><id>tag:f.example,2026:1</id></entry>"
    inside = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>b</title>{entry}</feed>'
    page = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{}</body></html>'
    assert [each.title for each in feed.read(page.format(inside).encode()).entries] == ["a"]
    for words in (inside.replace(entry, ""), "<script>'<rss >'</script>", "<p>&lt;rss></p>"):
        with pytest.raises(UnreadableError, match="web page"):
            feed.read(page.format(words).encode())


def test_an_author_written_to_stall_a_pattern_costs_nothing():
    author = "a@" + "a-." * 12_000 + "!"
    body = rss(f"<item><title>t</title><author>{author}</author><guid>u:1</guid></item>")
    started = time.process_time()
    assert [entry.title for entry in feed.read(body).entries] == ["t"]
    assert time.process_time() - started < 1


def test_a_very_long_guid_becomes_a_hash():
    (entry,) = feed.read(
        rss(f"<item><title>x</title><guid isPermaLink='false'>{'g' * 4000}</guid></item>")
    ).entries
    assert entry.external_id.startswith("sha256:") and len(entry.external_id) == 71


def test_campaign_parameters_are_no_part_of_an_identity():
    item = "<item><title>x</title><link>https://F.example/a?utm_source=rss&amp;id=1#top</link></item>"
    assert feed.read(rss(item)).entries[0].external_id == "https://f.example/a?id=1"


def test_a_long_text_is_cut_and_told():
    page = feed.read(rss(f"<item><title>x</title><description>{'é' * FIELD_LIMIT}</description></item>"))
    assert len(page.entries[0].text.encode()) == FIELD_LIMIT
    assert page.remarks == (Remark("The text of an entry was cut at 64 KiB.", "x"),)


def test_more_entries_than_the_limit_are_left_and_told():
    page = feed.read(rss("".join(f"<item><title>{n}</title></item>" for n in range(feed.ENTRY_LIMIT + 5))))
    assert (len(page.entries), page.remarks) == (
        feed.ENTRY_LIMIT,
        (Remark("Only the first entries of this feed were read.", "2000"),),
    )


@settings(max_examples=40)
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: rss(f"<item><title>{text}</title></item>"))
)
def test_anything_is_a_page_or_a_refusal_of_known_kinds(body):
    # Beyond these, feedparser raises what it likes: the child process of read_guarded turns that into a refusal.
    try:
        page = feed.read(body, request=Request(url="https://f.example"))
    except (UnreadableError, ValueError, OverflowError, AssertionError):
        return
    for entry in page.entries:
        assert entry.external_id
        assert not any(
            (ord(c) < 32 and c != "\n") or 0xD800 <= ord(c) <= 0xDFFF for c in entry.title + entry.text
        )
