"""EDGAR, the filings of the United States' SEC: one company's, the latest of all, and the full-text search. Pure.

Neither holds the words of a filing, only what it is and where: an entry names a report and leads to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, unquote, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

from tracker.watchers.dates import read_instant
from tracker.watchers.entry import Entry, IncompleteError, Label, Page, Remark, Request, UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.markup import parse_xml
from tracker.watchers.notice import TITLE_LIMIT, count
from tracker.watchers.plaintext import line, web_link

LABEL = Label("SEC EDGAR (submissions, full-text search)")
LATEST = 2_000  # of the newest filings of all companies that are asked for at once
WINDOW = 10_000  # the search shows no hit beyond

Json = Mapping[str, object]

_DOCUMENT = "https://www.sec.gov/Archives/edgar/data/{}/{}/{}"
_ACCESSION = re.compile(r"\d{10}-\d\d-\d{6}", re.ASCII)
_ANNUAL = re.compile(r"(?:10-K(?:T|405|SB)?|10-KT|20-F|40-F|ARS)(?:/A)?")
# Forms that a company files about itself; those on ownership (3, 4, 5, 144, 13D, 13G) name persons.
_CORPORATE = re.compile(rf"{_ANNUAL.pattern}|(?:10-Q|6-K|8-K|S-\d{{1,2}}|F-\d{{1,2}}|424B\d)(?:/A)?")
_FILE = re.compile(r"CIK(\d{10})-submissions-\d{3}\.json", re.ASCII)
_FILES = 40
_ATOM = "{http://www.w3.org/2005/Atom}"
_NUMBER_AND_ROLE = re.compile(r"\s*\(\d{10}\)(?:\s*\([\w ]*\))?\s*$", re.ASCII)
_NUMBER_BEHIND = re.compile(r"\s*\(CIK \d{1,10}\)\s*$", re.ASCII)


def first_request(url: str) -> Request:
    """A plain GET: https://data.sec.gov/submissions/CIK##########.json, the latest filings, or a search."""
    return Request(url=url, headers={"Accept": "application/json, application/atom+xml"})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """The annual reports of a company, or the filings of companies that a search found.

    Raises IncompleteError when the search ran out of time.
    """
    if body.lstrip().startswith(b"<"):
        return _latest(body, request)
    told = mapping(load_json(body))
    if "filings" in told:
        return _submissions(told, request)
    if "accessionNumber" in told:
        return _older(told, request)
    if "hits" in told:
        return _search(told, request)
    raise UnreadableError("This is not an answer of EDGAR.", line(string(told.get("message")), limit=200))


def _submissions(company: Json, request: Request | None) -> Page:
    """The newest thousand filings; older ones stand in files of their own, each asked for once."""
    name, cik = line(string(company.get("name")), limit=300), _number(company.get("cik"))
    told = mapping(company.get("filings"))
    files = [string(mapping(file).get("name")) for file in sequence(told.get("files"))]
    files = [file for file in files if _FILE.fullmatch(file)][:_FILES]
    known = request.memory.decode(errors="replace").split() if request else []
    left = [file for file in files if file not in known]
    entries, unnamed = _annual(mapping(told.get("recent")), company=name, cik=cik)
    return Page(
        entries=entries,
        next=_next_file(request, left, company=name),
        title=name,
        remarks=_left(unnamed),
        memory="\n".join(files).encode(),
    )


def _older(columns: Json, request: Request | None) -> Page:
    """A file of older filings: whose they are stands in its address, and in the request which ones are left."""
    address, company = urldefrag(request.url if request else "")
    found = _FILE.search(address)
    name = line(unquote(company), limit=300)
    entries, unnamed = _annual(columns, company=name, cik=_number(found[1]) if found else "")
    left = request.memory.decode(errors="replace").split() if request else []
    return Page(entries=entries, next=_next_file(request, left, company=name), remarks=_left(unnamed))


def _next_file(request: Request | None, files: list[str], *, company: str) -> Request | None:
    """The first of the files that are left, beside what was asked; it remembers the others."""
    if request is None or not files:
        return None
    following = first_request(f"{urljoin(request.url, files[0])}#{quote(company)}")
    return replace(following, memory="\n".join(files[1:]).encode())


def _annual(recent: Json, *, company: str, cik: str) -> tuple[tuple[Entry, ...], int]:
    """The annual reports among filings told in parallel lists; and how many had no number."""
    columns = {column: sequence(values) for column, values in recent.items()}
    if len({len(values) for values in columns.values()}) > 1:
        raise UnreadableError("The lists of this answer do not run in parallel.")
    entries, unnamed = [], 0
    for row in zip(*columns.values(), strict=True):
        filing = {column: string(value) for column, value in zip(columns, row, strict=True)}
        if not _ANNUAL.fullmatch(filing.get("form", "")):
            continue
        accession = filing.get("accessionNumber", "")
        if not _ACCESSION.fullmatch(accession) or not cik:
            unnamed += 1
            continue
        entries.append(
            _entry(
                external_id=accession,
                form=filing["form"],
                company=company,
                period=filing.get("reportDate", ""),
                filed=_filed(filing),
                url=_address(cik, accession, filing.get("primaryDocument", "")),
            )
        )
    return tuple(entries), unnamed


def _filed(filing: Mapping[str, str]) -> str:
    """The instant when it was accepted or, where that is not told as ISO 8601 does, the day."""
    accepted = filing.get("acceptanceDateTime", "")
    return accepted if read_instant(accepted) else filing.get("filingDate", "") or accepted


def _latest(body: bytes, request: Request | None) -> Page:
    """The newest filings of all companies, as Atom: annual reports only, whatever else the query brought."""
    if body.lstrip()[:9].lower() in {b"<!doctype", b"<html", b"<html>"} or b"<feed" not in body[:2_000]:
        raise UnreadableError(
            "EDGAR answered with a web page: it refuses clients that do not say who they are."
        )
    found = parse_xml(body).findall(f"{_ATOM}entry")
    entries: dict[str, Entry] = {}
    for node in found:
        accession = node.findtext(f"{_ATOM}id", "").rpartition("=")[2]
        category, link = node.find(f"{_ATOM}category"), node.find(f"{_ATOM}link")
        form = category.get("term", "") if category is not None else ""
        if _ANNUAL.fullmatch(form) and _ACCESSION.fullmatch(accession):
            company = _NUMBER_AND_ROLE.sub("", node.findtext(f"{_ATOM}title", "").partition(" - ")[2])
            url = web_link(link.get("href")) if link is not None else ""
            filed = node.findtext(f"{_ATOM}updated", "")
            told = _entry(
                external_id=accession,
                form=form,
                company=line(company, limit=300),
                period="",
                filed=filed,
                url=url,
            )
            entries.setdefault(accession, told)
    newest = next(iter(entries), "").encode()
    following = None if request is None else _further(request, entries, received=len(found))
    return Page(entries=tuple(entries.values()), next=following, memory=newest)


def _further(request: Request, entries: Mapping[str, Entry], *, received: int) -> Request | None:
    """The page behind a full one, until the filing that was the newest of last time; of a new source, none."""
    parts = urlsplit(request.url)
    asked = dict(parse_qsl(parts.query))
    start = (count(asked.get("start")) or 0) + received
    known = request.memory.decode(errors="replace")
    if not known or known in entries or received < (count(asked.get("count")) or 40) or start >= LATEST:
        return None
    query = urlencode(asked | {"start": str(start)}, quote_via=quote)
    return replace(request, url=urlunsplit(parts._replace(query=query)))


def _search(answer: Json, request: Request | None) -> Page:
    if answer.get("timed_out") is True or mapping(answer.get("_shards")).get("failed"):
        raise IncompleteError("The EDGAR search answered only in part.")
    hits = mapping(answer.get("hits"))
    found = [mapping(hit) for hit in sequence(hits.get("hits"))]
    entries = list(_found(found))
    following, cut = _next(hits, request, received=len(found))
    return Page(entries=tuple(entries), next=following, remarks=(*_left(len(found) - len(entries)), *cut))


def _found(hits: list[Json]) -> Iterator[Entry]:
    for hit in hits:
        accession, _colon, document = string(hit.get("_id")).partition(":")
        source = mapping(hit.get("_source"))
        form = string(source.get("form"))
        cik = _number(next(iter(sequence(source.get("ciks"))), ""))
        if not _ACCESSION.fullmatch(accession) or not _CORPORATE.fullmatch(form) or not cik:
            continue
        name = string(next(iter(sequence(source.get("display_names"))), ""))
        yield _entry(
            external_id=line(f"{accession}:{document}", limit=300),
            form=form,
            company=line(_NUMBER_BEHIND.sub("", name), limit=300),
            period=string(source.get("period_ending")),
            filed=string(source.get("file_date")),
            url=_address(cik, accession, document),
        )


def _next(hits: Json, request: Request | None, *, received: int) -> tuple[Request | None, tuple[Remark, ...]]:
    total = mapping(hits.get("total")).get("value")
    if request is None or not isinstance(total, int) or not received:
        return None, ()
    parts = urlsplit(request.url)
    asked = dict(parse_qsl(parts.query))
    start = (count(asked.get("from")) or 0) + received
    if start >= total:
        return None, ()
    if start >= WINDOW:
        return None, (
            Remark("The EDGAR search shows only the first hits of this query.", f"{WINDOW} / {total}"),
        )
    query = urlencode(asked | {"from": str(start)}, quote_via=quote)
    return first_request(urlunsplit(parts._replace(query=query))), ()


def _entry(*, external_id: str, form: str, company: str, period: str, filed: str, url: str) -> Entry:
    kind = "annual report" if _ANNUAL.fullmatch(form) else "filing"
    title = f"Form {form} – {company}" + (f" – {period}" if period else "")
    text = f"Form {form}, {kind} of {company}" + (f" for the period ended {period}" if period else "") + "."
    return Entry(
        external_id=external_id,
        url=url,
        title=line(title, limit=TITLE_LIMIT),
        text=line(text),
        language="en",
        published_at=read_instant(filed),
        published_raw=line(filed, limit=200),
    )


def _address(cik: str, accession: str, document: str) -> str:
    """The document itself, or the folder of the filing when no document is named."""
    return _DOCUMENT.format(cik, accession.replace("-", ""), quote(line(document, limit=200)))


def _number(written: object) -> str:
    """The number of a company (CIK) as addresses write it, without leading zeros; empty when it is none."""
    found = re.fullmatch(r"0*([1-9]\d{0,9})", string(written), re.ASCII)
    return found[1] if found else ""


def _left(number: int) -> tuple[Remark, ...]:
    return (
        (Remark("Filings were set aside: without a number, or not of a company.", str(number)),)
        if number
        else ()
    )
