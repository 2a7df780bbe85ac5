"""Mail that closes the loop: written as rows with the change that it tells of, sent afterwards, each at most once."""

import logging
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q

from indicators.models import Indicator
from tracker import letters, mailbox, sealing
from tracker.models import Candidate, Contact, Contribution, Decision, Message, Subscription

log = logging.getLogger(__name__)

CONFIRM_WITHIN = timedelta(days=7)
ASKED_PER_DAY = 3  # how often one address may be asked whether it is somebody's, however many name it
DRIFT_TOLD_EVERY = timedelta(days=7)
BATCH = 50
BACK_OFF = (timedelta(minutes=5), timedelta(hours=2), timedelta(minutes=5))  # the last: until it is told lost
_Kind, _State = Message.Kind, Message.State


def contributed(contribution: Contribution, *, now: datetime) -> None:
    """Ask the address that came with it whether it is theirs; of an address named again and again, not each time."""
    if contribution.contact.sealed_email:
        _ask(contribution.contact.address_hash, now=now, contribution=contribution)


def subscribed(subscription: Subscription, *, now: datetime) -> None:
    """Ask the same of an address that wants to follow something."""
    _ask(subscription.address_hash, now=now, subscription=subscription)


def decided(decision: Decision, *, now: datetime) -> None:
    """Tell those whose contributions this decides, and those joined to it; instead of what was not yet sent of it."""
    candidate = decision.candidate_id
    told = Q(document__candidates=candidate) | Q(document__candidates__merged_into=candidate)
    with_address = Contribution.objects.filter(told, contact__sealed_email__gt="")
    for contribution in with_address.order_by("pk").distinct():
        messages = Message.objects.filter(contribution=contribution, kind=_Kind.DECIDED)
        messages.filter(state=_State.WAITING).delete()
        undone = decision.verdict == Decision.Verdict.REOPENED and messages.exists()
        if undone or decision.verdict in Candidate.DECIDED:
            messages.create(kind=_Kind.DECIDED, contribution=contribution, decision=decision, due_at=now)


def opened(contribution: Contribution, *, now: datetime) -> None:
    """Tell who sent it, where they left an address, that a person has opened it; once."""
    if Contact.objects.filter(contribution=contribution, sealed_email__gt="").exists():
        Message.objects.get_or_create(kind=_Kind.READ, contribution=contribution, defaults={"due_at": now})


def alarmed(contribution: Contribution, *, kind: str, now: datetime) -> None:
    """Tell the operators, where they left an address, that time runs out, or has; once for each of Message.ALARMS."""
    if settings.ALERT_EMAIL:
        Message.objects.get_or_create(kind=kind, contribution=contribution, defaults={"due_at": now})


@transaction.atomic
def drifted(*, now: datetime) -> None:
    """Tell auditors and operators that examples and counter-examples are not treated alike; at most once a week."""
    Indicator.objects.one_writer_at_a_time()
    lately = Message.objects.filter(kind=_Kind.DRIFT, due_at__gt=now - DRIFT_TOLD_EVERY)
    if letters.overseers() and not lately.exists():
        Message.objects.create(kind=_Kind.DRIFT, due_at=now)


def of_link(token: str, *, use: str, now: datetime) -> Contact | None:
    """Whose mail this link came with; None where it is wrong, or expired, or the address was erased."""
    contacts = Contact.objects.select_related("contribution").exclude(sealed_email="")
    contact = contacts.filter(pk=sealing.of_mail_link(token, use=use)).first()
    late = contact and not contact.confirmed_at and contact.contribution.received_at <= now - CONFIRM_WITHIN
    return None if late else contact


def confirm(contact: Contact, *, now: datetime) -> None:
    """From now on this address is told what becomes of the contribution. Twice is the same as once."""
    Contact.objects.filter(pk=contact.pk, confirmed_at=None).update(confirmed_at=now)


@transaction.atomic
def stop(contact: Contact) -> None:
    """Send nothing more, and forget the address; the receipt stays."""
    forget(contribution=contact.contribution)
    Contact.objects.filter(pk=contact.pk).update(sealed_email="", address_hash="", confirmed_at=None)


def forget(**whose: Contribution | Subscription) -> None:
    """Forget what was written, or was to be written, to them: `contribution` or `subscription` names whom."""
    messages = Message.objects.filter(**whose).exclude(kind__in=Message.ALARMS)
    names = [_name(message) for message in messages]
    messages.delete()
    transaction.on_commit(lambda: mailbox.forget(names))


def send_due(*, now: datetime) -> int:
    """Send what is due, at most once each; how many left. One that fails three times is set aside, and says so."""
    interrupted = Message.objects.interrupted(now)
    for pk in interrupted.values_list("pk", flat=True):
        _set_aside(pk, "interrupted")
    sent = 0
    for message in Message.objects.due(now).select_related(
        "contribution", "decision", "subscription", "invitation__actor"
    )[:BATCH]:
        until = now + BACK_OFF[min(message.attempts, len(BACK_OFF) - 1)]
        mine = Message.objects.filter(pk=message.pk, state=_State.WAITING, attempts=message.attempts)
        if not mine.update(state=_State.SENDING, attempts=F("attempts") + 1, due_at=until):
            continue  # somebody else sends it
        try:
            _send(message, now=now)
        except (OSError, SMTPException) as error:
            _failed(message, error)
            if not isinstance(error, SMTPException):
                break  # no server answers: the next round tries the others
        except ValueError as error:  # a line break in a header, or an address that no key of ours opens
            _set_aside(message.pk, type(error).__name__)
        else:
            sent += _left(message, now=now)
    return sent


def _ask(address_hash: str, *, now: datetime, **whose: Contribution | Subscription) -> None:
    same = Q(contribution__contact__address_hash=address_hash) | Q(subscription__address_hash=address_hash)
    asked = Message.objects.filter(same, kind=_Kind.CONFIRM, due_at__gt=now - timedelta(days=1))
    if asked.count() < ASKED_PER_DAY:
        Message.objects.create(kind=_Kind.CONFIRM, due_at=now, **whose)


def _send(message: Message, *, now: datetime) -> None:
    letter = letters.of(message, now=now)
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{_name(message)}@{host}>"}
    headers |= {"Auto-Submitted": "auto-generated"}
    if letter.stop:
        headers |= {
            "List-Unsubscribe": f"<{letter.stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        }
    EmailMessage(subject=letter.subject, body=letter.text, to=letter.to, headers=headers).send()


def _name(message: Message) -> str:
    return f"{message.pk}.{message.kind}"


def _left(message: Message, *, now: datetime) -> int:
    if message.kind == _Kind.DIGEST:
        Subscription.objects.filter(pk=message.subscription_id).update(told_until=now)
    return Message.objects.filter(pk=message.pk).update(state=_State.SENT, sent_at=now, error="")


def _failed(message: Message, error: Exception) -> None:
    """Try again later, or never; only the sort of failure is kept, since servers quote addresses."""
    told = type(error).__name__
    if isinstance(error, SMTPResponseException):
        told += f" {error.smtp_code}"
    if message.attempts + 1 >= len(BACK_OFF):
        _set_aside(message.pk, told)
    else:
        Message.objects.filter(pk=message.pk).update(state=_State.WAITING, error=told)


def _set_aside(pk: int, told: str) -> None:
    Message.objects.filter(pk=pk).update(state=_State.SET_ASIDE, error=told)
    log.error("Message %d is set aside: %s.", pk, told)
