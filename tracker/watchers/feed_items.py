"""Where the items of a regular feed begin and end, byte for byte, and which of them were there last time. Pure."""

import codecs
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from xml.parsers import expat

_ROOTS = {"rss": 3, "rdf": 2, "feed": 2}  # local name of the root, depth of its items
_ITEMS = {"item", "entry"}
_EIGHT_BITS = {"iso8859-1", "iso8859-15", "cp1252"}
_CLOSING = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.-]{1,40})", re.IGNORECASE)
_MEMORY_LIMIT = 4 << 20  # bytes; no feed of 2,000 items has more


class _IrregularError(Exception):
    """Only reading the whole document tells what is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A document, and the places of its items in it."""

    body: bytes
    spans: Sequence[tuple[int, int]]

    def digests(self) -> list[bytes]:
        """What tells each item from every other one."""
        return [blake2b(self.body[start:end], digest_size=8).digest() for start, end in self.spans]

    def keeping(self, numbers: Iterable[int]) -> bytes:
        """The same document with these items only: all around them stays as it is."""
        kept, parts, position = set(numbers), [], 0
        for number, (start, end) in enumerate(self.spans):
            parts.append(self.body[position : end if number in kept else start])
            position = end
        return b"".join([*parts, self.body[position:]])

    @property
    def frame(self) -> bytes:
        """The tags that all items stand in: their languages, bases and names of namespaces."""
        head = self.body[: self.spans[0][0]] if self.spans else self.body
        return b"".join(re.findall(rb"<(?:[\w.-]+:)?(?:rss|RDF|feed|channel)\b[^>]*>", head))


def cut(body: bytes, *, content_type: str) -> Cut | None:
    """Cut a well-formed RSS, RDF or Atom document whose items are siblings; None for any other."""
    if not _is_plainly_coded(body, content_type):
        return None
    parser = expat.ParserCreate(namespace_separator=" ")
    cutter = _Cutter(body, parser)
    parser.StartElementHandler, parser.EndElementHandler = cutter.start, cutter.end
    parser.StartDoctypeDeclHandler = cutter.refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, _IrregularError, LookupError, ValueError):
        return None
    return Cut(body=body, spans=cutter.spans)


def remember(context: str, items: Mapping[bytes, str]) -> bytes:
    """What to be told the next time: under which circumstances the items were read, and as which identities."""
    told = [context, {digest.hex(): identity for digest, identity in items.items()}]
    # Tables of the usual size take twenty times as long to lay out as to fill.
    packing = zlib.compressobj(1, wbits=13, memLevel=5)
    return packing.compress(json.dumps(told, ensure_ascii=False).encode()) + packing.flush()


def recall(memory: bytes) -> tuple[str, dict[bytes, str]]:
    """The same back; nothing from what nobody remembered."""
    if not memory:
        return "", {}
    told = zlib.decompressobj().decompress(memory, _MEMORY_LIMIT)
    context, items = json.loads(told)
    return context, {bytes.fromhex(digest): identity for digest, identity in items.items()}


class _Cutter:
    """Follows the elements of a document."""

    def __init__(self, body: bytes, parser: expat.XMLParserType) -> None:
        self.spans: list[tuple[int, int]] = []
        self._body, self._parser = body, parser
        self._depth = self._item_depth = 0
        self._name = ""
        self._began: int | None = None
        self._closed = False

    def start(self, name: str, _attributes: object) -> None:
        self._depth += 1
        local = _local(name)
        if self._depth == 1:
            self._item_depth = _ROOTS.get(local, 0)
            if not self._item_depth:
                raise _IrregularError
        elif local in _ITEMS:
            self._name = self._name or name
            inside = self._began is not None or self._closed
            if inside or self._depth != self._item_depth or name != self._name:
                raise _IrregularError
            self._began = self._parser.CurrentByteIndex

    def end(self, _name: str) -> None:
        if self._depth <= self._item_depth:  # all that most elements do is to end
            self._end_outer()
        self._depth -= 1

    def _end_outer(self) -> None:
        if self._began is not None and self._depth == self._item_depth:
            closing = _CLOSING.match(self._body, self._parser.CurrentByteIndex)
            if not closing:  # an empty one: where it ends is not told
                raise _IrregularError
            self.spans.append((self._began, closing.end()))
            self._began = None
        elif self._depth == self._item_depth - 1 and self.spans:
            self._closed = True

    def refuse(self, *_declared: object) -> None:
        raise _IrregularError


@lru_cache(1_000)
def _local(name: str) -> str:
    return name.rpartition(" ")[2].lower()


def _is_plainly_coded(body: bytes, content_type: str) -> bool:
    """Whether the encoding is the same for all who may be asked, and for any part of the document."""
    if b"\0" in body:
        return False
    declared = _DECLARED.match(body.removeprefix(codecs.BOM_UTF8))
    told = _CHARSET.search(content_type)
    try:
        coding = codecs.lookup(declared[1].decode() if declared else "utf-8").name
        if told and codecs.lookup(told[1]).name != coding:
            return False
    except LookupError:
        return False
    return coding == "utf-8" or (coding in _EIGHT_BITS and not re.search(rb"[\x80-\x9f]", body))
