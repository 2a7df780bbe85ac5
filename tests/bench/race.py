"""Two ways of doing the same work, taken in turn in one run."""

from collections.abc import Callable
from dataclasses import dataclass
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter

ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table; `bar` is what the design asks of the ratio or of the rate."""

    what: str
    ours: str
    beside: str
    ratio: float
    bar: str = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Our way and another, each a function that does `amount` units of work and returns the seconds it took."""

    what: str
    ours: Callable[[], float]
    other: Callable[[], float]
    other_name: str
    amount: float
    unit: str
    bar: str = "—"

    def run(self) -> Line:
        """How many times faster ours is."""
        ours, other = _medians(self.ours, self.other)
        return Line(
            what=self.what,
            ours=f"{self.amount / ours:,.4g} {self.unit}/s",
            beside=f"{self.other_name} {self.amount / other:,.4g}",
            ratio=other / ours,
            bar=self.bar,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The same work on more and on less: what the ratio of their times is."""

    what: str
    more: Callable[[], float]
    less: Callable[[], float]
    less_name: str
    bar: str = "—"

    def run(self) -> Line:
        """How many times longer more takes."""
        more, less = _medians(self.more, self.less)
        return Line(
            what=self.what,
            ours=f"{1000 * more:,.4g} ms",
            beside=f"{self.less_name} {1000 * less:,.4g} ms",
            ratio=more / less,
            bar=self.bar,
        )


def cpu(work: Callable[[], object]) -> float:
    """Seconds of processor that the work took, here and in children that ended."""
    started = _cpu_seconds()
    work()
    return _cpu_seconds() - started


def wall(work: Callable[[], object]) -> float:
    """Seconds that passed, for work that a database server does in part."""
    started = perf_counter()
    work()
    return perf_counter() - started


def _medians(*runners: Callable[[], float]) -> list[float]:
    rounds = [[runner() for runner in runners] for _ in range(ROUNDS)]
    return [median(column) for column in zip(*rounds, strict=True)]


def _cpu_seconds() -> float:
    used = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in used)
