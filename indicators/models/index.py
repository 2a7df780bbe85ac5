"""The index: dated, frozen computations of technological freedom, and the answers that they rest on."""

from collections.abc import Iterator

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indicators.models.action import Publication
from indicators.models.append_only import AppendOnly
from indicators.models.deal import Actor

EDITION = r"[0-9]{4}-(?:0[1-9]|1[0-2])(?:\.[1-9][0-9]?)?"


class AnswerQuerySet(models.QuerySet):
    def standing(self) -> "Iterator[Answer]":
        """The last answer to each question about each actor."""
        last = {(row.actor_id, row.question): row for row in self.order_by("recorded_at", "pk")}
        return iter(last.values())


class Answer(AppendOnly):
    """What was found when a question of a checklist was asked of an actor; a later answer takes its place.

    “No” means: a source says so, or somebody searched where the protocol says and found nothing. Whoever did not
    search answers “unknown”.
    """

    class Found(models.TextChoices):
        YES = "yes", _("yes")
        PARTIAL = "partial", _("partly")
        NO = "no", _("no")
        UNKNOWN = "unknown", _("unknown")
        NA = "na", _("does not apply")

    slug = models.CharField(_("slug"), max_length=190, unique=True)
    actor = models.ForeignKey(Actor, models.PROTECT, related_name="answers")
    question = models.CharField(_("question"), max_length=120)
    found = models.CharField(_("answer"), max_length=7, choices=Found)
    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="answers", null=True, blank=True
    )
    quote = models.CharField(_("quote"), max_length=300, blank=True)
    locator = models.CharField(_("locator"), max_length=60, blank=True)
    searched_on = models.DateField(_("searched on"), null=True, blank=True)
    searched_in = models.CharField(_("where it was searched"), max_length=300, blank=True)
    searched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer to a question")
        ordering = ["actor", "question", "recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(found="unknown")
                | (Q(publication__isnull=False) & ~Q(quote=""))
                | (Q(found__in=["no", "na"]) & Q(searched_on__isnull=False) & ~Q(searched_in="")),
                name="an_answer_is_quoted_or_searched",
                violation_error_message=_(
                    "An answer needs its quote; “no” needs at least when and where it was searched."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} · {self.question} · {self.get_found_display()}"


class Edition(AppendOnly):
    """One immutable computation: cut-off, data set, methodology, code, seed and results, by their hashes.

    A correction is another edition, 2026-12.1 after 2026-12, with its reason; the one it corrects stays.
    """

    slug = models.CharField(
        _("slug"), max_length=12, unique=True, validators=[RegexValidator(f"^{EDITION}$")]
    )
    cut_off_on = models.DateField(_("cut-off"))
    methodology = models.CharField(_("methodology"), max_length=20)
    methodology_sha256 = models.CharField(_("hash of the methodology"), max_length=64)
    code_version = models.CharField(_("code version"), max_length=40)
    seed = models.PositiveIntegerField(_("seed"))
    dataset_sha256 = models.CharField(_("hash of the data set"), max_length=64)
    results_sha256 = models.CharField(_("hash of the results"), max_length=64)
    corrects = models.ForeignKey("self", models.PROTECT, related_name="corrections", null=True, blank=True)
    reason = models.TextField(_("reason of the correction"), blank=True)
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        verbose_name = _("edition")
        ordering = ["-cut_off_on", "-published_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | ~Q(reason=""),
                name="a_corrected_edition_says_why",
                violation_error_message=_("A correction says why."),
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class EditionFile(AppendOnly):
    """One file of an edition, byte for byte as everybody downloads it: its sha256 stands in the edition."""

    class Name(models.TextChoices):
        DATASET = "dataset.json"
        METHODOLOGY = "methodology.json"
        RESULTS = "results.json"

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="files")
    name = models.CharField(_("file"), max_length=20, choices=Name)
    sha256 = models.CharField(_("hash"), max_length=64)
    content = models.TextField(_("content"))

    class Meta:
        verbose_name = _("file of an edition")
        verbose_name_plural = _("files of an edition")
        constraints = [
            models.UniqueConstraint(fields=["edition", "name"], name="one_file_of_a_name_per_edition"),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} · {self.name}"


class Score(AppendOnly):
    """One actor's interval in an edition: 0 to 100, 100 is freest; without bounds where it does not apply."""

    class Reading(models.TextChoices):
        GUARANTEED = "guaranteed", _("guaranteed")
        KNOWN = "known", _("known contracts only")

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="scores")
    actor = models.ForeignKey(Actor, models.PROTECT, related_name="scores")
    reading = models.CharField(_("reading"), max_length=10, choices=Reading, default=Reading.GUARANTEED)
    part = models.CharField(_("index, dimension or indicator"), max_length=60)
    lo = models.DecimalField(_("at least"), max_digits=9, decimal_places=6, null=True)
    hi = models.DecimalField(_("at most"), max_digits=9, decimal_places=6, null=True)
    coverage = models.DecimalField(_("coverage"), max_digits=7, decimal_places=6, null=True)
    publication_status = models.CharField(_("publication status"), max_length=20)

    class Meta:
        verbose_name = _("score")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "actor", "reading", "part"], name="one_score_per_part"
            ),
            models.CheckConstraint(
                condition=Q(lo__isnull=True) | (Q(lo__gte=0) & Q(hi__lte=100) & Q(lo__lte=F("hi"))),
                name="score_interval_0_to_100",
                violation_error_message=_("A score is an interval within 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} [{self.lo}, {self.hi}]"


class Preview(models.Model):
    """What an edition of a large registry would say on a day: computed by a task, kept until another takes its place."""

    rows_sha256 = models.CharField(_("hash of what it is computed from"), max_length=64, unique=True)
    cut_off_on = models.DateField(_("cut-off"))
    files = models.JSONField(_("text of each file"))

    class Meta:
        verbose_name = _("preview of the index")

    def __str__(self) -> str:
        return self.cut_off_on.isoformat()
