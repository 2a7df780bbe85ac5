"""DECP, the essential facts of French public contracts (versions 1 and 2, JSON and XML), as entries. Pure.

The format (arrêtés of 22 December 2022) names who buys and who won by number only; amounts are in euros.
"""

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from tracker.watchers.contacts import Contacts
from tracker.watchers.dates import read_day, read_instant
from tracker.watchers.entry import Entry, Label, NoticeFields, Page, Remark, Request, UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.markup import as_json, parse_xml
from tracker.watchers.notice import (
    NAME_LIMIT,
    UNPRICED,
    Money,
    Words,
    amount,
    count,
    cpv_codes,
    names,
)
from tracker.watchers.plaintext import line

LABEL = Label("DECP (French contracts)")
CONTRACT_LIMIT = 20_000

Json = Mapping[str, object]

_KINDS = ("marche", "contrat-concession")
_NUMBER = re.compile(r"[0-9A-Z]{5,20}")
_DEPTH = 6


def first_request(url: str) -> Request:
    """A plain GET: one address, one file."""
    return Request(url=url, headers={"Accept": "application/json, application/xml"})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry per contract; of several versions of one contract, the one published last."""
    contracts = list(_contracts(body))
    entries: dict[str, Entry] = {}
    for contract in contracts[:CONTRACT_LIMIT]:
        buyer, identifier = _buyer_number(contract), line(string(contract.get("id")), limit=100)
        if not buyer or not identifier:
            continue
        entry = _entry(contract, buyer=buyer, identifier=identifier)
        known = entries.get(entry.external_id)
        if known is None or entry.published_raw >= known.published_raw:
            entries[entry.external_id] = entry
    missing = len(contracts) - len(entries)
    left = Remark(
        "Contracts were set aside: without buyer or number, older versions, or beyond the limit.",
        str(missing),
    )
    return Page(entries=tuple(entries.values()), remarks=(left,) if missing else ())


def _contracts(body: bytes) -> Iterator[Json]:
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        contracts = _of_xml(parse_xml(body))
    else:
        contracts = mapping(load_json(body)).get("marches")
    if isinstance(contracts, Mapping):
        for kind in _KINDS:
            yield from map(mapping, sequence(contracts.get(kind)))
    elif isinstance(contracts, list):
        yield from map(mapping, contracts)
    else:
        raise UnreadableError("This is not a file of French contracts (DECP).")


def _of_xml(root: etree._Element) -> object:
    if root.tag in _KINDS:
        return [as_json(root)]
    return as_json(root) if root.tag == "marches" and len(root) else None


def _buyer_number(contract: Json) -> str:
    buyer = mapping(contract.get("acheteur") or contract.get("autoriteConcedante"))
    written = string(buyer.get("id") or contract.get("acheteur.id")).replace(" ", "").upper()
    return written if _NUMBER.fullmatch(written) else ""


def _entry(contract: Json, *, buyer: str, identifier: str) -> Entry:
    scrub = Contacts().scrubber()
    raw = string(contract.get("datePublicationDonnees") or contract.get("dateNotification"))
    words = Words(main="fr")
    words.add(string(contract.get("objet")), title=True)
    words.add(_origin(contract))
    known = mapping(contract.get("acheteur") or contract.get("autoriteConcedante"))
    return Entry(
        external_id=f"{buyer} {identifier}",
        published_at=read_instant(raw),
        published_raw=line(raw, limit=200),
        kind="notice",
        notice=NoticeFields(
            notice_id=line(identifier, limit=64),
            notice_type=line(string(contract.get("nature")), limit=40),
            form_type="result",
            schema="DECP",
            dispatched_on=read_day(string(contract.get("dateNotification") or contract.get("dateSignature"))),
            published_on=read_day(string(contract.get("datePublicationDonnees"))),
            buyers=names([string(known.get("nom"))[:NAME_LIMIT] or f"SIRET {buyer}"]),
            buyer_country="FR",
            cpv=cpv_codes([contract.get("codeCPV")]),
            winners=names(_winners(contract)),
            tenders_received=count(contract.get("offresRecues")),
            change_reason="modification" if contract.get("modifications") else "",
            **_money(contract),
        ),
        **words.settled(scrub),
    )


def _winners(contract: Json) -> Iterator[str]:
    """Who won, by number and never by name: the name of a sole trader is that of a person."""
    for party in _parties([contract.get("titulaires"), contract.get("concessionnaires")]):
        kind = line(string(party.get("typeIdentifiant")), limit=20).upper()
        number = string(party.get("id")).replace(" ", "").upper()
        if _NUMBER.fullmatch(number):
            yield f"{kind} {number}".strip()


def _parties(node: object, *, depth: int = 0) -> Iterator[Json]:
    """Parties at whatever depth each version of the format puts them."""
    if depth > _DEPTH:
        return
    for part in sequence(node):
        if isinstance(part, Mapping) and "id" in part:
            yield part
        elif isinstance(part, Mapping | list):
            yield from _parties(list(part.values()) if isinstance(part, Mapping) else part, depth=depth + 1)


def _money(contract: Json) -> Money:
    value = amount(contract.get("montant") if "montant" in contract else contract.get("valeurGlobale"))
    return UNPRICED if value is None else {"value": value, "currency": "EUR"}


def _origin(contract: Json) -> str:
    """The shares of European and of French origin (0 to 1), which no other source tells, in the format's own names."""
    told = []
    for name in ("origineUE", "origineFrance"):
        share = amount(contract.get(name))
        if share is not None and share <= 1:
            told.append(f"{name} : {share.normalize():f}")
    if contract.get("marcheInnovant") is True or string(contract.get("marcheInnovant")) == "true":
        told.append("marché innovant")
    return " ; ".join(told)
