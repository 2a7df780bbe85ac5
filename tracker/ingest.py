"""From a due source to stored documents: fetch, read, store once, say what happened."""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from tracker import bodies, fetch, health, storing
from tracker.dedup import entries_fingerprint
from tracker.fetch.cadence import SHORTEST_INTERVAL
from tracker.models import Body, Document, Fetch, Source, lease, pause, rows
from tracker.watchers import Unread, read_all, read_alone
from tracker.watchers.entry import IncompleteError, Page, Request, UnreadableError
from tracker.watchers.guarded import Refusal
from tracker.watchers.series import Step

Answer = fetch.Response | fetch.FetchError

_log = logging.getLogger(__name__)

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
    remarks: list[str] = field(default_factory=list)
    body_sha256: str = ""
    pages: int = 0

    def written(self, source: Source, *, now: datetime) -> Fetch:
        """What is to be stored of it."""
        return Fetch(None, source.pk, now, *_columns(self))

    def count(self, response: fetch.Response) -> None:
        """Add what one answer took."""
        self.http_status = response.status
        self.milliseconds += response.milliseconds
        self.bytes_read += response.wire_bytes

    def take(self, page: Page, stored: storing.Stored) -> None:
        """Add what became of one page."""
        self.pages += 1
        self.entries_new += stored.new
        self.entries_changed += stored.changed
        self.entries_same += stored.same + len(page.known)
        self.remarks += tuple(map(storing.sentence, (*page.remarks, *stored.remarks)))

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
                self.error = storing.sentence(error)
            case _:
                self.outcome, self.error_kind, self.error = Fetch.Outcome.FAILED, "incomplete", _(str(error))


# All columns of a Fetch in their order, but for its key, its source and its time: by position, which names would slow down.
_columns = attrgetter(*(each.attname for each in Fetch._meta.concrete_fields[3:]))


@dataclass(slots=True, kw_only=True, eq=False)
class _Visit:
    """A source being read: what to ask of it, or to read next, and what came of it so far."""

    source: Source
    validators: fetch.Validators
    request: Request | None = None
    unread: Unread | None = None
    steps: tuple[Step, ...]  # which address is asked, and those to ask when it is not out
    first: fetch.Response | None = None  # whose validators count
    entries: str = ""  # the fingerprint of what it lists
    memory: bytes = b""  # of the first page
    error: Exception | None = None
    reading: Reading = field(default_factory=Reading)

    @property
    def step(self) -> Step:
        return self.steps[0]

    @property
    def ended(self) -> bool:
        return self.error is not None or (self.request is None and self.unread is None)


def read_source(pk: int, *, now: datetime) -> Fetch | None:
    """Read one due source and store what is new; None when another worker has it, its host is busy, or it is not due."""
    return next(iter(read_sources([pk], now=now)), None)


def read_sources(pks: Sequence[int], *, now: datetime) -> list[Fetch]:
    """Read those of these sources that are due, that nobody else reads and whose host is free; store what is new.

    A failure is a row, never an exception: the other sources of the round go on.
    """
    began = kept_at = time.monotonic()
    with transaction.atomic():
        claimed = Source.objects.claim(*pks, now=now)
        asked = [_visit(each, now=now) for each in health.to_ask(claimed, now=now)]
    visits = [visit for visit in asked if visit.request]
    questions = [fetch.Question(request=visit.request, validators=visit.validators) for visit in visits]
    fetches = _settle([visit for visit in asked if visit.ended], now=now)
    long, under_way = [], dict(enumerate(visits))
    del asked, visits  # who has been visited is forgotten, and the body that it gave
    for answers in fetch.send_all(questions):
        told = [(under_way.pop(number), answer) for number, answer in answers]
        fetches += _take(told, now=now)
        long += [visit for visit, _answer in told if not visit.ended]
        if time.monotonic() - kept_at > lease().total_seconds() / 4:
            kept_at = time.monotonic()
            waiting = [visit.source for visit in (*under_way.values(), *long)]
            Source.objects.extend(waiting, until=now + timedelta(seconds=kept_at - began) + lease())
    while long:
        fetches += _read_long(long, now=now, since=began)
        del long[0]
    return fetches


def _visit(source: Source, *, now: datetime) -> _Visit:
    visit = _Visit(
        source=source, validators=health.validators_to_send(source, now=now), steps=source.steps(now=now)
    )
    try:
        visit.request = source.request_of(visit.step)
    except UnreadableError as error:
        visit.error = error
    return visit


def _take(told: list[tuple[_Visit, Answer]], *, now: datetime) -> list[Fetch]:
    """Take in answers, read their bodies in one child, and store the news of all in one transaction."""
    for visit, answer in told:
        _hear(visit, answer)
    unread = [visit for visit, _answer in told if visit.unread]
    pages = [(unread[number], page) for number, page in read_all([visit.unread for visit in unread])]
    kept = [_kept(visit, now=now) for visit in unread]
    with transaction.atomic():
        if unread:
            bodies.enter(kept)
            _store_all([(visit, page) for visit, page in pages if page is not None], now=now)
        return _settle([visit for visit, _answer in told if visit.ended], now=now)


def _hear(visit: _Visit, answer: Answer) -> None:
    """Take in what a server said; where that is news, its body waits to be read."""
    if isinstance(answer, fetch.FetchError):
        _miss(visit, answer)
        return
    visit.reading.count(answer)
    if visit.first is None:
        visit.first = answer
        if not answer.not_modified:
            visit.reading.body_sha256 = hashlib.sha256(answer.body).hexdigest()
            visit.entries = entries_fingerprint(answer.body)
        if answer.not_modified or visit.entries == visit.source.body_sha256:
            visit.reading.outcome, visit.request = Fetch.Outcome.UNCHANGED, None
            return
    content_type = answer.headers.get("content-type", "")
    told = {"url": answer.final_url, "content_type": content_type, "request": visit.request}
    visit.unread = Unread(format=visit.source.format, body=answer.body, **told)


def _miss(visit: _Visit, error: fetch.FetchError) -> None:
    """Take in that there was no answer; where a journal has no such issue, it is not out yet, which is no failure."""
    if not (visit.step.issue and error.status in (404, 410)):
        visit.error = error
    elif visit.steps[1:]:
        visit.steps = visit.steps[1:]
        visit.request = visit.source.request_of(visit.step)
    else:
        visit.request, visit.reading.http_status = None, error.status
        visit.reading.outcome = Fetch.Outcome.UNCHANGED
        told = _("Issue %(number)s is not out yet.") % {"number": visit.step.waiting.awaited}
        visit.reading.remarks += (told,)


def _kept(visit: _Visit, *, now: datetime) -> Body | None:
    """Its body in a file, and the row that is to name it."""
    unread = visit.unread
    told = {"request": unread.request, "url": unread.url, "content_type": unread.content_type}
    return bodies.lay_down(visit.source, unread.body, **told, now=now)


def _store_all(told: list[tuple[_Visit, Page | Refusal]], *, now: datetime) -> None:
    """Store what their bodies held, all at once; where one of them is more than the database takes, each by itself."""
    pages = [(visit, page) for visit, page in told if isinstance(page, Page)]
    try:
        with transaction.atomic():
            stored = storing.store_all([(visit.source, page) for visit, page in pages], now=now)
    except (DataError, IntegrityError):
        for visit, page in pages:
            _store(visit, page, now=now)
    else:
        for (visit, page), become in zip(pages, stored, strict=True):
            _stored(visit, page, become, now=now)
    for visit, page in told:
        if not isinstance(page, Page):
            visit.unread, visit.error = None, page


def _store(visit: _Visit, page: Page, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            stored = storing.store(visit.source, page, now=now)
    except (DataError, IntegrityError):
        _log.exception("What %s said could not be stored.", visit.source)
        visit.unread, visit.error = None, IncompleteError("What the source said could not be stored.")
    else:
        _stored(visit, page, stored, now=now)


def _stored(visit: _Visit, page: Page, stored: storing.Stored, *, now: datetime) -> None:
    """Take in that a page is stored, and what there is to read next."""
    read, visit.unread = visit.unread, None
    if not visit.reading.pages:
        health.take_page(visit.source, page, headers=visit.first.headers, now=now)
        visit.memory = page.memory
    visit.reading.take(page, stored)
    visit.request = page.next
    if page.next and read.request and page.next.same_answer(read.request):  # more of the body that is here
        visit.unread = replace(read, request=page.next)


def _read_long(waiting: Sequence[_Visit], *, now: datetime, since: float) -> list[Fetch]:
    """Read the first of these by itself: what needs a child of its own, or page after page; nobody takes the others."""
    visit = waiting[0]
    for _number in range(MAX_PAGES):
        until = now + timedelta(seconds=time.monotonic() - since) + lease()
        Source.objects.extend([each.source for each in waiting], until=until)
        try:
            if visit.unread is None:
                time.sleep(pause().total_seconds())
                _hear(visit, fetch.send(visit.request))
                if visit.ended:
                    break
                bodies.enter([_kept(visit, now=now)])
            page = read_alone(visit.unread)
        except fetch.FetchError as error:
            _miss(visit, error)
        except (UnreadableError, IncompleteError) as error:
            visit.error = error
        else:
            _store(visit, page, now=now)
        if visit.ended:
            break
    if not visit.ended and visit.step.reached:
        visit.error = IncompleteError("There are more pages than one round reads.")
    return _settle([visit], now=now)


def _settle(visits: list[_Visit], *, now: datetime) -> list[Fetch]:
    """Decide what the answers mean for their sources, and write what happened."""
    if not visits:
        return []
    keys = {visit.source.pk for visit in visits}
    recent = Document.objects.filter(source__among=keys).count_since(now - health.RHYTHM_PERIOD)
    ended = []
    for visit in visits:
        source, reading = visit.source, visit.reading
        if visit.error:
            wait = health.take_failure(source, visit.error, now=now)
            reading.fail(visit.error, final=wait is None)
        elif visit.first is None:
            wait = timedelta(minutes=source.cadence_minutes)
        else:
            whole = visit.validators == fetch.UNCONDITIONAL
            reading.remarks += health.take_answer(
                source, visit.first, entries=visit.entries, whole=whole, now=now
            )
            entries = recent.get(source.pk, 0)
            wait = health.next_after_answer(source, visit.first, recent=entries, now=now)
            wait = wait if visit.step.last else SHORTEST_INTERVAL
        ended.append((source, reading, wait))
    _move_on([visit for visit in visits if not visit.error])
    return close(ended, now=now)


def _move_on(visits: list[_Visit]) -> None:
    """Let their sources remember what was read, now that all of it is stored, or what they wait for."""
    for visit in visits:
        if visit.first is None:
            visit.source.memory = visit.step.waiting.written()
        elif visit.step.reached or visit.reading.pages:
            visit.source.memory = visit.step.reached or visit.memory
            told = _("Issue %(number)s never came out: it is left out.")
            visit.reading.remarks += tuple(told % {"number": number} for number in visit.step.left_out)
    unwritten = [visit.source for visit in visits if visit.step.reached and not visit.reading.pages]
    rows.update(unwritten, ["memory"])


_HEALTH = (
    "failures", "last_success_at", "days_read", "next_due_at", "sent_at", "claimed_until", "asked_host",
    "etag", "last_modified", "body_sha256", "read_whole_at", "validators_trusted",
    "gone_since", "moved_to", "moved_since", "moved_times", "publisher_minutes",
)  # fmt: skip
_READ = ("last_text", "memory", "entries_read_at")


@transaction.atomic(savepoint=False)
def close(ended: list[tuple[Source, Reading, timedelta | None]], *, now: datetime) -> list[Fetch]:
    """Write what happened and give the sources back; one that a person paused meanwhile stays so."""
    for source, reading, wait in ended:
        failed = reading.outcome not in (Fetch.Outcome.READ, Fetch.Outcome.UNCHANGED)
        source.failures = source.failures + 1 if failed else 0
        gone = reading.outcome == Fetch.Outcome.GONE
        state = Source.State.GONE if gone else Source.health_after(source.failures)
        if state != source.state:
            Source.objects.watched().filter(pk=source.pk).update(state=state)
        if not failed:
            source.last_success_at = now
            health.note_day(source, now=now)
        if reading.outcome == Fetch.Outcome.READ:
            source.entries_read_at = now
        source.release(next_due_at=now + wait if wait else None)
    rows.update([source for source, _reading, _wait in ended], _HEALTH)
    rows.update([source for source, reading, _wait in ended if reading.pages], _READ)
    fetches = [reading.written(source, now=now) for source, reading, _wait in ended]
    rows.insert(fetches)
    return fetches
