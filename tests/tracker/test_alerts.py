"""Mail that closes the loop: who is asked, who is told what, and how a mail leaves at most once."""

import re
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.utils import timezone

from indicators import publishing
from indicators.publishing import NewAssessment
from tests.factories import make_definition, make_indicator, make_user
from tracker import alerts, moderation, receiving
from tracker.models import Candidate, Contact, Contribution, Document, Message

pytestmark = pytest.mark.django_db
LINK = "https://www.boamp.fr/avis/12"
ADA = "ada@pub.example"


class Refusing(BaseEmailBackend):
    """A server that is away, or refuses whom we write to."""

    error: Exception = ConnectionRefusedError("no server")

    def send_messages(self, email_messages: list[EmailMessage]) -> int:
        raise self.error


@pytest.fixture
def now():
    return timezone.now() + timedelta(minutes=1)  # after what the tests post


def send(client: Client, path: str = "/contribuer/", **more: str) -> str:
    return client.post(path, {"kind": "example", "url": LINK, "email": ADA} | more)["Location"]


def link(use: str, text: str) -> str:
    return re.search(rf"http://localhost:8000(/\S*/{use}/\S+)", text)[1]


def confirmed(client: Client, now, **more: str) -> Candidate:
    """A contribution whose address was confirmed, by the mail that it got."""
    send(client, **more)
    assert alerts.send_due(now=now) == 1
    assert client.post(link("(?:confirmer|confirm)", mail.outbox.pop().body)).status_code == 200
    return Candidate.objects.latest("pk")


def accept(candidate: Candidate, now) -> None:
    Document.objects.filter(pk=candidate.document_id).update(text="Le marché exige deux fournisseurs.")
    event = {"kind": "tender", "title_fr": "Marché", "title_en": "Tender", "owner": "Agence", "country": "FR"}
    event["occurred_on"] = now.date()
    assessment = NewAssessment(indicator=candidate.indicator, stance="supports", directness="direct", rung=3)
    citation = {"quote": "deux fournisseurs", "publisher": "BOAMP", "tier": 1, "independence_group": "État"}
    moderation.accept(
        candidate, event=event, citation=citation, assessments=[assessment], by=make_user(), now=now
    )


def reject(candidate: Candidate, now, **why: str) -> None:
    moderation.reject(candidate, **({"reason": "too_old"} | why), by=make_user(), now=now)


def test_an_address_is_only_asked_whether_it_is_somebodys_until_it_says_yes(client: Client, now) -> None:
    send(client, statement="Achetez mes pilules", credit="Ada")
    reject(Candidate.objects.get(), now)

    assert (alerts.send_due(now=now), alerts.send_due(now=now)) == (1, 0)

    (asked,) = mail.outbox
    assert (asked.to, asked.subject) == ([ADA], "Cette adresse est-elle la tienne ?".replace(" ?", "\u202f?"))
    assert LINK not in asked.body and "pilules" not in asked.body  # nothing of what a stranger may have typed
    page = link("confirmer", asked.body)
    assert client.get(page).status_code == 200
    assert Contact.objects.get().confirmed_at is None  # a mail service that follows links confirms nothing
    assert "Ton adresse est confirmée" in client.post(page).content.decode()
    assert alerts.send_due(now=now) == 1
    assert "C’est arrivé avant la période qui compte" in mail.outbox[1].body


def test_links_expire_after_a_week_and_wrong_expired_and_erased_ones_look_the_same(
    client: Client, now
) -> None:
    receipt = send(client)
    alerts.send_due(now=now)
    page = link("confirmer", mail.outbox[0].body)
    wrong = client.get("/contribuer/confirmer/1.abcdef/")
    Contribution.objects.update(received_at=now - timedelta(days=8))

    late = client.post(page)
    Contribution.objects.update(received_at=now)
    client.post(receipt)
    erased = client.post(page)

    assert [each.status_code for each in (wrong, late, erased)] == [404, 404, 404]
    assert wrong.content == late.content == erased.content
    assert wrong["Cache-Control"] == "no-store" and wrong["Referrer-Policy"] == "no-referrer"


def test_one_address_that_many_name_is_asked_three_times_a_day(client: Client, now) -> None:
    for _ in range(3):
        send(client, email="Ada@pub.example")
        send(client)

    assert alerts.send_due(now=now) == 3


def test_who_contributed_reads_in_their_language_what_it_moved(client: Client, now) -> None:
    indicator = make_indicator("1a")
    make_definition(indicator)
    publishing.recompute([indicator], cause="definition_changed", now=now - timedelta(days=60))
    first = confirmed(client, now, indicator="1a")
    second = confirmed(client, now, path="/en/contribute/", url="https://www.boamp.fr/avis/13")
    moderation.merge(second, into=first, by=make_user(), now=now)
    alerts.send_due(now=now)
    mail.outbox.clear()

    accept(first, now)
    assert alerts.send_due(now=now) == 2

    french, english = mail.outbox
    assert french.subject == "Tu as fait changer 1a"
    assert "Ton exemple a fait passer 1a de Rien trouvé à" in french.body.replace("«\u202f", "").replace(
        "«\u00a0", ""
    )
    assert "http://localhost:8000/preuves/1" in french.body
    assert english.subject == "You moved 1a"
    assert "Your example moved 1a from" in english.body


def test_a_mail_that_waits_gives_way_to_the_next_decision_and_one_that_left_is_taken_back(
    client: Client, now
) -> None:
    candidate = confirmed(client, now)
    reject(candidate, now)
    moderation.reopen(candidate, reason_text="Trop vite.", by=make_user(), now=now)
    assert alerts.send_due(now=now) == 0

    reject(candidate, now)
    alerts.send_due(now=now)
    moderation.reopen(candidate, reason_text="Trop vite.", by=make_user(), now=now)
    alerts.send_due(now=now)

    assert [each.subject for each in mail.outbox] == [
        "Ta contribution n’est pas retenue",
        "Ta contribution est relue",
    ]


def test_one_click_ends_the_mails_and_erases_the_address_and_leaves_the_receipt(client: Client, now) -> None:
    candidate = confirmed(client, now)
    reject(candidate, now)
    alerts.send_due(now=now)
    (told,) = mail.outbox

    assert told.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = told.extra_headers["List-Unsubscribe"].removeprefix("<http://localhost:8000").removesuffix(">")
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(page).status_code == 200
    assert strict.post(page, {"List-Unsubscribe": "One-Click"}).status_code == 200

    contact = Contact.objects.get()
    assert (contact.sealed_email, contact.address_hash) == ("", "")
    assert strict.get(page).status_code == 404
    moderation.reopen(candidate, reason_text="Trop vite.", by=make_user(), now=now)
    assert alerts.send_due(now=now) == 0


@pytest.mark.parametrize("email", ["a@pub.example\nBcc: b@evil.test", "a@pub.example\r\n\r\nbody", '"a\nb"@pub.example',
    "Nom\r\nBcc: x@evil.test <a@pub.example>", "a@pub.example,b@evil.test", "a@pub.example%0aBcc:b@evil.test"])  # fmt: skip
def test_no_address_smuggles_a_recipient_or_a_header(client: Client, now, email: str) -> None:
    client.post("/contribuer/", {"kind": "example", "url": LINK, "email": email, "credit": email})
    client.post(
        "/contribuer/", {"kind": "example", "url": LINK, "email": ADA, "credit": email, "statement": email}
    )
    for contact in Contact.objects.all():
        alerts.confirm(contact, now=now)
    for candidate in Candidate.objects.all():
        reject(candidate, now, reason="other", reason_text=email)

    alerts.send_due(now=now)

    assert len(mail.outbox) >= 2
    assert {tuple(each.recipients()) for each in mail.outbox} <= {(ADA,), (email.strip(),)}
    assert [each for each in mail.outbox if "Bcc" in each.message() or len(each.recipients()) != 1] == []
    assert [each for each in mail.outbox if len(each.message().get_all("To")) != 1] == []


def test_even_an_address_that_passed_the_form_adds_no_header(client: Client, now) -> None:
    send(client)
    Contact.objects.update(sealed_email=receiving.sealing.seal("a@pub.example\nBcc: b@evil.test"))

    assert alerts.send_due(now=now) == 0

    message = Message.objects.get()
    assert (message.state, message.error, mail.outbox) == ("set_aside", "BadHeaderError", [])


def test_what_fails_is_tried_three_times_and_then_set_aside_in_sight(
    client: Client, now, settings, caplog
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    send(client)

    for hours in (0, 0, 1, 2, 3, 4, 9):
        assert alerts.send_due(now=now + timedelta(hours=hours)) == 0

    message = Message.objects.get()
    assert (message.state, message.attempts, message.error) == ("set_aside", 3, "ConnectionRefusedError")
    assert [record.getMessage() for record in caplog.records] == [
        f"Message {message.pk} is set aside: ConnectionRefusedError."
    ]


def test_no_error_of_a_server_brings_an_address_into_the_log_or_the_table(
    client: Client, now, settings, monkeypatch, caplog
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr(
        Refusing, "error", SMTPRecipientsRefused({ADA: (550, b"no such user " + ADA.encode())})
    )
    send(client, credit="Ada Lovelace")

    for hours in (0, 3, 6):
        alerts.send_due(now=now + timedelta(hours=hours))

    assert Message.objects.get().error == "SMTPRecipientsRefused"
    assert ADA not in caplog.text and "Lovelace" not in caplog.text


def test_one_that_fails_does_not_hold_up_the_others_and_a_dead_server_is_not_asked_again_and_again(
    client: Client, now, settings, monkeypatch
) -> None:
    for each in "abc":
        send(client, email=f"{each}@pub.example")
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"

    alerts.send_due(now=now)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    monkeypatch.setattr(Refusing, "error", SMTPServerDisconnected("bye"))
    alerts.send_due(now=now)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [1, 1, 1]


def test_a_mail_whose_sending_was_cut_off_is_never_sent_twice(client: Client, now) -> None:
    send(client)
    Message.objects.update(state="sending", attempts=1, due_at=now + timedelta(minutes=5))

    assert alerts.send_due(now=now) == 0
    assert alerts.send_due(now=now + timedelta(minutes=6)) == 0
    assert Message.objects.get().error == "interrupted"


def test_a_late_answer_is_mailed_to_the_operators_once(client: Client, now, settings) -> None:
    settings.ALERT_EMAIL = ["ops@site.example"]
    send(client, email="")
    Contribution.objects.update(
        kind="reply", received_at=now - timedelta(hours=49), due_at=now + timedelta(hours=23)
    )

    for minutes in (0, 60):
        receiving.sound_alarms(now=now + timedelta(minutes=minutes))
        alerts.send_due(now=now + timedelta(minutes=minutes))

    (alarm,) = mail.outbox
    assert alarm.to == ["ops@site.example"]
    assert f"contribution {Contribution.objects.get().pk}" in alarm.subject
