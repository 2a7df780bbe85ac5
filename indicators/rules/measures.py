"""What the observations of a measure prove over a number of months. Pure."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sqrt

from indicators.rules.ladder import Share
from indicators.rules.record import Tally

COVERAGE = "coverage"
DETECTED = "detected"  # the variant of an observation that a machine made and nobody confirmed
MIN_CASES = 10  # a percentage of fewer cases is shown to nobody, and moves nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a share predicate found: the observations it read, newest first, their sums, and whether it holds."""

    tallies: tuple[Tally, ...]
    holds: bool
    numerator: float = 0
    denominator: float = 0
    unknown: float = 0
    share: float | None = None
    known: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """So many hits among so many cases: the share, and how far it may be from the truth."""

    hits: int
    cases: int

    @property
    def share(self) -> float | None:
        return self.hits / self.cases if self.cases else None

    @property
    def bounds(self) -> tuple[float, float]:
        """Where the true share lies, 95 times in 100 (E. B. Wilson, 1927): good for few cases and for shares near 0 or 1."""
        z = 1.959964  # the standard normal quantile of 97.5 %
        if not self.cases:
            return 0.0, 1.0
        share, weight = self.hits / self.cases, z * z / self.cases
        middle = (share + weight / 2) / (1 + weight)
        half = sqrt(share * (1 - share) * weight + weight * weight / 4) / (1 + weight)
        return max(middle - half, 0.0), min(middle + half, 1.0)


def months_before(day: date, months: int) -> date:
    """The same day `months` earlier, or the last day of that month."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def published(tallies: Iterable[Tally], *, as_of: date, known_at: datetime) -> list[Tally]:
    """Confirmed observations of periods ended by `as_of`, published by `known_at`, newest first, without overlap.

    Of two observations that overlap, the one that ends later counts; of the same end, the one published last.
    """
    newest_first = sorted(
        (
            each
            for each in tallies
            if each.confirmed and each.period_end <= as_of and each.published_at <= known_at
        ),
        key=lambda each: (
            each.period_end,
            each.published_at,
            each.period_start,
            each.numerator,
            each.denominator,
        ),
        reverse=True,
    )
    chain: list[Tally] = []
    for tally in newest_first:
        if not chain or tally.period_end < chain[-1].period_start:
            chain.append(tally)
    return chain


def measured(need: Share, tallies: Iterable[Tally], *, as_of: date, known_at: datetime) -> Measured:
    """What the observations say of a share predicate at a date, as known at a moment.

    The newest observation must have ended within `need.months` of `as_of`; from its end, the observations are
    read backwards until they cover `need.months`. If they never do, the predicate does not hold, unless it asks
    for nothing but the newest share of a panel.
    """
    chain = published(
        (each for each in tallies if each.measure == need.measure), as_of=as_of, known_at=known_at
    )
    if not chain or chain[0].period_end <= months_before(as_of, need.months):
        return Measured(tallies=(), holds=False)
    start = months_before(chain[0].period_end, need.months) + timedelta(days=1)
    covering = next((place for place, each in enumerate(chain) if each.period_start <= start), None)
    read = chain if covering is None else chain[: covering + 1]
    spans = covering is not None or (need.panel > 0 and not need.held)
    together = _together(need, read)
    reached = _reached(need, read) if need.held else _reached(need, [together])
    return Measured(
        tallies=tuple(read),
        holds=spans and len(read) >= need.held and reached,
        numerator=float(together.numerator),
        denominator=float(together.denominator),
        unknown=float(together.unknown),
        share=_share(need, together),
        known=_ratio(together.denominator, together.denominator + together.unknown),
    )


def coverage(tallies: Iterable[Tally], *, as_of: date, known_at: datetime, days: int) -> float | None:
    """The share of the watch that worked over the last `days`; None when nothing says so."""
    chain = published((each for each in tallies if each.measure == COVERAGE), as_of=as_of, known_at=known_at)
    recent = [each for each in chain if each.period_end > as_of - timedelta(days=days)]
    return _ratio(sum(each.numerator for each in recent), sum(each.denominator for each in recent))


def _together(need: Share, read: Sequence[Tally]) -> Tally:
    # A panel is the same members each time: its newest observation stands for all, sums would count them twice.
    if need.panel:
        return read[0]
    return Tally(
        measure=need.measure,
        period_start=read[-1].period_start,
        period_end=read[0].period_end,
        published_at=read[0].published_at,
        numerator=sum(each.numerator for each in read),
        denominator=sum(each.denominator for each in read),
        unknown=sum(each.unknown for each in read),
    )


def _reached(need: Share, read: Sequence[Tally]) -> bool:
    return all(
        each.denominator >= MIN_CASES
        and each.denominator + each.unknown >= need.panel
        and (_ratio(each.denominator, each.denominator + each.unknown) or 0) >= need.known
        and (_share(need, each) or 0) >= need.share
        for each in read
    )


def _share(need: Share, tally: Tally) -> float | None:
    return _ratio(tally.numerator, tally.denominator + (tally.unknown if need.panel else 0))


def _ratio(part: int | Decimal, whole: int | Decimal) -> float | None:
    return float(part / whole) if whole else None
