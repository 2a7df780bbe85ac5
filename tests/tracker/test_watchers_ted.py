import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import ted_api as expected
from tracker.watchers import ted
from tracker.watchers.entry import IncompleteError, Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "ted_api.json").read_bytes()
ADDRESS = "https://api.ted.europa.eu/v3/notices/search?query=FT%20~%20%22EuroHPC%22%20AND%20publication-date%20%3E%3D%20today(-3)"
FIRST = ted.first_request(ADDRESS)


def answer(**changes) -> bytes:
    return json.dumps(json.loads(SAMPLE) | changes).encode()


def test_the_sample_answer_is_read_whole():
    page = ted.read(SAMPLE, request=FIRST)
    assert page.entries == (expected.ENTRY,)
    assert page.remarks == (Remark("Notices without a publication number were set aside.", "1"),)


def test_the_query_in_the_address_is_sent_in_the_body():
    asked = json.loads(FIRST.body)
    assert (FIRST.method, FIRST.url) == ("POST", "https://api.ted.europa.eu/v3/notices/search")
    assert asked["query"] == 'FT ~ "EuroHPC" AND publication-date >= today(-3)'
    assert (asked["limit"], asked["paginationMode"], asked["onlyLatestVersions"]) == (100, "ITERATION", True)
    assert len(asked["fields"]) * asked["limit"] <= 10_000  # the server's ceiling
    assert "iterationNextToken" not in asked


def test_the_next_page_asks_the_same_with_the_token():
    following = ted.read(SAMPLE, request=FIRST).next
    assert json.loads(following.body) == json.loads(FIRST.body) | {"iterationNextToken": "next-page"}
    assert (following.url, following.method, following.headers) == (FIRST.url, FIRST.method, FIRST.headers)


def test_the_pages_end_when_all_notices_were_received_though_a_token_came():
    notices = [{"publication-number": f"{n}-2026"} for n in range(1, 101)]
    second = ted.read(answer(notices=notices, totalNoticeCount=101), request=FIRST).next
    assert ted.read(answer(notices=notices[:1], totalNoticeCount=101), request=second).next is None


def test_a_total_that_changed_between_two_pages_makes_the_round_incomplete():
    notices = [{"publication-number": f"{n}-2026"} for n in range(1, 101)]
    second = ted.read(answer(notices=notices, totalNoticeCount=300), request=FIRST).next
    with pytest.raises(IncompleteError, match="another number"):
        ted.read(answer(notices=notices, totalNoticeCount=299), request=second)


@pytest.mark.parametrize(
    "changes",
    [{"notices": []}, {"iterationNextToken": None}, {"iterationNextToken": ""}, {"totalNoticeCount": 2}],
)
def test_the_end_is_an_empty_page_no_token_or_all_there_is(changes):
    assert ted.read(answer(**changes), request=FIRST).next is None


def test_a_full_page_with_the_token_that_brought_it_is_a_circle():
    second = ted.read(SAMPLE, request=FIRST).next
    assert ted.read(SAMPLE, request=second).next is None  # a short page: the last one
    with pytest.raises(UnreadableError, match="repeats"):
        ted.read(answer(notices=[{"publication-number": f"{n}-2026"} for n in range(1, 101)]), request=second)


def test_a_partial_answer_is_not_an_answer():
    with pytest.raises(IncompleteError):
        ted.read(answer(timedOut=True), request=FIRST)


def test_the_composed_title_is_shown_for_want_of_better_and_never_matched():
    notice = {
        "publication-number": "1-2026",
        "notice-title": {"eng": "France – Super computer – Abracadabra"},
    }
    (entry,) = ted.read(answer(notices=[notice])).entries
    assert (entry.title, entry.text) == ("Abracadabra", "")


def test_lists_of_several_lots_are_never_paired():
    notice = {
        "publication-number": "1-2026",
        "identifier-lot": ["LOT-0001", "LOT-0003"],
        "title-lot": {"fra": ["a", "b"]},
        "award-criterion-name-lot": {"fra": ["Prix"] * 7},
    }
    (entry,) = ted.read(answer(notices=[notice])).entries
    assert entry.notice.lots == ({"id": "LOT-0001", "title": ""}, {"id": "LOT-0003", "title": ""})


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"notices": {}}', b'{"message": "Bad request"}', b'{"notices": [NaN]}', b"<html>"],
)
def test_what_is_no_answer_is_refused(body):
    with pytest.raises(UnreadableError):
        ted.read(body)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["fra", "eng", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([*json.loads(FIRST.body)["fields"]]), JSON, max_size=8))
def test_any_shape_of_any_field_is_read(fields):
    (entry,) = ted.read(answer(notices=[fields | {"publication-number": "1-2026"}])).entries
    assert entry.external_id == "1-2026"
