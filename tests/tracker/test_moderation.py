"""Two moderators, one decision; a chain of decisions that shows any gap."""

import threading
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection

from indicators.models import Evidence
from indicators.publishing import NewAssessment
from tests.factories import make_definition, make_indicator, make_user
from tracker import moderation
from tracker.models import Candidate, Decision, Document, Source


def make_candidate(now: datetime, identity: str = "1") -> Candidate:
    indicator = make_indicator("1a") if identity == "1" else Candidate.objects.first().indicator
    if identity == "1":
        make_definition(indicator)
    source, _ = Source.objects.get_or_create(
        slug="s", name="S", url="https://s.example/", publisher="S", format="feed", tier=1
    )
    document = Document.objects.create(
        source=source,
        external_id=identity,
        url=f"https://s.example/{identity}",
        text="Le marché exige « deux fournisseurs » au moins.",
        kind="article",
        fingerprint=identity,
        first_seen_at=now,
        last_seen_at=now,
    )
    return Candidate.objects.create(document=document, indicator=indicator, stance="supports", created_at=now)


def accept(
    candidate: Candidate, *, by: User, now: datetime, quote: str = 'exige "deux fournisseurs"'
) -> Decision:
    event = {
        "kind": "tender",
        "title_fr": "Marché",
        "owner": "Agence",
        "occurred_on": now.date(),
        "country": "FR",
    }
    assessment = NewAssessment(indicator=candidate.indicator, stance="supports", directness="direct", rung=3)
    citation = {"quote": quote}
    return moderation.accept(
        candidate, event=event, citation=citation, assessments=[assessment], by=by, now=now
    )


@pytest.mark.django_db
def test_an_accepted_candidate_is_published_with_its_citation_fixed(now) -> None:
    decision = accept(make_candidate(now), by=make_user(), now=now)
    citation = decision.evidence.citations.get()
    assert (citation.publisher, citation.tier, citation.url) == ("S", 1, "https://s.example/1")
    assert decision.evidence.assessments.get().rung == 3
    assert decision.candidate.indicator.status.rung == 3


@pytest.mark.django_db
def test_a_quote_from_elsewhere_is_refused(now) -> None:
    with pytest.raises(moderation.QuoteNotFoundError):
        accept(make_candidate(now), by=make_user(), now=now, quote="trois fournisseurs")
    assert not Evidence.objects.exists()


@pytest.mark.django_db
def test_another_reason_must_be_said(now) -> None:
    candidate = make_candidate(now)
    with pytest.raises(ValidationError):
        moderation.reject(candidate, reason="other", by=make_user(), now=now)
    candidate.refresh_from_db()
    assert candidate.state == "new"


@pytest.mark.django_db
def test_undoing_an_acceptance_retracts_what_it_published(now) -> None:
    candidate = make_candidate(now)
    evidence = accept(candidate, by=make_user(), now=now).evidence
    moderation.reopen(
        candidate, reason_text="Erreur de lecture.", by=make_user(), now=now + timedelta(minutes=1)
    )
    evidence.refresh_from_db()
    assert evidence.retraction_reason == "Erreur de lecture."
    assert candidate.indicator.status.rung == 0


@pytest.mark.django_db
def test_decisions_form_a_chain(now) -> None:
    first = moderation.reject(make_candidate(now), reason="spam", by=make_user(), now=now)
    second = moderation.reject(make_candidate(now, "2"), reason="spam", by=make_user(), now=now)
    assert (first.previous_hash, second.previous_hash) == ("", first.hash)
    assert len({first.hash, second.hash}) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_at_once_one_decides_and_the_other_is_told(now) -> None:
    pairs = 10
    candidates = [make_candidate(now, str(number)) for number in range(1, pairs + 1)]
    people = [make_user("alice"), make_user("bob")]
    told: list[str] = []
    start = threading.Barrier(2)

    def moderate(by: User) -> None:
        for candidate in candidates:
            start.wait(timeout=30)
            try:
                moderation.reject(candidate, reason="spam", by=by, now=now)
            except moderation.AlreadyDecidedError as error:
                told.append(error.decision.by.username)
        connection.close()

    threads = [threading.Thread(target=moderate, args=[person]) for person in people]
    [thread.start() for thread in threads]
    [thread.join(timeout=60) for thread in threads]
    assert Decision.objects.count() == pairs
    assert len(told) == pairs
