"""Who follows what by mail: an indicator or an action, told of at once, daily or weekly."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from indicators.models import Evidence, Indicator, StatusChange
from tracker import alerts, letters, sealing
from tracker.models import Message, Subscription

_Often = Subscription.Frequency
EVERY = {_Often.AT_ONCE: timedelta(), _Often.DAILY: timedelta(days=1), _Often.WEEKLY: timedelta(days=7)}


@transaction.atomic
def ask(email: str, *, subject: str, frequency: str, language: str, now: datetime) -> None:
    """Ask this address whether it wants to follow this; one that follows it already is told nothing, and nobody else."""
    wanted = {"frequency": frequency, "language": language, "asked_at": now}
    subscription, _new = Subscription.objects.get_or_create(
        address_hash=sealing.address_hash(email),
        subject=subject,
        defaults=wanted | {"sealed_email": sealing.seal(email)},
    )
    if subscription.confirmed_at is None:
        Subscription.objects.filter(pk=subscription.pk).update(**wanted)
        alerts.subscribed(subscription, now=now)


def of_link(token: str, *, use: str, now: datetime) -> Subscription | None:
    """Whose mail this link came with; None where it is wrong, or expired, or ended."""
    subscription = Subscription.objects.filter(pk=sealing.of_mail_link(token, use=use)).first()
    late = (
        subscription
        and not subscription.confirmed_at
        and subscription.asked_at <= now - alerts.CONFIRM_WITHIN
    )
    return None if late else subscription


def confirm(subscription: Subscription, *, now: datetime) -> None:
    """From now on it is told what changes. Twice is the same as once."""
    rows = Subscription.objects.filter(pk=subscription.pk, confirmed_at=None)
    rows.update(confirmed_at=now, told_until=now)


@transaction.atomic
def forget(subscription: Subscription) -> None:
    """End it, and forget the address with it."""
    alerts.forget(subscription=subscription)
    subscription.delete()


def tell(*, now: datetime) -> int:
    """Write a message for each subscription whose time has come and that something happened to; how many."""
    due = Q()
    for frequency, every in EVERY.items():
        due |= Q(frequency=frequency, told_until__lte=now - every)
    unsent = Message.objects.filter(kind=Message.Kind.DIGEST).exclude(state=Message.State.SENT)
    waiting = Subscription.objects.filter(due, confirmed_at__isnull=False).exclude(messages__in=unsent)
    if not waiting.filter(told_until__lt=_latest(now)).exists():
        return 0
    told = [each for each in waiting if letters.has_news(each, now=now)]
    Message.objects.bulk_create(
        Message(kind=Message.Kind.DIGEST, subscription=each, due_at=now) for each in told
    )
    return len(told)


def subjects() -> list[tuple[str, str]]:
    """What can be followed: each action, each of its indicators, under their codes."""
    rows: list[tuple[str, str]] = []
    for indicator in Indicator.objects.select_related("action").order_by("order"):
        action = (f"action:{indicator.action.code}", f"{indicator.action.code} · {indicator.action.title}")
        if action not in rows:
            rows.append(action)
        rows.append((f"indicator:{indicator.code}", f"{indicator.code} · {indicator.statement}"))
    return rows


def of_address(email: str) -> QuerySet[Subscription]:
    """All that this address follows."""
    return Subscription.objects.filter(address_hash__in=sealing.address_hashes(email))


def told(subscription: Subscription) -> dict[str, Any]:
    """All that we hold of it, for who asked for it to read."""
    names = ("subject", "frequency", "language", "asked_at", "confirmed_at", "told_until")
    told = {name: getattr(subscription, name) for name in names}
    return told | {"email": sealing.unseal(subscription.sealed_email)}


def _latest(now: datetime) -> datetime:
    """When anything last happened that somebody may follow; long ago where nothing did."""
    changed = StatusChange.objects.order_by("-changed_at").values_list("changed_at", flat=True).first()
    published = Evidence.objects.order_by("-published_at").values_list("published_at", flat=True).first()
    return max(filter(None, (changed, published)), default=now - timedelta(days=36_500))
