"""A published call is followed to its award, its changes and its end, whatever came first."""

from datetime import date, datetime, timedelta
from math import exp
from typing import Any

import pytest

from indicators import publishing
from indicators.publishing import NewAssessment
from tests.factories import make_definition, make_indicator, make_user
from tracker import awards, moderation, storing
from tracker.models import Candidate, Decision, Document, Source, TriageModel
from tracker.watchers.entry import Entry, NoticeFields, Page

CLAUSE = "Au moins deux fabricants d'accélérateurs sont exigés."
PROCEDURE = "0b9a3c1e-0000-4000-8000-000000000009"
LOTS = ({"id": "LOT-0001", "title": "A"}, {"id": "LOT-0002", "title": "B"})


def seen(number: int, form: str, *, now: datetime, text: str = CLAUSE, **fields: Any) -> Document:
    """A notice of the procedure, stored as the watch stores it."""
    source, _ = Source.objects.get_or_create(
        slug="ted", defaults={"name": "TED", "url": "https://t.example/", "publisher": "OP", "format": "ted", "tier": 1}
    )  # fmt: skip
    told = {
        "procedure_id": PROCEDURE,
        "publication_number": f"{number}-2026",
        "form_type": form,
        "lots": LOTS,
    }
    told |= {"published_on": date(2026, 1, number), "buyers": ("Agence",), "buyer_country": "FR"}
    notice = NoticeFields(**told | fields)
    entry = Entry(
        external_id=f"{number}-2026", url=f"https://t.example/{number}", title="Calcul", text=text, language="fr",
        kind="notice", notice=notice,
    )  # fmt: skip
    storing.store(source, Page(entries=(entry,)), now=now)
    document = Document.objects.get(external_id=entry.external_id)
    Document.objects.filter(external_id=notice.changes or None).update(superseded_by=document)
    return document


def won(*names: str) -> tuple[dict[str, object], ...]:
    return tuple(lot | {"winners": [name]} for lot, name in zip(LOTS, names, strict=False))


def published(document: Document, *, now: datetime, code: str = "1a") -> Decision:
    """The call as evidence, accepted by a moderator."""
    indicator = make_indicator(code)
    make_definition(indicator)
    candidate = Candidate.objects.create(
        document=document, indicator=indicator, stance="supports", created_at=now
    )
    event = {"kind": "tender", "title_fr": "Marché", "owner": "Agence", "occurred_on": date(2026, 1, 1)}
    assessment = NewAssessment(indicator=indicator, stance="supports", directness="direct", rung=3)
    return moderation.accept(
        candidate, event=event, citation={"quote": "deux fabricants"}, assessments=[assessment],
        by=make_user(), now=now,
    )  # fmt: skip


def proposed(document: Document) -> tuple[str, str, str]:
    candidate = document.candidates.get()
    reason = candidate.reasons[0]
    return candidate.stance, reason["why"], reason["words"]


SINGLE = "In spite of the clause, the whole procedure was awarded to a single vendor."


@pytest.mark.django_db
@pytest.mark.parametrize("award_first", [True, False])
def test_an_award_to_one_vendor_may_undo_its_call_whichever_was_stored_first(now, award_first) -> None:
    if award_first:
        award = seen(2, "result", now=now, winners=("Alpha SA",), lots=won("Alpha SA", "ALPHA S.A."))
    decision = published(seen(1, "competition", now=now), now=now)
    if not award_first:
        award = seen(2, "result", now=now, winners=("Alpha SA",), lots=won("Alpha SA", "Alpha SA"))
    assert (awards.follow(now=now), awards.follow(now=now)) == (1, 0)
    assert proposed(award) == ("contradicts", SINGLE, "Alpha SA")
    assert award.candidates.get().follows == decision.evidence


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "fields", "told"),
    [
        (
            "result",
            {"winners": ("Alpha", "Beta"), "lots": won("Alpha", "Beta")},
            ("context", "The procedure was awarded to several vendors.", "Alpha, Beta"),
        ),
        (
            "result",
            {"winners": ("Alpha",), "lots": won("Alpha")},
            ("context", "Some lots are awarded, to one vendor so far.", "Alpha"),
        ),
        ("result", {}, ("context", "The award names no winner.", "")),
        ("result", {"winners": ("Alpha",)}, ("contradicts", SINGLE, "Alpha")),
        (
            "cont-modif",
            {"winners": ("Alpha",)},
            ("context", "The contract was modified.", "Alpha"),
        ),
        (
            "competition",
            {"changes": "1-2026", "change_reason": "cancel no money"},
            ("contradicts", "The procedure or its award was cancelled.", "cancel"),
        ),
        (
            "change",
            {"changes": "1-2026", "change_reason": "ANNULATION", "procedure_id": ""},
            ("contradicts", "The procedure or its award was cancelled.", "ANNULATION"),
        ),
        (
            "competition",
            {"changes": "1-2026", "change_reason": "cancel-intent"},
            ("context", "The buyer means to cancel the procedure.", "cancel-intent"),
        ),
        (
            "competition",
            {"changes": "1-2026", "change_reason": "cor-buy", "text": "Un fabricant est exigé."},
            (
                "contradicts",
                "The corrected call no longer holds the clause that was quoted.",
                "deux fabricants",
            ),
        ),
    ],
)
def test_each_kind_of_later_notice_says_what_it_means(now, form, fields, told) -> None:
    published(seen(1, "competition", now=now), now=now)
    document = seen(2, form, now=now, **fields)
    awards.follow(now=now)
    assert proposed(document) == told


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("competition", {"changes": "1-2026", "change_reason": "cor-buy"}),  # the clause still stands
        ("result", {"procedure_id": "another", "winners": ("Alpha",)}),
        ("result", {"published_on": date(2025, 12, 1), "winners": ("Alpha",)}),
    ],
)
def test_what_says_nothing_of_the_call_is_not_proposed(now, form, fields) -> None:
    published(seen(1, "competition", now=now), now=now)
    seen(2, form, now=now, **fields)
    assert awards.follow(now=now) == 0


@pytest.mark.django_db
def test_a_second_award_to_another_vendor_takes_the_doubt_back(now) -> None:
    published(seen(1, "competition", now=now), now=now)
    first = seen(2, "result", now=now, winners=("Alpha",), lots=())
    awards.follow(now=now)
    assert proposed(first)[0] == "contradicts"
    seen(3, "result", now=now, winners=("Beta",), lots=(), text="Second lot")
    awards.follow(now=now)
    assert proposed(first) == ("context", "The procedure was awarded to several vendors.", "Alpha, Beta")


@pytest.mark.django_db
def test_the_award_of_a_call_for_projects_is_context(now) -> None:
    published(seen(1, "competition", now=now), now=now, code="2a")
    award = seen(2, "result", now=now, winners=("Alpha",))
    awards.follow(now=now)
    assert proposed(award)[0] == "context"


@pytest.mark.django_db
def test_an_award_takes_its_place_in_the_queue_at_once(now) -> None:
    measured = {"tested": 24, "base_rate": 0.5, "precision": 0.9}
    weights = {"format:ted": 2.0, f"rule:{awards.RULE}": -1.0}
    TriageModel.objects.create(
        trained_at=now, decisions=80, accepted=40, followed=True, weights=weights, **measured
    )
    published(seen(1, "competition", now=now), now=now)
    award = seen(2, "result", now=now, winners=("Alpha SA",))
    awards.follow(now=now)
    assert award.candidates.get().likelihood == round(1 / (1 + exp(-1.0)), 4)


@pytest.mark.django_db
def test_what_a_person_decided_stays(now) -> None:
    published(seen(1, "competition", now=now), now=now)
    award = seen(2, "result", now=now, winners=("Alpha",))
    awards.follow(now=now)
    moderation.reject(award.candidates.get(), reason="off_topic", by=make_user(), now=now)
    seen(3, "result", now=now, winners=("Beta",), text="Second")
    awards.follow(now=now)
    assert (award.candidates.get().state, proposed(award)[0]) == ("rejected", "contradicts")


@pytest.mark.django_db
def test_accepting_the_award_cancels_the_call_and_the_status_falls(admin_client, now) -> None:
    decision = published(seen(1, "competition", now=now), now=now)
    award = seen(2, "result", now=now, winners=("Alpha",))
    awards.follow(now=now)
    candidate = award.candidates.get()
    assert candidate.indicator.status.rung == 3
    page = admin_client.get(candidate.get_absolute_url())
    form = page.context["forms"]["accept"]
    assert form["cancels"].value() == decision.evidence.number
    assert [link.document_id for link in page.context["chain"]] == [
        decision.candidate.document_id,
        award.pk,
    ]
    answers = {
        name: form[name].value() or "" for name in form.fields if form[name].value() not in (None, False)
    }
    answers |= {"indicator": candidate.indicator.pk, "directness": "direct", "quote": "deux fabricants"}
    admin_client.post(candidate.get_absolute_url(), answers | {"accept": "1", "occurred_precision": "day"})
    candidate.refresh_from_db()
    assert candidate.state == "accepted"
    candidate.indicator.status.refresh_from_db()
    assert candidate.indicator.status.rung == 0
    assert candidate.decisions.get().evidence.cancels == decision.evidence
    assert awards.follow(now=now + timedelta(days=1)) == 0


@pytest.mark.django_db
def test_a_corrected_evidence_is_followed_under_its_new_number(now) -> None:
    decision = published(seen(1, "competition", now=now), now=now)
    award = seen(2, "result", now=now, winners=("Alpha",))
    awards.follow(now=now)
    new = publishing.correct(
        decision.evidence, changes={"title_fr": "Autre"}, reason="Titre", by=make_user(), now=now
    )
    awards.follow(now=now)
    assert award.candidates.get().follows == new
    publishing.retract(new, reason="Erreur", by=make_user(), now=now)
    seen(3, "result", now=now, winners=("Beta",), text="Second")
    assert awards.follow(now=now) == 0
