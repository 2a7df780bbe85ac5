"""« Ce que nous surveillons » : the sources and their health, what they bring, what we look for in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from indicators.models import Indicator
from indicators.rules.measures import MIN_CASES
from indicators.site.moment import Moment, moment_of
from indicators.site.reading import Coverage, coverages_at
from tracker.models import Document, MatchRule, Source

VOLUME_DAYS = 30
HEALTH = {
    Source.State.ACTIVE: gettext_lazy("answers"),
    Source.State.DEGRADED: gettext_lazy("answers now and then"),
    Source.State.FAILING: gettext_lazy("does not answer"),
    Source.State.PAUSED: gettext_lazy("paused by us"),
    Source.State.GONE: gettext_lazy("gone for good"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A source as the public reads it, with what it brought in the last 30 days."""

    source: Source
    documents: int

    @property
    def health(self) -> str:
        if self.source.state == Source.State.ACTIVE and self.source.last_success_at is None:
            return _("not read yet")
        return str(HEALTH[Source.State(self.source.state)])

    @property
    def silent(self) -> bool:
        """It answers, something was expected of it within the 30 days, and nothing came."""
        expected = (self.source.expected_per_week or 0) * VOLUME_DAYS / 7
        return bool(self.source.last_success_at) and expected >= 1 and self.documents == 0


@require_safe
def watch(request: HttpRequest) -> HttpResponse:
    """What is watched and how well: as it stands now, whatever moment is asked for the coverage."""
    moment = moment_of(request)
    sources = _sources(moment.known_at)
    context = {
        "moment": moment,
        "undated": True,
        "days": VOLUME_DAYS,
        "tiers": [(rows[0].source.get_tier_display(), rows) for rows in _by_tier(sources)],
        "sources": sources,
        "documents": sum(each.documents for each in sources),
        "silences": [each for each in sources if each.silent],
        "rules": _rules(moment.known_at),
        "resting": [
            (rule, rule.is_muted(moment.known_at)) for rule in MatchRule.objects.resting(moment.known_at)
        ],
        "coverages": _coverages(moment),
    }
    return render(request, "contribute/watch.html", context)


def _sources(now: datetime) -> list[Watched]:
    since = now - timedelta(days=VOLUME_DAYS)
    counts = Document.objects.filter(first_seen_at__gt=since, first_seen_at__lte=now).values("source")
    documents = dict(counts.annotate(seen=Count("pk")).values_list("source", "seen").order_by())
    rows = Source.objects.exclude(state=Source.State.LOCAL).prefetch_related("indicators")
    return [Watched(source=row, documents=documents.get(row.pk, 0)) for row in rows.order_by("tier", "name")]


def _by_tier(sources: Sequence[Watched]) -> list[list[Watched]]:
    return [list(rows) for _tier, rows in groupby(sources, key=lambda each: each.source.tier)]


def _rules(now: datetime) -> list[tuple[MatchRule, float | None]]:
    """The rules at work, each with the share of its decided candidates that were accepted, once there are enough."""
    rules = (
        MatchRule.objects.active(now)
        .filter(role=MatchRule.Role.RULE)
        .prefetch_related("indicators")
        .with_precision()
    )
    return [
        (rule, rule.accepted / cases if (cases := rule.accepted + rule.rejected) >= MIN_CASES else None)
        for rule in rules
    ]


def _coverages(moment: Moment) -> list[tuple[Indicator, Coverage]]:
    indicators = list(Indicator.objects.all())
    found = coverages_at(indicators, moment)
    return [(each, found[f"coverage-{each.code}"]) for each in indicators]
