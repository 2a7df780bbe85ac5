import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import edgar as expected
from tracker.watchers import edgar
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


def latest(*forms: str, start: int = 1) -> bytes:
    """The Atom of the latest filings, in Latin-1 as EDGAR writes it; each one is told twice."""
    entries = "".join(
        f"""<entry><title>{form} - Marée Société (0001234567) (Filer)</title>
        <link rel="alternate" type="text/html" href="https://www.sec.gov/Archives/edgar/data/1/1-index.htm"/>
        <summary type="html">&lt;b&gt;Filed:&lt;/b&gt; 2026-01-12</summary>
        <updated>2026-01-12T11:27:39-05:00</updated><category label="form type" term="{form}"/>
        <id>urn:tag:sec.gov,2008:accession-number=0001234567-26-{number:06}</id></entry>"""
        for number, form in enumerate(forms, start)
    )
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?><feed xmlns="http://www.w3.org/2005/Atom">'
    return f"{head}<title>Latest Filings</title>{entries * 2}</feed>".encode("latin-1")


def test_of_the_latest_filings_annual_reports_are_read_once_and_persons_never():
    """The query “10-K” brings whatever begins so; forms on ownership name persons."""
    first, amended = edgar.read(latest("10-K", "10-K/A", "4", "10-KSB40X")).entries
    assert first == Entry(
        external_id="0001234567-26-000001",
        url="https://www.sec.gov/Archives/edgar/data/1/1-index.htm",
        title="Form 10-K – Marée Société",
        text="Form 10-K, annual report of Marée Société.",
        language="en",
        published_at=datetime(2026, 1, 12, 16, 27, 39, tzinfo=UTC),
        published_raw="2026-01-12T11:27:39-05:00",
    )
    assert amended.title == "Form 10-K/A – Marée Société"


def test_the_latest_filings_are_asked_for_back_to_the_newest_of_last_time():
    new = edgar.first_request("https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent&type=10-K&count=4")
    page = edgar.read(latest("10-K", "10-K"), request=new)
    assert (page.next, page.memory) == (None, b"0001234567-26-000001")
    again = replace(new, memory=b"0001234567-26-000009")
    following = edgar.read(latest("10-K", "10-K"), request=again).next
    assert (parse_qs(urlsplit(following.url).query)["start"], following.memory) == (["4"], again.memory)
    assert edgar.read(latest("10-K", "10-K", start=8), request=following).next is None
    assert edgar.read(latest("10-K"), request=following).next is None


def filed(*files: str, **columns) -> bytes:
    told = {"recent": columns, "files": [{"name": name, "filingCount": 2} for name in files]}
    return json.dumps({"cik": "1234567", "name": "Tide", "filings": told}).encode()


def test_older_filings_stand_in_files_that_are_each_asked_for_once():
    files = [f"CIK0001234567-submissions-00{number}.json" for number in (1, 2)]
    first = edgar.first_request("https://data.sec.gov/submissions/CIK0001234567.json")
    body = filed(*files, "../../etc/passwd", "https://elsewhere.example/x.json")
    page = edgar.read(body, request=first)
    assert (page.memory.decode().split(), page.next.url) == (
        files,
        f"https://data.sec.gov/submissions/{files[0]}#Tide",
    )
    older = json.dumps({"form": ["10-K", "4"], "accessionNumber": ["0001234567-06-000001", "x"]}).encode()
    second = edgar.read(older, request=page.next)
    (entry,) = second.entries
    assert (entry.title, entry.external_id) == ("Form 10-K – Tide", "0001234567-06-000001")
    assert "/data/1234567/000123456706000001/" in entry.url
    assert second.next.url == f"https://data.sec.gov/submissions/{files[1]}#Tide"
    assert edgar.read(older, request=replace(page.next, memory=b"")).entries == (entry,)  # a replay
    assert edgar.read(older, request=second.next).next is None
    assert edgar.read(body, request=replace(first, memory=page.memory)).next is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["ciks", "display_names", "file_date", "period_ending"]), JSON))
def test_any_shape_of_any_member_is_read(members):
    page = edgar.read(found(hit(**members)))
    assert len(page.entries) + len(page.remarks) == 1


def test_the_day_stands_where_the_instant_is_not_told_as_usual():
    columns = {"accessionNumber": ["0001234567-26-000001"], "form": ["10-K"], "filingDate": ["2026-01-02"]}
    (entry,) = edgar.read(submissions(**columns, acceptanceDateTime=["20260102123456"])).entries
    assert entry.published_at == datetime(2026, 1, 2, tzinfo=UTC)
