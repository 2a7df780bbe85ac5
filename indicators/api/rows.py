"""The rows that an answer is made of, in the world of a day and as the record stood at a moment."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from indicators.models import Assessment, Citation, Definition, Evidence, Indicator, StatusChange
from indicators.models.standing import status_of


def evidence_matching(asked: dict[str, Any]) -> QuerySet[Evidence]:
    """The evidence that EvidenceParameters asks for, in its order; see `as_known` for what is told of each."""
    found = evidence_seen(asked).filter(_given(asked, _EVIDENCE_FILTERS))
    if claims := _given(asked, _ASSESSMENT_FILTERS):
        found = found.filter(Exists(Assessment.objects.filter(claims, evidence=OuterRef("pk"))))
    if asked["tier"]:
        found = found.filter(Exists(Citation.objects.filter(tier=asked["tier"], evidence=OuterRef("pk"))))
    if asked["retracted"] is not None:
        retracted = Q(retracted_at__isnull=False) & _known("retracted_at", asked["known_at"])
        found = found.filter(retracted if asked["retracted"] else ~retracted)
    return found.order_by(asked["ordering"], "-number")


def evidence_seen(asked: dict[str, Any]) -> QuerySet[Evidence]:
    """What had occurred and was published by the two clocks, with citations, and assessments as known then."""
    assessments = Assessment.objects.select_related("indicator", "definition").filter(
        _known("definition__published_at", asked["known_at"])
    )
    return (
        Evidence.objects.filter(_given(asked, {"as_of": "occurred_on__lte", "known_at": "published_at__lte"}))
        .select_related("superseded_by", "cancels")
        .prefetch_related("citations", Prefetch("assessments", assessments))
    )


def as_known(evidence: Evidence, known_at: datetime | None) -> Evidence:
    """The evidence without what happened to it after `known_at`; everything if None. Never save it."""
    if known_at and evidence.retracted_at and evidence.retracted_at > known_at:
        evidence.retracted_at, evidence.retraction_reason = None, ""
    if known_at and evidence.superseded_by and evidence.superseded_by.published_at > known_at:
        evidence.superseded_by, evidence.correction_reason = None, ""
    return evidence


def standing(indicator: Indicator, *, as_of: date, known_at: datetime, past: bool) -> Indicator:
    """The indicator with `in_force`, its definition, and `standing`: its status as kept, or computed for the `past`."""
    indicator.in_force = _in_force(indicator.definitions.all(), as_of=as_of, known_at=known_at)
    indicator.standing = (
        status_of(indicator, as_of=as_of, known_at=known_at) if past else getattr(indicator, "status", None)
    )
    return indicator


def computed(indicator: Indicator, *, as_of: date, known_at: datetime) -> dict[str, Any]:
    """The whole status of an indicator, as the rule gives it."""
    status = status_of(indicator, as_of=as_of, known_at=known_at)
    linchpins = [{"evidence": number, "rung": rung} for number, rung in status.linchpins]
    return asdict(status) | {"code": indicator.code, "as_of": as_of, "linchpins": linchpins}


def changes_of(indicator: Indicator, asked: dict[str, Any]) -> QuerySet[StatusChange]:
    """The history of an indicator's status, newest first, as far as the two clocks let see."""
    return indicator.changes.select_related("evidence").filter(
        _given(asked, {"as_of": "as_of__lte", "known_at": "changed_at__lte"})
    )


_EVIDENCE_FILTERS = {
    "kind": "kind",
    "country": "country",
    "occurred_after": "occurred_on__gte",
    "occurred_before": "occurred_on__lte",
    "self_published": "self_published",
}
_ASSESSMENT_FILTERS = {"indicator": "indicator", "stance": "stance", "directness": "directness"}


def _given(asked: dict[str, Any], filters: dict[str, str]) -> Q:
    """One condition for each parameter that was given."""
    chosen = [Q(**{lookup: asked[name]}) for name, lookup in filters.items() if asked[name] is not None]
    return Q(*chosen)


def _known(moment: str, known_at: datetime | None) -> Q:
    return Q() if known_at is None else Q(**{f"{moment}__lte": known_at})


def _in_force(definitions: Iterable[Definition], *, as_of: date, known_at: datetime) -> Definition | None:
    """The newest definition in force that day, as known at that moment."""
    in_force = [row for row in definitions if row.in_force_from <= as_of and row.published_at <= known_at]
    return max(in_force, key=lambda row: (row.in_force_from, row.version), default=None)
