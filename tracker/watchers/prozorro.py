"""Prozorro, the public procurement of Ukraine (API 2.5): pages of tenders, or one tender, as entries. Pure.

A tender is an OCDS tender with a few names of its own: it is read as one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from tracker.watchers import ocds
from tracker.watchers.entry import Entry, NoticeFields, Page, Remark, Request, UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.plaintext import line

LABEL = "Prozorro (API 2.5)"

Json = Mapping[str, object]

_TENDER_PAGE = "https://prozorro.gov.ua/tender/{}"
_CPV = "ДК021"  # the Ukrainian edition of CPV, with the same codes
_TENDER = ("title", "value", "tenderPeriod", "numberOfTenderers")
_PERSON = re.compile(
    r"\s*(?:ФОП|Фізична особа)\b", re.IGNORECASE
)  # a sole trader goes by the name of a person


def first_request(url: str) -> Request:
    """A plain GET; a list names with `opt_fields=tenderID,title,…` what it tells of each tender."""
    return Request(url=url, headers={"Accept": "application/json"})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry per tender; a list that tells nothing but identifiers has none, which is remarked."""
    answer = mapping(load_json(body))
    if "data" not in answer:
        error = mapping(next(iter(sequence(answer.get("errors"))), None))
        raise UnreadableError(
            "This is not an answer of Prozorro.", line(string(error.get("description")), limit=200)
        )
    tenders = [mapping(tender) for tender in sequence(answer.get("data"))]
    entries = [_entry(tender) for tender in tenders if tender.get("id") and tender.get("title")]
    untold = len(tenders) - len(entries)
    left = Remark(
        "Tenders without a title were set aside: the list must be asked for it (opt_fields).", str(untold)
    )
    return Page(
        entries=tuple(entries),
        next=_next(answer, request, received=len(tenders)),
        remarks=(left,) if untold else (),
    )


def _next(answer: Json, request: Request | None, *, received: int) -> Request | None:
    """The list goes on from an offset, on the server that was asked; at its end the offset stays as it was."""
    offset = string(mapping(answer.get("next_page")).get("offset"))
    if request is None or not offset or not received:
        return None
    parts = urlsplit(request.url)
    asked = dict(parse_qsl(parts.query))
    if asked.get("offset") == offset:
        return None
    query = urlencode(asked | {"offset": offset}, quote_via=quote)
    return first_request(urlunsplit(parts._replace(query=query)))


def _entry(tender: Json) -> Entry:
    identifier, number = (line(string(tender.get(name)), limit=64) for name in ("id", "tenderID"))
    release = json.dumps({"releases": [_release(tender)]}, default=str).encode()
    (entry,) = ocds.read(release).entries
    return replace(
        entry,
        external_id=identifier or "?",
        url=_TENDER_PAGE.format(quote(number, safe="")) if number else "",
        notice=replace(
            entry.notice or NoticeFields(),
            notice_id=identifier,
            procedure_id=number or identifier,
            schema="Prozorro 2.5",
        ),
    )


def _release(tender: Json) -> dict[str, object]:
    buyer = mapping(tender.get("procuringEntity"))
    awards = [mapping(award) for award in sequence(tender.get("awards"))]
    suppliers = [mapping(supplier) for award in awards for supplier in sequence(award.get("suppliers"))]
    goods = [mapping(part) for part in sequence(tender.get("items"))]
    words = [string(told.get("description")) for told in (tender, *goods)]
    return {
        "ocid": "ua",
        "id": "ua",
        "date": tender.get("noticePublicationDate")
        or tender.get("dateCreated")
        or tender.get("dateModified"),
        "language": "uk",
        "tag": [tender.get("status")],
        "buyer": {"id": "buyer", "name": buyer.get("name")},
        "parties": [
            {"id": "buyer", "address": {"country": "UA"}},
            *({"contactPoint": person} for party in (buyer, *suppliers) for person in _people(party)),
        ],
        "tender": {name: tender.get(name) for name in _TENDER}
        | {
            "description": "\n".join(filter(None, dict.fromkeys(words))),
            "items": [{"classification": _classification(part)} for part in goods],
            "lots": [mapping(lot) for lot in sequence(tender.get("lots"))],
        },
        "awards": [
            {
                "suppliers": [
                    supplier for supplier in sequence(award.get("suppliers")) if not _is_person(supplier)
                ]
            }
            for award in awards
            if award.get("status") == "active"
        ],
    }


def _people(party: Json) -> Iterator[Json]:
    """Who may be reached and who signs; of a sole trader, the trader."""
    yield mapping(party.get("contactPoint"))
    yield mapping(party.get("signerInfo"))
    if _is_person(party):
        yield {"name": _PERSON.sub("", string(party.get("name")))}


def _is_person(party: object) -> bool:
    return bool(_PERSON.match(string(mapping(party).get("name"))))


def _classification(part: Json) -> dict[str, object]:
    told = mapping(part.get("classification"))
    return {"scheme": "CPV" if told.get("scheme") in {_CPV, "CPV"} else "", "id": told.get("id")}
