"""Dates as publishers write them; what is not understood for certain is no date at all. Pure."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from time import struct_time

_RAW_LIMIT = 100
_FIRST_YEAR, _LAST_YEAR = 1995, 2100  # the web's own feeds begin in the nineties

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier", "feb february fév févr février fev fevrier", "mar march mars",
            "apr april avr avril", "may mai", "jun june juin", "jul july juil juillet",
            "aug august août aout", "sep sept september septembre", "oct october octobre",
            "nov november novembre", "dec december déc décembre decembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Hours from UTC of the zone names of RFC 822 and of the news agencies; feedparser takes the others for UTC.
_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "SGT": 8, "HKT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "AEST": 10,
    "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
_MAIL_DATE = re.compile(
    r"(?:[^\W\d_]{2,12}\.?(?:,\s*|\s+))?(?P<day>\d{1,2})[\s-]+(?P<month>[^\W\d_]{3,9})\.?[\s-]+(?P<year>\d{4}|\d\d)"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?)?\s*(?P<zone>\S.*)?"
)
_OFFSET = re.compile(r"(?:(?:GMT|UTC|UT)\s?)?([+-])(\d{1,2}):?(\d\d)?(?:\s*\([\w .]*\))?", re.IGNORECASE)
_LAST_WORD = re.compile(r"([A-Za-z]{2,})\)?\s*$")
_SLASHED = re.compile(r"(\d{4})[/年]\s*(\d{1,2})[/月]\s*(\d{1,2})日?(?![\d/])")
_ISO = re.compile(r"\d{4}-?(?:\d\d-?\d\d|W\d\d-?\d)(?!\d)")
_NAMED_ZONE = re.compile(r"([\d:.,T -]*\d)\s*([A-Z]{2,4})")
_DAY_AND_OFFSET = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\s*(\d{4})-?(\d\d)-?(\d\d)(?!\d)", re.ASCII)


def read_instant(raw: str, *, guess: struct_time | None = None) -> datetime | None:
    """An aware UTC instant from an ISO 8601 or mail date; `guess` (a library's reading) only where it is safe."""
    raw = raw[:_RAW_LIMIT].strip()
    try:
        instant = _iso(raw) or _mail(raw)
        if instant is None and guess and _trusted(raw):
            instant = datetime(*guess[:6], tzinfo=UTC)
        return _plausible(instant)
    except (ValueError, OverflowError):
        return None


def read_day(raw: str) -> date | None:
    """The day as written, whatever the offset behind it: "2025-04-02+02:00", "20250402", "2025-04-02Z"."""
    found = _DAY.match(raw[:_RAW_LIMIT])
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return day if day and _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _iso(raw: str) -> datetime | None:
    if slashed := _SLASHED.match(raw):
        raw = "{}-{:0>2}-{:0>2}".format(*slashed.groups()) + raw[slashed.end() :]
    if not _ISO.match(raw):
        return None
    if zoned := _DAY_AND_OFFSET.fullmatch(raw):  # of XML; Python wants an hour between
        raw = f"{zoned[1]}T00:00:00{zoned[2]}"
    zone: tzinfo | None = UTC
    if named := _NAMED_ZONE.fullmatch(raw):
        raw, zone = named[1], _zone(named[2])
    try:
        instant = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if instant.tzinfo:
        return instant
    return instant.replace(tzinfo=zone) if zone else None


def _mail(raw: str) -> datetime | None:
    found = _MAIL_DATE.fullmatch(raw)
    if not found:
        return None
    month, zone = _MONTHS.get(found["month"].lower()), _zone(found["zone"])
    if not month or zone is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += 2000 if year < 70 else 1900
    clock = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    hour, minute, second = clock
    return datetime(year, month, int(found["day"]), hour, minute, min(second, 59), tzinfo=zone)


def _zone(words: str | None) -> timezone | None:
    if not words:
        return UTC
    words = words.strip()
    if words.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[words.upper()]))
    found = _OFFSET.fullmatch(words)
    if not found or int(found[2]) > 14 or int(found[3] or 0) > 59:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(offset if found[1] == "+" else -offset)


def _trusted(raw: str) -> bool:
    """Whether feedparser reads this kind of date right: not with slashes, not with a zone it does not know."""
    last = _LAST_WORD.search(raw)
    if "/" in raw or re.search(r"[+-]\d\d:?[6-9]\d|[+-](?:1[5-9]|[2-9]\d):?\d\d$", raw):
        return False
    return not last or last[1].upper() in _ZONES or last[1].lower() in _MONTHS


def _plausible(instant: datetime | None) -> datetime | None:
    if instant is None or not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        return None
    return instant.astimezone(UTC)
