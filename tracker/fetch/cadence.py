"""When a source may be asked again, from our policy and from what its server says. Pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.http import parse_http_date_safe

SHORTEST_INTERVAL = timedelta(minutes=15)
LONGEST_INTERVAL = timedelta(hours=24)
PRIORITY_INTERVAL = timedelta(hours=6)  # an official text must not wait for a cache to expire
UNDEAD_AFTER, UNDEAD_INTERVAL = 30, timedelta(days=7)  # failures in a row; never a silent stop

_DAY = 86_400  # seconds
_NO_CACHE = re.compile(r"\bno-(cache|store)\b")
_MAX_AGE = re.compile(r"(?<![\w-])max-age\s*=\s*\"?([0-9]{1,9})")
_PASSING = {"timeout", "connect", "protocol", "backoff", "challenged", "incomplete"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the publisher says of its own rhythm, and how far we follow it."""

    headers: Mapping[str, str]  # of the answer; lower-case names, as in `fetch.Response`
    asked: timedelta = timedelta()  # in the document: ttl, sy:updatePeriod
    at_most: timedelta = LONGEST_INTERVAL


def interval_after_success(
    policy: timedelta, told: Told, *, rhythm: timedelta = timedelta(), times: int = 1
) -> timedelta:
    """Time until the next fetch: the longest of policy, rhythm and what the publisher tells, 15 min to 24 h.

    `times` as long where somebody else tells us what is new.
    """
    publisher = min(max(told.asked, _freshness(told.headers)), told.at_most)
    return min(max(policy, rhythm, publisher, SHORTEST_INTERVAL) * times, LONGEST_INTERVAL)


def rhythm_of(entries: int, *, period: timedelta) -> timedelta:
    """Half the mean time between the entries that came within the period, and half a day at most.

    Asking more often finds little; asking more rarely lets news wait, and leaves no question that a 304 may answer.
    """
    return min(period / (entries + 1) / 2, LONGEST_INTERVAL / 2)


def weight_of(kind: str, *, status: int | None = None) -> float:
    """How heavily a failure counts: 1 where the source itself said no, less where the way to it may be at fault.

    `kind` is that of a `FetchError`, or whatever else the Fetch calls it.
    """
    if kind == "dns":
        return 0.25  # mostly our own resolver
    return 0.5 if kind in _PASSING or (status or 0) >= 500 else 1.0


def interval_after_failure(
    policy: timedelta, *, failures: int, jitter: float, weight: float = 1.0, retry_after: int | None = None
) -> timedelta:
    """Time until the next try: policy × failures in a row × weight, a quarter of an hour to 24 h.

    Never before `retry_after` (seconds). After thirty failures in a row a source is still asked once a week: it may
    come back from the dead. `jitter` (0 to 1) spreads over a tenth of the time the sources that failed together.
    """
    usual = min(max(policy * failures * weight, SHORTEST_INTERVAL), LONGEST_INTERVAL)
    usual = UNDEAD_INTERVAL if failures >= UNDEAD_AFTER else usual
    return max(usual * (1 - jitter / 10), timedelta(seconds=retry_after or 0) * (1 + jitter / 10))


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Read Retry-After as seconds from 1 to 86,400; None if there is none, or none that makes sense."""
    text = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        seconds = math.ceil(min(float(text), _DAY))
    else:
        seconds = _seconds_until(text, headers)
    return None if seconds is None else min(max(seconds, 1), _DAY)


def _freshness(headers: Mapping[str, str]) -> timedelta:
    cache = headers.get("cache-control", "").lower()
    if _NO_CACHE.search(cache):
        return timedelta()
    age = _MAX_AGE.search(cache)
    seconds = int(age[1]) if age else _seconds_until(headers.get("expires", ""), headers)
    return timedelta(seconds=min(max(seconds or 0, 0), _DAY))


def _seconds_until(when: str, headers: Mapping[str, str]) -> int | None:
    """Count from the server's own clock, which may be wrong, to a date that it gave; None if one is no date."""
    then, sent = parse_http_date_safe(when), parse_http_date_safe(headers.get("date", ""))
    return None if then is None or sent is None else then - sent
