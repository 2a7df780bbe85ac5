"""RSS, RDF, Atom, CDF and JSON Feed, as entries of plain text. Pure."""

import io
import re
from collections import Counter
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from types import SimpleNamespace
from urllib.parse import urlsplit, urlunsplit

import feedparser.api
import feedparser.mixin

from tracker.watchers.dates import read_instant
from tracker.watchers.entry import Entry, Label, Page, Remark, Request, UnreadableError
from tracker.watchers.feed_items import Cut, cut, recall, remember
from tracker.watchers.jsontext import load_json, mapping, sequence, string
from tracker.watchers.markup import Doctype, doctype_of, root_name
from tracker.watchers.plaintext import FIELD_LIMIT, clean, language_code, line, strip_markup, web_link

# Its own preference is a parser that nobody has: it would look for that in all folders before each document.
feedparser.api.PREFERRED_XML_PARSERS = ["tracker.watchers.buffered_sax"]
# We keep no author: looking for a mail address in one takes it minutes where somebody wants it to.
feedparser.mixin._FeedParserMixin._sync_author_detail = lambda *_told: None
# It asks for every element what address its base is, and for every letter whether it is one of Windows': a third of
# all time, for answers that do not change. (A letter that a table lacks costs an exception.)
feedparser.mixin.make_safe_absolute_uri = lru_cache(256)(feedparser.mixin.make_safe_absolute_uri)
feedparser.mixin._cp1252 = {letter: letter for letter in (*range(0x250), *range(0x2000, 0x2100))} | dict(
    feedparser.mixin._cp1252
)
# It copies deeply what holds nothing but strings.
feedparser.mixin.copy = SimpleNamespace(deepcopy=copy)

LABEL = Label("Feed (RSS, Atom, JSON Feed)")
ENTRY_LIMIT = 2_000
TITLE_LIMIT = 1_000
IDENTITY_LIMIT = 500

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
# In minutes. The syndication module's default is daily; what does not say so asks for nothing.
_PERIODS = {"hourly": 60, "daily": 1_440, "weekly": 10_080, "monthly": 43_200, "yearly": 525_600}
_FEED_INSIDE = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|RDF)[\s>]", re.IGNORECASE)  # as one blog wraps it
_SMUGGLING_ENCODINGS = frozenset({"utf-7", "utf7", "u7", "unicode-1-1-utf-7"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """An entry before its identity is settled, its strings still as they came."""

    identity: str
    link: str
    title: str
    text: str
    language: str
    instant: datetime | None
    instant_raw: str


def first_request(url: str) -> Request:
    """A plain GET: a feed has one page."""
    return Request(url=url, headers={"Accept": _ACCEPT})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """The first ENTRY_LIMIT entries; a feed without entries is healthy, a web page is no feed.

    Given a memory in the request, entries that are as they were are only named, in `known`.
    """
    body = body.lstrip()
    if body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \r\n\t").startswith((b"{", b"[")):
        return _page(*_json_drafts(load_json(body), url=url))
    pieces = cut(body, content_type=content_type)
    pieces = pieces if pieces and 0 < len(pieces.spans) <= ENTRY_LIMIT else None
    if pieces and request and (news := _news(pieces, request.memory, url=url, content_type=content_type)):
        return news
    parsed = _parsed(body, url=url, content_type=content_type)
    head, drafts = _xml_drafts(parsed, url=url)
    page = _page(head, drafts)
    identities = _plain_identities(drafts)
    if pieces is None or len(drafts) != len(pieces.spans) or not identities:
        return page
    memory = remember(_context(pieces, parsed, url=url), dict(zip(pieces.digests(), identities, strict=True)))
    return replace(page, memory=memory)


def _news(pieces: Cut, memory: bytes, *, url: str, content_type: str) -> Page | None:
    """What is new or edited since; None when only the whole document can tell."""
    context, read_before = recall(memory)
    digests = pieces.digests()
    fresh = [number for number, digest in enumerate(digests) if digest not in read_before]
    if len(fresh) == len(digests):
        return None
    parsed = _parsed(pieces.keeping(fresh), url=url, content_type=content_type)
    if _context(pieces, parsed, url=url) != context:
        return None
    head, drafts = _xml_drafts(parsed, url=url)
    told = dict.fromkeys(digests, "") | {each: read_before[each] for each in digests if each in read_before}
    known = tuple(identity for identity in told.values() if identity)
    told |= dict(zip([digests[number] for number in fresh], _plain_identities(drafts), strict=False))
    # The identity of one may depend on what the others have; where it could, all are read.
    if len(drafts) != len(fresh) or len({*told.values()} - {""}) != len(digests):
        return None
    return replace(_page(head, drafts), known=known, memory=remember(context, told))


def _context(pieces: Cut, parsed: feedparser.FeedParserDict, *, url: str) -> str:
    """All that the reading of an item depends on, and that is not in the item."""
    told = (pieces.frame.decode("latin-1"), url, parsed.feed.get("link"), parsed.feed.get("language"))
    return sha256(repr((*told, parsed.get("encoding"), parsed.get("version"))).encode()).hexdigest()


def _plain_identities(drafts: list[_Draft]) -> list[str]:
    """What identifies each by itself; nothing at all where one has nothing, or two have the same."""
    own = [_short(draft.identity or _normalised(draft.link) or _fingerprint(draft)) for draft in drafts]
    return own if all(own) and len({*own}) == len(own) else []


def _page(head: Page, drafts: list[_Draft]) -> Page:
    remarks: list[Remark] = []
    if len(drafts) > ENTRY_LIMIT:
        remarks.append(Remark("Only the first entries of this feed were read.", str(ENTRY_LIMIT)))
    drafts = drafts[:ENTRY_LIMIT]
    distinct = list(
        {(draft.identity, draft.link, _fingerprint(draft), draft.text): draft for draft in drafts}.values()
    )
    entries = []
    for draft, identity in zip(distinct, _identities(distinct), strict=True):
        if not identity:
            continue
        entry = _entry(draft, identity=identity)
        entries.append(entry)
        if len(draft.text.encode(errors="ignore")) > FIELD_LIMIT <= len(entry.text.encode()) + 4:
            remarks.append(Remark("The text of an entry was cut at 64 KiB.", entry.title[:80]))
    if left := len(drafts) - len(entries):
        remarks.append(Remark("Entries were set aside: empty, or the same as another one.", str(left)))
    return replace(head, entries=tuple(entries), remarks=tuple(remarks))


def _title(markup: str) -> str:
    return line(strip_markup(markup), limit=TITLE_LIMIT)


def _entry(draft: _Draft, *, identity: str) -> Entry:
    return Entry(
        external_id=identity,
        url=draft.link,
        title=line(draft.title, limit=TITLE_LIMIT),
        text=clean(draft.text),
        language=language_code(draft.language),
        published_at=draft.instant,
        published_raw=line(draft.instant_raw, limit=200),
    )


def _identities(drafts: list[_Draft]) -> list[str]:
    """One per draft: its own, else the link, else a hash; with more of these where several share it; empty for a copy."""
    names = [draft.identity or _normalised(draft.link) or _fingerprint(draft) for draft in drafts]
    for told_apart in (_address, _fingerprint, _whole_fingerprint):
        shared = {name for name, count in Counter(names).items() if count > 1}
        names = [
            f"{name} {told_apart(draft)}".strip() if name in shared else name
            for name, draft in zip(names, drafts, strict=True)
        ]
    first = dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))
    return [_short(name) if first[name] == number else "" for number, name in enumerate(names)]


def _address(draft: _Draft) -> str:
    return _normalised(draft.link) if draft.identity else ""


def _fingerprint(draft: _Draft) -> str:
    title = line(draft.title) or clean(draft.text)[:500]
    day = draft.instant.date().isoformat() if draft.instant else ""
    return _hashed(f"{title}\n{day}") if title or day else ""


def _whole_fingerprint(draft: _Draft) -> str:
    return _hashed(clean(draft.text)) if draft.text else ""


def _hashed(words: str) -> str:
    return "sha256:" + sha256(words.encode()).hexdigest()


def _short(identity: str) -> str:
    if len(identity) <= IDENTITY_LIMIT:
        return identity
    return _hashed(identity)


def _normalised(link: str) -> str:
    """The link as an identity: no fragment, host in lower case, no campaign parameters."""
    if not link:
        return ""
    parts = urlsplit(link)
    query = "&".join(part for part in parts.query.split("&") if not re.match(r"(?i)utm_|xtor=|fbclid=", part))
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", query, ""))


def _parsed(body: bytes, *, url: str, content_type: str) -> feedparser.FeedParserDict:
    if doctype_of(body) is Doctype.DECLARING:
        raise UnreadableError("This XML declares entities in its document type (DOCTYPE); it is refused.")
    is_page = root_name(body) == "html"
    if is_page and not _FEED_INSIDE.search(body):
        raise UnreadableError("This is a web page, not a feed.")
    if content_type.lower().startswith("multipart/"):
        raise UnreadableError("This is a bundle of several documents (multipart), not a feed.")
    headers = {"content-type": content_type if "charset=" in content_type.lower() else "application/xml"}
    if url:
        headers["content-location"] = url
    # BytesIO and nothing else: given bytes or a string, feedparser would open the file or address they name.
    parsed = feedparser.parse(
        io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False, response_headers=headers
    )
    if (parsed.get("encoding") or "").lower().replace("_", "-") in _SMUGGLING_ENCODINGS:
        raise UnreadableError("This feed is written in UTF-7, which hides markup; it is refused.")
    if is_page and not (parsed.get("version") and parsed.entries):
        raise UnreadableError("This is a web page, not a feed.")
    if not parsed.get("version") and not parsed.entries:
        raise UnreadableError("This is not a feed of any kind that is known.")
    return parsed


def _xml_drafts(parsed: feedparser.FeedParserDict, *, url: str) -> tuple[Page, list[_Draft]]:
    base = web_link(parsed.feed.get("link"), url) or url
    language = parsed.feed.get("language", "")
    entries = parsed.entries[: ENTRY_LIMIT + 1]
    return _xml_head(parsed.feed, url=url), [_xml_draft(e, base=base, language=language) for e in entries]


def _xml_head(feed: feedparser.FeedParserDict, *, url: str) -> Page:
    """What the feed says of itself: its title, how often to ask, and the hub that would tell us."""
    links = {link.get("rel"): link.get("href") for link in reversed(feed.get("links") or ())}
    period = _PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower(), 0)
    waits = (_count(feed.get("ttl")), period // max(_count(feed.get("sy_updatefrequency")), 1))
    return Page(
        title=_title(feed.get("title", "")),
        minutes=max(waits) or None,
        hub=web_link(links.get("hub"), url),
        topic=web_link(links.get("self"), url),
    )


def _count(text: object) -> int:
    return int(text) if isinstance(text, str) and re.fullmatch(r"[0-9]{1,6}", text) else 0


def _xml_draft(entry: feedparser.FeedParserDict, *, base: str, language: str) -> _Draft:
    texts = [part.get("value") or "" for part in entry.get("content", ())] + [entry.get("summary") or ""]
    # dict.get: feedparser's own answers with the update when asked for a missing publication, and warns.
    field = next((f for f in ("published", "updated", "created") if dict.get(entry, f)), "published")
    raw = dict.get(entry, field) or ""
    detail = entry.get("title_detail") or {}
    return _Draft(
        identity=line(entry.get("id") or "").strip(),
        link=web_link(None if _is_mere_name(entry) else entry.get("link"), base),
        title=strip_markup(entry.get("title") or ""),
        text=max((strip_markup(text) for text in texts), key=len),
        language=dict.get(entry, "language") or detail.get("language") or language or "",
        instant=read_instant(raw, guess=dict.get(entry, f"{field}_parsed")),
        instant_raw=raw,
    )


def _is_mere_name(entry: feedparser.FeedParserDict) -> bool:
    """Whether the link is but a guid such as "17" that does not say that it is none; sites have many a 17."""
    link = entry.get("link") or ""
    return link == entry.get("id") and "/" not in link and not entry.get("links")


def _json_drafts(feed: object, *, url: str) -> tuple[Page, list[_Draft]]:
    feed = mapping(feed)
    version = string(feed.get("version"))
    if "jsonfeed.org/version" not in version or not isinstance(feed.get("items"), list):
        raise UnreadableError("This JSON is not a JSON Feed.")
    base = web_link(feed.get("home_page_url"), url) or web_link(feed.get("feed_url"), url) or url
    language = string(feed.get("language"))
    items = [mapping(item) for item in sequence(feed["items"])[: ENTRY_LIMIT + 1]]
    hubs = (mapping(hub) for hub in sequence(feed.get("hubs")))
    hub = next((each for each in hubs if string(each.get("type")).lower() == "websub"), {})
    head = Page(
        title=_title(string(feed.get("title"))),
        hub=web_link(hub.get("url"), url),
        topic=web_link(feed.get("feed_url"), url),
    )
    return head, [_json_draft(item, base=base, language=language) for item in items if item]


def _json_draft(item: Mapping[str, object], *, base: str, language: str) -> _Draft:
    raw = string(item.get("date_published")) or string(item.get("date_modified"))
    rich = strip_markup(string(item.get("content_html")))
    texts = (rich, string(item.get("content_text")), string(item.get("summary")))
    return _Draft(
        identity=line(string(item.get("id"))),
        link=web_link(item.get("url"), base) or web_link(item.get("external_url"), base),
        title=strip_markup(string(item.get("title"))),
        text=max(texts, key=len),
        language=string(item.get("language")) or language,
        instant=read_instant(raw),
        instant_raw=raw,
    )
