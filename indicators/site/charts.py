"""The drawings of the pages, as plain geometry that a template writes in SVG. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

LEFT, RIGHT, TOP, STEP = 16, 388, 14, 24
FOOT = TOP + 5 * STEP
EXAMPLES, COUNTEREXAMPLES, AXIS = FOOT + 22, FOOT + 44, FOOT + 66
WIDE, BAR_LEFT, BAR_RIGHT, ROW_TOP, ROW = 640, 170, 510, 22, 34  # of intervals
SHORTEST = timedelta(days=360)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One evidence on the time line; `number` is the evidence's own."""

    number: int
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The first day of a year on the axis, or the day on which the chart begins or ends."""

    x: float
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The day from which another definition is in force; `anchor` keeps its words within the chart."""

    x: float
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The rung over time as one stepped line, with the evidence below it, examples and counter-examples apart."""

    path: str
    end_x: float
    end_y: float
    examples: Sequence[Mark]
    counterexamples: Sequence[Mark]
    ticks: Sequence[Tick]
    breaks: Sequence[Break]
    rungs: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Intervals from 0 to 100, one row below the other: of each row its y and two bars, as (x, width)."""

    width: int
    height: int
    ticks: Sequence[tuple[float, int]]
    rows: Sequence[tuple[int, tuple[float, float], tuple[float, float]]]


def ranges(pairs: Sequence[tuple[tuple[float, float], tuple[float, float]]]) -> Ranges:
    """Draw for each row two intervals, the second one below the first, with room for its name and its bounds."""

    def bar(low: float, high: float) -> tuple[float, float]:
        return _across(low), round(_across(high) - _across(low), 1)

    return Ranges(
        width=WIDE,
        height=ROW_TOP + ROW * len(pairs),
        ticks=[(_across(value), value) for value in (0, 25, 50, 75, 100)],
        rows=[
            (ROW_TOP + ROW * place, bar(*first), bar(*second)) for place, (first, second) in enumerate(pairs)
        ],
    )


def timeline(
    changes: Sequence[tuple[date, int]],
    *,
    examples: Sequence[tuple[date, int]],
    counterexamples: Sequence[tuple[date, int]],
    until: date,
    before: int = 0,
    breaks: Sequence[date] = (),
) -> Timeline:
    """Draw rungs by day of change (oldest first, `before` being the rung ahead of the first) and evidence.

    `examples` and `counterexamples` are pairs of a day and a number; `breaks` the first days of new definitions.
    """
    days = [*breaks, *(on for on, _ in (*changes, *examples, *counterexamples))]
    start = min([*days, until - SHORTEST])
    span = (until - start).days

    def x(on: date) -> float:
        return round(LEFT + (RIGHT - LEFT) * (on - start).days / span, 1)

    path, rung = [f"M{LEFT} {_y(before)}"], before
    for on, reached in changes:
        path.append(f"H{x(on)}V{_y(reached)}")
        rung = reached
    return Timeline(
        path="".join([*path, f"H{RIGHT}"]),
        end_x=RIGHT,
        end_y=_y(rung),
        examples=[Mark(number=number, x=x(on)) for on, number in examples],
        counterexamples=[Mark(number=number, x=x(on)) for on, number in counterexamples],
        breaks=[Break(x=x(on), anchor=_anchor(x(on))) for on in breaks],
        ticks=[Tick(x=x(on), on=on) for on in _years(start, until)],
        rungs=[(rung, _y(rung)) for rung in range(6)],
    )


def _across(value: float) -> float:
    return round(BAR_LEFT + (BAR_RIGHT - BAR_LEFT) * value / 100, 1)


def _anchor(x: float) -> str:
    """Where its words stand of a mark, in a picture of 400: not beyond either side."""
    return "start" if x < 60 else "end" if x > 340 else "middle"


def _y(rung: int) -> int:
    return FOOT - STEP * rung


def _years(start: date, until: date) -> list[date]:
    return [date(year, 1, 1) for year in range(start.year + 1, until.year + 1)]
