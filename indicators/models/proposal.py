"""What one editor proposes and another one adopts: definitions, exceptions to the rule, entries of the registry."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.models.action import Definition, Indicator
from indicators.models.status import Override


class Proposal(models.Model):
    """A definition, an exception or an entry of the registry as it is drafted; nothing public until it is adopted."""

    class Kind(models.TextChoices):
        DEFINITION = "definition", _("definition")
        EXCEPTION = "exception", _("exception")
        REGISTRY = "registry", _("entry of the registry")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ADOPTED = "adopted", _("adopted")
        DROPPED = "dropped", _("dropped")

    kind = models.CharField(_("what is proposed"), max_length=10, choices=Kind)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="proposals", null=True, blank=True)
    content = models.JSONField(_("content"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    entered_at_once = models.BooleanField(
        _("entered at once"),
        default=False,
        help_text=_("What a moderator handed over was entered by one editor, since it moves no totals."),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("proposal")
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "kind"],
                condition=Q(state="open"),
                name="one_open_proposal_of_a_kind",
                violation_error_message=_("Such a proposal is open already for this indicator."),
            ),
            models.CheckConstraint(
                condition=Q(indicator=None, kind="registry")
                | (Q(indicator__isnull=False) & ~Q(kind="registry")),
                name="a_proposal_is_of_an_indicator_or_the_registry",
            ),
            models.CheckConstraint(
                condition=~Q(state="adopted")
                | Q(decided_by__isnull=False, entered_at_once=True, kind="registry")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="a_proposal_is_adopted_by_someone_else",
                violation_error_message=_("A proposal is adopted by somebody else than who wrote it."),
            ),
        ]

    def __str__(self) -> str:
        about = self.indicator.code if self.indicator else self.content.get("title") or self.pk
        return f"{about} · {self.get_kind_display()}"

    @property
    def digest(self) -> str:
        """What a reader of the proposal has read, so that nobody adopts what was rewritten meanwhile."""
        text = json.dumps(self.content, sort_keys=True)
        return hashlib.sha256(f"{self.proposed_by_id} {text}".encode()).hexdigest()

    @property
    def deal_slug(self) -> str:
        """The deal that an entry of the registry is about; empty while nobody said so."""
        entry, draft = self.content.get("entry", {}), self.content.get("draft", {})
        return entry.get("deal") or entry.get("slug") or draft.get("deal") or ""

    def definition(self, *, on: date, now: datetime) -> Definition:
        """The definition that would be in force from that day, not saved: the next version of its indicator."""
        last = self.indicator.definitions.latest_first().first()
        fields = {name: self.content[name] for name in DEFINITION_FIELDS if name in self.content}
        version = last.version + 1 if last else 1
        return Definition(
            indicator=self.indicator, version=version, in_force_from=on, published_at=now, **fields
        )

    def exception(self, *, by: Any, now: datetime) -> Override:
        """The exception as it would stand from now on, approved by this editor, not saved."""
        fields = {name: self.content[name] for name in EXCEPTION_FIELDS}
        people = {"set_by": self.proposed_by, "approved_by": by}
        return Override(
            indicator=self.indicator, set_at=now, set_on=timezone.localdate(now), **people, **fields
        )


DEFINITION_FIELDS = (
    "window_months",
    "stall_days",
    "ladder",
    "scope_fr",
    "scope_en",
    "inclusions_fr",
    "inclusions_en",
    "exclusions_fr",
    "exclusions_en",
    "against_fr",
    "against_en",
    "change_note_fr",
    "change_note_en",
)
EXCEPTION_FIELDS = ("rung", "reason_fr", "reason_en", "days")
