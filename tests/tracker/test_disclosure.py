"""The balance of decisions as it is told to the public: through publishing, and only when it changes."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from indicators.models import LedgerEntry, Measure, Observation
from tests.factories import make_user
from tests.tracker.test_moderation import make_candidate
from tracker import disclosure, moderation
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
