"""Arithmetic on what is only known between two bounds: concentration, shares, means, exposure. Pure.

A bound is a number; an upper bound of None is infinite. What depends on nothing at all is None: it does not exist
(deals-and-index §4).
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import product
from math import inf

Item = tuple[float, float | None]
Share = tuple[float, float]
Weighed = tuple[float, float | None, float, float]

EXACT_UP_TO = 16


class NotApplicable(StrEnum):
    """A measure that makes no sense for an actor: it enters no mean, and is not the same as missing."""

    NA = "NA"


NA = NotApplicable.NA


def hhi(amounts: Sequence[Item], remainder: Item = (0, 0)) -> Share | None:
    """Herfindahl-Hirschman index of suppliers known between bounds; `remainder` is spent with nobody knows whom.

    Lower bound by water-filling, the remainder spread thin; upper bound at a corner of the box, the remainder with
    the largest (deals-and-index §4). Exact up to sixteen uncertain suppliers, an outer bound beyond.
    """
    spent = [(lo, opened(hi)) for lo, hi in amounts if hi != 0]
    rest = opened(remainder[1])
    if not spent:
        return (0.0, 1.0) if rest else None
    return _least_concentrated(spent, rest), _most_concentrated(spent, rest)


def share(items: Sequence[Weighed]) -> Share | None:
    """The mean of values known between `a` and `b`, weighed by amounts known between `lo` and `hi`: (lo, hi, a, b).

    None when all amounts are nothing for sure.
    """
    if not any(opened(hi) for _lo, hi, _a, _b in items):
        return None
    low = _lowest([(lo, opened(hi), a) for lo, hi, a, _b in items])
    return low, -_lowest([(lo, opened(hi), -b) for lo, hi, _a, b in items])


def exposure(commitments: Item | None, revenue: Item | None) -> tuple[float | None, float | None]:
    """Commitments in revenues; None of either is unknown. A lower bound of None is infinite too: owing something on no
    revenue at all. Owing nothing is 0, whatever the revenue.
    """
    owed_lo, owed_hi = commitments or (0, None)
    if owed_hi == 0:
        return 0.0, 0.0
    earned_lo, earned_hi = revenue or (0, None)
    low = None if earned_hi == 0 and owed_lo else 0.0 if not earned_hi else owed_lo / earned_hi
    high = None if owed_hi is None or not earned_lo else owed_hi / earned_lo
    return low, high


def opened(bound: float | None) -> float:
    """A bound as a number: None is infinite."""
    return inf if bound is None else bound


def shut(bound: float) -> float | None:
    """A number as a bound: infinite is None."""
    return None if bound == inf else bound


def total(amounts: Sequence[Item]) -> Item:
    """The sum of amounts: without an upper bound as soon as one of them has none."""
    highs = [hi for _lo, hi in amounts]
    return sum(lo for lo, _hi in amounts), None if None in highs else sum(
        hi for hi in highs if hi is not None
    )


def _least_concentrated(spent: Sequence[tuple[float, float]], rest: float) -> float:
    """The least Σx²/(Σx + rest)²: all suppliers as near to one level as their bounds allow."""
    if rest == inf:
        return 0.0
    levels = sorted({bound for pair in spent for bound in pair if 0 < bound < inf})
    tried = [*levels, *(_level(spent, rest, low) for low in [0.0, *levels])]
    filled = [[min(max(level, lo), hi) for lo, hi in spent] for level in tried if level > 0]
    found = [sum(x * x for x in xs) / (sum(xs) + rest) ** 2 for xs in filled if sum(xs) + rest > 0]
    return min(
        [*found, *([0.0] if rest and not any(lo for lo, _hi in spent) else [])], default=1 / len(spent)
    )


def _level(spent: Sequence[tuple[float, float]], rest: float, above: float) -> float:
    """Where the derivative is zero, if the suppliers bound on either side of `above` stay at their bounds."""
    fixed = [lo if lo > above else hi for lo, hi in spent if lo > above or hi <= above]
    spread = sum(fixed) + rest
    return sum(x * x for x in fixed) / spread if spread else 0.0


def _most_concentrated(spent: Sequence[tuple[float, float]], rest: float) -> float:
    """The greatest Σx²/(Σx)² at a corner of the box, `rest` put on the largest."""
    if rest == inf or any(hi == inf for _lo, hi in spent):
        return 1.0
    wide = sorted((pair for pair in spent if pair[0] < pair[1]), key=lambda pair: pair[0] - pair[1])
    certain = [lo for lo, hi in spent if lo == hi]
    beyond = wide[EXACT_UP_TO:]
    most = 0.0
    for corner in product(*wide[:EXACT_UP_TO]):
        most = max(most, _concentration([*certain, *corner], beyond, rest))
    return min(most, 1.0)


def _concentration(xs: Sequence[float], beyond: Sequence[tuple[float, float]], extra: float) -> float:
    top = max([*xs, *(hi for _lo, hi in beyond)], default=0.0)
    squares = sum(x * x for x in xs) + sum(hi * hi for _lo, hi in beyond) - top * top + (top + extra) ** 2
    whole = sum(xs) + sum(lo for lo, _hi in beyond) + extra
    return squares / whole**2 if whole else 0.0


def _lowest(items: Sequence[tuple[float, float, float]]) -> float:
    """The least mean of the values: as much weight as possible on the small ones, as little on the others."""
    ordered = sorted((value, lo, hi) for lo, hi, value in items if hi)
    weight = sum(lo for _value, lo, _hi in ordered)
    if not weight:
        return ordered[0][0]
    mean = sum(value * lo for value, lo, _hi in ordered) / weight
    for value, lo, hi in ordered:
        if value >= mean:
            break
        if hi == inf:
            return value
        mean = (mean * weight + value * (hi - lo)) / (weight + hi - lo)
        weight += hi - lo
    return mean
