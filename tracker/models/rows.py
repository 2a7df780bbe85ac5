"""Many rows written by one statement that takes each in turn, with none of what the ORM does for every value."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from django.db import connection
from django.db.models import Field, JSONField, Model


def update(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Save these fields of each row."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    columns = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    statement = f"UPDATE {_quoted(meta.db_table)} SET {columns} WHERE {_quoted(meta.pk.column)} = %s"  # noqa: S608 - our own names
    _execute(statement, rows, [*fields, meta.pk])


def insert(rows: Sequence[Model]) -> None:
    """Store new rows, which are not told their keys."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns = ", ".join(_quoted(field.column) for field in fields)
    places = ", ".join("%s" for _field in fields)
    _execute(f"INSERT INTO {_quoted(meta.db_table)} ({columns}) VALUES ({places})", rows, fields)  # noqa: S608 - our own names


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _execute(statement: str, rows: Sequence[Model], fields: list[Field]) -> None:
    columns = [_prepared(field, list(map(attrgetter(field.attname), rows))) for field in fields]
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*columns, strict=True)))


def _prepared(field: Field, values: list[Any]) -> list[Any]:
    """What the database is given for each value; a value that many share is prepared once."""
    if isinstance(field, JSONField):  # lists cannot be looked up
        return [field.get_db_prep_save(value, connection) for value in values]
    prepared = {value: field.get_db_prep_save(value, connection) for value in set(values)}
    return [prepared[value] for value in values]
