"""Official exchange rates as they are kept: each with its day and its source, never written over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from indicators.models import ExchangeRate
from indicators.rules.rates import Rate

_AT_ONCE = 2_000
_PLACES = 8  # as they are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A rate that a source tells otherwise than the one that is kept."""

    day: date
    currency: str
    kept: Decimal
    told: Decimal

    def __str__(self) -> str:
        return f"{self.day} {self.currency}: {self.kept.normalize():f} ≠ {self.told.normalize():f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of the rates of one source."""

    added: int
    known: int
    differing: tuple[Differing, ...]


def record(told: Sequence[Rate], *, source_url: str) -> Recorded:
    """Keep the rates that are new. One that is kept for its day and currency stays, and is told where it differs.

    Safe to run twice and to be killed: what was kept by then is known the next time.
    """
    ordered, added, differing = sorted(told), 0, []
    for start in range(0, len(ordered), _AT_ONCE):
        part = ordered[start : start + _AT_ONCE]
        found = ExchangeRate.objects.filter(day__range=(part[0].day, part[-1].day))
        kept = {(rate.day, rate.currency): rate.per_euro for rate in found}
        new = []
        for rate in part:
            before = kept.get(rate[:2])
            if before is None:
                kept[rate[:2]] = round(rate.per_euro, _PLACES)
                new.append(ExchangeRate(**rate._asdict(), source_url=source_url))
            elif before != round(rate.per_euro, _PLACES):
                differing.append(
                    Differing(day=rate.day, currency=rate.currency, kept=before, told=rate.per_euro)
                )
        ExchangeRate.objects.bulk_create(new, ignore_conflicts=True)  # another worker may read the same
        added += len(new)
    return Recorded(added=added, known=len(told) - added - len(differing), differing=tuple(differing))
