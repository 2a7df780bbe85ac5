"""Rows written in one go hold what the ORM would have written."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, models, transaction
from django.forms import model_to_dict

from tracker.models import Fetch, Source, rows

pytestmark = pytest.mark.django_db


def columns(row: models.Model) -> dict[str, object]:
    """What the database holds of it, without its key."""
    return model_to_dict(type(row).objects.get(pk=row.pk), exclude=["id"])


def test_new_rows_are_what_bulk_create_would_store(source, now) -> None:
    def attempts() -> list[Fetch]:
        failed = {
            "outcome": "failed",
            "error_kind": "http",
            "error": "L’adresse “%s” n’est plus là.",
            "http_status": 404,
        }
        return [
            Fetch(source=source, started_at=now, outcome="unchanged"),
            Fetch(source=source, started_at=now, outcome="read", remarks=["deux", "{}"], bytes_read=7),
            Fetch(source=source, started_at=now + timedelta(microseconds=1), **failed),
        ]  # fmt: skip

    new = attempts()
    rows.insert(new)
    assert [row.error for row in new] == [Fetch.objects.get(pk=row.pk).error for row in new]
    written = [columns(row) for row in new]
    assert written == [columns(row) for row in Fetch.objects.bulk_create(attempts())]


def test_more_rows_than_a_statement_can_name_keep_their_order(source, now) -> None:
    many = [Fetch(source=source, started_at=now, outcome="read", bytes_read=number) for number in range(300)]
    rows.insert(many)
    assert [(row.pk, row.bytes_read) for row in many] == list(
        Fetch.objects.order_by("pk").values_list("pk", "bytes_read")
    )
    assert [row.bytes_read for row in many] == list(range(300))


def test_each_row_is_given_its_own_fields_and_keeps_the_others(source, now) -> None:
    other = Source.objects.create(slug="b", name="B", format="feed", tier=2, url="https://b.example/feed")
    source.etag, source.next_due_at, source.memory, source.name = '"é"', now, b"\x00\xff", "not saved"
    other.etag, other.next_due_at, other.memory, other.validators_trusted = "", None, b"", False
    rows.update([source, other], ["etag", "next_due_at", "memory", "validators_trusted"])
    first, second = Source.objects.order_by("pk")
    assert (first.etag, first.next_due_at, bytes(first.memory), first.validators_trusted) == (
        '"é"', now, b"\x00\xff", True,
    )  # fmt: skip
    assert (second.etag, second.next_due_at, bytes(second.memory), second.validators_trusted) == (
        "", None, b"", False,
    )  # fmt: skip
    assert first.name != "not saved"


def test_no_rows_are_no_statement(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        rows.insert([])
        rows.update([], ["etag"])


def test_the_database_still_judges_each_row(source, now) -> None:
    silent = Fetch(source=source, started_at=now, outcome="failed")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert([silent])
