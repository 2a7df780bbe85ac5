"""The drawings of the registry as plain geometry: who pays whom, what comes in and goes out, a deal over time.

A template writes them in SVG; the same words stand in a table beside each. What is not disclosed has no length.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from indicators.models import Deal, DealEvent, LegAmount
from indicators.rules.deal_graph import Arc
from indicators.site.deal_rows import events_of
from indicators.site.money_arrows import size_of

WIDTH = 380
MOST_ROWS = 24


class Part(NamedTuple):
    """What one actor pays another of one kind, in one cell of the matrix."""

    arc: Arc
    y: float
    height: float

    @property
    def baseline(self) -> float:
        return self.height / 2 + 4


class Cell(NamedTuple):
    """All that one actor pays another: one part, or one above the other."""

    payer: str
    payee: str
    x: float
    y: float
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Payers in rows, payees in columns, the busiest first; `left` counts the actors that are not drawn."""

    width: float
    height: float
    right: float
    rows: Sequence[tuple[str, float]]
    columns: Sequence[tuple[str, float]]
    cells: Sequence[Cell]
    left: int


class Bar(NamedTuple):
    """Money in (to the left) or out: filled as far as it is sure, then an outline, open where no bound is known."""

    arc: Arc
    x: float
    sure: float
    outline: str
    words: float
    anchor: str


class Line(NamedTuple):
    """One counterparty: what comes from it, what goes to it; another line when there are two kinds of it."""

    actor: str
    y: float
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What comes in on the left and goes out on the right, on one scale, the largest first; `left` counts the rest."""

    width: float
    height: float
    lines: Sequence[Line]
    left: int


class Mark(NamedTuple):
    """Something that happened to a deal; its number stands on the time line and in the table."""

    number: int
    x: float
    event: DealEvent


class Stage(NamedTuple):
    """The sum announced, committed or disbursed over time, as a stepped line that ends at `x`, `y`."""

    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A deal over time; `undated` amounts have a stage and no date, and amounts without any figure are not drawn."""

    width: float
    height: float
    foot: float
    stages: Sequence[Stage]
    marks: Sequence[Mark]
    ticks: Sequence[tuple[float, int]]
    amounts: Sequence[tuple[str, LegAmount]]
    undated: Sequence[LegAmount]


def timeline(deal: Deal) -> Timeline | None:
    """The amounts of a deal by stage and what happened to it; None while fewer than two days are known of it.

    Reads `deal.events` and `deal.legs` with their amounts: prefetch them.
    """
    dated_events = (event for event in events_of(deal) if event.happened)
    events = sorted(dated_events, key=lambda event: event.happened)
    all_amounts = [amount for leg in deal.legs.all() for amount in leg.amounts.all()]
    dated = [(on, amount) for amount in all_amounts if (on := _counts_since(amount, events))]
    days = [*(event.happened for event in events), *(on for on, _amount in dated)]
    if len(set(days)) < 2:
        return None
    place = _scale(min(days), max(days))
    return Timeline(
        width=WIDTH,
        height=_FOOT + 44,
        foot=_FOOT,
        stages=_stages(dated, place),
        marks=[Mark(number, place(event.happened), event) for number, event in enumerate(events, 1)],
        ticks=_years(min(days), max(days), place),
        amounts=sorted(dated, key=lambda told: told[0]),
        undated=[amount for amount in all_amounts if not _counts_since(amount, events)],
    )


def matrix(arcs: Sequence[Arc], *, most: int | None = MOST_ROWS) -> Matrix:
    """Who pays whom; the actors with the most arcs when there are more than `most`, all of them when it is None."""
    counts: dict[str, int] = {}
    for arc in arcs:
        for name in (arc.payer, arc.payee):
            counts[name] = counts.get(name, 0) + 1
    names = sorted(counts, key=lambda name: (-counts[name], name))
    shown = set(names[:most])
    drawn = [arc for arc in arcs if arc.payer in shown and arc.payee in shown]
    rows = _places(names, {arc.payer for arc in drawn}, TOP, ROW)
    columns = _places(names, {arc.payee for arc in drawn}, SIDE, COLUMN)
    pairs: dict[tuple[float, float], list[Arc]] = {}
    for arc in drawn:
        pairs.setdefault((columns[arc.payee], rows[arc.payer]), []).append(arc)
    return Matrix(
        width=SIDE + COLUMN * len(columns) + 70,
        height=TOP + ROW * len(rows) + 6,
        right=SIDE + COLUMN * len(columns),
        rows=list(rows.items()),
        columns=list(columns.items()),
        cells=[_cell(x, y, together) for (x, y), together in pairs.items()],
        left=len(names) - len(shown),
    )


def balance(actor: str, arcs: Iterable[Arc]) -> Balance:
    """What an actor receives from each other and pays to it, in bars as long as the amounts that are known."""
    mine = [arc for arc in arcs if actor in (arc.payer, arc.payee)]
    longest = max([bound for arc in mine for bound in (arc.lo, arc.hi) if bound], default=1)
    received, paid = _by_other(mine, actor, 1), _by_other(mine, actor, 0)
    others = sorted({*received, *paid}, key=lambda name: (-_most([*received[name], *paid[name]]), name))
    rows = [(name, pair) for name in others for pair in zip_longest(received[name], paid[name])]
    lines = [
        Line(
            name,
            26 + 26 * place,
            [_bar(arc, longest, outward=way) for arc, way in zip(pair, (-1, 1), strict=True) if arc],
        )
        for place, (name, pair) in enumerate(rows[:MOST_ROWS])
    ]
    return Balance(width=WIDTH, height=34 + 26 * len(lines), lines=lines, left=len(rows) - len(lines))


_LEFT, _RIGHT, _CEILING, _FOOT = 14, 300, 18, 150
_BEGINS_WITH = {
    LegAmount.Stage.ANNOUNCED: ("announced", "loi"),
    LegAmount.Stage.COMMITTED: ("signed", "active"),
    LegAmount.Stage.DISBURSED: ("completed",),
}
SIDE, TOP, COLUMN, ROW = 132, 78, 68, 34
_INNER, _LONGEST_BAR = 56, 70


def _by_other(arcs: Iterable[Arc], actor: str, side: int) -> dict[str, list[Arc]]:
    """The arcs in which the actor is payer (`side` 0) or payee (1), by the other one."""
    found: dict[str, list[Arc]] = defaultdict(list)
    for arc in arcs:
        if arc[side] == actor:
            found[arc[1 - side]].append(arc)
    return found


def _most(arcs: Iterable[Arc]) -> float:
    return max(size_of(arc) for arc in arcs)


def _places(names: Sequence[str], kept: set[str], start: float, step: float) -> dict[str, float]:
    return {name: start + step * place for place, name in enumerate(name for name in names if name in kept)}


def _cell(x: float, y: float, arcs: Sequence[Arc]) -> Cell:
    height = ROW / len(arcs)
    parts = [
        Part(arc, y + place * height, height)
        for place, arc in enumerate(sorted(arcs, key=lambda arc: arc.kind))
    ]
    return Cell(arcs[0].payer, arcs[0].payee, x, y, parts)


def _bar(arc: Arc, longest: float, *, outward: int) -> Bar:
    """Widths are those of the amounts; where the upper bound is unknown, the end is open after a fixed length."""
    sure = round(_LONGEST_BAR * arc.lo / longest, 1)
    most = sure + 26 if arc.hi is None else max(round(_LONGEST_BAR * arc.hi / longest, 1), sure, 2)
    inner = WIDTH / 2 + outward * _INNER
    near, far = round(inner + outward * sure, 1), round(inner + outward * most, 1)
    end = f"M{far} 1H{near}V15H{far}" + ("" if arc.hi is None else "Z")
    return Bar(
        arc=arc,
        x=inner if outward > 0 else near,
        sure=sure,
        outline="" if arc.hi == arc.lo else end,
        words=far + 5 * outward,
        anchor="start" if outward > 0 else "end",
    )


def _counts_since(amount: LegAmount, events: Sequence[DealEvent]) -> str:
    """The day from which an amount counts: its own, or that of the event by which its stage begins."""
    begins = _BEGINS_WITH[LegAmount.Stage(amount.stage)]
    return amount.since or next((event.happened for event in events if event.status in begins), "")


def _figure(amount: LegAmount) -> float | None:
    """The height of an amount on the chart; None when nothing of it is disclosed."""
    told = next((each for each in (amount.nominal, amount.hi, amount.lo) if each), None)
    return float(told) if told is not None else (0.0 if amount.hi == 0 else None)


def _stages(dated: Sequence[tuple[str, LegAmount]], place: Callable[[str], float]) -> list[Stage]:
    """One line for each stage that has a figure, in one currency; none when there are several currencies."""
    drawn = sorted(
        ((on, amount) for on, amount in dated if _figure(amount) is not None), key=lambda told: told[0]
    )
    if len({amount.currency for _on, amount in drawn}) > 1:
        return []
    sums = {stage: _sums([told for told in drawn if told[1].stage == stage]) for stage in LegAmount.Stage}
    most = max((total for steps in sums.values() for _on, total in steps), default=0) or 1

    def height(total: float) -> float:
        return round(_FOOT - (_FOOT - _CEILING) * total / most, 1)

    lines = []
    for stage, steps in sums.items():
        if steps:
            path = "".join(f"H{place(on)}V{height(total)}" for on, total in steps)
            lines.append(
                Stage(
                    str(stage.label),
                    f"M{place(steps[0][0])} {_FOOT}{path}H{_RIGHT}",
                    _RIGHT,
                    height(steps[-1][1]),
                )
            )
    return lines


def _sums(dated: Sequence[tuple[str, LegAmount]]) -> list[tuple[str, float]]:
    """The sum over the legs after each change; an amended amount takes the place of the one before."""
    standing: dict[int, float] = {}
    steps = []
    for on, amount in dated:
        standing[amount.leg_id] = _figure(amount) or 0.0
        steps.append((on, sum(standing.values())))
    return steps


def _scale(first: str, last: str) -> Callable[[str], float]:
    start, end = _day(first), _day(last)
    days = (end - start).days or 1
    return lambda told: round(_LEFT + (_RIGHT - 30 - _LEFT) * (_day(told) - start).days / days, 1)


def _day(told: str) -> date:
    """The first day of what a source says: 2025, 2025-09, 2025-09-22."""
    return date.fromisoformat(f"{told}-01-01"[:10] if len(told) == 4 else f"{told}-01"[:10])


def _years(first: str, last: str, place: Callable[[str], float]) -> list[tuple[float, int]]:
    return [(place(f"{year}-01-01"), year) for year in range(_day(first).year + 1, _day(last).year + 1)]
