"""What each mail says, in the language of who gets it: a message → subject, plain text, and the link that ends it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from indicators.models import Evidence, Indicator, StatusChange
from tracker import sealing
from tracker.models import Contribution, Decision, Invitation, Message, Subscription
from tracker.refusals import REASONS

NEWS = 50  # of each sort in one mail; the pages show all
_Sort, _Verdict = Contribution.Kind, Decision.Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail without its headers; `stop` is the address that ends further ones, empty for those of the house."""

    to: list[str]
    subject: str
    text: str
    stop: str = ""


def of(message: Message, *, now: datetime) -> Letter:
    """What this message says now. Raises SealError where no key opens the address."""
    if message.kind in Message.ALARMS:
        return _alarm(message)
    if message.kind == Message.Kind.DRIFT:
        return _drift()
    if message.subscription:
        return _to_follower(message, message.subscription, now=now)
    if message.invitation:
        return _to_invited(message.invitation)
    contact = message.contribution.contact
    with override(contact.language or settings.LANGUAGE_CODE):
        stop = _link("stop", contact.pk)
        known = {"contribution": message.contribution, "stop": stop, "site": settings.SITE_URL}
        if message.kind == Message.Kind.CONFIRM:
            subject, told = _("Is this your address?"), {"confirm": _link("confirm", contact.pk)}
        elif message.kind == Message.Kind.READ:
            subject, told = _("A person has opened your request"), {}
        else:
            subject, told = _subject(message.decision), _decided(message)
        text = render_to_string(f"mail/{message.kind}.txt", known | told)
    return Letter(to=[sealing.unseal(contact.sealed_email)], subject=subject, text=text, stop=stop)


def has_news(subscription: Subscription, *, now: datetime) -> bool:
    """Whether anything happened to what it follows since it was told."""
    changes, published = _news(subscription, now=now)
    return changes.exists() or published.exists()


def overseers() -> list[str]:
    """Where those are reached who watch over our decisions: operators who left an address, and auditors."""
    auditors = User.objects.filter(groups__name="auditor", is_active=True).exclude(email="")
    return sorted({*settings.ALERT_EMAIL, *auditors.values_list("email", flat=True)})


def _to_follower(message: Message, subscription: Subscription, *, now: datetime) -> Letter:
    with override(subscription.language or settings.LANGUAGE_CODE):
        stop = _link("unfollow", subscription.pk)
        told: dict[str, Any] = {"stop": stop, "site": settings.SITE_URL, "subscription": subscription}
        if message.kind == Message.Kind.CONFIRM:
            subject, name = _("Is this your address?"), "follow"
            told["confirm"] = _link("follow", subscription.pk)
        else:
            changes, published = _news(subscription, now=now)
            subject, name = _("What changed: %(code)s") % {"code": subscription.code}, "digest"
            told |= {"changes": changes[:NEWS], "published": published[:NEWS]}
        text = render_to_string(f"mail/{name}.txt", told)
    return Letter(to=[sealing.unseal(subscription.sealed_email)], subject=subject, text=text, stop=stop)


def _news(subscription: Subscription, *, now: datetime) -> tuple[QuerySet[StatusChange], QuerySet[Evidence]]:
    """What moved, and what was published and stands, since the follower was told."""
    sort, _colon, code = subscription.subject.partition(":")
    about = {"action__code": code} if sort == "action" else {"code": code}
    indicators = Indicator.objects.filter(**about)
    since, until = subscription.told_until, now
    changes = StatusChange.objects.moved().filter(
        indicator__in=indicators, changed_at__gt=since, changed_at__lte=until
    )
    published = Evidence.objects.standing().filter(
        assessments__indicator__in=indicators, published_at__gt=since, published_at__lte=until
    )
    return changes.select_related("indicator").order_by("pk"), published.distinct().order_by("number")


def _to_invited(invitation: Invitation) -> Letter:
    with override(invitation.language):
        told = {"invitation": invitation, "site": settings.SITE_URL}
        told["link"] = settings.SITE_URL + reverse(
            "invitation", args=[sealing.mail_link(invitation.pk, use="invitation")]
        )
        subject = _("What we are about to publish of %(actor)s") % {"actor": invitation.actor.name}
        text = render_to_string("mail/invited.txt", told)
    return Letter(to=[sealing.unseal(invitation.sealed_email)], subject=subject, text=text)


def _alarm(message: Message) -> Letter:
    told = {"contribution": message.contribution, "kind": message.kind, "site": settings.SITE_URL}
    text = render_to_string("mail/alarm.txt", told)
    subject = {
        Message.Kind.ALARM: _("The answer to contribution %(number)d is due"),
        Message.Kind.LATE: _("The answer to contribution %(number)d is late"),
        Message.Kind.UNREAD: _("Contribution %(number)d waits to be opened"),
    }[Message.Kind(message.kind)]
    return Letter(to=settings.ALERT_EMAIL, subject=subject % {"number": message.contribution_id}, text=text)


def _drift() -> Letter:
    text = render_to_string("mail/drift.txt", {"site": settings.SITE_URL})
    subject = _("Examples and counter-examples are not treated alike")
    return Letter(to=overseers(), subject=subject, text=text)


def _subject(decision: Decision) -> str:
    moved = list(_moves(decision).values_list("indicator__code", flat=True))
    if moved:
        return _("You moved %(code)s") % {"code": ", ".join(moved)}
    return {
        _Verdict.ACCEPTED: _("Your contribution was kept"),
        _Verdict.MERGED: _("Your contribution was joined to another one"),
        _Verdict.REJECTED: _("Your contribution was not kept"),
        _Verdict.REOPENED: _("Your contribution is read again"),
    }[decision.verdict]


def _decided(message: Message) -> dict[str, Any]:
    decision = message.decision
    return {
        "decision": decision,
        "evidence": decision.evidence,
        "reason": REASONS.get(decision.reason, ""),
        "moves": [_move(message.contribution, change) for change in _moves(decision)],
    }


def _moves(decision: Decision) -> QuerySet[StatusChange]:
    """The changes of rung that this decision made, by what it published or replaced."""
    made = Q(evidence=decision.evidence_id) | Q(evidence__superseded_by=decision.evidence_id)
    changes = StatusChange.objects.moved().filter(made, changed_at=decision.decided_at)
    return changes.select_related("indicator") if decision.evidence_id else changes.none()


def _move(contribution: Contribution, change: StatusChange) -> dict[str, Any]:
    sentence = {
        _Sort.EXAMPLE: _("Your example moved %(code)s from %(before)s to %(after)s."),
        _Sort.COUNTER_EXAMPLE: _("Your counter-example moved %(code)s from %(before)s to %(after)s."),
    }.get(contribution.kind, _("Your contribution moved %(code)s from %(before)s to %(after)s."))
    told = {"code": change.indicator.code}
    told |= {"before": change.get_rung_from_display(), "after": change.get_rung_to_display()}
    return {"told": sentence % told, "indicator": change.indicator}


def _link(use: str, pk: int) -> str:
    return settings.SITE_URL + reverse(f"mail-{use}", args=[sealing.mail_link(pk, use=use)])
