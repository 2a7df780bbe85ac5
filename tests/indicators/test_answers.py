"""A reply of a named party stands beside what it answers, on the page, in the API and in the feeds; a contested
status says so until it is settled."""

from datetime import UTC, datetime, timedelta

import pytest

from indicators import publishing
from indicators.models import Contestation, Evidence, LedgerEntry, Reply
from tests.factories import make_definition, make_evidence, make_indicator, make_user

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEXT = "Nous n’avons <b>jamais</b> retiré cette clause."
pytestmark = pytest.mark.django_db


@pytest.fixture
def evidence() -> Evidence:
    indicator = make_indicator("1a")
    make_definition(indicator)
    return make_evidence(7, assessments=[{"indicator": indicator, "rung": 3}])


@pytest.fixture
def reply(evidence) -> Reply:
    told = Reply(evidence=evidence, party="Agence", text=TEXT, language="fr", received_at=NOW)
    return publishing.answer(told, by=make_user(), now=NOW)


def shown(client, number: int = 7) -> dict[str, bool]:
    page = client.get(f"/preuves/{number}/").content.decode()
    api = client.get("/api/v1/evidence/").json()["results"]
    return {
        "page": "jamais&lt;/b&gt; retiré" in page and "Agence" in page,
        "api": [each["text"] for row in api if row["number"] == number for each in row["replies"]] == [TEXT],
        "feed": "Réponse de Agence à la preuve n° " in client.get("/flux/atom.xml").content.decode(),
    }


def test_a_reply_is_shown_wherever_its_evidence_is(client, reply):
    assert shown(client) == {"page": True, "api": True, "feed": True}
    assert LedgerEntry.objects.last().subject == f"reply/{reply.pk}"


def test_a_reply_follows_its_evidence_through_corrections_and_is_withdrawn_from_all(client, reply):
    told = {"by": make_user(), "reason": "Faute de frappe.", "now": NOW + timedelta(hours=1)}
    new = publishing.correct(reply.evidence, changes={"title_fr": "Autre"}, **told)
    assert shown(client, new.number) == {"page": True, "api": True, "feed": True}
    publishing.withdraw(reply, reason="À sa demande.", now=NOW + timedelta(hours=2))
    assert shown(client, new.number) == {"page": False, "api": False, "feed": False}
    assert "À sa demande." in client.get(f"/preuves/{new.number}/").content.decode()
    assert not Reply.objects.standing().exists()


def test_a_reply_was_not_known_before_it_was_published(client, reply):
    before = (NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "jamais" not in client.get(f"/preuves/7/?known_at={before}").content.decode()
    (row,) = client.get(f"/api/v1/evidence/?known_at={before}").json()["results"]
    assert row["replies"] == []


def test_a_contested_status_says_so_until_it_is_settled(evidence):
    indicator = evidence.assessments.get().indicator
    publishing.refresh(now=NOW)
    row = publishing.contest(
        Contestation(indicator=indicator, reason="Lu trop vite."), by=make_user(), now=NOW
    )
    indicator.status.refresh_from_db()
    assert "contested" in indicator.status.flags
    assert indicator.changes.first().cause == "contested"
    publishing.settle(row, outcome="Relu : la clause est bien obligatoire.", now=NOW + timedelta(days=1))
    indicator.status.refresh_from_db()
    assert "contested" not in indicator.status.flags
