"""The euro reference rates, asked of the European Central Bank once a day; what came of it is a row."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from indicators import exchange
from indicators.models import ExchangeRate
from indicators.rules import rates
from tracker import fetch, visiting
from tracker.models import RatesFetch

HISTORY, RECENT = "eurofxref-hist.zip", "eurofxref-hist-90d.xml"  # all days since 1999; the last ninety
PAUSE = timedelta(hours=20)
RETRY = timedelta(hours=4)  # after a failure
TOLD = 100  # of the rates that differ, those that are written down


def ask_if_due(*, now: datetime) -> None:
    """Ask once a day, and again some hours after a failure; never where the operator set no RATES_URL."""
    asked = RatesFetch.objects.filter(Q(asked_at__gt=now - RETRY) | Q(error="", asked_at__gt=now - PAUSE))
    if settings.RATES_URL and not asked.filter(asked_at__lte=now).exists():
        ask(now=now)


def ask(*, now: datetime, everything: bool = False) -> RatesFetch:
    """Read the rates of the last days, or of all days when none is kept; a failure is told in the row.

    Rates that are kept stay: one that the bank tells otherwise is told in the row, too.
    """
    every = everything or not ExchangeRate.objects.exists()
    url = settings.RATES_URL + (HISTORY if every else RECENT)
    return RatesFetch.objects.create(asked_at=now, url=url, **_outcome(url, now=now))


def _outcome(url: str, *, now: datetime) -> dict[str, Any]:
    try:
        response = visiting.visit(url, now=now, robot=False)  # files that are there for programs
        told = rates.read(response.body, today=now.date())
    except visiting.BusyError:
        return {"error": _("The server is being asked already, or wants to be left alone.")}
    except fetch.FetchError as error:
        return {"error": str(error)}
    except rates.UnreadableRatesError as error:
        wrong = _("This is not a table of the European Central Bank: line %(line)d cannot be read.")
        return {"error": wrong % {"line": error.line}}
    recorded = exchange.record(told, source_url=response.final_url[:300])
    return {
        "added": recorded.added,
        "known": recorded.known,
        "differing": [str(each) for each in recorded.differing[:TOLD]],
    }
