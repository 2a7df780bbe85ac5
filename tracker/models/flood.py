"""What is kept against floods: who knocked at a public door, waves of contributions, indicators that are frozen."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from indicators.models import Indicator
from tracker.models.lifted import BY_WHOM, Lifted


class KnockQuerySet(models.QuerySet):
    def lately(self, door: str, *, since: datetime) -> "KnockQuerySet":
        """At this door after that moment."""
        return self.filter(door=door, at__gt=since)


class Knock(models.Model):
    """Somebody came to a public door, known by the hash of their network alone; counted, so that none floods us."""

    class Door(models.TextChoices):
        FORM = "form", _("form")
        RECEIPT = "receipt", _("receipt")
        FOLLOW = "follow", _("mails to followers")

    door = models.CharField(max_length=7, choices=Door)
    network_hash = models.CharField(max_length=64)
    host = models.CharField(max_length=255, blank=True)
    proof = models.CharField(max_length=64, null=True, unique=True)
    at = models.DateTimeField()

    objects = KnockQuerySet.as_manager()

    class Meta:
        verbose_name = _("knock at a public door")
        verbose_name_plural = _("knocks at public doors")
        indexes = [
            models.Index(fields=["door", "network_hash", "at"], name="knocks_of_a_network"),
            models.Index(fields=["door", "host", "at"], name="knocks_for_a_host"),
            models.Index(fields=["door", "at"], name="knocks_at_a_door"),
        ]

    def __str__(self) -> str:
        return f"{self.door} · {self.at:%Y-%m-%d %H:%M}"


class Wave(models.Model):
    """Contributions that look as if they had one origin: copies, a farm, a storm after a change of status."""

    class Kind(models.TextChoices):
        COPIES = "copies", _("copies of one page")
        FARM = "farm", _("a farm: alike, over days")
        REACTION = "reaction", _("a storm within an hour")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, related_name="+", null=True, verbose_name=_("indicator")
    )
    host = models.CharField(_("host"), max_length=255, blank=True)
    size = models.PositiveIntegerField(_("contributions"))
    began_at = models.DateTimeField(_("first one"))
    ended_at = models.DateTimeField(_("latest one"))

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        ordering = ["-ended_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.host} · {self.size}"


class FreezeQuerySet(models.QuerySet):
    def standing(self) -> "FreezeQuerySet":
        """Those that nobody has lifted."""
        return self.filter(lifted_at=None)


class Freeze(Lifted):
    """An indicator about which contributions are taken but held, from one moment until somebody lifts it."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+", verbose_name=_("indicator"))
    reason = models.CharField(_("why"), max_length=300)
    frozen_at = models.DateTimeField(_("since"))
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("frozen by")
    )

    objects = FreezeQuerySet.as_manager()

    class Meta:
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        ordering = ["-frozen_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator"],
                condition=Q(lifted_at=None),
                name="one_freeze_of_an_indicator",
                violation_error_message=_("This indicator is frozen already."),
            ),
            models.CheckConstraint(condition=BY_WHOM, name="a_lifted_freeze_says_by_whom"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} · {self.reason}"
