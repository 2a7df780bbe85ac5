"""TED_EXPORT notices (R2.0.8 and R2.0.9, 2011 to 2024) as entries, in the original language only. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from lxml import etree

from tracker.watchers.contacts import Contacts, Scrub
from tracker.watchers.dates import read_day, read_instant
from tracker.watchers.entry import Entry, Label, NoticeFields, Page, Request, UnreadableError
from tracker.watchers.markup import parse_xml
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
)
from tracker.watchers.plaintext import country_code, language_code, line, web_link

LABEL = Label("TED notice before eForms (XML)")

# Elements whose paragraphs are the matching text; the rest of the form is forms, addresses and courts.
_TITLES = frozenset({"TITLE", "TITLE_CONTRACT", "LOT_TITLE"})
_TEXTS = _TITLES | frozenset(
    [
        "SHORT_DESCR",
        "SHORT_CONTRACT_DESCRIPTION",
        "LOT_DESCRIPTION",
        "TOTAL_QUANTITY_OR_SCOPE",
        "INFO_ADD",
        "ADDITIONAL_INFORMATION",
        "AC_CRITERION",
        "CRITERIA",
        "CRITERIA_CANDIDATE",
        "CRITERIA_EVALUATION",
        "RULES_CRITERIA",
        "LOT_COMBINING_CONTRACT_RIGHT",
        "OPTIONS_DESCR",
        "SUITABILITY",
        "ECONOMIC_FINANCIAL_INFO",
        "ECONOMIC_FINANCIAL_MIN_LEVEL",
        "TECHNICAL_PROFESSIONAL_INFO",
        "TECHNICAL_PROFESSIONAL_MIN_LEVEL",
        "EAF_CAPACITY_INFORMATION",
        "T_CAPACITY_INFORMATION",
        "T_CAPACITY_MIN_LEVEL",
        "ECONOMIC_OPERATORS_PERSONAL_SITUATION",
        "PERFORMANCE_CONDITIONS",
        "EXISTENCE_OTHER_PARTICULAR_CONDITIONS",
        "CONDITIONS",
        "METHODS",
        "JUSTIFICATION",
        "EU_PROGR_RELATED",
        "MAIN_FEATURES_AWARD",
        "NEW_VALUE",
    ]
)
_SILENT = frozenset({"REVIEW_PROCEDURE", "PROCEDURES_FOR_APPEAL", "CONTRACTORS", "OLD_VALUE", "RESULTS"})
_SILENT_STARTS = ("ADDRESS", "CONTACT_DATA", "CONTRACTING_BODY", "CONTRACTING_AUTHORITY", "NAME_ADDRESSES")
_PEOPLE = frozenset({"CONTACT_POINT", "ATTENTION", "CONTACT", "MEMBER_NAME"})
_EMAILS = frozenset({"E_MAIL", "EMAIL"})
_PHONES = frozenset({"PHONE", "FAX"})
# TD_DOCUMENT_TYPE in the words of eForms' form types (BT-03).
_FORM_TYPES = {
    "0": "planning", "B": "planning", "P": "planning", "2": "change", "3": "competition", "A": "competition",
    "C": "competition", "D": "competition", "H": "competition", "M": "competition", "O": "competition",
    "Q": "competition", "Y": "competition", "7": "result", "J": "result", "R": "result", "V": "dir-awa-pre",
    "K": "cont-modif",
}  # fmt: skip
_BUYERS = (
    "CONTRACTING_BODY/ADDRESS_CONTRACTING_BODY/OFFICIALNAME",
    "CONTRACTING_BODY/ADDRESS_CONTRACTING_BODY_ADDITIONAL/OFFICIALNAME",
    ".//NAME_ADDRESSES_CONTACT_CONTRACT//ORGANISATION/OFFICIALNAME",
    ".//NAME_ADDRESSES_CONTACT_CONTRACT_AWARD//ORGANISATION/OFFICIALNAME",
)
_WINNERS = (
    "AWARD_CONTRACT//CONTRACTOR/ADDRESS_CONTRACTOR/OFFICIALNAME",
    "RESULTS//ADDRESS_WINNER/OFFICIALNAME",
    ".//AWARD_OF_CONTRACT_DEFENCE//ECONOMIC_OPERATOR_NAME_ADDRESS//OFFICIALNAME",
)
_OF_AWARD = (".//CONTRACTOR/ADDRESS_CONTRACTOR/OFFICIALNAME", ".//ADDRESS_WINNER/OFFICIALNAME")
_JOINT = ("JOINT_PROCUREMENT_INVOLVED", "CENTRAL_PURCHASING")
_VALUES = (
    "OBJECT_CONTRACT/VAL_TOTAL",
    "OBJECT_CONTRACT/VAL_ESTIMATED_TOTAL",
    "AWARD_CONTRACT/AWARDED_CONTRACT/VALUES/VAL_TOTAL",
    ".//TOTAL_FINAL_VALUE//VALUE_COST",
    ".//QUANTITY_SCOPE//VALUE_COST",
)


def first_request(url: str) -> Request:
    """A plain GET: one address, one notice."""
    return Request(url=url, headers={"Accept": "application/xml"})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry from the ORIGINAL form; raises UnreadableError for another XML or a notice without a number."""
    root = parse_xml(body)
    for element in root.iter(etree.Element):
        element.tag = etree.QName(
            element
        ).localname  # five namespaces are in circulation, one of them relative
    if root.tag != "TED_EXPORT":
        raise UnreadableError("This XML is not a TED_EXPORT notice.", root.tag)
    forms = [form for form in root.iterfind("FORM_SECTION/*") if form.get("LG")]
    form = next((form for form in forms if form.get("CATEGORY") == "ORIGINAL"), None)
    if form is None:
        raise UnreadableError("This TED_EXPORT notice holds no original form.")
    return Page(entries=(_entry(root, form),))


def _entry(root: etree._Element, form: etree._Element) -> Entry:
    number = require(publication_number(root.get("DOC_ID") or ""))
    scrub = _contacts(root).scrubber()
    raw = _text(root, "CODED_DATA_SECTION/REF_OJS/DATE_PUB")
    return Entry(
        external_id=number,
        url=PAGE.format(number),
        published_at=read_instant(raw.strip()),
        published_raw=line(raw, limit=200),
        kind="notice",
        notice=replace(
            _fields(root, form, scrub),
            publication_number=number,
            procedure_id=_procedure(root, form, number=number),
            published_on=read_day(raw),
        ),
        **_words(form).settled(scrub),
    )


def _fields(root: etree._Element, form: etree._Element, scrub: Scrub) -> NoticeFields:
    codes = "CODED_DATA_SECTION/CODIF_DATA/"
    version = ".".join((root.get("VERSION") or "").split(".")[:3])
    corrects = form.tag.startswith(("F14", "F20"))
    division, lots = "OBJECT_CONTRACT/LOT_DIVISION", _lots(form)[:LOT_LIMIT]
    links = (web_link(_text(node)) for node in form.iter("URL_DOCUMENT"))
    awards = _awards(form, alone=_text(lots[0], "LOT_NO") if len(lots) == 1 else None)
    return NoticeFields(
        notice_type=line(form.tag, limit=40),
        form_type=_form_type(root),
        schema=f"TED_EXPORT {line(version, limit=20)}".strip(),
        dispatched_on=_day(form, "COMPLEMENTARY_INFO/DATE_DISPATCH_NOTICE")
        or _day(root, f"{codes}DS_DATE_DISPATCH"),
        deadline_on=_day(form, "PROCEDURE/DATE_RECEIPT_TENDERS")
        or _day(root, f"{codes}DT_DATE_FOR_SUBMISSION"),
        cpv=_cpv(root, form),
        lots=tuple(_lot(lot, scrub, awards) for lot in lots),
        max_lots_awarded=lot_cap(
            _text(form, f"{division}/LOT_MAX_ONE_TENDERER"),
            _text(form, f"{division}/LOT_MAX_NUMBER"),
            lots=len(lots),
        ),
        # The old forms do not tell the kinds of eForms' BT-765 apart: "fa" is a framework agreement of any kind.
        framework="fa" if form.find("PROCEDURE/FRAMEWORK") is not None else "",
        document_urls=tuple(dict.fromkeys(filter(None, links))),
        # Elsewhere that number names the call that an award follows, which is no correction.
        changes=publication_number(_text(form, ".//NOTICE_NUMBER_OJ")) if corrects else "",
        **_parties(root, form),
        **_money(form),
    )


def _form_type(root: etree._Element) -> str:
    kind = _attribute(root, "CODED_DATA_SECTION/CODIF_DATA/TD_DOCUMENT_TYPE", "CODE")
    return _FORM_TYPES.get(kind, "")


def _procedure(root: etree._Element, form: etree._Element, *, number: str) -> str:
    """These forms name no procedure: it is called by the number of its call, and a later form says which that was."""
    if _form_type(root) in {"planning", "competition"}:
        return number
    named = [publication_number(_text(node)) for node in form.iter("NOTICE_NUMBER_OJ")]
    named += [
        publication_number(_text(node))
        for node in root.iterfind("CODED_DATA_SECTION/NOTICE_DATA/REF_NOTICE/NO_DOC_OJS")
    ]
    return next(filter(None, named), number)


def _parties(root: etree._Element, form: etree._Element) -> Parties:
    language = form.get("LG")
    buyers = _texts(form, _BUYERS) or [
        _joined(name)
        for name in root.iterfind("TRANSLATION_SECTION/ML_AA_NAMES/AA_NAME")
        if name.get("LG") == language
    ]
    received = [count(_text(node)) for node in form.iter("NB_TENDERS_RECEIVED", "OFFERS_RECEIVED_NUMBER")]
    known = [number for number in received if number is not None]
    return {
        "buyers": names(buyers),
        "buyer_country": country_code(
            _attribute(root, "CODED_DATA_SECTION/NOTICE_DATA/ISO_COUNTRY", "VALUE")
        ),
        "winners": names(_texts(form, _WINNERS)),
        "tenders_received": sum(known) if known else None,
        "joint": next(form.iter(*_JOINT), None) is not None or None,
    }


def _awards(form: etree._Element, *, alone: str | None) -> list[Award]:
    """`alone` is the number of the only lot: whatever number an award gives, it is that lot's."""
    return [
        Award(
            lot=line(_text(award, "LOT_NO") if alone is None else alone, limit=50),
            winners=names(_texts(award, _OF_AWARD)),
            received=count(_text(award, ".//NB_TENDERS_RECEIVED")),
        )
        for award in [*form.iterfind("AWARD_CONTRACT"), *form.iterfind("RESULTS/AWARDED_PRIZE")]
    ]


def _cpv(root: etree._Element, form: etree._Element) -> tuple[str, ...]:
    main = [code.get("CODE") for part in form.iter("CPV_MAIN") for code in part.iter("CPV_CODE")]
    further = [code.get("CODE") for code in form.iter("CPV_CODE")]
    official = [code.get("CODE") for code in root.iterfind("CODED_DATA_SECTION/NOTICE_DATA/ORIGINAL_CPV")]
    return cpv_codes([*main, *further] or official)


def _lots(form: etree._Element) -> list[etree._Element]:
    return [*form.iterfind("OBJECT_CONTRACT/OBJECT_DESCR"), *form.iter("F17_ANNEX_B")]


def _lot(lot: etree._Element, scrub: Scrub, awards: list[Award]) -> dict[str, object]:
    criteria = [line(scrub(_joined(node)), limit=TITLE_LIMIT) for node in lot.iter("AC_CRITERION")]
    told = list(dict.fromkeys(filter(None, criteria)))
    number = line(_text(lot, "LOT_NO"), limit=50)
    shape = {
        "id": line(_text(lot, "LOT_NO") or _text(lot, "LOT_NUMBER") or lot.get("ITEM") or "1", limit=50),
        "title": line(scrub(_text(lot, "TITLE") or _text(lot, "LOT_TITLE")), limit=TITLE_LIMIT),
    }
    return shape | ({"criteria": told[:50]} if told else {}) | awarded(awards, lot=number)


def _money(form: etree._Element) -> Money:
    for path in _VALUES:
        found = form.findall(path)
        # Several awards have several values, and no single one is the notice's.
        if len(found) == 1 and (value := amount(found[0].get("FMTVAL") or _text(found[0]))) is not None:
            holder = found[0] if found[0].get("CURRENCY") else found[0].getparent()
            return {"value": value, "currency": currency(holder.get("CURRENCY"))}
    return UNPRICED


def _words(form: etree._Element) -> Words:
    words = Words(main=language_code(form.get("LG")))
    for node in _spoken(form):
        words.add(_joined(node), title=node.tag in _TITLES)
    return words


def _spoken(scope: etree._Element) -> Iterator[etree._Element]:
    """The elements whose text may be matched, in order, without a step into addresses, courts and old values."""
    waiting = [scope]
    while waiting:
        node = waiting.pop()
        if node.tag in _TEXTS:
            yield node
        elif node.tag not in _SILENT and not node.tag.startswith(_SILENT_STARTS):
            waiting.extend(reversed(node))


def _contacts(root: etree._Element) -> Contacts:
    contacts = Contacts()
    for node in root.iter(etree.Element):
        text = _text(node).strip()
        if node.tag in _PEOPLE:
            contacts.people.add(text)
        elif node.tag in _EMAILS:
            contacts.emails.add(text)
        elif node.tag in _PHONES:
            contacts.phones.add(text)
        elif node.tag == "OFFICIALNAME":
            contacts.organisations.add(text)
    return contacts


def _joined(node: etree._Element) -> str:
    """The paragraphs of an element, one a line, and inline marks in their place."""
    return "\n".join("".join(part.itertext()) for part in node.iter("P")) or "".join(node.itertext())


def _day(scope: etree._Element, path: str) -> date | None:
    return read_day(_text(scope, path))


def _text(scope: etree._Element, path: str = "") -> str:
    node = scope.find(path) if path else scope
    return "" if node is None else "".join(node.itertext())


def _texts(scope: etree._Element, paths: tuple[str, ...]) -> list[str]:
    return [_text(node) for path in paths for node in scope.iterfind(path)]


def _attribute(scope: etree._Element, path: str, name: str) -> str:
    node = scope.find(path)
    return "" if node is None else node.get(name) or ""
