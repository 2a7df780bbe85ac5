"""How the parts of a deal are written: dates as precise as their source, sums, quantities, other readings."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.legs import LIVE
from indicators.models import Leg, LegDetail
from indicators.templatetags.display import country, day, leg_in_words, locale, money, number, percent
from indicators.templatetags.vocabulary import FLOWS, INSTRUMENTS

register = template.Library()

QUANTITIES = {
    "gigawatts": gettext_lazy("%(count)s GW"),
    "chips": gettext_lazy("%(count)s chips"),
    "vehicles": gettext_lazy("%(count)s vehicles"),
    "chips_as_stated": gettext_lazy("chips: “%(count)s”"),
    "start": gettext_lazy("from %(count)s on"),
}


@register.filter
def told_date(told: str) -> str:
    """A date as precise as its source: 22 sept. 2025, sept. 2025, 2025; as it stands where it is none."""
    for pattern, length in (("%Y-%m-%d", 10), ("%Y-%m", 7)):
        try:
            on = datetime.strptime(told, pattern).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
        return day(on) if length == 10 else format_date(on, "MMM y", locale=locale())
    return told


@register.filter
def dollars(value: Decimal) -> str:
    """A sum in dollars: 503,9 Md$ · $503.9bn."""
    return money(value, "USD")


@register.filter
def is_live(status: str) -> bool:
    """Whether a deal of this status counts in totals, where it counts at all."""
    return status in LIVE


@register.filter
def quantities(physical: Mapping[str, Any]) -> str:
    """What is delivered, in words: 10 GW, 400 000 puces, GB200, Abilene."""
    return ", ".join(_quantity(name, value) for name, value in physical.items())


@register.filter
def vendor_in_words(vendor: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Which part of an amount ends with a chip maker, as far as it is told: « puces de Nvidia : 100 % du montant »."""
    lo, hi = Decimal(vendor["lo"]), Decimal(vendor["hi"])
    told = {"vendor": names.get(vendor["actor"], vendor["actor"]), "low": percent(lo), "high": percent(hi)}
    if lo == hi:
        return _("chips of %(vendor)s: %(low)s of the amount") % told
    if not lo and hi == 1:
        return _("chips of %(vendor)s: their share of the amount is not disclosed") % told
    return _("chips of %(vendor)s: from %(low)s to %(high)s of the amount") % told


@register.filter
def term_in_words(term: Mapping[str, Any]) -> str:
    """How long a contract runs: from when, until when, over how many years, as far as anybody said it."""
    years = term.get("years")
    lo, hi = years if isinstance(years, list) else (years, years)
    span = None
    if lo:
        count = {"count": number(Decimal(str(lo))), "most": number(Decimal(str(hi)))}
        span = (_("%(count)s years") if lo == hi else _("%(count)s to %(most)s years")) % count
    start, end = (told_date(str(term.get(side) or "")) for side in ("start", "end"))
    told = [start and _("from %(day)s") % {"day": start}, end and _("until %(day)s") % {"day": end}, span]
    return ", ".join(filter(None, told)) or str(term.get("as_stated") or "")


@register.filter
def detail_in_words(detail: LegDetail, names: Mapping[str, str]) -> str:
    """A value that a source tells of a payment; a dash where it tells that there is none."""
    if detail.value is None or detail.value in ({}, []):
        return "—"
    match detail.field, detail.value:
        case "term", term:
            return str(term.get("as_stated") or "") or term_in_words(term)
        case "physical", physical:
            return quantities(physical)
        case "vendors", vendors:
            return "; ".join(vendor_in_words(each, names) for each in vendors)
        case "conditional_on", leg:
            return leg_in_words(leg)
        case "instrument", code:
            return str(INSTRUMENTS.get(code, code))
        case "contingent", told:
            return _("only if something happens") if told else _("without any condition of a guarantee")
        case _kind, told:
            return _("in cash") if told else _("not in cash")


@register.filter
def reading_in_words(reading: Mapping[str, str], leg: Leg) -> str:
    """Another way to read a payment: who would pay whom, and for what."""
    ends = {leg.payer.slug: leg.payer.name, leg.payee.slug: leg.payee.name}
    flow = str(FLOWS.get(reading.get("flow", leg.flow), FLOWS[leg.flow]))
    payer, payee = reading.get("payer", leg.payer.slug), reading.get("payee", leg.payee.slug)
    words = flow % {"payer": ends.get(payer, payer), "payee": ends.get(payee, payee)}
    instrument = reading.get("instrument", "")
    return f"{words} ({INSTRUMENTS.get(instrument, instrument)})" if instrument else words


def _quantity(name: str, value: Any) -> str:
    if name == "place":
        return country(str(value))
    count = str(value) if isinstance(value, str) and not value.replace(".", "").isdigit() else (
        str(value) if name == "start" else number(Decimal(str(value)))
    )  # fmt: skip
    return str(QUANTITIES[name]) % {"count": count} if name in QUANTITIES else count
