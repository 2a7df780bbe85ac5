"""What is kept about those who work here, besides their account: wrong passwords, stops of publishing."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracker.models.lifted import BY_WHOM, Lifted


class FailedLogin(models.Model):
    """A password that was refused, under the hashes of the account's name and of the network; no name, no address."""

    account_hash = models.CharField(max_length=64)
    network_hash = models.CharField(max_length=64)
    failed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("failed log-in")
        verbose_name_plural = _("failed log-ins")
        indexes = [
            models.Index(fields=["account_hash", "failed_at"], name="failures_of_an_account"),
            models.Index(fields=["network_hash", "failed_at"], name="failures_of_a_network"),
        ]

    def __str__(self) -> str:
        return f"{self.account_hash[:8]} · {self.failed_at:%Y-%m-%d %H:%M}"


class PublishingStopQuerySet(models.QuerySet):
    def standing(self, now: datetime) -> "PublishingStopQuerySet":
        """Those that still stop somebody: neither lifted nor over."""
        return self.filter(lifted_at=None, ends_at__gt=now)


class PublishingStop(Lifted):
    """A moderator has published as much as one person may in a short time, until then or until a second one lifts it."""

    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("moderator")
    )
    published = models.PositiveIntegerField(_("published within an hour"))
    stopped_at = models.DateTimeField(_("stopped at"))
    ends_at = models.DateTimeField(_("ends at"))

    objects = PublishingStopQuerySet.as_manager()

    class Meta:
        verbose_name = _("stop of publishing")
        verbose_name_plural = _("stops of publishing")
        ordering = ["-stopped_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=BY_WHOM, name="a_lifted_stop_says_by_whom"),
            models.CheckConstraint(
                condition=Q(lifted_by=None) | ~Q(lifted_by=F("moderator")),
                name="nobody_lifts_their_own_stop",
                violation_error_message=_("Another moderator has to lift this."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.moderator} · {self.stopped_at:%Y-%m-%d %H:%M}"
