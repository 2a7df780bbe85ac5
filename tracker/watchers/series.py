"""Addresses with a place holder: what they stand for today, of which each answer is read once. Pure.

`{since}` and `{until}` are the two ends of a window of time. `{issue}` is an issue of the Official Journal, whose
numbers begin anew each year: `{issue:202600101}` says which one is read first.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

WINDOW = timedelta(hours=6)  # Find a Tender leaves out releases of longer ones
OVERLAP = timedelta(hours=1)  # what a publisher stores late, or dates by its summer time
HOLIDAYS = 12  # weekdays of a year without an issue, and more

_ISSUE = re.compile(r"\{issue(?::([0-9]{9}))?\}")
_WINDOW = re.compile(r"\{(since|until)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One address to ask, and what to remember once all of its answer has been read."""

    url: str
    reached: bytes = b""  # empty: the address stands for itself
    issue: str = ""  # of a journal: one that is not found is not out yet
    last: bool = True  # nothing more can be read now


def is_series(url: str) -> bool:
    """Whether the address stands for another one each time."""
    return bool(_ISSUE.search(url) or _WINDOW.search(url))


def steps_of(url: str, *, memory: bytes, now: datetime) -> tuple[Step, ...]:
    """What to ask now, given what was reached; the second one only when the first is not out.

    A series that has reached nothing begins six hours ago, or with an issue of the last weeks.
    """
    if _WINDOW.search(url):
        return (_window(url, memory, now),)
    if found := _ISSUE.search(url):
        following = _following(memory) or found[1] or _recent(now)
        years = range(int(following[:4]) + 1, now.year + 1)
        return tuple(_issue(url, number) for number in (following, *(f"{year}00001" for year in years[:1])))
    return (Step(url=url),)


def _window(url: str, memory: bytes, now: datetime) -> Step:
    """From a little before what was reached, for six hours at most."""
    reached = _instant(memory)
    since = now - WINDOW if reached is None or reached > now else reached - OVERLAP
    until = min(since + WINDOW, now)
    ends = {"since": _written(since), "until": _written(until)}
    filled = _WINDOW.sub(lambda holder: ends[holder[1]], url)
    return Step(url=filled, reached=ends["until"].encode(), last=until == now)


def _issue(url: str, number: str) -> Step:
    return Step(url=_ISSUE.sub(number, url), reached=number.encode(), issue=number, last=False)


def _following(memory: bytes) -> str:
    return str(int(memory) + 1) if re.fullmatch(rb"[0-9]{9}", memory) else ""


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
