from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import notice as expected
from tracker.watchers import eforms
from tracker.watchers.entry import Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "notice.xml").read_bytes()


def read(body: bytes):
    (entry,) = eforms.read(body).entries
    return entry


def changed(old: str, new: str) -> bytes:
    assert old in SAMPLE.decode()
    return SAMPLE.decode().replace(old, new).encode()


def test_the_sample_notice_is_read_whole():
    assert read(SAMPLE) == expected.ENTRY


def test_the_buyer_is_the_organisation_referred_to_and_no_other_is_in_the_text():
    entry = read(SAMPLE)
    assert entry.notice.buyers == ("Institut des Marées",)
    assert "Saint-Cloud" not in str(entry)


def test_no_contact_person_is_left_anywhere():
    left = str(read(SAMPLE))
    for secret in ("Personne", "camille", "@", "99 00 12 34"):
        assert secret not in left


def test_a_natural_person_who_buys_or_wins_is_not_named():
    body = changed("<efac:Organization><efac:Company>", "<efac:Organization><efbc:NaturalPersonIndicator>true"
                   "</efbc:NaturalPersonIndicator><efac:Company>")  # fmt: skip
    entry = read(body.replace(b"Institut des Mar\xc3\xa9es", b"Dominique Quidam"))
    assert entry.notice.buyers == ()
    assert "Quidam" not in str(entry)


def test_without_a_publication_number_the_identity_is_the_notice_and_its_version():
    entry = read(changed("00012345-2025", "n.a."))
    assert (entry.external_id, entry.url) == ("0b9a3c1e-0000-4000-8000-000000000001-02", "")


@pytest.mark.parametrize("withheld", ["-1", "NaN", "1e9999", "Infinity", "9" * 40, "", "-0.5", "12,3,4"])
def test_a_withheld_or_absurd_amount_is_none(withheld):
    entry = read(changed("1000000.50", withheld))
    assert (entry.notice.value, entry.notice.currency) == (None, "")


@pytest.mark.parametrize(
    ("written", "day"), [("2025-07-15Z", "2025-07-15"), ("2025-02-30", "None"), ("2025-07-15", "2025-07-15")]
)
def test_deadlines_are_days_as_written(written, day):
    assert str(read(changed("2025-07-15+02:00", written)).notice.deadline_on) == day


def test_prefixes_mean_nothing_and_namespaces_everything():
    body = SAMPLE.replace(b"cbc:", b"q:").replace(b"xmlns:cbc", b"xmlns:q").replace(b":cbc=", b":q=")
    assert read(body) == expected.ENTRY
    with pytest.raises(UnreadableError):
        eforms.read(
            SAMPLE.replace(b"urn:oasis:names:specification:ubl:schema:xsd:ContractNotice-2", b"urn:other")
        )


def test_the_winner_is_reached_through_lot_tender_and_party():
    result = """<efac:NoticeResult><efac:LotResult><cbc:TenderResultCode>selec-w</cbc:TenderResultCode>
      <efac:LotTender><cbc:ID>TEN-1</cbc:ID></efac:LotTender><efac:ReceivedSubmissionsStatistics>
      <efbc:StatisticsCode>tenders</efbc:StatisticsCode><efbc:StatisticsNumeric>3</efbc:StatisticsNumeric>
      </efac:ReceivedSubmissionsStatistics></efac:LotResult>
      <efac:LotTender><cbc:ID>TEN-1</cbc:ID><efac:TenderingParty><cbc:ID>TPA-1</cbc:ID></efac:TenderingParty></efac:LotTender>
      <efac:TenderingParty><cbc:ID>TPA-1</cbc:ID><efac:Tenderer><cbc:ID>ORG-0002</cbc:ID></efac:Tenderer></efac:TenderingParty>
      </efac:NoticeResult><efac:Organizations>"""
    notice = read(changed("<efac:Organizations>", result)).notice
    assert (notice.winners, notice.tenders_received) == (("Institut des Marées",), 3)


def test_a_notice_of_a_registration_has_a_namespace_of_its_own():
    body = b"""<BusinessRegistrationInformationNotice
        xmlns="http://data.europa.eu/p27/eforms-business-registration-information-notice/1"
        xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
        <cbc:ID schemeName="notice-id">3b3b619b</cbc:ID></BusinessRegistrationInformationNotice>"""
    assert read(body).external_id == "3b3b619b-01"


@pytest.mark.parametrize(
    "prolog", ["<!DOCTYPE x>", '<!DOCTYPE x [<!ENTITY a "b">]>', '<!DOCTYPE x SYSTEM "file:///etc/passwd">']
)
def test_any_document_type_is_refused(prolog):
    for encoding in ("utf-8", "utf-16"):
        text = SAMPLE.decode().replace('"UTF-8"?>', f'"{encoding}"?>{prolog}')
        with pytest.raises(UnreadableError, match="DOCTYPE"):
            eforms.read(text.encode(encoding))


@pytest.mark.parametrize(
    "body", [b"", b"<a/>", b"<ContractNotice/>", b"not xml", SAMPLE[:2000], changed("notice-id", "x")[:-40]]
)
def test_what_is_no_notice_is_refused(body):
    with pytest.raises(UnreadableError):
        eforms.read(body)


def test_a_notice_without_any_identity_is_refused():
    body = changed("00012345-2025", "").replace(b"0b9a3c1e-0000-4000-8000-000000000001", b"")
    with pytest.raises(UnreadableError, match="neither"):
        eforms.read(body)


def test_more_lots_than_the_limit_are_left_and_told():
    lot = SAMPLE.decode().split("<cac:ProcurementProjectLot>")[1].split("</cac:ProcurementProjectLot>")[0]
    lots = f"<cac:ProcurementProjectLot>{lot}</cac:ProcurementProjectLot>" * 501
    page = eforms.read(changed("</ContractNotice>", f"{lots}</ContractNotice>"))
    assert len(page.entries[0].notice.lots) == 500
    assert page.remarks == (Remark("Only the first lots of this notice were read.", "500 / 502"),)


@settings(max_examples=50)
@given(st.text(max_size=60), st.integers(0, len(SAMPLE)), st.integers(0, 400))
def test_any_damage_is_a_page_or_a_refusal(text, start, length):
    body = SAMPLE[:start] + text.encode(errors="ignore") + SAMPLE[start + length :]
    try:
        assert read(body).external_id
    except UnreadableError as error:
        assert error.reason


@pytest.mark.parametrize("element", ["TendererRequirementTypeCode", "CriterionTypeCode"])
def test_the_code_of_a_selection_criterion_is_read_since_sdk_1_12_and_before(element):
    criterion = f"""<cac:TenderingTerms><ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>
      <efext:EformsExtension><efac:SelectionCriteria><cbc:{element}>slc-sec-supply</cbc:{element}>
      </efac:SelectionCriteria></efext:EformsExtension></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"""
    head, lot = SAMPLE.decode().split("<cac:ProcurementProjectLot>", 1)
    body = f"{head}<cac:ProcurementProjectLot>{lot.replace('<cac:TenderingTerms>', criterion, 1)}"
    assert read(body.encode()).notice.lots[0]["selection"] == ["slc-sec-supply"]


def test_each_lot_tells_who_won_it_and_how_many_tendered():
    lot = read(SAMPLE).notice.lots[0]["id"]
    result = f"""<efac:NoticeResult><efac:LotResult><cbc:TenderResultCode>selec-w</cbc:TenderResultCode>
      <efac:LotTender><cbc:ID>TEN-1</cbc:ID></efac:LotTender><efac:ReceivedSubmissionsStatistics>
      <efbc:StatisticsCode>tenders</efbc:StatisticsCode><efbc:StatisticsNumeric>1</efbc:StatisticsNumeric>
      </efac:ReceivedSubmissionsStatistics><efac:TenderLot><cbc:ID>{lot}</cbc:ID></efac:TenderLot></efac:LotResult>
      <efac:LotTender><cbc:ID>TEN-1</cbc:ID><efac:TenderingParty><cbc:ID>TPA-1</cbc:ID></efac:TenderingParty></efac:LotTender>
      <efac:TenderingParty><cbc:ID>TPA-1</cbc:ID><efac:Tenderer><cbc:ID>ORG-0002</cbc:ID></efac:Tenderer></efac:TenderingParty>
      </efac:NoticeResult><efac:Organizations>"""
    told = read(changed("<efac:Organizations>", result)).notice.lots[0]
    assert (told["winners"], told["tenders"]) == (["Institut des Marées"], 1)
    spaced = changed("<efac:Organizations>", result).replace(b"<cbc:ID>ORG", b"<cbc:ID>\n  ORG")
    spaced = spaced.replace(b"<cbc:ID>TPA-1", b"<cbc:ID> TPA-1 ")
    assert read(spaced).notice.lots[0] == told


@pytest.mark.parametrize(
    ("indicator", "joint"),
    [("<efbc:AwardingCPBIndicator>true</efbc:AwardingCPBIndicator>", True),
     ("<efbc:GroupLeadIndicator>false</efbc:GroupLeadIndicator>", False), ("", None)],
)  # fmt: skip
def test_buying_for_others_is_told_by_the_buyer(indicator, joint):
    body = SAMPLE.decode().replace("<efac:Organization>", f"<efac:Organization>{indicator}")
    assert read(body.encode()).notice.joint is joint


def test_a_lot_tells_how_many_may_join_its_framework_and_whether_union_money_pays():
    terms = "<cbc:FundingProgramCode>{}</cbc:FundingProgramCode>"
    process = """<cac:TenderingProcess><cac:FrameworkAgreement><cbc:MaximumOperatorQuantity>3</cbc:MaximumOperatorQuantity>
      </cac:FrameworkAgreement></cac:TenderingProcess>"""
    head, lot = SAMPLE.decode().split("<cac:ProcurementProjectLot>", 1)

    def told(funded: str) -> dict[str, object]:
        lots = lot.replace("<cac:TenderingTerms>", "<cac:TenderingTerms>" + terms.format(funded), 1)
        return read(f"{head}<cac:ProcurementProjectLot>{process}{lots}".encode()).notice.lots[0]

    assert (told("eu-funds")["operators"], told("eu-funds")["funding"]) == (3, ["eu-funds"])
    assert "funding" not in told("no-eu-funds")


@pytest.mark.parametrize(
    ("caps", "lots", "most"),
    [
        ({"Awarded": 1, "Submitted": 2}, 3, 1),
        ({"Submitted": 2}, 3, 2),  # nobody wins more lots than they may tender for
        ({"Submitted": 3}, 3, None),
        ({}, 3, None),
    ],
)
def test_the_most_lots_per_winner_are_those_that_one_may_win_or_tender_for(caps, lots, most):
    written = "<cbc:MaximumLotsAwardedNumeric>1</cbc:MaximumLotsAwardedNumeric>"
    told = "".join(
        f"<cbc:MaximumLots{each}Numeric>{n}</cbc:MaximumLots{each}Numeric>" for each, n in caps.items()
    )
    more = '<cac:ProcurementProjectLot><cbc:ID schemeName="Lot">LOT-9</cbc:ID></cac:ProcurementProjectLot>'
    body = SAMPLE.decode().replace(written, told)
    body = body.replace("</ContractNotice>", f"{more * (lots - 1)}</ContractNotice>")
    assert read(body.encode()).notice.max_lots_awarded == most
