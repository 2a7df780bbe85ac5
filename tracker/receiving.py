"""What a person sends: stored as a document whose source is people, proposed once, with a receipt to follow it."""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from indicators.models import Actor, Deal, Evidence, Indicator, Statement
from indicators.models.choices import Stance
from tracker import alerts, sealing, spam, triage
from tracker.dedup import canonical_url, fingerprint
from tracker.models import (
    Candidate,
    Contact,
    Contribution,
    Decision,
    Document,
    Freeze,
    FullText,
    Message,
    Source,
)
from tracker.personal import may_be_personal
from tracker.watchers.article import teaser_reason

log = logging.getLogger(__name__)

Kind = Contribution.Kind
_STANCES = {Kind.EXAMPLE: Stance.SUPPORTS, Kind.COUNTER_EXAMPLE: Stance.CONTRADICTS}
# What is published may be wrong or unfair: it is read before what may be published.
_PRIORITIES = {Kind.REPLY: 4, Kind.CORRECTION: 4, Kind.CONTESTATION: 4}
_OF_THE_PAGE = ("title", "text", "texts", "language", "published_at", "published_raw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a person filled in, checked and cleaned; `marks` say what a moderator should beware of."""

    kind: str
    url: str = ""
    indicator: Indicator | None = None
    evidence: Evidence | None = None
    deal: Deal | None = None
    actor: Actor | None = None
    corrects: Statement | None = None
    quote: str = ""
    statement: str = ""
    happened_on: date | None = None
    party: str = ""
    marks: tuple[dict[str, str], ...] = ()
    email: str = ""
    credit: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How far a page is known already: published as these, waiting, or refused for this reason; else only seen."""

    published: tuple[Evidence, ...] = ()
    waiting: bool = False
    refused: str = ""

    @property
    def refused_in_words(self) -> str:
        return str(Decision.Reason(self.refused).label) if self.refused else ""


def receive(sent: Sent, *, address: str, now: datetime) -> str:
    """Store what was sent and propose it; the token of its receipt, which is kept nowhere.

    No network and no broker: the sweep of the workers reads the page behind a link afterwards. `address` is that of
    the sender's machine; only a hash of its network is kept. What looks like spam, or is about a frozen indicator, is
    held: it stands behind all others in the queue, with what to beware of.
    """
    token = sealing.new_receipt()
    who = {
        "receipt_hash": sealing.receipt_hashes(token)[0],
        "sealed_email": sealing.seal(sent.email),
        "address_hash": sealing.address_hash(sent.email),
        "network_hash": sealing.network_hash(address, on=localdate(now)),
        "credit": sent.credit,
        "language": sent.language,
    }
    with transaction.atomic():
        marks = _marks(sent)
        held = spam.points([mark["mark"] for mark in marks]) >= spam.HELD
        document = _document(sent, now=now)
        contribution = Contribution.objects.create(
            document=document,
            **_said(sent),
            marks=marks,
            held=held,
            received_at=now,
            due_at=Contribution.CLOCKS[Kind(sent.kind)].due(now),
        )
        Contact.objects.create(contribution=contribution, **who)
        candidate = Candidate.objects.create(
            document=document,
            indicator=sent.indicator,
            stance=_STANCES.get(sent.kind, Stance.CONTEXT),
            priority=_PRIORITIES.get(sent.kind, 3 if sent.quote else 2),
            consequence=Candidate.Consequence.HELD if held else Candidate.Consequence.NOTHING,
            created_at=now,
        )
        triage.rank(Candidate.objects.filter(pk=candidate.pk))
        alerts.contributed(contribution, now=now)
    return token


def of_receipt(token: str) -> Contribution | None:
    """What this receipt is for; None where there is no such receipt, or no longer."""
    related = ("document__source", "indicator", "contact")
    found = Contribution.objects.filter(contact__receipt_hash__in=sealing.receipt_hashes(token))
    return found.select_related(*related).first()


@transaction.atomic
def erase(contribution: Contribution) -> None:
    """Forget who sent it, what they wrote in their own words, and the receipt; the link and the quote stay."""
    Contribution.objects.filter(pk=contribution.pk).update(statement="", party="")
    Contact.objects.filter(contribution=contribution).delete()
    alerts.forget(contribution=contribution)


def of_address(email: str) -> QuerySet[Contribution]:
    """All contributions that came with this address, as long as it is kept."""
    return Contribution.objects.filter(contact__address_hash__in=sealing.address_hashes(email))


def told(contribution: Contribution) -> dict[str, Any]:
    """All that we hold of who sent it and of what they sent, for them to read."""
    contact, document = contribution.contact, contribution.document
    names = ("kind", "quote", "statement", "happened_on", "party", "received_at", "due_at")
    decisions = Decision.objects.filter(candidate__document=document).order_by("pk")
    return {
        **{name: getattr(contribution, name) for name in names},
        "url": document.url,
        "email": sealing.unseal(contact.sealed_email),
        "confirmed_at": contact.confirmed_at,
        "credit": contact.credit,
        "language": contact.language,
        "network_hash": contact.network_hash,
        "decisions": list(decisions.values("verdict", "reason", "reason_text", "decided_at")),
        "messages": list(contribution.messages.values("kind", "state", "due_at", "sent_at")),
    }


def known(url: str) -> Known | None:
    """What we know of a page by its address; None where it was never seen. Nothing of who sent it."""
    canonical = canonical_url(url)
    pages = Document.objects.filter(canonical_url=canonical) if canonical else Document.objects.none()
    return known_of(pages.values_list("pk", flat=True))


def known_of(documents: Iterable[int]) -> Known | None:
    """The same of these documents."""
    documents = list(documents)
    if not documents:
        return None
    candidates = list(Candidate.objects.filter(document__in=documents).values_list("pk", "state"))
    decisions = Decision.objects.filter(candidate__in=[pk for pk, _state in candidates]).order_by(
        "decided_at"
    )
    numbers = decisions.exclude(evidence=None).values("evidence")
    refusals = decisions.filter(verdict=Decision.Verdict.REJECTED)
    refused = {pk for pk, state in candidates if state == Candidate.State.REJECTED}
    return Known(
        published=tuple(Evidence.objects.standing().filter(pk__in=numbers).order_by("number")),
        waiting=any(state in Candidate.OPEN for _pk, state in candidates),
        refused=refusals.values_list("reason", flat=True).last() or "" if refused else "",
    )


def sound_alarms(*, now: datetime) -> int:
    """Log each contribution that nobody opened in time, or whose answer is nearly due or overdue; how many.

    By its number only. The operators are mailed once before the end of its time, and once after.
    """
    late = list(Contribution.objects.alarming(now))
    for contribution in late:
        kinds = _alarms(contribution, now=now)
        due = contribution.acknowledge_by if kinds == [Message.Kind.UNREAD] else contribution.due_at
        told = _LOGGED[kinds[-1]]
        log.warning(
            "The answer to contribution %d (%s) %s %s.",
            contribution.pk, contribution.kind, told, due.isoformat(timespec="minutes"),
        )  # fmt: skip
        for kind in kinds:
            alerts.alarmed(contribution, kind=kind, now=now)
    return len(late)


_LOGGED = {
    Message.Kind.UNREAD: "is to be begun before",
    Message.Kind.ALARM: "is due at",
    Message.Kind.LATE: "is overdue since",
}


def _alarms(contribution: Contribution, *, now: datetime) -> list[Message.Kind]:
    """What the operators are told of it now: nobody has opened it, its answer is due, or is late."""
    late = contribution.due_at <= now
    told = {
        Message.Kind.UNREAD: contribution.acknowledged_at is None
        and contribution.clock.acknowledged
        and not late,
        Message.Kind.ALARM: not late and contribution.due_at <= now + contribution.clock.alarm,
        Message.Kind.LATE: late,
    }
    return [kind for kind, applies in told.items() if applies]


def _said(sent: Sent) -> dict[str, object]:
    about = ("kind", "indicator", "evidence", "deal", "actor", "corrects")
    said = ("quote", "statement", "happened_on", "party")
    return {name: getattr(sent, name) for name in (*about, *said)}


def _marks(sent: Sent) -> list[dict[str, str]]:
    frozen = sent.indicator and Freeze.objects.standing().filter(indicator=sent.indicator).exists()
    private = [name for name in ("url", "quote", "statement") if may_be_personal(getattr(sent, name))]
    return [
        *sent.marks,
        *({"field": name, "mark": Contribution.Mark.PERSONAL} for name in private),
        *([{"field": "indicator", "mark": Contribution.Mark.FROZEN}] if frozen else []),
    ]


def _document(sent: Sent, *, now: datetime) -> Document:
    """The page that was sent, of the story of the first document with its address, and with the words known of it."""
    canonical = canonical_url(sent.url) if sent.url else ""
    same = Document.objects.filter(canonical_url=canonical).order_by("pk") if canonical else []
    first = next((each for each in same[:1]), None)
    told = {}
    if first and not teaser_reason(first.text):
        told = {name: getattr(first, name) for name in _OF_THE_PAGE}
    document = Document(
        source=Source.objects.people(),
        external_id=f"{sent.kind}-{secrets.token_hex(8)}",
        url=sent.url,
        canonical_url=canonical,
        kind=Document.Kind.ARTICLE,
        story_id=(first.story_id or first.pk) if first else None,
        first_seen_at=now,
        last_seen_at=now,
        **told,
    )
    document.fingerprint = fingerprint(document.whole_text())
    document.save(force_insert=True)
    FullText.objects.want(document, now=now)
    return document
