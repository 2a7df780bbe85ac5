"""What is concluded: the history of each indicator's status, exceptions, measures."""

from datetime import date, datetime, timedelta
from operator import attrgetter

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indicators.models.action import Indicator
from indicators.models.append_only import AppendOnly
from indicators.models.choices import Cause, Confidence, Rung
from indicators.models.evidence import Evidence


class Status(models.Model):
    """Where an indicator stands now: the rule's last answer, rewritten by publishing only."""

    indicator = models.OneToOneField(Indicator, models.CASCADE, related_name="status")
    computed_at = models.DateTimeField(_("computed at"))
    as_of = models.DateField(_("as of"))
    rung = models.PositiveSmallIntegerField(_("rung"), choices=Rung)
    flags = models.JSONField(_("flags"), default=list, blank=True)
    confidence = models.CharField(_("confidence"), max_length=6, choices=Confidence)
    trace = models.JSONField(_("demonstration"))
    missing = models.JSONField(_("missing for the next rung"), default=list)
    linchpins = models.JSONField(_("evidence that the status hangs on"), default=list)
    examples = models.JSONField(_("examples heard"), default=list)
    counterexamples = models.JSONField(_("counter-examples heard"), default=list)
    against = models.PositiveIntegerField(_("counter-examples that would lower it"), null=True)
    version = models.PositiveSmallIntegerField(_("version of the definition"), null=True)
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("status")
        verbose_name_plural = _("statuses")

    def __str__(self) -> str:
        return f"{self.indicator.code} : {self.get_rung_display()}"


class StatusChangeQuerySet(models.QuerySet):
    def moved(self) -> "StatusChangeQuerySet":
        """The changes of rung, not those of flags alone."""
        return self.exclude(rung_from=None).exclude(rung_from=F("rung_to"))


class StatusChange(AppendOnly):
    """One change of an indicator's rung or flags, with its cause and demonstration; append-only."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="changes")
    changed_at = models.DateTimeField(_("changed at"), db_index=True)
    as_of = models.DateField(_("as of"))
    rung_from = models.PositiveSmallIntegerField(_("from"), choices=Rung, null=True, blank=True)
    rung_to = models.PositiveSmallIntegerField(_("to"), choices=Rung)
    flags = models.JSONField(_("flags"), default=list, blank=True)
    confidence = models.CharField(_("confidence"), max_length=6, choices=Confidence)
    cause = models.CharField(_("cause"), max_length=20, choices=Cause)
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+", null=True, blank=True)
    trace = models.JSONField(_("demonstration"), blank=True)  # empty while no definition is in force
    digest = models.CharField(_("digest"), max_length=64)

    objects = StatusChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        ordering = ["-changed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rung_to__gte=0) & Q(rung_to__lte=5),
                name="status_rung_0_to_5",
                violation_error_message=_("A rung is between 0 and 5."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} : {self.rung_from} → {self.rung_to}"


class OverrideQuerySet(models.QuerySet):
    def in_force(self, *, on: date, known_at: datetime) -> "Override | None":
        """The newest exception that was set, not lifted and not expired, or None; one query, none once prefetched."""
        newest = sorted(self, key=attrgetter("set_at"), reverse=True)
        return next((each for each in newest if each.stands(on=on, known_at=known_at)), None)


class Override(models.Model):
    """An editor's visible exception; the computed status is always shown beside it."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="overrides")
    rung = models.PositiveSmallIntegerField(_("rung"), choices=Rung)
    reason_fr = models.TextField(_("reason (French)"))
    reason_en = models.TextField(_("reason (English)"), blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(_("set at"))
    set_on = models.DateField(_("set on"))
    days = models.PositiveSmallIntegerField(_("days in force"), default=90)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("exception")
        ordering = ["-set_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(set_by=F("approved_by")),
                name="override_approved_by_someone_else",
                violation_error_message=_("An exception must be approved by someone else."),
            ),
            models.CheckConstraint(
                condition=~Q(reason_fr=""),
                name="override_has_a_reason",
                violation_error_message=_("An exception needs its reason."),
            ),
            models.CheckConstraint(
                condition=Q(days__gte=1) & Q(days__lte=90),
                name="override_expires_within_90_days",
                violation_error_message=_("An exception expires within 90 days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} = {self.rung}"

    @property
    def expires_on(self) -> date:
        return self.set_on + timedelta(days=self.days)

    def stands(self, *, on: date, known_at: datetime) -> bool:
        """Whether it was set by then, and neither lifted nor expired."""
        was_lifted = self.lifted_at is not None and self.lifted_at <= known_at
        return self.set_at <= known_at and self.set_on <= on <= self.expires_on and not was_lifted


COVERAGE_PREFIX = "coverage-"
# How decisions are shared out: `decisions` by group, value and stance (variants); the rest begins alike.
DECISIONS = "decisions"
DECISION_REASON = f"{DECISIONS}-refused-"
DECISION_SECONDS = f"{DECISIONS}-seconds"
REQUESTS = f"{DECISIONS}-requests"


class Measure(models.Model):
    """A number that is observed over time; of one indicator, or of the watch as a whole."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_fr = models.CharField(_("name (French)"), max_length=200)
    name_en = models.CharField(_("name (English)"), max_length=200)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="measures", null=True, blank=True)

    class Meta:
        verbose_name = _("measure")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    @property
    def is_coverage(self) -> bool:
        """How well the sources of one indicator were watched, not something that its ladder reads."""
        return self.code.startswith(COVERAGE_PREFIX)


class ObservationQuerySet(models.QuerySet):
    def known(self, *, as_of: date, known_at: datetime) -> "ObservationQuerySet":
        return self.filter(period_end__lte=as_of, published_at__lte=known_at)


class Observation(models.Model):
    """One dated value of a measure: numerator, denominator and what is unknown."""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="observations")
    period_start = models.DateField(_("period start"))
    period_end = models.DateField(_("period end"))
    geography = models.CharField(_("geography"), max_length=20, blank=True)
    variant = models.CharField(_("variant"), max_length=40, blank=True)
    numerator = models.DecimalField(_("numerator"), max_digits=20, decimal_places=4, null=True, blank=True)
    denominator = models.DecimalField(
        _("denominator"), max_digits=20, decimal_places=4, null=True, blank=True
    )
    unknown = models.DecimalField(_("unknown"), max_digits=20, decimal_places=4, default=0)
    digest = models.CharField(_("digest of the inputs"), max_length=64)
    published_at = models.DateTimeField(_("published at"))

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("observation")
        ordering = ["-period_end", "-published_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "period_start", "period_end", "geography", "variant", "digest"],
                name="one_observation_per_inputs",
            ),
            models.CheckConstraint(
                condition=Q(period_start__lte=F("period_end")),
                name="observation_period_in_order",
                violation_error_message=_("The period ends before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.period_end}"
