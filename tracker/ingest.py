"""From a due source, or a local file, to stored documents: fetch, read, store once, say what happened."""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from indicators.models import Tier
from tracker import bodies, fetch, health, storing
from tracker.dedup import entries_fingerprint
from tracker.models import Document, Fetch, Source, lease
from tracker.watchers import read_guarded, recognise
from tracker.watchers.entry import IncompleteError, Page, Remark, UnreadableError
from tracker.watchers.families import BODY_LIMIT

MAX_PAGES = 50  # of one source in one round; the next round goes on from the newest


@dataclass(slots=True, kw_only=True)
class Reading:
    """What reading one source brought so far, before it becomes a Fetch row."""

    outcome: str = Fetch.Outcome.READ
    http_status: int | None = None
    bytes_read: int = 0
    milliseconds: int = 0
    entries_new: int = 0
    entries_changed: int = 0
    entries_same: int = 0
    error_kind: str = ""
    error: str = ""
    remarks: tuple[str, ...] = ()
    body_sha256: str = ""

    def take(self, page: Page, stored: storing.Stored) -> None:
        """Add what became of one page."""
        self.entries_new += stored.new
        self.entries_changed += stored.changed
        self.entries_same += stored.same
        self.remarks += tuple(map(_sentence, (*page.remarks, *stored.remarks)))

    def fail(self, error: Exception, *, final: bool = False) -> None:
        """Say what went wrong as a sentence in the reader's language; `final` when nobody will ask again."""
        match error:
            case fetch.FetchError():
                self.outcome = Fetch.Outcome.GONE if final else Fetch.Outcome.FAILED
                self.error, self.error_kind, self.http_status = str(error), error.kind, error.status
                if error.kind == "gone" and not final:
                    self.error += " " + _("We ask once more, a day later, before we believe it.")
            case UnreadableError():
                self.outcome, self.error_kind = Fetch.Outcome.UNREADABLE, error.kind
                self.error = _sentence(error)
            case _:
                self.outcome, self.error_kind, self.error = Fetch.Outcome.FAILED, "incomplete", _(str(error))


def read_source(pk: int, *, now: datetime) -> Fetch | None:
    """Read one due source and store what is new; None when another worker has it, its host is busy, or it is not due.

    A failure is a row, never an exception: the other sources of the round go on.
    """
    if not Source.objects.claim(pk, now=now):
        return None
    source, reading = Source.objects.get(pk=pk), Reading()
    if not health.may_ask(source, now=now):
        return None
    validators = health.validators_to_send(source, now=now)
    try:
        response = _read_pages(source, reading, validators, now=now)
    except (fetch.FetchError, UnreadableError, IncompleteError) as error:
        wait = health.take_failure(source, error, now=now)
        reading.fail(error, final=wait is None)
    else:
        whole = validators == fetch.UNCONDITIONAL
        reading.remarks += health.take_answer(source, response, whole=whole, now=now)
        wait = health.next_after_answer(source, response, now=now)
    return _close(source, reading, now=now, wait=wait)


def read_file(path: Path, *, format: str = "", now: datetime) -> Fetch | None:
    """Read a local file through the same path as a fetched one; None when this very file was read before.

    One that could not be read is tried again; where it fails as before, the answer is the Fetch of that time and
    nothing is written. The file is a source of its own, never due. Raises OSError when it cannot be opened.
    """
    with path.open("rb") as file:
        body = file.read(BODY_LIMIT + 1)  # one byte more is enough to refuse it
    sha256, url = hashlib.sha256(body).hexdigest(), path.resolve().as_uri()
    source = Source.objects.filter(url=url).first()
    if source and source.body_sha256 == sha256 and format in ("", source.format) and not source.failures:
        return None
    reading = Reading(bytes_read=len(body), body_sha256=sha256)
    try:
        format = format or recognise(body, name=path.name)
        page = read_guarded(format, body)
    except (UnreadableError, IncompleteError) as error:
        reading.fail(error)
        before = source.fetches.filter(body_sha256=sha256, error=reading.error).first() if source else None
        if before:
            return before
        page = Page()
    if source is None:
        source = Source(slug=f"file-{hashlib.sha256(url.encode()).hexdigest()[:16]}", url=url)
        source.state = Source.State.LOCAL
    source.format, source.body_sha256 = format, sha256
    source.name = (page.title or path.name)[:200]
    source.publisher = (page.title or _("local file"))[:200]
    # A notice is an official text wherever its file comes from; of anything else a file proves nothing.
    official = any(entry.kind == Document.Kind.NOTICE for entry in page.entries)
    source.tier = Tier.OFFICIAL if official else Tier.INTERESTED
    source.save()
    bodies.keep(source, body, now=now)
    reading.take(page, storing.store(source, page, now=now))
    _read_on(source, page, reading, body, now=now)
    return _close(source, reading, now=now, wait=None)


def _read_on(source: Source, page: Page, reading: Reading, body: bytes, *, now: datetime) -> None:
    """Read the further pages of a file that holds more than one reading within limits can bear."""
    try:
        for _number in range(MAX_PAGES):
            if page.next is None:
                return
            page = read_guarded(source.format, body, request=page.next)
            reading.take(page, storing.store(source, page, now=now))
    except (UnreadableError, IncompleteError) as error:
        reading.fail(error)


def _read_pages(
    source: Source, reading: Reading, validators: fetch.Validators, *, now: datetime
) -> fetch.Response:
    """Ask for page after page, storing each as it comes; the first answer, whose validators count."""
    request, first = source.first_request(), None
    for number in range(MAX_PAGES):
        response = fetch.send(request, validators=validators if first is None else fetch.UNCONDITIONAL)
        first = first or response
        reading.http_status = response.status
        reading.milliseconds += response.milliseconds
        reading.bytes_read += response.wire_bytes
        if response.not_modified:
            reading.outcome = Fetch.Outcome.UNCHANGED
            return first
        content_type = response.headers.get("content-type", "")
        if first is response:
            reading.body_sha256 = hashlib.sha256(response.body).hexdigest()
            if entries_fingerprint(response.body) == source.body_sha256:
                reading.outcome = Fetch.Outcome.UNCHANGED
                return first
        told = {"url": response.final_url, "content_type": content_type, "request": request}
        bodies.keep(source, response.body, **told, now=now)
        page = read_guarded(source.format, response.body, **told)
        reading.take(page, storing.store(source, page, now=now))
        if first is response:
            health.take_page(source, page, headers=response.headers, now=now)
        if page.next is None:
            return first
        request = page.next
        Source.objects.filter(pk=source.pk).update(claimed_until=now + lease() * (number + 2))
    return first


def _sentence(told: UnreadableError | Remark) -> str:
    return f"{_(told.reason)} ({told.detail})" if told.detail else _(told.reason)


_HEALTH = (
    "state", "failures", "last_success_at", "next_due_at", "sent_at", "claimed_until", "asked_host",
    "etag", "last_modified", "body_sha256", "entries_read_at", "read_whole_at", "validators_trusted",
    "gone_since", "moved_to", "moved_since", "moved_times", "last_text", "publisher_minutes",
)  # fmt: skip


@transaction.atomic
def _close(source: Source, reading: Reading, *, now: datetime, wait: timedelta | None) -> Fetch:
    """Write what happened and give the source back."""
    failed = reading.outcome not in (Fetch.Outcome.READ, Fetch.Outcome.UNCHANGED)
    source.failures = source.failures + 1 if failed else 0
    if reading.outcome == Fetch.Outcome.GONE:
        source.state = Source.State.GONE
    elif source.state != Source.State.LOCAL:
        source.state = Source.health_after(source.failures)
    if not failed:
        source.last_success_at = now
    if reading.outcome == Fetch.Outcome.READ:
        source.entries_read_at = now
    source.release(next_due_at=now + wait if wait else None)
    source.save(update_fields=_HEALTH)
    return Fetch.objects.create(
        source=source, started_at=now, **asdict(replace(reading, remarks=list(reading.remarks)))
    )
