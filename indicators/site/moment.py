"""The two clocks of a page: the world as of a day, the record as it was known at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.core.exceptions import BadRequest
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

# The rule looks months back: its dates stay far from the beginning of the calendar.
FIRST_DAY = date(2000, 1, 1)


class BadParameterError(BadRequest):
    """A value in the address that the page cannot read; the 400 page says which, and what is accepted."""

    def __init__(self, name: str, value: str, accepted: str) -> None:
        super().__init__(f"{name}={value}")
        self.name = name
        self.value = value
        self.accepted = accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a page shows: the world of `as_of`, in the record of `known_at`; `past` when the reader asked for it."""

    as_of: date
    known_at: datetime
    past: bool = False


def moment_of(request: HttpRequest) -> Moment:
    """The moment that the address asks for, now by default. Raises BadParameterError."""
    return moment_from(request.GET, now=timezone.now())


def moment_from(query: QueryDict, *, now: datetime) -> Moment:
    """The moment asked for by `as_of` (a day) and `known_at` (a day or a time), neither of them in the future.

    Asked for the record alone, the world is the one of that day. Raises BadParameterError.
    """
    known_at = _time(query["known_at"], now) if "known_at" in query else now
    today = timezone.localdate(known_at)
    as_of = day_from("as_of", query["as_of"]) if "as_of" in query else today
    if not FIRST_DAY <= as_of <= timezone.localdate(now):
        raise BadParameterError("as_of", query["as_of"], _("a day from 2000 up to today, written 2026-10-14"))
    return Moment(as_of=as_of, known_at=known_at, past="as_of" in query or "known_at" in query)


def day_from(name: str, value: str) -> date:
    """The day that a parameter writes as 2026-10-14. Raises BadParameterError."""
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        raise BadParameterError(name, value, _("a day, written 2026-10-14")) from None


def one_of(name: str, query: QueryDict, accepted: Iterable[str]) -> str:
    """The value that an address gives to `name`, empty when it gives none. Raises BadParameterError."""
    value = query.get(name, "")
    if value and value not in accepted:
        raise BadParameterError(name, value, ", ".join(accepted))
    return value


def start_of(day: date) -> datetime:
    """The moment at which a day begins in Paris."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _time(value: str, now: datetime) -> datetime:
    accepted = _("a day or a time up to now, written 2026-10-14 or 2026-10-14T09:00:00Z")
    try:
        # A bare + in an address arrives as a space.
        known_at = datetime.fromisoformat(value.replace(" ", "+"))
        if len(value) == len("2026-10-14"):
            known_at = datetime.combine(known_at, time.max)
        if timezone.is_naive(known_at):
            known_at = timezone.make_aware(known_at)
        allowed = FIRST_DAY <= timezone.localdate(known_at) <= timezone.localdate(now)
    except (ValueError, OverflowError):
        raise BadParameterError("known_at", value, accepted) from None
    if not allowed:
        raise BadParameterError("known_at", value, accepted)
    return min(known_at, now)
