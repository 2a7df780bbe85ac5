"""From a feed to the public page, through the doors that people use: the command line, the admin, HTTP."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.utils.translation import gettext

from indicators.models import Evidence, StatusChange
from tests.factories import verified
from tracker.models import Candidate, Decision, Document

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
QUOTE = "une clause de diversification des fournisseurs"


@pytest.fixture
def seeded(db: None) -> None:
    call_command("seed", stdout=StringIO())


@pytest.fixture
def moderator(seeded: None) -> Client:
    alice = User.objects.create_user("alice", password="une phrase assez longue", is_staff=True)
    alice.groups.add(Group.objects.get(name="moderator"))
    client = Client()
    verified(client, alice)
    return client


def watch(*arguments: str) -> str:
    out = StringIO()
    call_command("watch", *arguments, stdout=out)
    return out.getvalue()


def accept(client: Client, candidate: Candidate, **changes: str) -> object:
    form = {
        "accept": "1",
        "indicator": candidate.indicator_id,
        "stance": "supports",
        "directness": "direct",
        "rung": "3",
        "quote": QUOTE,
        "publisher": f"Journal officiel {candidate.pk}",
        "independence_group": f"État {candidate.pk}",
        "tier": "1",
        "title_fr": "Un appel d'offres impose deux fournisseurs",
        "title_en": "A call for tenders requires two suppliers",
        "kind": "tender",
        "occurred_on": "2026-11-22",
        "occurred_precision": "day",
        "owner": "Agence",
        "country": "FR",
    }
    return client.post(f"/admin/tracker/candidate/{candidate.pk}/change/", form | changes, follow=True)


def confirm(candidate: Candidate) -> None:
    """As another moderator."""
    bob, _created = User.objects.get_or_create(username="bob", is_staff=True)
    bob.groups.add(Group.objects.get(name="moderator"))
    client = Client()
    verified(client, bob)
    client.post(f"/admin/tracker/candidate/{candidate.pk}/change/", {"confirm": "1"})


def status(*arguments: str) -> dict:
    out = StringIO()
    call_command("status", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())["indicators"]["1a"]


def official(name: str) -> Candidate:
    """The candidate for 1a of a sample read as a file."""
    watch("--file", str(SAMPLES / name))
    return Candidate.objects.filter(indicator__code="1a").latest("pk")


def test_a_feed_entry_becomes_a_public_answer(moderator: Client) -> None:
    told = watch("--file", str(SAMPLES / "diversification.rss"))
    assert "2" in told
    candidate = Candidate.objects.get()
    assert candidate.indicator.code == "1a"
    assert QUOTE.split()[-1] in " ".join(reason["words"] for reason in candidate.reasons)

    page = moderator.get(f"/admin/tracker/candidate/{candidate.pk}/change/")
    assert "<mark>" in page.content.decode()
    answer = accept(moderator, candidate)
    assert answer.status_code == 200
    evidence = Evidence.objects.get()

    anonymous = Client()
    assert "Un appel d" in anonymous.get(evidence.get_absolute_url()).content.decode()
    assert evidence.get_absolute_url() in anonymous.get("/indicateurs/1a/").content.decode()
    assert anonymous.get("/api/v1/evidence/").json()["results"][0]["number"] == evidence.number
    assert anonymous.get("/en/").status_code == 200


def test_a_second_reading_changes_nothing(seeded: None) -> None:
    watch("--file", str(SAMPLES / "diversification.rss"))
    before = list(Document.objects.values()), list(Candidate.objects.values())
    watch("--file", str(SAMPLES / "diversification.rss"))
    assert (list(Document.objects.values()), list(Candidate.objects.values())) == before


def test_two_tier_one_examples_reach_rung_4_and_a_retraction_brings_back_3(moderator: Client) -> None:
    accept(moderator, official("diversification.rss"), owner="Agence")
    region = official("diversification_region.rss")
    accept(moderator, region, owner="Région")
    assert status()["rung"] == 3  # « Atteint » takes two
    confirm(region)
    reached = status()
    assert reached["rung"] == 4
    assert [change.rung_to for change in StatusChange.objects.order_by("pk")] == [3, 4]

    moment = StatusChange.objects.latest("pk").changed_at.isoformat()
    second = Evidence.objects.latest("number")
    editor = User.objects.create_superuser("eve", password="une phrase assez longue")
    verified(moderator, editor)
    told = {"retract": "1", "retract-reason": "Avis annulé."}
    refused = moderator.post(f"/admin/indicators/evidence/{second.pk}/change/", told)
    assert "1a" in refused.content.decode()
    assert status()["rung"] == 4  # nor is it left by one
    moderator.post(
        f"/admin/tracker/candidate/{region.pk}/change/", {"reopen": "1", "reason_text": "Avis annulé."}
    )
    assert status()["rung"] == 4
    confirm(region)
    last = StatusChange.objects.latest("pk")
    assert (last.rung_from, last.rung_to, last.cause) == (4, 3, "retracted")
    assert status()["rung"] == 3
    assert status("--known-at", moment)["digest"] == reached["digest"]
    tombstone = Client().get(second.get_absolute_url())
    assert tombstone.status_code == 200
    assert "Avis annulé." in tombstone.content.decode()


def test_a_quote_that_is_not_in_the_document_is_refused_and_nothing_is_lost(moderator: Client) -> None:
    candidate = official("diversification.rss")
    page = accept(moderator, candidate, quote="trois fournisseurs", title_fr="Mon titre").content.decode()
    assert gettext("This quote does not stand in the stored text; copy it from the document.") in page
    assert "Mon titre" in page
    assert not Evidence.objects.exists()


def test_the_second_moderator_is_told_who_decided(moderator: Client) -> None:
    candidate = official("diversification.rss")
    accept(moderator, candidate)
    page = accept(moderator, candidate).content.decode()
    assert "alice" in page
    assert Decision.objects.count() == 1


def test_a_rejection_needs_a_reason_and_can_be_undone(moderator: Client) -> None:
    candidate = official("diversification.rss")
    url = f"/admin/tracker/candidate/{candidate.pk}/change/"
    assert "errorlist" in moderator.post(url, {"reject": "1", "reason": ""}).content.decode()
    moderator.post(url, {"reject": "1", "reason": "off_topic"})
    moderator.post(url, {"reopen": "1", "reason_text": "Trop vite."})
    assert list(Decision.objects.order_by("step").values_list("step", "verdict")) == [
        (1, "rejected"),
        (2, "reopened"),
    ]
    assert Candidate.objects.get().state == "reopened"


def test_a_stranger_sees_no_queue(seeded: None) -> None:
    assert Client().get("/admin/tracker/candidate/").status_code == 302
