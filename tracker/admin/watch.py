"""What was read: fetches, documents; and what is looked for: match rules."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.admin.forms import MatchRuleForm
from tracker.models import Document, Fetch, MatchRule


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
