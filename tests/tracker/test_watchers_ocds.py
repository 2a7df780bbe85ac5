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


@settings(max_examples=60)
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


def told(**members):
    (entry,) = ocds.read(json.dumps({"releases": [RELEASE | members]}).encode()).entries
    return entry


def test_organisations_are_known_by_what_the_parties_say_of_them():
    """Germany's portal gives the buyer another identifier than its party, and a country of three letters."""
    parties = [
        {"id": "P1", "name": "Agence A", "roles": ["buyer"], "address": {"countryName": "DEU"}},
        {"id": "P2", "name": "Agence B", "roles": ["buyer"]},
        {"id": "P3", "name": "Nacelle SA", "roles": ["supplier"]},
    ]
    awards = [
        {"status": "active", "suppliers": [{"id": "P3"}], "relatedLots": ["1"]},
        {"status": "cancelled", "suppliers": [{"name": "Écartée SA"}], "relatedLots": ["1"]},
        {"status": ["active"], "suppliers": [3]},
    ]
    tender = {"lots": [{"id": "1"}]}
    notice = told(buyer={"id": "x"}, parties=parties, awards=awards, tender=tender).notice
    assert (notice.buyers, notice.buyer_country, notice.joint) == (("Agence A", "Agence B"), "DE", True)
    assert (notice.winners, notice.form_type) == (("Nacelle SA",), "result")
    assert notice.lots == ({"id": "1", "title": "", "winners": ["Nacelle SA"]},)
    council = {"name": "Council", "address": {"countryName": "United Kingdom"}}
    assert told(buyer=council).notice.buyer_country == "GB"
    assert told(tender={"procuringEntity": {"name": "Ville"}}).notice.buyers == ("Ville",)


def test_criteria_bids_and_frameworks_are_told_of_each_lot():
    agreement = {"method": "withReopeningCompetition", "maximumParticipants": 4}
    quality = {"awardCriteria": {"criteria": [{"name": "Quality", "description": "60 %"}]}}
    tender = {
        "lots": [{"id": "1"} | quality, {"id": "2"}],
        "techniques": {"hasFrameworkAgreement": True, "frameworkAgreement": agreement},
        "selectionCriteria": {"criteria": [{"description": "Two makers"}]},
        "additionalClassifications": [{"scheme": "CPV", "id": "30211100-7"}],
    }
    statistics = [
        {"measure": "bids", "value": 3, "relatedLot": "1"},
        {"measure": "bids", "value": 1, "relatedLots": ["2"]},
        {"measure": "validBids", "value": 9, "relatedLot": "1"},
    ]
    entry = told(
        tender=tender, bids={"statistics": statistics}, awards=[{"value": {"amount": 7, "currency": "EUR"}}]
    )
    notice = entry.notice
    assert notice.lots == (
        {"id": "1", "title": "", "criteria": ["Quality", "60 %"], "operators": 4, "tenders": 3},
        {"id": "2", "title": "", "operators": 4, "tenders": 1},
    )
    assert (notice.tenders_received, notice.framework, notice.cpv) == (4, "fa-w-rc", ("30211100",))
    assert (notice.value, notice.currency, entry.text) == (7, "EUR", "Two makers\nQuality\n60 %")


@pytest.mark.parametrize(
    ("members", "changes"),
    [
        ({"tag": ["tender"]}, ""),
        ({"tag": ["tenderUpdate"]}, "ocds-1"),
        ({"tag": ["contractAmendment"]}, ""),
        ({"tender": {"amendments": [{"releaseID": "1-02", "amendsReleaseID": "0-01"}]}}, "0-01"),
        ({"tender": {"amendments": [{"releaseID": "9", "amendsReleaseID": "8"}]}}, ""),
    ],
)
def test_a_release_that_tells_a_stage_again_says_what_it_changes(members, changes):
    assert told(**members).notice.changes == changes


def test_nobody_who_can_be_reached_is_kept_wherever_they_are_named():
    person = {"name": "Ada Lovelace", "email": "ada@x.example", "faxNumber": "+33 1 23 45 67 89"}
    description = "Ask Ada Lovelace, ada@x.example, 01 23 45 67 89."
    awards = [{"suppliers": [{"name": "Nacelle SA", "contactPoint": person}]}]
    entry = told(awards=awards, tender={"description": description})
    assert entry.text == "Ask […], […], […]."
