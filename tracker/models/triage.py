"""What was learned from the moderators' decisions about which candidates matter."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TriageModelQuerySet(models.QuerySet):
    def current(self) -> "TriageModel | None":
        """The newest one, whether the queue follows it or not."""
        return self.order_by("-pk").first()


class TriageModel(models.Model):
    """One round of learning: the weights of what a person can read, and how right they were on newer decisions.

    `precision` is the share of accepted candidates among the `top` of the `tested` newest decisions that weights
    learned from the older ones put first; `base_rate` is their share among all the tested.
    """

    trained_at = models.DateTimeField(_("learned at"))
    decisions = models.PositiveIntegerField(_("decisions"))
    accepted = models.PositiveIntegerField(_("of which accepted"))
    tested = models.PositiveIntegerField(_("newest decisions it was tried on"), default=0)
    top = models.PositiveIntegerField(_("of which put first"), default=0)
    precision = models.FloatField(_("share accepted among the first"), null=True, blank=True)
    base_rate = models.FloatField(_("share accepted among all"), null=True, blank=True)
    weights = models.JSONField(_("weights"), default=dict, blank=True)
    followed = models.BooleanField(_("followed by the queue"), default=False)

    objects = TriageModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("model of the queue")
        verbose_name_plural = _("models of the queue")
        constraints = [
            models.CheckConstraint(
                condition=Q(followed=False) | Q(precision__gt=models.F("base_rate")),
                name="a_followed_model_is_better_than_chance",
                violation_error_message=_("A model that is no better than chance is not followed."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trained_at:%Y-%m-%d}"
