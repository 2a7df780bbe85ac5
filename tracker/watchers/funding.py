"""The search of the EU Funding & Tenders portal (SEDIA): calls for projects, as entries. Pure.

A source keeps the query in its address, `…/search?apiKey=SEDIA&text=***&query={…}`; it is sent in parts of a POST, for
the portal ignores a query that stands in the address. Texts may be reused (Decision 2011/833/EU, CC BY 4.0).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from tracker.watchers.contacts import Contacts
from tracker.watchers.dates import read_instant
from tracker.watchers.entry import Entry, Label, Page, Remark, Request, UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.notice import TEXT_LIMIT, TITLE_LIMIT, count
from tracker.watchers.plaintext import clean, language_code, line, strip_markup, web_link

LABEL = Label("EU Funding & Tenders portal (SEDIA)")
PAGE_SIZE = 100

Json = Mapping[str, object]

_TOPIC_PAGE = (
    "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/topic-details/{}"
)
_PARTS = ("query", "languages", "sort")
_REFUSED = {"wildcard", "match", "prefix", "regexp", "query_string"}
_BARE_DAY = re.compile(r'"(\d{4}-\d\d-\d\d)"')
_STATES = {"31094501": "Forthcoming", "31094502": "Open", "31094503": "Closed"}
_TEXTS = ("callTitle", "descriptionByte", "destinationDetails")


def first_request(url: str) -> Request:
    """The first page of the query in the address. Raises UnreadableError for one that the portal cannot answer."""
    parts = urlsplit(url)
    told = dict(parse_qsl(parts.query))
    asked = {"languages": '["en"]'} | {name: told.pop(name) for name in _PARTS if name in told}
    for text in asked.values():
        _judge(load_json(text.encode()))
    told = {"apiKey": "SEDIA", "text": "***"} | told | {"pageSize": str(PAGE_SIZE), "pageNumber": "1"}
    body, boundary = _multipart(asked)
    return Request(
        url=urlunsplit(parts._replace(query=urlencode(told, quote_via=quote))),
        method="POST",
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}", "Accept": "application/json"},
        body=body,
    )


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry per call: of several records of one call, the one that says most is read."""
    answer = mapping(load_json(body))
    results = answer.get("results")
    if not isinstance(results, list):
        told = line(" ".join(string(answer.get(name)) for name in ("type", "message")), limit=200)
        raise UnreadableError("This is not an answer of the Funding & Tenders portal.", told)
    calls: dict[str, Json] = {}
    unnamed = 0
    for result in map(mapping, results):
        call = mapping(result.get("metadata"))
        identifier = line(_first(call, "identifier"), limit=200)
        unnamed += not identifier
        if identifier and _worth(call) > _worth(calls.get(identifier, {})):
            calls[identifier] = {**call, "summary": result.get("summary"), "language": result.get("language")}
    left = Remark("Records without the identifier of a call were set aside.", str(unnamed))
    return Page(
        entries=tuple(_entry(call, identifier=identifier) for identifier, call in calls.items()),
        next=_next(answer, request, received=len(results)),
        remarks=(left,) if unnamed else (),
    )


def _judge(query: object) -> None:
    """Refuse what the portal answers with an error, or worse, with everything."""
    for part in query if isinstance(query, list) else [query]:
        for name, value in mapping(part).items():
            if name in _REFUSED:
                raise UnreadableError("The portal does not know this clause of a query.", name)
            if name == "range" and (days := _BARE_DAY.findall(json.dumps(value, default=str))):
                raise UnreadableError("The portal compares only dates that are written in full.", days[0])
            _judge(value)


def _multipart(asked: Mapping[str, str]) -> tuple[bytes, str]:
    """Parts that look like files: the portal refuses plain fields. The boundary stands in none of them."""
    boundary = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.json"\r\n'
        f"Content-Type: application/json\r\n\r\n{text}\r\n"
        for name, text in asked.items()
    ]
    return "".join([*parts, f"--{boundary}--\r\n"]).encode(), boundary


def _next(answer: Json, request: Request | None, *, received: int) -> Request | None:
    """The same request for the next page, until all are read. Raises UnreadableError for another page than asked."""
    total = answer.get("totalResults")
    if request is None or not isinstance(total, int) or not received:
        return None
    parts = urlsplit(request.url)
    told = dict(parse_qsl(parts.query))
    number, answered = count(told.get("pageNumber")) or 1, answer.get("pageNumber")
    if answered not in (None, number):
        raise UnreadableError("The portal answered with another page than the one asked for.")
    if number * (count(answer.get("pageSize")) or PAGE_SIZE) >= total:
        return None
    query = urlencode(told | {"pageNumber": str(number + 1)}, quote_via=quote)
    return Request(
        url=urlunsplit(parts._replace(query=query)),
        method=request.method,
        headers=request.headers,
        body=request.body,
    )


def _worth(call: Json) -> int:
    """How much a record says: copies of one call come without state, or without description."""
    return sum(
        bool(_first(call, name)) for name in ("identifier", "title", "descriptionByte", "actions", "status")
    )


def _entry(call: Json, *, identifier: str) -> Entry:
    scrub = Contacts().scrubber()
    actions = list(_actions(call))
    opening = next((string(action.get("plannedOpeningDate")) for action in actions), "")
    raw = opening or _first(call, "startDate")
    title = strip_markup(_first(call, "title") or string(call.get("summary")))
    pieces = [_headline(call, actions, identifier=identifier), title]
    pieces += [strip_markup(_first(call, name)) for name in _TEXTS]
    return Entry(
        external_id=identifier,
        url=_page_of(call, identifier=identifier),
        title=line(scrub(title), limit=TITLE_LIMIT),
        text=clean(scrub("\n".join(filter(str.strip, dict.fromkeys(pieces)))), limit=TEXT_LIMIT),
        language=language_code(call.get("language")),
        published_at=read_instant(raw),
        published_raw=line(raw, limit=200),
    )


def _headline(call: Json, actions: list[Json], *, identifier: str) -> str:
    """What kind of call this is, its state and its dates: the state of the index is stale, so `actions` decides."""
    kind = "Call for tenders" if _first(call, "type") == "0" else "Call for proposals"
    states = (string(mapping(action.get("status")).get("abbreviation")) for action in actions)
    state = next(filter(None, states), _STATES.get(_first(call, "status"), ""))
    due = [string(day) for action in actions for day in sequence(action.get("deadlineDates"))]
    deadlines = [day[:10] for day in due or map(string, sequence(call.get("deadlineDate")))]
    told = [f"{kind} {identifier}", state, "deadline " + ", ".join(deadlines) if deadlines else ""]
    return "; ".join(filter(None, told)) + "."


def _actions(call: Json) -> Iterator[Json]:
    """The actions of a call, which are JSON in a string; none when they are not."""
    for text in map(string, sequence(call.get("actions"))):
        try:
            yield from (mapping(action) for action in sequence(load_json(text.encode(errors="ignore"))))
        except UnreadableError:
            continue


def _page_of(call: Json, *, identifier: str) -> str:
    """The page for people; the address that the index gives is often that of a JSON which is gone."""
    given = web_link(_first(call, "url"))
    return given if "/portal/screen/" in given else _TOPIC_PAGE.format(quote(identifier, safe=""))


def _first(call: Json, name: str) -> str:
    """The first of the values: every member is a list."""
    return string(next(iter(sequence(call.get(name))), ""))
