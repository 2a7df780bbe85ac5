"""The registry: actors, deals, who pays whom, and every sourced statement about them."""

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from indicators.models.action import Publication
from indicators.models.append_only import AppendOnly
from indicators.models.choices import Confidence
from indicators.models.contract import check_shares, check_term, partial_day
from indicators.models.retirement import ActorQuerySet, Standing, StandingContradictions
from indicators.models.text import Bilingual

IDENTIFIERS = {
    "LEI": re.compile(r"[0-9A-Z]{18}[0-9]{2}"),
    "SIREN": re.compile(r"[0-9]{9}"),
    "CIK": re.compile(r"[0-9]{1,10}"),
    "QID": re.compile(r"Q[1-9][0-9]{0,11}"),
    "OpenCorporates": re.compile(r"https://opencorporates\.com/companies/[a-z_]{2,6}/[0-9A-Za-z]{1,30}"),
}


def public_identifiers(value: Any) -> None:
    """Each identifier names a public register and has the form that it gives. Raises ValidationError."""
    told = value if isinstance(value, list) else [value]
    for each in told:
        scheme, name = (each.get("scheme"), each.get("id")) if isinstance(each, dict) else (None, None)
        form = IDENTIFIERS.get(scheme) if isinstance(scheme, str) else None
        if form is None or not isinstance(name, str) or not form.fullmatch(name) or len(each) > 2:
            raise ValidationError(
                _("This is no identifier of a public register: %(told)s"), params={"told": str(each)[:100]}
            )


class Actor(models.Model):
    """A company or body; who controls it, and when, stands in its periods of control."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20)
    country = models.CharField(_("country"), max_length=2, blank=True)
    identifiers = models.JSONField(
        _("identifiers"),
        default=list,
        blank=True,
        validators=[public_identifiers],
        help_text=_('In public registers: [{"scheme": "LEI", "id": "…"}]; also SIREN, CIK, QID.'),
    )
    roles = models.JSONField(_("roles"), default=list, blank=True)
    rated = models.BooleanField(_("assessed by the index"), default=False)
    note_fr = models.TextField(_("note (French)"), blank=True)
    note_en = models.TextField(_("note (English)"), blank=True)
    note = Bilingual()

    objects = ActorQuerySet.as_manager()

    class Meta:
        verbose_name = _("actor")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Deal(models.Model):
    """A financing link between actors, as sources describe it.

    One that was retired keeps its address, which answers why; it is in no list, file or sum any more.
    """

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    title_fr = models.CharField(_("title (French)"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12)
    status = models.CharField(_("status"), max_length=12)
    announced = models.CharField(
        _("announced"),
        max_length=10,
        blank=True,
        validators=[partial_day],
        help_text=_("As precise as the source: 2025, 2025-09 or 2025-09-22."),
    )
    in_totals = models.BooleanField(_("counted in totals"), default=True)
    headline = models.DecimalField(
        _("headline amount"), max_digits=20, decimal_places=0, null=True, blank=True
    )
    whole_amount = models.JSONField(_("amount of the whole"), null=True, blank=True)
    link_evidence = models.CharField(_("how the legs are linked"), max_length=24, blank=True)
    overlaps_with = models.ManyToManyField("self", blank=True)
    counter_reading_fr = models.TextField(_("other way to read it (French)"), blank=True)
    counter_reading_en = models.TextField(_("other way to read it (English)"), blank=True)
    note_fr = models.TextField(_("note (French)"), blank=True)
    note_en = models.TextField(_("note (English)"), blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    retired_reason_fr = models.TextField(_("reason of the retirement (French)"), max_length=1_000, blank=True)
    retired_reason_en = models.TextField(
        _("reason of the retirement (English)"), max_length=1_000, blank=True
    )
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("replaced by")
    )
    title, note, counter_reading, retired_reason = Bilingual(), Bilingual(), Bilingual(), Bilingual()

    objects, every = Standing(), models.Manager()

    class Meta:
        verbose_name = _("deal")
        ordering = ["slug"]
        default_manager_name = "every"  # by which uniqueness is checked: an address is never given twice
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_at=None) | (~Q(retired_reason_fr="") & ~Q(retired_reason_en="")),
                name="a_retired_deal_has_a_reason",
                violation_error_message=_("Say in public why the deal is retired, in French and in English."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("deal", args=[self.slug])

    @property
    def whole(self) -> "LegAmount | None":
        """The amount that a source gives for the deal as a whole, not to be added to those of its legs."""
        told = self.whole_amount
        if told is None:
            return None
        lo, hi = Decimal(told["lo"]), Decimal(told["hi"]) if told["hi"] else None
        return LegAmount(lo=lo, hi=hi, currency=told["currency"] or "", as_stated=told["as_stated"])


class DealParty(models.Model):
    """An actor in a deal, with every role that the source gives it."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="parties")
    actor = models.ForeignKey(Actor, models.PROTECT, related_name="parties")
    roles = models.JSONField(_("roles"), default=list)

    objects, every = Standing("deal__"), models.Manager()

    class Meta:
        verbose_name = _("party")
        default_manager_name = "every"
        constraints = [models.UniqueConstraint(fields=["deal", "actor"], name="one_line_per_party")]

    def __str__(self) -> str:
        return f"{self.actor} · {', '.join(self.roles)}"


class Leg(models.Model):
    """Who pays whom inside a deal: a direction of money, never an arrow of service."""

    class Flow(models.TextChoices):
        FINANCING = "F", _("financing")
        PURCHASE = "P", _("purchase")
        DATA = "D", _("data or other")
        UNKNOWN = "?", _("the source does not say")

    slug = models.CharField(_("slug"), max_length=120, unique=True)
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="legs")
    payer = models.ForeignKey(Actor, models.PROTECT, related_name="paid")
    payee = models.ForeignKey(Actor, models.PROTECT, related_name="received")
    flow = models.CharField(_("flow"), max_length=1, choices=Flow)
    instrument = models.CharField(_("instrument"), max_length=30)
    conditional_on = models.ForeignKey(
        "self", models.PROTECT, related_name="conditions", null=True, blank=True
    )
    cash = models.BooleanField(_("in cash"), default=True)
    contingent = models.BooleanField(_("contingent"), default=False)
    derived = models.BooleanField(_("inferred"), default=False)
    in_graph = models.BooleanField(_("in the graph"), default=True)
    confidence = models.CharField(
        _("confidence"),
        max_length=6,
        choices=Confidence,
        default=Confidence.LOW,
        help_text=_("As it was recorded at first; the sources decide as soon as one of them names this leg."),
    )
    term = models.JSONField(_("term"), default=dict, blank=True)
    physical = models.JSONField(_("physical quantities"), default=dict, blank=True)
    vendors = models.JSONField(_("vendors"), default=list, blank=True)
    readings = models.JSONField(_("other readings"), default=list, blank=True)
    note_fr = models.TextField(_("note (French)"), blank=True)
    note_en = models.TextField(_("note (English)"), blank=True)
    note = Bilingual()

    objects, every = Standing("deal__"), models.Manager()

    class Meta:
        verbose_name = _("leg")
        default_manager_name = "every"
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(payer=F("payee")),
                name="nobody_pays_themselves",
                violation_error_message=_("Payer and payee must differ."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} → {self.payee}"

    def clean(self) -> None:
        check_term(self.term)
        check_shares(self.vendors)


class LegAmount(models.Model):
    """An amount as an interval of currency units at one stage; no upper bound is null, never 0.

    An amended amount is a new row that counts from `since` on; the old one stays.
    """

    class Stage(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        COMMITTED = "committed", _("committed")
        DISBURSED = "disbursed", _("disbursed")

    leg = models.ForeignKey(Leg, models.CASCADE, related_name="amounts")
    stage = models.CharField(_("stage"), max_length=10, choices=Stage)
    since = models.CharField(
        _("counts since"),
        max_length=10,
        blank=True,
        validators=[partial_day],
        help_text=_("Empty for the first amount of a stage; the day of the amendment for the next ones."),
    )
    basis = models.CharField(_("basis"), max_length=12)
    lo = models.DecimalField(_("at least"), max_digits=20, decimal_places=0)
    hi = models.DecimalField(_("at most"), max_digits=20, decimal_places=0, null=True, blank=True)
    nominal = models.DecimalField(_("headline"), max_digits=20, decimal_places=0, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    currency_unstated = models.BooleanField(_("the source names no currency"), default=False)
    as_stated = models.CharField(_("as stated"), max_length=200, blank=True)

    objects, every = Standing("leg__deal__"), models.Manager()

    class Meta:
        verbose_name = _("amount")
        default_manager_name = "every"
        constraints = [
            models.UniqueConstraint(fields=["leg", "stage", "since"], name="one_amount_per_stage_and_day"),
            models.CheckConstraint(
                condition=~Q(currency="") | Q(currency_unstated=True) | Q(basis="undisclosed"),
                name="amount_has_a_currency_or_says_not",
                violation_error_message=_("Give the currency, or say that the source names none."),
            ),
            models.CheckConstraint(
                condition=Q(lo__gte=0) & (Q(hi__isnull=True) | Q(hi__gte=F("lo"))),
                name="amount_interval_in_order",
                violation_error_message=_("An amount runs from its lower to its upper bound."),
            ),
        ]

    def __str__(self) -> str:
        return self.as_stated


class StatementQuerySet(models.QuerySet):
    def standing(self) -> "StatementQuerySet":
        """Those that no other one corrects."""
        return self.filter(superseded_by=None)

    def corrections(self) -> "StatementQuerySet":
        """Those that correct another one, with the public reason."""
        return self.filter(supersedes__isnull=False)


class Statement(AppendOnly):
    """One sourced value with its quote; append-only, a correction is a new statement."""

    class Claim(models.TextChoices):
        REPORTED = "reported", _("reported")
        ANALYSIS = "analysis", _("analysis")
        OPINION = "opinion", _("opinion")

    slug = models.CharField(_("slug"), max_length=120, unique=True)
    deal = models.ForeignKey(Deal, models.PROTECT, related_name="statements", null=True, blank=True)
    leg = models.ForeignKey(Leg, models.PROTECT, related_name="statements", null=True, blank=True)
    actor = models.ForeignKey(Actor, models.PROTECT, related_name="statements", null=True, blank=True)
    field = models.CharField(_("about"), max_length=60, blank=True)
    value = models.CharField(_("value"), max_length=120, blank=True)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    period = models.CharField(_("period"), max_length=60, blank=True)
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="statements")
    quote = models.CharField(_("quote"), max_length=300)
    locator = models.CharField(_("locator"), max_length=60, blank=True)
    claim = models.CharField(_("claim"), max_length=10, choices=Claim)
    supersedes = models.ForeignKey(
        "self", models.PROTECT, related_name="superseded_by", null=True, blank=True
    )
    correction_reason = models.TextField(_("reason of the correction"), max_length=1_000, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), null=True, blank=True)

    objects = Standing.from_queryset(StatementQuerySet)("deal__")
    every = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("statement")
        default_manager_name = "every"
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(correction_reason=""),
                name="a_corrected_statement_has_a_reason",
                violation_error_message=_("A correction needs its public reason."),
            ),
            models.CheckConstraint(
                condition=~Q(quote=""),
                name="statement_has_a_quote",
                violation_error_message=_("A statement needs its quote."),
            ),
        ]

    def __str__(self) -> str:
        return f"« {self.quote} »"


class DealEvent(AppendOnly):
    """Something that happened to a deal, at the date and precision that the source gives."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="events")
    happened = models.CharField(_("date"), max_length=10, blank=True, validators=[partial_day])
    status = models.CharField(_("what happened"), max_length=30)
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="+", null=True, blank=True)

    objects, every = Standing("deal__"), models.Manager()

    class Meta:
        verbose_name = _("event of a deal")
        default_manager_name = "every"
        verbose_name_plural = _("events of a deal")

    def __str__(self) -> str:
        return f"{self.deal} : {self.status}"


class Contradiction(models.Model):
    """Statements that cannot all be read the same way, kept side by side."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        EXPLAINED = "explained", _("explained")
        RESOLVED = "resolved", _("resolved")

    number = models.CharField(_("number"), max_length=5, unique=True)
    deals = models.ManyToManyField(Deal, related_name="contradictions", blank=True)
    about = models.CharField(_("about"), max_length=120)
    what_fr = models.TextField(_("what (French)"))
    what_en = models.TextField(_("what (English)"))
    recorded_fr = models.TextField(_("how it is recorded (French)"))
    recorded_en = models.TextField(_("how it is recorded (English)"))
    statements = models.ManyToManyField(Statement, related_name="contradictions", blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State)
    what, recorded = Bilingual(), Bilingual()

    objects, every = StandingContradictions(), models.Manager()

    class Meta:
        verbose_name = _("contradiction")
        default_manager_name = "every"
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number
