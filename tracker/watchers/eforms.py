"""eForms notices (UBL 2.3, every SDK version) as entries, without the persons in them. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from lxml import etree

from tracker.watchers.dates import read_day, read_instant
from tracker.watchers.entry import Entry, NoticeFields, Page, Remark, Request, UnreadableError
from tracker.watchers.markup import parse_xml
from tracker.watchers.notice import (
    LOT_LIMIT,
    PAGE,
    TITLE_LIMIT,
    UNPRICED,
    Contacts,
    Money,
    Parties,
    Scrub,
    Words,
    amount,
    count,
    cpv_codes,
    currency,
    names,
    publication_number,
    require,
)
from tracker.watchers.plaintext import country_code, language_code, line, web_link

LABEL = "eForms notice (XML)"

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_P27 = "http://data.europa.eu/p27/"
_NS = {
    "cac": f"{_UBL}CommonAggregateComponents-2",
    "cbc": f"{_UBL}CommonBasicComponents-2",
    "ext": f"{_UBL}CommonExtensionComponents-2",
    "efac": f"{_P27}eforms-ubl-extension-aggregate-components/1",
    "efbc": f"{_P27}eforms-ubl-extension-basic-components/1",
    "efext": f"{_P27}eforms-ubl-extensions/1",
}
_ROOTS = {
    "ContractNotice",
    "ContractAwardNotice",
    "PriorInformationNotice",
    "BusinessRegistrationInformationNotice",
}
_XT = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/efext:EformsExtension"
_PROJECT = "cac:ProcurementProject"
_TERMS = "cac:TenderingTerms"
_CRITERION = f"{_TERMS}/cac:AwardingTerms/cac:AwardingCriterion/cac:SubordinateAwardingCriterion"

# Where the words to match stand, within the notice and within each lot (business terms of the eForms regulation).
_TEXTS = (
    f"{_PROJECT}/cbc:Description",  # BT-24
    f"{_PROJECT}/cbc:Note",  # BT-300
    f"{_PROJECT}/cac:ProcurementAdditionalType/cbc:ProcurementType",  # BT-777
    f"{_CRITERION}/cbc:Name",  # BT-734
    f"{_CRITERION}/cbc:Description",  # BT-540
    f"{_TERMS}/{_XT}/efac:SelectionCriteria/cbc:Name",  # BT-809 before SDK 1.12
    f"{_TERMS}/{_XT}/efac:SelectionCriteria/cbc:Description",  # BT-750
    f"{_TERMS}/cac:ContractExecutionRequirement[cbc:ExecutionRequirementCode]/cbc:Description",  # BT-70
    "cac:TenderingProcess/cac:FrameworkAgreement/cbc:Justification",  # BT-109
)
_CPV = (
    f"{_PROJECT}/cac:MainCommodityClassification/cbc:ItemClassificationCode",  # BT-262
    f"{_PROJECT}/cac:AdditionalCommodityClassification/cbc:ItemClassificationCode",  # BT-263
)
_DEADLINES = (
    "cac:TenderingProcess/cac:TenderSubmissionDeadlinePeriod/cbc:EndDate",  # BT-131
    "cac:TenderingProcess/cac:ParticipationRequestReceptionPeriod/cbc:EndDate",  # BT-1311
    f"cac:TenderingProcess/{_XT}/efac:InterestExpressionReceptionPeriod/cbc:EndDate",  # BT-630
)
_VALUES = (
    f"{_XT}/efac:NoticeResult/cbc:TotalAmount",  # BT-161
    f"{_XT}/efac:NoticeResult/efbc:OverallMaximumFrameworkContractsAmount",  # BT-118
    f"{_PROJECT}/cac:RequestedTenderTotal/cbc:EstimatedOverallContractAmount",  # BT-27
    f"{_PROJECT}/cac:RequestedTenderTotal/{_XT}/efbc:FrameworkMaximumAmount",  # BT-271
)
_DOCUMENTS = (
    f"{_TERMS}/cac:CallForTendersDocumentReference/cac:Attachment/cac:ExternalReference/cbc:URI"  # BT-15
)
_FRAMEWORK = "cac:TenderingProcess/cac:ContractingSystem/cbc:ContractingSystemTypeCode[@listName='framework-agreement']"


def first_request(url: str) -> Request:
    """A plain GET: one address, one notice."""
    return Request(url=url, headers={"Accept": "application/xml"})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry; raises UnreadableError for another XML, a document type, or a notice without identity."""
    root = parse_xml(body)
    if etree.QName(root).localname not in _ROOTS or not (etree.QName(root).namespace or "").startswith(_UBL):
        raise UnreadableError("This XML is not an eForms notice.", etree.QName(root).localname)
    lots = [lot for lot in _all(root, ("cac:ProcurementProjectLot",)) if _scheme(lot) in {"Lot", "Part", ""}]
    left = Remark("Only the first lots of this notice were read.", f"{LOT_LIMIT} / {len(lots)}")
    return Page(entries=(_entry(root, lots[:LOT_LIMIT]),), remarks=(left,) if len(lots) > LOT_LIMIT else ())


def _entry(root: etree._Element, lots: list[etree._Element]) -> Entry:
    number = publication_number(_text(root, f"{_XT}/efac:Publication/efbc:NoticePublicationID"))
    notice_id = line(_text(root, "cbc:ID"), limit=64)
    version = line(_text(root, "cbc:VersionID"), limit=10)
    organisations = _organisations(root)
    scrub = _contacts(root, organisations).scrubber()
    raw, instant = _published(root)
    return Entry(
        external_id=require(number or (f"{notice_id}-{version or '01'}" if notice_id else "")),
        url=PAGE.format(number) if number else "",
        published_at=instant,
        published_raw=raw,
        kind="notice",
        notice=replace(
            _fields(root, lots, scrub, notice_id=notice_id),
            publication_number=number,
            version=version,
            **_parties(root, organisations),
        ),
        **_words(root, lots).settled(scrub),
    )


def _fields(
    root: etree._Element, lots: list[etree._Element], scrub: Scrub, *, notice_id: str
) -> NoticeFields:
    kind = root.find("cbc:NoticeTypeCode", _NS)
    links = (web_link(node.text) for node in _all_of((root, *lots), (_DOCUMENTS,)))
    most = _text(root, f"{_TERMS}/cac:LotDistribution/cbc:MaximumLotsAwardedNumeric")
    return NoticeFields(
        notice_id=notice_id,
        procedure_id=line(_text(root, "cbc:ContractFolderID"), limit=64),
        notice_type=line(_text(root, "cbc:NoticeTypeCode"), limit=40),
        form_type=line((kind.get("listName") or "") if kind is not None else "", limit=40),
        schema=line(_text(root, "cbc:CustomizationID").split("#")[0], limit=50),
        dispatched_on=read_day(_text(root, "cbc:IssueDate")),
        published_on=read_day(_text(root, f"{_XT}/efac:Publication/efbc:PublicationDate")),
        deadline_on=_deadline(root, lots),
        cpv=_cpv(root, lots),
        lots=tuple(_lot(lot, scrub) for lot in lots),
        max_lots_awarded=count(most, largest=9_999),
        framework=_framework(root, lots),
        document_urls=tuple(dict.fromkeys(filter(None, links)))[:LOT_LIMIT],
        changes=_changed_notice(root, notice_id),
        change_reason=_change_reason(root, scrub),
        **_money(root, lots),
    )


def _deadline(root: etree._Element, lots: list[etree._Element]) -> date | None:
    """The first day on which something is due; a lot may ask for tenders and another one for requests."""
    for path in _DEADLINES:
        days = [day for node in _all_of((root, *lots), (path,)) if (day := read_day(node.text or ""))]
        if days:
            return min(days)
    return None


def _published(root: etree._Element) -> tuple[str, datetime | None]:
    raw = _text(root, f"{_XT}/efac:Publication/efbc:PublicationDate").strip()
    if raw and (instant := read_instant(raw)):
        return line(raw, limit=200), instant
    day, clock = _text(root, "cbc:IssueDate").strip(), _text(root, "cbc:IssueTime").strip()
    raw = f"{day[:10]}T{clock}" if clock else day
    return line(raw, limit=200), read_instant(raw) or read_instant(day)


def _organisations(root: etree._Element) -> dict[str, etree._Element]:
    """Each organisation by its identifier in the notice; the first of two with one identifier."""
    found: dict[str, etree._Element] = {}
    for organisation in _all(root, (f".//{_XT}//efac:Organizations/efac:Organization",)):
        found.setdefault(_text(organisation, "efac:Company/cac:PartyIdentification/cbc:ID"), organisation)
    return found


def _parties(root: etree._Element, organisations: dict[str, etree._Element]) -> Parties:
    references = [
        n.text or "" for n in _all(root, ("cac:ContractingParty/cac:Party/cac:PartyIdentification/cbc:ID",))
    ]
    buyers = [organisations[reference] for reference in references if reference in organisations]
    countries = [
        country_code(_text(b, "efac:Company/cac:PostalAddress/cac:Country/cbc:IdentificationCode"))
        for b in buyers
    ]
    winners = [organisations[reference] for reference in _winning(root) if reference in organisations]
    return {
        "buyers": names(_name(buyer) for buyer in buyers if not _is_natural_person(buyer)),
        "buyer_country": next(filter(None, countries), ""),
        "winners": names(_name(winner) for winner in winners if not _is_natural_person(winner)),
        "tenders_received": _tenders_received(root),
    }


def _winning(root: etree._Element) -> Iterator[str]:
    """References to the organisations behind the tenders of each lot that has a winner."""
    tenders = {_text(t, "cbc:ID"): t for t in _all(root, (f".//{_XT}/efac:NoticeResult/efac:LotTender",))}
    parties = {
        _text(p, "cbc:ID"): p for p in _all(root, (f".//{_XT}/efac:NoticeResult/efac:TenderingParty",))
    }
    for result in _all(root, (f".//{_XT}/efac:NoticeResult/efac:LotResult",)):
        if _text(result, "cbc:TenderResultCode") != "selec-w":
            continue
        for tender in _all(result, ("efac:LotTender/cbc:ID",)):
            party = parties.get(_text(tenders.get(tender.text), "efac:TenderingParty/cbc:ID"))
            yield from (reference.text or "" for reference in _all(party, ("efac:Tenderer/cbc:ID",)))


def _tenders_received(root: etree._Element) -> int | None:
    """BT-759 over all lots; None when no lot tells."""
    statistics = _all(root, (f"{_XT}/efac:NoticeResult/efac:LotResult/efac:ReceivedSubmissionsStatistics",))
    counts = [
        count(_text(statistic, "efbc:StatisticsNumeric"))
        for statistic in statistics
        if _text(statistic, "efbc:StatisticsCode") in {"tenders", "t-total"}
    ]
    known = [number for number in counts if number is not None]
    return sum(known) if known else None


def _cpv(root: etree._Element, lots: list[etree._Element]) -> tuple[str, ...]:
    nodes = _all_of((root, *lots), _CPV)
    return cpv_codes(node.text for node in nodes if node.get("listName", "cpv") == "cpv")


def _framework(root: etree._Element, lots: list[etree._Element]) -> str:
    systems = {(node.text or "").strip() for node in _all_of((root, *lots), (_FRAMEWORK,))}
    return line(min(systems - {"none", ""}, default="none" if "none" in systems else ""), limit=20)


def _lot(lot: etree._Element, scrub: Scrub) -> dict[str, object]:
    criteria = [
        node.text or "" for node in _all(lot, (f"{_CRITERION}/cbc:Name", f"{_CRITERION}/cbc:Description"))
    ]
    told = [line(scrub(text), limit=TITLE_LIMIT) for text in dict.fromkeys(criteria) if text.strip()]
    shape = {
        "id": line(_text(lot, "cbc:ID"), limit=50),
        "title": line(scrub(_text(lot, f"{_PROJECT}/cbc:Name")), limit=TITLE_LIMIT),
    }
    return shape | ({"criteria": told[:50]} if told else {})


def _money(root: etree._Element, lots: list[etree._Element]) -> Money:
    places = _all(root, _VALUES) if len(lots) != 1 else [*_all(root, _VALUES), *_all(lots[0], _VALUES)]
    for node in places:
        if (value := amount(node.text)) is not None:
            return {"value": value, "currency": currency(node.get("currencyID"))}
    return UNPRICED


def _changed_notice(root: etree._Element, notice_id: str) -> str:
    paths = (
        f"{_XT}/efac:Changes/efbc:ChangedNoticeIdentifier",  # BT-758
        f"{_XT}/efac:ContractModification/efbc:ChangedNoticeIdentifier",  # BT-1501
    )
    written = next((node.text.strip() for node in _all(root, paths) if node.text), "")
    # The Norwegian publisher names its own notices YYYY-NNNNNN, which is no publication number of TED.
    national = re.fullmatch(r"\d{4}-\d+", notice_id) and re.fullmatch(r"\d{4}-\d+", written)
    return line(written if national else publication_number(written) or written, limit=80)


def _change_reason(root: etree._Element, scrub: Scrub) -> str:
    paths = ("efac:ChangeReason/cbc:ReasonCode", "efac:ChangeReason/efbc:ReasonDescription")
    reasons = (_text(root, f"{_XT}/efac:Changes/{path}").strip() for path in paths)
    return line(scrub(" ".join(filter(None, reasons))), limit=80)


def _words(root: etree._Element, lots: list[etree._Element]) -> Words:
    words = Words(main=language_code(_text(root, "cbc:NoticeLanguageCode")))
    for scope in (root, *lots):
        for node in _all(scope, (f"{_PROJECT}/cbc:Name",)):
            words.add(node.text, language=node.get("languageID", ""), title=True)
        for node in _all(scope, _TEXTS):
            words.add(node.text, language=node.get("languageID", ""))
    for node in _all(root, (f"{_XT}/efac:Changes/efac:Change/efbc:ChangeDescription",)):  # BT-141
        words.add(node.text, language=node.get("languageID", ""))
    return words


def _contacts(root: etree._Element, organisations: dict[str, etree._Element]) -> Contacts:
    contacts = Contacts()
    for node in root.iter(f"{{{_NS['cac']}}}Contact"):
        contacts.people.update(n.text or "" for n in _all(node, ("cbc:Name", "cbc:JobTitle")))
        contacts.phones.update(n.text or "" for n in _all(node, ("cbc:Telephone", "cbc:Telefax")))
        contacts.emails.update((n.text or "").strip() for n in _all(node, ("cbc:ElectronicMail",)))
    for owner in root.iter(f"{{{_NS['efac']}}}UltimateBeneficialOwner"):
        contacts.people.add(f"{_text(owner, 'cbc:FirstName')} {_text(owner, 'cbc:FamilyName')}".strip())
    for organisation in organisations.values():
        kind = contacts.people if _is_natural_person(organisation) else contacts.organisations
        kind.add(_name(organisation))
    return contacts


def _is_natural_person(organisation: etree._Element) -> bool:
    return _text(organisation, "efbc:NaturalPersonIndicator").strip().lower() in {"true", "1"}


def _name(organisation: etree._Element) -> str:
    return _text(organisation, "efac:Company/cac:PartyName/cbc:Name").strip()


def _scheme(lot: etree._Element) -> str:
    identifier = lot.find("cbc:ID", _NS)
    return (identifier.get("schemeName") or "") if identifier is not None else ""


def _text(scope: etree._Element | None, path: str) -> str:
    return (scope.findtext(path, "", _NS) or "") if scope is not None else ""


def _all(scope: etree._Element | None, paths: Iterable[str]) -> list[etree._Element]:
    return [node for path in paths for node in scope.iterfind(path, _NS)] if scope is not None else []


def _all_of(scopes: Iterable[etree._Element], paths: Iterable[str]) -> list[etree._Element]:
    return [node for scope in scopes for node in _all(scope, paths)]
