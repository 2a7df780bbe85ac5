"""What is left of the registry without the deals that were retired: the managers that leave these out."""

from django.db import models
from django.db.models import Exists, OuterRef, Q


class Standing(models.Manager):
    """What the registry holds: rows without those of the deals that were retired; `every` of a model has them, too.

    `path` leads from the model to its deal.
    """

    def __init__(self, path: str = "") -> None:
        super().__init__()
        self.path = path

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(**{f"{self.path}retired_at": None})


class StandingContradictions(models.Manager):
    """Those that concern a deal of the registry, or none; without those of which every deal was retired."""

    def get_queryset(self) -> models.QuerySet:
        about = self.model.deals.through._default_manager.filter(contradiction=OuterRef("pk"))
        return super().get_queryset().filter(Exists(about.filter(deal__retired_at=None)) | ~Exists(about))


class ActorQuerySet(models.QuerySet):
    def on_record(self) -> "ActorQuerySet":
        """Those of whom more is told than by deals that were retired, and those who never were in a deal."""
        kept = Q(rated=True)
        for relation in self.model._meta.related_objects:
            told = relation.related_model.objects.filter(**{relation.field.name: OuterRef("pk")})
            kept |= Q(Exists(told))
        parties = self.model._meta.get_field("parties").related_model.every
        return self.filter(kept | ~Exists(parties.filter(actor=OuterRef("pk"))))
