"""Senders write eForms by the SDK of their day: from 1.3 to 1.16 the same facts are read from the places of each."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.samples import notice as expected
from tracker.watchers import eforms
from tracker.watchers.entry import Entry

SAMPLE = (Path(__file__).parent.parent / "samples" / "notice.xml").read_text()
REFERENCE = "<cac:CallForTendersDocumentReference>"
VERSIONS = range(3, 17)
SUPPLY = "Sécurité d’approvisionnement exigée"


def written(minor: int) -> str:
    """The sample as a sender with SDK 1.`minor` writes it, with a selection criterion and a financing of its own."""
    document = f"{REFERENCE}<cbc:ID>1</cbc:ID>"
    if minor >= 7:  # before, the kind of document was told only where access was restricted
        document += "<cbc:DocumentTypeCode>non-restricted-document</cbc:DocumentTypeCode>"
    if minor >= 8:
        document = document.replace("DocumentTypeCode", "DocumentType")
    text = SAMPLE.replace("eforms-sdk-1.10", f"eforms-sdk-1.{minor}").replace(REFERENCE, document)
    code = "TendererRequirementTypeCode" if minor >= 12 else "CriterionTypeCode"
    name = "" if minor >= 12 else f'<cbc:Name languageID="FRA">{SUPPLY}</cbc:Name>'
    description = f'<cbc:Description languageID="FRA">{SUPPLY}</cbc:Description>' if minor >= 12 else ""
    criterion = f"""<cac:TenderingTerms><ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>
      <efext:EformsExtension><efac:SelectionCriteria><cbc:{code} listName="selection-criterion">slc-sec-supply</cbc:{code}>
      {name}{description}</efac:SelectionCriteria></efext:EformsExtension></ext:ExtensionContent></ext:UBLExtension>
      </ext:UBLExtensions>"""
    head, lot = text.split("<cac:ProcurementProjectLot>")
    return head + "<cac:ProcurementProjectLot>" + lot.replace("<cac:TenderingTerms>", criterion)


def read(text: str) -> Entry:
    (entry,) = eforms.read(text.encode()).entries
    return entry


@pytest.mark.parametrize("minor", VERSIONS)
def test_every_version_of_the_sdk_tells_the_same(minor) -> None:
    notice = expected.ENTRY.notice
    lot = notice.lots[0] | {"selection": ["slc-sec-supply"]}
    first, last = expected.ENTRY.text.rsplit("\n", 1)
    assert read(written(minor)) == replace(
        expected.ENTRY,
        text=f"{first}\n{SUPPLY}\n{last}",
        notice=replace(notice, schema=f"eforms-sdk-1.{minor}", lots=(lot,)),
    )


@pytest.mark.parametrize(
    "customization",
    [
        "eforms-sdk-1.7#extended#urn:fdc:anskaffelser.no:2023:eforms:national",
        "urn:xeinkauf:eforms-de:standard:1.1#eforms-sdk-1.7",
    ],
)
def test_national_extensions_are_tolerated(customization) -> None:
    national = '<defext:Clause xmlns:defext="german-eforms-extension">nur hier</defext:Clause>'
    body = SAMPLE.replace("eforms-sdk-1.10#extended", customization).replace(
        "<efac:Changes>", f"{national}<efac:Changes>"
    )
    entry = read(body)
    assert (entry.title, entry.text) == (expected.ENTRY.title, expected.ENTRY.text)
    assert entry.notice.schema == customization.split("#")[0]


def test_a_restricted_document_is_told_beside_a_free_one() -> None:
    restricted = REFERENCE + (
        "<cbc:ID>2</cbc:ID><cbc:DocumentType>restricted-document</cbc:DocumentType><cac:Attachment>"
        "<cac:ExternalReference><cbc:URI>https://marees.example/enceinte</cbc:URI></cac:ExternalReference>"
        "</cac:Attachment></cac:CallForTendersDocumentReference>"
    )
    notice = read(SAMPLE.replace(REFERENCE, restricted + REFERENCE)).notice
    assert notice.document_urls == ("https://marees.example/enceinte", "https://marees.example/dossier")


@pytest.mark.parametrize(
    ("named", "number"),
    [
        ("0b9a3c1e-0000-4000-8000-0000000000aa-01", "0b9a3c1e-0000-4000-8000-0000000000aa-01"),
        ("00123456-2025", "123456-2025"),
        ("2025-123456", "123456-2025"),
    ],
)
def test_a_changed_notice_is_known_by_each_of_its_names(named, number) -> None:
    assert read(SAMPLE.replace("2025-000777", named)).notice.changes == number


def test_the_groups_of_lots_are_no_lots_and_the_parts_of_a_plan_are() -> None:
    for scheme, lots in (("Part", 1), ("Lot", 1), ("LotsGroup", 0)):
        body = SAMPLE.replace('schemeName="Lot"', f'schemeName="{scheme}"')
        assert len(read(body).notice.lots) == lots


@pytest.mark.parametrize("code", ["cancel", "cancel-intent", "susp-review", "cor-esen", "update-add"])
def test_why_a_notice_was_changed_is_told_by_its_code(code) -> None:
    assert read(SAMPLE.replace("cor-buy", code)).notice.change_reason == code


def test_a_withheld_sum_gives_way_to_the_one_of_the_framework() -> None:
    most = "<efac:NoticeResult><cbc:TotalAmount currencyID='EUR'>-1</cbc:TotalAmount>"
    most += "<efbc:OverallMaximumFrameworkContractsAmount currencyID='SEK'>5e6</efbc:OverallMaximumFrameworkContractsAmount>"
    notice = read(
        SAMPLE.replace("<efac:Organizations>", f"{most}</efac:NoticeResult><efac:Organizations>")
    ).notice
    assert (str(notice.value), notice.currency) == ("5000000.00", "SEK")
