"""Measures over tenders, from stored notices and decisions to published observations."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from indicators.models import Measure, Observation
from indicators.publishing import NewAssessment
from tests.factories import make_definition, make_indicator, make_user
from tracker import moderation, storing
from tracker.measures import record_measures
from tracker.models import Candidate, Document, Source
from tracker.watchers.entry import Entry, NoticeFields, Page

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CODES = [f"T{number}" for number in range(1, 13)]


@pytest.fixture
def tenders() -> Any:
    indicator = make_indicator("1a")
    make_definition(indicator)
    for code in CODES:
        Measure.objects.create(code=code, name_fr=code, name_en=code, indicator=indicator)
    return indicator


def seen(number: int, *, form: str = "competition", text: str = "Calcul", **fields: Any) -> Document:
    source, _ = Source.objects.get_or_create(
        slug="ted", defaults={"name": "TED", "url": "https://t.example/", "publisher": "OP", "format": "ted", "tier": 1}
    )  # fmt: skip
    told = {"procedure_id": f"p{number}", "publication_number": f"{number}-2026", "form_type": form}
    notice = NoticeFields(**told | {"buyer_country": "FR", "buyers": (f"Agence {number}",)} | fields)
    entry = Entry(
        external_id=f"{number}-2026", title="Calcul", text=f"{text} {number}", language="fr", kind="notice",
        notice=notice, published_at=datetime(2026, 5, 1, tzinfo=UTC),
    )  # fmt: skip
    storing.store(source, Page(entries=(entry,)), now=NOW)
    return Document.objects.get(external_id=entry.external_id)


def proposed(document: Document, indicator: Any, *, priority: int = 1) -> Candidate:
    return Candidate.objects.create(
        document=document, indicator=indicator, stance="supports", priority=priority, created_at=NOW
    )


def accept(candidate: Candidate, *, rung: int) -> None:
    event = {"kind": "tender", "title_fr": "Marché", "owner": "Agence", "occurred_on": date(2026, 5, 1)}
    claim = NewAssessment(indicator=candidate.indicator, stance="supports", directness="direct", rung=rung)
    moderation.accept(
        candidate, event=event, citation={"quote": "Calcul"}, assessments=[claim], by=make_user(), now=NOW
    )


def value(code: str, *, variant: str = "", geography: str = "") -> tuple[Any, Any, Any]:
    row = Observation.objects.get(measure__code=code, variant=variant, geography=geography)
    return row.numerator, row.denominator, row.unknown


@pytest.mark.django_db
def test_processes_are_counted_once_and_what_is_not_judged_is_unknown(tenders) -> None:
    accept(proposed(seen(1), tenders, priority=4), rung=3)
    seen(11, form="result", procedure_id="p1", winners=("Alpha",), lots=({"id": "1", "tenders": 1},))
    accept(proposed(seen(2), tenders), rung=2)
    proposed(seen(3, document_urls=("https://docs.example/",)), tenders)
    outside = proposed(seen(4), tenders)
    moderation.reject(outside, reason="out_of_scope", by=make_user(), now=NOW)
    record_measures(now=NOW)
    assert value("T1") == (3, None, 0)
    assert value("T1", geography="FR") == (3, None, 0)
    assert value("T2") == (1, 2, 1)
    assert value("T2", variant="detected") == (1, 2, 1)
    assert value("T3") == (1, 2, 1)
    assert value("T4", variant="detected") == (0, 2, 1)
    assert value("T7") == (1, 1, 0)
    assert value("T9") == (1, 1, 0)
    assert value("T11") == (None, None, 0)
    assert value("T12", variant="country") == (3, 3, 0)
    period = Observation.objects.first()
    assert (period.period_start, period.period_end) == (date(2024, 11, 1), date(2026, 10, 31))


@pytest.mark.django_db
def test_the_same_inputs_write_nothing_and_a_decision_writes_a_new_value(tenders) -> None:
    candidate = proposed(seen(1), tenders)
    record_measures(now=NOW)
    before = Observation.objects.count()
    record_measures(now=NOW)
    assert Observation.objects.count() == before
    accept(candidate, rung=3)
    record_measures(now=NOW)
    newest = Observation.objects.filter(measure__code="T2", variant="", geography="").order_by("pk").last()
    assert (newest.numerator, newest.denominator, newest.unknown) == (1, 1, 0)


@pytest.mark.django_db
def test_a_clause_that_did_not_live_to_the_award_is_counted_so(tenders) -> None:
    accept(call := proposed(seen(1), tenders), rung=3)
    award = seen(11, form="result", procedure_id="p1", winners=("Alpha",))
    evidence = call.decisions.get().evidence
    linked = proposed(award, tenders)
    Candidate.objects.filter(pk=linked.pk).update(follows=evidence, stance="contradicts")
    record_measures(now=NOW)
    assert value("T9") == (0, 0, 1)
    event = {"kind": "award", "title_fr": "Attribution", "owner": "Agence", "occurred_on": date(2026, 6, 1)}
    claim = NewAssessment(indicator=tenders, stance="contradicts", directness="direct")
    moderation.accept(
        linked, event=event | {"cancels": evidence}, citation={"quote": "Calcul"}, assessments=[claim],
        by=make_user(), now=NOW,
    )  # fmt: skip
    Observation.objects.all().delete()
    record_measures(now=NOW)
    assert value("T9") == (0, 1, 0)


@pytest.mark.django_db
def test_the_page_of_the_indicator_shows_what_is_confirmed_and_what_is_detected(client, tenders) -> None:
    proposed(seen(1, document_urls=("https://docs.example/",)), tenders)
    record_measures(now=NOW)
    page = client.get(f"/indicateurs/{tenders.code}/").content.decode()
    assert page.count("détecté par une machine") == 4
