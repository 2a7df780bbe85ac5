import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import esef as expected
from tracker.watchers import esef
from tracker.watchers.entry import Page, Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "esef.json").read_bytes()
URL = "https://filings.example/api/filings?page%5Bnumber%5D=1"


def test_the_sample_answer_is_read_whole():
    page = esef.read(SAMPLE, url=URL)
    assert page.entries == (expected.ENTRY,)
    assert page.remarks == (Remark("Filings without an identifier, or repeated, were set aside.", "1"),)


def test_the_next_page_is_asked_for_on_the_same_server():
    following = esef.read(SAMPLE, url=URL).next
    assert (following.method, following.url) == (
        "GET",
        "https://filings.example/api/filings?page%5Bnumber%5D=2",
    )
    assert esef.read(SAMPLE, url=following.url).next is None
    assert esef.read(SAMPLE).next is None


def test_pages_are_read_until_the_filing_that_was_the_newest_of_last_time():
    first = esef.read(SAMPLE, url=URL, request=esef.first_request(URL))
    assert (first.memory, first.next is None) == (expected.ENTRY.external_id.encode(), False)
    again = replace(esef.first_request(URL), memory=first.memory)
    assert esef.read(SAMPLE, url=URL, request=again).next is None
    older = replace(again, memory=b"another filing")
    assert esef.read(SAMPLE, url=URL, request=older).next.memory == b"another filing"


@pytest.mark.parametrize("url", ["https://elsewhere.example/api", "http://filings.example/api"])
def test_a_next_page_on_another_server_is_told_and_not_asked_for(url):
    page = esef.read(SAMPLE, url=url)
    assert page.next is None
    assert "another server" in page.remarks[-1].reason


def filing(**attributes) -> bytes:
    return json.dumps({"data": [{"attributes": {"fxo_id": "X-ESEF-FR-0"} | attributes}]}).encode()


@pytest.mark.parametrize(
    ("attributes", "address"),
    [
        ({"report_url": None, "viewer_url": "/v.html"}, "https://filings.xbrl.org/v.html"),
        ({"package_url": "/p.zip"}, "https://filings.xbrl.org/p.zip"),
        ({"report_url": "javascript:alert(1)"}, ""),
        ({}, ""),
    ],
)
def test_the_address_is_the_first_there_is(attributes, address):
    (entry,) = esef.read(filing(**attributes)).entries
    assert entry.url == address


def test_a_report_of_another_register_is_not_called_annual():
    (entry,) = esef.read(filing(fxo_id="X-2025-09-30-UAIFRS-UA-0")).entries
    assert entry.title.startswith("Financial report")


def test_no_filings_are_an_empty_page():
    assert esef.read(b'{"data": [], "meta": {"count": 0}, "jsonapi": {"version": "1.0"}}') == Page()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b"[]", "not an answer"),
        (b'{"jsonapi": {"version": "1.0"}}', "not an answer"),
        (b'{"errors": [{"status": "500", "title": "Unknown error"}]}', "error.*Unknown error"),
        (b'{"errors": [{"title": "Invalid filters", "detail": "no abc"}]}', "Invalid filters – no abc"),
        (b'{"errors": "?"}', "with an error"),
        (b'{"data": [Infinity]}', "JSON"),
    ],
)
def test_an_error_or_garbage_is_refused_in_words(body, words):
    with pytest.raises(UnreadableError, match=words):
        esef.read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(["country", "period_end", "date_added", "report_url"]), JSON),
    st.dictionaries(st.sampled_from(["included", "links", "meta"]), JSON),
)
def test_any_shape_of_any_member_is_read(attributes, members):
    body = json.dumps(members | json.loads(filing(**attributes))).encode()
    assert [entry.external_id for entry in esef.read(body, url=URL).entries] == ["X-ESEF-FR-0"]
