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

    def tells_all(self, *, now: datetime) -> bool:
        """Whether the hub has promised to tell what is new, and nothing came that it did not tell; saved if it changes.

        Asked when the source was read at `now`: an entry that came with this reading, and was not delivered, ends the
        trust until the hub promises again. The first reading after a promise brings what came before it.
        """
        promised = self.state == self.State.VERIFIED and self.verified_at <= now < self.verified_until
        if not promised or self.silent_since:
            return False
        caught_up = self.source.last_success_at and self.source.last_success_at >= self.verified_at
        if (
            caught_up
            and self.source.documents.filter(first_seen_at=now).exists()
            and not self.deliveries.exists()
        ):
            self.silent_since = now
            self.save(update_fields=["silent_since"])
        return self.silent_since is None


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
