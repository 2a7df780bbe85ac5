"""A request for correction from its receipt to the public log: opened, due, late, decided, each told to whom it concerns."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators.models import CorrectionRequest, LedgerEntry, Statement
from tests.journeys.test_deal_to_registry import typed
from tests.journeys.test_editors import editor
from tests.tracker.test_alerts import link
from tests.tracker.test_receipt import words
from tracker import alerts, consequences, disclosure
from tracker.models import Candidate, Contribution
from tracker.receiving import sound_alarms

TEAM, ADA = "team@tracker.example", "ada@pub.example"
QUEUE, LOG = "/admin/tracker/candidate/", "/corrections/?kind=request"


def received(ago: timedelta, *, due: timedelta | None = None) -> None:
    """The request, as if it had come so long ago, and were due in so long."""
    sent = Contribution.objects.get(kind="correction")
    sent.received_at = timezone.now() - ago
    sent.due_at = sent.clock.due(sent.received_at) if due is None else timezone.now() + due
    sent.save()


def mailed() -> list[tuple[str, str]]:
    """To whom what was written since, by its subject."""
    now = timezone.now()
    sound_alarms(now=now)
    alerts.send_due(now=now)
    told = [(letter.to[0], letter.subject) for letter in mail.outbox]
    mail.outbox.clear()
    return told


@pytest.fixture
def receipt(db: None, settings) -> str:
    """The seeded registry, a contribution that waits, and a request about a statement whose sender confirmed an address."""
    settings.ALERT_EMAIL = [TEAM]
    call_command("seed", stdout=StringIO())
    Client().post("/contribuer/", {"kind": "source", "url": "https://blog.example/"})
    about = Statement.objects.filter(deal__slug="nvidia-openai-2025-09").first()
    told = {"kind": "correction", "corrects": about.slug, "statement": "Le mois est faux.", "email": ADA}
    address = Client().post("/contribuer/", told)["Location"]
    alerts.send_due(now=timezone.now())
    Client().post(link("(?:confirmer|confirm)", mail.outbox.pop().body))
    return address


def test_a_request_is_opened_due_late_and_decided_in_sight_of_everybody(receipt: str) -> None:
    number = Contribution.objects.get(kind="correction").pk
    assert "Une personne l’ouvre au plus tard le" in words(Client(), receipt)
    assert mailed() == []
    received(timedelta(days=8))
    assert mailed() == [(TEAM, f"La contribution {number} attend d’être ouverte")]
    assert mailed() == []

    queue, candidate = editor("mo", "moderator"), Candidate.objects.get(document__contribution=number)
    assert "personne ne l’a encore ouverte" in queue.get(QUEUE).content.decode()
    form = queue.get(candidate.get_absolute_url()).context["forms"]["take_up"]
    queue.get(candidate.get_absolute_url())
    assert mailed() == [(ADA, "Une personne a ouvert votre demande")]
    assert "Une personne de l’équipe l’a ouverte le" in words(Client(), receipt)

    received(timedelta(days=18), due=timedelta(days=4))
    assert mailed() == [(TEAM, f"La réponse à la contribution {number} est attendue")]
    received(timedelta(days=60))
    assert mailed() == [(TEAM, f"La réponse à la contribution {number} est en retard")]
    assert "nous sommes en retard" in words(Client(), receipt)
    assert_late_comes_first(queue, candidate)
    # Nothing is told of a request of the public before it is decided.
    assert not CorrectionRequest.objects.exists()

    queue.post(candidate.get_absolute_url(), typed(form) | {"take_up": "1", "outcome": "partly"})
    assert_told_to_everybody()
    queue.post(candidate.get_absolute_url(), {"reopen": "1", "reason_text": "Trop vite."})
    assert "Acceptée" not in words(Client(), LOG)
    queue.post(candidate.get_absolute_url(), {"reject": "1", "reason": "unverifiable"})
    assert "Refusée. Motif : Nous n’avons pas pu le vérifier." in words(Client(), LOG)


def assert_late_comes_first(queue: Client, candidate: Candidate) -> None:
    """Before all that weighs more, and counted in public."""
    Candidate.objects.exclude(pk=candidate.pk).update(priority=9, likelihood=0.9)
    consequences.weigh(now=timezone.now())
    shown = queue.get(QUEUE)
    assert next(iter(shown.context["cl"].result_list)) == candidate
    assert "en retard de" in shown.content.decode()
    disclosure.record_balance(now=timezone.now())
    assert "En attente : 1, dont en retard : 1." in words(Client(), "/corrections/")


def assert_told_to_everybody() -> None:
    """What came of it, how long it took, and not what was written; in the ledger, too."""
    log = words(Client(), LOG)
    assert "Acceptée en partie." in log
    assert "En retard." in log
    assert "Le mois est faux." not in log
    assert "tranchée, en" in words(Client(), "/corrections/")
    assert "accepted in part" in words(Client(), f"/en{LOG}").lower()
    request = CorrectionRequest.objects.get()
    assert (request.about.partition("/")[0], request.late, request.actor) == ("statement", True, None)
    assert LedgerEntry.objects.filter(subject=f"correctionrequest/{request.pk}").count() == 2
