"""Where each indicator stands, why, and the digest that lets anyone check it."""

import json
from argparse import ArgumentParser
from datetime import date, datetime, time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from indicators.models import Indicator, Rung
from indicators.models.standing import status_of
from indicators.rules.status import Status

FIRST_DAY = date(2000, 1, 1)  # nothing is recorded before; the rule looks back over years


class Command(BaseCommand):
    help = "Print the rung, flags, confidence, trace and digest of each indicator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", metavar="DATE", help="the world of that day (YYYY-MM-DD)")
        parser.add_argument(
            "--known-at", metavar="TIME", help="the record as it stood then (2026-11-22T10:00:00Z)"
        )
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *, as_of: str | None, known_at: str | None, json: bool, **options: object) -> None:
        now = timezone.now()
        known = _moment(known_at, now) if known_at else now
        day = _day(as_of) if as_of else timezone.localdate(known)
        rows = [(each, status_of(each, as_of=day, known_at=known)) for each in Indicator.objects.all()]
        if json:
            self.stdout.write(_as_json(rows, day, known))
            return
        for indicator, status in rows:
            self._tell(indicator, status)

    def _tell(self, indicator: Indicator, status: Status) -> None:
        language = "en" if (get_language() or "fr").startswith("en") else "fr"
        self.stdout.write(self.style.MIGRATE_HEADING(f"{indicator.code} · {indicator.statement}"))
        self.stdout.write(
            f"  {status.rung} · {Rung(status.rung).label} · {', '.join(status.flags) or '—'} · {status.confidence}"
        )
        for step in status.trace:
            found = sorted({number for way in step["any"] for each in way for number in each["evidence"]})
            numbers = f" ({', '.join(f'n° {number}' for number in found)})" if found else ""
            self.stdout.write(f"    {'✓' if step['holds'] else '·'} {step['rung']} {step[language]}{numbers}")
        self.stdout.write(f"  {status.digest}")


def _as_json(rows: list[tuple[Indicator, Status]], day: date, known: datetime) -> str:
    told = {
        "as_of": day.isoformat(),
        "known_at": known.isoformat(),
        "indicators": {
            indicator.code: {
                "rung": status.rung,
                "flags": list(status.flags),
                "confidence": status.confidence,
                "trace": list(status.trace),
                "missing": list(status.missing),
                "digest": status.digest,
            }
            for indicator, status in rows
        },
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or day < FIRST_DAY:
        raise CommandError(
            _("“%(given)s” is not a date from 2000 on; write it as 2026-11-22.") % {"given": text}
        )
    return day


def _moment(text: str, now: datetime) -> datetime:
    """A moment of the record, or a day, which stands for its end."""
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-11-22"):
            moment = datetime.combine(moment, time.max)
        if timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        allowed = FIRST_DAY <= timezone.localdate(moment) <= timezone.localdate(now)
    except (ValueError, OverflowError):
        allowed = False
    if not allowed:
        raise CommandError(
            _("“%(given)s” is not a moment from 2000 up to now; write it as 2026-11-22T10:00:00Z.")
            % {"given": text}
        )
    return min(moment, now)
