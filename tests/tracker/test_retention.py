"""What we forget, and when: each line of the table, on both sides of its limit."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from tests.factories import make_evidence, make_indicator, make_user
from tracker import retention
from tracker.models import (
    Candidate,
    Contact,
    Contribution,
    Decision,
    Delivery,
    Document,
    Fetch,
    Host,
    HubSubscription,
    Original,
    Robots,
    Snapshot,
    Source,
    StoryMark,
    Subscription,
    TriageModel,
)
from tracker.sealing import seal, unseal

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return Source.objects.create(
        slug="fil", name="Fil", format="feed", url="https://fil.example/", publisher="Le Fil", tier=3
    )


def contribute(source: Source, number: int, received_at: datetime) -> Contribution:
    document = Document.objects.create(
        source=source,
        external_id=str(number),
        kind="article",
        first_seen_at=received_at,
        last_seen_at=received_at,
    )
    contribution = Contribution.objects.create(
        document=document,
        kind="example",
        statement="Ce marché impose deux fournisseurs.",
        received_at=received_at,
        due_at=received_at + timedelta(days=30),
    )
    Contact.objects.create(
        contribution=contribution,
        sealed_email=seal("alice@example.org"),
        address_hash=f"address {number}",
        confirmed_at=received_at,
        credit="Alice",
        network_hash=f"network {number}",
        receipt_hash=f"receipt {number}",
    )
    return contribution


def decide(contribution: Contribution, *, decided_at: datetime, steps: int = 1) -> None:
    candidate = Candidate.objects.create(
        document=contribution.document, stance="supports", created_at=contribution.received_at
    )
    for step in range(1, steps + 1):
        Decision.objects.create(
            candidate=candidate,
            step=step,
            verdict="rejected",
            reason="off_topic",
            by=make_user(),
            decided_at=decided_at,
            hash=f"{candidate.pk} {step}",
        )


def subscribe(number: int, asked_at: datetime, confirmed_at: datetime | None = None) -> Subscription:
    return Subscription.objects.create(
        sealed_email=seal(f"{number}@example.org"),
        address_hash=str(number),
        subject="indicator:1a",
        asked_at=asked_at,
        confirmed_at=confirmed_at,
    )


def test_who_contributed_is_forgotten_a_year_after_the_decision_and_what_they_said_is_kept(source, now):
    decide(contribute(source, 1, now - timedelta(days=400)), decided_at=now - timedelta(days=366), steps=2)
    decide(contribute(source, 2, now - timedelta(days=400)), decided_at=now - timedelta(days=364))
    contribute(source, 3, now - timedelta(days=729))
    contribute(source, 4, now - timedelta(days=731))

    told = retention.prune(now=now)

    assert list(Contact.objects.values_list("receipt_hash", flat=True)) == ["receipt 2", "receipt 3"]
    assert {unseal(contact.sealed_email) for contact in Contact.objects.all()} == {"alice@example.org"}
    assert set(Contribution.objects.values_list("statement")) == {("Ce marché impose deux fournisseurs.",)}
    assert (Contribution.objects.count(), told["contacts de contributeurs"]) == (4, 4)


def test_from_which_network_somebody_contributed_is_forgotten_after_a_month(source, now):
    contribute(source, 1, now - timedelta(days=31))
    contribute(source, 2, now - timedelta(days=29))

    retention.prune(now=now)

    networks = Contact.objects.order_by("pk").values_list("network_hash", "credit")
    assert list(networks) == [("", "Alice"), ("network 2", "Alice")]


def test_an_address_that_nobody_confirmed_is_forgotten_after_a_week(now):
    subscribe(1, now - timedelta(days=8))
    subscribe(2, now - timedelta(days=6))
    subscribe(3, now - timedelta(days=800), confirmed_at=now - timedelta(days=799))

    retention.prune(now=now)

    assert set(Subscription.objects.values_list("address_hash", flat=True)) == {"2", "3"}


def test_old_attempts_to_read_are_forgotten(source, now):
    for days in (121, 119):
        Fetch.objects.create(source=source, started_at=now - timedelta(days=days), outcome="read")

    retention.prune(now=now)

    assert [fetch.started_at for fetch in Fetch.objects.all()] == [now - timedelta(days=119)]


def test_of_each_source_the_last_thirty_fetches_are_kept(source, now):
    def fetch(days: float, outcome: str = "read", *, of: Source = source) -> Fetch:
        why = "" if outcome == "read" else "Pourquoi."
        return Fetch.objects.create(
            source=of, started_at=now - timedelta(days=days), outcome=outcome, error=why
        )

    quiet = Source.objects.create(slug="q", name="Q", format="feed", url="https://q.example/", tier=3)
    kept = {fetch(number / 48, of=of).pk for of in (source, quiet) for number in range(30)}
    fetch(4.9, "failed")
    fetch(5.0, "read")
    fetch(119, "read")

    retention.prune(now=now)

    assert set(Fetch.objects.values_list("pk", flat=True)) == kept


def test_a_delivery_that_nobody_reads_is_forgotten_after_a_week(source, now):
    hub = HubSubscription.objects.create(source=source, hub="https://h.example/", topic="t", ask_at=now)
    for days in (6, 8):
        Delivery.objects.create(subscription=hub, received_at=now - timedelta(days=days), body=b"x")

    retention.prune(now=now)

    assert [each.received_at for each in Delivery.objects.all()] == [now - timedelta(days=6)]


def test_a_host_that_nobody_asks_any_more_is_forgotten(now):
    for days in (29, 31):
        Host.objects.create(name=f"{days}.example", free_at=now - timedelta(days=days))

    retention.prune(now=now)

    assert [host.name for host in Host.objects.all()] == ["29.example"]


def test_the_marks_of_a_story_are_kept_for_twelve_weeks_and_what_was_learned_for_a_year(source, now):
    for days in (83, 85):
        document = Document.objects.create(
            source=source,
            external_id=str(days),
            kind="article",
            first_seen_at=now - timedelta(days=days),
            last_seen_at=now,
        )
        StoryMark.objects.create(document=document, key=days)
    for days in (364, 366):
        TriageModel.objects.create(trained_at=now - timedelta(days=days), decisions=days, accepted=0)

    retention.prune(now=now)

    assert [mark.key for mark in StoryMark.objects.all()] == [83]
    assert [model.decisions for model in TriageModel.objects.all()] == [364]


def test_pruning_twice_touches_nothing_more(source, now):
    contribute(source, 1, now - timedelta(days=731))

    assert sum(retention.prune(now=now).values()) == 1
    assert sum(retention.prune(now=now).values()) == 0


def test_a_dry_run_counts_and_forgets_nothing(source, now):
    contribute(source, 1, now - timedelta(days=10_000))
    out = StringIO()

    call_command("prune", "--dry-run", stdout=out)

    assert out.getvalue().splitlines() == [
        "relevés: 0",
        "envois: 0",
        "hôtes: 0",
        "repères de sujets: 0",
        "modèles de tri: 0",
        "contacts de contributeurs: 2",
        "messages: 0",
        "passages comptés: 0",
        "échecs de connexion: 0",
        "sessions: 0",
        "abonnements: 0",
        "invitations: 0",
        "versions de documents: 0",
        "copies gardées: 0",
        "originaux: 0",
        "robots.txt: 0",
        "corps gardés: 0",
        "courriels dans un dossier: 0",
    ]
    assert unseal(Contact.objects.get().sealed_email) == "alice@example.org"


def test_copies_that_led_to_nothing_are_forgotten_with_their_bytes_and_cited_ones_are_kept(source, now):
    taken_at, kept = now - timedelta(days=181), {}
    indicator = make_indicator("1a")
    for name in ("nothing", "rejected", "waiting", "accepted", "cited"):
        document = Document.objects.create(
            source=source, external_id=name, kind="article", text=name, first_seen_at=now, last_seen_at=now
        )
        kept[name] = Snapshot.objects.take_page(
            document, name.encode(), url="https://a.example/", content_type="text/html", now=taken_at
        )
        if name in ("rejected", "accepted"):
            Candidate.objects.create(document=document, indicator=indicator, state=name, created_at=now)
    Candidate.objects.create(document=kept["waiting"].document, indicator=indicator, created_at=now)
    make_evidence(citations=[{"snapshot_sha256": kept["cited"].text_sha256}])

    retention.prune(now=now)
    retention.prune(now=now)

    left = ["accepted", "cited", "waiting"]
    assert sorted(Snapshot.objects.values_list("document__external_id", flat=True)) == left
    assert sorted(original.body.decode() for original in Original.objects.all()) == left


def test_a_copy_is_kept_for_half_a_year_one_never_proposed_two_weeks_and_a_robots_txt_a_month(source, now):
    for days in (13, 15, 179):
        document = Document.objects.create(
            source=source,
            external_id=str(days),
            kind="article",
            text="a",
            first_seen_at=now,
            last_seen_at=now,
        )
        Snapshot.objects.take(document, now=now - timedelta(days=days))
    Candidate.objects.create(
        document=document, indicator=make_indicator("1a"), state="rejected", created_at=now
    )
    for days in (29, 31):
        Robots.objects.create(origin=f"https://{days}.example", read_at=now - timedelta(days=days))

    retention.prune(now=now)

    assert sorted(Snapshot.objects.values_list("document__external_id", flat=True)) == ["13", "179"]
    assert [row.origin for row in Robots.objects.all()] == ["https://29.example"]
