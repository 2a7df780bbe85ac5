"""Who follows what by mail: an indicator or an action, told of at once, daily or weekly."""

from typing import Any

from django.db.models import QuerySet

from tracker import alerts, sealing
from tracker.models import Subscription


def of_address(email: str) -> QuerySet[Subscription]:
    """All that this address follows."""
    return Subscription.objects.filter(address_hash__in=sealing.address_hashes(email))


def told(subscription: Subscription) -> dict[str, Any]:
    """All that we hold of it, for who asked for it to read."""
    names = ("subject", "frequency", "language", "asked_at", "confirmed_at", "told_until")
    told = {name: getattr(subscription, name) for name in names}
    return told | {"email": sealing.unseal(subscription.sealed_email)}


def forget(subscription: Subscription) -> None:
    """End it, and forget the address with it."""
    alerts.forget(subscription=subscription)
    subscription.delete()
