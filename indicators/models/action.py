"""The founding publications and what they propose: pillars, actions, indicators, definitions, facts."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from indicators.models.append_only import AppendOnly
from indicators.models.choices import Form
from indicators.models.text import Bilingual


class Publication(models.Model):
    """What statements are quoted from: the two articles that found the tracker, and every source of the registry.

    Two that go back to one `origin` are one source; `party` is the actor whose own document it is.
    """

    class Source(models.TextChoices):
        FILING = "filing", _("filing")
        REGULATOR = "regulator", _("document of a regulator")
        PARTY_STATEMENT = "party_statement", _("document of a party")
        PRESS = "press", _("press")
        BLOG = "blog", _("blog")
        ACADEMIC = "academic", _("academic work")

    slug = models.SlugField(_("slug"), unique=True)
    title = models.CharField(_("title"), max_length=300)
    url = models.URLField(_("address"), max_length=500)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    author = models.CharField(_("author"), max_length=200, blank=True)
    published_on = models.DateField(_("published on"))
    language = models.CharField(_("language"), max_length=5)
    kind = models.CharField(_("kind of source"), max_length=16, choices=Source, blank=True)
    origin = models.ForeignKey(
        "self", models.PROTECT, related_name="derived", null=True, blank=True, verbose_name=_("goes back to")
    )
    party = models.ForeignKey(
        "Actor",
        models.PROTECT,
        related_name="publications",
        null=True,
        blank=True,
        verbose_name=_("document of"),
    )
    reliability = models.CharField(_("reliability"), max_length=60, blank=True)
    interest_note_fr = models.TextField(_("interest note (French)"), blank=True)
    interest_note_en = models.TextField(_("interest note (English)"), blank=True)
    interest_note = Bilingual()

    class Meta:
        verbose_name = _("publication")
        ordering = ["-published_on"]

    def __str__(self) -> str:
        return self.title


class Pillar(models.Model):
    """One of the five pillars of freedom that the framework judges by."""

    slug = models.SlugField(_("slug"), unique=True)
    name_fr = models.CharField(_("name (French)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80)
    order = models.PositiveSmallIntegerField(_("order"), unique=True)
    name = Bilingual()

    class Meta:
        verbose_name = _("pillar")
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class ArticleAssessmentQuerySet(models.QuerySet):
    def standing(self) -> "ArticleAssessmentQuerySet":
        """Those that no later version takes the place of."""
        return self.filter(superseded_by=None)


class ArticleAssessment(AppendOnly):
    """A publication judged against the five pillars; a total without a breakdown is stored as that.

    It is corrected by a new version, with a public reason; the one before stays.
    """

    publication = models.ForeignKey(Publication, models.PROTECT, related_name="assessments")
    framework = models.CharField(_("framework"), max_length=120)
    assessor = models.CharField(_("assessor"), max_length=120, blank=True)
    assessed_on = models.DateField(_("assessed on"), null=True, blank=True)
    declared_total = models.DecimalField(
        _("declared total"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    declared_max = models.DecimalField(
        _("declared maximum"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    quote = models.CharField(_("quote"), max_length=300, blank=True)
    vigilance = models.JSONField(_("points of vigilance"), default=list, blank=True)
    open_points = models.JSONField(_("open points"), default=list, blank=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, related_name="superseded_by", null=True, blank=True
    )
    correction_reason = models.TextField(_("reason of the correction"), max_length=1_000, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), null=True, blank=True)

    objects = ArticleAssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("article assessment")
        verbose_name_plural = _("article assessments")
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "framework", "assessor"],
                condition=Q(supersedes=None),
                name="one_article_assessment",
                violation_error_message=_(
                    "This assessor has judged this document by this framework already: correct that by a new version."
                ),
            ),
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(correction_reason=""),
                name="a_corrected_assessment_has_a_reason",
                violation_error_message=_("A correction needs its public reason."),
            ),
            models.CheckConstraint(
                condition=Q(declared_total__isnull=True) | Q(declared_total__lte=models.F("declared_max")),
                name="declared_total_within_maximum",
                violation_error_message=_("The declared total exceeds its maximum."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication} · {self.declared_total}/{self.declared_max}"


class PillarPoints(AppendOnly):
    """The points that an assessment gives one pillar, with the sentence and quote that justify them."""

    assessment = models.ForeignKey(ArticleAssessment, models.CASCADE, related_name="points")
    pillar = models.ForeignKey(Pillar, models.PROTECT, related_name="+")
    points = models.DecimalField(_("points"), max_digits=2, decimal_places=1)
    sentence = models.TextField(_("sentence"))
    quote = models.CharField(_("quote"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("points of a pillar")
        verbose_name_plural = _("points of the pillars")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "pillar"], name="one_line_per_pillar"),
            models.CheckConstraint(
                condition=Q(points__in=[0, 0.5, 1, 1.5, 2]),
                name="points_by_half_up_to_two",
                violation_error_message=_("A pillar takes 0, ½, 1, 1½ or 2 points."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pillar} · {self.points}"


class Action(models.Model):
    """One of the three public actions that the article proposes."""

    code = models.CharField(_("code"), max_length=4, unique=True)
    slug = models.SlugField(_("slug"), unique=True)
    emoji = models.CharField(_("emoji"), max_length=8, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), unique=True)
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="actions")
    pillars = models.ManyToManyField(Pillar, related_name="actions", blank=True)
    title_fr = models.CharField(_("title (French)"), max_length=300)
    title_en = models.CharField(_("title (English)"), max_length=300)
    proposal_fr = models.TextField(_("proposal (French)"))
    proposal_en = models.TextField(_("proposal (English)"))
    who_fr = models.CharField(_("who acts (French)"), max_length=300, blank=True)
    who_en = models.CharField(_("who acts (English)"), max_length=300, blank=True)
    mechanism_fr = models.TextField(_("mechanism (French)"), blank=True)
    mechanism_en = models.TextField(_("mechanism (English)"), blank=True)
    aims_fr = models.TextField(_("aims (French)"), blank=True)
    aims_en = models.TextField(_("aims (English)"), blank=True)
    title, proposal, who, mechanism, aims = Bilingual(), Bilingual(), Bilingual(), Bilingual(), Bilingual()

    class Meta:
        verbose_name = _("public action")
        verbose_name_plural = _("public actions")
        ordering = ["order"]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("action", args=[self.slug])


class IndicatorQuerySet(models.QuerySet):
    def one_writer_at_a_time(self) -> list["Indicator"]:
        """All six, locked until the transaction ends: numbers and changes follow each other without a gap."""
        return list(self.select_for_update().order_by("order"))


class Indicator(models.Model):
    """A success indicator: a sentence of the article, verbatim, and never edited."""

    code = models.CharField(_("code"), max_length=4, unique=True)
    action = models.ForeignKey(Action, models.PROTECT, related_name="indicators")
    order = models.PositiveSmallIntegerField(_("order"), unique=True)
    form = models.CharField(_("form"), max_length=12, choices=Form)
    statement_fr = models.TextField(_("statement (French, verbatim)"), unique=True)
    statement_en = models.TextField(_("statement (English)"))
    locator = models.CharField(_("locator"), max_length=200, blank=True)
    statement = Bilingual()

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("indicator")
        ordering = ["order"]

    def __str__(self) -> str:
        return f"{self.code} · {self.statement}"

    def get_absolute_url(self) -> str:
        return reverse("indicator", args=[self.code])

    def clean(self) -> None:
        stored = type(self).objects.filter(pk=self.pk).values_list("statement_fr", flat=True).first()
        if stored is not None and stored != self.statement_fr:
            raise ValidationError(
                {"statement_fr": _("The statement is the article's own sentence: it is never edited.")}
            )


class DefinitionQuerySet(models.QuerySet):
    def latest_first(self) -> "DefinitionQuerySet":
        return self.order_by("-version")


class Definition(AppendOnly):
    """A versioned, dated reading of an indicator: scope, window and ladder (data), immutable once in force."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="definitions")
    version = models.PositiveSmallIntegerField(_("version"))
    in_force_from = models.DateField(_("in force from"))
    published_at = models.DateTimeField(_("published at"))
    window_months = models.PositiveSmallIntegerField(_("window (months)"), default=24)
    stall_days = models.PositiveSmallIntegerField(_("stall delay (days)"), default=270)
    ladder = models.JSONField(_("ladder"))
    scope_fr = models.TextField(_("scope (French)"))
    scope_en = models.TextField(_("scope (English)"))
    inclusions_fr = models.TextField(_("inclusions (French)"), blank=True)
    inclusions_en = models.TextField(_("inclusions (English)"), blank=True)
    exclusions_fr = models.TextField(_("exclusions (French)"), blank=True)
    exclusions_en = models.TextField(_("exclusions (English)"), blank=True)
    against_fr = models.TextField(_("what counts against (French)"), blank=True)
    against_en = models.TextField(_("what counts against (English)"), blank=True)
    change_note_fr = models.TextField(_("change note (French)"), blank=True)
    change_note_en = models.TextField(_("change note (English)"), blank=True)
    scope, inclusions, exclusions = Bilingual(), Bilingual(), Bilingual()
    against, change_note = Bilingual(), Bilingual()

    objects = DefinitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("definition")
        ordering = ["indicator__order", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "version"],
                name="one_definition_per_version",
                violation_error_message=_("This indicator already has a definition with this version."),
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1) & Q(window_months__gte=1) & Q(stall_days__gte=1),
                name="definition_numbers_positive",
                violation_error_message=_("Version, window and stall delay start at 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} v{self.version}"
