"""Web pages without a feed: each link in the part of the page that a selector names, as an entry. Pure.

A source keeps its CSS selector in the fragment of its address, `https://a.example/news#css=main%20li`: no server sees it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urldefrag

import cssselect
from lxml import etree

from tracker.watchers.dates import read_instant
from tracker.watchers.discovery import base_of, html_root
from tracker.watchers.entry import Entry, Page, Remark, Request, UnreadableError
from tracker.watchers.plaintext import clean, language_code, line, strip_markup, web_link

LABEL = "Page without a feed: each new link"
SELECTOR_LIMIT = 300  # characters
LINK_LIMIT = 500  # of one page
TITLE_LIMIT = 300

_MARK = "css="
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"


class SelectorError(ValueError):
    """This is no CSS selector; its text says where it fails, in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The part of a page that is watched."""

    title: str  # of the page
    language: str
    url: str  # of the page, without fragment
    base: str  # what links are relative to
    elements: tuple[etree._Element, ...]  # in the order of the page, none inside another


def watched_address(url: str, selector: str) -> str:
    """The address under which the named part of this page is watched."""
    return f"{urldefrag(url).url}#{_MARK}{quote(selector.strip(), safe='')}"


def selector_of(address: str) -> str:
    """The selector in the address of a source; empty when it names none."""
    fragment = urldefrag(address).fragment
    return unquote(fragment.removeprefix(_MARK)) if fragment.startswith(_MARK) else ""


def xpath_of(selector: str) -> etree.XPath:
    """The selector as lxml runs it; raises SelectorError."""
    if len(selector) > SELECTOR_LIMIT:
        raise SelectorError(f"more than {SELECTOR_LIMIT} characters")
    try:
        return etree.XPath(cssselect.HTMLTranslator().css_to_xpath(selector))
    except (cssselect.SelectorError, etree.XPathError) as error:
        raise SelectorError(str(error)) from error


def first_request(url: str) -> Request:
    """A plain GET; the fragment stays with us, and tells `read` which part is meant."""
    return Request(url=url, headers={"Accept": _ACCEPT})


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """One entry for each address that the part links to, with the words around it, up to the next link's.

    Raises UnreadableError when the part is not there, or links to nothing: the page is no longer what it was.
    """
    part = part_of(body, url=url, content_type=content_type, address=request.url if request else url)
    links = _links(part)
    if not links:
        raise UnreadableError("The part of the page that is watched holds no link.")
    remarks: tuple[Remark, ...] = ()
    if len(links) > LINK_LIMIT:
        remarks = (Remark("Only the first links of this page were read.", str(LINK_LIMIT)),)
        links = dict(list(links.items())[:LINK_LIMIT])
    around = _around(links, part)
    entries = (
        _entry(link, anchors, block, part)
        for (link, anchors), block in zip(links.items(), around, strict=True)
    )
    return Page(entries=tuple(entries), title=part.title, remarks=remarks)


def part_of(body: bytes, *, url: str, content_type: str, address: str) -> Part:
    """The elements that the selector in `address` names; UnreadableError when there is none, or no selector."""
    selector = selector_of(address)
    if not selector:
        raise UnreadableError("The address does not say which part of the page is watched.")
    try:
        found = xpath_of(selector)
    except SelectorError as error:
        raise UnreadableError("This is not a CSS selector.", str(error)[:200]) from error
    root = html_root(body, content_type)
    elements = () if root is None else tuple(_outermost(found(root)))
    if root is None or not elements:
        raise UnreadableError(
            "Nothing on this page matches the selector: its layout may have changed, or it is built by scripts.",
            selector,
        )
    return Part(
        title=line("".join(root.xpath("string(//title)")), limit=TITLE_LIMIT),
        language=language_code(root.get("lang")),
        url=urldefrag(url).url,
        base=base_of(root, url),
        elements=elements,
    )


def words_of(element: etree._Element) -> str:
    """The words of an element, one line for each block, whatever the line breaks of the source."""
    markup = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
    return clean(strip_markup(re.sub(r"\s+", " ", markup)))


def links_in(element: etree._Element, base: str) -> Iterator[tuple[etree._Element, str]]:
    """Each link in, or around, an element with the address it leads to, without fragment; http(s) only."""
    for anchor in (*element.iterancestors("a"), *element.iter("a")):
        if link := urldefrag(web_link(anchor.get("href"), base)).url:
            yield anchor, link


def _outermost(elements: list[etree._Element]) -> Iterator[etree._Element]:
    chosen = set(elements)
    return (each for each in elements if chosen.isdisjoint(each.iterancestors()))


def _links(part: Part) -> dict[str, list[etree._Element]]:
    """The links by address, in the order of the page; those to the page itself are left out."""
    found = defaultdict(list)
    for element in part.elements:
        for anchor, link in links_in(element, part.base):
            if link != part.url:
                found[link].append(anchor)
    return found


def _around(links: dict[str, list[etree._Element]], part: Part) -> Iterator[etree._Element]:
    """For each link the largest element that holds no other one: the paragraph, row or card that tells of it."""
    held = defaultdict(set)
    for link, anchors in links.items():
        for anchor in anchors:
            for each in (anchor, *anchor.iterancestors()):
                held[each].add(link)
    for link, (first, *_others) in links.items():
        block = first
        # Where there is but one link, nothing else ends its block: the part does.
        while (block not in part.elements or len(links) > 1) and held[block.getparent()] == {link}:
            block = block.getparent()
        yield block


def _entry(link: str, anchors: list[etree._Element], block: etree._Element, part: Part) -> Entry:
    text = words_of(block)
    headings = (each for each in block.iter(*_HEADINGS))
    titles = [*map(words_of, headings)][:1] + sorted(map(words_of, anchors), key=len, reverse=True)
    named = [anchor.get("title") or anchor.get("aria-label") or "" for anchor in anchors]
    moment = next((each.get("datetime") or words_of(each) for each in block.iter("time")), "")
    return Entry(
        external_id=link,
        url=link,
        title=line(next(filter(None, [*titles, *named, text]), ""), limit=TITLE_LIMIT),
        text=text,
        language=part.language,
        published_at=read_instant(moment),
        published_raw=line(moment, limit=200),
    )
