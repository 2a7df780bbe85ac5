"""Actors and the money between them as boxes and arrows: one circuit, one actor and its neighbours. Pure.

A template writes them in SVG; the same words stand in a table beside each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from typing import NamedTuple

from indicators.rules.deal_graph import Arc

WIDTH = 400
MOST_NEIGHBOURS = 12
_BULGE = 22  # twice how far two ways between the same boxes keep from the straight line

Point = tuple[float, float]


class Box(NamedTuple):
    """An actor on a drawing: its rectangle, around its centre."""

    actor: str
    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return round(self.x - self.width / 2, 1)

    @property
    def top(self) -> float:
        return round(self.y - self.height / 2, 1)


class Arrow(NamedTuple):
    """Money from one box to another: its line, its head, and where its letter and its amount stand."""

    arc: Arc
    path: str
    head: str
    letter: Point
    words: Point
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Boxes and arrows in a picture of this size."""

    width: float
    height: float
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]


def ring(hops: Sequence[Arc]) -> Drawing:
    """One circuit: its actors around a ring, clockwise from the top, or side by side when they are two."""
    count = len(hops)
    height, reach_y, turn = (190, 0, pi) if count == 2 else (310, 112, pi / 2)
    middle = (WIDTH / 2, height / 2)
    angles = [2 * pi * place / count - turn for place in range(count)]
    boxes = [
        Box(
            hop.payer,
            round(middle[0] + 132 * cos(angle), 1),
            round(middle[1] + reach_y * sin(angle), 1),
            106,
            32,
        )
        for hop, angle in zip(hops, angles, strict=True)
    ]
    bow = 0.45 if count == 2 else 0.12
    arrows = [
        _arrow(hop, boxes[place], boxes[(place + 1) % count], bow=bow, at=0.5, middle=middle)
        for place, hop in enumerate(hops)
    ]
    return Drawing(width=WIDTH, height=height, boxes=boxes, arrows=arrows)


def neighbours(actor: str, arcs: Iterable[Arc]) -> Drawing:
    """An actor between those that pay it and those that it pays; the twelve with the most money, told or not."""
    mine = [arc for arc in arcs if actor in (arc.payer, arc.payee)]
    around = sorted({_other(arc, actor) for arc in mine}, key=lambda name: (-_weight(mine, name), name))
    kept = around[:MOST_NEIGHBOURS]
    payers = [name for name in kept if any(arc.payer == name for arc in mine)]
    payees = [name for name in kept if name not in payers]
    while len(payers) > len(payees) + 1:
        payees.append(payers.pop())
    while len(payees) > len(payers) + 1:
        payers.append(payees.pop())
    height = 52 * max(len(payers), len(payees), 1) + 16
    middle = Box(actor, WIDTH / 2, height / 2, 98, 34)
    sides = [*_column(payers, 51, height), *_column(payees, WIDTH - 51, height)]
    ports = {box.actor: _ports(middle, box) for box in sides}
    arrows = []
    for arc in mine:
        if (other := _other(arc, actor)) in ports:
            here, there = ports[other]
            bow = _BULGE / hypot(there.x - here.x, there.y - here.y)
            ends = (there, here) if arc.payee == actor else (here, there)
            arrows.append(_arrow(arc, *ends, bow=bow, at=0.5))
    return Drawing(width=WIDTH, height=height, boxes=[middle, *sides], arrows=_apart(arrows))


def size_of(arc: Arc) -> float:
    """How large an arc is drawn: its upper bound, or the lower one where there is none."""
    return arc.lo if arc.hi is None else arc.hi


def _other(arc: Arc, actor: str) -> str:
    return arc.payee if arc.payer == actor else arc.payer


def _weight(arcs: Iterable[Arc], name: str) -> float:
    return sum(size_of(arc) for arc in arcs if name in (arc.payer, arc.payee))


def _column(names: Sequence[str], x: float, height: float) -> list[Box]:
    step = height / max(len(names), 1)
    return [Box(name, x, round(step * (place + 0.5), 1), 98, 30) for place, name in enumerate(names)]


def _arrow(hop: Arc, payer: Box, payee: Box, *, bow: float, at: float, middle: Point | None = None) -> Arrow:
    """A curve that bows to its left, from the edge of one box to the edge of the other.

    The amount stands beyond the letter, away from `middle`.
    """
    (x0, y0), (x2, y2) = (payer.x, payer.y), (payee.x, payee.y)
    bend = ((x0 + x2) / 2 + bow * (y2 - y0), (y0 + y2) / 2 - bow * (x2 - x0))
    curve = ((x0, y0), bend, (x2, y2))
    steps = [step / 60 for step in range(61)]
    begin = next((t for t in steps if not _within(_at(curve, t), payer, 2)), 0.0)
    end = next((t for t in reversed(steps) if not _within(_at(curve, t), payee, 8)), 1.0)
    start, tip = _at(curve, begin), _at(curve, end)
    control = _between(_between(curve[0], curve[1], begin), _between(curve[1], curve[2], begin), end)
    letter = _at(curve, begin + (end - begin) * at)
    words, anchor = _beside(letter, middle)
    return Arrow(
        arc=hop,
        path="M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*start, *control, *tip),
        head=_head(control, tip),
        letter=_rounded(letter),
        words=_rounded(words),
        anchor=anchor,
    )


def _beside(letter: Point, middle: Point | None) -> tuple[Point, str]:
    if middle is None or abs(letter[0] - middle[0]) < 20:
        below = middle is None or letter[1] > middle[1]
        return (letter[0], letter[1] + (24 if below else -16)), "middle"
    right = letter[0] > middle[0]
    return (letter[0] + (15 if right else -15), letter[1] + 4), "start" if right else "end"


def _ports(middle: Box, side: Box) -> tuple[Box, Box]:
    """Where money leaves the box in the middle and enters one beside it, or the other way round: no box is crossed."""
    inward = 1 if side.x < middle.x else -1
    return (
        Box(middle.actor, middle.x - inward * (middle.width / 2 + 2), middle.y, 0, 0),
        Box(side.actor, side.x + inward * (side.width / 2 + 2), side.y, 0, 0),
    )


def _apart(arrows: Sequence[Arrow]) -> list[Arrow]:
    """Letters of two kinds on one way stand beside each other."""
    taken: set[Point] = set()
    placed = []
    for arrow in arrows:
        x, y = arrow.letter
        while (x, y) in taken:
            x += 18
        taken.add((x, y))
        placed.append(arrow._replace(letter=(x, y)))
    return placed


def _within(point: Point, box: Box, margin: float) -> bool:
    return abs(point[0] - box.x) < box.width / 2 + margin and abs(point[1] - box.y) < box.height / 2 + margin


def _at(curve: tuple[Point, Point, Point], t: float) -> Point:
    return _between(_between(curve[0], curve[1], t), _between(curve[1], curve[2], t), t)


def _between(one: Point, other: Point, t: float) -> Point:
    return one[0] + (other[0] - one[0]) * t, one[1] + (other[1] - one[1]) * t


def _head(control: Point, tip: Point) -> str:
    """A triangle at the end of a line that comes from `control`."""
    length = hypot(tip[0] - control[0], tip[1] - control[1]) or 1
    way = ((tip[0] - control[0]) / length, (tip[1] - control[1]) / length)
    point = (tip[0] + 6 * way[0], tip[1] + 6 * way[1])
    corners = [
        (tip[0] - 3 * way[0] - side * 4.5 * way[1], tip[1] - 3 * way[1] + side * 4.5 * way[0])
        for side in (1, -1)
    ]
    return "M{:.1f} {:.1f}L{:.1f} {:.1f} {:.1f} {:.1f}Z".format(*point, *corners[0], *corners[1])


def _rounded(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)
