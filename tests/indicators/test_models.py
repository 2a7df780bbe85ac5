"""The closed lists of the database are those of the rule; invariants speak in words."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from indicators.models import choices
from indicators.rules import words
from tests.factories import make_evidence, make_indicator, make_user


@pytest.mark.parametrize("name", ["Stance", "Directness", "Form", "Kind", "Confidence", "Cause"])
def test_the_database_stores_the_words_of_the_rule(name: str) -> None:
    assert set(getattr(choices, name).values) == {word.value for word in getattr(words, name)}


@pytest.mark.django_db
def test_the_statement_of_an_indicator_is_never_edited() -> None:
    indicator = make_indicator("1a")
    indicator.statement_fr = "Autre phrase"
    with pytest.raises(ValidationError) as error:
        indicator.full_clean()
    assert list(error.value.message_dict) == ["statement_fr"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title_fr": ""}, "title"),
        ({"retracted_at": "2026-11-01T00:00:00Z"}, "reason"),
        ({"expires_on": date(2020, 1, 1)}, "expiry"),
        ({"number": 0}, "1"),
    ],
)
def test_a_broken_invariant_is_refused_by_the_database_and_told_in_words(fields, words) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_evidence(**fields)
    evidence = make_evidence()
    for name, value in fields.items():
        setattr(evidence, name, value)
    with pytest.raises(ValidationError) as error:
        evidence.full_clean()
    assert all(message.endswith(".") for message in error.value.messages)


@pytest.mark.django_db
def test_an_exception_needs_two_people_and_an_end() -> None:
    alice = make_user("alice")
    indicator = make_indicator("1a")
    for people, days in (((alice, alice), 30), ((alice, make_user("bob")), 91)):
        with pytest.raises(IntegrityError), transaction.atomic():
            indicator.overrides.create(
                rung=3,
                reason_fr="Raison",
                set_by=people[0],
                approved_by=people[1],
                set_at="2026-11-01T00:00:00Z",
                set_on=date(2026, 11, 1),
                days=days,
            )
