"""Addresses that a watcher could never read, told as they are typed, before any server is asked. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import accumulate
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tracker.watchers import funding
from tracker.watchers.entry import UnreadableError

_QUERY = r"\?(?:.*&)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """What a publisher serves to programs, beside its pages for people: addresses of its hosts that can be read."""

    host: str  # and those below it
    reads: str  # a pattern, from the host on
    like: str


_SERVICES = {
    "ted": [
        _Service(
            host="ted.europa.eu",
            reads=rf"(?:api|api\.\w+)\.ted\.europa\.eu/v3/notices/search{_QUERY}query=",
            like="https://api.ted.europa.eu/v3/notices/search?query=…",
        )
    ],
    "ted_package": [
        _Service(
            host="ted.europa.eu",
            reads=r"ted\.europa\.eu/packages/(?:daily|monthly)/(?:\{issue(?::[0-9]{9})?\}|[0-9-]+)$",
            like="https://ted.europa.eu/packages/daily/{issue}",
        )
    ],
    "ocds": [
        _Service(
            host="find-tender.service.gov.uk",
            reads=r"[^/]*/api/[0-9.]+/ocds(?:Release|Record)Packages",
            like="https://www.find-tender.service.gov.uk/api/1.0/ocdsReleasePackages?updatedFrom={since}",
        ),
        _Service(
            host="contractsfinder.service.gov.uk",
            reads=r"[^/]*/Published/(?:Notices?|Orders?)/OCDS/",
            like="https://www.contractsfinder.service.gov.uk/Published/Notices/OCDS/Search?publishedFrom={since}",
        ),
    ],
    "prozorro": [
        _Service(
            host="prozorro.gov.ua",
            reads=r"[^/]*/api/[0-9.]+/tenders(?:[/?]|$)",
            like="https://public-api.prozorro.gov.ua/api/2.5/tenders",
        )
    ],
    "boamp": [
        _Service(
            host=host,
            reads=r"[^/]*/api/explore/v2\.[0-9]/catalog/datasets/[\w-]+/(?:records|exports/json)",
            like="https://boamp-datadila.opendatasoft.com/api/explore/v2.1/catalog/datasets/boamp/records?where=…",
        )
        for host in ("boamp-datadila.opendatasoft.com", "boamp.fr")
    ],
    "funding": [
        _Service(
            host="ec.europa.eu",
            reads=r"api\.tech\.ec\.europa\.eu/search-api/\w+/rest/search\?",
            like="https://api.tech.ec.europa.eu/search-api/prod/rest/search?apiKey=SEDIA&text=…&query=…",
        )
    ],
    "edgar": [
        _Service(
            host="sec.gov",
            reads=(
                r"data\.sec\.gov/submissions/CIK[0-9]{10}\.json$"
                rf"|efts\.sec\.gov/LATEST/search-index{_QUERY}q="
                rf"|www\.sec\.gov/cgi-bin/browse-edgar{_QUERY}output=atom"
            ),
            like="https://data.sec.gov/submissions/CIK0001045810.json",
        )
    ],
    "esef": [
        _Service(
            host="filings.xbrl.org",
            reads=r"filings\.xbrl\.org/api/(?:filings|entities/\w+/filings)(?:[/?]|$)",
            like="https://filings.xbrl.org/api/filings?sort=-date_added&include=entity",
        )
    ],
}  # fmt: skip

_HOLDER = re.compile(r"\{(?:issue|since|until)[^{}]*\}?")
_WELL_HELD = re.compile(r"\{(?:since|until|issue(?::[0-9]{9})?)\}")
# A query of TED: strings, comparisons, brackets, and words between them.
_WORD = re.compile(r'"[^"]*"|!=|>=|<=|<>|!~|[=~<>(),]|[^\s"=~<>!(),]+|\S')
_COMPARES = {"=", "!=", ">=", "<=", "~", "!~", "<", ">"}  # and not <>, the middle of a range
_JOINS = {"AND", "OR"}
_FIELD = re.compile(r"[A-Z]{2,4}|[a-z][a-z0-9]*(?:-[a-z0-9]+)+|(?:BT|OPT|OPP|OPA|ND)-[\w()-]+")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CODE = re.compile(r"(?:BT|OPT|OPP|OPA|ND)-")
_FIELDS = Path(__file__).parent.parent / "data" / "ted-fields.txt"


def judge_address(format: str, url: str) -> None:
    """Raise UnreadableError for an address of which it is certain that the watcher could not read the answer."""
    for holder in _HOLDER.findall(url):
        if not _WELL_HELD.fullmatch(holder):
            raise UnreadableError("A place holder is {since}, {until}, {issue} or {issue:202600101}.", holder)
    parts = urlsplit(url)
    asked = url.partition("://")[2]
    for service in _SERVICES.get(format, ()):
        host = parts.hostname or ""
        ours = host == service.host or host.endswith(f".{service.host}")
        if ours and not re.match(service.reads, asked, re.IGNORECASE):
            raise UnreadableError("This service is read at addresses like this one:", service.like)
    if format == "ted":
        judge_query(parse_qs(parts.query).get("query", [""])[0])
    if format == "funding":
        funding.first_request(url)


def judge_query(query: str) -> None:
    """Raise UnreadableError for an expert query that TED would refuse: what is wrong with it, and where."""
    if query.count('"') % 2:
        raise UnreadableError("A quotation mark of the query is not closed.")
    words = _WORD.findall(query)
    depths = list(accumulate((word == "(") - (word == ")") for word in words))
    if depths and (min(depths) < 0 or depths[-1]):
        raise UnreadableError("The brackets of the query do not match.")
    fields = _compared(words)
    if not fields:
        like = 'FT ~ "GPU", classification-cpv IN (30210000)'
        raise UnreadableError("A query of TED compares fields with something:", like)
    for before, word, after in _with_neighbours(words):
        if word in _JOINS and (before in {*_JOINS, "(", "NOT"} or after in {*_JOINS, ")"}):
            raise UnreadableError("Something is missing before or after this word of the query:", word)
        if word in _COMPARES and after in {*_JOINS, *_COMPARES, ")"}:
            raise UnreadableError("A field of the query is compared with nothing:", f"{before} {word}")
        if _ISO_DAY.fullmatch(word):
            raise UnreadableError("TED writes days as 20260131 or today(-3), and not as this one:", word)
    for field in fields:
        if not _FIELD.fullmatch(field) and field not in _listed():
            raise UnreadableError("This is not the name of a field of TED:", field)


def unlisted_fields(url: str) -> dict[str, str]:
    """The fields that the query in an address compares and that TED does not list, each with the listed one that is
    most like it, empty when none is. TED adds fields, so that each of them may exist.
    """
    words = _WORD.findall(parse_qs(urlsplit(url).query).get("query", [""])[0])
    unlisted = [name for name in _compared(words) if name not in _listed() and not _CODE.match(name)]
    return {name: next(iter(get_close_matches(name, _listed(), n=1)), "") for name in unlisted}


@cache
def _listed() -> frozenset[str]:
    lines = _FIELDS.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def _compared(words: list[str]) -> list[str]:
    return [before for before, word, after in _with_neighbours(words) if _is_compared(before, word, after)]


def _with_neighbours(words: list[str]) -> Iterator[tuple[str, str, str]]:
    """Each word with those before and after it; the ends of a query are as if more were to come."""
    return zip(["AND", *words], words, [*words[1:], "AND"], strict=False)


def _is_compared(before: str, word: str, after: str) -> bool:
    """Whether a field stands before this word."""
    if word == "IN":
        return before != "NOT"
    return word in _COMPARES or (word, after) == ("NOT", "IN")
