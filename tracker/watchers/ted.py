"""The search of Tenders Electronic Daily (API v3): pages of notices, as entries. Pure.

A source keeps the expert query in its address, `https://api.ted.europa.eu/v3/notices/search?query=…`; it is sent
in the body of a POST. Notices may be freely reused (Decision 2011/833/EU): © European Union, TED.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit, urlunsplit

from tracker.watchers.contacts import Contacts
from tracker.watchers.dates import read_day, read_instant
from tracker.watchers.entry import (
    Entry,
    IncompleteError,
    Label,
    NoticeFields,
    Page,
    Remark,
    Request,
    UnreadableError,
)
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.notice import (
    PAGE,
    TITLE_LIMIT,
    UNPRICED,
    Money,
    Words,
    amount,
    cpv_codes,
    currency,
    names,
    publication_number,
)
from tracker.watchers.plaintext import country_code, language_code, line, web_link

LABEL = Label("TED search (API v3)")
PAGE_SIZE = 100

_WAITS = {"429": 30}  # told by a web page that does not say for how long
_FIELDS = [
    "publication-number",
    "notice-title",
    "title-proc",
    "title-lot",
    "description-proc",
    "description-lot",
    "buyer-name",
    "buyer-country",
    "classification-cpv",
    "notice-type",
    "form-type",
    "publication-date",
    "deadline-receipt-tender-date-lot",
    "deadline-receipt-request-date-lot",
    "identifier-lot",
    "award-criterion-name-lot",
    "award-criterion-description-lot",
    "selection-criterion-lot",
    "selection-criterion-description-lot",
    "document-url-lot",
    "framework-agreement-lot",
    "estimated-value-proc",
    "estimated-value-cur-proc",
    "total-value",
    "total-value-cur",
    "winner-name",
    "official-language",
    "change-notice-version-identifier",
    "notice-identifier",
    "procedure-identifier",
]
_TEXTS = (
    "description-proc",
    "title-lot",
    "description-lot",
    "award-criterion-name-lot",
    "award-criterion-description-lot",
    "selection-criterion-lot",
    "selection-criterion-description-lot",
)
_DEADLINES = ("deadline-receipt-tender-date-lot", "deadline-receipt-request-date-lot")


def first_request(url: str) -> Request:
    """The first page of the query that stands in the address."""
    return _request(url, token="")


def check_request(url: str) -> Request:
    """The same query, to be judged and not to be answered: status 400 says in words what is wrong with it."""
    request = _request(url, token="")
    asked = dict(mapping(load_json(request.body or b""))) | {"checkQuerySyntax": True}
    return replace(request, body=json.dumps(asked).encode())


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """The notices of one page and the request for the next one; `request` is the one that brought this answer.

    Raises IncompleteError when the server ran out of time, or found more or fewer notices than a page before;
    UnreadableError when it turns in circles.
    """
    answer = mapping(load_json(body))
    notices = answer.get("notices")
    if not isinstance(notices, list):
        raise UnreadableError(
            "This is not an answer of the TED search.", line(string(answer.get("message")), limit=200)
        )
    if answer.get("timedOut") is True:
        raise IncompleteError("The TED search ran out of time and answered only in part.")
    entries, unnumbered = [], 0
    for notice in map(mapping, notices):
        number = publication_number(string(notice.get("publication-number")))
        if number:
            entries.append(_entry(notice, number=number))
        unnumbered += not number
    left = Remark("Notices without a publication number were set aside.", str(unnumbered))
    return Page(
        entries=tuple(entries),
        next=_next(answer, request, received=len(notices)),
        remarks=(left,) if unnumbered else (),
    )


def _request(url: str, *, token: str) -> Request:
    parts = urlsplit(url)
    asked = {
        "query": parse_qs(parts.query).get("query", [""])[0],
        "fields": _FIELDS,
        "limit": PAGE_SIZE,
        "scope": "ALL",
        "paginationMode": "ITERATION",
        "onlyLatestVersions": True,
    } | ({"iterationNextToken": token} if token else {})
    return Request(
        url=urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
        method="POST",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps(asked).encode(),
        waits=_WAITS,
    )


def _next(answer: Mapping[str, object], request: Request | None, *, received: int) -> Request | None:
    """None at the end: no token, an empty page, or as many notices as there are."""
    token = answer.get("iterationNextToken")
    if request is None or not request.body:
        return None
    before, total = _progress(request), answer.get("totalNoticeCount")
    if before and isinstance(total, int) and total != before[1]:
        raise IncompleteError("The TED search found another number of notices while its pages were read.")
    received_by_now = received + (before[0] if before else 0)
    if not isinstance(token, str) or not token or not received:
        return None
    if isinstance(total, int) and received_by_now >= total:
        return None
    asked = dict(mapping(load_json(request.body)))
    if token == asked.get("iterationNextToken"):
        if received < PAGE_SIZE:  # the last page may repeat the token that brought it
            return None
        raise UnreadableError("The TED search repeats the same page.")
    body = json.dumps(asked | {"iterationNextToken": token}).encode()
    progress = f"{received_by_now}/{total}".encode() if isinstance(total, int) else b""
    return replace(request, body=body, memory=progress)


def _progress(request: Request) -> tuple[int, int] | None:
    """How many notices were received before this page, of how many."""
    received, _, total = request.memory.decode(errors="replace").partition("/")
    return (int(received), int(total)) if received.isdecimal() and total.isdecimal() else None


def _entry(notice: Mapping[str, object], *, number: str) -> Entry:
    scrub = Contacts().scrubber()
    raw = _first(notice, "publication-date")
    words = _words(notice)
    spoken = words.settled(scrub)
    if not spoken["title"]:
        # Composed as "country – kind of purchase – title": shown for want of better, never matched.
        titles = dict(_spoken(notice.get("notice-title")))
        composed = titles.get(words.main) or titles.get("en") or next(iter(titles.values()), "")
        spoken["title"] = line(scrub(composed.split(" – ", 2)[-1]), limit=TITLE_LIMIT)
    return Entry(
        external_id=number,
        url=PAGE.format(number),
        published_at=read_instant(raw),
        published_raw=line(raw, limit=200),
        kind="notice",
        notice=_fields(notice, number=number, language=spoken["language"]),
        **spoken,
    )


def _fields(notice: Mapping[str, object], *, number: str, language: str) -> NoticeFields:
    changed = _first(notice, "change-notice-version-identifier")
    systems = {line(string(code), limit=20) for code in sequence(notice.get("framework-agreement-lot"))} - {
        ""
    }
    links = (web_link(link) for _, link in _spoken(notice.get("document-url-lot")))
    return NoticeFields(
        publication_number=number,
        notice_id=line(_first(notice, "notice-identifier"), limit=64),
        procedure_id=line(_first(notice, "procedure-identifier"), limit=64),
        notice_type=line(_first(notice, "notice-type"), limit=40),
        form_type=line(_first(notice, "form-type"), limit=40),
        schema="ted-api-v3",
        published_on=read_day(_first(notice, "publication-date")),
        deadline_on=_deadline(notice),
        buyers=names(_in(language, notice.get("buyer-name"))),
        buyer_country=country_code(_first(notice, "buyer-country")),
        cpv=cpv_codes(sequence(notice.get("classification-cpv"))),
        lots=_lots(notice, language=language),
        framework=min(systems - {"none"}, default="none" if systems else ""),
        winners=names(_in(language, notice.get("winner-name"))),
        document_urls=tuple(dict.fromkeys(filter(None, links))),
        changes=line(publication_number(changed) or changed, limit=80),
        **_money(notice),
    )


def _lots(notice: Mapping[str, object], *, language: str) -> tuple[Mapping[str, object], ...]:
    """Titles and criteria only when there is one lot: the answer's lists of several lots do not run in parallel."""
    identifiers = list(dict.fromkeys(string(lot) for lot in sequence(notice.get("identifier-lot"))))
    if len(identifiers) != 1:
        return tuple({"id": line(lot, limit=50), "title": ""} for lot in identifiers[:500] if lot)
    scrub = Contacts().scrubber()
    titles = _in(language, notice.get("title-lot"))
    fields = ("award-criterion-name-lot", "award-criterion-description-lot")
    criteria = [
        line(scrub(c), limit=TITLE_LIMIT) for field in fields for c in _in(language, notice.get(field))
    ]
    told = list(dict.fromkeys(filter(None, criteria)))
    title = line(scrub(titles[0]), limit=TITLE_LIMIT) if titles else ""
    return (
        {"id": line(identifiers[0], limit=50), "title": title} | ({"criteria": told[:50]} if told else {}),
    )


def _deadline(notice: Mapping[str, object]) -> date | None:
    for field in _DEADLINES:
        days = [day for written in sequence(notice.get(field)) if (day := read_day(string(written)))]
        if days:
            return min(days)
    return None


def _money(notice: Mapping[str, object]) -> Money:
    for field, unit in (
        ("total-value", "total-value-cur"),
        ("estimated-value-proc", "estimated-value-cur-proc"),
    ):
        value = amount(next(iter(sequence(notice.get(field))), None))
        if value is not None:
            return {"value": value, "currency": currency(_first(notice, unit))}
    return UNPRICED


def _words(notice: Mapping[str, object]) -> Words:
    official = language_code(_first(notice, "official-language"))
    spoken = {language for language, _ in _spoken(notice.get("title-proc") or notice.get("description-lot"))}
    words = Words(main=official if official in spoken or not spoken else min(spoken))
    for language, text in _spoken(notice.get("title-proc")):
        words.add(text, language=language, title=True)
    for field in _TEXTS:
        for language, text in _spoken(notice.get(field)):
            words.add(text, language=language)
    return words


def _spoken(value: object) -> Iterator[tuple[str, str]]:
    """Pairs of language and text from {lang: text}, {lang: [text]}, [text] or text; without a language, empty."""
    if isinstance(value, Mapping):
        for language, texts in value.items():
            yield from ((language_code(language), string(text)) for text in sequence(texts) if string(text))
    else:
        yield from (("", string(text)) for text in sequence(value) if string(text))


def _in(language: str, value: object) -> list[str]:
    """The texts of that language, or of the first there is."""
    pairs = list(_spoken(value))
    chosen = language if any(code == language for code, _ in pairs) else next((code for code, _ in pairs), "")
    return [text for code, text in pairs if code == chosen]


def _first(notice: Mapping[str, object], field: str) -> str:
    return next((string(value) for value in sequence(notice.get(field))), "")
