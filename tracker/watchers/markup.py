"""XML of foreign origin: its declarations judged before anything reads them, its tree built without entities. Pure."""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache

from lxml import etree

from tracker.watchers.entry import UnreadableError

# The way to each path that is read, by tag: the path that ends there (or none), and the steps beyond.
Steps = dict[str, tuple[str, "Steps"]]
Nodes = Mapping[str, list[etree._Element]]  # what was found, by path, in the order of the document

_EBCDIC_PROLOG = b"\x4c\x6f\xa7\x94\x93"  # "<?xml" on a mainframe
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^>\[\"']|\"[^\"]*\"|'[^']*')*", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_LEAD = 262_144  # bytes; a root element that comes later than this hides something
_GLANCE = 2_048  # bytes, within which most root elements begin


class Doctype(Enum):
    """What stands before the root element: nothing, a plain document type, or one that declares things."""

    NONE = 0
    PLAIN = 1
    DECLARING = 2


def doctype_of(body: bytes) -> Doctype:
    """Judge the prolog in any encoding of XML's family (UTF-8, UTF-16, UTF-32, Latin, EBCDIC), in linear time."""
    head = _prolog(body)
    if len(body) > _LEAD and not root_name(body):
        return Doctype.DECLARING
    if "<!ENTITY" in head.upper() or "<!ATTLIST" in head.upper():
        return Doctype.DECLARING
    found = _DOCTYPE.search(head)
    if not found:
        return Doctype.NONE
    return Doctype.DECLARING if head[found.end() : found.end() + 1] == "[" else Doctype.PLAIN


def root_name(body: bytes) -> str:
    """The local name of the root element as far as a glance tells, lower case; empty when there is none."""
    readable = _readable(body)
    found = _ROOT.match(readable, len(_prolog(body)))
    return found[1].lower() if found else ""


def parse_xml(body: bytes, *, mixed: bool = True) -> etree._Element:
    """The root element, without comments; any document type refuses the document.

    Where words and elements are never mixed, the white space between elements need not be kept.
    """
    if doctype_of(body) is not Doctype.NONE:
        raise UnreadableError("This XML carries a document type (DOCTYPE); it is refused.")
    try:
        root = etree.fromstring(body.lstrip(), _parser(mixed))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise UnreadableError("This is not well-formed XML.", str(error)[:200]) from error
    if root is None or root.getroottree().docinfo.doctype:
        raise UnreadableError("This XML carries a document type (DOCTYPE); it is refused.")
    return root


def steps_to(paths: Iterable[str], namespaces: Mapping[str, str]) -> Steps:
    """The steps to a number of paths of prefixed names, such as "cac:Party/cbc:Name"."""
    steps: Steps = {}
    for path in paths:
        here, names = steps, path.split("/")
        for number, name in enumerate(names, start=1):
            prefix, _, local = name.partition(":")
            tag = f"{{{namespaces[prefix]}}}{local}"
            ends, beyond = here.get(tag, ("", {}))
            here[tag] = (path if number == len(names) else ends, beyond)
            here = beyond
    return steps


def gather(scope: etree._Element, steps: Steps) -> Nodes:
    """All elements at the ends of the steps, in one walk that enters nothing else."""
    found: dict[str, list[etree._Element]] = {}
    ways = [(scope, steps)]
    for parent, known in ways:  # it grows: level by level, which is the order of the document for each path
        for child in parent:
            if step := known.get(child.tag):
                path, beyond = step
                if path:
                    if path in found:
                        found[path].append(child)
                    else:
                        found[path] = [child]
                if beyond:
                    ways.append((child, beyond))
    return found


def as_json(node: etree._Element | None) -> object:
    """An element as services turn XML into JSON: members by name, repeated ones in a list, attributes with an @."""
    if node is None or not (len(node) or node.attrib):
        return (node.text or "") if node is not None else ""
    shape: dict[str, object] = {f"@{name}": value for name, value in node.attrib.items()}
    if not len(node):
        return shape | {"#text": node.text or ""}
    for child in node:
        name, value, known = str(child.tag), as_json(child), shape.get(str(child.tag))
        shape[name] = (
            value if name not in shape else [*(known if isinstance(known, list) else [known]), value]
        )
    return shape


@cache
def _parser(mixed: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True, remove_blank_text=not mixed, collect_ids=False,
    )  # fmt: skip


def _readable(body: bytes, *, most: int = _LEAD) -> str:
    lead = body[:most]
    if lead.startswith(_EBCDIC_PROLOG):
        return lead.decode("cp037")
    return lead.replace(b"\0", b"").decode("latin-1")


def _prolog(body: bytes) -> str:
    """All before the root element, comments and processing instructions blanked out."""
    text, ended = _before_root(_readable(body, most=_GLANCE))
    return text if ended else _before_root(_readable(body))[0]


def _before_root(text: str) -> tuple[str, bool]:
    """The same of a part of the body, and whether the root element begins in it."""
    kept, position = [], 0
    while (start := text.find("<", position)) >= 0:
        kept.append(text[position:start])
        if text.startswith("<!--", start):
            position, replaced = _after(text, "-->", start + 4), True
        elif text.startswith("<?", start):
            position, replaced = _after(text, "?>", start + 2), True
        elif text[start + 1 : start + 2].isalpha() or text[start + 1 : start + 2] == "_":
            return "".join(kept), True
        else:
            position, replaced = start + 1, False
        kept.append(" " * (position - start) if replaced else "<")
    kept.append(text[position:])
    return "".join(kept), False


def _after(text: str, end: str, start: int) -> int:
    found = text.find(end, start)
    return len(text) if found < 0 else found + len(end)
