import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import release as expected
from tracker.watchers import ocds
from tracker.watchers.entry import Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "release.json").read_bytes()
URL = "https://tenders.example/packages"
RELEASE = {"ocid": "ocds-1", "id": "1"}


def test_the_sample_package_is_read_whole():
    page = ocds.read(SAMPLE, url=URL)
    assert page.entries == (expected.ENTRY,)
    assert page.remarks == (
        Remark("Releases were set aside: without an ocid, repeated, or beyond the limit.", "1"),
    )


def test_the_next_page_is_followed_on_the_same_server_only():
    assert ocds.read(SAMPLE, url=URL).next.url == "https://tenders.example/packages?cursor=2"
    assert ocds.read(SAMPLE, url="https://other.example/packages").next is None
    assert ocds.read(SAMPLE).next is None


def test_a_record_gives_its_compiled_release():
    package = {
        "records": [
            {"ocid": "ocds-1", "releases": [{"url": "https://x.example"}], "compiledRelease": RELEASE}
        ]
    }
    assert [entry.external_id for entry in ocds.read(json.dumps(package).encode()).entries] == ["ocds-1 1"]


def test_one_release_seen_twice_is_one_entry():
    assert len(ocds.read(json.dumps({"releases": [RELEASE, RELEASE]}).encode()).entries) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"releases": 1}', b'{"releases": [NaN]}', b"[" * 100_000]
)
def test_what_is_no_package_is_refused(body):
    with pytest.raises(UnreadableError):
        ocds.read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "title", "amount", "value", "lots", "scheme", "items"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["tender", "buyer", "parties", "awards", "language", "date", "tag", "id"]), JSON
    )
)
def test_any_shape_of_any_member_is_read(members):
    (entry,) = ocds.read(json.dumps({"releases": [members | {"ocid": "ocds-1"}]}).encode()).entries
    assert entry.external_id.startswith("ocds-1")


def test_contracts_finder_writes_latin_1():
    body = json.dumps({"releases": [RELEASE | {"tender": {"title": "Café"}}]}, ensure_ascii=False)
    (entry,) = ocds.read(body.encode("latin-1")).entries
    assert entry.title == "Café"


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["tender"], ("competition", "")),
        (["tenderCancellation"], ("competition", "cancel")),
        (["compiled", "award"], ("result", "")),
        (["contractAmendment"], ("cont-modif", "")),
        (["odd", 1, None], ("", "")),
    ],
)
def test_the_tag_tells_what_a_release_is(tags, told):
    (entry,) = ocds.read(json.dumps(RELEASE | {"tag": tags}).encode()).entries
    assert (entry.notice.form_type, entry.notice.change_reason) == told


def test_each_lot_names_its_winners_and_several_buyers_buy_together():
    release = RELEASE | {
        "parties": [{"id": "a", "roles": ["buyer"]}, {"id": "b", "roles": ["buyer", "supplier"]}],
        "tender": {"lots": [{"id": "1"}, {"id": 2}]},
        "awards": [{"relatedLots": [2], "suppliers": [{"name": "Alpha"}]}, {"relatedLots": ["9"]}],
    }
    notice = ocds.read(json.dumps(release).encode()).entries[0].notice
    assert notice.lots == ({"id": "1", "title": ""}, {"id": "2", "title": "", "winners": ["Alpha"]})
    assert (notice.joint, notice.winners) == (True, ("Alpha",))
