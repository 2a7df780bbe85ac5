"""Every public change is entered, whole, in order, without anybody's name, and in the transaction that makes it."""

import json
import threading
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from indicators import ledger, publishing, seeding
from indicators.models import (
    Checkpoint,
    Circulation,
    Definition,
    EditionFile,
    Evidence,
    ExchangeRate,
    Indicator,
    LedgerEntry,
    LinkCheck,
    Measure,
    Override,
    Preview,
    Proposal,
    Score,
    Status,
    StatusChange,
    WantedView,
)
from indicators.public import PARTS
from tests.factories import make_definition, make_evidence, make_indicator, make_user
from tests.indicators.ledger_kept import downloaded, found, make_ledger, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def indicator() -> Indicator:
    row = make_indicator("1a")
    make_definition(row)
    return row


def entered() -> list[tuple[str, str]]:
    return list(LedgerEntry.objects.values_list("kind", "subject"))


def body(subject: str) -> dict:
    return json.loads(LedgerEntry.objects.filter(subject=subject).last().body)


def test_a_publication_is_entered_whole_and_then_what_it_moved(indicator: Indicator, now: datetime) -> None:
    publishing.refresh(now=now)
    publish(indicator, now=now, title="Marche\u0301")
    change = StatusChange.objects.get()
    assert entered() == [("published", "evidence/1"), ("moved", f"statuschange/{change.pk}")]
    told = body("evidence/1")
    assert (told["number"], told["title_fr"], told["occurred_on"]) == (1, "Marché", "2026-11-22")
    assert told["published_at"] == "2026-11-22T09:00:00.000000Z"
    assert [(each["quote"], each["tier"]) for each in told["citations"]] == [("deux fournisseurs", 1)]
    assert [(each["indicator"], each["rung"]) for each in told["assessments"]] == [("1a", 3)]
    told = body(f"statuschange/{change.pk}")
    assert (told["indicator"], told["rung_from"], told["rung_to"], told["evidence"]) == ("1a", 0, 3, 1)
    assert told["digest"] == Status.objects.get().digest


def test_a_correction_enters_both_versions_and_a_retraction_its_reason(
    indicator: Indicator, now: datetime
) -> None:
    old = publish(indicator, now=now)
    new = publishing.correct(
        old, changes={"title_fr": "Juste"}, reason="Faute", by=make_user(), now=now + timedelta(hours=1)
    )
    publishing.retract(new, reason="Annulé", by=make_user(), now=now + timedelta(hours=2))
    kinds = [each for each in entered() if each[1].startswith("evidence")]
    assert kinds == [
        ("published", "evidence/1"),
        ("published", "evidence/2"),
        ("corrected", "evidence/1"),
        ("retracted", "evidence/2"),
    ]
    assert (body("evidence/1")["superseded_by"], body("evidence/1")["correction_reason"]) == (2, "Faute")
    assert (body("evidence/2")["title_fr"], body("evidence/2")["retraction_reason"]) == ("Juste", "Annulé")


def test_a_link_a_definition_an_observation_and_an_edit_are_entered_when_they_change(
    indicator: Indicator, now: datetime
) -> None:
    [citation] = make_evidence(assessments=[{"indicator": indicator}]).citations.all()
    measure = Measure.objects.create(code="T1", name_fr="Part", name_en="Share")
    year = (now.date(), now.date())
    for _twice in range(2):
        publishing.record_link(citation, state="gone", now=now)
        publishing.observe("T1", period=year, numerator=3, denominator=7, now=now)
    [definition] = Definition.objects.filter(indicator=indicator)
    definition.pk, definition._state.adding, definition.version = None, True, 2
    publishing.define(definition, now=now)
    publishing.edit(indicator, now=now)
    kinds = [each for each in entered() if each[0] != "moved"]
    observation = measure.observations.get()
    assert kinds == [
        ("linked", "evidence/1"),
        ("observed", f"observation/{observation.pk}"),
        ("published", f"definition/{definition.pk}"),
        ("edited", "indicator/1a"),
    ]
    assert body("evidence/1")["citations"][0]["link_state"] == "gone"
    assert (body(kinds[1][1])["measure"], body(kinds[1][1])["numerator"]) == ("T1", "3")


def test_what_an_editor_saves_in_the_admin_is_entered(admin_client, indicator: Indicator) -> None:
    """Through the form, with the many-to-many fields that are saved after the row."""
    action = indicator.action
    page = admin_client.get(f"/admin/indicators/action/{action.pk}/change/")
    assert page.status_code == 200
    form = page.context["adminform"].form
    answers = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: value for name, value in answers.items() if value not in (None, [])} | {"aims_fr": "Visées"}
    assert admin_client.post(page.request["PATH_INFO"], sent).status_code == 302
    assert entered() == [("edited", "action/A1")]
    assert body("action/A1")["aims_fr"] == "Visées"


def test_the_founding_texts_come_first_and_once_and_what_was_public_before_is_found(now: datetime) -> None:
    seeding.load(now=now)
    founding = entered()
    assert {kind for kind, _subject in founding} == {"entered"}
    assert {
        "indicator/1a",
        "fact/F001",
        "publication/" + Indicator.objects.first().action.publication.slug,
    } <= {subject for _kind, subject in founding}
    make_evidence(assessments=[{"indicator": Indicator.objects.first()}])
    seeding.load(now=now)
    seeding.load(now=now)
    assert entered() == [*founding, ("entered", "evidence/1")]
    assert len(body("evidence/1")["citations"]) == 1


def test_a_change_that_is_taken_back_leaves_no_entry(indicator: Indicator, now: datetime) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        publish(indicator, now=now)
        raise RuntimeError
    assert entered() == []
    publish(indicator, now=now)
    assert LedgerEntry.objects.first().number == 1


def test_nobody_of_us_is_named_in_any_leaf(indicator: Indicator, now: datetime) -> None:
    author, second = make_user("zoe.personne", email="zoe@personne.example"), make_user("second.relecteur")
    evidence = make_evidence(published_by=author, assessments=[{"indicator": indicator}])
    publishing.retract(evidence, reason="Erreur", by=second, now=now)
    override = Override.objects.create(
        indicator=indicator,
        rung=1,
        reason_fr="x",
        set_by=author,
        approved_by=second,
        set_at=now,
        set_on=now.date(),
    )
    ledger.record(LedgerEntry.Kind.PUBLISHED, override, now=now)
    leaves = "\n".join(entry.line() for entry in LedgerEntry.objects.all())
    assert "retraction_reason" in leaves
    names = ("zoe", "personne", "relecteur", "published_by", "retracted_by", "set_by", "approved_by")
    assert [name for name in names if name in leaves] == []


def test_every_model_of_the_public_house_is_entered_or_has_a_reason_not_to_be() -> None:
    """A new one: name it in indicators/public.py, or say here why it is no part of the record."""
    derived = {
        Status,
        LinkCheck,
        Circulation,
        Preview,
        WantedView,
    }  # what the rule concludes from the rest; told with its evidence
    itself = {LedgerEntry, Checkpoint}
    unpublished = {Proposal}
    copied = {ExchangeRate}  # from an official table; an edition holds those that it used
    bound = {EditionFile, Score}  # by the hashes that an edition tells
    inside = {model._meta.get_field(part).related_model for model, parts in PARTS.items() for part in parts}
    ours = {m for m in apps.get_app_config("indicators").get_models() if not m._meta.auto_created}
    assert ours - derived - itself - unpublished - copied - bound - inside == set(PARTS) - inside


def test_no_entry_is_dated_before_what_it_follows(indicator: Indicator, now: datetime, tmp_path) -> None:
    """The writer who waited for the other one read the clock before."""
    publishing.edit(indicator, now=now)
    publishing.edit(indicator, now=now - timedelta(seconds=2))
    ledger.sign(now=now + timedelta(seconds=5))
    publishing.edit(indicator, now=now)
    moments = LedgerEntry.objects.values_list("recorded_at", flat=True)
    assert [(at - now).total_seconds() for at in moments] == [0, 0, 5, 5]
    kept = downloaded()
    assert found(kept.entries, kept.checkpoints, folder=tmp_path) is None


def test_a_checkpoint_is_due_once_a_day_and_after_much(indicator: Indicator, now: datetime) -> None:
    publishing.edit(indicator, now=now)
    assert len(ledger.sign_if_due(now=now)) == 1
    assert ledger.sign_if_due(now=now + timedelta(hours=3)) == []
    assert len(ledger.sign_if_due(now=now + timedelta(days=1))) == 1
    ledger.record(LedgerEntry.Kind.EDITED, *[indicator] * Checkpoint.ENTRIES_AT_MOST, now=now)
    assert len(ledger.sign_if_due(now=now + timedelta(days=1, minutes=1))) == 1
    assert list(Checkpoint.objects.values_list("size", flat=True)) == [2, 2, 502]


def test_the_key_is_made_once_for_its_owner_alone(settings, tmp_path, now: datetime) -> None:
    settings.DATA_DIR = tmp_path
    first, second = ledger.sign(now=now), ledger.sign(now=now)
    kept = tmp_path / "ledger_key"
    assert (kept.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [kept])
    assert first[0].public_key == second[0].public_key
    assert kept.read_text().strip() not in json.dumps([body(subject) for _kind, subject in entered()])


def test_an_old_key_vouches_for_the_new_one(settings, tmp_path, now: datetime) -> None:
    """Who trusts the first key follows two changes of keys; a key that nothing vouches for is told."""
    one, two, three = "1" * 64, "2" * 64, "3" * 64
    for day, keys in enumerate([[one], [one, two], [two], [two, three], [three]]):
        settings.LEDGER_KEY = keys
        ledger.sign(now=now + timedelta(days=day))
    kept = downloaded()
    first = json.loads(kept.checkpoints[0])["public_key"]
    assert found(kept.entries, kept.checkpoints, folder=tmp_path, key=first) is None
    settings.LEDGER_KEY = ["4" * 64]
    ledger.sign(now=now + timedelta(days=9))
    kept = downloaded()
    assert "is not yours and was never announced" in found(
        kept.entries, kept.checkpoints, folder=tmp_path, key=first
    )


@pytest.mark.django_db(transaction=True)
def test_publishers_at_once_keep_numbers_without_a_gap(now: datetime, tmp_path) -> None:
    indicator = make_indicator("1a")
    make_definition(indicator)
    make_user()
    start = threading.Barrier(4)

    def work(name: int) -> None:
        start.wait(timeout=30)
        for number in range(5):
            publish(indicator, now=now, title=f"{name}-{number}")
        connection.close()

    threads = [threading.Thread(target=work, args=[name]) for name in range(4)]
    [thread.start() for thread in threads]
    [thread.join(timeout=120) for thread in threads]
    ledger.sign(now=now)
    assert Evidence.objects.count() == 20
    numbers = list(LedgerEntry.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    kept = downloaded()
    assert found(kept.entries, kept.checkpoints, folder=tmp_path) is None


def test_the_ledger_is_signed_when_the_service_is_prepared(tmp_path, settings) -> None:
    call_command("prepare")
    call_command("prepare")
    kept = downloaded()
    assert len(kept.checkpoints) == 1
    assert found(kept.entries, kept.checkpoints, folder=tmp_path) is None


def test_a_ledger_of_every_kind_stands(now: datetime, tmp_path) -> None:
    kept = make_ledger(now)
    assert {json.loads(line)["kind"] for line in kept.entries} >= {
        "entered", "published", "corrected", "retracted", "observed", "key"
    }  # fmt: skip
    assert found(kept.entries, kept.checkpoints, folder=tmp_path) is None
