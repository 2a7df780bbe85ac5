"""The queue learns its order from decisions: only when there are enough, only what is right, and it says why."""

import json
from datetime import datetime, timedelta
from random import Random

import pytest
from django.contrib.auth.models import User
from django.test import Client

from indicators.models import Indicator
from indicators.publishing import NewAssessment
from tests.factories import make_definition, make_indicator, make_user, verified
from tracker import moderation, propose, triage, weighing
from tracker.models import Candidate, Document, MatchRule, Source

QUEUE = "/admin/tracker/candidate/"


@pytest.fixture
def indicator(db: None) -> Indicator:
    row = make_indicator("1a")
    make_definition(row)
    return row


def make_candidate(
    number: int, indicator: Indicator, *, good: bool, now: datetime, priority: int = 2
) -> Candidate:
    """One of the good ones comes from the bulletin and speaks of suppliers, one of the others from a blog."""
    name = "bulletin" if good else "blog"
    source, _ = Source.objects.get_or_create(
        slug=name,
        defaults={
            "name": name,
            "publisher": name,
            "url": f"https://{name}.example/",
            "format": "feed",
            "tier": 1 if good else 4,
        },
    )
    document = Document.objects.create(
        source=source,
        external_id=str(number),
        url=f"https://{name}.example/{number}",
        language="fr",
        kind="article",
        title=f"Marché {'fournisseurs' if good else 'opinion'} {number}",
        text="Deux fournisseurs.",
        fingerprint=str(number),
        first_seen_at=now,
        last_seen_at=now,
    )
    return Candidate.objects.create(
        document=document, indicator=indicator, stance="supports", priority=priority, created_at=now
    )


def decide(candidate: Candidate, *, accepted: bool, by: User, now: datetime) -> None:
    if not accepted:
        moderation.reject(candidate, reason="off_topic", by=by, now=now)
        return
    event = {"kind": "tender", "title_fr": "Marché", "owner": "Agence", "occurred_on": now.date()}
    assessment = NewAssessment(indicator=candidate.indicator, stance="supports", directness="direct", rung=3)
    moderation.accept(
        candidate,
        event=event,
        citation={"quote": "Deux fournisseurs."},
        assessments=[assessment],
        by=by,
        now=now,
    )


def decide_many(
    count: int, indicator: Indicator, *, now: datetime, share: float = 0.4, by_chance: bool = False
) -> None:
    """Decisions of an hour each; with `by_chance` the verdicts have nothing to do with what is seen."""
    chance, by = Random(3), make_user()
    for number in range(count):
        good = chance.random() < share
        candidate = make_candidate(number, indicator, good=good, now=now)
        accepted = chance.random() < share if by_chance else good != (chance.random() < 0.1)
        decide(candidate, accepted=accepted, by=by, now=now - timedelta(hours=count - number))


def reader(username: str = "admin") -> Client:
    client = Client()
    verified(client, User.objects.create_superuser(username))
    return client


def test_too_few_decisions_teach_nothing_and_the_queue_says_so(indicator, now) -> None:
    decide_many(10, indicator, now=now)
    assert triage.learn(now=now) is None
    page = reader().get(QUEUE).content.decode()
    assert f"L’ordre s’apprend de vos décisions, dès qu’il y en a {weighing.LEAST_CASES}." in page


def test_verdicts_of_one_kind_teach_nothing(indicator, now) -> None:
    for number in range(weighing.LEAST_CASES):
        candidate = make_candidate(number, indicator, good=False, now=now)
        decide(candidate, accepted=False, by=make_user(), now=now)
    assert triage.learn(now=now) is None


def test_what_was_learned_orders_the_queue_and_says_why(indicator, now) -> None:
    decide_many(80, indicator, now=now)
    waiting = [
        make_candidate(1_000 + number, indicator, good=good, now=now)
        for number, good in enumerate([False, True, False, True])
    ]
    model = triage.learn(now=now)
    assert model.followed
    assert (model.tested, model.decisions) == (24, 80)
    assert model.precision > model.base_rate
    ranked = list(Candidate.objects.waiting(now))
    assert ranked == [waiting[1], waiting[3], waiting[0], waiting[2]]  # the oldest first among equals
    assert {candidate.state for candidate in ranked} == {"new"}
    client = reader()
    page = client.get(QUEUE).content.decode()
    assert "d’après 80 décisions" in page
    assert "+ source bulletin" in page
    assert "+ mot fournisseurs" in page
    assert page.index("fournisseurs 1001") < page.index("opinion 1000")
    assert "+ source bulletin" in client.get(f"{QUEUE}{waiting[1].pk}/change/").content.decode()
    page = client.get(f"/en{QUEUE}").content.decode()
    assert "learned from 80 decisions" in page
    assert "+ word fournisseurs" in page


def test_verdicts_by_chance_are_not_followed(indicator, now) -> None:
    decide_many(120, indicator, now=now, by_chance=True)
    candidate = make_candidate(1_000, indicator, good=True, now=now)
    Candidate.objects.filter(pk=candidate.pk).update(likelihood=0.9)  # followed yesterday
    model = triage.learn(now=now)
    candidate.refresh_from_db()
    assert model.followed == (model.precision > model.base_rate)
    assert (candidate.likelihood is None) == (not model.followed)


def test_the_same_decisions_teach_the_same(indicator, now) -> None:
    decide_many(60, indicator, now=now)
    one, other = triage.learn(now=now), triage.learn(now=now)
    assert (one.weights, one.precision) == (other.weights, other.precision)


def test_a_decision_undone_or_a_duplicate_teaches_nothing(indicator, now) -> None:
    decide_many(60, indicator, now=now)
    taught = triage.learn(now=now).decisions
    first, second = Candidate.objects.filter(state="rejected")[:2]
    moderation.reopen(first, reason_text="Erreur.", by=make_user(), now=now)
    moderation.reopen(second, reason_text="Erreur.", by=make_user(), now=now)
    moderation.reject(second, reason="duplicate", by=make_user(), now=now)
    assert triage.learn(now=now).decisions == taught - 2


def test_a_new_candidate_takes_its_place_at_once(indicator, now) -> None:
    decide_many(80, indicator, now=now)
    triage.learn(now=now)
    rule = MatchRule.objects.create(
        slug="clause", definition={"terms": {"fr": [{"re": "fournisseurs"}]}}, kinds=["article"], rung=3
    )
    rule.indicators.set([indicator])
    documents = [
        make_candidate(2_000 + number, indicator, good=good, now=now).document
        for number, good in enumerate([True, False])
    ]
    Candidate.objects.filter(document__in=documents).delete()
    propose.match_documents([document.pk for document in documents], now=now)
    good, other = (Candidate.objects.get(document=document).likelihood for document in documents)
    assert good > 0.5 > other


def test_the_newest_decisions_judge_what_the_older_ones_taught() -> None:
    cases = [([f"source:{'good' if number % 2 else 'bad'}"], bool(number % 2)) for number in range(70)]
    turned = [([f"source:{'bad' if number % 2 else 'good'}"], bool(number % 2)) for number in range(30)]
    told = json.loads(weighing.lesson(cases + turned))
    assert (told["tested"], told["top"], told["base_rate"], told["precision"]) == (30, 15, 0.5, 0.0)


def test_reasons_are_the_heaviest_and_an_unknown_thing_weighs_nothing() -> None:
    weights = {weighing.CONSTANT: -1.0, "a:1": 0.5, "b:2": -2.0, "c:3": 0.1}
    assert weighing.reasons({"a:1", "b:2", "c:3", "d:4"}, weights, most=2) == [("b:2", -2.0), ("a:1", 0.5)]
    assert weighing.likelihood({"d:4"}, weights) == weighing.likelihood(set(), weights) < 0.5
