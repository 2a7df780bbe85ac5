"""What is append-only: the database itself refuses to change or delete it, whoever asks."""

from datetime import datetime

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from indicators import append_only, ledger, publishing
from indicators.models import (
    Actor,
    Answer,
    AppendOnly,
    ArticleAssessment,
    Checkpoint,
    Control,
    Deal,
    DealEvent,
    Definition,
    Edition,
    EditionFile,
    LedgerEntry,
    Leg,
    LegDetail,
    Pillar,
    PillarPoints,
    Publication,
    Score,
    Statement,
    StatusChange,
)
from tests.factories import make_user
from tests.indicators.ledger_kept import publish
from tests.tracker.test_moderation import make_candidate
from tracker import moderation
from tracker.models import Decision

EDITIONS = [Answer, Edition, EditionFile, Score]
REGISTRY = [Statement, DealEvent, LegDetail, Control, ArticleAssessment, PillarPoints]
MODELS = [LedgerEntry, Checkpoint, Definition, StatusChange, Decision, *REGISTRY, *EDITIONS]
# A column of each, and a value that it could hold.
COLUMNS = {
    LedgerEntry: "body",
    Checkpoint: "signature",
    Definition: "scope_fr",
    StatusChange: "digest",
    Decision: "reason_text",
    Statement: "quote",
    DealEvent: "happened",
    LegDetail: "field",
    Control: "since",
    ArticleAssessment: "assessor",
    PillarPoints: "sentence",
    Answer: "found",
    Edition: "results_sha256",
    EditionFile: "content",
    Score: "part",
}

by_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@pytest.fixture
def rows(db: None, now: datetime) -> None:
    """At least one row of each."""
    candidate = make_candidate(now)
    publishing.refresh(now=now)
    publish(candidate.indicator, now=now)
    moderation.reject(candidate, reason="spam", by=make_user(), now=now)
    ledger.sign(now=now)
    actor = Actor.objects.create(slug="nvidia", name="Nvidia", kind="company")
    Answer.objects.create(slug="nvidia/1", actor=actor, question="q", found="unknown", recorded_at=now)
    deal = Deal.objects.create(
        slug="deal", title_fr="Accord", title_en="Deal", kind="deal", status="announced"
    )
    DealEvent.objects.create(deal=deal, happened="2025", status="signed")
    source = Publication.objects.create(slug="page", title="Page", published_on=now.date(), language="fr")
    Statement.objects.create(slug="deal/s1", deal=deal, publication=source, quote="q", claim="reported")
    buyer = Actor.objects.create(slug="openai", name="OpenAI", kind="company")
    leg = Leg.objects.create(slug="leg", deal=deal, payer=buyer, payee=actor, flow="P")
    LegDetail.objects.create(leg=leg, field="cash", value=False)
    Control.objects.create(actor=actor, since="2025")
    article = ArticleAssessment.objects.create(publication=source, framework="5 piliers")
    pillar = Pillar.objects.create(slug="mobility", order=3)
    PillarPoints.objects.create(assessment=article, pillar=pillar, points=1)
    edition = Edition.objects.create(slug="2026-11", cut_off_on=now.date(), seed=1, published_at=now)
    EditionFile.objects.create(edition=edition, name="dataset.json", content="{}")
    Score.objects.create(edition=edition, actor=actor, part="index")


@by_model
def test_rows_are_added_and_neither_changed_nor_deleted(model: type[AppendOnly], rows: None) -> None:
    before = list(model.objects.values_list())
    row, column = model.objects.first(), COLUMNS[model]
    setattr(row, column, "x")
    key, table = model._meta.pk.column, model._meta.db_table
    for change in (
        row.save,
        lambda: model.objects.filter(pk=row.pk)._raw_delete("default"),  # past what protects it in Django
        lambda: model.objects.all()._raw_delete("default"),
        lambda: model.objects.update(**{column: "x"}),
        lambda: model.objects.bulk_update([row], [column]),
        lambda: connection.cursor().execute(f"UPDATE {table} SET {column} = 'x' WHERE {key} = %s", [row.pk]),
        lambda: connection.cursor().execute(f"DELETE FROM {table} WHERE {key} = %s", [row.pk]),
    ):
        with pytest.raises(IntegrityError, match=f"{table}: this table is append-only"), transaction.atomic():
            change()
    assert list(model.objects.values_list()) == before != []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no TRUNCATE")
@by_model
def test_rows_are_not_truncated_either(model: type[AppendOnly], rows: None) -> None:
    connection.check_constraints()  # those that wait for the end of the transaction would refuse it, too
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert model.objects.exists()


def test_these_are_all_that_are_append_only() -> None:
    assert append_only.tables() == sorted(model._meta.db_table for model in MODELS)


@pytest.mark.django_db
def test_a_lost_trigger_is_told_and_put_back() -> None:
    """As after a migration that rebuilt the table, which on SQLite drops its triggers."""
    lost = "tracker_decision"
    for statement in append_only.releasing(connection.vendor, [lost])[:1]:
        connection.cursor().execute(statement)
    [told] = run_checks(tags=["database"], databases=["default"])
    assert (told.id, lost in told.msg, "manage.py prepare" in told.hint) == ("indicators.W001", True, True)
    call_command("prepare")
    assert run_checks(tags=["database"], databases=["default"]) == []


@pytest.mark.django_db(transaction=True)
def test_a_migration_guards_a_table_and_lets_it_go() -> None:
    """And what empties the tables between tests leaves the triggers in place."""
    guarded = append_only.guarded("tracker_decision")
    assert append_only.unguarded(connection) == []
    with connection.schema_editor() as editor:
        guarded.reverse_code(apps, editor)
    assert append_only.unguarded(connection) == ["tracker_decision"]
    with connection.schema_editor() as editor:
        guarded.code(apps, editor)
        guarded.code(apps, editor)
    assert append_only.unguarded(connection) == []
