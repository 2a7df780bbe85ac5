import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import prozorro as expected
from tracker import ingest
from tracker.models import Document, Source
from tracker.watchers import prozorro
from tracker.watchers.entry import Page, Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "prozorro.json").read_bytes()
FIRST = prozorro.first_request("https://api.example/api/2.5/tenders?opt_fields=title&descending=1")


def test_the_sample_list_is_read_whole():
    page = prozorro.read(SAMPLE, request=FIRST)
    assert page.entries == (expected.ENTRY,)
    (remark,) = page.remarks
    assert remark == Remark("Tenders without a title were set aside.", "1")


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


def bare(*numbers: int, day: int = 1) -> bytes:
    told = [
        {"id": f"{number:032x}", "dateModified": f"2026-11-{day:02}T00:00:00+02:00"} for number in numbers
    ]
    return json.dumps({"data": told, "next_page": {"offset": "1.2"}}).encode()


def test_the_tenders_of_a_list_of_bare_identifiers_are_asked_for_one_by_one():
    first = prozorro.first_request("https://api.example/api/2.5/tenders")
    assert first.url == "https://api.example/api/2.5/tenders?descending=1"
    page = prozorro.read(bare(1, 2), request=first)
    assert page.next.url == f"https://api.example/api/2.5/tenders/{1:032x}"
    tender = json.dumps({"data": json.loads(SAMPLE)["data"][0]}).encode()
    second = prozorro.read(tender, request=page.next)
    assert (second.entries, second.next.url) == (
        (expected.ENTRY,),
        f"https://api.example/api/2.5/tenders/{2:032x}",
    )
    assert prozorro.read(tender, request=second.next).next is None

    again = replace(first, memory=page.memory)
    assert prozorro.read(bare(1, 2), request=again) == Page(memory=page.memory)
    assert prozorro.read(bare(2, 3), request=again).next.url.endswith(f"{3:032x}")
    assert prozorro.read(bare(2, day=2), request=again).next.url.endswith(f"{2:032x}")


def test_so_many_are_asked_for_at_a_time_and_the_others_are_told():
    first = prozorro.first_request("https://api.example/api/2.5/tenders")
    page = prozorro.read(bare(*range(100)), request=first)
    asked, request = 0, page.next
    while request:
        request, asked = prozorro.read(b'{"data": {"id": "a"}}', request=request).next, asked + 1
    assert (asked, page.remarks[0].detail) == (40, "60")
    later = prozorro.read(bare(*range(100)), request=replace(first, memory=page.memory))
    assert (later.next.url[-2:], later.remarks[0].detail) == (f"{40:02x}", "20")


def test_an_identifier_that_is_an_address_leads_nowhere():
    body = json.dumps({"data": [{"id": "../../evil"}, {"id": "a b"}, {"id": {"x": 1}}]}).encode()
    assert prozorro.read(body, request=FIRST).next is None


@pytest.mark.django_db
def test_a_list_without_titles_is_read_tender_by_tender(httpserver, source, now, settings):
    settings.FETCH_HOST_SECONDS = 0.0
    Source.objects.update(
        format="prozorro", url=source.url.replace("/feed", "/api/2.5/tenders"), cadence_minutes=60
    )
    httpserver.expect_request("/api/2.5/tenders", query_string="descending=1").respond_with_data(
        bare(1, 2, 3)
    )
    for number in (1, 2, 3):
        tender = json.dumps({"data": {"id": f"{number:032x}", "title": f"Графічні процесори {number}"}})
        httpserver.expect_request(f"/api/2.5/tenders/{number:032x}").respond_with_data(tender)

    fetch = ingest.read_source(source.pk, now=now)

    assert (fetch.outcome, fetch.entries_new, fetch.remarks) == ("read", 3, [])
    titles = Document.objects.order_by("title").values_list("title", flat=True)
    assert list(titles) == [f"Графічні процесори {number}" for number in (1, 2, 3)]
    httpserver.expect_request("/api/2.5/tenders").respond_with_data(bare(1, 2))
    Source.objects.update(next_due_at=now)
    assert ingest.read_source(source.pk, now=now).entries_same == 0
    assert len(httpserver.log) == 5


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


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["procuringEntity", "awards", "items", "lots", "value", "tenderID", "status"]), JSON
    )
)
def test_any_shape_of_any_member_is_read(members):
    body = json.dumps({"data": members | {"id": "a", "title": "b"}}).encode()
    assert [entry.external_id for entry in prozorro.read(body).entries] == ["a"]


def test_each_lot_tells_who_won_it_and_how_many_bids_stood():
    def bid(*lots, status="active"):
        return {"status": status, "lotValues": [{"relatedLot": lot} for lot in lots]}

    tender = {"id": "a", "title": "Вузли", "tenderID": "UA-1", "lots": [{"id": "L1"}, {"id": "L2"}]}
    tender |= {"bids": [bid("L1", "L2"), bid("L1"), bid("L1", status="invalid")]}
    tender["awards"] = [
        {"status": "active", "lotID": "L1", "suppliers": [{"name": "ТОВ Обчислення"}]},
        {"status": "unsuccessful", "lotID": "L2", "suppliers": [{"name": "ТОВ Інше"}]},
    ]
    (entry,) = prozorro.read(json.dumps({"data": tender}).encode()).entries
    assert entry.notice.lots == (
        {"id": "L1", "title": "", "winners": ["ТОВ Обчислення"], "tenders": 2},
        {"id": "L2", "title": "", "tenders": 1},
    )
    assert (entry.notice.tenders_received, entry.notice.form_type) == (2, "result")
