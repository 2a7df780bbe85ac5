"""Mail to be sent: what, about what, and whether it left; never to which address, nor in which words."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.models.candidate import Decision
from tracker.models.person import Contribution, Invitation, Subscription


class MessageQuerySet(models.QuerySet):
    def due(self, now: datetime) -> "MessageQuerySet":
        """To be sent now. Nothing but the question whether it is theirs goes to an address that nobody confirmed."""
        asking, alarm = Q(kind=Message.Kind.CONFIRM), Q(kind__in=[*Message.ALARMS, Message.Kind.DRIFT])
        invited = Q(kind=Message.Kind.INVITED, invitation__sealed_email__gt="")
        heard = Q(contribution__contact__confirmed_at__isnull=False) | Q(
            subscription__confirmed_at__isnull=False
        )
        known = Q(contribution__contact__sealed_email__gt="") | Q(subscription__sealed_email__gt="")
        waiting = self.filter(state=Message.State.WAITING, due_at__lte=now)
        return waiting.filter(alarm | invited | known & (asking | heard)).order_by("due_at", "pk")

    def interrupted(self, now: datetime) -> "MessageQuerySet":
        """Those whose sending began and was never told the end of: whether they left, nobody knows."""
        return self.filter(state=Message.State.SENDING, due_at__lte=now)


class Message(models.Model):
    """One mail, written with the change that it tells of, and sent afterwards, at most once."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("is this address yours?")
        DECIDED = "decided", _("what became of a contribution")
        DIGEST = "digest", _("what changed")
        READ = "read", _("a person has opened a contribution")
        ALARM = "alarm", _("an answer is due")
        LATE = "late", _("an answer is late")
        UNREAD = "unread", _("a request waits to be opened")
        DRIFT = "drift", _("examples and counter-examples are not treated alike")
        INVITED = "invited", _("an actor is asked to answer")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        SET_ASIDE = "set_aside", _("set aside")

    ALARMS = (Kind.ALARM, Kind.LATE, Kind.UNREAD)  # to the team, each once for a contribution

    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    contribution = models.ForeignKey(
        Contribution, models.CASCADE, related_name="messages", null=True, blank=True
    )
    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="messages", null=True, blank=True
    )
    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="messages", null=True, blank=True)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="+", null=True, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=60, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "due_at"], name="messages_by_state_and_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["contribution", "kind"],
                condition=Q(kind__in=["alarm", "late", "unread", "read"]),
                name="one_alarm_per_contribution",
            ),
            models.CheckConstraint(
                condition=Q(kind="drift", contribution=None, subscription=None, invitation=None)
                | Q(contribution__isnull=False, subscription=None, invitation=None)
                | Q(contribution=None, subscription__isnull=False, invitation=None)
                | Q(contribution=None, subscription=None, invitation__isnull=False),
                name="a_message_is_for_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.contribution_id or self.subscription_id or self.invitation_id or self.pk}"
