"""What rules propose and what people decide: match rules, candidates, decisions."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from indicators.models import AppendOnly, Evidence, Indicator
from indicators.models.choices import Stance
from indicators.models.text import Bilingual
from tracker.models.document import Document

REGISTRY = "registry"  # stands where the code of an indicator would, in what a rule proposes


class MatchRuleQuerySet(models.QuerySet):
    def active(self, now: datetime) -> "MatchRuleQuerySet":
        """At work, and not muted; a gate or a guard is never muted, since rules would fall with it."""
        heard = ~Q(role="rule") | Q(muted_until=None) | Q(muted_until__lte=now)
        return self.filter(heard, state="active")

    def resting(self, now: datetime) -> "MatchRuleQuerySet":
        """Rules that would propose if they were not muted or suspended."""
        return self.filter(Q(state="suspended") | Q(state="active", muted_until__gt=now), role="rule")

    def with_precision(self) -> "MatchRuleQuerySet":
        """Each with how many of the candidates that it proposed stand `accepted`, and how many `rejected`."""
        decided = {
            name: Count("candidates", filter=Q(candidates__state=name)) for name in ("accepted", "rejected")
        }
        return self.annotate(**decided)


class MatchRule(models.Model):
    """What to look for, as data; a shared gate or guard list is a row too."""

    class Role(models.TextChoices):
        RULE = "rule", _("rule")
        GATE = "gate", _("gate")
        GUARD = "guard", _("guard")

    class Target(models.TextChoices):
        INDICATORS = "indicators", _("its indicators")
        REGISTRY = REGISTRY, _("the registry of deals")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        RETIRED = "retired", _("retired")

    slug = models.SlugField(_("slug"), max_length=60)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    role = models.CharField(_("role"), max_length=5, choices=Role, default=Role.RULE)
    title_fr = models.CharField(_("title (French)"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200)
    indicators = models.ManyToManyField(Indicator, related_name="+", blank=True, verbose_name=_("indicators"))
    target = models.CharField(
        _("what it proposes for"), max_length=10, choices=Target, default=Target.INDICATORS
    )
    stance = models.CharField(_("stance suggested"), max_length=12, choices=Stance, default=Stance.SUPPORTS)
    rung = models.PositiveSmallIntegerField(_("rung suggested"), null=True, blank=True)
    kinds = models.JSONField(_("kinds of documents"), default=list, blank=True)
    definition = models.JSONField(_("what to look for"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ACTIVE)
    trial_until = models.DateTimeField(_("on trial until"), null=True, blank=True, editable=False)
    suspension = models.JSONField(_("why it is suspended"), default=dict, blank=True, editable=False)
    muted_until = models.DateTimeField(_("muted until"), null=True, blank=True)
    muted_because = models.CharField(_("why it is muted"), max_length=300, blank=True)
    title = Bilingual()

    objects = MatchRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("match rule")
        verbose_name_plural = _("match rules")
        ordering = ["slug", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "version"],
                name="one_rule_per_version",
                violation_error_message=_("This rule already has this version."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} v{self.version}"

    def as_row(self) -> dict[str, object]:
        """The rule as matching reads it; gates and guards have no indicators, what looks for deals has the registry."""
        row = {
            name: getattr(self, name)
            for name in ("slug", "version", "role", "stance", "rung", "kinds", "definition")
        }
        if self.target == self.Target.REGISTRY:
            return row | {"indicators": [REGISTRY]}
        return row | {"indicators": [indicator.code for indicator in self.indicators.all()]}

    def stands_on(self) -> set[str]:
        """The gates and guards that it names."""
        return {slug for part in ("gates", "guards", "vetoes") for slug in self.definition.get(part, ())}

    def is_muted(self, now: datetime) -> bool:
        return self.state == self.State.ACTIVE and self.muted_until is not None and self.muted_until > now

    def suspended_because(self) -> str:
        """Why and when it was suspended, as a sentence; empty where it is not."""
        if not self.suspension:
            return ""
        at = date_format(localtime(datetime.fromisoformat(self.suspension["at"])), "DATETIME_FORMAT")
        why = _(
            "On %(at)s it had proposed %(documents)d of the %(read)d documents read since its activation."
        )
        if not self.suspension.get("on_trial", True):
            why = _("On %(at)s it had proposed %(documents)d of the %(read)d documents read within a day.")
        return str(why) % (self.suspension | {"at": at})


class CandidateQuerySet(models.QuerySet):
    def of_a_burst(self, rule: MatchRule, since: datetime) -> "CandidateQuerySet":
        """What this rule alone has proposed since then, and nobody has touched."""
        shared = Candidate.rules.through.objects.exclude(matchrule=rule).values("candidate")
        return self.filter(rules=rule, state=Candidate.State.NEW, created_at__gte=since).exclude(
            pk__in=shared
        )

    def waiting(self, now: datetime) -> "CandidateQuerySet":
        """What moderators still have to decide, most consequential first, then most likely to matter.

        What a suspended rule proposed by the dozen is left out: below zero in priority, found under its rule.
        """
        undecided = self.filter(state__in=[*Candidate.OPEN, Candidate.State.PROPOSED], priority__gte=0)
        return undecided.exclude(state=Candidate.State.SNOOZED, snoozed_until__gt=now)


class Candidate(models.Model):
    """A document proposed for one indicator, awaiting a person's decision; for none where its sender named none."""

    class State(models.TextChoices):
        NEW = "new", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        SNOOZED = "snoozed", _("snoozed")
        MERGED = "merged", _("merged")
        REOPENED = "reopened", _("reopened")
        PROPOSED = "proposed", _("awaits a second moderator")

    class Consequence(models.IntegerChoices):
        """What accepting it would do at most; see tracker/consequences.py. What looks like spam or a wave comes last."""

        HELD = -1, _("held: spam, or a wave?")
        NOTHING = 0, _("moves nothing by itself")
        CLAIMS = 1, _("bears on a status")
        MOVES = 2, _("moves a status")
        DECIDES = 3, _("reaches or leaves “Reached”")
        DUE = 4, _("an answer is due")
        LATE = 5, _("an answer is late")

    OPEN = (State.NEW, State.SNOOZED, State.REOPENED)
    DECIDED = (State.ACCEPTED, State.REJECTED, State.MERGED)

    document = models.ForeignKey(Document, models.PROTECT, related_name="candidates")
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("indicator")
    )
    stance = models.CharField(_("stance suggested"), max_length=12, choices=Stance)
    rung = models.PositiveSmallIntegerField(_("rung suggested"), null=True, blank=True)
    reasons = models.JSONField(_("reasons"), default=list)
    follows = models.ForeignKey(
        Evidence,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("follows the call of"),
    )
    rules = models.ManyToManyField(MatchRule, related_name="candidates", blank=True)
    priority = models.SmallIntegerField(_("priority"), default=0)
    consequence = models.SmallIntegerField(_("consequence"), choices=Consequence, default=Consequence.NOTHING)
    likelihood = models.FloatField(_("likely to matter"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW, db_index=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True
    )
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, related_name="merged", null=True, blank=True)
    created_at = models.DateTimeField(_("proposed at"))

    objects = CandidateQuerySet.as_manager()

    class Meta:
        verbose_name = _("candidate")
        ordering = ["-consequence", F("likelihood").desc(nulls_last=True), "-priority", "pk"]
        indexes = [
            models.Index(
                fields=["-consequence", "-likelihood", "-priority", "id"], name="candidates_in_their_order"
            ),
            models.Index(  # all that the filters of the queue count, without the rows
                fields=[
                    "state",
                    "priority",
                    "document",
                    "indicator",
                    "consequence",
                    "created_at",
                    "snoozed_until",
                ],
                name="candidates_counted",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "indicator"], name="one_candidate_per_document_and_indicator"
            ),
            models.UniqueConstraint(
                fields=["document"], condition=Q(indicator=None), name="one_candidate_without_indicator"
            ),
            models.CheckConstraint(
                condition=~Q(state="snoozed") | Q(snoozed_until__isnull=False),
                name="a_snooze_ends",
                violation_error_message=_("A snoozed candidate needs a date."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_code} · {self.document}"

    @property
    def is_for_registry(self) -> bool:
        """Whether a rule proposed it for the registry of deals; what a person sent says so by its kind."""
        return self.indicator is None and getattr(self.document, "contribution", None) is None

    @property
    def indicator_code(self) -> str:
        """1a; “registry of deals”; or “I don’t know”, as who sent it said."""
        if self.indicator:
            return self.indicator.code
        sent = getattr(self.document, "contribution", None)
        for_registry = sent is None or sent.kind == "deal" or sent.corrects_id
        return _("registry of deals") if for_registry else _("I don’t know")

    def get_absolute_url(self) -> str:
        return reverse("admin:tracker_candidate_change", args=[self.pk])

    def last_decision(self) -> "Decision | None":
        return self.decisions.select_related("by").order_by("-step").first()

    def holder(self, now: datetime) -> AbstractBaseUser | None:
        """Who is on it at that moment."""
        return self.claimed_by if self.claimed_until and self.claimed_until > now else None


class DecisionQuerySet(models.QuerySet):
    def published_by(self, moderator: AbstractBaseUser, *, since: datetime) -> "DecisionQuerySet":
        """What this moderator has published after that moment, as evidence or as one more source of it."""
        return self.filter(by=moderator, evidence__isnull=False, decided_at__gt=since)


class Decision(AppendOnly):
    """Who decided what about a candidate, when and why; append-only, one per change of its state."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        SNOOZED = "snoozed", _("snoozed")
        MERGED = "merged", _("merged")
        REOPENED = "reopened", _("reopened")
        PROPOSED = "proposed", _("proposed to a second moderator")

    class Reason(models.TextChoices):
        OFF_TOPIC = "off_topic", _("off topic")
        OUT_OF_SCOPE = "out_of_scope", _("out of scope")
        WEAK_SOURCE = "weak_source", _("insufficient source")
        INTERESTED_SOURCE = "interested_source", _("single interested source")
        DUPLICATE = "duplicate", _("duplicate")
        UNVERIFIABLE = "unverifiable", _("not verifiable")
        QUOTE_NOT_FOUND = "quote_not_found", _("quote not found")
        TOO_OLD = "too_old", _("too old")
        OPINION = "opinion", _("opinion without fact")
        PERSONAL = "personal", _("personal data")
        ILLEGAL = "illegal", _("illegal")
        SPAM = "spam", _("spam")
        OTHER = "other", _("other (say which)")

    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="decisions")
    step = models.PositiveSmallIntegerField(_("step"))
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    reason_text = models.TextField(_("reason in words"), blank=True)
    conflict_of_interest = models.TextField(_("conflict of interest declared"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    decided_at = models.DateTimeField(_("decided at"))
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+", null=True, blank=True)
    act = models.JSONField(_("what it does to the record"), default=dict, blank=True)
    seconds = models.PositiveIntegerField(_("seconds since it was opened"), null=True, blank=True)
    previous_hash = models.CharField(_("hash of the previous decision"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64, unique=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        ordering = ["-decided_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "step"],
                name="one_decision_per_step",
                violation_error_message=_("Somebody else has just decided this candidate."),
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["accepted", "merged"]) | Q(evidence__isnull=True),
                name="evidence_only_when_accepted_or_merged",
                violation_error_message=_("Only what is accepted or merged becomes evidence."),
            ),
            models.CheckConstraint(
                condition=~Q(verdict="rejected") | ~Q(reason=""),
                name="a_rejection_has_a_reason",
                violation_error_message=_("A rejection needs a reason."),
            ),
            models.CheckConstraint(
                condition=~Q(reason="other") | ~Q(reason_text=""),
                name="another_reason_is_said",
                violation_error_message=_("Say which other reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} · {self.candidate}"
