"""filings.xbrl.org, the register of European annual financial reports (ESEF), as entries. Pure.

The register (JSON:API) says which report was filed, by whom and where; its words stand in the report itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from tracker.watchers.dates import read_instant
from tracker.watchers.entry import Entry, Page, Remark, Request, UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.notice import NAME_LIMIT, TITLE_LIMIT
from tracker.watchers.plaintext import line, web_link

LABEL = "filings.xbrl.org (ESEF)"

Json = Mapping[str, object]

_REGISTER = "https://filings.xbrl.org/"
_ADDRESSES = ("report_url", "viewer_url", "package_url")  # any of them may be null


def first_request(url: str) -> Request:
    """A plain GET; the address says which filings (`filter[country]=FR&sort=-date_added&include=entity`)."""
    return Request(url=url, headers={"Accept": "application/vnd.api+json, application/json"})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry per filing, page after page until the one that was the newest of last time.

    An answer that tells of an error is refused in the words of the register.
    """
    answer = mapping(load_json(body))
    if "errors" in answer:
        error = mapping(next(iter(sequence(answer.get("errors"))), None))
        told = " – ".join(filter(None, (string(error.get("title")), string(error.get("detail")))))
        raise UnreadableError("The register of filings answered with an error.", line(told, limit=200))
    if "data" not in answer:
        raise UnreadableError("This is not an answer of filings.xbrl.org.")
    entities = _entities(answer)
    entries: dict[str, Entry] = {}
    filings = [mapping(filing) for filing in sequence(answer.get("data"))]
    for filing in filings:
        identifier = line(string(mapping(filing.get("attributes")).get("fxo_id")), limit=200)
        if identifier:
            entries.setdefault(identifier, _entry(filing, entities, identifier=identifier))
    unnamed = len(filings) - len(entries)
    left = (
        (Remark("Filings without an identifier, or repeated, were set aside.", str(unnamed)),)
        if unnamed
        else ()
    )
    following, elsewhere = _next(answer, url)
    memory = request.memory if request else b""
    if following:
        following = None if memory.decode() in entries else replace(following, memory=memory)
    newest = next(iter(entries), "")
    return Page(
        entries=tuple(entries.values()),
        next=following,
        remarks=(*left, *elsewhere),
        memory=newest.encode(),
    )


def _entities(answer: Json) -> dict[str, str]:
    """The names of companies by their number in the register, as far as the answer includes them."""
    included = [mapping(resource) for resource in sequence(answer.get("included"))]
    return {
        string(entity.get("id")): line(
            string(mapping(entity.get("attributes")).get("name")), limit=NAME_LIMIT
        )
        for entity in included
        if entity.get("type") == "entity"
    }


def _next(answer: Json, url: str) -> tuple[Request | None, tuple[Remark, ...]]:
    """The next page on the same server only: an answer may not send us elsewhere."""
    link = web_link(mapping(answer.get("links")).get("next"), url)
    if not link or not url or link == url:
        return None, ()
    if urlsplit(link)[:2] != urlsplit(url)[:2]:
        return None, (
            Remark("The next page is said to be on another server; it was not asked for.", link[:200]),
        )
    return first_request(link), ()


def _entry(filing: Json, entities: Mapping[str, str], *, identifier: str) -> Entry:
    told = mapping(filing.get("attributes"))
    related = mapping(mapping(filing.get("relationships")).get("entity"))
    number = string(mapping(related.get("data")).get("id"))
    # A filing is named by the identifier of the company (LEI), the end of the period, and the register's own.
    company = entities.get(number) or identifier[:20]
    period, country = (line(string(told.get(name)), limit=20) for name in ("period_end", "country"))
    kind = "Annual financial report (ESEF)" if "-ESEF-" in identifier else "Financial report"
    links = (web_link(told.get(name), _REGISTER) for name in _ADDRESSES)
    raw = string(told.get("date_added"))
    return Entry(
        external_id=identifier,
        url=next(filter(None, links), ""),
        title=line(" – ".join(filter(None, (kind, company, period))), limit=TITLE_LIMIT),
        text=line(f"{kind} of {company} for the period ended {period or '?'}, filed in {country or '?'}."),
        language="en",
        published_at=read_instant(raw),
        published_raw=line(raw, limit=200),
    )
