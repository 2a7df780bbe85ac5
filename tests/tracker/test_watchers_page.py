"""Pages without a feed: new links, changed words, and the refusals when a page is no longer what it was."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples import news_page
from tracker.dedup import canonical_url
from tracker.watchers import page, page_text, read_guarded
from tracker.watchers.entry import Page, UnreadableError
from tracker.watchers.wire import page_from_json, page_to_json

CHECK = b'<html><head><title>Just a moment...</title></head><body><script src="/cdn-cgi/challenge-platform/x"></script>'


def read(selector: str, body: bytes = news_page.BODY, *, format: str = "page", before: str = "") -> Page:
    request = page.first_request(page.watched_address(news_page.URL, selector))
    return read_guarded(
        format,
        body,
        url=news_page.URL,
        content_type="text/html; charset=utf-8",
        request=replace(request, before=before),
    )


def test_the_titles_of_a_list_are_entries_with_the_words_around_them():
    assert read("main h3") == Page(entries=news_page.ENTRIES, title="News | Supercalcul")


def test_of_a_whole_part_each_link_is_an_entry():
    assert [entry.url.rpartition("/")[2] for entry in read("main").entries] == ["a_en", "ai", "b_en"]


def test_what_is_around_a_single_link_ends_where_the_part_ends():
    [entry] = read("article:nth-child(2)").entries
    assert entry == news_page.ENTRIES[1]


@given(st.text(min_size=1, max_size=100).filter(str.strip))
def test_a_selector_survives_its_address(selector):
    address = page.watched_address("https://a.example/news?x=1#old", selector)
    assert page.selector_of(address) == selector.strip()
    assert address.startswith("https://a.example/news?x=1#css=")
    assert page.watched_address(address, selector) == address


@pytest.mark.parametrize("format", ["page", "page_text"])
@pytest.mark.parametrize(
    ("selector", "reason", "detail"),
    [
        (".gone", "Nothing on this page matches the selector: its layout may have changed, or it is built by scripts.", ".gone"),
        ("main >", "This is not a CSS selector.", "Expected selector, got <EOF at 6>"),
        ("p::before", "This is not a CSS selector.", "Pseudo-elements are not supported."),
        ("x" * 301, "This is not a CSS selector.", "more than 300 characters"),
        ("", "The address does not say which part of the page is watched.", ""),
    ],
)  # fmt: skip
def test_a_part_that_is_not_there_is_a_failure_in_words(format, selector, reason, detail):
    with pytest.raises(UnreadableError) as caught:
        read(selector, format=format)
    assert (caught.value.reason, caught.value.detail, caught.value.kind) == (reason, detail, "unreadable")


def test_a_list_without_a_link_is_a_failure_in_words():
    with pytest.raises(UnreadableError, match="holds no link"):
        read("main > p")


@pytest.mark.parametrize("format", ["page", "page_text", "feed", "ted"])
def test_a_robot_check_is_told_apart_whatever_was_expected(format):
    with pytest.raises(UnreadableError) as caught:
        read("main", CHECK, format=format)
    assert (caught.value.reason, caught.value.kind) == (
        "The server wants to check that we are not a robot.",
        "challenged",
    )


@pytest.mark.parametrize("format", ["feed", "ted", "ocds"])
def test_a_web_page_in_place_of_a_document_is_told_apart_from_a_broken_one(format):
    for body, kind in ((news_page.BODY, "web_page"), (b"<nothing/>", "unreadable"), (b"{", "unreadable")):
        with pytest.raises(UnreadableError) as caught:
            read("main", body, format=format)
        assert caught.value.kind == kind


def test_only_so_many_links_are_read_and_the_rest_is_told():
    links = "".join(f"<li><a href='/{n}'>L {n}</a></li>" for n in range(page.LINK_LIMIT + 1))
    found = read("ul", f"<html><ul>{links}</ul>".encode())
    assert len(found.entries) == page.LINK_LIMIT
    assert [(remark.reason, remark.detail) for remark in found.remarks] == [
        ("Only the first links of this page were read.", "500")
    ]


def test_a_page_nested_beyond_reason_is_read_or_refused_in_time():
    body = b"<html><main>" + b"<div>" * 20_000 + b"<a href='/x'>X</a>"
    try:
        read("main", body)
    except UnreadableError as error:
        assert error.reason


PIECES = [
    "<main>",
    "</main>",
    "<a href='/x'>",
    "<a href=x:y>",
    "</a>",
    "<h3>",
    "<li>",
    "<base href=//[>",
    "<time>",
    "é&#0;",
    "\x00",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["main", "*", "a", "li:has(a)", "html"])
)
def test_whatever_stands_on_a_page_is_read_or_refused_in_words(pieces, selector):
    request = page.first_request(page.watched_address(news_page.URL, selector))
    for watcher in (page, page_text):
        try:
            found = watcher.read("".join(pieces).encode() or b" ", url=news_page.URL, request=request)
        except UnreadableError as error:
            assert error.reason
        else:
            identities = [entry.external_id for entry in found.entries]
            assert len(set(identities)) == len(identities)
            assert page_from_json(page_to_json(found)) == found


def text(selector: str, *paragraphs: str, before: str = "") -> Page:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    html = f"<html lang='fr'><head><title>Page</title></head><main>{body}</main>"
    return read(selector, html.encode(), format="page_text", before=before)


def test_the_first_time_the_text_is_an_entry_as_it_stands():
    found = text("main", "Un.", "Deux <b>fois</b>.")
    [entry] = found.entries
    assert found.text == entry.text == "Un.\nDeux fois."
    assert (entry.title, entry.url, entry.language) == ("Page", news_page.URL, "fr")


def test_a_change_is_one_entry_with_what_came_and_apart_what_went():
    before = text("main", "Un.", "Deux.", "Trois.")
    after = text("main", "Un.", "Deux et demi.", "Trois.", "Quatre.", before=before.text)
    [entry] = after.entries
    assert entry.text == "Deux et demi.\nQuatre.\n− Deux."
    assert entry.title == "Page — Deux et demi."
    assert entry.external_id != before.entries[0].external_id
    assert text("main", "Un.", "Deux et demi.", "Trois.", "Quatre.", before=after.text).entries == ()


def test_what_only_went_is_told_too():
    [entry] = text("main", "Un.", before="Un.\nDeux.").entries
    assert (entry.title, entry.text) == ("Page — − Deux.", "− Deux.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Un.", "Deux."), ("Deux.", "Un.")),
        (("Un.", "Mis à jour le 3 mars 2026"), ("Un.", "Mis à jour le 12 avril 2026")),
        (("Un.", "1 204 vues"), ("Un.", "1 377 vues")),
        (("Un deux.",), ("Un\n   deux.",)),
        (("Un.", "© 2025 Agence"), ("Un.", "© 2026 Agence")),
    ],
)
def test_what_only_moved_or_counts_is_no_change(before, after):
    assert text("main", *after, before=text("main", *before).text).entries == ()


def test_an_amount_that_changes_is_a_change():
    [entry] = text("main", "10 millions d’euros", before="20 millions d’euros").entries
    assert entry.text == "10 millions d’euros\n− 20 millions d’euros"


def test_a_change_with_one_link_leads_there_and_any_other_to_the_page():
    one = text("main", "Un.", "Voir <a href='/a'>l’appel</a>.", before="Un.").entries[0]
    two = text("main", "Un.", "<a href='/a'>A</a> <a href='/b'>B</a>", before="Un.").entries[0]
    assert one.url == "https://supercalcul.example/a"
    assert two.url.startswith(news_page.URL + "#:~:text=A%20B&change=")


def test_two_changes_of_a_page_have_two_addresses():
    urls = [text("main", "Un.", after, before="Un.").entries[0].url for after in ("Co-achat", "Co-vente")]
    assert urls[0].startswith(news_page.URL + "#:~:text=Co%2Dachat&change=")
    assert canonical_url(urls[0]) != canonical_url(urls[1])
    assert canonical_url(canonical_url(urls[0])) == canonical_url(urls[0])


def test_a_page_that_goes_back_and_forth_tells_each_way_once():
    there = text("main", "B", before="A").entries[0].external_id
    back = text("main", "A", before="B").entries[0].external_id
    assert there != back
    assert text("main", "B", before="A").entries[0].external_id == there


def test_both_formats_ask_for_the_page_itself():
    address = page.watched_address(news_page.URL, "main")
    assert page_text.first_request(address) == page.first_request(address)
    assert page.first_request(address).method == "GET"
