"""What is asserted: an event in the world, the sources it is cited from, what it means for an indicator."""

from datetime import date, datetime
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from indicators.models.action import Definition, Indicator
from indicators.models.choices import Directness, Kind, LinkState, Precision, Stance, Tier
from indicators.models.deal import Actor
from indicators.models.text import Bilingual


class EvidenceQuerySet(models.QuerySet):
    def standing(self) -> "EvidenceQuerySet":
        """Published, neither retracted nor superseded."""
        return self.filter(retracted_at=None, superseded_by=None)

    def standing_at(self, *, as_of: date, known_at: datetime) -> "EvidenceQuerySet":
        """Occurred by `as_of`; published at `known_at`, and neither retracted nor superseded by then."""
        replaced = Q(superseded_by=None) | Q(superseded_by__published_at__gt=known_at)
        retracted = Q(retracted_at=None) | Q(retracted_at__gt=known_at)
        return self.filter(replaced, retracted, occurred_on__lte=as_of, published_at__lte=known_at)

    def retracted(self, *, as_of: date, known_at: datetime) -> "EvidenceQuerySet":
        """Occurred by `as_of`, and withdrawn for good by `known_at`: what keeps a page that says why."""
        return self.filter(occurred_on__lte=as_of, retracted_at__lte=known_at)

    def about(self, indicator: Indicator) -> "EvidenceQuerySet":
        return self.filter(assessments__indicator=indicator).distinct()

    def with_assessments(self) -> "EvidenceQuerySet":
        """What a list shows of each evidence, in two queries."""
        return self.prefetch_related(
            models.Prefetch("assessments", Assessment.objects.select_related("indicator"))
        )

    def with_parts(self) -> "EvidenceQuerySet":
        """Everything a page or the rule reads of an evidence, in five queries."""
        return self.select_related("superseded_by", "cancels").prefetch_related(
            "citations__link_checks", "assessments__indicator", "assessments__definition"
        )


class Evidence(models.Model):
    """One event in the world, published with its sources; corrected or retracted, never overwritten."""

    EVENT = (  # what it says of its event; what is corrected
        "kind", "title_fr", "title_en", "summary_fr", "summary_en", "occurred_on", "occurred_precision", "country",
        "owner", "cancels", "expires_on", "self_published",
    )  # fmt: skip

    number = models.PositiveIntegerField(_("number"), unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    title_fr = models.CharField(_("title (French)"), max_length=300)
    title_en = models.CharField(_("title (English)"), max_length=300, blank=True)
    summary_fr = models.TextField(_("summary (French)"), blank=True)
    summary_en = models.TextField(_("summary (English)"), blank=True)
    occurred_on = models.DateField(_("occurred on"))
    occurred_precision = models.CharField(
        _("precision"), max_length=8, choices=Precision, default=Precision.DAY
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    owner = models.CharField(
        _("body"),
        max_length=200,
        help_text=_("The buyer, funder, institution or company whose event this is."),
    )
    actors = models.ManyToManyField(Actor, related_name="evidence", blank=True)
    published_at = models.DateTimeField(_("published at"), db_index=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    retracted_at = models.DateTimeField(_("retracted at"), null=True, blank=True)
    retracted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    retraction_reason = models.TextField(_("reason of the retraction"), blank=True)
    superseded_by = models.ForeignKey(
        "self", models.PROTECT, related_name="supersedes", null=True, blank=True
    )
    correction_reason = models.TextField(_("reason of the correction"), blank=True)
    cancels = models.ForeignKey("self", models.PROTECT, related_name="cancelled_by", null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    self_published = models.BooleanField(_("published by ourselves"), default=False)
    title, summary = Bilingual(), Bilingual()

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["-occurred_on", "-number"]
        indexes = [models.Index(fields=["-occurred_on", "-number"], name="evidence_newest_first")]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="evidence_number_from_one",
                violation_error_message=_("Evidence is numbered from 1."),
            ),
            models.CheckConstraint(
                condition=~Q(title_fr=""),
                name="evidence_has_a_title",
                violation_error_message=_("Evidence needs a title in French."),
            ),
            models.CheckConstraint(
                condition=Q(retracted_at__isnull=True) | ~Q(retraction_reason=""),
                name="retraction_has_a_reason",
                violation_error_message=_("A retraction needs its reason."),
            ),
            models.CheckConstraint(
                condition=Q(retracted_at__isnull=True) | Q(retracted_at__gte=F("published_at")),
                name="retracted_after_published",
                violation_error_message=_("A retraction cannot precede the publication."),
            ),
            models.CheckConstraint(
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("pk")),
                name="evidence_not_its_own_successor",
                violation_error_message=_("Evidence cannot supersede itself."),
            ),
            models.CheckConstraint(
                condition=Q(cancels__isnull=True) | ~Q(cancels=F("pk")),
                name="evidence_not_its_own_cancellation",
                violation_error_message=_("Evidence cannot cancel itself."),
            ),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("occurred_on")),
                name="expiry_after_event",
                violation_error_message=_("The expiry cannot precede the event."),
            ),
        ]

    def __str__(self) -> str:
        return f"n° {self.number} · {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("evidence", args=[self.number])

    def event(self) -> dict[str, Any]:
        """What it says of its event, by field."""
        return {name: getattr(self, name) for name in self.EVENT}

    @property
    def standing(self) -> bool:
        return self.retracted_at is None and self.superseded_by_id is None


class Citation(models.Model):
    """A source document quoted for an evidence; everything is copied, so that it cannot move."""

    evidence = models.ForeignKey(Evidence, models.CASCADE, related_name="citations")
    url = models.URLField(_("address"), max_length=2000, blank=True)
    publisher = models.CharField(_("publisher"), max_length=200)
    title = models.CharField(_("title"), max_length=500)
    language = models.CharField(_("language"), max_length=5, blank=True)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    quote = models.TextField(_("quote"), max_length=1000)
    locator = models.CharField(_("locator"), max_length=200, blank=True)
    tier = models.PositiveSmallIntegerField(_("tier"), choices=Tier)
    interest_note = models.TextField(_("interest note"), blank=True)
    independence_group = models.CharField(_("owner of the source"), max_length=200)
    domain = models.CharField(_("registrable domain"), max_length=253, blank=True)
    story = models.CharField(_("story"), max_length=64, blank=True)
    snapshot_sha256 = models.CharField(_("fingerprint of the stored copy"), max_length=64)
    archive_url = models.URLField(_("archive address"), max_length=2000, blank=True)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    link_state = models.CharField(_("link state"), max_length=11, choices=LinkState, default=LinkState.LIVE)

    class Meta:
        verbose_name = _("citation")
        ordering = ["tier", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(quote=""),
                name="a_quote_or_nothing",
                violation_error_message=_("No evidence without a quote."),
            ),
            models.CheckConstraint(
                condition=Q(tier__gte=1) & Q(tier__lte=4),
                name="citation_tier_1_to_4",
                violation_error_message=_("The tier is 1, 2, 3 or 4."),
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="http://") | Q(url__startswith="https://"),
                name="citation_url_is_http",
                violation_error_message=_("The address must start with http:// or https://."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publisher} · {self.title}"

    def link_at(self, known_at: datetime) -> "LinkCheck":
        """What was known of its address at that moment, and since when; live before a check found something else."""
        known = [check for check in self.link_checks.all() if check.checked_at <= known_at]
        last = known[-1] if known else LinkCheck(state=LinkState.LIVE)
        same = list(takewhile(lambda check: check.state == last.state, reversed(known)))
        since = same[-1].checked_at if same else None
        return LinkCheck(citation=self, state=last.state, archive_url=last.archive_url, checked_at=since)


class LinkCheck(models.Model):
    """One change of what a citation's address shows; append-only. Before the first one, the link was live."""

    citation = models.ForeignKey(Citation, models.CASCADE, related_name="link_checks")
    state = models.CharField(_("link state"), max_length=11, choices=LinkState)
    archive_url = models.URLField(_("archive address"), max_length=2000, blank=True)
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        verbose_name = _("link check")
        verbose_name_plural = _("link checks")
        ordering = ["checked_at", "pk"]

    def __str__(self) -> str:
        return f"{self.citation} · {self.get_state_display()}"


class Assessment(models.Model):
    """What an evidence means for one indicator under one definition."""

    evidence = models.ForeignKey(Evidence, models.CASCADE, related_name="assessments")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="assessments")
    definition = models.ForeignKey(Definition, models.PROTECT, related_name="assessments")
    stance = models.CharField(_("stance"), max_length=12, choices=Stance)
    directness = models.CharField(_("directness"), max_length=8, choices=Directness)
    rung = models.PositiveSmallIntegerField(_("rung claimed"), null=True, blank=True)
    rationale_fr = models.TextField(_("rationale (French)"), blank=True)
    rationale_en = models.TextField(_("rationale (English)"), blank=True)
    rationale = Bilingual()

    class Meta:
        verbose_name = _("assessment")
        ordering = ["indicator__order"]
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "indicator", "definition"],
                name="one_assessment_per_indicator",
                violation_error_message=_("This evidence is already assessed for this indicator."),
            ),
            models.CheckConstraint(
                condition=Q(rung__isnull=True) | (Q(rung__gte=1) & Q(rung__lte=5)),
                name="rung_claimed_1_to_5",
                violation_error_message=_("The rung claimed is between 1 and 5."),
            ),
            models.CheckConstraint(
                condition=~Q(stance="supports") | Q(rung__isnull=False),
                name="an_example_claims_a_rung",
                violation_error_message=_("An example must say which rung it claims."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} · {self.get_stance_display()}"


def world_date(value: date, precision: str) -> str:
    """The event's date as far as it is known: 2026-10-14, 2026-10, 2026-Q4, 2026-H2 or 2026."""
    match precision:
        case Precision.YEAR:
            return f"{value:%Y}"
        case Precision.HALF:
            return f"{value:%Y}-H{1 if value.month <= 6 else 2}"
        case Precision.QUARTER:
            return f"{value:%Y}-Q{(value.month + 2) // 3}"
        case Precision.MONTH:
            return f"{value:%Y-%m}"
    return value.isoformat()
