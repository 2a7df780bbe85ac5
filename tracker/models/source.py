"""A declared place we watch, and each attempt to read it."""

import hashlib
from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from indicators.models import Indicator
from indicators.models.choices import Tier
from indicators.models.text import Bilingual
from tracker.watchers import FORMATS
from tracker.watchers.entry import Request
from tracker.watchers.series import Step, steps_of

PERSON = "person"  # the format of the one source that nobody reads: what people send
MOVED_TIMES = 5  # that a permanent redirect is seen before it is believed
# What lies further ahead was written by a clock that was wrong: nothing waits longer than a week and its jitter,
# and nobody keeps a source for a day.
NEVER_DUE_AFTER, NEVER_KEPT_FOR = timedelta(days=8), timedelta(days=1)


def lease() -> timedelta:
    """How long a worker may keep a source, or a message may be under way, before somebody else takes over."""
    return timedelta(seconds=2 * settings.FETCH_TOTAL_SECONDS)


def formats() -> list[tuple[str, str]]:
    """Those that have a watcher, and people; a callable, so that a new format needs no migration."""
    return [*((name, _(watcher.LABEL)) for name, watcher in FORMATS.items()), (PERSON, _("sent by people"))]


def free_slug(name: str, *, url: str, taken: Container[str]) -> str:
    """A slug made from the name; where that is taken or nothing is left of it, one that the address makes unique."""
    slug = slugify(name)[:60]
    if slug and slug not in taken:
        return slug
    return f"{slug or 'source'}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"


class SourceQuerySet(models.QuerySet):
    def watched(self) -> "SourceQuerySet":
        """The sources that are read on a schedule."""
        return self.filter(state__in=Source.WATCHED)

    def duplicates(self) -> "SourceQuerySet":
        """Watched, and redirecting for good to what another source watches, often enough to be believed."""
        others = Source.objects.filter(url=OuterRef("moved_to")).exclude(pk=OuterRef("pk"))
        return self.watched().exclude(moved_to="").filter(Exists(others), moved_times__gte=MOVED_TIMES)

    def due(self, now: datetime) -> "SourceQuerySet":
        """Watched, due, not being read, and not sent to a worker within the last lease."""
        unsent = Q(sent_at=None) | Q(sent_at__lt=now - lease()) | Q(sent_at__gt=now)
        return self.watched().filter(_due(now), _free(now), unsent)

    def claim(self, *pks: int, now: datetime) -> list["Source"]:
        """Take these sources for one lease; only those that are due and that nobody else has."""
        due = self.watched().filter(_due(now), _free(now), pk__among=frozenset(pks))
        with transaction.atomic():
            rows = due.select_related("hub_subscription").select_for_update(of=("self",), skip_locked=True)
            order = {pk: number for number, pk in enumerate(pks)}
            claimed = sorted(rows, key=lambda source: order[source.pk])
            self.extend(claimed, until=now + lease())
        return claimed

    def people(self) -> "Source":
        """The source of what people send: never read, never due."""
        told = {
            "name": "Contributions",
            "publisher": "Contributions",
            "format": PERSON,
            "url": "contributions:",
            "tier": Tier.INTERESTED,  # until a moderator has seen who publishes the page
            "state": Source.State.LOCAL,
        }
        return self.get_or_create(slug="contributions", defaults=told)[0]

    def extend(self, claimed: Iterable["Source"], *, until: datetime) -> None:
        """Keep claimed sources until then."""
        self.filter(pk__among={source.pk for source in claimed}).update(claimed_until=until)
        for source in claimed:
            source.claimed_until = until


def _due(now: datetime) -> Q:
    return Q(next_due_at__lte=now) | Q(next_due_at__gt=now + NEVER_DUE_AFTER)


def _free(now: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lt=now) | Q(claimed_until__gt=now + NEVER_KEPT_FOR)


class Source(models.Model):
    """A declared place we watch: its address, publisher, interest, rhythm and health."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        DEGRADED = "degraded", _("degraded")
        FAILING = "failing", _("failing")
        PAUSED = "paused", _("paused")
        GONE = "gone", _("gone")
        LOCAL = "local", _("local file")

    WATCHED = (State.ACTIVE, State.DEGRADED, State.FAILING)

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    format = models.CharField(_("format"), max_length=20, choices=formats)
    url = models.CharField(_("address"), max_length=2000)
    publisher = models.CharField(_("publisher"), max_length=200)
    country = models.CharField(_("country"), max_length=2, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    tier = models.PositiveSmallIntegerField(_("tier"), choices=Tier)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    interest_note_fr = models.TextField(_("interest note (French)"), blank=True)
    interest_note_en = models.TextField(_("interest note (English)"), blank=True)
    interest_note = Bilingual()
    indicators = models.ManyToManyField(Indicator, related_name="+", blank=True, verbose_name=_("indicators"))
    full_text = models.BooleanField(
        _("read the pages"),
        default=False,
        help_text=_(
            "Read the page behind every entry that is only a teaser, and not only behind those that a rule meets."
        ),
    )
    cadence_minutes = models.PositiveIntegerField(_("read every (minutes)"), default=60)
    expected_per_week = models.PositiveIntegerField(_("expected per week"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    next_due_at = models.DateTimeField(_("next due"), null=True, blank=True, db_index=True)
    sent_at = models.DateTimeField(_("sent to a worker"), null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(_("being read until"), null=True, blank=True, editable=False)
    asked_host = models.CharField(
        _("host being asked"), max_length=255, blank=True, db_index=True, editable=False
    )
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, blank=True, editable=False)
    etag = models.TextField(_("ETag"), blank=True, editable=False)
    last_modified = models.TextField(_("Last-Modified"), blank=True, editable=False)
    body_sha256 = models.CharField(_("hash of the last body"), max_length=64, blank=True, editable=False)
    memory = models.BinaryField(_("what its reader remembers"), default=bytes, blank=True, editable=False)

    last_text = models.TextField(_("text as last read"), blank=True, editable=False)
    publisher_minutes = models.PositiveIntegerField(
        _("its publisher asks to wait (minutes)"), null=True, blank=True, editable=False
    )

    days_read = models.BinaryField(_("days on which it was read"), default=bytes, blank=True, editable=False)
    entries_read_at = models.DateTimeField(_("entries last read"), null=True, blank=True, editable=False)
    read_whole_at = models.DateTimeField(_("last asked for whole"), null=True, blank=True, editable=False)
    validators_trusted = models.BooleanField(_("believed when unchanged"), default=True, editable=False)
    gone_since = models.DateTimeField(_("said to be gone since"), null=True, blank=True, editable=False)
    moved_to = models.CharField(_("redirects for good to"), max_length=2000, blank=True, editable=False)
    moved_since = models.DateTimeField(_("redirects since"), null=True, blank=True, editable=False)
    moved_times = models.PositiveIntegerField(_("redirects seen"), default=0, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["url"],
                name="one_source_per_url",
                violation_error_message=_("This address is already watched."),
            ),
            models.CheckConstraint(
                condition=Q(tier__gte=1) & Q(tier__lte=4),
                name="source_tier_1_to_4",
                violation_error_message=_("The tier is 1, 2, 3 or 4."),
            ),
            models.CheckConstraint(
                condition=Q(cadence_minutes__gte=15) & Q(cadence_minutes__lte=10080),
                name="cadence_15_minutes_to_a_week",
                violation_error_message=_(
                    "A source is read at most every 15 minutes and at least once a week."
                ),
            ),
            models.CheckConstraint(
                condition=Q(state="local") | Q(url__startswith="http://") | Q(url__startswith="https://"),
                name="source_url_is_http",
                violation_error_message=_("The address must start with http:// or https://."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def health_after(cls, failures: int) -> str:
        """The state of a watched source after so many failures in a row."""
        if failures == 0:
            return cls.State.ACTIVE
        return cls.State.DEGRADED if failures < 5 else cls.State.FAILING

    def steps(self, *, now: datetime) -> tuple[Step, ...]:
        """Which address to ask now; of a series also the one to ask when the first is not out."""
        return steps_of(self.url, memory=bytes(self.memory), now=now)

    def request_of(self, step: Step) -> Request:
        """What to ask; with what its watcher needs to know of the last time, to tell what changed since.

        Raises UnreadableError for a query that the service could not answer.
        """
        request = FORMATS[self.format].first_request(step.url)
        if step.reached or not (self.last_text or self.memory):
            return request
        return replace(request, before=self.last_text, memory=bytes(self.memory))

    def forget_answers(self) -> None:
        """Read it as if for the first time, not saved: its address, or how it is read, is another one now."""
        self.etag = self.last_modified = self.body_sha256 = self.last_text = self.moved_to = ""
        self.read_whole_at = self.gone_since = self.moved_since = self.publisher_minutes = None
        self.validators_trusted, self.moved_times, self.memory = True, 0, b""

    def release(self, *, next_due_at: datetime | None) -> None:
        """Give the claim back, due again at that time."""
        self.claimed_until, self.asked_host, self.sent_at, self.next_due_at = None, "", None, next_due_at


class Fetch(models.Model):
    """One attempt to read a source, with its outcome in words."""

    class Outcome(models.TextChoices):
        READ = "read", _("read")
        UNCHANGED = "unchanged", _("unchanged")
        FAILED = "failed", _("did not answer")
        UNREADABLE = "unreadable", _("set aside: unreadable")
        GONE = "gone", _("gone")

    class Cause(models.TextChoices):
        REFUSED = "refused", _("refused by us")
        DNS = "dns", _("name not found")
        CONNECT = "connect", _("no connection")
        TLS = "tls", _("encryption")
        TIMEOUT = "timeout", _("too slow")
        TOO_LARGE = "too_large", _("too large")
        PROTOCOL = "protocol", _("broken answer")
        REDIRECT = "redirect", _("wrong redirect")
        HTTP = "http", _("answer without document")
        CHALLENGED = "challenged", _("robot check")
        BACKOFF = "backoff", _("asks us to wait")
        GONE = "gone", _("gone")
        UNREADABLE = "unreadable", _("unreadable")
        WEB_PAGE = "web_page", _("a web page instead")
        INCOMPLETE = "incomplete", _("incomplete")

    source = models.ForeignKey(Source, models.CASCADE, related_name="fetches", db_index=False)
    started_at = models.DateTimeField(_("started"), db_index=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    bytes_read = models.PositiveIntegerField(_("bytes"), default=0)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)
    entries_new = models.PositiveIntegerField(_("new"), default=0)
    entries_changed = models.PositiveIntegerField(_("changed"), default=0)
    entries_same = models.PositiveIntegerField(_("same"), default=0)
    error_kind = models.CharField(_("kind of error"), max_length=20, choices=Cause, blank=True)
    error = models.TextField(_("error"), blank=True)
    remarks = models.JSONField(_("set aside"), default=list, blank=True)
    body_sha256 = models.CharField(_("hash of the body"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("fetch")
        verbose_name_plural = _("fetches")
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["source", "-started_at"], name="fetches_of_a_source")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome__in=["failed", "unreadable", "gone"]) | ~Q(error=""),
                name="a_failure_says_why",
                violation_error_message=_("A failed fetch needs its reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} · {self.get_outcome_display()}"
