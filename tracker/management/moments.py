"""Moments as people type them on a command line."""

import re
from datetime import datetime, timedelta

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _


def moment(since: str, now: datetime) -> datetime:
    """A day, a moment, or a number of days ago. Raises CommandError."""
    if days := re.fullmatch(r"(\d{1,4})d", since):
        return now - timedelta(days=int(days[1]))
    try:
        typed = parse_datetime(since)
        day = parse_date(since)
    except ValueError:
        typed = day = None
    if typed is None and day is None:
        raise CommandError(
            _("“%(since)s” is no day: write 2026-11-01, 2026-11-01T08:00 or 7d.") % {"since": since}
        )
    if day:
        typed = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - made aware below
    return timezone.make_aware(typed) if timezone.is_naive(typed) else typed
