"""Whether examples and counter-examples are treated alike, and how long decisions take."""

from datetime import timedelta

import pytest

from tests.factories import make_user
from tests.tracker.test_moderation import make_candidate
from tracker import balance, moderation
from tracker.balance import Share
from tracker.models import Candidate


@pytest.mark.parametrize(
    ("examples", "counter", "diverge"),
    [
        ((50, 60), (10, 60), True),
        ((30, 60), (28, 60), False),
        ((3, 3), (0, 3), False),
        ((0, 0), (5, 9), False),
    ],
)
def test_only_rates_that_chance_does_not_explain_are_a_drift(examples, counter, diverge):
    told = [
        Share(value="supports", accepted=examples[0], decided=examples[1]),
        Share(value="contradicts", accepted=counter[0], decided=counter[1]),
    ]
    assert (balance.drift(told) is not None) == diverge


def test_one_side_alone_is_no_drift():
    assert balance.drift([Share(value="supports", accepted=9, decided=9)]) is None


def test_the_interval_of_wilson():
    low, high = balance.wilson(9, 10)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert balance.wilson(0, 0) == (0.0, 1.0)


@pytest.mark.django_db
def test_what_was_undone_counts_no_more_and_what_took_time_is_told(now):
    by = make_user()
    rows = [make_candidate(now, str(number)) for number in range(1, 5)]
    Candidate.objects.filter(pk=rows[2].pk).update(stance="contradicts")
    for row, minutes in zip(rows[:3], (1, 3, 9), strict=True):
        moderation.claim(row, by=by, now=now)
        moderation.reject(row, reason="spam", by=by, now=now + timedelta(minutes=minutes))
    moderation.reopen(rows[0], reason_text="Non.", by=by, now=now + timedelta(minutes=10))
    made = balance.decisions(since=now, until=now + timedelta(hours=1))
    assert balance.shares(made, "stance") == [
        Share(value="contradicts", accepted=0, decided=1),
        Share(value="supports", accepted=0, decided=1),
    ]
    assert balance.seconds(made, "reason") == {"spam": 360}
    assert balance.waiting(now) == {"supports": 2}
