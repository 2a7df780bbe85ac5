"""What currencies were worth, and how much of the money of the registry goes in circles."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ExchangeRate(models.Model):
    """One euro in units of a currency on a day, as an official table gives it."""

    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    per_euro = models.DecimalField(_("one euro in this currency"), max_digits=18, decimal_places=8)
    source_url = models.URLField(_("source"), max_length=300)

    class Meta:
        verbose_name = _("exchange rate")
        ordering = ["-day", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="one_rate_per_day"),
            models.CheckConstraint(
                condition=Q(per_euro__gt=0),
                name="rate_is_positive",
                violation_error_message=_("A rate is more than zero."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} 1 EUR = {self.per_euro} {self.currency}"


class WantedView(models.Model):
    """Which payments of a large registry a reader wanted to count, besides the usual ways: computed with these."""

    view = models.CharField(_("which payments count"), max_length=200, unique=True)
    rows_sha256 = models.CharField(_("hash of the registry it was computed from"), max_length=64, blank=True)
    payments_sha256 = models.CharField(_("hash of the payments"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("wanted view")

    def __str__(self) -> str:
        return self.view


class Circulation(models.Model):
    """How much of some payments goes in circles and can come back to whom: computed once for each set of them."""

    payments_sha256 = models.CharField(_("hash of the payments"), max_length=64, unique=True)
    circular = models.FloatField(_("in circles"))
    total = models.FloatField(_("in all"))
    returnable = models.JSONField(_("can come back"), default=dict)

    class Meta:
        verbose_name = _("circulation")

    def __str__(self) -> str:
        return f"{self.circular} / {self.total}"
