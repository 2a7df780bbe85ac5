"""The balance of decisions as it is told to the public: through publishing, and only when it changes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.test import Client

from indicators.models import LedgerEntry, Measure, Observation
from tests.factories import make_user, verified
from tests.tracker.test_moderation import make_candidate
from tracker import acts, alerts, disclosure, moderation
from tracker.models import Candidate, Decision


@pytest.fixture
def by(db: None) -> User:
    Measure.objects.bulk_create(disclosure.measures())
    return make_user()


def refuse(candidate: Candidate, *, by: User, now: datetime) -> None:
    moderation.claim(candidate, by=by, now=now - timedelta(seconds=40))
    moderation.reject(candidate, reason="spam", by=by, now=now)


def told() -> dict[tuple[str, str], tuple[int | None, int | None]]:
    rows = Observation.objects.order_by("pk").values_list(
        "measure__code", "variant", "numerator", "denominator"
    )
    return {row[:2]: row[2:] for row in rows}


def test_each_reason_has_a_measure_with_its_words_in_both_languages(by: User) -> None:
    refusals = Measure.objects.filter(code__startswith="decisions-refused-")
    assert refusals.count() == len(Decision.Reason)
    spam = refusals.get(code="decisions-refused-too_old")
    assert (spam.name_fr, spam.name_en) == ("trop ancien", "too old")


def test_refusals_are_told_by_stance_and_group_with_reason_and_time(by: User, now: datetime) -> None:
    refuse(make_candidate(now, "1"), by=by, now=now)
    disclosure.record_balance(now=now + timedelta(hours=1))
    figures = told()
    assert figures["decisions", "all:all:supports"] == (0, 1)
    assert figures["decisions-refused-spam", ""] == (1, None)
    assert figures["decisions-seconds", "rejected"] == (40, None)
    groups = {variant.split(":")[0] for code, variant in figures if code == "decisions"}
    assert groups == {"all", "indicator", "tier", "language"}


def test_the_same_figures_are_not_told_twice_and_what_is_over_is_told_as_none(
    by: User, now: datetime
) -> None:
    refuse(make_candidate(now, "1"), by=by, now=now)
    disclosure.record_balance(now=now + timedelta(hours=1))
    entries = LedgerEntry.objects.count()
    disclosure.record_balance(now=now + timedelta(days=1))
    assert LedgerEntry.objects.count() == entries
    disclosure.record_balance(now=now + timedelta(days=120))
    assert set(told().values()) == {(0, 0)}
    entries = LedgerEntry.objects.count()
    disclosure.record_balance(now=now + timedelta(days=121))
    assert LedgerEntry.objects.count() == entries


def test_a_drift_is_mailed_once_a_week_and_stands_on_the_first_page_of_the_workplace(
    by: User, now: datetime, settings: Any
) -> None:
    settings.ALERT_EMAIL = ["ops@site.example"]
    auditor = make_user("eve", email="eve@site.example", is_staff=True)
    auditor.groups.add(Group.objects.get_or_create(name="auditor")[0])
    auditor.user_permissions.add(Permission.objects.get(codename="view_decision"))
    rows = [make_candidate(now, str(number)) for number in range(1, 41)]
    for number, row in enumerate(rows):
        Candidate.objects.filter(pk=row.pk).update(stance="supports" if number % 2 else "contradicts")
        if number % 2:
            moderation.take_up(row, act=acts.note(), by=by, now=now)
        else:
            refuse(row, by=by, now=now)

    for hours in (1, 2, 25, 24 * 8):
        disclosure.record_balance(now=now + timedelta(hours=hours))
        alerts.send_due(now=now + timedelta(hours=hours))

    assert [each.to for each in mail.outbox] == [["eve@site.example", "ops@site.example"]] * 2
    assert "/admin/tracker/decision/balance/" in mail.outbox[0].body
    assert "que le hasard n’explique pas" in mail.outbox[0].body
    page = verified(Client(), auditor).get("/admin/?workplace").content.decode()
    assert "que le hasard n’explique pas" in page
