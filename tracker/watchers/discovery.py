"""Where the feed of a web page may be: the links that the page declares, and the addresses that sites commonly use. Pure."""

import json
import re
from dataclasses import asdict, dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree
from w3lib.encoding import html_to_unicode

from tracker.watchers.entry import UnreadableError
from tracker.watchers.families import refuse_unreadable
from tracker.watchers.guarded import bytes_from_child
from tracker.watchers.plaintext import line, web_link

LINK_LIMIT = 50  # of one page; the rest of a longer list is of no use
TITLE_LIMIT = 200

_SURE = (
    "application/atom+xml", "application/rss+xml", "application/feed+json", "application/rdf+xml",
    "application/x-rss+xml", "application/x-atom+xml", "application/x.atom+xml", "application/rss", "application/atom",
)  # fmt: skip
# Some feeds are declared so; more often it is a programming interface or a site map.
_POSSIBLE = ("application/xml", "text/xml", "application/json")
_LIKE_A_FEED = re.compile(
    r"(?:^|[/._-])(?:rss|atom|feeds?|flux)(?:[/._-]|$)|\.(?:rss|rdf|atom|xml)$", re.IGNORECASE
)
_READERS_SCHEME = re.compile(r"^feed:(?://)?(?=https?:)|^feed:(?=//)", re.IGNORECASE)
_COMMON_PATHS = ("/feed", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/rss", "/feed.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """An address at which a page says that there is a feed; only a fetch can tell."""

    url: str  # http(s)
    title: str = ""
    type: str = ""


def feeds_in(body: bytes, *, url: str, content_type: str = "") -> tuple[FeedLink, ...]:
    """The feeds that a web page declares by <link rel="alternate" type="…">, each once, the surest types first.

    On a page that declares none, the links in its text whose addresses look like those of feeds. `url` is where the
    page came from, after redirects. Run on foreign bytes by `feeds_in_guarded` only.
    """
    root = html_root(body, content_type)
    if root is None:
        return ()
    base = base_of(root, url)
    links: dict[str, FeedLink] = {}
    for each in root.iter("link"):
        type_ = (each.get("type") or "").partition(";")[0].strip().lower()
        relations = (each.get("rel") or "").lower().split()
        link = _link_of(each, base)
        if link and type_ in _SURE + _POSSIBLE and ("alternate" in relations or "feed" in relations):
            title = line((each.get("title") or "")[: 4 * TITLE_LIMIT])[:TITLE_LIMIT]
            links.setdefault(link, FeedLink(url=link, title=title, type=type_))
        if len(links) == LINK_LIMIT:
            break
    return tuple(sorted(links.values(), key=lambda link: link.type not in _SURE)) or _named_in(root, base)


def _named_in(root: etree._Element, base: str) -> tuple[FeedLink, ...]:
    links = (_link_of(each, base) for each in root.iter("a"))
    named = dict.fromkeys(link for link in links if link and _LIKE_A_FEED.search(urlsplit(link).path))
    return tuple(FeedLink(url=link) for link in islice(named, LINK_LIMIT))


def _link_of(element: etree._Element, base: str) -> str:
    return web_link(_READERS_SCHEME.sub("", (element.get("href") or "").strip()), base)


def feeds_in_guarded(body: bytes, *, url: str, content_type: str = "") -> tuple[FeedLink, ...]:
    """The same from a child process with limits; raises UnreadableError."""
    refuse_unreadable(body)

    def tell() -> bytes:
        found = feeds_in(body, url=url, content_type=content_type)
        return json.dumps([asdict(link) for link in found]).encode()

    try:
        return tuple(FeedLink(**link) for link in json.loads(bytes_from_child(tell)))
    except (ValueError, TypeError) as error:
        raise UnreadableError("This page could not be read.") from error


def common_addresses(url: str) -> tuple[FeedLink, ...]:
    """Where the site of this page would have a feed if it did as most sites do."""
    return tuple(FeedLink(url=urljoin(url, path)) for path in _COMMON_PATHS)


def pasted_address(text: str) -> str:
    """The address that a person means: a scheme where they left it out, none of a feed reader's own."""
    text = _READERS_SCHEME.sub("", text.strip())
    return text if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) else f"https://{text.lstrip('/')}"


def html_root(body: bytes, content_type: str) -> etree._Element | None:
    """The root of a web page, without comments; None for what is none. Run in the guarded child only."""
    _encoding, text = html_to_unicode(content_type or None, body)
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.replace("\0", "").encode(errors="ignore"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def base_of(root: etree._Element, url: str) -> str:
    """What the links of a page from `url` are relative to."""
    bases = (web_link(each.get("href"), url) for each in root.iter("base") if each.get("href"))
    return next(bases, "") or url
