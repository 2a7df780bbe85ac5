"""What changes with time in the registry, each value with the source that tells of it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators.models.append_only import AppendOnly
from indicators.models.contract import check_period, check_shares, check_term, partial_day
from indicators.models.deal import Actor, Leg, Statement

FOR_EVER = "9999"  # after every day that is told


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


class ControlQuerySet(models.QuerySet):
    def standing(self) -> "ControlQuerySet":
        """The periods that hold: none took their place, and they name a group."""
        return self.filter(superseded_by=None, group__isnull=False)


class Control(AppendOnly):
    """That a group held more than half of an actor from a day to another one; a later row may take its place.

    Empty days: since ever, or until now. Without a group it only says that the period whose place it takes never was.
    """

    actor = models.ForeignKey(Actor, models.PROTECT, related_name="controls", verbose_name=_("actor"))
    group = models.ForeignKey(
        Actor, models.PROTECT, related_name="holds", null=True, blank=True, verbose_name=_("controlled by")
    )
    since = models.CharField(_("controlled since"), max_length=10, blank=True, validators=[partial_day])
    until = models.CharField(_("controlled until"), max_length=10, blank=True, validators=[partial_day])
    statement = models.ForeignKey(
        Statement, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("statement")
    )
    supersedes = models.OneToOneField(
        "self", models.PROTECT, related_name="superseded_by", null=True, blank=True
    )

    objects = ControlQuerySet.as_manager()

    class Meta:
        verbose_name = _("period of control")
        verbose_name_plural = _("periods of control")
        ordering = ["actor__name", "since", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(actor=models.F("group")),
                name="nobody_controls_themselves",
                violation_error_message=_("An actor does not control itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} · {self.group or '—'} · {self.since or '…'} – {self.until or '…'}"

    def clean(self) -> None:
        check_period(self.since, self.until)
        if self.since and self.since == self.until:
            raise ValidationError(_("A period ends after it begins: both are %(day)s.") % {"day": self.since})

    def holds_on(self, day: str | None) -> bool:
        """Whether it held on that day (2025, 2025-09 or 2025-09-22), or holds now."""
        if day is None:
            return not self.until
        return self.since <= day and (not self.until or day < self.until)

    def overlaps(self, other: "Control") -> bool:
        """Whether there is a day on which both hold, as precisely as their days are told."""
        return self.since < (other.until or FOR_EVER) and other.since < (self.until or FOR_EVER)
