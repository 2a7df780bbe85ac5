"""Actors invited to read their sheet before an edition, and to answer: by a signed link, for fifteen days."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from indicators.models import Actor
from tracker import receiving, sealing
from tracker.models import Invitation, Message
from tracker.receiving import Sent

USE = "invitation"


@transaction.atomic
def invite(actor: Actor, *, edition: str, email: str, language: str, by: Any, now: datetime) -> Invitation:
    """Ask the actor at this address, by a mail that leaves with the next ones. The address is kept encrypted."""
    invitation = Invitation.objects.create(
        actor=actor,
        edition=edition,
        sealed_email=sealing.seal(email),
        address_hash=sealing.address_hash(email),
        language=language,
        invited_by=by,
        invited_at=now,
        closes_at=now + Invitation.OPEN_FOR,
    )
    Message.objects.create(kind=Message.Kind.INVITED, invitation=invitation, due_at=now)
    return invitation


def of_link(token: str, *, now: datetime) -> Invitation | None:
    """Whose mail this link came with; None where we did not make it, or the time to answer is over."""
    rows = Invitation.objects.filter(pk=sealing.of_mail_link(token, use=USE), closes_at__gt=now)
    return rows.select_related("actor", "answer").first()


@transaction.atomic
def answer(invitation: Invitation, sent: Sent, *, address: str, now: datetime) -> str:
    """Take the reply into the queue, where its clock of three days begins; the token of its receipt."""
    token = receiving.receive(sent, address=address, now=now)
    contribution = receiving.of_receipt(token)
    Invitation.objects.filter(pk=invitation.pk).update(answer=contribution)
    return token


def of_address(email: str) -> QuerySet[Invitation]:
    """All invitations that went to this address, as long as it is kept."""
    return Invitation.objects.filter(address_hash__in=sealing.address_hashes(email))


def told(invitation: Invitation) -> dict[str, Any]:
    """All that we hold of whom we asked, for them to read."""
    names = ("edition", "language", "invited_at", "closes_at")
    kept = {name: getattr(invitation, name) for name in names}
    return kept | {"actor": invitation.actor.name, "email": sealing.unseal(invitation.sealed_email)}


def forget(invitation: Invitation) -> None:
    """Forget the address; what was answered stays, and so does that somebody was asked."""
    Message.objects.filter(invitation=invitation).delete()
    Invitation.objects.filter(pk=invitation.pk).update(sealed_email="", address_hash="")
