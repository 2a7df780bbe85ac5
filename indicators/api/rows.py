"""The rows that an answer is made of, in the world of a day and as the record stood at a moment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from indicators.api.serializers import (
    AssessmentSerializer,
    CitationSerializer,
    EvidenceSerializer,
    ReplySerializer,
)
from indicators.models import (
    Assessment,
    Citation,
    Definition,
    Evidence,
    Indicator,
    LinkCheck,
    LinkState,
    Reply,
    StatusChange,
)
from indicators.models.evidence import world_date
from indicators.models.standing import status_of


def evidence_matching(asked: Mapping[str, Any]) -> QuerySet[Evidence]:
    """The evidence that EvidenceParameters asks for, in its order; see `told` for what is told of each."""
    found = evidence_seen(asked).filter(_given(asked, _EVIDENCE_FILTERS))
    if claims := _given(asked, _ASSESSMENT_FILTERS):
        found = found.filter(Exists(Assessment.objects.filter(claims, evidence=OuterRef("pk"))))
    if asked["tier"]:
        found = found.filter(Exists(Citation.objects.filter(tier=asked["tier"], evidence=OuterRef("pk"))))
    if asked["retracted"] is not None:
        retracted = Q(retracted_at__isnull=False) & _known("retracted_at", asked["known_at"])
        found = found.filter(retracted if asked["retracted"] else ~retracted)
    return found.order_by(asked["ordering"], "-number")


def evidence_seen(asked: Mapping[str, Any]) -> QuerySet[Evidence]:
    """What had occurred and was published by the two clocks."""
    return Evidence.objects.filter(
        _given(asked, {"as_of": "occurred_on__lte", "known_at": "published_at__lte"})
    )


def told(found: QuerySet[Evidence], *, known_at: datetime | None) -> list[dict[str, Any]]:
    """Each evidence as EvidenceSerializer describes it, without what happened to it after `known_at`.

    No object is made of the rows: a full page is read and written several times faster so.
    """
    evidence = _read(found, _EVIDENCE)
    these = {"evidence__in": [row["pk"] for row in evidence]}
    sources = _read(Citation.objects.filter(**these), _CITATION)
    if known_at:
        _forget_checks(sources, known_at)
    citations = _by_evidence(sources)
    assessments = Assessment.objects.filter(_known("definition__published_at", known_at), **these)
    claims = _by_evidence(_read(assessments.order_by("indicator__order", "definition__version"), _ASSESSMENT))
    answers = Reply.objects.filter(**these).standing(known_at)
    replies = _by_evidence(_read(answers.order_by("received_at", "pk"), _REPLY))
    before, after = (settings.SITE_URL + reverse("evidence", args=[0])).rsplit("0", 1)
    for row in evidence:
        _forget(row, known_at)
        row["url"] = f"{before}{row['number']}{after}"
        row["state"] = _state(row)
        row["occurred"] = world_date(row["occurred_on"], row["occurred_precision"])
        row["citations"], row["assessments"] = citations[row["pk"]], claims[row["pk"]]
        row["replies"] = replies[row["pk"]]
    return [{name: row[name] for name in EvidenceSerializer.Meta.fields} for row in evidence]


def standing(indicator: Indicator, *, as_of: date, known_at: datetime, past: bool) -> Indicator:
    """The indicator with `in_force`, its definition, `exception`, and `standing`: its status as kept, or computed for the `past`."""
    indicator.in_force = _in_force(indicator.definitions.all(), as_of=as_of, known_at=known_at)
    indicator.standing = (
        status_of(indicator, as_of=as_of, known_at=known_at) if past else getattr(indicator, "status", None)
    )
    indicator.exception = indicator.overrides.in_force(on=as_of, known_at=known_at)
    return indicator


def computed(indicator: Indicator, *, as_of: date, known_at: datetime) -> dict[str, Any]:
    """The whole status of an indicator, as the rule gives it."""
    status = status_of(indicator, as_of=as_of, known_at=known_at)
    linchpins = [{"evidence": number, "rung": rung} for number, rung in status.linchpins]
    return asdict(status) | {"code": indicator.code, "as_of": as_of, "linchpins": linchpins}


def changes_of(indicator: Indicator, asked: Mapping[str, Any]) -> QuerySet[StatusChange]:
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

# What is read of each row: the name in the answer, and where it stands.
_COLUMNS = {column.name for column in Evidence._meta.concrete_fields}
_EVIDENCE = {name: name for name in EvidenceSerializer.Meta.fields if name in _COLUMNS} | {
    "pk": "pk",
    "superseded_by": "superseded_by__number",
    "superseded_at": "superseded_by__published_at",
    "cancels": "cancels__number",
}
_CITATION = {"evidence": "evidence_id", "pk": "pk"} | {name: name for name in CitationSerializer.Meta.fields}
_ASSESSMENT = (
    {"evidence": "evidence_id"}
    | {name: name for name in AssessmentSerializer.Meta.fields}
    | {"indicator": "indicator__code", "definition_version": "definition__version"}
)
_REPLY = {"evidence": "evidence_id"} | {name: name for name in ReplySerializer.Meta.fields}


def _given(asked: Mapping[str, Any], filters: Mapping[str, str]) -> Q:
    """One condition for each parameter that was given."""
    chosen = [Q(**{lookup: asked[name]}) for name, lookup in filters.items() if asked[name] is not None]
    return Q(*chosen)


def _known(moment: str, known_at: datetime | None) -> Q:
    return Q() if known_at is None else Q(**{f"{moment}__lte": known_at})


def _read(found: QuerySet, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in found.values_list(*columns.values())]


def _by_evidence(parts: Iterable[dict[str, Any]]) -> Mapping[int, list[dict[str, Any]]]:
    grouped = defaultdict(list)
    for part in parts:
        part.pop("pk", None)
        grouped[part.pop("evidence")].append(part)
    return grouped


def _forget(row: dict[str, Any], known_at: datetime | None) -> None:
    """Take away a retraction or a correction that came after `known_at`."""
    if known_at and row["retracted_at"] and row["retracted_at"] > known_at:
        row["retracted_at"], row["retraction_reason"] = None, ""
    if known_at and row["superseded_at"] and row["superseded_at"] > known_at:
        row["superseded_by"], row["correction_reason"] = None, ""


def _forget_checks(sources: list[dict[str, Any]], known_at: datetime) -> None:
    """Show of each link what was known of it then; it was live before the first check that found something else."""
    these = LinkCheck.objects.filter(citation__in=[row["pk"] for row in sources], checked_at__lte=known_at)
    known = {check.citation_id: check for check in these}
    for row in sources:
        check = known.get(row["pk"], LinkCheck(state=LinkState.LIVE))
        row["link_state"], row["archive_url"] = check.state, check.archive_url
        if row["checked_at"] and row["checked_at"] > known_at:
            row["checked_at"] = check.checked_at


def _state(row: Mapping[str, Any]) -> str:
    if row["retracted_at"]:
        return "retracted"
    return "superseded" if row["superseded_by"] else "standing"


def _in_force(definitions: Iterable[Definition], *, as_of: date, known_at: datetime) -> Definition | None:
    """The newest definition in force that day, as known at that moment."""
    in_force = [row for row in definitions if row.in_force_from <= as_of and row.published_at <= known_at]
    return max(in_force, key=lambda row: (row.in_force_from, row.version), default=None)
