"""When a source may be asked again, from our policy and from what its server says. Pure."""

import math
import re
from collections.abc import Mapping
from datetime import timedelta

from django.utils.http import parse_http_date_safe

SHORTEST_INTERVAL = timedelta(minutes=15)
LONGEST_INTERVAL = timedelta(hours=24)
UNDEAD_AFTER, UNDEAD_INTERVAL = 30, timedelta(days=7)  # failures in a row; never a silent stop

_DAY = 86_400  # seconds


def interval_after_success(
    policy: timedelta, headers: Mapping[str, str], *, rhythm: timedelta = timedelta()
) -> timedelta:
    """Time until the next fetch: the longest of policy, the source's rhythm and the cache headers, 15 min to 24 h.

    `headers` have lower-case names, as in `fetch.Response`.
    """
    return min(max(policy, rhythm, _freshness(headers), SHORTEST_INTERVAL), LONGEST_INTERVAL)


def rhythm_of(entries: int, *, period: timedelta) -> timedelta:
    """Half the mean time between the entries that came within the period, and half a day at most.

    Asking more often finds little; asking more rarely lets news wait, and leaves no question that a 304 may answer.
    """
    return min(period / (entries + 1) / 2, LONGEST_INTERVAL / 2)


def interval_after_failure(
    policy: timedelta, *, failures: int, jitter: float, retry_after: int | None = None
) -> timedelta:
    """Time until the next try: policy × failures in a row, at most 24 h, and never before `retry_after` (seconds).

    After thirty failures in a row a source is still asked once a week: it may come back from the dead.
    `jitter` (0 to 1) spreads over a tenth of the time the sources that failed together.
    """
    usual = UNDEAD_INTERVAL if failures >= UNDEAD_AFTER else min(policy * failures, LONGEST_INTERVAL)
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
    if re.search(r"\bno-(cache|store)\b", cache):
        return timedelta()
    age = re.search(r"(?<![\w-])max-age\s*=\s*\"?([0-9]{1,9})", cache)
    seconds = int(age[1]) if age else _seconds_until(headers.get("expires", ""), headers)
    return timedelta(seconds=min(max(seconds or 0, 0), _DAY))


def _seconds_until(when: str, headers: Mapping[str, str]) -> int | None:
    """Count from the server's own clock, which may be wrong, to a date that it gave; None if one is no date."""
    then, sent = parse_http_date_safe(when), parse_http_date_safe(headers.get("date", ""))
    return None if then is None or sent is None else then - sent
