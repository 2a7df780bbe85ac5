"""What editors decide by two: exceptions that end by themselves, definitions that break a series and edit nothing."""

from datetime import date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators import editing, publishing
from indicators.models import (
    Assessment,
    Definition,
    Indicator,
    LedgerEntry,
    Override,
    Proposal,
    Status,
    StatusChange,
)
from indicators.models.standing import rehearse, status_of
from tests.factories import LADDER, make_definition, make_evidence, make_indicator, make_user

CONTENT = {"window_months": 12, "stall_days": 90, "ladder": LADDER, "scope_fr": "Autre", "scope_en": "Other"}
HARDER = [{**step, "any": [[{"events": step["rung"] + 1, "claim": 1}]]} for step in LADDER]


@pytest.fixture
def indicator(db: None, now: datetime) -> Indicator:
    """One example: the first occurrence."""
    row = make_indicator()
    make_definition(row)
    make_evidence(1, assessments=[{"indicator": row}])
    publishing.refresh(now=now)
    return row


def exception(indicator: Indicator, *, now: datetime, rung: int = 1, days: int = 90) -> Override:
    told = {"rung": rung, "reason_fr": "Parce que", "reason_en": "Because", "days": days}
    proposal = editing.propose("exception", indicator, content=told, by=make_user("ada"), now=now)
    return editing.adopt(proposal, seen=proposal.digest, by=make_user("bob"), now=now)


def define(indicator: Indicator, *, now: datetime, **content: object) -> Definition:
    told = CONTENT | content
    proposal = editing.propose("definition", indicator, content=told, by=make_user("ada"), now=now)
    return editing.adopt(proposal, seen=proposal.digest, by=make_user("bob"), now=now)


def caused() -> list[str]:
    return list(StatusChange.objects.order_by("pk").values_list("cause", flat=True))


def test_an_exception_is_entered_flags_the_status_and_ends_by_itself_after_its_days(
    indicator: Indicator, now: datetime
) -> None:
    row = exception(indicator, now=now, days=30)
    status = Status.objects.get()
    assert (status.rung, "override" in status.flags) == (3, True)
    last = now + timedelta(days=30)
    publishing.refresh(now=last)
    assert "override" in Status.objects.get().flags
    publishing.refresh(now=last + timedelta(days=1))
    status = Status.objects.get()
    assert (status.rung, "override" in status.flags) == (3, False)
    assert caused() == ["override_set", "override_lifted"]
    entered = list(LedgerEntry.objects.values_list("kind", "subject"))
    assert ("published", f"override/{row.pk}") in entered


def test_an_exception_is_lifted_once(indicator: Indicator, now: datetime) -> None:
    row, later = exception(indicator, now=now), now + timedelta(hours=1)
    editing.lift_override(row, now=later)
    assert "override" not in Status.objects.get().flags
    assert caused() == ["override_set", "override_lifted"]
    with pytest.raises(ValidationError):
        editing.lift_override(row, now=later)
    assert exception(indicator, now=later + timedelta(hours=1)).pk != row.pk


@pytest.mark.parametrize(
    "content", [{"days": 91}, {"days": 0}, {"reason_fr": ""}, {"rung": 6}, {"rung": None}, {"days": "x"}]
)
def test_an_exception_that_could_not_stand_is_not_even_proposed(
    indicator: Indicator, now: datetime, content: dict
) -> None:
    told = {"rung": 1, "reason_fr": "Parce que", "reason_en": "", "days": 90} | content
    with pytest.raises(ValidationError):
        editing.propose("exception", indicator, content=told, by=make_user("ada"), now=now)
    assert not Proposal.objects.exists()


def test_nobody_adopts_their_own_proposal_nor_one_that_was_rewritten(
    indicator: Indicator, now: datetime
) -> None:
    ada, bob = make_user("ada"), make_user("bob")
    proposal = editing.propose("definition", indicator, content=CONTENT, by=ada, now=now)
    with pytest.raises(ValidationError):
        editing.adopt(proposal, seen=proposal.digest, by=ada, now=now)
    again = editing.propose("definition", indicator, content=CONTENT | {"stall_days": 9}, by=ada, now=now)
    assert again.pk == proposal.pk
    with pytest.raises(editing.ProposalClosedError):
        editing.adopt(proposal, seen=proposal.digest, by=bob, now=now)
    assert Definition.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(state="adopted", decided_by=ada)


def test_an_exception_must_end_before_another_one_stands(indicator: Indicator, now: datetime) -> None:
    exception(indicator, now=now)
    with pytest.raises(ValidationError):
        exception(indicator, now=now + timedelta(days=1))
    assert Override.objects.count() == 1


@pytest.mark.parametrize(("carry", "rung"), [(True, 3), (False, 0)])
def test_adopting_a_definition_begins_a_series_and_edits_no_assessment(
    indicator: Indicator, now: datetime, carry: bool, rung: int
) -> None:
    old = list(Assessment.objects.values())
    new = define(indicator, now=now + timedelta(days=1), carry=carry)
    assert list(Assessment.objects.exclude(definition=new).values()) == old
    assert (new.version, Status.objects.get().rung) == (2, rung)
    assert caused() == ["definition_changed"]


def test_the_sandbox_says_what_adoption_then_does_and_writes_nothing(
    indicator: Indicator, now: datetime
) -> None:
    proposal = editing.propose(
        "definition",
        indicator,
        content=CONTENT | {"ladder": HARDER, "carry": True},
        by=make_user("ada"),
        now=now,
    )
    entries, row = LedgerEntry.objects.count(), proposal.definition(on=now.date(), now=now)
    [told] = rehearse(row, carried=1, clocks=[(now.date(), now)])
    assert (LedgerEntry.objects.count(), Definition.objects.count()) == (entries, 1)
    editing.adopt(proposal, seen=proposal.digest, by=make_user("bob"), now=now)
    assert told.rung == Status.objects.get().rung != 3


@given(rungs=st.lists(st.integers(0, 5), min_size=1, max_size=4))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_exception_changes_what_the_rule_computes(
    indicator: Indicator, now: datetime, rungs: list[int]
) -> None:
    with transaction.atomic():
        before = status_of(indicator, as_of=now.date(), known_at=now)
        for hour, rung in enumerate(rungs):
            row = exception(indicator, now=now + timedelta(hours=hour), rung=rung)
            after = Status.objects.get()
            told = (after.rung, after.digest, after.trace, after.confidence)
            assert told == (before.rung, before.digest, list(before.trace), before.confidence)
            editing.lift_override(row, now=now + timedelta(hours=hour, minutes=30))
        transaction.set_rollback(True)


@given(days=st.integers(0, 400), stall=st.integers(1, 500), carry=st.booleans())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_past_keeps_its_digest_whatever_is_adopted_later(
    indicator: Indicator, now: datetime, days: int, stall: int, carry: bool
) -> None:
    clocks = {"as_of": date(2026, 11, 1) - timedelta(days=days), "known_at": now}
    with transaction.atomic():
        before = status_of(indicator, **clocks)
        define(indicator, now=now + timedelta(days=1), stall_days=stall, carry=carry)
        exception(indicator, now=now + timedelta(days=2))
        assert status_of(indicator, **clocks) == before
        transaction.set_rollback(True)


def test_a_rung_may_fall_while_no_definition_is_in_force(indicator: Indicator, now: datetime) -> None:
    [change] = publishing.refresh(now=now - timedelta(days=400))
    assert (change.rung_from, change.rung_to, change.trace) == (3, 0, [])
    assert Client().get("/journal/").status_code == 200


def test_a_definition_in_force_is_refused_any_change_by_the_database(indicator: Indicator) -> None:
    for change in (lambda rows: rows.update(window_months=1), lambda rows: rows.delete()):
        with pytest.raises((IntegrityError, ProtectedError)), transaction.atomic():
            change(Definition.objects.filter(indicator=indicator))


@pytest.mark.django_db(transaction=True)
def test_of_editors_who_adopt_at_once_one_does(now: datetime) -> None:
    row = make_indicator()
    make_definition(row)
    proposal = editing.propose("definition", row, content=CONTENT, by=make_user("ada"), now=now)
    editors = [make_user(f"editor {number}") for number in range(6)]
    barrier, told = Barrier(len(editors)), []

    def adopt(by: object) -> None:
        barrier.wait()
        try:
            editing.adopt(proposal, seen=proposal.digest, by=by, now=now)
            told.append("adopted")
        except editing.ProposalClosedError:
            told.append("told")
        finally:
            connection.close()

    threads = [Thread(target=adopt, args=[each]) for each in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["adopted", *["told"] * 5]
    assert Definition.objects.filter(indicator=row).count() == 2
