import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import edgar as expected
from tracker.watchers import edgar, feed
from tracker.watchers.entry import Entry, IncompleteError, Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "edgar.json").read_bytes()
FIRST = edgar.first_request("https://search.example/index?q=%22technological+dependency%22&forms=10-K")
ASIDE = "Filings were set aside: without a number, or not of a company."
CUT = "The EDGAR search shows only the first hits of this query."


def hit(number: int = 1, **changes) -> dict:
    source = {
        "ciks": ["0001234567"],
        "display_names": ["Tidal Computing, Inc.  (TIDE)  (CIK 0001234567)"],
        "form": "10-K",
        "file_type": "10-K",
        "file_date": "2026-02-25",
        "period_ending": "2026-01-25",
    }
    return {"_id": f"0001234567-26-{number:06}:tide.htm", "_source": source | changes}


def found(*hits: dict, total: int = 1, **changes) -> bytes:
    return json.dumps(
        {"timed_out": False, "hits": {"total": {"value": total}, "hits": hits}} | changes
    ).encode()


def submissions(**columns) -> bytes:
    return json.dumps({"cik": "1", "name": "Tide", "filings": {"recent": columns}}).encode()


def test_the_annual_reports_of_a_company_are_read_whole():
    page = edgar.read(SAMPLE)
    assert (page.entries, page.title) == ((expected.ENTRY,), "Tidal Computing, Inc.")
    assert page.remarks == (Remark(ASIDE, "1"),)


@pytest.mark.parametrize("form", ["10-K", "10-K/A", "10-KT", "20-F", "40-F/A", "ARS"])
def test_every_kind_of_annual_report_is_one(form):
    body = submissions(form=[form], accessionNumber=["0001234567-26-000009"])
    (entry,) = edgar.read(body).entries
    assert entry.text == f"Form {form}, annual report of Tide."


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(UnreadableError, match="in parallel"):
        edgar.read(submissions(form=["10-K"], accessionNumber=[]))


def test_a_hit_of_the_search_leads_to_its_document():
    assert edgar.read(found(hit())).entries == (
        Entry(
            external_id="0001234567-26-000001:tide.htm",
            url="https://www.sec.gov/Archives/edgar/data/1234567/000123456726000001/tide.htm",
            title="Form 10-K – Tidal Computing, Inc. (TIDE) – 2026-01-25",
            text="Form 10-K, annual report of Tidal Computing, Inc. (TIDE) for the period ended 2026-01-25.",
            language="en",
            published_at=datetime(2026, 2, 25, tzinfo=UTC),
            published_raw="2026-02-25",
        ),
    )


@pytest.mark.parametrize("form", ["3", "4", "5", "144", "SC 13G", "SCHEDULE 13D"])
def test_forms_that_name_persons_are_set_aside(form):
    page = edgar.read(found(hit(form=form, display_names=["PERSONNE CAMILLE"])))
    assert (page.entries, page.remarks) == ((), (Remark(ASIDE, "1"),))


def test_the_next_hits_are_asked_for_until_all_are_read():
    following = edgar.read(found(hit(1), hit(2), total=3), request=FIRST).next
    asked = parse_qs(urlsplit(following.url).query)
    assert asked == {"q": ['"technological dependency"'], "forms": ["10-K"], "from": ["2"]}
    assert edgar.read(found(hit(3), total=3), request=following).next is None
    assert edgar.read(found(total=3), request=following).next is None


def test_beyond_the_window_of_the_search_nothing_is_asked_and_it_is_said():
    last = edgar.first_request("https://search.example/index?q=a&from=9999")
    page = edgar.read(found(hit(), total=20_000), request=last)
    assert (page.next, page.remarks) == (None, (Remark(CUT, "10000 / 20000"),))


@pytest.mark.parametrize("changes", [{"timed_out": True}, {"_shards": {"total": 50, "failed": 1}}])
def test_a_search_that_saw_only_a_part_is_asked_again(changes):
    with pytest.raises(IncompleteError):
        edgar.read(found(hit(), **changes))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b"[]", "not an answer of EDGAR"),
        (b'{"message": "Internal server error"}', "Internal server error"),
        (b"<html>Undeclared Automated Tool</html>", "who they are"),
        (b'{"hits": {"total": {"value": Infinity}}}', "JSON"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(body, words):
    with pytest.raises(UnreadableError, match=words):
        edgar.read(body)


def test_the_atom_of_the_latest_filings_is_a_feed_in_latin_1():
    body = """<?xml version="1.0" encoding="ISO-8859-1" ?><feed xmlns="http://www.w3.org/2005/Atom">
    <title>Latest Filings</title><entry><title>10-K - Marée Société (0001234567) (Filer)</title>
    <link rel="alternate" type="text/html" href="https://www.sec.gov/Archives/edgar/data/1/1-index.htm"/>
    <summary type="html">&lt;b&gt;Filed:&lt;/b&gt; 2026-01-12</summary>
    <updated>2026-01-12T11:27:39-05:00</updated><category term="10-K"/>
    <id>urn:tag:sec.gov,2008:accession-number=0001234567-26-000001</id></entry></feed>"""
    (entry,) = feed.read(body.encode("latin-1")).entries
    assert entry.external_id == "urn:tag:sec.gov,2008:accession-number=0001234567-26-000001"
    assert (entry.title, entry.text) == ("10-K - Marée Société (0001234567) (Filer)", "Filed: 2026-01-12")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["ciks", "display_names", "file_date", "period_ending"]), JSON))
def test_any_shape_of_any_member_is_read(members):
    page = edgar.read(found(hit(**members)))
    assert len(page.entries) + len(page.remarks) == 1
