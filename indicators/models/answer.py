"""What others answer to the record: replies of named parties, contested statuses, requests for correction."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from indicators.models.action import Indicator
from indicators.models.deal import Actor
from indicators.models.evidence import Evidence
from indicators.models.text import Bilingual
from indicators.rules import workdays


class ReplyQuerySet(models.QuerySet):
    def standing(self, known_at: datetime | None = None) -> "ReplyQuerySet":
        """Published and not withdrawn, today or at that moment."""
        if known_at is None:
            return self.filter(withdrawn_at=None)
        return self.exclude(withdrawn_at__lte=known_at).filter(published_at__lte=known_at)

    def about(self, *actors: Actor) -> "ReplyQuerySet":
        """Those of the actors, and those beside evidence that names one of them and that no correction replaced."""
        named = Q(evidence__actors__in=actors, evidence__superseded_by=None)
        return self.filter(pk__in=self.filter(Q(actor__in=actors) | named).values("pk"))


class Reply(models.Model):
    """What a named party answers, as it was sent, never edited: beside the evidence, or wherever the actor is named."""

    evidence = models.ForeignKey(
        Evidence, models.PROTECT, related_name="replies", null=True, blank=True, verbose_name=_("evidence")
    )
    actor = models.ForeignKey(
        Actor, models.PROTECT, related_name="replies", null=True, blank=True, verbose_name=_("actor")
    )
    party = models.CharField(_("in the name of"), max_length=200)
    text = models.TextField(_("reply"), max_length=20_000)
    language = models.CharField(_("language"), max_length=5, blank=True)
    received_at = models.DateTimeField(_("received at"))
    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawal_reason = models.TextField(_("reason of the withdrawal"), blank=True)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["received_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(party="") & ~Q(text=""),
                name="a_reply_says_who_and_what",
                violation_error_message=_("A reply says in whose name, and what."),
            ),
            models.CheckConstraint(
                condition=Q(evidence=None) ^ Q(actor=None),
                name="a_reply_answers_one_thing",
                violation_error_message=_("A reply stands beside an evidence, or speaks for an actor."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | ~Q(withdrawal_reason=""),
                name="a_withdrawal_has_a_reason",
                violation_error_message=_("A withdrawal needs its reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} · {self.evidence.number if self.evidence else self.actor}"

    def get_absolute_url(self) -> str:
        """Where it stands: beside its evidence, or on the page of its actor."""
        if self.evidence:
            return self.evidence.get_absolute_url() + "#replies"
        return reverse("actor", args=[self.actor.slug]) + "#replies"


class Contestation(models.Model):
    """A status disputed with reasons that a moderator found serious; while it is open, the status is flagged."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="contestations")
    reason = models.TextField(_("what is disputed"), max_length=5_000)
    opened_at = models.DateTimeField(_("opened at"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    outcome = models.TextField(_("what came of it"), blank=True)

    class Meta:
        verbose_name = _("contestation")
        ordering = ["opened_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | ~Q(outcome=""),
                name="a_closed_contestation_has_an_outcome",
                violation_error_message=_("Say what came of the contestation."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} · {self.opened_at:%Y-%m-%d}"


class CorrectionRequestQuerySet(models.QuerySet):
    def standing(self, known_at: datetime) -> "CorrectionRequestQuerySet":
        """Those of named parties that nobody had decided by then: what they are about is contested."""
        undecided = Q(decided_at=None) | Q(decided_at__gt=known_at)
        return self.filter(undecided, actor__isnull=False, received_at__lte=known_at)

    def decided(self, known_at: datetime) -> "CorrectionRequestQuerySet":
        """Those that were decided by then."""
        return self.filter(decided_at__lte=known_at)


class CorrectionRequest(models.Model):
    """That somebody asked us to correct something: when, what came of it, how long it took; never their words.

    Those of the public stand here once they are decided; those of a party that we invited, from the day they came.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", pgettext_lazy("of a request", "accepted")
        PARTLY = "partly", pgettext_lazy("of a request", "accepted in part")
        REFUSED = "refused", pgettext_lazy("of a request", "refused")
        JOINED = "joined", pgettext_lazy("of a request", "read together with another one")

    # Working days (deals-and-index, section 9): what is public may be wrong, and people rely on it.
    ACKNOWLEDGED_WITHIN, DECIDED_WITHIN = 3, 15

    about = models.CharField(_("about"), max_length=200, help_text=_("evidence/12, statement/…, answer/…"))
    actor = models.ForeignKey(
        Actor,
        models.PROTECT,
        related_name="correction_requests",
        null=True,
        blank=True,
        verbose_name=_("actor"),
    )
    received_at = models.DateTimeField(_("received at"))
    due_at = models.DateTimeField(_("to be answered by"))
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    outcome = models.CharField(_("what came of it"), max_length=8, choices=Outcome, blank=True)
    reason_fr = models.TextField(_("reason (French)"), blank=True)
    reason_en = models.TextField(_("reason (English)"), blank=True)
    reason = Bilingual()

    objects = CorrectionRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for correction")
        verbose_name_plural = _("requests for correction")
        ordering = ["received_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, outcome="") | (Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="a_decided_request_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about} · {self.received_at:%Y-%m-%d}"

    @property
    def days(self) -> int | None:
        """In how many working days it was decided."""
        return self._since(self.decided_at)

    @property
    def days_to_read(self) -> int | None:
        """After how many working days a person had opened it."""
        return self._since(self.acknowledged_at)

    @property
    def late(self) -> bool:
        """Whether it was decided after its time."""
        return self.decided_at is not None and self.decided_at > self.due_at

    def _since(self, moment: datetime | None) -> int | None:
        if moment is None:
            return None
        return workdays.since(timezone.localdate(self.received_at), timezone.localdate(moment))
