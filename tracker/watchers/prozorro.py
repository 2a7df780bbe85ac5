"""Prozorro, the public procurement of Ukraine (API 2.5): pages of tenders, or one tender, as entries. Pure.

A tender is an OCDS tender with a few names of its own: it is read as one.
"""

import json
import re
from collections import Counter
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
TENDERS_AT_ONCE = 40  # asked for one by one, a pause apart, in one round
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_CPV = "ДК021"  # the Ukrainian edition of CPV, with the same codes
_TENDER = ("title", "value", "tenderPeriod", "numberOfTenderers", "status")
_NO_BID = {"draft", "deleted", "invalid"}
_PERSON = re.compile(
    r"\s*(?:ФОП|Фізична особа)\b", re.IGNORECASE
)  # a sole trader goes by the name of a person


def first_request(url: str) -> Request:
    """A plain GET; a list that is not told where to begin tells its last changes first."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.path.rstrip("/").endswith("/tenders") and not asked.keys() & {"offset", "descending"}:
        url = urlunsplit(parts._replace(query=urlencode(asked | {"descending": "1"}, quote_via=quote)))
    return Request(url=url, headers={"Accept": "application/json"})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry per tender; those of a list that tells nothing but identifiers are asked for one by one."""
    answer = mapping(load_json(body))
    if "data" not in answer:
        error = mapping(next(iter(sequence(answer.get("errors"))), None))
        raise UnreadableError(
            "This is not an answer of Prozorro.", line(string(error.get("description")), limit=200)
        )
    told = answer.get("data")
    tenders = [mapping(tender) for tender in sequence(told)]
    entries = tuple(_entry(tender) for tender in tenders if tender.get("id") and tender.get("title"))
    if isinstance(told, Mapping):
        return Page(entries=entries, next=_waiting(request))
    if tenders and not entries and request:
        return _bare(tenders, request)
    untold = len(tenders) - len(entries)
    left = (Remark("Tenders without a title were set aside.", str(untold)),) if untold else ()
    return Page(entries=entries, next=_next(answer, request, received=len(tenders)), remarks=left)


def _bare(tenders: list[Json], request: Request) -> Page:
    """A list of identifiers: those that changed since they were asked for are asked for now, so many at a time."""
    before = set(sequence(mapping(_remembered(request)).get("asked")))
    told = ((string(each.get("id")), line(string(each.get("dateModified")), limit=40)) for each in tenders)
    changes = dict.fromkeys(f"{identifier} {at}" for identifier, at in told if _ID.fullmatch(identifier))
    known = [change for change in changes if change in before]
    new = [change for change in changes if change not in before]
    asked, left = new[:TENDERS_AT_ONCE], len(new) - TENDERS_AT_ONCE
    remark = Remark("So many tenders of the list wait: they are asked for one by one.", str(left))
    parts = urlsplit(request.url)
    list_url = urlunsplit(parts._replace(query=""))
    return Page(
        next=_one([f"{list_url.rstrip('/')}/{change.split(' ')[0]}" for change in asked]),
        memory=json.dumps({"asked": [*asked, *known]}).encode(),
        remarks=(remark,) if left > 0 else (),
    )


def _waiting(request: Request | None) -> Request | None:
    """The next tender of a list, if this one was asked for on its account."""
    told = _remembered(request) if request else None
    return _one([string(url) for url in sequence(mapping(told).get("waiting"))])


def _one(urls: list[str]) -> Request | None:
    """The first of these tenders, and the others behind it."""
    if not urls:
        return None
    return replace(first_request(urls[0]), memory=json.dumps({"waiting": urls[1:]}).encode())


def _remembered(request: Request) -> object:
    return load_json(request.memory) if request.memory else None


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
        "bids": {"statistics": list(_statistics(tender))},
        "awards": [
            {
                "suppliers": [
                    supplier for supplier in sequence(award.get("suppliers")) if not _is_person(supplier)
                ],
                "relatedLots": award.get("lotID"),
            }
            for award in awards
            if award.get("status") == "active"
        ],
    }


def _statistics(tender: Json) -> Iterator[Json]:
    """How many bids stand, in all and for each lot, once they are shown."""
    bids = [mapping(bid) for bid in sequence(tender.get("bids"))]
    standing = [bid for bid in bids if string(bid.get("status")) not in _NO_BID]
    if standing:
        yield {"measure": "bids", "value": len(standing)}
    lots = Counter(
        string(mapping(value).get("relatedLot"))
        for bid in standing
        for value in sequence(bid.get("lotValues"))
    )
    yield from ({"measure": "bids", "value": many, "relatedLot": lot} for lot, many in lots.items() if lot)


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
