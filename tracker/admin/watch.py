"""Sources and their health, fetches, documents, match rules."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tracker.admin.forms import MatchRuleForm
from tracker.models import Document, Fetch, MatchRule, Source


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only the watch writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    list_display = ["name", "format", "state", "last_success_at", "failures", "next_due_at", "last_error"]
    list_filter = ["state", "format", "indicators", "tier", "language"]
    search_fields = ["name", "url", "publisher"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["next_due_at", "last_success_at", "failures", "last_error"]
    actions = ["fetch_now"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).exclude(state=Source.State.LOCAL)

    @admin.display(description=gettext_lazy("last error"))
    def last_error(self, source: Source) -> str:
        last = source.fetches.first()
        return last.error if last else ""

    @admin.action(description=gettext_lazy("Fetch now"), permissions=["change"])
    def fetch_now(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = queryset.watched().update(next_due_at=timezone.now(), sent_at=None)
        told = ngettext(
            "%(count)d source will be read within a minute.",
            "%(count)d sources will be read within a minute.",
            count,
        )
        self.message_user(request, told % {"count": count})

    def save_model(self, request: HttpRequest, obj: Source, form: object, change: bool) -> None:
        if obj.next_due_at is None:
            obj.next_due_at = timezone.now()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
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


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ["title", "source", "kind", "language", "published_at", "matched_at", "set_aside"]
    list_filter = ["kind", "language", ("set_aside", admin.EmptyFieldListFilter)]
    list_select_related = ["source"]
    search_fields = ["title", "external_id"]


@admin.register(MatchRule)
class MatchRuleAdmin(admin.ModelAdmin):
    form = MatchRuleForm
    list_display = ["slug", "version", "role", "title", "stance", "state"]
    list_filter = ["role", "state", "indicators"]

    @admin.display(description=gettext_lazy("title"))
    def title(self, rule: MatchRule) -> str:
        return rule.title

    def save_model(self, request: HttpRequest, obj: MatchRule, form: MatchRuleForm, change: bool) -> None:
        """A changed definition is a new version of the rule: reasons keep saying which one they came from."""
        if change and "definition" in form.changed_data:
            obj.version += 1
            self.message_user(request, _("The rule is now version %(version)d.") % {"version": obj.version})
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: MatchRule | None = None) -> bool:
        return False
