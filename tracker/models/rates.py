"""When the central bank was asked for exchange rates, and what came of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RatesFetch(models.Model):
    """One question for exchange rates: how many were new, which differ from those that are kept, or why it failed."""

    asked_at = models.DateTimeField(_("asked at"))
    url = models.URLField(_("address"), max_length=300)
    added = models.PositiveIntegerField(_("added"), default=0)
    known = models.PositiveIntegerField(_("known already"), default=0)
    differing = models.JSONField(_("told otherwise"), default=list, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)

    class Meta:
        verbose_name = _("question for exchange rates")
        verbose_name_plural = _("questions for exchange rates")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d} {self.url}"
