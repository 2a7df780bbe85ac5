"""An actor invited before an edition: from the address that an editor types to the reply that readers see."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators.models import Actor, Answer, CorrectionRequest, LedgerEntry, Reply, Statement
from indicators.templatetags.index_words import QUESTIONS
from tests.journeys.test_deal_to_registry import typed
from tests.journeys.test_editors import editor
from tests.tracker.test_receipt import words
from tracker import alerts
from tracker.models import Candidate, Contribution, Invitation
from tracker.retention import prune

ADDRESS = "press@nvidia.example"
CONTESTED = "Contesté par Nvidia depuis le"
ADD = "/admin/tracker/invitation/add/"


@pytest.fixture
def link(db: None) -> str:
    """The path of the link in the mail that the actor gets."""
    call_command("seed", stdout=StringIO())
    told = {
        "actor": Actor.objects.get(slug="nvidia").pk,
        "edition": "2026-12",
        "email": ADDRESS,
        "language": "fr",
    }
    assert editor("ada").post(ADD, told).status_code == 302
    alerts.send_due(now=timezone.now())
    [letter] = mail.outbox
    assert letter.to == [ADDRESS]
    [address] = [line for line in letter.body.splitlines() if "/invitation/" in line]
    return "/" + address.partition("//")[2].partition("/")[2]


def test_what_an_invited_actor_answers_is_read_and_stands_wherever_it_is_named(link: str) -> None:
    assert "Nvidia" in words(Client(), link)
    assert Client().post(link, {"party": "Nvidia", "statement": ""}).status_code == 422
    answer = Client().post(link, {"party": "Nvidia, service de presse", "statement": "Notre réponse."})
    assert answer.status_code == 302
    assert "Notre réponse." in words(Client(), answer["Location"])
    sent = Contribution.objects.get()
    assert (sent.kind, sent.actor.slug) == ("reply", "nvidia")
    assert sent.due_at - sent.received_at == timedelta(hours=72)
    assert Invitation.objects.get().answer == sent

    queue, candidate = editor("mo", "moderator"), Candidate.objects.get(document=sent.document)
    form = queue.get(candidate.get_absolute_url()).context["forms"]["take_up"]
    queue.post(candidate.get_absolute_url(), typed(form) | {"take_up": "1"})
    reply = Reply.objects.about(Actor.objects.get(slug="nvidia")).get()
    assert (reply.party, reply.text) == ("Nvidia, service de presse", "Notre réponse.")
    assert not Reply.objects.about(Actor.objects.get(slug="openai")).exists()
    log = Client().get("/corrections/?kind=reply").content.decode()
    assert "Notre réponse." in log
    assert "Notre réponse." in Client().get("/corrections/flux/atom.xml").content.decode()
    public = " ".join(LedgerEntry.objects.values_list("body", flat=True))
    assert "Notre réponse." in public
    assert ADDRESS not in public
    queue.post(candidate.get_absolute_url(), {"reopen": "1", "reason_text": "Retirée à leur demande."})
    assert not Reply.objects.standing().exists()


def test_a_link_ends_after_fifteen_days_and_the_address_a_month_later(
    link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited = Invitation.objects.get()
    assert invited.closes_at - invited.invited_at == timedelta(days=15)
    assert ADDRESS not in invited.sealed_email
    assert Client().get(link[:-2] + "x/").status_code == 404
    Invitation.objects.update(closes_at=timezone.now())
    late = Client().get(link)
    assert (late.status_code, late["Cache-Control"]) == (404, "no-store")
    assert Client().post(link, {"party": "Nvidia", "statement": "Trop tard."}).status_code == 404
    call_command("personal", "export", "--contact", ADDRESS, stdout=(told := StringIO()))
    assert ADDRESS in told.getvalue()
    prune(now=timezone.now() + timedelta(days=31))
    assert list(Invitation.objects.values_list("sealed_email", "address_hash")) == [("", "")]
    assert editor("bob", "moderator").get(ADD).status_code == 403


def test_an_invited_actor_contests_lines_of_its_sheet_which_say_so_until_a_person_decides(link: str) -> None:
    reader, deal = Client(), "/registre/accords/nvidia-openai-2025-09/"
    lines = lines_of_the_sheet()
    told = {"contest": "1", "statement": "Le montant est autre.", "url": "https://nvidia.example/10-k"}
    for wrong in ({}, {"line": "statement/openai-x"}, {"line": lines[0], "statement": ""}):
        assert reader.post(link, told | wrong).status_code == 422
    assert not CorrectionRequest.objects.exists()
    receipts = [reader.post(link, told | {"line": line})["Location"] for line in lines]
    assert reader.post(link, told | {"line": lines[0]}).status_code == 422  # it is contested already
    assert "Le montant est autre." in words(reader, receipts[0])
    assert "Ce que vous contestez" in words(reader, link)

    assert CONTESTED in words(reader, deal)
    assert CONTESTED in words(reader, "/registre/acteurs/nvidia/")
    assert CONTESTED not in words(reader, "/registre/acteurs/openai/")
    log = words(reader, "/corrections/")
    assert log.count(CONTESTED) == 2
    assert "Le montant est autre." not in log + words(reader, deal)
    titles = [row["title"] for row in reader.get("/api/v1/changes/?kind=contested").json()["results"]]
    assert [title.partition("conteste ")[0] for title in titles] == ["Nvidia ", "Nvidia "]
    said = Statement.objects.get(slug=lines[0].removeprefix("statement/"))
    assert f"« {said.quote} »" in "".join(titles)

    decide_each("partly", "accepted")
    assert CONTESTED not in words(reader, deal) + words(reader, "/registre/acteurs/nvidia/")
    log = words(reader, "/corrections/?kind=request")
    assert ("Acceptée en partie." in log, "Acceptée." in log, CONTESTED in log) == (True, True, False)
    assert "demande de correction · Nvidia" in log
    told = LedgerEntry.objects.filter(subject__startswith="correctionrequest/").values_list("kind", flat=True)
    assert list(told) == ["published", "published", *("corrected",) * 4]


def lines_of_the_sheet() -> tuple[str, str]:
    """A statement about a deal of the actor, and an answer to a question about it."""
    said = Statement.objects.filter(deal__slug="nvidia-openai-2025-09").order_by("pk").first()
    nvidia, now = Actor.objects.get(slug="nvidia"), timezone.now()
    searched = {"found": "no", "searched_on": now.date(), "searched_in": "10-K", "recorded_at": now}
    answered = Answer.objects.create(
        slug="nvidia/a1", actor=nvidia, question=next(iter(QUESTIONS)), **searched
    )
    return f"statement/{said.slug}", f"answer/{answered.slug}"


def decide_each(*outcomes: str) -> None:
    """A moderator takes up what the invited actor contests, one after the other."""
    queue, invited = editor("mo", "moderator"), Invitation.objects.get()
    for contribution, outcome in zip(invited.contested.order_by("pk"), outcomes, strict=True):
        candidate = Candidate.objects.get(document=contribution.document)
        page = queue.get(candidate.get_absolute_url())
        assert "que nous avons invité" in page.content.decode()
        form = page.context["forms"]["take_up"]
        answer = queue.post(candidate.get_absolute_url(), typed(form) | {"take_up": "1", "outcome": outcome})
        assert answer.status_code == 302, answer.context["forms"]["take_up"].errors
