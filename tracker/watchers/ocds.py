"""Open Contracting packages (releases and records, OCDS 1.0 and 1.1) as entries, one per release. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from urllib.parse import urlsplit

from babel import Locale

from tracker.watchers.contacts import Contacts, Scrub
from tracker.watchers.dates import read_day, read_instant
from tracker.watchers.entry import Entry, NoticeFields, Page, Remark, Request, UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.notice import (
    LOT_LIMIT,
    TITLE_LIMIT,
    UNPRICED,
    Award,
    Money,
    Words,
    amount,
    awarded,
    count,
    cpv_codes,
    currency,
    lot_cap,
    names,
)
from tracker.watchers.plaintext import country_code, language_code, line, web_link

LABEL = "Open Contracting (OCDS)"
RELEASE_LIMIT = 5_000

Json = Mapping[str, object]

# The first of these tags tells what a release is, in the words of eForms' form types (BT-03).
_FORM_TYPES = {
    "planning": "planning", "planningUpdate": "planning", "tender": "competition", "tenderAmendment": "competition",
    "tenderUpdate": "competition", "tenderCancellation": "competition", "award": "result", "awardUpdate": "result",
    "awardCancellation": "result", "contract": "result", "contractUpdate": "result", "implementation": "result",
    "implementationUpdate": "result", "contractAmendment": "cont-modif", "contractTermination": "cont-modif",
}  # fmt: skip
_CANCELLED = {"tenderCancellation", "awardCancellation"}
# These tell the one tender of a procedure again; of awards and contracts there may be many.
_RESTATED = {"planningUpdate", "tenderUpdate", "tenderAmendment", "tenderCancellation"}
_NOT_AWARDED = {"cancelled", "unsuccessful"}
# The ways of a framework agreement in the words of eForms' BT-765; "fa" is one of any kind.
_FRAMEWORKS = {
    "withReopeningCompetition": "fa-w-rc", "withoutReopeningCompetition": "fa-wo-rc",
    "withAndWithoutReopeningCompetition": "fa-mix",
}  # fmt: skip
_REACHED = {"contactPoint", "additionalContactPoints", "contactPoints", "persones", "beneficialOwners"}
_DEPTH = 12
_FIND_A_TENDER = "ocds-h6vhtk-"
# How two publishers of the United Kingdom say that they were asked too often: statuses, and seconds.
_WAITS = {"www.contractsfinder.service.gov.uk": {"403": 300}, "www.find-tender.service.gov.uk": {"429": 120}}
_NOTICE_PAGE = "https://www.find-tender.service.gov.uk/Notice/{}"


def first_request(url: str) -> Request:
    """A plain GET; the answer names the next page."""
    waits = _WAITS.get(urlsplit(url).netloc, {})
    return Request(url=url, headers={"Accept": "application/json"}, waits=waits)


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry per release (or per compiled release of a record); those without identifiers are set aside."""
    package = mapping(load_json(_in_utf8(body)))
    if "ocid" not in package and not any(
        isinstance(package.get(name), list) for name in ("releases", "records")
    ):
        raise UnreadableError("This JSON is not an OCDS package.")
    releases = list(_releases(package))
    entries: dict[str, Entry] = {}
    for release in releases[:RELEASE_LIMIT]:
        ocid, identifier = (line(string(release.get(name)), limit=200) for name in ("ocid", "id"))
        if ocid:
            entries.setdefault(
                f"{ocid} {identifier}".strip(), _entry(release, ocid=ocid, identifier=identifier)
            )
    missing = len(releases) - len(entries)
    left = Remark("Releases were set aside: without an ocid, repeated, or beyond the limit.", str(missing))
    return Page(entries=tuple(entries.values()), next=_next(package, url), remarks=(left,) if missing else ())


def _in_utf8(body: bytes) -> bytes:
    """Contracts Finder writes Latin-1, whatever JSON says."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1").encode()
    return body


def _releases(package: Json) -> Iterator[Json]:
    if "ocid" in package:
        yield package
    yield from (mapping(release) for release in sequence(package.get("releases")))
    for record in map(mapping, sequence(package.get("records"))):
        compiled = mapping(record.get("compiledRelease"))
        yield from [compiled] if compiled else map(mapping, sequence(record.get("releases")))


def _next(package: Json, url: str) -> Request | None:
    """The next page on the same server only: an answer may not send us elsewhere."""
    link = web_link(mapping(package.get("links")).get("next"), url)
    if not link or link == url or urlsplit(link).netloc != urlsplit(url).netloc:
        return None
    return first_request(link)


def _entry(release: Json, *, ocid: str, identifier: str) -> Entry:
    tender = mapping(release.get("tender"))
    lots = [mapping(lot) for lot in sequence(tender.get("lots"))][:LOT_LIMIT]
    scrub = _contacts(release).scrubber()
    raw = string(release.get("date"))
    return Entry(
        external_id=line(f"{ocid} {identifier}"),
        url=web_link(_NOTICE_PAGE.format(identifier))
        if ocid.startswith(_FIND_A_TENDER) and identifier
        else "",
        published_at=read_instant(raw),
        published_raw=line(raw, limit=200),
        kind="notice",
        notice=_fields(release, tender, lots, scrub),
        **_words(release, tender, lots).settled(scrub),
    )


def _fields(release: Json, tender: Json, lots: list[Json], scrub: Scrub) -> NoticeFields:
    awards = [mapping(award) for award in sequence(release.get("awards"))]
    links = (web_link(mapping(document).get("url")) for document in sequence(tender.get("documents")))
    details = mapping(tender.get("lotDetails"))
    tags = [line(string(tag), limit=40) for tag in sequence(release.get("tag"))]
    known = _known_parties(release)
    told = [*_awards(awards, known), *_bids(release)]
    buyers = _buyers(release, tender, known)
    return NoticeFields(
        notice_id=line(string(release.get("id")), limit=64),
        procedure_id=line(string(release.get("ocid")), limit=64),
        notice_type=next(iter(tags), ""),
        form_type=next((_FORM_TYPES[tag] for tag in tags if tag in _FORM_TYPES), "") or _stage(release),
        schema="OCDS",
        published_on=read_day(string(release.get("date"))),
        deadline_on=_deadline(tender),
        buyers=names(buyer.get("name") for buyer in buyers),
        buyer_country=next(filter(None, map(_country, buyers)), ""),
        cpv=cpv_codes(_cpv(tender, awards)),
        lots=tuple(_lot(lot, tender, told, scrub) for lot in lots),
        max_lots_awarded=lot_cap(
            details.get("maximumLotsAwardedPerSupplier"),
            details.get("maximumLotsBidPerSupplier"),
            lots=len(lots),
        ),
        framework=next(filter(None, map(_framework, (tender, *lots))), ""),
        winners=names(name for award in awards for name in _winners(award, known)),
        tenders_received=_received(tender, told),
        joint=_joint(release),
        changes=_changed(release, tender, tags),
        change_reason="cancel"
        if _CANCELLED.intersection(tags) or tender.get("status") == "cancelled"
        else "",
        document_urls=tuple(dict.fromkeys(filter(None, links)))[:LOT_LIMIT],
        **_money(tender, awards),
    )


def _stage(release: Json) -> str:
    """How far a procedure is that is told as a whole, as records do."""
    if release.get("awards") or release.get("contracts"):
        return "result"
    return "competition" if release.get("tender") else ""


def _deadline(tender: Json) -> date | None:
    written = (mapping(tender.get("tenderPeriod")).get("endDate"), tender.get("expressionOfInterestDeadline"))
    return next(filter(None, map(read_day, map(string, written))), None)


def _known_parties(release: Json) -> dict[str, Json]:
    """Each party by its identifier; elsewhere an organisation may be named by that alone."""
    parties = [mapping(party) for party in sequence(release.get("parties"))]
    return {string(party.get("id")): party for party in parties if party.get("id")}


def _whole(party: object, known: Mapping[str, Json]) -> Json:
    written = mapping(party)
    told = {name: value for name, value in written.items() if value}
    return {**known.get(string(written.get("id")), {}), **told}


def _buyers(release: Json, tender: Json, known: Mapping[str, Json]) -> list[Json]:
    """The buyer and all who buy with it; where none is named, who runs the procedure."""
    buyers = [release.get("buyer"), *_in_role(release, "buyer")]
    named = [party for party in (_whole(buyer, known) for buyer in buyers) if party.get("name")]
    if named:
        return named
    return [_whole(tender.get("procuringEntity"), known), *_in_role(release, "procuringEntity")]


def _in_role(release: Json, role: str) -> list[Json]:
    parties = [mapping(party) for party in sequence(release.get("parties"))]
    return [party for party in parties if role in sequence(party.get("roles"))]


def _country(party: Json) -> str:
    address = mapping(party.get("address"))
    named = string(address.get("countryName")).strip().casefold()
    return country_code(address.get("country")) or country_code(named) or _country_codes().get(named, "")


@cache
def _country_codes() -> dict[str, str]:
    """By the English name, which some publishers write in place of a code."""
    names_of = Locale("en").territories.items()
    codes = {name.casefold(): code for code, name in names_of if len(code) == 2}
    return codes | dict.fromkeys(("england", "scotland", "wales", "northern ireland"), "GB")


def _joint(release: Json) -> bool | None:
    """Whether several buyers are named; one buyer may still buy for others."""
    return len(_in_role(release, "buyer")) > 1 or None


def _winners(award: Json, known: Mapping[str, Json]) -> tuple[str, ...]:
    if string(award.get("status")) in _NOT_AWARDED:
        return ()
    suppliers = sequence(award.get("suppliers"))
    return names(_whole(supplier, known).get("name") for supplier in suppliers)


def _awards(awards: list[Json], known: Mapping[str, Json]) -> Iterator[Award]:
    for award in awards:
        winners = _winners(award, known)
        for lot in sequence(award.get("relatedLots")):
            yield Award(lot=line(string(lot), limit=50), winners=winners)


def _bids(release: Json) -> Iterator[Award]:
    """How many bids there were for a lot, or for no lot in particular (the extension of bid statistics)."""
    for told in map(mapping, sequence(mapping(release.get("bids")).get("statistics"))):
        lots = [*sequence(told.get("relatedLot")), *sequence(told.get("relatedLots"))]
        if told.get("measure") == "bids":
            for lot in lots or [""]:
                yield Award(lot=line(string(lot), limit=50), received=count(told.get("value")))


def _received(tender: Json, told: list[Award]) -> int | None:
    bids = [award for award in told if award.received is not None]
    of_lots = [award.received or 0 for award in bids if award.lot]
    whole = next((award.received for award in bids if not award.lot), None)
    received = count(tender.get("numberOfTenderers"))
    if received or not bids:
        return received
    return whole if whole is not None else sum(of_lots)


def _lot(lot: Json, tender: Json, told: list[Award], scrub: Scrub) -> dict[str, object]:
    identifier = line(string(lot.get("id")), limit=50)
    criteria = [line(scrub(text), limit=TITLE_LIMIT) for text in _criteria(lot, "awardCriteria")]
    agreement = mapping(_techniques(lot).get("frameworkAgreement")) or mapping(
        _techniques(tender).get("frameworkAgreement")
    )
    shape = {
        "id": identifier,
        "title": line(scrub(string(lot.get("title"))), limit=TITLE_LIMIT),
        "criteria": list(dict.fromkeys(filter(None, criteria)))[:50],
        "operators": count(agreement.get("maximumParticipants")),
    }
    kept = {name: value for name, value in shape.items() if value or name in {"id", "title"}}
    return kept | awarded(told, lot=identifier)


def _criteria(scope: Json, kind: str) -> Iterator[str]:
    for criterion in map(mapping, sequence(mapping(scope.get(kind)).get("criteria"))):
        yield from (string(criterion.get(name)) for name in ("name", "description"))


def _techniques(scope: Json) -> Json:
    return mapping(scope.get("techniques"))


def _framework(scope: Json) -> str:
    told = _techniques(scope).get("hasFrameworkAgreement")
    if told is not True:
        return "none" if told is False else ""
    agreement = mapping(_techniques(scope).get("frameworkAgreement"))
    return _FRAMEWORKS.get(string(agreement.get("method")), "fa")


def _changed(release: Json, tender: Json, tags: list[str]) -> str:
    """The release that this one amends; the procedure itself, where it restates that without saying which release."""
    own = string(release.get("id"))
    amended = ""
    for amendment in map(mapping, [tender.get("amendment"), *sequence(tender.get("amendments"))]):
        by, earlier = string(amendment.get("releaseID")), string(amendment.get("amendsReleaseID"))
        if own and earlier and (by.startswith(own) or not by):
            amended = earlier
    restated = string(release.get("ocid")) if _RESTATED.intersection(tags) else ""
    return line(amended or restated, limit=80)


def _cpv(tender: Json, awards: list[Json]) -> Iterator[object]:
    codes = [tender.get("classification"), *sequence(tender.get("additionalClassifications"))]
    for part in map(mapping, [tender, *awards]):
        for goods in map(mapping, sequence(part.get("items"))):
            codes += [goods.get("classification"), *sequence(goods.get("additionalClassifications"))]
    for code in map(mapping, codes):
        if string(code.get("scheme")).upper() == "CPV":
            yield string(code.get("id"))


def _money(tender: Json, awards: list[Json]) -> Money:
    """What the tender is worth, or its one award; of several awards none is the notice's."""
    standing = [award for award in awards if string(award.get("status")) not in _NOT_AWARDED]
    for scope in [tender, *(standing if len(standing) == 1 else [])]:
        written = mapping(scope.get("value"))
        if (value := amount(written.get("amount"))) is not None:
            return {"value": value, "currency": currency(written.get("currency"))}
    return UNPRICED


def _words(release: Json, tender: Json, lots: list[Json]) -> Words:
    words = Words(main=language_code(release.get("language")))
    for scope in (tender, *lots):
        words.add(string(scope.get("title")), title=True)
        words.add(string(scope.get("description")))
        for kind in ("awardCriteria", "selectionCriteria"):
            words.add(string(mapping(scope.get(kind)).get("description")))
            for text in _criteria(scope, kind):
                words.add(text)
        words.add(string(mapping(scope.get("contractTerms")).get("performanceTerms")))
    for amendment in map(mapping, sequence(tender.get("amendments"))):
        words.add(string(amendment.get("description")))
    for stage in ("awards", "contracts"):
        for part in map(mapping, sequence(release.get(stage))):
            words.add(string(part.get("title")), title=True)
            words.add(string(part.get("description")))
    return words


def _contacts(release: Json) -> Contacts:
    """All who can be reached, wherever a publisher names them: of a party, of a winner, of the tender itself."""
    contacts = Contacts()
    waiting: list[tuple[object, int]] = [(release, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, list):
            waiting += [(part, depth) for part in node]
        elif isinstance(node, Mapping) and depth < _DEPTH:
            for name, child in node.items():
                if name in _REACHED:
                    for point in map(mapping, sequence(child)):
                        _note(contacts, point)
                elif isinstance(child, Mapping | list):
                    waiting.append((child, depth + 1))
    for party in (release.get("buyer"), mapping(release.get("tender")).get("procuringEntity")):
        contacts.organisations.add(string(mapping(party).get("name")))
    for party in map(mapping, sequence(release.get("parties"))):
        contacts.organisations.add(string(party.get("name")))
    return contacts


def _note(contacts: Contacts, point: Json) -> None:
    contacts.people.add(string(point.get("name")))
    contacts.emails.add(string(point.get("email")))
    contacts.phones |= {string(point.get(name)) for name in ("telephone", "faxNumber")}
