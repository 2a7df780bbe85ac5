"""The triggers by which the database refuses to change or delete what is append-only, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.db import connections, migrations
from django.db.backends.base.base import BaseDatabaseWrapper

from indicators.models.append_only import AppendOnly

_REFUSAL = "this table is append-only"
_VERBS = {"sqlite": ("UPDATE", "DELETE"), "postgresql": ("UPDATE", "DELETE", "TRUNCATE")}
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%: {_REFUSAL}', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def tables() -> list[str]:
    """The tables of all models that are append-only."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly))


def guard(connection: BaseDatabaseWrapper, names: Iterable[str]) -> None:
    """Put the triggers on these tables; those that are there already stay."""
    _execute(connection, guarding(connection.vendor, names))


def guarding(vendor: str, names: Iterable[str]) -> list[str]:
    """The statements that put the triggers on these tables."""
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER IF NOT EXISTS {_trigger(name, verb)} BEFORE {verb} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name}: {_REFUSAL}'); END"
            for name in names
            for verb in _VERBS[vendor]
        ]
    return [_FUNCTION] + [
        f"CREATE OR REPLACE TRIGGER {_trigger(name, verb)} BEFORE {verb} ON {name} "
        f"FOR EACH {'STATEMENT' if verb == 'TRUNCATE' else 'ROW'} EXECUTE FUNCTION refuse_change()"
        for name in names
        for verb in _VERBS[vendor]
    ]


def releasing(vendor: str, names: Iterable[str]) -> list[str]:
    """The statements that take the triggers off these tables."""
    return [
        f"DROP TRIGGER IF EXISTS {_trigger(name, verb)}" + (f" ON {name}" if vendor == "postgresql" else "")
        for name in names
        for verb in _VERBS[vendor]
    ]


def unguarded(connection: BaseDatabaseWrapper) -> list[str]:
    """The append-only tables that lack a trigger; those that no migration has made yet lack nothing."""
    there = set(connection.introspection.table_names())
    source = "sqlite_master WHERE type = 'trigger'" if connection.vendor == "sqlite" else "pg_trigger"
    column = "name" if connection.vendor == "sqlite" else "tgname"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {source}")  # noqa: S608 - our own words
        triggers = {name for (name,) in cursor.fetchall()}
    verbs = _VERBS[connection.vendor]
    return [
        name
        for name in tables()
        if name in there and not {_trigger(name, verb) for verb in verbs} <= triggers
    ]


def missing_triggers(*, databases: Iterable[str] | None, **_: Any) -> list[CheckMessage]:
    """A warning for each table whose rows could be changed, as Django's check framework wants it."""
    return [
        Warning(
            f"The rows of {name} can be changed and deleted: its triggers are missing.",
            hint="Run manage.py prepare, which puts them back. A migration that rebuilt the table took them away.",
            id="indicators.W001",
        )
        for alias in databases or ()
        for name in unguarded(connections[alias])
    ]


def guarded(*names: str) -> migrations.RunPython:
    """The operation of a migration that makes these tables append-only; on SQLite, to repeat after altering one."""
    return migrations.RunPython(_run(guarding, names), _run(releasing, names), elidable=False)


def _run(statements: Callable[[str, Iterable[str]], list[str]], names: Iterable[str]) -> Callable[..., None]:
    return lambda _apps, editor: _execute(editor.connection, statements(editor.connection.vendor, names))


def _execute(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _trigger(table: str, verb: str) -> str:
    return f"{table}_no_{verb.lower()}"
