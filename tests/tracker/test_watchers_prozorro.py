import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import prozorro as expected
from tracker.watchers import prozorro
from tracker.watchers.entry import Page, Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "prozorro.json").read_bytes()
FIRST = prozorro.first_request("https://api.example/api/2.5/tenders?opt_fields=title&descending=1")


def test_the_sample_list_is_read_whole():
    page = prozorro.read(SAMPLE, request=FIRST)
    assert page.entries == (expected.ENTRY,)
    (remark,) = page.remarks
    assert (remark.reason[:23], remark.detail) == ("Tenders without a title", "1")


def test_one_tender_alone_is_read_as_in_a_list():
    tender = json.loads(SAMPLE)["data"][0]
    assert prozorro.read(json.dumps({"data": tender}).encode()) == Page(entries=(expected.ENTRY,))


def test_no_person_is_left_in_a_page():
    told = str(prozorro.read(SAMPLE))
    assert [word for word in ("Персона", "Тестович", "@", "0440") if word in told] == []


def test_the_list_goes_on_from_its_offset_on_the_server_that_was_asked():
    following = prozorro.read(SAMPLE, request=FIRST).next
    assert following.url == (
        "https://api.example/api/2.5/tenders?opt_fields=title&descending=1&offset=1798754401.0.1.aa"
    )
    assert prozorro.read(SAMPLE, request=following).next is None
    assert prozorro.read(b'{"data": [], "next_page": {"offset": "2"}}', request=FIRST) == Page()


def test_a_list_of_bare_identifiers_says_what_it_lacks():
    page = prozorro.read(b'{"data": [{"id": "a"}, {"id": "b"}]}')
    reason = "Tenders without a title were set aside: the list must be asked for it (opt_fields)."
    assert (page.entries, page.remarks) == ((), (Remark(reason, "2"),))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b"[]", "not an answer"),
        (b'{"status": "error", "errors": [{"description": "Offset expired"}]}', "Offset expired"),
        (b'{"data": [{"id": "a", "title": "b", "value": {"amount": Infinity}}]}', "JSON"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(body, words):
    with pytest.raises(UnreadableError, match=words):
        prozorro.read(body)


def test_an_amount_beyond_all_measure_is_no_value():
    (entry,) = prozorro.read(b'{"data": {"id": "a", "title": "b", "value": {"amount": 1e9999}}}').entries
    assert entry.notice.value is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "suppliers", "contactPoint", "classification", "amount", "id"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["procuringEntity", "awards", "items", "lots", "value", "tenderID", "status"]), JSON
    )
)
def test_any_shape_of_any_member_is_read(members):
    body = json.dumps({"data": members | {"id": "a", "title": "b"}}).encode()
    assert [entry.external_id for entry in prozorro.read(body).entries] == ["a"]
