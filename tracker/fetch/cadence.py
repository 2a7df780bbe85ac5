"""When a source may be asked again, from our policy and from what its server says. Pure."""

import math
import re
from collections.abc import Mapping
from datetime import timedelta

from django.utils.http import parse_http_date_safe

SHORTEST_INTERVAL = timedelta(minutes=15)
LONGEST_INTERVAL = timedelta(hours=24)

_DAY = 86_400  # seconds


def interval_after_success(
    policy: timedelta, headers: Mapping[str, str], *, ttl: timedelta = timedelta()
) -> timedelta:
    """Time until the next fetch: the longest of policy, the feed's own ttl and the cache headers, 15 min to 24 h.

    `headers` have lower-case names, as in `fetch.Response`.
    """
    return min(max(policy, ttl, _freshness(headers), SHORTEST_INTERVAL), LONGEST_INTERVAL)


def interval_after_failure(
    policy: timedelta, *, failures: int, jitter: float, retry_after: int | None = None
) -> timedelta:
    """Time until the next try: policy × failures in a row, at most 24 h, and never before `retry_after` (seconds).

    `jitter` (0 to 1) spreads over a tenth of the time the sources that failed together.
    """
    wait = min(policy * failures, LONGEST_INTERVAL) * (1 - jitter / 10)
    return max(wait, timedelta(seconds=retry_after or 0) * (1 + jitter / 10))


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
