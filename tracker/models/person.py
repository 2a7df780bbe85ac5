"""The people on the other side: contributions and subscriptions; every personal field has a retention rule."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext_lazy as _

from indicators.models import Actor, CorrectionRequest, Deal, Evidence, Indicator, Statement
from indicators.rules import workdays
from tracker.models.candidate import Candidate
from tracker.models.document import Document
from tracker.models.flood import Wave


class Clock(NamedTuple):
    """How many days an answer may take, and how long before its end somebody is told that it is still due.

    `working`: only working days count, and the last one counts whole. `acknowledged`: by the end of how many a person
    must have opened it.
    """

    days: int
    alarm: timedelta
    working: bool = False
    acknowledged: int = 0

    def due(self, received_at: datetime) -> datetime:
        """By when the answer must stand."""
        return end_of(received_at, self.days) if self.working else received_at + timedelta(days=self.days)


def end_of(moment: datetime, days: int) -> datetime:
    """The end of the day that comes so many working days later."""
    return make_aware(datetime.combine(workdays.after(localdate(moment), days), time.max))


class ContributionQuerySet(models.QuerySet):
    def waiting(self) -> "ContributionQuerySet":
        """Those that nobody has decided, or not enough."""
        undecided = [*Candidate.OPEN, Candidate.State.PROPOSED]
        return self.filter(document__candidates__state__in=undecided)

    def suspect(self) -> "ContributionQuerySet":
        """Those that are held, or part of a wave."""
        return self.filter(Q(held=True) | Q(wave__isnull=False))

    def alarming(self, now: datetime) -> "ContributionQuerySet":
        """Undecided, and near the end of their time or past it; the first one due first."""
        late = Q()
        for kind, clock in Contribution.CLOCKS.items():
            late |= Q(kind=kind, due_at__lte=now + clock.alarm)
        return self.waiting().filter(late | _unread(now)).order_by("due_at", "pk")

    def overdue(self, now: datetime) -> "ContributionQuerySet":
        """Undecided, and past the end of their time."""
        return self.waiting().filter(due_at__lte=now)


def _unread(now: datetime) -> Q:
    unread = Q()
    for kind, clock in Contribution.CLOCKS.items():
        if clock.acknowledged:
            last = workdays.latest_start(localdate(now), clock.acknowledged)
            received = make_aware(datetime.combine(last + workdays.DAY, time.min))
            unread |= Q(kind=kind, acknowledged_at=None, received_at__lt=received)
    return unread


class Contribution(models.Model):
    """What a person sent about a document: what they claim, in their words; who they are stands in `Contact`."""

    class Kind(models.TextChoices):
        EXAMPLE = "example", _("example")
        COUNTER_EXAMPLE = "counter_example", _("counter-example")
        CORRECTION = "correction", _("correction")
        CONTESTATION = "contestation", _("contestation")
        DEAL = "deal", _("deal")
        REPLY = "reply", _("reply of a named party")
        SOURCE = "source", _("source to watch")

    class Mark(models.TextChoices):
        """What a moderator should beware of, as found in a field, in how it was sent, or about whom."""

        BIDI = "bidi", _("text that is turned round")
        INVISIBLE = "invisible", _("characters that cannot be seen")
        HOMOGLYPH = "homoglyph", _("letters that look like others")
        TRAP = "trap", _("filled in a field that people do not see")
        FAST = "fast", _("sent within seconds")
        NO_TIME = "no_time", _("sent without opening the form")
        NO_PROOF = "no_proof", _("no proof of work while very much came in")
        UNJUDGED = "unjudged", _("could not be judged")
        MARKUP = "markup", _("links written as code")
        MANY_LINKS = "many_links", _("many links")
        GAMBLING = "gambling", _("gambling, drugs")
        MONEY = "money", _("easy money, credit")
        PROMOTION = "promotion", _("sales talk")
        RANKING = "ranking", _("offers of ranking, reviews, followers")
        SCRIPTS = "scripts", _("several alphabets side by side")
        GIBBERISH = "gibberish", _("no words, or one word again and again")
        SHOUTING = "shouting", _("shouting")
        FROZEN = "frozen", _("the indicator is frozen")
        PERSONAL = "personal", _("personal data?")

    # A named party may have its reply beside what it answers within three days, whatever days they are.
    _FOUND_WRONG = Clock(
        days=CorrectionRequest.DECIDED_WITHIN,
        alarm=timedelta(days=5),
        working=True,
        acknowledged=CorrectionRequest.ACKNOWLEDGED_WITHIN,
    )
    _FOUND = Clock(days=30, alarm=timedelta(days=10))
    CLOCKS = {
        Kind.REPLY: Clock(days=3, alarm=timedelta(days=1)),
        **dict.fromkeys((Kind.CORRECTION, Kind.CONTESTATION), _FOUND_WRONG),
        **dict.fromkeys((Kind.EXAMPLE, Kind.COUNTER_EXAMPLE, Kind.DEAL, Kind.SOURCE), _FOUND),
    }

    document = models.OneToOneField(Document, models.PROTECT, related_name="contribution")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("indicator")
    )
    evidence = models.ForeignKey(
        Evidence,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("about the evidence"),
    )
    deal = models.ForeignKey(
        Deal, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("about the deal")
    )
    actor = models.ForeignKey(
        Actor, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("about the actor")
    )
    corrects = models.ForeignKey(
        Statement, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("corrects")
    )
    quote = models.TextField(_("quote"), blank=True)
    statement = models.TextField(_("in their words"), blank=True)
    happened_on = models.DateField(_("happened on"), null=True, blank=True)
    party = models.CharField(_("in the name of"), max_length=200, blank=True)
    marks = models.JSONField(_("what to beware of"), default=list, blank=True)
    held = models.BooleanField(_("held"), default=False)
    wave = models.ForeignKey(
        Wave, models.PROTECT, related_name="contributions", null=True, blank=True, verbose_name=_("wave")
    )
    received_at = models.DateTimeField(_("received at"))
    due_at = models.DateTimeField(_("to be answered by"))
    acknowledged_at = models.DateTimeField(_("opened by a person at"), null=True, blank=True)
    request = models.OneToOneField(
        CorrectionRequest,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("in public"),
    )

    objects = ContributionQuerySet.as_manager()

    class Meta:
        verbose_name = _("contribution")
        ordering = ["-received_at"]
        indexes = [models.Index(fields=["kind", "received_at"], name="contributions_by_clock")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.document}"

    @property
    def clock(self) -> Clock:
        """How long its answer may take."""
        return self.CLOCKS[self.Kind(self.kind)]

    @property
    def acknowledge_by(self) -> datetime | None:
        """By when a person must have opened it; None where that has no time of its own."""
        days = self.clock.acknowledged
        return end_of(self.received_at, days) if days else None

    def beware(self) -> list[str]:
        """What a moderator should beware of, in words, once each."""
        return list(dict.fromkeys(str(self.Mark(mark["mark"]).label) for mark in self.marks))


class Contact(models.Model):
    """Who contributed, as far as they said, and the link by which they follow it; forgotten long before what they sent.

    Nothing is readable without the secret key: see tracker/sealing.py.
    """

    contribution = models.OneToOneField(Contribution, models.CASCADE, related_name="contact")
    receipt_hash = models.CharField(_("hash of the receipt"), max_length=64, unique=True)
    sealed_email = models.TextField(_("e-mail, encrypted"), blank=True)
    address_hash = models.CharField(_("hash of the e-mail"), max_length=64, blank=True, db_index=True)
    confirmed_at = models.DateTimeField(_("e-mail confirmed at"), null=True, blank=True)
    credit = models.CharField(_("how to be credited"), max_length=120, blank=True)
    network_hash = models.CharField(_("hash of the network"), max_length=64, blank=True, db_index=True)
    language = models.CharField(_("language"), max_length=5, blank=True)

    class Meta:
        verbose_name = _("contact of a contributor")
        verbose_name_plural = _("contacts of contributors")

    def __str__(self) -> str:
        return str(self.pk)


class Subscription(models.Model):
    """Who asked to be told what, once confirmed by link. The address is readable with the secret key alone."""

    class Frequency(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        DAILY = "daily", _("daily")
        WEEKLY = "weekly", _("weekly")

    sealed_email = models.TextField(_("e-mail, encrypted"))
    address_hash = models.CharField(_("hash of the e-mail"), max_length=64)
    subject = models.CharField(_("what"), max_length=120, help_text=_("indicator:1a, action:A1"))
    frequency = models.CharField(_("how often"), max_length=8, choices=Frequency, default=Frequency.WEEKLY)
    language = models.CharField(_("language"), max_length=5, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    told_until = models.DateTimeField(_("told until"), null=True, blank=True)

    class Meta:
        verbose_name = _("subscription")
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash", "subject"],
                name="one_subscription_per_subject",
                violation_error_message=_("This address already follows this."),
            ),
            models.CheckConstraint(condition=~Q(sealed_email=""), name="subscription_has_an_email"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def code(self) -> str:
        """1a or A1."""
        return self.subject.partition(":")[2]


class Invitation(models.Model):
    """An actor asked to read its sheet before an edition, and to answer; the link is signed and kept nowhere.

    The address is readable with the secret key alone, and forgotten soon after the time to answer is over.
    """

    OPEN_FOR = timedelta(days=15)

    actor = models.ForeignKey(Actor, models.PROTECT, related_name="+", verbose_name=_("actor"))
    edition = models.CharField(_("before the edition"), max_length=20)
    sealed_email = models.TextField(_("e-mail, encrypted"), blank=True)
    address_hash = models.CharField(_("hash of the e-mail"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=5)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(_("invited at"))
    closes_at = models.DateTimeField(_("to be answered by"))
    answer = models.ForeignKey(
        Contribution, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("answer")
    )
    contested = models.ManyToManyField(
        Contribution, related_name="invitations", blank=True, verbose_name=_("what it contests")
    )

    class Meta:
        verbose_name = _("invitation")
        ordering = ["-invited_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.actor} · {self.edition}"
