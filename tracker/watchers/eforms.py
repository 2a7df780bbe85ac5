"""eForms notices (UBL 2.3, every SDK version) as entries, without the persons in them. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from lxml import etree

from tracker.watchers.contacts import Contacts, Scrub
from tracker.watchers.dates import read_day, read_instant
from tracker.watchers.entry import Entry, Label, NoticeFields, Page, Remark, Request, UnreadableError
from tracker.watchers.markup import Nodes, Steps, gather, parse_xml, steps_to
from tracker.watchers.notice import (
    LOT_LIMIT,
    PAGE,
    TITLE_LIMIT,
    UNPRICED,
    Award,
    Money,
    Parties,
    Words,
    amount,
    awarded,
    count,
    cpv_codes,
    currency,
    lot_cap,
    names,
    publication_number,
    require,
    where_needed,
)
from tracker.watchers.plaintext import country_code, language_code, line, web_link

LABEL = Label("eForms notice (XML)")

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
_PROCESS = "cac:TenderingProcess"
_CRITERION = f"{_TERMS}/cac:AwardingTerms/cac:AwardingCriterion/cac:SubordinateAwardingCriterion"
_SELECTION = f"{_TERMS}/{_XT}/efac:SelectionCriteria"
_RESULT = f"{_XT}/efac:NoticeResult"
_COMPANY = "efac:Company"

# What is read, by the business terms of the eForms regulation: within the notice and within each lot alike.
_TITLE = f"{_PROJECT}/cbc:Name"  # BT-21
_CRITERIA = (f"{_CRITERION}/cbc:Name", f"{_CRITERION}/cbc:Description")  # BT-734, BT-540
_TEXTS = (
    f"{_PROJECT}/cbc:Description",  # BT-24
    f"{_PROJECT}/cbc:Note",  # BT-300
    f"{_PROJECT}/cac:ProcurementAdditionalType/cbc:ProcurementType",  # BT-777
    *_CRITERIA,
    f"{_SELECTION}/cbc:Name",  # BT-809 before SDK 1.12
    f"{_SELECTION}/cbc:Description",  # BT-750
    f"{_TERMS}/cac:ContractExecutionRequirement/cbc:Description",  # BT-70
    f"{_PROCESS}/cac:FrameworkAgreement/cbc:Justification",  # BT-109
)
# BT-809, the code of a selection criterion: since SDK 1.12, and before.
_SELECTIONS = (f"{_SELECTION}/cbc:TendererRequirementTypeCode", f"{_SELECTION}/cbc:CriterionTypeCode")
_CPV = (
    f"{_PROJECT}/cac:MainCommodityClassification/cbc:ItemClassificationCode",  # BT-262
    f"{_PROJECT}/cac:AdditionalCommodityClassification/cbc:ItemClassificationCode",  # BT-263
)
_DEADLINES = (
    f"{_PROCESS}/cac:TenderSubmissionDeadlinePeriod/cbc:EndDate",  # BT-131
    f"{_PROCESS}/cac:ParticipationRequestReceptionPeriod/cbc:EndDate",  # BT-1311
    f"{_PROCESS}/{_XT}/efac:InterestExpressionReceptionPeriod/cbc:EndDate",  # BT-630
)
_VALUES = (
    f"{_RESULT}/cbc:TotalAmount",  # BT-161
    f"{_RESULT}/efbc:OverallMaximumFrameworkContractsAmount",  # BT-118
    f"{_PROJECT}/cac:RequestedTenderTotal/cbc:EstimatedOverallContractAmount",  # BT-27
    f"{_PROJECT}/cac:RequestedTenderTotal/{_XT}/efbc:FrameworkMaximumAmount",  # BT-271
)
# BT-15
_DOCUMENTS = f"{_TERMS}/cac:CallForTendersDocumentReference/cac:Attachment/cac:ExternalReference/cbc:URI"
_FRAMEWORK = f"{_PROCESS}/cac:ContractingSystem/cbc:ContractingSystemTypeCode"  # BT-765
_OPERATORS = f"{_PROCESS}/cac:FrameworkAgreement/cbc:MaximumOperatorQuantity"  # BT-113
_FUNDING = (
    f"{_TERMS}/cbc:FundingProgramCode",  # BT-60
    f"{_TERMS}/{_XT}/efac:Funding/cbc:FundingProgramCode",  # BT-5011
    f"{_TERMS}/{_XT}/efac:Funding/efbc:FinancingIdentifier",  # BT-5010
)
_BOTH = (_TITLE, *_TEXTS, *_SELECTIONS, *_CPV, *_DEADLINES, *_VALUES, _DOCUMENTS, _FRAMEWORK, "cbc:ID")

# Within the notice alone.
_LOT = "cac:ProcurementProjectLot"
_NOTICE_ID, _VERSION, _PROCEDURE = "cbc:ID", "cbc:VersionID", "cbc:ContractFolderID"  # BT-701, BT-757, BT-04
_TYPE, _SDK, _LANGUAGE = "cbc:NoticeTypeCode", "cbc:CustomizationID", "cbc:NoticeLanguageCode"
_ISSUED_ON, _ISSUED_AT = "cbc:IssueDate", "cbc:IssueTime"  # BT-05
_NUMBER = f"{_XT}/efac:Publication/efbc:NoticePublicationID"  # OPP-010
_PUBLISHED = f"{_XT}/efac:Publication/efbc:PublicationDate"  # OPP-012
_MOST_LOTS = f"{_TERMS}/cac:LotDistribution/cbc:MaximumLotsAwardedNumeric"  # BT-33
_MOST_BIDS = f"{_TERMS}/cac:LotDistribution/cbc:MaximumLotsSubmittedNumeric"  # BT-31
_CHANGED = (
    f"{_XT}/efac:Changes/efbc:ChangedNoticeIdentifier",  # BT-758
    f"{_XT}/efac:ContractModification/efbc:ChangedNoticeIdentifier",  # BT-1501
)
_REASONS = (
    f"{_XT}/efac:Changes/efac:ChangeReason/cbc:ReasonCode",  # BT-140
    f"{_XT}/efac:Changes/efac:ChangeReason/efbc:ReasonDescription",  # BT-762
)
_CHANGE_TEXT = f"{_XT}/efac:Changes/efac:Change/efbc:ChangeDescription"  # BT-141
_BUYER = "cac:ContractingParty/cac:Party/cac:PartyIdentification/cbc:ID"  # OPT-300
_ORGANISATION = f"{_XT}/efac:Organizations/efac:Organization"
_LOT_RESULT, _TENDER = f"{_RESULT}/efac:LotResult", f"{_RESULT}/efac:LotTender"
_TENDERING_PARTY = f"{_RESULT}/efac:TenderingParty"
# Within an organisation.
_PARTY_ID, _PARTY_NAME = f"{_COMPANY}/cac:PartyIdentification/cbc:ID", f"{_COMPANY}/cac:PartyName/cbc:Name"
_ADDRESS, _COUNTRY = f"{_COMPANY}/cac:PostalAddress", "cac:Country/cbc:IdentificationCode"  # within that
_NATURAL = "efbc:NaturalPersonIndicator"
# OPP-050 to 052
_JOINT = ("efbc:GroupLeadIndicator", "efbc:AwardingCPBIndicator", "efbc:AcquiringCPBIndicator")
# Within a result, a tender and a tendering party.
_OUTCOME, _RESULT_LOT = "cbc:TenderResultCode", "efac:TenderLot/cbc:ID"
_RESULT_TENDER = "efac:LotTender/cbc:ID"
_STATISTICS = "efac:ReceivedSubmissionsStatistics"
_TENDER_PARTY, _TENDERER = "efac:TenderingParty/cbc:ID", "efac:Tenderer/cbc:ID"


def _steps(*paths: str) -> Steps:
    return steps_to(paths, _NS)


_WITHIN_NOTICE = _steps(
    *_BOTH, _LOT, _VERSION, _PROCEDURE, _TYPE, _SDK, _LANGUAGE, _ISSUED_ON, _ISSUED_AT, _NUMBER, _PUBLISHED,
    _MOST_LOTS, _MOST_BIDS, *_CHANGED, *_REASONS, _CHANGE_TEXT, _BUYER, _ORGANISATION, _LOT_RESULT, _TENDER, _TENDERING_PARTY,
)  # fmt: skip
_WITHIN_LOT = _steps(*_BOTH, _OPERATORS, *_FUNDING)
_WITHIN_ORGANISATION = _steps(_PARTY_ID, _PARTY_NAME, _ADDRESS, _NATURAL, *_JOINT)
_WITHIN_ADDRESS = _steps(_COUNTRY)
_WITHIN_RESULT = _steps(_OUTCOME, _RESULT_LOT, _RESULT_TENDER, _STATISTICS)
_WITHIN_TENDER = _steps("cbc:ID", _TENDER_PARTY, _TENDERER)
_WITHIN_STATISTICS = _steps("efbc:StatisticsCode", "efbc:StatisticsNumeric")
_CONTACT, _OWNER = f"{{{_NS['cac']}}}Contact", f"{{{_NS['efac']}}}UltimateBeneficialOwner"
_CBC = f"{{{_NS['cbc']}}}"
_PERSONAL = {
    "people": ("Name", "JobTitle"),
    "phones": ("Telephone", "Telefax"),
    "emails": ("ElectronicMail",),
}
_OF_CONTACTS = {_CBC + name: kind for kind, names_of in _PERSONAL.items() for name in names_of}


def first_request(url: str) -> Request:
    """A plain GET: one address, one notice."""
    return Request(url=url, headers={"Accept": "application/xml"})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry; raises UnreadableError for another XML, a document type, or a notice without identity."""
    root = parse_xml(body, mixed=False)
    namespace, _, name = str(root.tag).rpartition("}")
    if name not in _ROOTS or not namespace.startswith(("{" + _UBL, "{" + _P27)):
        raise UnreadableError("This XML is not an eForms notice.", name)
    notice = gather(root, _WITHIN_NOTICE)
    lots = [gather(lot, _WITHIN_LOT) for lot in notice.get(_LOT, ())]
    lots = [lot for lot in lots if _scheme(lot) in {"Lot", "Part", ""}]
    left = Remark("Only the first lots of this notice were read.", f"{LOT_LIMIT} / {len(lots)}")
    entry = _entry(root, notice, lots[:LOT_LIMIT])
    return Page(entries=(entry,), remarks=(left,) if len(lots) > LOT_LIMIT else ())


def _entry(root: etree._Element, notice: Nodes, lots: list[Nodes]) -> Entry:
    number = publication_number(_text(notice, _NUMBER))
    organisations = _organisations(notice)
    words = _words(notice, lots)
    scrub = where_needed(_contacts(root, organisations).scrubber(), words, _change_reason(notice))
    fields = _fields(notice, lots, scrub, number=number, organisations=organisations)
    own, (raw, instant) = fields.notice_id, _published(notice)
    return Entry(
        external_id=require(number or (own and f"{own}-{fields.version or '01'}")),
        url=PAGE.format(number) if number else "",
        published_at=instant,
        published_raw=raw,
        kind="notice",
        notice=fields,
        **words.settled(scrub),
    )


def _fields(
    notice: Nodes, lots: list[Nodes], scrub: Scrub, *, number: str, organisations: Mapping[str, Nodes]
) -> NoticeFields:
    scopes = (notice, *lots)
    kind = next(iter(notice.get(_TYPE, ())), None)
    links = dict.fromkeys(node.text for node in _all(scopes, _DOCUMENTS))
    notice_id = line(_text(notice, _NOTICE_ID), limit=64)
    awards = _awards(notice, organisations)
    return NoticeFields(
        publication_number=number,
        notice_id=notice_id,
        version=line(_text(notice, _VERSION), limit=10),
        procedure_id=line(_text(notice, _PROCEDURE), limit=64),
        notice_type=line(_text(notice, _TYPE), limit=40),
        form_type=line((kind.get("listName") or "") if kind is not None else "", limit=40),
        schema=line(_text(notice, _SDK).split("#")[0], limit=50),
        dispatched_on=read_day(_text(notice, _ISSUED_ON)),
        published_on=read_day(_text(notice, _PUBLISHED)),
        deadline_on=_deadline(scopes),
        cpv=cpv_codes(n.text for n in _all(scopes, *_CPV) if n.get("listName", "cpv") == "cpv"),
        lots=tuple(_lot(lot, scrub, awards) for lot in lots),
        max_lots_awarded=lot_cap(_text(notice, _MOST_LOTS), _text(notice, _MOST_BIDS), lots=len(lots)),
        framework=_framework(scopes),
        document_urls=tuple(dict.fromkeys(filter(None, map(web_link, links))))[:LOT_LIMIT],
        changes=_changed_notice(notice, notice_id),
        change_reason=line(scrub(_change_reason(notice)), limit=80),
        **_parties(notice, organisations, awards),
        **_money(scopes if len(lots) == 1 else (notice,)),
    )


def _deadline(scopes: Iterable[Nodes]) -> date | None:
    """The first day on which something is due; a lot may ask for tenders and another one for requests."""
    for path in _DEADLINES:
        days = [day for node in _all(scopes, path) if (day := read_day(node.text or ""))]
        if days:
            return min(days)
    return None


def _published(notice: Nodes) -> tuple[str, datetime | None]:
    raw = _text(notice, _PUBLISHED).strip()
    if raw and (instant := read_instant(raw)):
        return line(raw, limit=200), instant
    day, clock = _text(notice, _ISSUED_ON).strip(), _text(notice, _ISSUED_AT).strip()
    raw = f"{day[:10]}T{clock}" if clock else day
    return line(raw, limit=200), read_instant(raw) or read_instant(day)


def _organisations(notice: Nodes) -> dict[str, Nodes]:
    """Each organisation by its identifier in the notice; the first of two with one identifier."""
    found: dict[str, Nodes] = {}
    for node in notice.get(_ORGANISATION, ()):
        organisation = gather(node, _WITHIN_ORGANISATION)
        found.setdefault(_text(organisation, _PARTY_ID).strip(), organisation)
    return found


def _parties(notice: Nodes, organisations: Mapping[str, Nodes], awards: list[Award]) -> Parties:
    buyers = _known(_ids(notice.get(_BUYER, ())), organisations)
    homes = (gather(node, _WITHIN_ADDRESS) for node in _all(buyers, _ADDRESS))
    received = [award.received for award in awards if award.received is not None]
    return {
        "buyers": _names(buyers),
        "buyer_country": next(filter(None, (country_code(_text(home, _COUNTRY)) for home in homes)), ""),
        "winners": tuple(dict.fromkeys(name for award in awards for name in award.winners))[:LOT_LIMIT],
        "tenders_received": sum(received) if received else None,
        "joint": _joint(buyers),
    }


def _joint(buyers: list[Nodes]) -> bool | None:
    """Whether several bodies buy together, or a central one for others; None when nothing says so."""
    told = [_true(buyer, path) for buyer in buyers for path in _JOINT if path in buyer]
    return (len(buyers) > 1 or any(told)) if told or len(buyers) > 1 else None


def _awards(notice: Nodes, organisations: Mapping[str, Nodes]) -> list[Award]:
    """Who won each lot, through its tenders, their parties and the parties' tenderers; how many had tendered."""
    tenders = _by_id(notice.get(_TENDER, ()))
    parties = _by_id(notice.get(_TENDERING_PARTY, ()))
    awards = []
    for node in notice.get(_LOT_RESULT, ()):
        result = gather(node, _WITHIN_RESULT)
        won = result.get(_RESULT_TENDER, ()) if _text(result, _OUTCOME).strip() == "selec-w" else ()
        named = [_text(tenders.get(tender, {}), _TENDER_PARTY).strip() for tender in _ids(won)]
        references = _ids(node for name in named for node in parties.get(name, {}).get(_TENDERER, ()))
        lot, winners = line(_text(result, _RESULT_LOT), limit=50), _names(_known(references, organisations))
        awards.append(Award(lot=lot, winners=winners, received=_received(result)))
    return awards


def _received(result: Nodes) -> int | None:
    """BT-759 of one lot; None when it does not tell."""
    statistics = [gather(node, _WITHIN_STATISTICS) for node in result.get(_STATISTICS, ())]
    told = [each for each in statistics if _text(each, "efbc:StatisticsCode") in {"tenders", "t-total"}]
    counts = [count(_text(each, "efbc:StatisticsNumeric")) for each in told]
    known = [number for number in counts if number is not None]
    return sum(known) if known else None


def _framework(scopes: Iterable[Nodes]) -> str:
    nodes = (node for node in _all(scopes, _FRAMEWORK) if node.get("listName") == "framework-agreement")
    systems = {(node.text or "").strip() for node in nodes}
    return line(min(systems - {"none", ""}, default="none" if "none" in systems else ""), limit=20)


def _lot(lot: Nodes, scrub: Scrub, awards: list[Award]) -> dict[str, object]:
    criteria = dict.fromkeys(node.text or "" for node in _all((lot,), *_CRITERIA))
    selection = dict.fromkeys(line(node.text or "", limit=50) for node in _all((lot,), *_SELECTIONS))
    funding = dict.fromkeys(line(node.text or "", limit=100) for node in _all((lot,), *_FUNDING))
    identifier = line(_text(lot, "cbc:ID"), limit=50)
    shape = {
        "id": identifier,
        "title": line(scrub(_text(lot, _TITLE)), limit=TITLE_LIMIT),
        "criteria": [line(scrub(text), limit=TITLE_LIMIT) for text in criteria if text.strip()][:50],
        "selection": [code for code in selection if code][:50],
        "operators": count(_text(lot, _OPERATORS)),
        "funding": [code for code in funding if code not in {"", "no-eu-funds"}][:50],
    }
    told = {name: value for name, value in shape.items() if value or name in {"id", "title"}}
    return told | awarded(awards, lot=identifier)


def _money(scopes: Iterable[Nodes]) -> Money:
    for scope in scopes:
        for node in _all((scope,), *_VALUES):
            if (value := amount(node.text)) is not None:
                return {"value": value, "currency": currency(node.get("currencyID"))}
    return UNPRICED


def _changed_notice(notice: Nodes, notice_id: str) -> str:
    written = next((node.text.strip() for node in _all((notice,), *_CHANGED) if node.text), "")
    # The Norwegian publisher names its own notices YYYY-NNNNNN, which is no publication number of TED.
    national = re.fullmatch(r"\d{4}-\d+", notice_id) and re.fullmatch(r"\d{4}-\d+", written)
    return line(written if national else publication_number(written) or written, limit=80)


def _change_reason(notice: Nodes) -> str:
    return " ".join(filter(None, (_text(notice, path).strip() for path in _REASONS)))


def _words(notice: Nodes, lots: list[Nodes]) -> Words:
    words = Words(main=language_code(_text(notice, _LANGUAGE)))
    for scope in (notice, *lots):
        for node in scope.get(_TITLE, ()):
            words.add(node.text, language=node.get("languageID", ""), title=True)
        for node in _all((scope,), *_TEXTS):
            words.add(node.text, language=node.get("languageID", ""))
    for node in notice.get(_CHANGE_TEXT, ()):
        words.add(node.text, language=node.get("languageID", ""))
    return words


def _contacts(root: etree._Element, organisations: Mapping[str, Nodes]) -> Contacts:
    contacts = Contacts()
    for node in root.iter(_CONTACT, _OWNER):
        if node.tag == _OWNER:
            names_of = (node.findtext(f"{_CBC}{part}Name", "") for part in ("First", "Family"))
            contacts.people.add(" ".join(names_of).strip())
            continue
        for child in node:
            if kind := _OF_CONTACTS.get(child.tag):
                getattr(contacts, kind).add((child.text or "").strip())
    for organisation in organisations.values():
        kind = "people" if _true(organisation, _NATURAL) else "organisations"
        getattr(contacts, kind).add(_text(organisation, _PARTY_NAME).strip())
    return contacts


def _known(references: Iterable[str], organisations: Mapping[str, Nodes]) -> list[Nodes]:
    return [organisations[reference] for reference in references if reference in organisations]


def _names(organisations: Iterable[Nodes]) -> tuple[str, ...]:
    return names(_text(each, _PARTY_NAME) for each in organisations if not _true(each, _NATURAL))


def _ids(nodes: Iterable[etree._Element]) -> list[str]:
    return [(node.text or "").strip() for node in nodes]


def _by_id(nodes: Iterable[etree._Element]) -> dict[str, Nodes]:
    return {_text(each, "cbc:ID").strip(): each for each in (gather(node, _WITHIN_TENDER) for node in nodes)}


def _scheme(lot: Nodes) -> str:
    return next((node.get("schemeName") or "" for node in lot.get("cbc:ID", ())), "")


def _true(scope: Nodes, path: str) -> bool:
    return _text(scope, path).strip().lower() in {"true", "1"}


def _text(scope: Nodes, path: str) -> str:
    return (scope[path][0].text or "") if path in scope else ""


def _all(scopes: Iterable[Nodes], *paths: str) -> list[etree._Element]:
    return [node for scope in scopes for path in paths if path in scope for node in scope[path]]
