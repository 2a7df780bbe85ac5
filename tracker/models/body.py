"""What servers answered, byte for byte, kept for a while."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from tracker.models.source import Source


class BodyQuerySet(models.QuerySet):
    def since(self, moment: datetime) -> "BodyQuerySet":
        """What was read then or later, the newest first, as `replay` reads it again."""
        return self.filter(read_at__gte=moment).order_by("-read_at", "-pk")


class Body(models.Model):
    """One answer of a source, and what reading it again takes; its bytes are in a file named by their hash.

    Never shown and never exported: a body holds what watchers leave out, contact persons among it.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="bodies")
    sha256 = models.CharField(_("hash of the body"), max_length=64, db_index=True)
    format = models.CharField(_("format"), max_length=20)
    url = models.TextField(_("address"), blank=True)
    content_type = models.CharField(_("content type"), max_length=200, blank=True)
    request = models.JSONField(_("request"), null=True, blank=True)
    bytes_kept = models.PositiveIntegerField(_("bytes, compressed"))
    read_at = models.DateTimeField(_("read"), db_index=True)

    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept body")
        verbose_name_plural = _("kept bodies")
        constraints = [
            models.UniqueConstraint(fields=["source", "sha256"], name="one_body_per_source_and_hash")
        ]

    def __str__(self) -> str:
        return f"{self.source} · {self.sha256[:12]}"
