"""What changes with time in the registry, each value with the source that tells of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators.models.append_only import AppendOnly
from indicators.models.contract import check_shares, check_term, partial_day
from indicators.models.deal import Leg, Statement


class LegDetail(AppendOnly):
    """A column of a leg as one source tells it; without a statement, as it stood when the leg was entered.

    `since` is the day from which the contract says so; empty: the source speaks of it as it was from the start.
    """

    class Field(models.TextChoices):
        TERM = "term", _("duration")
        PHYSICAL = "physical", _("quantities")
        VENDORS = "vendors", _("makers of its chips")
        CONDITION = "conditional_on", _("condition")
        CONTINGENT = "contingent", _("guarantee")
        INSTRUMENT = "instrument", _("how it is paid")
        CASH = "cash", _("in cash")

    leg = models.ForeignKey(Leg, models.PROTECT, related_name="details")
    field = models.CharField(_("about"), max_length=14, choices=Field)
    value = models.JSONField(_("value"), null=True, blank=True)
    since = models.CharField(_("counts since"), max_length=10, blank=True, validators=[partial_day])
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="details", null=True, blank=True)

    class Meta:
        verbose_name = _("detail of a leg")
        verbose_name_plural = _("details of legs")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.leg} · {self.get_field_display()}"

    def clean(self) -> None:
        if self.field == self.Field.TERM:
            check_term(self.value)
        if self.field == self.Field.VENDORS:
            check_shares(self.value)
