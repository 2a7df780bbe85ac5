"""How decisions are shared out: by stance, indicator, tier, language and reason, how fast, and whether evenly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import median

from django.db.models import Count, F, Q, QuerySet

from indicators.models.choices import Stance
from tracker.models import Candidate, Decision

PERIOD = timedelta(days=90)
Z = 1.96  # 95 of 100
BY = {
    "stance": "candidate__stance",
    "indicator": "candidate__indicator__code",
    "tier": "candidate__document__source__tier",
    "language": "candidate__document__language",
    "reason": "reason",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of `decided` candidates of one kind, how many were accepted (merged into evidence included)."""

    value: str
    accepted: int
    decided: int

    @property
    def rate(self) -> float | None:
        return self.accepted / self.decided if self.decided else None

    @property
    def bounds(self) -> tuple[float, float]:
        """Where the rate lies, with the confidence of `Z` (Wilson 1927)."""
        return wilson(self.accepted, self.decided)


def decisions(*, since: datetime, until: datetime) -> QuerySet[Decision]:
    """The verdicts of that time that stand: undone ones, proposals and snoozes are none."""
    verdicts = (Decision.Verdict.ACCEPTED, Decision.Verdict.REJECTED, Decision.Verdict.MERGED)
    made = Decision.objects.filter(verdict__in=verdicts, decided_at__gte=since, decided_at__lt=until)
    return made.filter(candidate__state=F("verdict")).order_by()


def shares(made: QuerySet[Decision], by: str) -> list[Share]:
    """The rate of acceptance for each value of one of BY, most decided first."""
    accepted = Count("pk", filter=~Q(verdict=Decision.Verdict.REJECTED))
    rows = made.values_list(BY[by]).annotate(_accepted=accepted, _decided=Count("pk")).order_by()
    told = [Share(value=str(value or ""), accepted=some, decided=all_) for value, some, all_ in rows]
    return sorted(told, key=lambda each: (-each.decided, each.value))


def seconds(made: QuerySet[Decision], by: str = "verdict") -> Mapping[str, float]:
    """The median time from opening a candidate to its decision, by verdict or by reason."""
    told: dict[str, list[int]] = {}
    for value, taken in made.exclude(seconds=None).values_list(by, "seconds"):
        told.setdefault(value, []).append(taken)
    return {value: median(taken) for value, taken in sorted(told.items())}


def drift(made: Iterable[Share]) -> tuple[Share, Share] | None:
    """Examples and counter-examples, when they are accepted at rates that chance does not explain; else None."""
    told = {share.value: share for share in made}
    pair = (told.get(Stance.SUPPORTS), told.get(Stance.CONTRADICTS))
    if not all(pair):
        return None
    (low, high), (other_low, other_high) = (share.bounds for share in pair)
    return pair if low > other_high or other_low > high else None


def drift_of(now: datetime) -> tuple[Share, Share] | None:
    """The drift of the last PERIOD, if any."""
    return drift(shares(decisions(since=now - PERIOD, until=now), "stance"))


def waiting(now: datetime) -> Mapping[str, int]:
    """How many wait, by stance: what is left undecided is a choice too."""
    rows = Candidate.objects.waiting(now).order_by().values_list("stance").annotate(Count("pk"))
    return dict(rows)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The interval of a rate, 0 to 1 where nothing is known (Wilson 1927)."""
    if not trials:
        return (0.0, 1.0)
    rate, square = successes / trials, Z * Z / trials
    middle = (rate + square / 2) / (1 + square)
    reach = Z * sqrt(rate * (1 - rate) / trials + square / (4 * trials)) / (1 + square)
    return (max(0.0, middle - reach), min(1.0, middle + reach))
