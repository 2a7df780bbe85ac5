"""Many rows written by few statements, with none of what the ORM does for every value of every row."""

from collections.abc import Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import CharField, Field, ForeignKey, IntegerField, JSONField, Model, TextField

_ROWS_AT_ONCE = 20  # of a database that reads long statements slowly
_PLAIN = (((CharField, TextField), str), ((IntegerField, ForeignKey), int))


def update(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Save these fields of each row."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    columns = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    statement = f"UPDATE {_quoted(meta.db_table)} SET {columns} WHERE {_quoted(meta.pk.column)} = %s"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(_prepared([*fields, meta.pk], rows)))


def insert(rows: Sequence[Model]) -> None:
    """Store new rows, which get their keys from the database; the same as `bulk_create`."""
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not field.primary_key]
    size = connection.ops.bulk_batch_size(fields, rows)
    if connection.features.max_query_params:
        size = min(size, _ROWS_AT_ONCE)
    for start in range(0, len(rows), size):
        _insert(rows[start : start + size], fields)


def _insert(rows: Sequence[Model], fields: list[Field]) -> None:
    meta = rows[0]._meta
    columns = ", ".join(_quoted(field.column) for field in fields)
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    statement = f"INSERT INTO {_quoted(meta.db_table)} ({columns}) VALUES {places} RETURNING {_quoted(meta.pk.column)}"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(statement, list(chain.from_iterable(_prepared(fields, rows))))
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk, row._state.adding, row._state.db = key, False, DEFAULT_DB_ALIAS


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _prepared(fields: list[Field], rows: Sequence[Model]) -> Iterator[tuple[Any, ...]]:
    """What the database is given for these fields of each row."""
    columns = [_prepared_column(field, list(map(attrgetter(field.attname), rows))) for field in fields]
    return zip(*columns, strict=True)


def _prepared_column(field: Field, values: list[Any]) -> list[Any]:
    """A text and a number are stored as they are; of the rest, a value that many rows share is prepared once."""
    database = connections[DEFAULT_DB_ALIAS]  # itself: `connection` looks it up at every touch
    plain = next((kind for fields, kind in _PLAIN if isinstance(field, fields)), None)
    if plain:
        return [
            value if type(value) is plain else field.get_db_prep_save(value, database) for value in values
        ]
    keys = list(map(repr, values)) if isinstance(field, JSONField) else values  # lists cannot be looked up
    distinct = dict(zip(keys, values, strict=True))
    prepared = {key: field.get_db_prep_save(value, database) for key, value in distinct.items()}
    return [prepared[key] for key in keys]
