"""The public record as plain values: what each row says, without anybody's name."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Field, Model

from indicators.models import (
    Action,
    Actor,
    Answer,
    ArticleAssessment,
    Contestation,
    Contradiction,
    CorrectionRequest,
    Deal,
    Definition,
    Edition,
    Evidence,
    Fact,
    Figure,
    Indicator,
    Leg,
    Measure,
    Observation,
    Override,
    Pillar,
    Publication,
    QualityNote,
    Reply,
    Statement,
    StatusChange,
)
from indicators.rules.chain import moment

# Each kind of row that is public by itself, after those that it names, with the rows that belong to it.
PUBLIC: Mapping[type[Model], Sequence[str]] = {
    Pillar: (),
    Publication: (),
    ArticleAssessment: ("points",),
    Action: (),
    Indicator: (),
    Definition: (),
    Measure: (),
    QualityNote: (),
    Fact: (),
    Figure: (),
    Actor: ("controls",),
    Statement: (),
    Answer: (),
    Deal: ("parties", "legs", "events"),
    Contradiction: (),
    Evidence: ("citations", "assessments"),
    Reply: (),
    Contestation: (),
    CorrectionRequest: (),
    Observation: (),
    Override: (),
    StatusChange: (),
    Edition: (),  # its files and scores are bound by the hashes that it tells
}
PARTS = PUBLIC | {Leg: ("amounts", "details")}


def subject_of(row: Model) -> str:
    """The name that a row keeps for ever: evidence/12, indicator/1a, observation/345."""
    return f"{row._meta.model_name}/{_key(row)}"


def body_of(row: Model) -> dict[str, Any]:
    """What a row says: its columns by their names, rows that it names by their keys, and the parts that belong to it.

    Who of us wrote, approved or withdrew it is left out: a moderator is a role. Fractions are written as text.
    """
    told = {field.name: _told(row, field) for field in _columns(type(row))}
    for field in row._meta.many_to_many:
        told[field.name] = sorted(_key(each) for each in getattr(row, field.name).all())
    for part in PARTS.get(type(row), ()):
        told[part] = [body_of(each) for each in getattr(row, part).all()]
    return told


def rows_besides(subjects: set[str]) -> Iterator[Model]:
    """The public rows whose subjects are none of these, with what their bodies read."""
    for model in PUBLIC:
        rows = model._default_manager.only(*_key_fields(model))
        pks = [row.pk for row in rows if subject_of(row) not in subjects]
        for start in range(0, len(pks), 500):
            rows = model._default_manager.filter(pk__in=pks[start : start + 500]).order_by("pk")
            yield from rows.prefetch_related(*_read_by_body(model))


def _columns(model: type[Model]) -> list[Field]:
    people = get_user_model()
    return [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and field.related_model is not people
    ]


def _key_fields(model: type[Model]) -> list[str]:
    """The one column that names a row in public, else its primary key."""
    columns = (field for field in model._meta.concrete_fields if field.unique and not field.is_relation)
    unique = [field.name for field in columns if not field.primary_key]
    return unique[:1] or [model._meta.pk.name]


def _key(row: Model) -> int | str:
    return getattr(row, *_key_fields(type(row)))


def _told(row: Model, field: Field) -> Any:
    value = getattr(row, field.name)
    if field.is_relation:
        return None if value is None else _key(value)
    return _plain(field.to_python(value))


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case float():
            return str(value)
        case Decimal():
            return f"{value.normalize():f}"
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value


def _read_by_body(model: type[Model]) -> Iterator[str]:
    """The relations that `body_of` follows."""
    yield from (field.name for field in _columns(model) if field.is_relation)
    yield from (field.name for field in model._meta.many_to_many)
    for part in PARTS.get(model, ()):
        yield part
        yield from (f"{part}__{name}" for name in _read_by_body(model._meta.get_field(part).related_model))
