"""What the founding articles state, numbered, with notes on its quality."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators.models.action import Publication
from indicators.models.text import Bilingual


class QualityNote(models.Model):
    """A doubt or ambiguity of a founding article, said in public."""

    number = models.CharField(_("number"), max_length=5, unique=True)
    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="quality_notes", null=True, blank=True
    )
    note_fr = models.TextField(_("note (French)"))
    note_en = models.TextField(_("note (English)"))
    note = Bilingual()

    class Meta:
        verbose_name = _("quality note")
        verbose_name_plural = _("quality notes")
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number


class FactQuerySet(models.QuerySet):
    def shown(self) -> "FactQuerySet":
        return self.filter(shown=True)


class Fact(models.Model):
    """One statement of a founding article, quoted verbatim."""

    number = models.CharField(_("number"), max_length=5, unique=True)
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="facts")
    kind = models.CharField(_("kind"), max_length=20)
    verbatim_fr = models.TextField(_("verbatim (French)"))
    structured_fr = models.TextField(_("reading (French)"), blank=True)
    structured_en = models.TextField(_("reading (English)"), blank=True)
    value = models.CharField(_("value"), max_length=120, blank=True)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    issuer = models.CharField(_("issuer"), max_length=120, blank=True)
    stated_on = models.CharField(_("date stated"), max_length=60, blank=True)
    shown = models.BooleanField(_("shown"), default=True)
    notes = models.ManyToManyField(QualityNote, related_name="facts", blank=True)
    structured = Bilingual()

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact")
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number


class Figure(models.Model):
    """A figure, an exposure row or a warning that the articles give, with the fact it rests on."""

    class Kind(models.TextChoices):
        FIGURE = "figure", _("figure")
        EXPOSURE = "exposure", _("exposure")
        WARNING = "warning", _("warning")

    number = models.CharField(_("number"), max_length=5, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    subject_fr = models.CharField(_("subject (French)"), max_length=200)
    subject_en = models.CharField(_("subject (English)"), max_length=200, blank=True)
    value_fr = models.CharField(_("value (French)"), max_length=200)
    value_en = models.CharField(_("value (English)"), max_length=200, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    fact = models.ForeignKey(Fact, models.PROTECT, related_name="figures", null=True, blank=True)
    notes = models.ManyToManyField(QualityNote, related_name="figures", blank=True)
    subject, value = Bilingual(), Bilingual()

    class Meta:
        verbose_name = _("figure")
        ordering = ["kind", "number"]

    def __str__(self) -> str:
        return f"{self.subject} : {self.value}"
