"""Feeds whose hub tells us at once what is new (WebSub), and what it told."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.models.source import Source

WAITING_LIMIT = 20  # deliveries of one hub that nobody has read yet


class HubSubscriptionQuerySet(models.QuerySet):
    def to_ask(self, now: datetime) -> "HubSubscriptionQuerySet":
        """Those whose hub must be asked now: for a beginning, a renewal, or an end."""
        watched = Q(source__state__in=Source.WATCHED)
        leaving = Q(state=HubSubscription.State.LEAVING)
        return self.filter(Q(ask_at__lte=now) | (watched & leaving) | ~(watched | leaving))

    def trusted(self, now: datetime) -> "HubSubscriptionQuerySet":
        """Those whose hub has promised to tell, until later than now, and has not been caught silent."""
        return self.filter(state=HubSubscription.State.VERIFIED, silent_since=None, verified_until__gt=now)


class HubSubscription(models.Model):
    """The promise of a hub to tell us at once what is new in one feed; asking the feed stays the fallback."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        VERIFIED = "verified", _("promised")
        LEAVING = "leaving", _("given up")

    source = models.OneToOneField(Source, models.CASCADE, related_name="hub_subscription")
    hub = models.CharField(_("hub"), max_length=2000)
    topic = models.CharField(_("address that the feed gives itself"), max_length=2000)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ASKED)
    ask_at = models.DateTimeField(_("hub is asked next"), db_index=True)
    asked_at = models.DateTimeField(_("hub was asked"), null=True, blank=True)
    verified_at = models.DateTimeField(_("promised since"), null=True, blank=True)
    verified_until = models.DateTimeField(_("promised until"), null=True, blank=True)
    silent_since = models.DateTimeField(_("did not tell what came"), null=True, blank=True)
    forged = models.PositiveIntegerField(_("deliveries with a wrong signature"), default=0)
    error = models.TextField(_("error"), blank=True)

    objects = HubSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("hub subscription")
        verbose_name_plural = _("hub subscriptions")
        ordering = ["source"]

    def __str__(self) -> str:
        return f"{self.source} · {self.hub}"


class Delivery(models.Model):
    """A body that a hub delivered, its signature checked, until a worker has read it."""

    subscription = models.ForeignKey(HubSubscription, models.CASCADE, related_name="deliveries")
    received_at = models.DateTimeField(_("received"), db_index=True)
    content_type = models.CharField(_("content type"), max_length=200, blank=True)
    body = models.BinaryField(_("body"))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.subscription} · {self.received_at}"
