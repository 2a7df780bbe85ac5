"""BOAMP, the French bulletin of public procurement: records of its OpenDataSoft service, and its older XML. Pure.

Notices under Licence Ouverte 2.0 (DILA). A record keeps the notice as JSON in a string, `donnees`, in one of three
shapes: the older XML turned into JSON, the forms below the European thresholds, and eForms.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from lxml import etree

from tracker.watchers import eforms
from tracker.watchers.contacts import Contacts, Scrub
from tracker.watchers.dates import read_day, read_instant
from tracker.watchers.entry import Entry, NoticeFields, Page, Remark, Request, UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.markup import as_json, parse_xml
from tracker.watchers.notice import (
    LOT_LIMIT,
    TITLE_LIMIT,
    UNPRICED,
    Money,
    Words,
    amount,
    count,
    cpv_codes,
    currency,
    names,
)
from tracker.watchers.plaintext import clean, line, web_link

LABEL = "BOAMP (OpenDataSoft)"
PAGE_SIZE = 100
WINDOW = 10_000  # offset + limit may not be larger

Json = Mapping[str, object]
Leaf = tuple[tuple[str, ...], str]

_DEPTH = 40
_NOTICE_PAGE = "https://www.boamp.fr/pages/avis/?q=idweb:{}"
_FORM_TYPES = {
    "APPEL_OFFRE": "competition", "ATTRIBUTION": "result", "RECTIFICATIF": "change", "MODIFICATION": "cont-modif",
    "PRE-INFORMATION": "planning", "PERIODIQUE": "planning", "EX_ANTE_VOLONTAIRE": "dir-awa-pre",
    "INTENTION_CONCLURE": "dir-awa-pre",
}  # fmt: skip
_CANCELS, _CORRECTS = "ANNULATION", {"RECTIFICATIF", "ANNULATION"}
# Names of members, lower case, in the older shape and in the one below the thresholds.
_TITLES = {"titre_marche", "titremarche"}
_TEXTS = _TITLES | {
    "objet", "objet_complet", "objetcomplet", "intitule", "description", "info_compl", "options_description",
    "critere", "criteres_libre", "criteresattrib", "critere_selection", "cap_tech", "cap_tech_niveau_mini",
    "capacitetech", "limitation_candidats", "prestation_reservee_oui", "rens_complement", "rensgcomplt",
    "autresinformcomplementaire",
}  # fmt: skip
_PARTIES = {
    "identite", "organisme", "titulaire", "adresses_complementaires", "adressescomplt", "adr", "coord",
}  # fmt: skip
_BUYER_NAMES = {"denomination", "acheteurpublic", "nomofficiel"}
_DEADLINES = {
    "recept_offres",
    "receptionoffres",
    "datereceptionoffres",
    "recept_candidat",
    "receptioncandidatures",
}
_VALUES = {"valeur_totale", "valeurtotale", "valeurestimee"}
_PEOPLE = {"correspondant", "contact", "nomcontact"}
_EMAILS = {"mel", "courriel", "adressemailcontact"}
_PHONES = {"tel", "fax", "telcontact", "numtelephonecontact"}
_NATURAL_PERSON = re.compile(r"(?:m|mr|mme|mlle|monsieur|madame|mademoiselle)\b\.?\s", re.IGNORECASE)
_EFORMS_NAME = re.compile(r"(cac|cbc|ext|efac|efbc|efext):([A-Za-z]{1,80})")
_NAMESPACES = {
    prefix: f"urn:oasis:names:specification:ubl:schema:xsd:Common{name}Components-2"
    for prefix, name in (("cac", "Aggregate"), ("cbc", "Basic"), ("ext", "Extension"))
} | {
    "efac": "http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1",
    "efbc": "http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1",
    "efext": "http://data.europa.eu/p27/eforms-ubl-extensions/1",
}


def first_request(url: str) -> Request:
    """The first hundred records of the query (`where=…&order_by=…`) that stands in the address."""
    return _request(url, offset=0)


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry per record, or the one notice of an XML file; a notice in no known shape keeps its columns.

    The procedure of an eForms notice is named as on TED (ContractFolderID), so that both are one procedure.
    """
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Page(entries=(_entry(_from_xml(parse_xml(body)))[0],))
    answer = load_json(body)
    records = answer if isinstance(answer, list) else mapping(answer).get("results")
    if not isinstance(records, list):
        told = line(string(mapping(answer).get("message")), limit=200)
        raise UnreadableError("This is not an answer of the BOAMP records.", told)
    entries, unnamed, unread = [], 0, 0
    for record in map(mapping, records):
        if not _identity(record):
            unnamed += 1
            continue
        entry, whole = _entry(record)
        entries.append(entry)
        unread += not whole
    remarks = [Remark("Notices without a BOAMP number were set aside.", str(unnamed))] if unnamed else []
    if unread:
        remarks.append(
            Remark("Some BOAMP notices are in no known shape: only their summary was read.", str(unread))
        )
    following, cut = _next(mapping(answer), request, received=len(records))
    return Page(entries=tuple(entries), next=following, remarks=(*remarks, *cut))


def _request(url: str, *, offset: int) -> Request:
    parts = urlsplit(url)
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"limit", "offset"}]
    query = urlencode([*asked, ("limit", PAGE_SIZE), ("offset", offset)], quote_via=quote)
    return Request(url=urlunsplit(parts._replace(query=query)), headers={"Accept": "application/json"})


def _next(
    answer: Json, request: Request | None, *, received: int
) -> tuple[Request | None, tuple[Remark, ...]]:
    """The next page until all are read; the service shows the first ten thousand only, which is remarked."""
    total = answer.get("total_count")
    if request is None or not isinstance(total, int) or not received:
        return None, ()
    offset = count(dict(parse_qsl(urlsplit(request.url).query)).get("offset")) or 0
    if offset + received >= total:
        return None, ()
    if offset + received + PAGE_SIZE > WINDOW:
        return None, (Remark("The BOAMP shows only the first notices of this query.", f"{WINDOW} / {total}"),)
    return _request(request.url, offset=offset + received), ()


def _from_xml(root: etree._Element) -> Json:
    management = mapping(as_json(root.find("GESTION"))) if root.tag == "ANNONCE" else {}
    record = {"gestion": management, "donnees": as_json(root.find("DONNEES")), **_columns(management)}
    if not _identity(record):
        raise UnreadableError("This XML is not a BOAMP notice.", line(str(root.tag), limit=80))
    return record


def _columns(management: Json) -> dict[str, object]:
    """The columns of a record as far as its `gestion` holds them."""
    reference, index = mapping(management.get("REFERENCE")), mapping(management.get("INDEXATION"))
    kind = mapping(reference.get("TYPE_AVIS"))
    return {
        "idweb": reference.get("IDWEB"),
        "objet": index.get("RESUME_OBJET"),
        "dateparution": index.get("DATE_PUBLICATION"),
        "datelimitereponse": index.get("DATE_LIMITE_REPONSE"),
        "nomacheteur": index.get("NOMORGANISME"),
        "nature": next(iter(mapping(kind.get("NATURE"))), ""),
        "etat": next(iter(mapping(kind.get("STATUT"))), ""),
        "source_schema": index.get("SCHEMA"),
    }


def _identity(record: Json) -> str:
    return line(string(record.get("idweb") or record.get("id")), limit=64).replace("_", "-")


def _entry(record: Json) -> tuple[Entry, bool]:
    """The entry, and whether the notice itself was read and not only the columns about it."""
    told = mapping(_unpacked(record.get("gestion")))
    record = _columns(told) | {name: value for name, value in record.items() if value not in (None, "", [])}
    content = mapping(_unpacked(record.get("donnees")))
    european = mapping(content.get("EFORMS"))
    entry = _read_eforms(european)
    whole = bool(entry if european else content or "donnees" not in record)
    identity, raw = _identity(record), string(record.get("dateparution"))
    entry = replace(
        entry or _read_french(record, {} if european else content, identity=identity),
        external_id=identity,
        url=web_link(record.get("url_avis")) or _NOTICE_PAGE.format(quote(identity)),
        published_at=read_instant(raw),
        published_raw=line(raw, limit=200),
    )
    return entry, whole


def _unpacked(written: object) -> object:
    """JSON in a string as what it says; None when it is none."""
    if not isinstance(written, str):
        return written
    try:
        return load_json(written.encode(errors="ignore"))
    except UnreadableError:
        return None


def _read_eforms(european: Json) -> Entry | None:
    """The notice as the eForms watcher reads it, from the XML that this JSON was made of; None when it is none."""
    for root, content in european.items():
        if not re.fullmatch(r"[A-Za-z]{1,60}", root) or not isinstance(content, Mapping):
            continue
        space = f"urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
        element = etree.Element(f"{{{space}}}{root}", nsmap=_NAMESPACES)
        _fill(element, content, depth=0)
        try:
            return eforms.read(etree.tostring(element)).entries[0]
        except UnreadableError:
            return None
    return None


def _fill(element: etree._Element, content: object, *, depth: int) -> None:
    for name, value in mapping(content).items():
        known = _EFORMS_NAME.fullmatch(name)
        if name == "#text":
            element.text = clean(string(value), limit=1 << 20)
        elif name in {"@listName", "@schemeName", "@languageID", "@currencyID"}:
            element.set(name[1:], line(string(value), limit=100))
        elif known and depth < _DEPTH:
            for part in sequence(value):
                child = etree.SubElement(element, f"{{{_NAMESPACES[known[1]]}}}{known[2]}")
                _fill(child, part if isinstance(part, Mapping) else {"#text": part}, depth=depth + 1)


def _read_french(record: Json, content: Json, *, identity: str) -> Entry:
    leaves = list(_leaves(content))
    scrub = _contacts(content, leaves, record).scrubber()
    words = Words(main="fr")
    words.add(string(record.get("objet")), title=True)
    for path, text in leaves:
        if path[-1] in _TEXTS and not _PARTIES & set(path):
            words.add(text)
    return Entry(
        external_id=identity,
        kind="notice",
        notice=_fields(record, content, leaves, scrub),
        **words.settled(scrub),
    )


def _leaves(node: object, path: tuple[str, ...] = (), *, depth: int = 0) -> Iterator[Leaf]:
    """Every text with the names above it, lower case; attributes keep their @."""
    if depth > _DEPTH:
        return
    if isinstance(node, Mapping):
        for name, child in node.items():
            below = path if name == "#text" else (*path, name.lower())
            yield from _leaves(child, below, depth=depth + 1)
    elif isinstance(node, list):
        for child in node:
            yield from _leaves(child, path, depth=depth + 1)
    elif path and (text := string(node)).strip():
        yield path, text


def _fields(record: Json, content: Json, leaves: list[Leaf], scrub: Scrub) -> NoticeFields:
    links = (
        web_link(text)
        for path, text in leaves
        if path[-1] in {"url_document", "urldocconsul"} or ("document" in path and path[-1] == "url")
    )
    due = [text for path, text in leaves if path[-1] in _DEADLINES]
    nature, state = (line(string(record.get(name)), limit=40).upper() for name in ("nature", "etat"))
    received = [count(text) for path, text in leaves if path[-1] in {"nb_offre_recu", "nboffrerecu"}]
    known = [number for number in received if number is not None]
    linked = [line(string(each), limit=64).replace("_", "-") for each in sequence(record.get("annonce_lie"))]
    earlier = next(filter(None, linked), "")
    corrects = state not in {"", "INITIAL"} or nature in _CORRECTS
    reason = state if state not in {"", "INITIAL"} else nature
    return NoticeFields(
        notice_id=_identity(record),
        # Without another name, a procedure is called by the number of its first notice.
        procedure_id=line(string(record.get("contractfolderid")), limit=64) or earlier or _identity(record),
        notice_type=nature,
        form_type=_FORM_TYPES.get(nature, ""),
        schema=line(f"BOAMP {string(record.get('source_schema'))}", limit=50),
        published_on=read_day(string(record.get("dateparution"))),
        deadline_on=read_day(string(record.get("datelimitereponse")) or next(iter(due), "")),
        buyers=names(name for name in _buyers(record, leaves) if "@" not in name),
        buyer_country="FR",
        cpv=cpv_codes(text for path, text in leaves if any("cpv" in name for name in path)),
        lots=_lots(content, scrub),
        winners=names(name for name in _winners(record, leaves) if not _NATURAL_PERSON.match(name)),
        tenders_received=sum(known) if known else None,
        document_urls=tuple(dict.fromkeys(filter(None, links)))[:LOT_LIMIT],
        changes=earlier if corrects else "",
        change_reason="cancel" if _CANCELS in {state, nature} else reason if corrects else "",
        **_money(leaves),
    )


def _buyers(record: Json, leaves: list[Leaf]) -> Iterator[str]:
    if record.get("nomacheteur"):
        yield string(record.get("nomacheteur"))
        return
    for path, text in leaves:
        if path[-1] in _BUYER_NAMES and {"identite", "organisme"} & set(path):
            yield text


def _winners(record: Json, leaves: list[Leaf]) -> Iterator[str]:
    yield from map(string, sequence(record.get("titulaire")))
    for path, text in leaves:
        if path[-1] == "personnemorale" or (path[-1] in _BUYER_NAMES and "titulaire" in path):
            yield text


def _money(leaves: list[Leaf]) -> Money:
    """The total, when there is one; a range or the sum of one lot is not the value of a notice."""
    for path, text in leaves:
        named = _VALUES & set(path) and not {"lot", "lots", "fourchette"} & set(path)
        if named and not path[-1].startswith("@") and (value := amount(text)) is not None:
            coins = (unit for place, unit in leaves if place == (*path, "@devise"))
            return {"value": value, "currency": currency(next(coins, ""))}
    return UNPRICED


def _lots(content: Json, scrub: Scrub) -> tuple[Mapping[str, object], ...]:
    found = []
    for lot in list(_below(content, "lot"))[:LOT_LIMIT]:
        told = {name.lower(): value for name, value in mapping(lot).items()}
        number = next((told[name] for name in ("num", "numlot", "num_lot") if name in told), "")
        title = string(told.get("intitule")) or string(told.get("description"))
        found.append(
            {"id": line(string(number), limit=50), "title": line(scrub(title), limit=TITLE_LIMIT)},
        )
    return tuple(found)


def _below(node: object, wanted: str, *, depth: int = 0) -> Iterator[object]:
    """What is called so, anywhere below."""
    if depth > _DEPTH:
        return
    for part in sequence(node):
        for name, child in mapping(part).items():
            if name.lower() == wanted:
                yield from sequence(child)
            else:
                yield from _below(child, wanted, depth=depth + 1)


def _contacts(content: Json, leaves: list[Leaf], record: Json) -> Contacts:
    contacts = Contacts(organisations=set(_buyers(record, leaves)))
    for person in _below(content, "correspondantprm"):
        parts = [string(mapping(person).get(name)).strip() for name in ("pren", "nom")]
        contacts.people |= {" ".join(filter(None, parts)), parts[1].title()}
    for path, text in leaves:
        if path[-1] in _PEOPLE:
            contacts.people.add(text)
        elif path[-1] in _EMAILS:
            contacts.emails.add(text.strip())
        elif path[-1] in _PHONES:
            contacts.phones.add(text)
    return contacts
