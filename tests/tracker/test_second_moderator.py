"""What reaches or leaves « Atteint » takes two moderators; what else a candidate may meet, and the way back from it."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from indicators.models import Evidence, Reply, Status
from indicators.publishing import NewAssessment
from tests.factories import make_user
from tests.tracker.test_moderation import make_candidate
from tracker import acts, consequences, moderation
from tracker.models import Candidate, Contribution, Decision, PublishingStop, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def bob():
    return make_user("bob")


def accept(candidate: Candidate, *, by, now, owner: str = "Agence") -> Decision:
    event = {
        "kind": "tender",
        "title_fr": "Marché",
        "owner": owner,
        "occurred_on": now.date(),
        "country": "FR",
    }
    assessment = NewAssessment(indicator=candidate.indicator, stance="supports", directness="direct", rung=3)
    told = {"event": event, "citation": {"quote": "exige « deux fournisseurs »"}, "assessments": [assessment]}
    return moderation.accept(candidate, **told, by=by, now=now)


def rung() -> int:
    return Status.objects.get().rung


@pytest.fixture
def last(alice, now) -> Candidate:
    """The next example, of a second body, reaches « Atteint »."""
    accept(make_candidate(now), by=alice, now=now)
    return make_candidate(now, "2")


def sent(now, kind: str, **told) -> Candidate:
    candidate = make_candidate(now)
    Contribution.objects.create(
        document=candidate.document, kind=kind, received_at=now, due_at=now + timedelta(days=3), **told
    )
    return candidate


def test_the_decision_that_reaches_is_only_proposed_until_another_confirms_it(last, now, alice, bob):
    decision = accept(last, by=alice, now=now, owner="Région")
    last.refresh_from_db()
    assert (decision.verdict, decision.evidence, last.state) == ("proposed", None, "proposed")
    assert decision.act["moves"] == [["1a", 3, 4]]
    assert (rung(), Evidence.objects.count()) == (3, 1)
    with pytest.raises(moderation.NotYoursToConfirmError):
        moderation.confirm(last, by=alice, now=now)
    with pytest.raises(moderation.NotYoursToConfirmError):
        moderation.confirm(last, by=bob, now=now, conflict_of_interest="Mon frère y travaille.")
    done = moderation.confirm(last, by=bob, now=now)
    assert (done.verdict, done.evidence.number, done.by, rung()) == ("accepted", 2, bob, 4)


def test_what_was_proposed_is_decided_by_no_other_verb_and_may_be_declined(last, now, alice, bob):
    accept(last, by=alice, now=now, owner="Région")
    with pytest.raises(moderation.AlreadyDecidedError, match="alice"):
        moderation.reject(last, reason="spam", by=bob, now=now)
    assert moderation.decline(last, reason_text="Déjà compté.", by=bob, now=now).verdict == "reopened"
    assert moderation.reject(last, reason="duplicate", by=bob, now=now).verdict == "rejected"
    assert rung() == 3


def test_the_decision_that_leaves_takes_two_as_well_and_declined_it_changes_nothing(last, now, alice, bob):
    accept(last, by=alice, now=now, owner="Région")
    moderation.confirm(last, by=bob, now=now)
    assert moderation.reopen(last, reason_text="Doute.", by=alice, now=now).verdict == "proposed"
    assert rung() == 4
    assert moderation.decline(last, reason_text="Vérifié.", by=bob, now=now).verdict == "accepted"
    moderation.reopen(last, reason_text="Erreur.", by=alice, now=now)
    assert moderation.confirm(last, by=bob, now=now).verdict == "reopened"
    assert (rung(), Evidence.objects.standing().count()) == (3, 1)


@pytest.mark.parametrize(("owner", "after"), [("Agence", 3), ("Région", 4)])
def test_the_preview_says_what_then_happens_and_writes_nothing(last, now, alice, owner, after):
    event = {"kind": "tender", "occurred_on": now.date(), "owner": owner, "country": "FR"}
    assessment = NewAssessment(indicator=last.indicator, stance="supports", directness="direct", rung=3)
    (move,) = consequences.of_publishing(event, source=(1, "S"), assessments=[assessment], now=now)
    assert (move.before, move.after, move.needs_second) == (3, after, after == 4)
    assert Evidence.objects.count() == 1
    decision = accept(last, by=alice, now=now, owner=owner)
    assert decision.verdict == ("proposed" if move.needs_second else "accepted")


def test_the_queue_is_weighed_by_what_accepting_would_do(last, now):
    Candidate.objects.filter(pk=last.pk).update(rung=3)
    context = make_candidate(now, "9")
    Candidate.objects.filter(pk=context.pk).update(stance="context")
    late = sent_reply_of(make_candidate(now, "10"), now - timedelta(hours=49))
    consequences.weigh(now=now)
    levels = dict(Candidate.objects.waiting(now).values_list("pk", "consequence"))
    assert levels == {last.pk: 3, context.pk: 0, late.pk: 4}
    assert [row.pk for row in Candidate.objects.waiting(now)] == [late.pk, last.pk, context.pk]
    assert consequences.weigh(now=now) == 0


def sent_reply_of(candidate: Candidate, received_at) -> Candidate:
    Contribution.objects.create(
        document=candidate.document,
        kind="reply",
        received_at=received_at,
        due_at=received_at + timedelta(days=3),
    )
    return candidate


def test_a_further_source_makes_a_new_version_and_undone_it_goes_again(now, alice):
    first, second = make_candidate(now), make_candidate(now, "2")
    evidence = accept(first, by=alice, now=now).evidence
    cited = {"quote": "exige « deux fournisseurs »", "publisher": "B", "independence_group": "B", "tier": 2}
    decision = moderation.merge_into_evidence(second, evidence=evidence, citation=cited, by=alice, now=now)
    assert (decision.verdict, decision.evidence.number) == ("merged", 2)
    assert {row.publisher for row in decision.evidence.citations.all()} == {"S", "B"}
    moderation.reopen(second, reason_text="Autre événement.", by=alice, now=now)
    standing = Evidence.objects.standing().get()
    assert (standing.number, [row.publisher for row in standing.citations.all()]) == (3, ["S"])


def test_a_candidate_is_left_to_another_one_and_never_to_itself(now, alice):
    first, second = make_candidate(now), make_candidate(now, "2")
    with pytest.raises(ValidationError):
        moderation.merge(second, into=second, by=alice, now=now)
    moderation.merge(second, into=first, by=alice, now=now)
    second.refresh_from_db()
    assert (second.state, second.merged_into) == ("merged", first)


def test_what_is_snoozed_comes_back_in_its_time(now, alice):
    candidate = make_candidate(now)
    with pytest.raises(ValidationError):
        moderation.snooze(candidate, until=now, by=alice, now=now)
    moderation.snooze(candidate, until=now + timedelta(days=2), by=alice, now=now)
    assert not Candidate.objects.waiting(now + timedelta(days=1)).exists()
    assert Candidate.objects.waiting(now + timedelta(days=2)).get() == candidate


def test_who_is_on_it_keeps_it_for_twenty_minutes_unless_somebody_takes_over(now, alice, bob):
    candidate = make_candidate(now)
    assert moderation.claim(candidate, by=alice, now=now)
    assert not moderation.claim(candidate, by=bob, now=now + timedelta(minutes=19))
    assert moderation.claim(candidate, by=bob, now=now + timedelta(minutes=20))
    assert moderation.claim(candidate, by=alice, now=now + timedelta(minutes=21), take_over=True)
    candidate.refresh_from_db()
    assert candidate.holder(now + timedelta(minutes=22)) == alice
    decision = moderation.reject(candidate, reason="spam", by=alice, now=now + timedelta(minutes=24))
    assert decision.seconds == 180


def test_a_reply_is_published_beside_its_evidence_and_taken_back_when_undone(now, alice):
    candidate = sent(now, "reply", party="Agence", statement="C’est faux.")
    evidence = accept(make_candidate(now, "2"), by=alice, now=now).evidence
    act = acts.answer(evidence, party="Agence", text="C’est faux.")
    assert moderation.take_up(candidate, act=act, by=alice, now=now).evidence is None
    assert Reply.objects.standing().get().evidence == evidence
    moderation.reopen(candidate, reason_text="Usurpation.", by=alice, now=now)
    assert not Reply.objects.standing().exists()


def test_a_contested_status_is_flagged_until_the_decision_is_undone(now, alice):
    candidate = sent(now, "contestation", statement="Lu trop vite.")
    act = acts.contest(candidate.indicator, reason="Lu trop vite.")
    moderation.take_up(candidate, act=act, by=alice, now=now)
    assert "contested" in Status.objects.get().flags
    moderation.reopen(candidate, reason_text="Relu.", by=alice, now=now + timedelta(days=1))
    assert "contested" not in Status.objects.get().flags


def test_a_correction_a_source_and_a_deal_are_taken_up(now, alice):
    evidence = accept(make_candidate(now), by=alice, now=now).evidence
    asked, source, deal = (make_candidate(now, str(number)) for number in (2, 3, 4))
    act = acts.correct(evidence, changes={"title_fr": "Marché corrigé"}, reason="Titre faux.")
    new = moderation.take_up(asked, act=act, by=alice, now=now).evidence
    assert (new.number, new.title_fr) == (2, "Marché corrigé")
    moderation.take_up(
        source, act=acts.watch(name="Journal", url="https://j.example/feed"), by=alice, now=now
    )
    assert Source.objects.get(name="Journal").state == "paused"
    moderation.take_up(deal, act=acts.note(), by=alice, now=now)
    assert Decision.objects.filter(verdict="accepted").count() == 4
    moderation.reopen(asked, reason_text="Il était juste.", by=alice, now=now)
    assert Evidence.objects.standing().get().title_fr == "Marché"


def undo(moderator: str, since: datetime) -> str:
    out = StringIO()
    told = ["--moderator", moderator, "--since", since.isoformat(), "--by", "alice", "--apply"]
    call_command("undo", *told, stdout=out)
    return out.getvalue()


def test_what_was_proposed_or_confirmed_is_taken_back_as_what_stood_before(last, now, alice, bob) -> None:
    accept(last, by=alice, now=now, owner="Autre")
    moderation.confirm(last, by=bob, now=now + timedelta(minutes=1))
    assert rung() == 4
    undo("bob", now)
    last.refresh_from_db()
    assert (last.state, rung()) == ("reopened", 3)
    first = Candidate.objects.exclude(pk=last.pk).get()
    accept(last, by=alice, now=timezone.now(), owner="Autre")
    moderation.confirm(last, by=bob, now=timezone.now())
    since = timezone.now()
    moderation.reopen(first, reason_text="Non", by=bob, now=timezone.now())
    assert Candidate.objects.get(pk=first.pk).state == "proposed"
    undo("bob", since)
    assert (Candidate.objects.get(pk=first.pk).state, rung()) == ("accepted", 4)
    moderation.reopen(first, reason_text="Non", by=alice, now=timezone.now())
    since = timezone.now()
    moderation.confirm(first, by=bob, now=timezone.now())
    assert rung() == 3
    undo("bob", since)
    assert (Candidate.objects.get(pk=first.pk).state, rung()) == ("accepted", 4)
    assert undo("bob", since) == "Il n’y a rien à annuler.\n"


def test_one_more_source_counts_as_a_publication(last, now, alice, settings) -> None:
    settings.PUBLISHED_PER_HOUR = 2
    evidence = Evidence.objects.get()
    citation = {"quote": "exige « deux fournisseurs »"}
    moderation.merge_into_evidence(last, evidence=evidence, citation=citation, by=alice, now=now)
    assert PublishingStop.objects.get().published == 2
