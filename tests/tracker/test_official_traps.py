"""Traps of official services that no one watcher's story tells: each once, by its name."""

import json
from pathlib import Path

import pytest

from tests.samples import notice as eforms_sample
from tracker.watchers import boamp, decp, funding, ocds, prozorro, ted
from tracker.watchers.entry import Entry

SAMPLES = Path(__file__).parent.parent / "samples"


def record(**columns) -> Entry:
    body = json.dumps({"total_count": 1, "results": [{"idweb": "26-2", "objet": "Calcul"} | columns]})
    (entry,) = boamp.read(body.encode()).entries
    return entry


def test_a_rectificatif_of_the_boamp_names_the_notice_that_it_corrects() -> None:
    notice = record(etat="RECTIFICATIF", annonce_lie=["26-1"]).notice
    assert (notice.changes, notice.change_reason) == ("26-1", "RECTIFICATIF")
    alone = record(nature="RECTIFICATIF", etat="initial", annonce_lie=["26_1"]).notice
    assert (alone.changes, alone.change_reason, alone.form_type) == ("26-1", "RECTIFICATIF", "change")
    initial = record(etat="INITIAL", annonce_lie=["26-1"]).notice
    assert (initial.changes, initial.change_reason) == ("", "")


def test_a_notice_of_the_boamp_that_ted_published_has_its_number_there() -> None:
    def element(scheme: str, text: str) -> dict:
        return {"@schemeName": scheme, "#text": text}

    published = {"efac:Publication": {"efbc:NoticePublicationID": element("ojs-notice-id", "00012345-2025")}}
    content = {"ext:UBLExtension": {"ext:ExtensionContent": {"efext:EformsExtension": published}}}
    told = {
        "ext:UBLExtensions": content,
        "cbc:ID": element("notice-id", eforms_sample.ENTRY.notice.notice_id),
        "cbc:ContractFolderID": eforms_sample.ENTRY.notice.procedure_id,
    }
    entry = record(donnees=json.dumps({"EFORMS": {"ContractNotice": told}}))
    assert (entry.external_id, entry.notice.publication_number) == ("26-2", "12345-2025")
    assert entry.notice.procedure_id == eforms_sample.ENTRY.notice.procedure_id


@pytest.mark.parametrize("written", ["NC", "", "CDL", None, "inf"])
def test_what_the_decp_does_not_tell_is_unknown_and_not_nought(written) -> None:
    told = {"id": "1", "acheteur": {"id": "12345678900011"}, "objet": "Calcul", "montant": written}
    told |= {"offresRecues": written, "codeCPV": written, "origineUE": written, "origineFrance": "0.5"}
    (entry,) = decp.read(json.dumps({"marches": {"marche": [told]}}).encode()).entries
    assert (entry.notice.value, entry.notice.tenders_received, entry.notice.cpv) == (None, None, ())
    assert entry.text == "Calcul\norigineFrance : 0.5"


def test_what_the_portal_counts_anew_each_time_is_no_change_of_a_call() -> None:
    answer = json.loads((SAMPLES / "funding.json").read_text())
    before = funding.read(json.dumps(answer).encode()).entries
    for result in answer["results"]:
        result |= {"weight": 0.123, "checksum": "another"}
    assert funding.read(json.dumps(answer).encode()).entries == before


def test_a_limit_of_all_lots_is_no_limit_and_loses_no_release() -> None:
    """Find a Tender writes 1e9999 for “all lots”, and numbers with stray signs."""
    body = (
        b'{"releases": [{"ocid": "ocds-h6vhtk-1", "id": "1-2026", "tender": {"title": "HPC", "value":'
        b'{"amount": " 000,", "currency": "GBP"}, "lotDetails": {"maximumLotsBidPerSupplier": 1e9999,'
        b'"maximumLotsAwardedPerSupplier": 1e9999}}}]}'
    )
    (entry,) = ocds.read(body).entries
    assert (entry.notice.max_lots_awarded, entry.notice.value) == (None, None)
    assert entry.url == "https://www.find-tender.service.gov.uk/Notice/1-2026"


def test_a_release_without_a_process_is_set_aside_and_told() -> None:
    page = ocds.read(b'{"releases": [{"id": "1"}, {"ocid": "ocds-b5fd17-1", "id": "2", "tender": {}}]}')
    assert ([entry.external_id for entry in page.entries], page.remarks[0].detail) == (
        ["ocds-b5fd17-1 2"],
        "1",
    )


def test_the_deadline_is_that_of_tenders_then_of_requests_and_never_another() -> None:
    told = {"publication-number": "1-2026", "deadline": "2026-01-01Z", "deadline-date-lot": ["2026-01-02Z"]}
    requests = told | {"deadline-receipt-request-date-lot": ["2026-03-01+01:00", "2026-02-01+01:00"]}
    tenders = requests | {"deadline-receipt-tender-date-lot": ["2026-04-01+02:00"]}
    notices = [told, requests, tenders]
    entries = [ted.read(json.dumps({"notices": [notice]}).encode()).entries[0] for notice in notices]
    assert [str(entry.notice.deadline_on) for entry in entries] == ["None", "2026-02-01", "2026-04-01"]


def test_values_that_are_lists_or_single_ones_are_read_alike() -> None:
    for value, unit in ((600_000, "EUR"), (["600000"], ["EUR"]), ("600000.00", "eur")):
        told = {"publication-number": "00210184-2025", "total-value": value, "total-value-cur": unit}
        (entry,) = ted.read(json.dumps({"notices": [told]}).encode()).entries
        assert (entry.external_id, str(entry.notice.value), entry.notice.currency) == (
            "210184-2025",
            "600000.00",
            "EUR",
        )


def test_a_list_of_prozorro_tells_what_its_tenders_are_so_that_one_call_is_enough() -> None:
    tender = {
        "id": "a",
        "tenderID": "UA-1",
        "title": "Суперкомп’ютер",
        "dateModified": "2026-11-22T09:00:00+02:00",
    }
    answer = {
        "data": [tender],
        "next_page": {"offset": "123.4", "path": "/x", "uri": "https://elsewhere.example"},
    }
    first = prozorro.first_request(
        "https://public-api.prozorro.gov.ua/api/2.5/tenders?opt_fields=title,tenderID"
    )
    page = prozorro.read(json.dumps(answer).encode(), request=first)
    assert [entry.title for entry in page.entries] == ["Суперкомп’ютер"]
    assert page.next.url == f"{first.url.replace(',', '%2C')}&offset=123.4"
