"""What was read: fetches and documents."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker import stories
from tracker.admin.history import history
from tracker.models import VERSION_LIMIT, Document, Fetch, FullText, RatesFetch, Snapshot


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only the watch writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Fetch)
class FetchAdmin(ReadOnlyAdmin):
    list_display = [
        "started_at",
        "source",
        "outcome",
        "http_status",
        "entries_new",
        "entries_changed",
        "error",
    ]
    list_filter = ["outcome", "error_kind"]
    list_select_related = ["source"]
    search_fields = ["source__name", "error"]


@admin.register(RatesFetch)
class RatesFetchAdmin(ReadOnlyAdmin):
    list_display = ["asked_at", "url", "added", "known", "differing", "error"]


class FollowedFilter(admin.SimpleListFilter):
    """Documents that their source does not only publish and leave alone."""

    title = gettext_lazy("since publication")
    parameter_name = "since"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("edited", _("edited")),
            ("frozen", _("edited too often, no longer followed")),
            ("superseded", _("corrected by another notice")),
            ("withdrawn", _("cancelled by its publisher")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "edited":
                return queryset.filter(versions__isnull=False).distinct()
            case "frozen":
                return queryset.frozen()
            case "superseded":
                return queryset.exclude(superseded_by=None)
            case "withdrawn":
                return queryset.withdrawn()
            case _:
                return queryset


class FullTextInline(admin.TabularInline):
    """Whether the page behind the entry was read, and why not."""

    model = FullText
    fields = readonly_fields = [
        "state",
        "error",
        "tries",
        "due_at",
        "read_at",
        "language_told",
        "language_found",
    ]
    max_num, can_delete = 0, False


class SnapshotInline(admin.TabularInline):
    """The copies that quotes are checked against; their bytes are never sent to a browser."""

    model = Snapshot
    fields = readonly_fields = [
        "taken_at",
        "url",
        "content_type",
        "text_sha256",
        "body_sha256",
        "archive_url",
    ]
    max_num, can_delete = 0, False


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ["title", "source", "kind", "language", "published_at", "matched_at", "set_aside"]
    list_filter = ["kind", "language", ("set_aside", admin.EmptyFieldListFilter), FollowedFilter]
    list_select_related = ["source"]
    search_fields = ["title", "external_id"]
    inlines = [FullTextInline, SnapshotInline]
    fields = [
        *("title", "source", "kind", "language", "url", "external_id", "published_at", "published_raw"),
        *("first_seen_at", "last_held_at", "matched_at", "set_aside", "text"),
    ]

    @admin.display(description=gettext_lazy("last seen"))
    def last_held_at(self, document: Document) -> datetime:
        return document.last_held_at

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The document as it stands, where else it was seen, and what it said before each edit."""
        document = self.get_object(request, object_id)
        shown = {}
        if document and self.has_view_permission(request, document):
            edits = list(history(document))
            shown = {
                "sightings": stories.of_story(document)
                .select_related("source")
                .order_by("first_seen_at", "pk"),
                "supersedes": document.supersedes.select_related("source"),
                "superseded_by": document.superseded_by,
                "edits": edits,
                "frozen": len(edits) >= VERSION_LIMIT,
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})
