"""Local files of any format, through the same path as what servers answer; one child reads many of them."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from indicators.models import Tier
from tracker import bodies, ingest, storing
from tracker.models import Document, Fetch, Source
from tracker.watchers import Unread, read_all, read_alone, read_guarded, recognise
from tracker.watchers.entry import IncompleteError, Page, UnreadableError
from tracker.watchers.families import LARGEST_BODY
from tracker.watchers.guarded import Refusal

FILES_AT_ONCE, BYTES_AT_ONCE = 50, 16 << 20  # that one child reads


@dataclass(slots=True, kw_only=True)
class _File:
    """A file that is open, and what reading it brought."""

    path: Path
    url: str
    unread: Unread
    sha256: str = ""
    source: Source | None = None
    brought: Page | Refusal | OSError | None = None  # nothing yet, or nothing new

    @property
    def unchanged(self) -> bool:
        """Whether this very file was read before, in this format, and held no failure."""
        source = self.source
        same = source is not None and source.body_sha256 == self.sha256 and not source.failures
        return same and self.unread.format in ("", source.format)


def read_files(
    paths: Iterable[Path], *, format: str = "", now: datetime
) -> Iterator[tuple[Path, Fetch | OSError | None]]:
    """Read each of these, in this order: its Fetch, or None when this very file was read before; why it cannot be opened.

    One that could not be read is tried again; where it fails as before, the answer is the Fetch of that time and
    nothing is written. A file is a source of its own, never due. `format`: that of all of them, where it cannot be told.
    """
    portion: dict[str, _File] = {}
    for path in paths:
        url = Path(os.path.realpath(path)).as_uri()
        held = sum(len(each.unread.body) for each in portion.values())
        if url in portion or len(portion) >= FILES_AT_ONCE or held > BYTES_AT_ONCE:
            yield from _read(portion, now=now)
            portion = {}
        portion[url] = _opened(path, url, format)
    yield from _read(portion, now=now)


def _opened(path: Path, url: str, format: str) -> _File:
    opened = _File(path=path, url=url, unread=Unread(format=format, body=b""))
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_BODY + 1)  # one byte more is enough to refuse it
    except OSError as error:
        opened.brought = error
        return opened
    opened.sha256 = hashlib.sha256(body).hexdigest()
    opened.source = Source.objects.filter(url=url).first()
    if opened.unchanged:
        return opened
    try:
        opened.unread = Unread(format=format or recognise(body, name=path.name), body=body)
    except UnreadableError as error:
        opened.brought, opened.unread = error, Unread(format="", body=body)
    return opened


def _read(portion: dict[str, _File], *, now: datetime) -> Iterator[tuple[Path, Fetch | OSError | None]]:
    waiting = [each for each in portion.values() if each.brought is None and not each.unchanged]
    for number, told in read_all([each.unread for each in waiting]):
        waiting[number].brought = told or _alone(waiting[number].unread)
    for each in portion.values():
        told = each.brought
        yield each.path, told if told is None or isinstance(told, OSError) else _take(each, told, now=now)


def _alone(unread: Unread) -> Page | Refusal:
    try:
        return read_alone(unread)
    except (UnreadableError, IncompleteError) as error:
        return error


def _take(file: _File, page: Page | Refusal, *, now: datetime) -> Fetch:
    """Store what a file held, under a source of its own."""
    body, source = file.unread.body, file.source
    reading = ingest.Reading(bytes_read=len(body), body_sha256=file.sha256)
    if not isinstance(page, Page):
        reading.fail(page)
        before = (
            source.fetches.filter(body_sha256=file.sha256, error=reading.error).first() if source else None
        )
        if before:
            return before
        page = Page()
    if source is None:
        slug = f"file-{hashlib.sha256(file.url.encode()).hexdigest()[:16]}"
        source = Source(slug=slug, url=file.url, state=Source.State.LOCAL)
    source.format, source.body_sha256 = file.unread.format, file.sha256
    source.name = (page.title or file.path.name)[:200]
    source.publisher = (page.title or _("local file"))[:200]
    # A notice is an official text wherever its file comes from; of anything else a file proves nothing.
    official = any(entry.kind == Document.Kind.NOTICE for entry in page.entries)
    source.tier = Tier.OFFICIAL if official else Tier.INTERESTED
    source.save()
    bodies.keep(source, body, now=now)
    reading.take(page, storing.store(source, page, now=now))
    _read_on(source, page, reading, body, now=now)
    return ingest.close([(source, reading, None)], now=now)[0]


def _read_on(source: Source, page: Page, reading: ingest.Reading, body: bytes, *, now: datetime) -> None:
    """Read the further pages of a file that holds more than one reading within limits can bear."""
    try:
        for _number in range(ingest.MAX_PAGES):
            if page.next is None:
                return
            page = read_guarded(source.format, body, request=page.next)
            reading.take(page, storing.store(source, page, now=now))
    except (UnreadableError, IncompleteError) as error:
        reading.fail(error)
