"""The ledger: every public change in the order in which it was made, each entry bound to those before it."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.models.append_only import AppendOnly
from indicators.rules import chain


class LedgerEntry(AppendOnly):
    """One public change: what a row of the public record said from then on, chained by its hash to all before it."""

    class Kind(models.TextChoices):
        ENTERED = "entered", _("entry of what was public before")
        PUBLISHED = "published", _("publication")
        CORRECTED = "corrected", _("correction")
        RETRACTED = "retracted", _("retraction")
        OBSERVED = "observed", _("observation")
        MOVED = "moved", _("change of status")
        LINKED = "linked", _("change of a link")
        EDITED = "edited", _("edit of a text")
        KEY = "key", _("announcement of a key")

    number = models.PositiveIntegerField(_("number"), primary_key=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    kind = models.CharField(_("what happened"), max_length=9, choices=Kind)
    subject = models.CharField(_("to what"), max_length=200, db_index=True)
    body = models.TextField(_("canonical JSON"))
    previous_hash = models.CharField(_("hash of the previous entry"), max_length=64, unique=True)
    hash = models.CharField(_("hash"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["number"]
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="ledger_from_one")]

    def __str__(self) -> str:
        return f"{self.number} · {self.get_kind_display()} · {self.subject}"

    def follow(self, previous: "LedgerEntry | None") -> None:
        """Take the place after `previous`, or the first one."""
        self.number = previous.number + 1 if previous else 1
        self.previous_hash = previous.hash if previous else chain.BEFORE_THE_FIRST
        self.hash = chain.chain_hash(self.previous_hash, chain.leaf_hash(self.body, **self._told()))

    def line(self) -> str:
        """The entry as it is published, in canonical JSON."""
        return chain.entry_line(self.body, **self._told(), previous_hash=self.previous_hash, hash=self.hash)

    def _told(self) -> dict[str, int | str]:
        at = chain.moment(self.recorded_at)
        return {"number": self.number, "recorded_at": at, "kind": self.kind, "subject": self.subject}


class CheckpointQuerySet(models.QuerySet):
    def due(self, *, size: int, now: datetime) -> bool:
        """Nothing was signed today, or so much was entered since that nobody should wait for tomorrow."""
        last = self.order_by("-pk").first()
        if last is None or timezone.localdate(last.signed_at) < timezone.localdate(now):
            return True
        return size - last.size >= self.model.ENTRIES_AT_MOST


class Checkpoint(AppendOnly):
    """Our signature under the ledger as it stood: whoever keeps it finds whatever is changed of it afterwards."""

    ENTRIES_AT_MOST = 500  # between two checkpoints

    size = models.PositiveIntegerField(_("number of entries"))
    hash = models.CharField(_("hash of the last entry"), max_length=64)
    signed_at = models.DateTimeField(_("signed at"))
    public_key = models.CharField(_("public key"), max_length=64)
    signature = models.CharField(_("signature"), max_length=128)

    objects = CheckpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("checkpoint")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.size} · {self.hash}"

    def unsigned(self) -> str:
        """What is signed."""
        return chain.canonical(self._told())

    def line(self) -> str:
        """The checkpoint as it is published, in canonical JSON."""
        return chain.canonical(self._told() | {"signature": self.signature})

    def _told(self) -> dict[str, int | str]:
        at = chain.moment(self.signed_at)
        return {"size": self.size, "hash": self.hash, "signed_at": at, "public_key": self.public_key}
