"""Why an actor has its score: from the results of an edition back to legs, figures, answers and their quotes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from babel.numbers import format_decimal
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from indicators.editions import Frozen
from indicators.legs import MILLION
from indicators.rules.bounds import NA
from indicators.rules.deal_graph import View
from indicators.rules.dependence import COMPUTE, GUARANTEED, Registry
from indicators.templatetags import index_words as words
from indicators.templatetags.display import amount, locale, money, percent
from indicators.templatetags.vocabulary import FLOWS

Bounds = Sequence[float]
Told = Mapping[str, Any]

# Which legs a measure reads: flow, on which side the actor stands, whether only computing power counts.
READS: Mapping[str, Sequence[tuple[str, str, bool]]] = {
    "supplier_hhi": [("P", "payer", True)],
    "top_chip_vendor_share": [("P", "payer", True)],
    "lock_in_years": [("P", "payer", True)],
    "exposure_ratio": [("P", "payer", False)],
    "tied_finance_share": [("F", "payee", False)],
    "self_financed_sales_share": [("F", "payer", False), ("P", "payee", False)],
    "imposed_dependency_share": [("P", "payee", True)],
}
READS_VENDORS = {"imposed_dependency_share"}  # whose chips are inside, too
FIGURES_READ = {
    "supplier_hhi": ("commitments_total_declared", "purchases_complete"),
    "top_chip_vendor_share": ("commitments_total_declared", "purchases_complete"),
    "lock_in_years": ("commitments_total_declared", "purchases_complete"),
    "exposure_ratio": ("revenue", "commitments_total_declared", "purchases_complete"),
    "tied_finance_share": ("financing_complete", "cross_financing_complete"),
    "self_financed_sales_share": ("other_sales", "cross_financing_complete"),
    "chip_architectures": ("chip_architectures",),
}
SHOWN_QUOTES = 4
SHARES = {
    "top_chip_vendor_share",
    "tied_finance_share",
    "deal_disclosure_share",
    "self_financed_sales_share",
    "imposed_dependency_share",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """One indicator of one actor: its measure in words, the arithmetic from measure to score, and what it rests on."""

    id: str
    name: Promise
    weight: float
    bounds: Bounds | None
    applies: bool
    measure: str
    obtained: Promise | str
    arithmetic: Sequence[str]
    payments: Sequence[Told] = ()
    figures: Sequence[Told] = ()
    answers: Sequence[Told] = ()

    @property
    def interval(self) -> str:
        """Its bounds in words."""
        return interval(self.bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One dimension of one actor, with the arithmetic from its indicators to its score."""

    id: str
    name: Promise
    question: Promise
    bounds: Bounds | None
    arithmetic: Sequence[str]
    indicators: Sequence[Reckoned]

    @property
    def interval(self) -> str:
        """Its bounds in words."""
        return interval(self.bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What is not known, and by how many points knowing it could narrow the index at most."""

    id: str
    name: Promise
    needed: Promise
    points: float

    @property
    def points_in_words(self) -> str:
        """33,7."""
        return points(self.points)


def points(value: float) -> str:
    """A score as people read it: 1,8 · 62.9."""
    return format_decimal(value, "#,##0.0", locale=locale())


def interval(bounds: Bounds | None) -> str:
    """Two scores: [1,8 ; 62,9]; words where there are none."""
    if bounds is None:
        return _("does not apply")
    low, high = (points(value) for value in bounds)
    return low if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high}


def dimensions(frozen: Frozen, actor: str, *, reading: str = GUARANTEED) -> list[Dimension]:
    """Every dimension of an actor, in the order of the methodology."""
    told = frozen.results[reading][actor]
    behind = _Behind(frozen, actor, reading)
    return [
        Dimension(
            id=dimension["id"],
            name=words.DIMENSIONS[dimension["id"]][0],
            question=words.DIMENSIONS[dimension["id"]][1],
            bounds=_known(told["dimensions"][dimension["id"]]),
            arithmetic=_mean(dimension, told),
            indicators=[_reckoned(indicator, told, behind) for indicator in dimension["indicators"]],
        )
        for dimension in frozen.methodology["dimensions"]
    ]


def index_arithmetic(frozen: Frozen, actor: str, *, reading: str = GUARANTEED) -> list[str]:
    """The geometric mean of the dimensions, written out for both ends."""
    told, floor = frozen.results[reading][actor], frozen.methodology["floor"]
    weights = {each["id"]: each["weight"] for each in frozen.methodology["dimensions"]}
    parts = [(weights[name], part) for name, part in told["dimensions"].items() if part != NA]
    if told["index"] is None:
        return []
    whole = sum(weight for weight, _part in parts)
    lines = []
    for end in (0, 1):
        product = " × ".join(_power(points(max(part[end], floor)), weight) for weight, part in parts)
        lines.append(f"({product}){_exponent(whole)} = {points(told['index'][end])}")
    return list(dict.fromkeys(lines))


def goalposts(norm: Told, questions: Sequence[str] = ()) -> str:
    """Between which values a score runs, the best one first."""
    if norm["kind"] == "checklist":
        return _("yes to %(count)s of %(count)s → 100; to none → 0") % {"count": len(questions)}
    if norm["kind"] == "step":
        return ", ".join(f"{_number(least)} → {_number(score)}" for least, score in norm["table"])
    scale = _("logarithmic") if norm["kind"] == "log" else _("linear")
    return f"{_number(norm['best'])} → 100, {_number(norm['worst'])} → 0 ({scale})"


def ranks(shift: float) -> str:
    """A mean shift of ranks: 0,5 · 1."""
    return _number(shift)


def gaps(frozen: Frozen, actor: str) -> list[Gap]:
    """What is missing of an actor, the gap that may narrow its index most first."""
    narrowing = frozen.results["would_narrow"].get(actor, {})
    found = [
        Gap(id=name, name=words.INDICATORS[name], needed=words.NEEDED[name], points=told["width_removed"])
        for name, told in narrowing.items()
    ]
    return sorted(found, key=lambda gap: (-gap.points, gap.id))


class _Behind:
    """What the measures of one actor rest on."""

    def __init__(self, frozen: Frozen, actor: str, reading: str) -> None:
        dataset = frozen.dataset
        self.actor, self.view = actor, View(**dataset["view"])
        self.legs = Registry(dataset["legs"], dataset["actors"], view=self.view, reading=reading).legs
        self.told = next(each for each in dataset["actors"] if each["id"] == actor)
        self.names = {each["id"]: each["name"] for each in dataset["actors"]}
        self.statements = dataset["statements"]
        self.checklists = frozen.methodology["checklists"]

    def payments(self, indicator: str) -> list[Told]:
        """The legs that a measure reads, in words, each with its quotes."""
        return [
            self._payment(leg)
            for leg in self.legs
            if any(self._is_read(leg, *which) for which in READS.get(indicator, ()))
            or (indicator in READS_VENDORS and self._makes_chips_of(leg))
        ]

    def divisions(self, indicator: str, measure: Any) -> list[str]:
        """What is owed over what is earned, where both are known, for both ends."""
        if indicator != "exposure_ratio" or measure in (None, NA):
            return []
        ends = zip(measure, reversed(self.told["revenue"]), strict=True)
        lines = [
            f"{_dollars(ratio * earned)} ÷ {_dollars(earned)} = {_number(ratio)}"
            for ratio, earned in ends
            if ratio is not None and earned
        ]
        return list(dict.fromkeys(lines))

    def figures(self, indicator: str) -> list[Told]:
        sources = self.told.get("sources", {})
        return [
            {"name": words.FIGURES[name], "told": _figure(self.statements[sources[name]])}
            | self.statements[sources[name]]
            for name in FIGURES_READ.get(indicator, ())
            if name in sources
        ]

    def answers(self, indicator: str) -> list[Told]:
        answered = self.told.get("answered", {})
        return [
            {"question": words.QUESTIONS.get(question, question)}
            | {"found": "unknown", **answered.get(question, {})}
            | {"in_words": words.FOUND[answered.get(question, {}).get("found", "unknown")]}
            for question in self.checklists.get(indicator, ())
        ]

    def _is_read(self, leg: Told, flow: str, side: str, compute: bool) -> bool:
        readings = [leg] if leg["flow"] != "?" else leg["readings"] or []
        return any(
            reading["flow"] == flow
            and self.actor in (reading[side], self.view.groups.get(reading[side]))
            and (not compute or reading["instrument"] in COMPUTE)
            for reading in readings
        )

    def _makes_chips_of(self, leg: Told) -> bool:
        vendors = {vendor["vendor"] for vendor in leg["vendors"] or ()}
        return leg["flow"] == "P" and self.actor in vendors

    def _payment(self, leg: Told) -> Told:
        ends = {side: self.names[leg[side]] for side in ("payer", "payee")}
        return {
            "deal": leg["deal"],
            "in_words": str(FLOWS[leg["flow"]]) % ends,
            "amount": amount(_money(leg)),
            "years": leg["years"],
            "quotes": self._quotes(leg),
        }

    def _quotes(self, leg: Told) -> list[Told]:
        """Those about the leg itself; where there is none, the first ones about its deal."""
        of_deal = [told for told in self.statements.values() if told.get("deal") == leg["deal"]]
        return [told for told in of_deal if told.get("leg") == leg["id"]] or of_deal[:SHOWN_QUOTES]


def _reckoned(indicator: Told, told: Told, behind: _Behind) -> Reckoned:
    name = indicator["id"]
    bounds, measure = _known(told["indicators"][name]), told["measures"][name]
    answers = behind.answers(name)
    scored = _checked(answers, bounds) if answers else _scored(measure, bounds, indicator["norm"])
    return Reckoned(
        id=name,
        name=words.INDICATORS[name],
        weight=indicator["weight"],
        bounds=bounds,
        applies=measure != NA,
        measure=_measured(name, measure),
        obtained=words.OBTAINED.get(name, ""),
        arithmetic=[*behind.divisions(name, measure), *scored],
        payments=behind.payments(name),
        figures=behind.figures(name),
        answers=answers,
    )


def _measured(name: str, measure: Any) -> str:
    """A measure in words and units."""
    if measure is None:
        return _("not known")
    if measure == NA:
        return _("does not apply")
    low, high = ("∞" if value is None else _in_unit(name, value) for value in measure)
    return low if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high}


def _in_unit(name: str, value: float) -> str:
    return percent(value) if name in SHARES else _number(value)


def _scored(measure: Any, bounds: Bounds | None, norm: Told) -> list[str]:
    """How a measure becomes a score between its goalposts, for both ends."""
    if measure in (None, NA) or bounds is None:
        return []
    ends = [math.inf if value is None else value for value in measure]
    lines = [_line(value, norm) for value in ends]
    return list(dict.fromkeys(lines))


def _line(value: float, norm: Told) -> str:
    if norm["kind"] == "step":
        reached = [score for least, score in norm["table"] if least <= value]
        return f"{_number(value)} → {points(reached[-1] if reached else norm['table'][0][1])}"
    best, worst = norm["best"], norm["worst"]
    if math.isinf(value):
        return f"∞ → {points(0 if worst > best else 100)}"
    if norm["kind"] == "log":
        if not value:
            return f"0 → {points(0 if worst < best else 100)}"
        exact = 100 * (math.log(worst) - math.log(value)) / (math.log(worst) - math.log(best))
        parts = [f"ln {_number(each)}" for each in (worst, value, worst, best)]
    else:
        exact = 100 * (worst - value) / (worst - best)
        parts = [_number(each) for each in (worst, value, worst, best)]
    clipped = min(100.0, max(0.0, exact))
    line = "100 × ({} − {}) ÷ ({} − {}) = {}".format(*parts, points(exact))
    return line if points(clipped) == points(exact) else f"{line} → {points(clipped)}"


def _checked(answers: Sequence[Told], bounds: Bounds | None) -> list[str]:
    if bounds is None:
        return []
    found = [answer["found"] for answer in answers if answer["found"] != "na"]
    yes = found.count("yes") + found.count("partial") / 2
    most = yes + found.count("unknown")
    lines = [
        f"100 × {_number(count)} ÷ {len(found)} = {points(100 * count / len(found))}" for count in (yes, most)
    ]
    return list(dict.fromkeys(lines))


def _mean(dimension: Told, told: Told) -> list[str]:
    """The weighted mean of the indicators that apply, for both ends; nothing to write out when there is one."""
    parts = [
        (each["weight"], bounds)
        for each in dimension["indicators"]
        if (bounds := _known(told["indicators"][each["id"]])) is not None
    ]
    whole = sum(weight for weight, _bounds in parts)
    if len(parts) < 2:
        return []
    lines = []
    for end in (0, 1):
        terms = " + ".join(_times(weight, points(bounds[end])) for weight, bounds in parts)
        lines.append(f"({terms}) ÷ {_number(whole)} = {points(told['dimensions'][dimension['id']][end])}")
    return list(dict.fromkeys(lines))


def _times(weight: float, text: str) -> str:
    return text if weight == 1 else f"{_number(weight)} × {text}"


def _power(text: str, weight: float) -> str:
    return text if weight == 1 else f"{text}^{_number(weight)}"


def _exponent(whole: float) -> str:
    return f"^(1/{_number(whole)})"


def _money(leg: Told) -> SimpleNamespace:
    lo, hi = (None if leg[end] is None else Decimal(str(leg[end])) * MILLION for end in ("lo", "hi"))
    return SimpleNamespace(lo=lo, hi=hi, currency="" if leg["currency_unstated"] else "USD")


def _dollars(millions: float) -> str:
    return money(Decimal(round(millions)) * MILLION, "USD")


def _figure(statement: Told) -> str:
    """A figure in words, as far as it is an amount; else as it is recorded."""
    low, between, high = statement["value"].partition("..")
    if statement.get("unit") != "USD":
        return str(statement["value"])
    top = None if between and not high else Decimal(high or low)
    return amount(SimpleNamespace(lo=Decimal(low), hi=top, currency="USD"))


def _known(bounds: Any) -> Bounds | None:
    return None if bounds == NA else bounds


def _number(value: float) -> str:
    return format_decimal(value, "#,##0.###", locale=locale())
