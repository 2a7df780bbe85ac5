"""What pages read of the record at a moment: answers, counts of evidence, coverage of the watch."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import (
    Assessment,
    Evidence,
    Indicator,
    Measure,
    Observation,
    Override,
    Stance,
    Status,
    StatusChange,
)
from indicators.models.standing import status_of
from indicators.rules.words import Flag
from indicators.site.moment import Moment

ANSWERS = {
    1: gettext_lazy("Not yet — Signal"),
    2: gettext_lazy("Not yet — Started"),
    3: gettext_lazy("It is beginning — First occurrence"),
    4: gettext_lazy("Yes — Reached"),
    5: gettext_lazy("Yes — Established"),
}
CONFIDENCES = {
    "low": gettext_lazy("low confidence"),
    "medium": gettext_lazy("medium confidence"),
    "high": gettext_lazy("high confidence"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where an indicator stands at a moment, as the rule concluded; `digest` is empty when it never ran."""

    rung: int = 0
    flags: tuple[str, ...] = ()
    confidence: str = "low"
    version: int | None = None
    trace: tuple[dict[str, Any], ...] = ()
    missing: tuple[dict[str, Any], ...] = ()
    linchpins: tuple[tuple[int, int], ...] = ()
    against: int | None = None
    digest: str = ""

    @property
    def words(self) -> str:
        """The answer to the sentence: « Pas encore — Signal », or that we found nothing, or do not know."""
        if self.rung:
            return str(ANSWERS[self.rung])
        return _("We do not know") if Flag.BLIND in self.flags else _("Nothing found")

    @property
    def backing(self) -> set[int]:
        """The numbers of the evidence that its rung rests on, as the demonstration tells it."""
        step = next((row for row in self.trace if row["rung"] == self.rung), {"any": [], "implied_by": []})
        found = [number for way in step["any"] for finding in way for number in finding["evidence"]]
        return {*found, *step["implied_by"]}

    @property
    def confidence_words(self) -> str:
        return str(CONFIDENCES[self.confidence])


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The last value of a measure of the watch; None where nobody measured."""

    numerator: Decimal | None = None
    denominator: Decimal | None = None
    unknown: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One indicator on a page: its answer, its evidence in numbers, what was watched for it."""

    indicator: Indicator
    answer: Answer
    examples: int
    counterexamples: int
    last: Evidence | None
    moved: StatusChange | None
    coverage: Coverage
    override: Override | None = None


def lines_at(indicators: QuerySet[Indicator], moment: Moment) -> list[Line]:
    """The indicators of a page, in order, each with what a reader needs to believe its answer."""
    latest = _standing(moment).filter(assessments__indicator=OuterRef("pk"))
    moved = changes_at(moment).moved().filter(indicator=OuterRef("pk"))
    columns = {
        "last_evidence": Subquery(latest.values("pk")[:1]),
        "last_move": Subquery(moved.values("pk")[:1]),
    }
    rows = list(indicators.select_related("action").annotate(**columns))
    counts, answers, coverages = counts_at(moment), answers_at(rows, moment), coverages_at(rows, moment)
    overrides = exceptions_at(moment)
    last = Evidence.objects.in_bulk([row.last_evidence for row in rows if row.last_evidence])
    moves = StatusChange.objects.in_bulk([row.last_move for row in rows if row.last_move])
    return [
        Line(
            indicator=row,
            answer=answers[row.pk],
            examples=counts.get((row.pk, Stance.SUPPORTS), 0),
            counterexamples=counts.get((row.pk, Stance.CONTRADICTS), 0),
            last=last.get(row.last_evidence),
            moved=moves.get(row.last_move),
            coverage=coverages[f"coverage-{row.code}"],
            override=overrides.get(row.pk),
        )
        for row in rows
    ]


def answers_at(indicators: Iterable[Indicator], moment: Moment) -> dict[int, Answer]:
    """The answer of each indicator, by primary key: the stored one today, the rule applied again for the past."""
    rows = list(indicators)
    if moment.past:
        found = {
            row.pk: status_of(row, as_of=moment.as_of, known_at=moment.known_at) for row in rows
        }  # fmt: skip
    else:
        found = {status.indicator_id: status for status in Status.objects.filter(indicator__in=rows)}
    return {row.pk: _answer(found[row.pk]) if row.pk in found else Answer() for row in rows}


def counts_at(moment: Moment) -> dict[tuple[int, str], int]:
    """How many events stand at that moment, by indicator and stance."""
    rows = (
        Assessment.objects.filter(evidence__in=_standing(moment))
        .values_list("indicator", "stance")
        .annotate(events=Count("evidence", distinct=True))
        .order_by()
    )
    return {(indicator, stance): events for indicator, stance, events in rows}


def coverages_at(indicators: Iterable[Indicator], moment: Moment) -> dict[str, Coverage]:
    """The last known value of each measure of the watch, by code; empty where nobody measured yet."""
    codes = ["sources-watched", "documents-read", *(f"coverage-{row.code}" for row in indicators)]
    latest = (
        Observation.objects.known(as_of=moment.as_of, known_at=moment.known_at)
        .filter(measure=OuterRef("pk"))
        .order_by("-period_end", "-published_at")
    )
    rows = Measure.objects.filter(code__in=codes).annotate(
        numerator=Subquery(latest.values("numerator")[:1]),
        denominator=Subquery(latest.values("denominator")[:1]),
    )
    found = {row.code: Coverage(numerator=row.numerator, denominator=row.denominator) for row in rows}
    return {code: found.get(code, Coverage()) for code in codes}


def exceptions_at(moment: Moment) -> dict[int, Override]:
    """The exceptions that stood at that moment, by indicator."""
    known = Override.objects.filter(set_at__lte=moment.known_at, set_on__lte=moment.as_of)
    rows = known.exclude(lifted_at__lte=moment.known_at).order_by("set_at")
    return {row.indicator_id: row for row in rows if row.expires_on >= moment.as_of}


def changes_at(moment: Moment) -> QuerySet[StatusChange]:
    """The changes of status known at that moment, newest first."""
    known = Q(changed_at__lte=moment.known_at, as_of__lte=moment.as_of)
    return StatusChange.objects.filter(known).select_related("indicator", "evidence")


def _standing(moment: Moment) -> QuerySet[Evidence]:
    return Evidence.objects.standing_at(as_of=moment.as_of, known_at=moment.known_at)


def _answer(status: Any) -> Answer:
    """From the stored row or from the rule's own result, which carry the same names."""
    return Answer(
        rung=status.rung,
        flags=tuple(status.flags),
        confidence=status.confidence,
        version=status.version,
        trace=tuple(status.trace),
        missing=tuple(status.missing),
        linchpins=tuple((number, rung) for number, rung in status.linchpins),
        against=status.against,
        digest=status.digest,
    )
