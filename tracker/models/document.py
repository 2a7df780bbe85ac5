"""What sources published: documents, the stored copy of those that matter, the structured side of notices."""

import gzip
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Count, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tracker.models.source import Source, lease

MATCH_TRIES = 3  # after that a document is set aside with its reason (security.md, R4)
_PAIRS = {
    "sqlite": ("json_each(%s)", "json_extract(value, '$[0]')", "json_extract(value, '$[1]')"),
    "postgresql": ("jsonb_array_elements(%s::jsonb)", "(value->>0)::bigint", "value->>1"),
}
VERSION_LIMIT = 24  # an entry that was edited so often is no longer followed: it is a clock, not an article


class DocumentQuerySet(models.QuerySet):
    def unmatched(self) -> "DocumentQuerySet":
        """Stored, not matched yet, not set aside: what the queue of record still owes."""
        return self.filter(matched_at=None, set_aside="")

    def identified(self, keys: Iterable[tuple[int, str]]) -> "DocumentQuerySet":
        """Those of these sources that have these identities, told in pairs, however many: they are one parameter."""
        pairs = list(keys)
        if not pairs:
            return self.none()
        told, source, identity = _PAIRS[connection.vendor]
        # The pairs come first: each is then one look into the index that makes them unique.
        sql = (
            f"SELECT own.id FROM {told} CROSS JOIN tracker_document own"  # noqa: S608 - our own names
            f" WHERE own.source_id = {source} AND own.external_id = {identity}"
        )
        return self.filter(pk__in=RawSQL(sql, [json.dumps(pairs)]))  # noqa: S611

    def count_since(self, moment: datetime) -> dict[int, int]:
        """How many each source published since then; those without a date count from when they were first seen."""
        dated = self.alias(dated=Coalesce("published_at", "first_seen_at")).filter(dated__gte=moment)
        return dict(dated.values_list("source").annotate(Count("pk")).order_by())

    def forgotten(self, now: datetime) -> "DocumentQuerySet":
        """Unmatched for so long that the message about them must have been lost."""
        return self.unmatched().filter(last_seen_at__lt=now - lease())

    def frozen(self) -> "DocumentQuerySet":
        """Edited so often that they are no longer followed."""
        return self.annotate(edits=Count("versions")).filter(edits__gte=VERSION_LIMIT)

    def withdrawn(self) -> "DocumentQuerySet":
        """Notices that their publisher cancelled; what was asserted from them may have to be cancelled too."""
        reason = "superseded_by__notice__change_reason"
        told = Q(**{reason: "cancel"}) | Q(**{f"{reason}__startswith": "cancel "})
        return self.filter(told | Q(**{f"{reason}__iexact": "ANNULATION"}))  # eForms BT-140; `etat` of BOAMP


class Document(models.Model):
    """A deduplicated entry of a source; nothing personal, nothing asserted.

    The same page in several sources is one document in each, joined by their story: each sighting keeps its own
    words, date and tier, and the story is proposed once. `last_seen_at` is when an answer last brought it; an answer
    that changed nothing writes no document (see `last_held_at`). `superseded_by` is the newest of the notices that
    correct one another. An entry that vanishes from its source stays.
    """

    class Kind(models.TextChoices):
        ARTICLE = "article", _("article")
        NOTICE = "notice", _("notice")

    source = models.ForeignKey(Source, models.PROTECT, related_name="documents", db_index=False)
    external_id = models.CharField(_("identity"), max_length=500)
    url = models.URLField(_("address"), max_length=2000, blank=True)
    canonical_url = models.CharField(_("canonical address"), max_length=2000, blank=True, db_index=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    title = models.CharField(_("title"), max_length=1000, blank=True)
    text = models.TextField(_("text"), blank=True)
    texts = models.JSONField(_("text in other languages"), default=dict, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_raw = models.CharField(_("date as written"), max_length=200, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"), db_index=True)
    last_seen_at = models.DateTimeField(_("last seen"))
    fingerprint = models.CharField(_("fingerprint"), max_length=64, db_index=True)
    story = models.ForeignKey("self", models.SET_NULL, related_name="mentions", null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self", models.SET_NULL, related_name="supersedes", null=True, blank=True
    )
    matched_at = models.DateTimeField(_("matched"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    set_aside = models.TextField(_("set aside because"), blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        ordering = ["-first_seen_at", "-pk"]
        indexes = [
            models.Index("source", Coalesce("published_at", "first_seen_at"), name="documents_by_date"),
            models.Index(
                fields=["last_seen_at"],
                condition=Q(matched_at=None, set_aside=""),
                name="documents_still_to_match",
            ),
            models.Index(fields=["id", "source", "language"], name="documents_counted"),  # past their texts
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                name="one_document_per_identity",
                violation_error_message=_("This source already has a document with this identity."),
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="http://") | Q(url__startswith="https://"),
                name="document_url_is_http",
                violation_error_message=_("The address must start with http:// or https://."),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url or self.external_id

    def whole_text(self) -> str:
        """Title and text in the main language, then the text in each other one: what quotes are looked up in."""
        others = [words for language, words in self.texts.items() if language != self.language]
        return "\n\n".join(part for part in [self.title, self.text, *others] if part)

    @property
    def withdrawn(self) -> bool:
        return Document.objects.withdrawn().filter(pk=self.pk).exists()

    @property
    def last_held_at(self) -> datetime:
        """When the source was last known to hold it: each answer without change confirms the last one with entries."""
        source = self.source
        held = source.entries_read_at is not None and self.last_seen_at >= source.entries_read_at
        return (
            max(self.last_seen_at, source.last_success_at or self.last_seen_at) if held else self.last_seen_at
        )


class DocumentVersionQuerySet(models.QuerySet):
    def of(self, document: Document, *, notice: dict[str, Any], now: datetime) -> "DocumentVersion":
        """What the document says now, unsaved, as what it will have said; `notice` is its structured side."""
        said = {name: getattr(document, name) for name in ("title", "url", "published_raw", "text", "texts")}
        told = json.dumps(said | {"notice": notice}, ensure_ascii=False, default=str, sort_keys=True)
        packed = gzip.compress(told.encode("utf-8", "replace"), mtime=0)
        return DocumentVersion(document=document, said_gzip=packed, replaced_at=now)


class DocumentVersion(models.Model):
    """What a document said until its source edited it."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="versions")
    said_gzip = models.BinaryField(_("what it said, compressed"))
    replaced_at = models.DateTimeField(_("replaced"), db_index=True)

    objects = DocumentVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of documents")
        ordering = ["-replaced_at", "-pk"]

    def __str__(self) -> str:
        return str(self.said["title"])

    @property
    def said(self) -> dict[str, Any]:
        """title, url, published_raw, text, texts (by language), and notice (its fields) where it is one."""
        return json.loads(gzip.decompress(bytes(self.said_gzip)))


class OriginalQuerySet(models.QuerySet):
    def keep(self, body: bytes, *, now: datetime) -> "Original":
        """The bytes, compressed and stored once, however many copies rest on them."""
        original, _created = self.get_or_create(
            sha256=hashlib.sha256(body).hexdigest(),
            defaults={"bytes_gzip": gzip.compress(body, mtime=0), "kept_at": now},
        )
        return original


class Original(models.Model):
    """The bytes of a web page or PDF as they were fetched, under their hash; never those of a notice (decision 0013)."""

    sha256 = models.CharField(_("hash of the bytes"), max_length=64, unique=True)
    bytes_gzip = models.BinaryField(_("bytes, compressed"))
    kept_at = models.DateTimeField(_("kept since"))

    objects = OriginalQuerySet.as_manager()

    class Meta:
        verbose_name = _("original")
        verbose_name_plural = _("originals")

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def body(self) -> bytes:
        return gzip.decompress(bytes(self.bytes_gzip))


class SnapshotQuerySet(models.QuerySet):
    def take(self, document: Document, *, now: datetime) -> "Snapshot":
        """The stored copy of what the document says now; the one taken before where the words are the same."""
        return self._copy(
            document,
            body_sha256=document.source.body_sha256,
            content_type="text/plain; charset=utf-8",
            taken_at=now,
        )

    def take_page(
        self, document: Document, body: bytes, *, url: str, content_type: str, now: datetime
    ) -> "Snapshot":
        """The same, with the bytes of the page that the words were read from, and where it was after redirects."""
        original = Original.objects.keep(body, now=now)
        return self._copy(
            document,
            body_sha256=original.sha256,
            original=original,
            url=url if len(url) <= 2000 else "",
            content_type=content_type[:100],
            taken_at=now,
        )

    def _copy(self, document: Document, **told: Any) -> "Snapshot":
        text = document.whole_text().encode("utf-8", "replace")
        copy, _created = self.get_or_create(
            document=document,
            text_sha256=hashlib.sha256(text).hexdigest(),
            defaults={"text_gzip": gzip.compress(text, mtime=0)} | told,
        )
        return copy


class Snapshot(models.Model):
    """The stored text of a document as it was read, content-addressed; quotes are checked against it."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="snapshots")
    text_sha256 = models.CharField(_("hash of the text"), max_length=64)
    body_sha256 = models.CharField(_("hash of the body it was read from"), max_length=64, blank=True)
    text_gzip = models.BinaryField(_("text, compressed"))
    original = models.ForeignKey(Original, models.PROTECT, related_name="copies", null=True, blank=True)
    url = models.URLField(_("read at"), max_length=2000, blank=True)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    taken_at = models.DateTimeField(_("taken at"))
    archive_url = models.URLField(_("archive address"), max_length=2000, blank=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("stored copy")
        verbose_name_plural = _("stored copies")
        ordering = ["-taken_at"]
        constraints = [models.UniqueConstraint(fields=["document", "text_sha256"], name="one_copy_per_text")]

    def __str__(self) -> str:
        return self.text_sha256[:12]

    @property
    def text(self) -> str:
        return gzip.decompress(bytes(self.text_gzip)).decode()


class Notice(models.Model):
    """The structured side of a tender document, as measures need it."""

    document = models.OneToOneField(Document, models.CASCADE, related_name="notice")
    publication_number = models.CharField(_("publication number"), max_length=40, blank=True, db_index=True)
    notice_id = models.CharField(_("notice identifier"), max_length=64, blank=True, db_index=True)
    version = models.CharField(_("version"), max_length=10, blank=True)
    procedure_id = models.CharField(_("procedure"), max_length=64, blank=True, db_index=True)
    notice_type = models.CharField(_("notice type"), max_length=40, blank=True)
    form_type = models.CharField(_("form"), max_length=40, blank=True)
    schema = models.CharField(_("schema"), max_length=80, blank=True)
    dispatched_on = models.DateField(_("dispatched on"), null=True, blank=True)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    deadline_on = models.DateField(_("deadline"), null=True, blank=True)
    buyers = models.JSONField(_("buyers"), default=list)
    buyer_country = models.CharField(_("country of the buyer"), max_length=2, blank=True)
    cpv = models.JSONField(_("CPV codes"), default=list)
    lots = models.JSONField(_("lots"), default=list)
    max_lots_awarded = models.PositiveIntegerField(_("most lots per winner"), null=True, blank=True)
    framework = models.CharField(_("framework"), max_length=20, blank=True)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    winners = models.JSONField(_("winners"), default=list)
    tenders_received = models.PositiveIntegerField(_("tenders received"), null=True, blank=True)
    joint = models.BooleanField(_("joint or central purchasing"), null=True, blank=True)
    document_urls = models.JSONField(_("procurement documents"), default=list)
    changes = models.CharField(_("corrects"), max_length=80, blank=True, db_index=True)
    change_reason = models.CharField(_("reason of the correction"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("notice")
        constraints = [
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0),
                name="notice_value_not_negative",
                violation_error_message=_("A value is 0 or more."),
            ),
        ]

    def __str__(self) -> str:
        return self.publication_number or self.notice_id
