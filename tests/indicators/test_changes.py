"""« What changed since a date »: the journal, the API and the feed tell the same, of the registry and the indicators."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from indicators import changes, correcting, editions, publishing, registering, retiring, seeding
from indicators.models import Actor, CorrectionRequest, Deal, Leg
from tests.factories import make_evidence, make_user
from tests.indicators.test_registering import AMOUNT, DEAL, SAID
from tests.tracker.test_receipt import words

pytestmark = pytest.mark.django_db
OTHER = "nvidia-openai-2025-09"
TOLD = [
    ("edition", "Edition 2026-10 of the index"),
    ("request", "Request for correction of no. 1: Evidence 1: refused"),
    ("contested", "Nvidia contests statement/s"),
    ("retired", "Deal retired from the registry: Deal"),
    ("contradiction", "Contradiction c99: resolved"),
    ("contradiction", "New contradiction in the registry: c99"),
    ("statement", "Statement corrected: Uber, twice"),
    ("deal_amount", "Uber, twice: amounts amended"),
    ("deal_status", "Uber, twice: now “signed”"),
    ("deal", "New deal in the registry: Uber, twice"),
    ("reply", "Reply of ACME to evidence no. 1"),
]


def change_everything(start: datetime) -> None:
    """One change of each kind that the registry and people make, a minute apart."""
    moments = (start + timedelta(minutes=number) for number in range(1, 20))
    evidence = make_evidence(1, published_at=start - timedelta(days=9))
    answer = {"party": "ACME", "text": "Non.", "received_at": start}
    publishing.answer(publishing.Reply(evidence=evidence, **answer), by=make_user(), now=next(moments))
    gone = registering.record_deal(DEAL, now=next(moments))
    twice = replace(DEAL, slug="uber-nvidia-twice", title_en="Uber, twice")
    deal = registering.record_deal(twice, now=next(moments))
    said = {"statement": SAID}
    registering.change_status(deal, status="signed", happened="2026-11-21", **said, now=next(moments))
    more = replace(AMOUNT, since="2026-11-21")
    registering.amend_amount(Leg.objects.get(deal=deal), more, **said, now=next(moments))
    first = deal.statements.order_by("pk").first()
    new = registering.supersede_statement(first, SAID, reason="Mal lu", now=next(moments))
    both = {"recorded": ("Noté", "Noted")}
    row = registering.record_contradiction([new], what=("Ceci", "This"), **both, now=next(moments))
    registering.settle_contradiction(row, state="resolved", **both, now=next(moments))
    retiring.retire(
        gone, reason=("Double", "Twice"), replaced_by=Deal.objects.get(slug=OTHER), now=next(moments)
    )
    clock = {"received_at": next(moments), "due_at": start + timedelta(days=30)}
    nvidia = Actor.objects.get(slug="nvidia")
    correcting.open_request(
        CorrectionRequest(about="statement/s", actor=nvidia, **clock), now=clock["received_at"]
    )
    request = correcting.open_request(
        CorrectionRequest(about="evidence/1", **clock), now=clock["received_at"]
    )
    correcting.decide(request, outcome="refused", reason=("Non", "No"), now=next(moments))
    editions.release(editions.compute("2026-10", today=timezone.localdate()), now=next(moments))


def test_what_changed_since_a_day_is_told_in_one_place_by_page_api_and_feed_alike(client: Client) -> None:
    start = timezone.now() - timedelta(hours=1)
    seeding.load(now=start - timedelta(days=2))
    since = timezone.localdate(start).isoformat()
    known = len(changes.changes(changes.KINDS))
    change_everything(start)
    expected = [(kind, title.replace("c99", number_of_the_last())) for kind, title in TOLD]

    asked = client.get("/api/v1/changes/", {"since": since, "lang": "en"}).json()
    assert [(row["kind"], row["title"]) for row in asked["results"]] == expected
    assert len(changes.changes(changes.KINDS)) == known + len(expected) + 1  # an evidence of the days before
    page = words(client, f"/en/journal/?since={since}")
    assert [title for _kind, title in expected if title not in page] == []
    feed = client.get("/en/flux/feed.json").json()["items"]
    titles = [item["title"] for item in feed if "Checkpoint" not in item["title"]]
    assert titles[: len(expected)] == [title for _kind, title in expected]
    assert "Nouvel accord au registre" in words(client, f"/journal/?since={since}")

    for kind in changes.KINDS:
        some = client.get("/api/v1/changes/", {"since": since, "kind": kind, "lang": "en"}).json()["results"]
        mine = [title for sort, title in expected if sort == kind]
        assert [row["title"] for row in some] == mine
        assert client.get("/en/journal/", {"kind": kind}).status_code == 200
    tomorrow = (timezone.localdate(start) + timedelta(days=2)).isoformat()
    assert "Rien n’a changé." in words(client, f"/journal/?since={tomorrow}")
    for wrong in ("kind=x", "since=hier", "since=2026-13-01"):
        assert client.get(f"/journal/?{wrong}").status_code == 400
        assert client.get(f"/api/v1/changes/?{wrong}").status_code == 400


def number_of_the_last() -> str:
    return registering.Contradiction.objects.order_by("number").last().number
