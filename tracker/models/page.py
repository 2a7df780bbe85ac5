"""Pages that we ask for one by one: those behind teasers, those that are cited, and what their sites ask of robots."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indicators.models import Citation, LinkState
from tracker.models.document import Document
from tracker.models.source import lease
from tracker.watchers.article import teaser_reason

FIRST_CHECK = timedelta(days=1)  # of a citation, after its publication


class DueQuerySet(models.QuerySet):
    def due(self, now: datetime) -> "DueQuerySet":
        return self.filter(due_at__lte=now).order_by("due_at", "pk")

    def claim(self, pk: int, *, now: datetime) -> bool:
        """Take a due row for one lease and count the try; False when somebody else has it or it is not due."""
        return self.filter(pk=pk, due_at__lte=now).update(due_at=now + lease(), tries=F("tries") + 1) == 1

    def put_off(self, pk: int, *, until: datetime) -> None:
        """Give a claimed row back untried: its host was busy."""
        self.filter(pk=pk).update(due_at=until, tries=F("tries") - 1)


class Due(models.Model):
    """A page to ask for at its time. A worker takes it by moving that time: one that is killed leaves it due again."""

    due_at = models.DateTimeField(_("next try"), null=True, blank=True, db_index=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        abstract = True


class FullTextQuerySet(DueQuerySet):
    def want(self, document: Document, *, now: datetime) -> None:
        """Ask for the page behind an article that is only a teaser; once for each wording of its entry."""
        if document.kind != Document.Kind.ARTICLE or not document.url or not teaser_reason(document.text):
            return
        wanted = {"fingerprint": document.fingerprint, "due_at": now, "tries": 0, "error": ""}
        wanted["state"] = FullText.State.WAITING
        _row, created = self.get_or_create(document=document, defaults=wanted)
        if not created:
            self.filter(document=document).exclude(fingerprint=document.fingerprint).update(**wanted)


class FullText(Due):
    """The page behind an entry that is only a teaser: whether it was read, and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("to read")
        READ = "read", _("read")
        SHORT = "short", _("says no more than the entry")
        REFUSED = "refused", _("closed to robots")
        FAILED = "failed", _("could not be read")

    document = models.OneToOneField(Document, models.CASCADE, related_name="full_text")
    fingerprint = models.CharField(_("fingerprint of the entry"), max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    language_told = models.CharField(_("language told by the source"), max_length=5, blank=True)
    language_found = models.CharField(_("language recognised"), max_length=5, blank=True)

    objects = FullTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("full text")
        verbose_name_plural = _("full texts")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(due_at__isnull=True), name="only_a_waiting_page_is_due"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["failed", "refused"]) | ~Q(error=""),
                name="an_unread_page_says_why",
                violation_error_message=_("A page that was not read needs its reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} · {self.get_state_display()}"


class CitedLinkQuerySet(DueQuerySet):
    def follow(self, citations: models.QuerySet) -> None:
        """Follow the addresses of these citations from now on, the first time a day after their publication."""
        new = citations.exclude(url="").exclude(pk__in=self.values("citation")).select_related("evidence")
        rows = [CitedLink(citation=each, due_at=each.evidence.published_at + FIRST_CHECK) for each in new]
        self.bulk_create(rows, ignore_conflicts=True)


class CitedLink(Due):
    """The address of a citation, asked again and again; what it shows goes to the public record by publishing."""

    citation = models.OneToOneField(Citation, models.CASCADE, related_name="+", verbose_name=_("citation"))
    etag = models.TextField(_("ETag"), blank=True)
    last_modified = models.TextField(_("Last-Modified"), blank=True)
    fingerprint = models.CharField(_("fingerprint of the text first read"), max_length=64, blank=True)
    quote_seen_at = models.DateTimeField(_("quote last seen"), null=True, blank=True)
    suspicion = models.CharField(_("suspected"), max_length=11, choices=LinkState, blank=True)
    suspected_at = models.DateTimeField(_("suspected since"), null=True, blank=True)

    objects = CitedLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("cited link")
        verbose_name_plural = _("cited links")
        ordering = ["due_at", "pk"]

    def __str__(self) -> str:
        return str(self.citation)


class ArchiveRequestQuerySet(DueQuerySet):
    def want(self, citations: models.QuerySet, *, now: datetime) -> None:
        """Have the pages of these citations kept by the public archive, once each."""
        new = citations.exclude(url="").exclude(pk__in=self.values("citation"))
        self.bulk_create((ArchiveRequest(citation=each, due_at=now) for each in new), ignore_conflicts=True)


class ArchiveRequest(Due):
    """The request that a public web archive keep a cited page; due no more once it answered, or we gave up."""

    citation = models.OneToOneField(Citation, models.CASCADE, related_name="+", verbose_name=_("citation"))

    objects = ArchiveRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("archive request")
        verbose_name_plural = _("archive requests")
        ordering = ["due_at", "pk"]

    def __str__(self) -> str:
        return str(self.citation)


class Robots(models.Model):
    """What a server asks of robots (robots.txt); empty where it asks nothing."""

    origin = models.CharField(_("server"), max_length=300, unique=True)
    text = models.TextField(_("text"), blank=True)
    read_at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("robots.txt")
        verbose_name_plural = _("robots.txt")

    def __str__(self) -> str:
        return self.origin
