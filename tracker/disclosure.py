"""How decisions are shared out, told to the public as observations: how many accepted, why refused, how fast."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import override

from indicators import publishing
from indicators.models import Measure, Observation, Stance
from indicators.models.status import DECISION_REASON, DECISION_SECONDS, DECISIONS, REQUESTS
from tracker import alerts, balance
from tracker.models import Contribution, Decision

GROUPS = ("indicator", "tier", "language")


class Told(NamedTuple):
    """One figure: its measure, what it is about, and the two numbers."""

    code: str
    variant: str
    numerator: int | None
    denominator: int | None


def record_balance(*, now: datetime) -> None:
    """Publish the balance of the last ninety days; figures that did not change are not written again.

    What was told and has no decisions left is told once more, as none of none. A drift is told to those who watch over
    our decisions.
    """
    today = timezone.localdate(now)
    told = list(figures(now=now))
    named = {(each.code, each.variant) for each in told}
    before = _before()
    gone = [Told(*key, 0, 0) for key, values in before.items() if key not in named and values != (0, 0)]
    for each in [*told, *gone]:
        if before.get((each.code, each.variant)) != (each.numerator, each.denominator):
            publishing.observe(
                each.code,
                period=(today - balance.PERIOD + timedelta(days=1), today),
                numerator=each.numerator,
                denominator=each.denominator,
                variant=each.variant,
                now=now,
            )
    if balance.drift_of(now):
        alerts.drifted(now=now)


def figures(*, now: datetime) -> Iterator[Told]:
    """Accepted of decided by stance, all together and by group; refusals by reason; the median time; what is late."""
    made = balance.decisions(since=now - balance.PERIOD, until=now)
    stances = made.filter(candidate__stance__in=[Stance.SUPPORTS, Stance.CONTRADICTS])
    accepted = Count("pk", filter=~Q(verdict=Decision.Verdict.REJECTED))
    for group in ("all", *GROUPS):
        by = [balance.BY["stance"], *([balance.BY[group]] if group != "all" else [])]
        rows = stances.values_list(*by).annotate(_accepted=accepted, _decided=Count("pk")).order_by()
        for stance, *value, some, decided in rows:
            name = str(value[0] or "") if value else "all"
            yield Told(DECISIONS, f"{group}:{name}:{stance}", some, decided)
    refused = made.filter(verdict=Decision.Verdict.REJECTED).values_list("reason").annotate(Count("pk"))
    for reason, count in refused.order_by():
        yield Told(f"{DECISION_REASON}{reason}", "", count, None)
    for verdict, median in balance.seconds(made).items():
        yield Told(DECISION_SECONDS, verdict, round(median), None)
    asked = [kind for kind, clock in Contribution.CLOCKS.items() if clock.acknowledged]
    waiting = Contribution.objects.waiting().filter(kind__in=asked).distinct()
    if waiting.exists():
        yield Told(REQUESTS, "", waiting.filter(due_at__lte=now).count(), waiting.count())


def measures() -> list[Measure]:
    """The measures that this module publishes, not saved."""
    texts = {
        DECISIONS: (
            "Décisions acceptées, parmi celles de 90 jours",
            "Decisions accepted, of those of 90 days",
        ),
        DECISION_SECONDS: (
            "Temps médian d’une décision, en secondes",
            "Median time of a decision, in seconds",
        ),
        REQUESTS: (
            "Demandes de correction en retard, parmi celles qui attendent",
            "Requests for correction that are late, of those that wait",
        ),
    }
    general = [
        Measure(code=code, name_fr=french, name_en=english) for code, (french, english) in texts.items()
    ]
    return general + [
        Measure(code=f"{DECISION_REASON}{reason.value}", name_fr=_in("fr", reason), name_en=_in("en", reason))
        for reason in Decision.Reason
    ]


def _in(language: str, reason: Decision.Reason) -> str:
    with override(language):
        return str(reason.label)


def _before() -> dict[tuple[str, str], tuple[int | None, int | None]]:
    """What was told last of each figure."""
    rows = Observation.objects.filter(measure__code__startswith=DECISIONS).order_by(
        "measure__code", "variant", "-pk"
    )
    named = rows.values_list("measure__code", "variant", "numerator", "denominator")
    return {key: next(group)[2:] for key, group in groupby(named.iterator(), key=lambda row: row[:2])}
