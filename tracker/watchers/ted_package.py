"""Daily packages of Tenders Electronic Daily: a tar.gz of some thousand notices, eForms and older mixed. Pure."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from urllib.parse import urldefrag

from tracker.watchers import eforms, ted_export
from tracker.watchers.entry import Entry, Label, Page, Remark, Request, UnreadableError
from tracker.watchers.families import BODY_LIMIT, LARGEST_BODY, recognise
from tracker.watchers.plaintext import line

LABEL = Label("TED daily package (tar.gz)")
UNPACKED_LIMIT = 1 << 30
LARGEST_RATIO = 100  # notices shrink to a tenth
MEMBER_LIMIT = 20_000
# What one reading within its limits of time and memory can hold; the rest is the next page.
PAGE_NOTICES = 250
PAGE_BYTES = 24 << 20

_READERS = {"eforms": eforms.read, "ted_export": ted_export.read}
_BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, RecursionError)


def first_request(url: str) -> Request:
    """A plain GET of the whole package."""
    return Request(url=url, headers={"Accept": "application/gzip"}, max_bytes=LARGEST_BODY)


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """The notices of a package from the one that `request` names on (`#250`); one bad notice never loses the others.

    Raises UnreadableError for what is no package, or unpacks to more than notices do.
    """
    address, start = urldefrag(request.url if request else url)
    first = int(start) if start.isascii() and start.isdigit() else 0
    entries: list[Entry] = []
    refused: list[str] = []
    read_bytes, position = 0, first
    package = _Package(body)
    for position, name, notice in package.members(first):
        if len(entries) == PAGE_NOTICES or read_bytes > PAGE_BYTES:
            return Page(
                entries=tuple(entries), next=first_request(f"{address}#{position}"), remarks=_left(refused)
            )
        read_bytes += len(notice)
        try:
            entries.extend(_read(notice))
        except UnreadableError as error:
            refused.append(f"{line(name, limit=100)}: {error}")
    if not entries and not refused and not first:
        raise UnreadableError("This archive holds no notice.")
    return Page(entries=tuple(entries), remarks=(*_left(refused), *package.remarks))


def _read(notice: bytes) -> tuple[Entry, ...]:
    """By the root element, not by the name: a package mixes the forms of several years."""
    reader = _READERS.get(recognise(notice))
    if reader is None:
        raise UnreadableError("This is not a notice.")
    return reader(notice).entries


def _left(refused: list[str]) -> tuple[Remark, ...]:
    if not refused:
        return ()
    return (Remark("Notices of this package could not be read.", f"{len(refused)}; {refused[0]}"[:300]),)


class _Package(gzip.GzipFile):
    """The unpacked stream of an archive, which ends with an error where it grows beyond measure."""

    def __init__(self, body: bytes) -> None:
        if not body.startswith(b"\x1f\x8b"):
            raise UnreadableError("This is not a package of TED notices (tar.gz).")
        if len(body) > LARGEST_BODY:
            raise UnreadableError("This package is larger than 64 MiB.")
        super().__init__(fileobj=io.BytesIO(body), mode="rb")
        self.remarks: tuple[Remark, ...] = ()
        self.budget = min(UNPACKED_LIMIT, max(1 << 20, len(body) * LARGEST_RATIO))

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes; tarfile always says how many."""
        part = super().read(size)
        self.budget -= len(part)
        if self.budget < 0:
            raise UnreadableError("This package unpacks to more than notices can be.")
        return part

    def members(self, first: int) -> Iterator[tuple[int, str, bytes]]:
        """Number, name and bytes of each XML file, from a number on; remarks what was left out."""
        number = -1
        foreign = 0
        try:
            with tarfile.open(fileobj=self, mode="r|") as archive:
                for number, member in enumerate(archive):
                    if number == MEMBER_LIMIT:
                        self._note(
                            Remark("Only the first files of this package were read.", str(MEMBER_LIMIT))
                        )
                        break
                    wanted = member.isfile() and member.name.lower().endswith(".xml")
                    if not wanted or member.size > BODY_LIMIT:
                        foreign += not member.isdir()
                    elif number >= first and (content := archive.extractfile(member)):
                        yield number, member.name, content.read()
        except _BROKEN as error:
            if number < 0:
                raise UnreadableError("This archive is damaged.", str(error)[:200]) from error
            self._note(
                Remark("This package is damaged: the notices after this one are missing.", str(number))
            )
        if foreign:
            self._note(
                Remark("Files of a package were left out: no notices, or larger than 10 MiB.", str(foreign))
            )

    def _note(self, remark: Remark) -> None:
        self.remarks += (remark,)
