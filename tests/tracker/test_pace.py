"""How much one moderator publishes alone: thirty an hour, through the door that moderators use."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators import publishing
from indicators.models import Evidence, Indicator, Status
from tests.factories import make_user, verified
from tracker import moderation, pace
from tracker.models import Candidate, Document, PublishingStop, Source

pytestmark = pytest.mark.django_db
TEXT = "Le marché impose une clause de diversification des fournisseurs."


@pytest.fixture
def now() -> datetime:
    """Now in truth: what is seeded is dated so, and the admin reads the clock."""
    return timezone.now()


@pytest.fixture
def indicator() -> Indicator:
    call_command("seed", stdout=StringIO())
    return Indicator.objects.get(code="1a")


def waiting(indicator: Indicator, count: int, *, now: datetime) -> list[Candidate]:
    source = Source.objects.exclude(state="local").first()
    documents = [
        Document.objects.create(
            source=source,
            external_id=f"pace-{number}",
            url=f"https://buyer{number}.example/",
            kind="article",
            title=f"Avis {number}",
            text=TEXT,
            first_seen_at=now,
            last_seen_at=now,
        )
        for number in range(count)
    ]
    return [
        Candidate.objects.create(document=document, indicator=indicator, stance="supports", created_at=now)
        for document in documents
    ]


def publish(candidate: Candidate, *, by: User, now: datetime):
    event = {
        "kind": "tender",
        "title_fr": "T",
        "title_en": "T",
        "occurred_on": timezone.localdate(now) - timedelta(days=9),
        "owner": str(candidate.pk),
    }
    assessed = publishing.NewAssessment(
        indicator=candidate.indicator, stance="supports", directness="direct", rung=1
    )
    return moderation.accept(
        candidate, event=event, citation={"quote": TEXT}, assessments=[assessed], by=by, now=now
    )


def test_two_hundred_in_five_minutes_are_stopped_at_thirty_and_told_to_the_team(indicator, now):
    alice, published = make_user("alice"), 0
    for number, candidate in enumerate(waiting(indicator, 200, now=now)):
        try:
            publish(candidate, by=alice, now=now + timedelta(seconds=1.5 * number))
            published += 1
        except pace.StoppedError as error:
            words = str(error)
    assert published == 30 == Evidence.objects.count()
    assert words.startswith("Vous avez publié 30 fois en une heure")
    stop = PublishingStop.objects.get()
    assert (stop.moderator, stop.published, stop.lifted_at) == (alice, 30, None)


def test_others_go_on_and_a_second_one_lets_the_first_go_on_as_long_again(indicator, now, settings):
    settings.PUBLISHED_PER_HOUR = 2
    alice, bob, queue = make_user("alice"), make_user("bob"), waiting(indicator, 8, now=now)
    for _ in range(2):
        publish(queue.pop(), by=alice, now=now)
    with pytest.raises(pace.StoppedError):
        publish(queue[-1], by=alice, now=now)
    publish(queue.pop(), by=bob, now=now)
    stop = PublishingStop.objects.get()
    with pytest.raises(ValidationError, match="C’est à un autre modérateur"):
        pace.lift(stop, by=alice, now=now)
    assert pace.lift(pace.lift(stop, by=bob, now=now), by=make_user("eve"), now=now).lifted_by == bob
    for _ in range(2):
        publish(queue.pop(), by=alice, now=now + timedelta(minutes=1))
    with pytest.raises(pace.StoppedError):
        publish(queue[-1], by=alice, now=now + timedelta(minutes=2))
    publish(queue.pop(), by=alice, now=now + timedelta(minutes=61, seconds=1))


def test_the_team_sees_a_stop_and_another_moderator_lifts_it_in_the_admin(indicator, now, settings):
    alice, bob = (User.objects.create_user(name, is_staff=True) for name in ("alice", "bob"))
    for each in (alice, bob):
        each.groups.add(Group.objects.get(name="moderator"))
    stop = PublishingStop.objects.create(
        moderator=alice,
        published=30,
        stopped_at=now,
        ends_at=now + pace.WINDOW,
    )
    lift = {"action": "lift", "_selected_action": [stop.pk]}
    hers, his = verified(Client(), alice), verified(Client(), bob)
    assert (
        "alice a publié 30\N{NO-BREAK SPACE}fois en une heure"
        in his.get("/admin/?workplace").content.decode()
    )
    assert (
        "C’est à un autre modérateur"
        in hers.post("/admin/tracker/publishingstop/", lift, follow=True).content.decode()
    )
    assert (
        "peut publier de nouveau"
        in his.post("/admin/tracker/publishingstop/", lift, follow=True).content.decode()
    )
    assert "alice a publié" not in his.get("/admin/?workplace").content.decode()


def digests() -> dict[str, tuple]:
    """The public record: where each indicator stands and why, and which evidence stands."""
    standing = Evidence.objects.standing().order_by("number").values_list("title_fr", "owner", flat=False)
    statuses = Status.objects.values_list("indicator__code", "rung", "digest").order_by("indicator__code")
    return {"statuses": tuple(statuses), "standing": tuple(standing)}


def undo(*options: str) -> str:
    out = StringIO()
    call_command("undo", *options, stdout=out)
    return out.getvalue()


def test_undo_shows_then_restores_the_public_record_and_twice_is_the_same_as_once(indicator, settings):
    settings.PUBLISHED_PER_HOUR = 100
    alice, mallory, queue = (
        make_user("alice"),
        make_user("mallory"),
        waiting(indicator, 9, now=timezone.now()),
    )
    older = [publish(queue.pop(), by=alice, now=timezone.now()) for _ in range(2)]
    moderation.reject(queue[0], reason="spam", by=alice, now=timezone.now())
    publishing.refresh(now=timezone.now())
    since = timezone.now().isoformat()
    before, states = digests(), dict(Candidate.objects.values_list("pk", "state"))
    for _ in range(4):
        publish(queue.pop(), by=mallory, now=timezone.now())
    moderation.reject(queue.pop(), reason="off_topic", by=mallory, now=timezone.now())
    moderation.reopen(older[0].candidate, reason_text="faux", by=mallory, now=timezone.now())
    moderation.reopen(queue[0], reason_text="faux", by=mallory, now=timezone.now())
    publishing.refresh(now=timezone.now())
    assert digests() != before
    asked = ("--moderator", "mallory", "--since", since)
    shown = undo(*asked)
    assert len(shown.splitlines()) == 8
    assert shown.endswith("Rien n’a été changé : --apply le fait.\n".replace(" :", "\N{NO-BREAK SPACE}:"))
    assert digests() != before
    assert "Annulées\N{NO-BREAK SPACE}: 7." in undo(*asked, "--by", "alice", "--apply")
    after = digests()
    assert sorted(after["standing"]) == sorted(before["standing"])
    assert [each[:2] for each in after["statuses"]] == [each[:2] for each in before["statuses"]]
    closed = {"accepted", "rejected"}
    now_states = dict(Candidate.objects.values_list("pk", "state"))
    assert {pk for pk, state in now_states.items() if state in closed} == {
        pk for pk, state in states.items() if state in closed
    }
    assert undo(*asked, "--by", "alice", "--apply") == "Il n’y a rien à annuler.\n"
    assert digests() == after


def test_undoing_publications_alone_restores_every_digest(indicator, settings):
    settings.PUBLISHED_PER_HOUR = 100
    alice, mallory, queue = (
        make_user("alice"),
        make_user("mallory"),
        waiting(indicator, 6, now=timezone.now()),
    )
    publish(queue.pop(), by=alice, now=timezone.now())
    publishing.refresh(now=timezone.now())
    before, since = digests(), timezone.now().isoformat()
    for candidate in queue:
        publish(candidate, by=mallory, now=timezone.now())
    assert digests() != before
    undo("--moderator", "mallory", "--since", since, "--by", "alice", "--apply")
    publishing.refresh(now=timezone.now())
    assert digests() == before


def test_what_somebody_else_decided_again_stands(indicator):
    alice, mallory, [candidate] = (
        make_user("alice"),
        make_user("mallory"),
        waiting(indicator, 1, now=timezone.now()),
    )
    moderation.reject(candidate, reason="spam", by=mallory, now=timezone.now())
    moderation.reopen(candidate, reason_text="non", by=alice, now=timezone.now())
    publish(candidate, by=alice, now=timezone.now())
    assert undo("--moderator", "mallory", "--since", "2026-01-01") == "Il n’y a rien à annuler.\n"
