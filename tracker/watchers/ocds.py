"""Open Contracting packages (releases and records, OCDS 1.0 and 1.1) as entries, one per release. Pure."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from tracker.watchers.dates import read_day, read_instant
from tracker.watchers.entry import Entry, NoticeFields, Page, Remark, Request, UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.notice import (
    LOT_LIMIT,
    TITLE_LIMIT,
    UNPRICED,
    Award,
    Contacts,
    Money,
    Scrub,
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
    buyer = mapping(release.get("buyer"))
    awards = [mapping(award) for award in sequence(release.get("awards"))]
    suppliers = [mapping(supplier) for award in awards for supplier in sequence(award.get("suppliers"))]
    links = (web_link(mapping(document).get("url")) for document in sequence(tender.get("documents")))
    details = mapping(tender.get("lotDetails"))
    tags = [line(string(tag), limit=40) for tag in sequence(release.get("tag"))]
    told = [award for each in awards for award in _awards(each)]
    return NoticeFields(
        notice_id=line(string(release.get("id")), limit=64),
        procedure_id=line(string(release.get("ocid")), limit=64),
        notice_type=next(iter(tags), ""),
        form_type=next((_FORM_TYPES[tag] for tag in tags if tag in _FORM_TYPES), ""),
        schema="OCDS",
        published_on=read_day(string(release.get("date"))),
        deadline_on=read_day(string(mapping(tender.get("tenderPeriod")).get("endDate"))),
        buyers=names([buyer.get("name")]),
        buyer_country=_country(release, buyer),
        cpv=cpv_codes(_cpv(tender)),
        lots=tuple(
            {
                "id": line(string(lot.get("id")), limit=50),
                "title": line(scrub(string(lot.get("title"))), limit=TITLE_LIMIT),
            }
            | awarded(told, lot=line(string(lot.get("id")), limit=50))
            for lot in lots
        ),
        max_lots_awarded=lot_cap(
            details.get("maximumLotsAwardedPerSupplier"),
            details.get("maximumLotsBidPerSupplier"),
            lots=len(lots),
        ),
        winners=names(supplier.get("name") for supplier in suppliers),
        tenders_received=count(tender.get("numberOfTenderers")),
        joint=_joint(release),
        change_reason="cancel" if _CANCELLED.intersection(tags) else "",
        document_urls=tuple(dict.fromkeys(filter(None, links)))[:LOT_LIMIT],
        **_money(tender),
    )


def _awards(award: Json) -> Iterator[Award]:
    winners = names(mapping(supplier).get("name") for supplier in sequence(award.get("suppliers")))
    for lot in sequence(award.get("relatedLots")):
        yield Award(lot=line(string(lot), limit=50), winners=winners)


def _joint(release: Json) -> bool | None:
    """Whether several buyers are named; one buyer may still buy for others."""
    parties = [mapping(party) for party in sequence(release.get("parties"))]
    return sum("buyer" in sequence(party.get("roles")) for party in parties) > 1 or None


def _country(release: Json, buyer: Json) -> str:
    for party in map(mapping, sequence(release.get("parties"))):
        if party.get("id") == buyer.get("id") and (address := mapping(party.get("address"))):
            return country_code(address.get("country")) or country_code(address.get("countryName"))
    return ""


def _cpv(tender: Json) -> Iterator[object]:
    codes = [tender.get("classification")]
    for item in map(mapping, sequence(tender.get("items"))):
        codes += [item.get("classification"), *sequence(item.get("additionalClassifications"))]
    for code in map(mapping, codes):
        if string(code.get("scheme")).upper() == "CPV":
            yield string(code.get("id"))


def _money(tender: Json) -> Money:
    written = mapping(tender.get("value"))
    value = amount(written.get("amount"))
    return UNPRICED if value is None else {"value": value, "currency": currency(written.get("currency"))}


def _words(release: Json, tender: Json, lots: list[Json]) -> Words:
    words = Words(main=language_code(release.get("language")))
    for scope in (tender, *lots):
        words.add(string(scope.get("title")), title=True)
        words.add(string(scope.get("description")))
        for criterion in map(mapping, sequence(mapping(scope.get("awardCriteria")).get("criteria"))):
            words.add(string(criterion.get("name")))
            words.add(string(criterion.get("description")))
    words.add(string(mapping(tender.get("contractTerms")).get("performanceTerms")))
    for award in map(mapping, sequence(release.get("awards"))):
        words.add(string(award.get("title")), title=True)
        words.add(string(award.get("description")))
    return words


def _contacts(release: Json) -> Contacts:
    contacts = Contacts()
    parties = [
        *sequence(release.get("parties")),
        release.get("buyer"),
        mapping(release.get("tender")).get("procuringEntity"),
    ]
    for party in map(mapping, parties):
        contacts.organisations.add(string(party.get("name")))
        point = mapping(party.get("contactPoint"))
        contacts.people.add(string(point.get("name")))
        contacts.emails.add(string(point.get("email")))
        contacts.phones.add(string(point.get("telephone")))
    return contacts
