"""Addresses with a place holder: what they stand for today, of which each answer is read once. Pure.

`{since}` and `{until}` are the two ends of a window of time. `{issue}` is an issue of the Official Journal, whose
numbers begin anew each year: `{issue:202600101}` says which one is read first.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

WINDOW = timedelta(hours=6)  # Find a Tender leaves out releases of longer ones
OVERLAP = timedelta(hours=1)  # what a publisher stores late, or dates by its summer time
HOLIDAYS = 12  # weekdays of a year without an issue, and more
PATIENCE = timedelta(days=4)  # the longest that a journal has no issue, but for the end of the year
SKIPPED_AT_ONCE = 9  # numbers that never came out, one after another
LEFT_OUT_TOLD = 10

_ISSUE = re.compile(r"\{issue(?::([0-9]{9}))?\}")
_NUMBER = re.compile(r"[0-9]{9}")
_WINDOW = re.compile(r"\{(since|until)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a journal was read: its memory."""

    reached: str = ""  # the last issue read
    waits_since: datetime | None = None  # for the one after it
    left_out: tuple[str, ...] = ()  # the last ones that never came out

    @property
    def awaited(self) -> str:
        """The issue to read next, of the same year."""
        return str(int(self.reached) + 1) if self.reached else ""

    @property
    def left_out_names(self) -> tuple[str, ...]:
        """As the journal itself calls them: 225/2026."""
        return tuple(_name(number) for number in self.left_out)

    def late(self, now: datetime) -> str:
        """The name of the issue that has not come out for longer than a journal pauses; else empty."""
        since = self.waits_since
        return _name(self.awaited) if since and self.awaited and now - since > PATIENCE else ""

    def written(self) -> bytes:
        """As the memory of a source keeps it."""
        since = _written(self.waits_since) if self.waits_since else ""
        return " ".join(filter(None, [self.reached, since, *self.left_out])).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One address to ask, and what to remember once all of its answer has been read."""

    url: str
    reached: bytes = b""  # empty: the address stands for itself
    issue: str = ""  # of a journal: one that is not found is not out yet
    left_out: tuple[str, ...] = ()  # the issues before it that never came out
    waiting: Standing = Standing()  # to remember when none of the steps is out
    last: bool = True  # nothing more can be read now


def is_series(url: str) -> bool:
    """Whether the address stands for another one each time."""
    return bool(_ISSUE.search(url) or _WINDOW.search(url))


def steps_of(url: str, *, memory: bytes, now: datetime) -> tuple[Step, ...]:
    """What to ask now, given what was reached; each one only when those before it are not out.

    A series that has reached nothing begins six hours ago, or with an issue of the last weeks.
    """
    if _WINDOW.search(url):
        return (_window(url, memory, now),)
    if found := _ISSUE.search(url):
        standing = standing_of(memory)
        return _issues(url, standing, number=standing.awaited or found[1] or _recent(now), now=now)
    return (Step(url=url),)


def standing_of(memory: bytes) -> Standing:
    """What the memory of a journal says; of anything else nothing."""
    reached, *rest = memory.decode(errors="replace").split(" ")
    if not _NUMBER.fullmatch(reached):
        return Standing()
    since = next((told for word in rest if (told := _instant(word.encode()))), None)
    return Standing(reached=reached, waits_since=since, left_out=tuple(filter(_NUMBER.fullmatch, rest)))


def _window(url: str, memory: bytes, now: datetime) -> Step:
    """From a little before what was reached, for six hours at most."""
    reached = _instant(memory)
    since = now - WINDOW if reached is None or reached > now else reached - OVERLAP
    until = min(since + WINDOW, now)
    ends = {"since": _written(since), "until": _written(until)}
    filled = _WINDOW.sub(lambda holder: ends[holder[1]], url)
    return Step(url=filled, reached=ends["until"].encode(), last=until == now)


def _issues(url: str, standing: Standing, *, number: str, now: datetime) -> tuple[Step, ...]:
    """The issue of this number, or the first of the next year; if nothing came for long, also those after them.

    What is asked beyond it grows by one each day: an issue that is out shows that those before it never will be.
    """
    since = min(standing.waits_since or now, now)
    ahead = min(max((now - since - PATIENCE).days + 1, 0), SKIPPED_AT_ONCE)
    firsts = [int(number), *[year * 100_000 + 1 for year in range(int(number[:4]) + 1, now.year + 1)][:1]]
    waiting = replace(standing, reached=str(int(number) - 1), waits_since=since)
    return tuple(
        _issue(url, waiting, first=first, skipped=skipped) for skipped in range(ahead + 1) for first in firsts
    )


def _issue(url: str, waiting: Standing, *, first: int, skipped: int) -> Step:
    """The issue so many after that one, which leaves those between them out."""
    issue = str(first + skipped)
    left_out = tuple(str(first + each) for each in range(skipped))
    told = (*reversed(left_out), *waiting.left_out)[:LEFT_OUT_TOLD]
    return Step(
        url=_ISSUE.sub(issue, url),
        reached=Standing(reached=issue, left_out=told).written(),
        issue=issue,
        left_out=left_out,
        waiting=waiting,
        last=False,
    )


def _name(number: str) -> str:
    return f"{int(number[4:])}/{number[:4]}"


def _recent(now: datetime) -> str:
    """An issue that is out for certain: one appears on every weekday but some holidays."""
    january = date(now.year, 1, 1)
    days = (january + timedelta(days=number) for number in range((now.date() - january).days))
    weekdays = sum(day.weekday() < 5 for day in days)
    return f"{now.year}{max(weekdays - HOLIDAYS, 1):05}"


def _instant(memory: bytes) -> datetime | None:
    try:
        told = datetime.fromisoformat(memory.decode())
    except ValueError:
        return None
    return told if told.tzinfo else None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
