"""Actors invited to read their sheet before an edition, to answer and to contest its lines: by a signed link, for fifteen days."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from indicators import correcting
from indicators.models import Actor, Answer, CorrectionRequest, Deal, Statement
from indicators.public import subject_of
from indicators.templatetags.index_words import QUESTIONS
from tracker import receiving, sealing
from tracker.models import Contribution, Invitation, Message
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


def lines_of(actor: Actor) -> dict[str, str]:
    """The lines of its sheet that it may contest, by their subject: answers, and what sources say of it or of its deals.

    Not those that it contests already.
    """
    deals = Deal.objects.filter(parties__actor=actor)
    said = Statement.objects.standing().filter(Q(actor=actor) | Q(deal__in=deals))
    answers = Answer.objects.filter(actor=actor).select_related("actor").standing()
    rows = [*answers, *said.select_related("deal", "actor").order_by("deal__slug", "pk")]
    open_ones = CorrectionRequest.objects.filter(actor=actor, decided_at=None)
    taken = set(open_ones.values_list("about", flat=True))
    return {subject: _called(row) for row in rows if (subject := subject_of(row)) not in taken}


@transaction.atomic
def contest(invitation: Invitation, sent: Sent, *, about: str, address: str, now: datetime) -> str:
    """Take what is contested into the queue as a request for correction, and say so on the sheet; the token of its receipt.

    What the actor says instead is read by a person first: only that it contests the line is public at once.
    """
    model, _slash, key = about.partition("/")
    statement = Statement.objects.filter(slug=key).first() if model == "statement" else None
    token = receiving.receive(replace(sent, corrects=statement), address=address, now=now)
    contribution = receiving.of_receipt(token)
    clock = {"received_at": contribution.received_at, "due_at": contribution.due_at}
    request = CorrectionRequest(about=about, actor=invitation.actor, **clock)
    Contribution.objects.filter(pk=contribution.pk).update(request=correcting.open_request(request, now=now))
    invitation.contested.add(contribution)
    return token


def contested_by(invitation: Invitation) -> list[tuple[str, CorrectionRequest]]:
    """What the actor contested by this link, each line with what came of it."""
    rows = invitation.contested.select_related("request", "corrects__deal").order_by("pk")
    return [(_called(row.corrects) if row.corrects else row.request.about, row.request) for row in rows]


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


def _called(row: Answer | Statement) -> str:
    if isinstance(row, Answer):
        return f"{QUESTIONS.get(row.question, row.question)} {row.get_found_display()}"
    return f"{row.deal or row.actor} · « {row.quote} »"
