"""How near copies of a proposed document are found again."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from tracker.models.document import Document


class StoryMarkQuerySet(models.QuerySet):
    def sharing(self, keys: Iterable[int], *, at_least: int, most: int) -> list[int]:
        """The documents with at least so many of these keys, those with most first and, among equals, the first seen."""
        rows = self.filter(key__in=keys).values("document").annotate(shared=Count("pk"))
        nearest = rows.filter(shared__gte=at_least).order_by("-shared", "document")[:most]
        return [row["document"] for row in nearest]


class StoryMark(models.Model):
    """One of the few hashes by which a document that matched a rule meets its near copies; kept for weeks."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="marks")
    key = models.BigIntegerField(_("hash"), db_index=True)

    objects = StoryMarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("mark of a story")
        verbose_name_plural = _("marks of stories")

    def __str__(self) -> str:
        return f"{self.key:x}"
