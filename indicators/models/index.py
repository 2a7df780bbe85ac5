"""The index: dated, frozen computations of technological freedom."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indicators.models.deal import Actor


class Edition(models.Model):
    """One immutable computation: cut-off, data set, methodology, code, seed and results, by their hashes."""

    slug = models.SlugField(_("slug"), unique=True)
    cut_off_on = models.DateField(_("cut-off"))
    methodology = models.CharField(_("methodology"), max_length=20)
    code_version = models.CharField(_("code version"), max_length=40)
    seed = models.PositiveIntegerField(_("seed"))
    dataset_sha256 = models.CharField(_("hash of the data set"), max_length=64)
    results_sha256 = models.CharField(_("hash of the results"), max_length=64)
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        verbose_name = _("edition")
        ordering = ["-cut_off_on"]

    def __str__(self) -> str:
        return self.slug


class Score(models.Model):
    """One actor's interval in an edition: 0 to 100, 100 is freest."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="scores")
    actor = models.ForeignKey(Actor, models.PROTECT, related_name="scores")
    part = models.CharField(_("index, dimension or indicator"), max_length=60)
    lo = models.DecimalField(_("at least"), max_digits=9, decimal_places=6, null=True)
    hi = models.DecimalField(_("at most"), max_digits=9, decimal_places=6, null=True)
    coverage = models.DecimalField(_("coverage"), max_digits=7, decimal_places=6, null=True)
    publication_status = models.CharField(_("publication status"), max_length=12)

    class Meta:
        verbose_name = _("score")
        constraints = [
            models.UniqueConstraint(fields=["edition", "actor", "part"], name="one_score_per_part"),
            models.CheckConstraint(
                condition=Q(lo__isnull=True) | (Q(lo__gte=0) & Q(hi__lte=100) & Q(lo__lte=F("hi"))),
                name="score_interval_0_to_100",
                violation_error_message=_("A score is an interval within 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} [{self.lo}, {self.hi}]"
