import json
from email import message_from_bytes
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import funding as expected
from tracker.watchers import funding
from tracker.watchers.entry import Remark, Request, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "funding.json").read_bytes()
QUERY = '{"bool":{"must":[{"terms":{"type":["1"]}}]}}'
SEARCH = "https://portal.example/search?apiKey=SEDIA&text=%22EuroHPC%22"
FIRST = funding.first_request(f"{SEARCH}&query={QUERY}")


def answer(**changes) -> bytes:
    return json.dumps(json.loads(SAMPLE) | changes).encode()


def parts(request: Request) -> dict[str, tuple[str, str, str]]:
    """The parts of a body as a server reads them: file name, type and content by name."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(),
        )
        for part in message_from_bytes(head + request.body).get_payload()
    }


def test_the_records_of_one_call_are_one_entry():
    page = funding.read(SAMPLE, request=FIRST)
    assert page.entries == (expected.ENTRY,)
    assert page.remarks == (Remark("Records without the identifier of a call were set aside.", "1"),)


def test_what_says_most_is_read_whatever_the_order():
    results = json.loads(SAMPLE)["results"]
    assert funding.read(answer(results=results[::-1])).entries == (expected.ENTRY,)


def test_the_query_is_sent_in_parts_that_look_like_files_and_never_in_the_address():
    assert FIRST.method == "POST"
    assert parts(FIRST) == {
        "languages": ("languages.json", "application/json", '["en"]'),
        "query": ("query.json", "application/json", QUERY),
    }
    assert parse_qs(urlsplit(FIRST.url).query) == {
        "apiKey": ["SEDIA"], "text": ['"EuroHPC"'], "pageSize": ["100"], "pageNumber": ["1"],
    }  # fmt: skip


def test_languages_and_order_may_be_told_in_the_address():
    asked = parts(
        funding.first_request(SEARCH + '&languages=["fr"]&sort={"field":"sortStatus","order":"ASC"}')
    )
    assert (asked["languages"][2], asked["sort"][2]) == ('["fr"]', '{"field":"sortStatus","order":"ASC"}')


def test_the_next_page_asks_the_same_until_all_are_read():
    second = funding.read(SAMPLE, request=FIRST).next
    assert parse_qs(urlsplit(second.url).query)["pageNumber"] == ["2"]
    assert (second.method, second.headers, second.body) == (FIRST.method, FIRST.headers, FIRST.body)
    third = funding.read(answer(pageNumber=2), request=second).next
    assert funding.read(answer(pageNumber=3), request=third).next is None
    assert funding.read(answer(results=[]), request=FIRST).next is None
    assert funding.read(SAMPLE).next is None


def test_another_page_than_asked_is_refused():
    with pytest.raises(UnreadableError, match="another page"):
        funding.read(answer(pageNumber=7), request=FIRST)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{", "JSON"),
        ('{"bool":{"must":[{"wildcard":{"title":"a*"}}]}}', "clause"),
        ('{"match":{"title":"a"}}', "clause"),
        ('{"bool":{"must":[{"range":{"deadlineDate":{"gte":"2026-11-22"}}}]}}', "in full"),
    ],
)
def test_a_query_that_the_portal_cannot_answer_is_refused_before_it_is_sent(query, words):
    with pytest.raises(UnreadableError, match=words):
        funding.first_request(f"{SEARCH}&query={query}")


def test_a_range_over_a_date_in_full_is_sent():
    whole = '{"range":{"deadlineDate":{"gte":"2026-11-22T00:00:00.000%2B0000"}}}'
    assert "+0000" in parts(funding.first_request(f"{SEARCH}&query={whole}"))["query"][2]


def call(**members) -> bytes:
    return json.dumps({"results": [{"metadata": {"identifier": ["A-1"], **members}}]}).encode()


@pytest.mark.parametrize(
    "actions", [[], ["["], ["Infinity"], ['{"status": 1, "deadlineDates": [Infinity]}'], [3]]
)
def test_without_readable_actions_the_state_of_the_index_is_told(actions):
    (entry,) = funding.read(call(status=["31094501"], actions=actions)).entries
    assert entry.text == "Call for proposals A-1; Forthcoming."


def test_a_page_of_the_portal_is_kept_as_the_address():
    page = (
        "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/tender-details/a"
    )
    (entry,) = funding.read(call(url=[page], type=["0"])).entries
    assert (entry.url, entry.text) == (page, "Call for tenders A-1.")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b"[]", "not an answer"),
        (b'{"type": "throwable", "message": "Part missing"}', "throwable Part missing"),
        (b'{"totalResults": Infinity, "results": []}', "JSON"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(body, words):
    with pytest.raises(UnreadableError, match=words):
        funding.read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["title", "type", "status", "actions", "url", "descriptionByte", "deadlineDate"]),
        JSON,
    )
)
def test_any_shape_of_any_member_is_read(members):
    (entry,) = funding.read(call(**members)).entries
    assert entry.external_id == "A-1"
