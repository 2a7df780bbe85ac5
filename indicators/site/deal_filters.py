"""The filters of the registry of deals, read from the address; an unknown one is refused in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.claims import groups
from indicators.models import Actor, Deal, DealParty, Leg
from indicators.rules.measures import months_before
from indicators.site.moment import BadParameterError, Moment, day_from, moment_from, one_of

YES = "true"
CHECKS = ("live", "confirmed", "inferred", "guarantees")
NAMES = ("actor", "instrument", "period", "since", *CHECKS, "page", "as_of", "known_at")
RECENT = {
    "3m": (gettext_lazy("the last three months"), 3),
    "12m": (gettext_lazy("the last twelve months"), 12),
}
UNDATED = "undated"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealFilters:
    """What the reader asked of the registry; empty where nothing was asked."""

    actor: str = ""
    instrument: str = ""
    period: str = ""
    since: date | None = None
    live: bool = False
    confirmed: bool = False
    inferred: bool = False
    guarantees: bool = False

    def narrow(self, as_of: date) -> QuerySet[Deal]:
        """The deals with that actor (or what it controlled on that day) and that instrument."""
        kept = Deal.objects.all()
        if self.actor:
            held = {slug for slug, group in groups(as_of=as_of.isoformat()).items() if group == self.actor}
            who = Actor.objects.filter(slug__in={self.actor, *held}).values("pk")
            paid = Leg.objects.filter(Q(payer__in=who) | Q(payee__in=who)).values("deal")
            kept = kept.filter(
                Q(pk__in=DealParty.objects.filter(actor__in=who).values("deal")) | Q(pk__in=paid)
            )
        if self.instrument:
            kept = kept.filter(pk__in=Leg.objects.filter(instrument=self.instrument).values("deal"))
        return kept

    def shown(self, legs: Iterable[Leg]) -> list[Leg]:
        """The legs to show: inferred ones and guarantees only where they are asked for."""
        return [
            leg
            for leg in legs
            if (self.inferred or not leg.derived) and (self.guarantees or not leg.contingent)
        ]

    def falls_in_period(self, announced: str, as_of: date) -> bool:
        """Whether a deal announced then, as precisely as its source says, may fall in the period asked for."""
        if not self.period:
            return True
        if not announced or self.period == UNDATED:
            return not announced and self.period == UNDATED
        if self.period in RECENT:
            return announced.ljust(10, "~") >= months_before(as_of, RECENT[self.period][1]).isoformat()
        return announced.startswith(self.period)


def periods(announced: Iterable[str]) -> dict[str, str]:
    """The periods that may be asked for, with their words: the last months, each year on record, no date."""
    years = sorted({each[:4] for each in announced if each}, reverse=True)
    recent = {name: str(label) for name, (label, _months) in RECENT.items()}
    return recent | {year: year for year in years} | {UNDATED: _("date not disclosed")}


def asked_of(
    query: QueryDict, *, periods: Mapping[str, str], instruments: Mapping[str, str], now: datetime
) -> tuple[DealFilters, Moment]:
    """The filters and the moment that an address asks for; a field left blank asks nothing. Raises BadParameterError."""
    given = query.copy()
    for name in query:
        if name not in NAMES:
            raise BadParameterError(name, query[name], ", ".join(NAMES))
        if not query[name]:
            del given[name]
    moment = moment_from(given, now=now)
    filters = DealFilters(
        actor=_actor(given),
        instrument=one_of("instrument", given, instruments),
        period=one_of("period", given, periods),
        since=day_from("since", given["since"]) if "since" in given else None,
        **{name: one_of(name, given, (YES, "false")) == YES for name in CHECKS},
    )
    return filters, moment


def _actor(query: QueryDict) -> str:
    value = query.get("actor", "")
    if value and ("\0" in value or not Actor.objects.filter(slug=value).exists()):
        raise BadParameterError("actor", value, _("the name of an actor in an address: nvidia, openai…"))
    return value
