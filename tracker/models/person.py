"""The people on the other side: contributions and subscriptions; every personal field has a retention rule."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from indicators.models import Indicator
from tracker.models.document import Document


class Contribution(models.Model):
    """The person's side of a document that they sent: what they claim, how to answer them."""

    class Kind(models.TextChoices):
        EXAMPLE = "example", _("example")
        COUNTER_EXAMPLE = "counter_example", _("counter-example")
        CORRECTION = "correction", _("correction")
        CONTESTATION = "contestation", _("contestation")
        DEAL = "deal", _("deal")
        REPLY = "reply", _("reply of a named party")
        SOURCE = "source", _("source to watch")

    document = models.OneToOneField(Document, models.PROTECT, related_name="contribution")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+", null=True, blank=True)
    quote = models.TextField(_("quote"), blank=True)
    statement = models.TextField(_("why it matters"), blank=True)
    contact = models.EmailField(_("contact"), blank=True)
    credit = models.CharField(_("how to be credited"), max_length=120, blank=True)
    receipt_hash = models.CharField(_("hash of the receipt"), max_length=64, unique=True)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("contribution")
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.document}"


class Subscription(models.Model):
    """Who asked to be told what, once confirmed by link."""

    class Frequency(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        DAILY = "daily", _("daily")
        WEEKLY = "weekly", _("weekly")

    email = models.EmailField(_("e-mail"))
    subject = models.CharField(
        _("what"), max_length=120, help_text=_("indicator:1a, action:A1, actor:…, deal:…")
    )
    frequency = models.CharField(_("how often"), max_length=8, choices=Frequency, default=Frequency.WEEKLY)
    token_hash = models.CharField(_("hash of the link"), max_length=64, unique=True)
    asked_at = models.DateTimeField(_("asked at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("subscription")
        constraints = [
            models.UniqueConstraint(
                fields=["email", "subject"],
                name="one_subscription_per_subject",
                violation_error_message=_("This address already follows this."),
            ),
            models.CheckConstraint(condition=~Q(email=""), name="subscription_has_an_email"),
        ]

    def __str__(self) -> str:
        return self.subject
