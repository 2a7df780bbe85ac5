"""OPML, the lists of feeds that readers exchange: versions 1.0 and 2.0 read, 2.0 written. Pure."""

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import format_datetime

from lxml import etree
from w3lib.url import safe_url_string

from tracker.watchers.discovery import pasted_address
from tracker.watchers.entry import UnreadableError
from tracker.watchers.guarded import bytes_from_child
from tracker.watchers.markup import parse_xml
from tracker.watchers.plaintext import language_code, line, web_link

BODY_LIMIT = 5 << 20
OUTLINE_LIMIT = 5_000

_TITLE_LIMIT = 200
_DECLARATION = re.compile(rb"^<\?xml[^>]{0,200}\?>")
_STRAY_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_FEED_TYPES = {"rss", "atom", "rdf", "feed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list."""

    url: str  # http(s)
    title: str = ""
    site: str = ""  # http(s) or empty
    language: str = ""  # ISO 639-1, or empty
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list holds: its feeds in order, and what could not be taken for one."""

    outlines: tuple[Outline, ...] = ()
    invalid: tuple[str, ...] = ()  # addresses that are none of the web's, as written
    without_address: int = 0  # outlines that are neither a folder nor a feed


def read_outlines(body: bytes) -> Listing:
    """The feeds of every folder, however deep. Raises UnreadableError; run on foreign bytes by the next one only."""
    try:
        root = parse_xml(body)
    except UnreadableError:
        root = parse_xml(_mended(body))
    if _name(root) != "opml":
        raise UnreadableError("This is not a list of feeds (OPML).")
    outlines, invalid, without_address = [], [], 0
    elements = (each for each in root.iter("*") if _name(each) == "outline")
    for number, element in enumerate(elements):
        if number >= OUTLINE_LIMIT:
            raise UnreadableError("This list has more than 5,000 lines; cut it into several.")
        told = {str(name).lower(): str(value) for name, value in element.attrib.items()}
        address = _address(told)
        if web_link(address):
            outlines.append(_outline(told, url=web_link(address)))
        elif address:
            invalid.append(line(address[:_TITLE_LIMIT]))
        elif not len(element):
            without_address += 1
    return Listing(outlines=tuple(outlines), invalid=tuple(invalid), without_address=without_address)


def read_outlines_guarded(body: bytes) -> Listing:
    """The same from a child process with limits; refuses in words what is larger than BODY_LIMIT."""
    if len(body) > BODY_LIMIT:
        raise UnreadableError("This list is larger than 5 MiB.")
    told = bytes_from_child(lambda: json.dumps(asdict(read_outlines(body))).encode())
    try:
        listing = json.loads(told)
        outlines = [
            Outline(**each | {"categories": tuple(each["categories"])}) for each in listing["outlines"]
        ]
        return Listing(**listing | {"outlines": tuple(outlines), "invalid": tuple(listing["invalid"])})
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableError("This is not a list of feeds (OPML).") from error


def write_outlines(outlines: Iterable[Outline], *, title: str, written_at: datetime) -> bytes:
    """A list in OPML 2.0; `written_at` is aware."""
    root = etree.Element("opml", version="2.0")
    head, body = etree.SubElement(root, "head"), etree.SubElement(root, "body")
    etree.SubElement(head, "title").text = line(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(written_at)
    for outline in outlines:
        name = line(outline.title) or outline.url
        named = {
            "text": name,
            "title": name,
            "type": "rss",  # of every kind of feed: so it says in the specification
            "xmlUrl": safe_url_string(outline.url),
            "htmlUrl": outline.site,
            "language": outline.language,
            "category": ",".join(outline.categories),
        }
        etree.SubElement(body, "outline", {key: line(value) for key, value in named.items() if value})
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _mended(body: bytes) -> bytes:
    """The same with what readers that write no XML get wrong: & as it is, another encoding than declared, a blank line first."""
    body = body.removeprefix(codecs.BOM_UTF8).lstrip()
    try:
        body.decode()
    except UnicodeDecodeError:
        body = _DECLARATION.sub(b"", body).decode("cp1252", "replace").encode()
    return _STRAY_AMPERSAND.sub(b"&amp;", body)


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname).lower()


def _address(told: Mapping[str, str]) -> str:
    """Of a feed; `url` is one only where the type says so, for a bookmark has it as well."""
    is_feed = told.get("type", "").strip().lower() in _FEED_TYPES
    address = (told.get("xmlurl") or (told.get("url") if is_feed else "") or "").strip()
    return pasted_address(address) if address[:5].lower() == "feed:" else address


def _outline(told: Mapping[str, str], *, url: str) -> Outline:
    title = told.get("title", "").strip() or told.get("text", "")
    categories = (line(each[:_TITLE_LIMIT]).strip("/") for each in told.get("category", "").split(",")[:50])
    return Outline(
        url=url[:5].lower() + url[5:],  # HTTPS:// is https://
        title=line(
            line(title[: 4 * _TITLE_LIMIT])[:_TITLE_LIMIT]
        ),  # a cut may leave a space or half an emoji
        site=web_link(told.get("htmlurl")),
        language=language_code(told.get("language")),
        categories=tuple(filter(None, categories)),
    )
