"""The filters of the list of evidence, read from the address; an unknown one is refused in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from indicators.models import Assessment, Citation, Evidence, Indicator, Kind, Stance, Tier
from indicators.site.moment import BadParameterError, Moment, day_from, one_of

NAMES = (
    "indicator", "stance", "country", "kind", "tier", "occurred_after", "occurred_before", "retracted", "q",
    "page", "as_of", "known_at",
)  # fmt: skip
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the reader asked the list for; empty where nothing was asked."""

    indicator: str = ""
    stance: str = ""
    country: str = ""
    kind: str = ""
    tier: str = ""
    occurred_after: date | None = None
    occurred_before: date | None = None
    retracted: bool = False
    q: str = ""

    def narrow(self, moment: Moment) -> QuerySet[Evidence]:
        """The evidence that the filters let through at that moment, newest event first."""
        clocks = {"as_of": moment.as_of, "known_at": moment.known_at}
        kept = Evidence.objects.retracted(**clocks) if self.retracted else (
            Evidence.objects.standing_at(**clocks)
        )  # fmt: skip
        plain = {
            "country": self.country,
            "kind": self.kind,
            "occurred_on__gte": self.occurred_after,
            "occurred_on__lte": self.occurred_before,
        }
        kept = kept.filter(**_given(plain))
        if assessed := _given({"indicator__code": self.indicator, "stance": self.stance}):
            kept = kept.filter(pk__in=Assessment.objects.filter(**assessed).values("evidence"))
        if self.tier:
            kept = kept.filter(pk__in=Citation.objects.filter(tier=self.tier).values("evidence"))
        for word in self.q.split():
            kept = kept.filter(_says(word))
        return kept


def filters_from(query: QueryDict) -> Filters:
    """The filters that an address asks for. Raises BadParameterError, for a name or a value."""
    for name in query:
        if name not in NAMES:
            raise BadParameterError(name, query[name], ", ".join(NAMES))
    return Filters(
        indicator=one_of("indicator", query, list(Indicator.objects.values_list("code", flat=True))),
        stance=one_of("stance", query, Stance.values),
        country=_country(query),
        kind=one_of("kind", query, Kind.values),
        tier=one_of("tier", query, [str(tier) for tier in Tier.values]),
        occurred_after=_day("occurred_after", query),
        occurred_before=_day("occurred_before", query),
        retracted=one_of("retracted", query, ("true", "false")) == "true",
        q=_search(query),
    )


def _given(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value}


def _says(word: str) -> Q:
    """The word stands in a title, a summary, the name of the body or a quote."""
    fields = ("title_fr", "title_en", "summary_fr", "summary_en", "owner")
    quoted = Q(pk__in=Citation.objects.filter(quote__icontains=word).values("evidence"))
    return Q(*((f"{field}__icontains", word) for field in fields), quoted, _connector=Q.OR)


def _country(query: QueryDict) -> str:
    value = query.get("country", "")
    if value and not re.fullmatch(r"[A-Z]{2}", value):
        raise BadParameterError("country", value, _("two capital letters: FR, DE, EU…"))
    return value


def _day(name: str, query: QueryDict) -> date | None:
    return day_from(name, query[name]) if query.get(name) else None


def _search(query: QueryDict) -> str:
    value = query.get("q", "")
    if len(value) > LONGEST_SEARCH or not value.isprintable():
        accepted = _("up to %(length)s characters, on one line") % {"length": LONGEST_SEARCH}
        raise BadParameterError("q", value, accepted)
    return value.strip()
