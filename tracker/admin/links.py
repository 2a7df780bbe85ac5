"""Cited addresses: what was found at each, when it is asked again, and whether an archive keeps it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from tracker.admin.watch import ReadOnlyAdmin
from tracker.models import ArchiveRequest, CitedLink


class AskedAgainAdmin(ReadOnlyAdmin):
    """Pages that are asked for at their time, or when a person wants it now."""

    list_select_related = ["citation__evidence"]
    search_fields = ["citation__url", "citation__title", "citation__publisher", "error"]
    actions = ["ask_now"]

    @admin.display(description=gettext_lazy("evidence"), ordering="citation__evidence__number")
    def evidence(self, row: CitedLink | ArchiveRequest) -> str:
        return str(row.citation.evidence)

    @admin.display(description=gettext_lazy("address"), ordering="citation__url")
    def address(self, row: CitedLink | ArchiveRequest) -> str:
        return row.citation.url

    @admin.action(description=gettext_lazy("Ask at the next round"), permissions=["ask"])
    def ask_now(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = queryset.update(due_at=timezone.now(), tries=0)
        told = ngettext("%(count)d address will be asked.", "%(count)d addresses will be asked.", count)
        self.message_user(request, told % {"count": count})

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"tracker.change_{self.opts.model_name}")


@admin.register(CitedLink)
class CitedLinkAdmin(AskedAgainAdmin):
    list_display = ["address", "evidence", "state", "checked_at", "quote_seen_at", "due_at", "error"]
    list_filter = ["citation__link_state", "suspicion"]

    @admin.display(description=gettext_lazy("link state"), ordering="citation__link_state")
    def state(self, link: CitedLink) -> str:
        return link.citation.get_link_state_display()

    @admin.display(description=gettext_lazy("checked at"), ordering="citation__checked_at")
    def checked_at(self, link: CitedLink) -> object:
        return link.citation.checked_at


@admin.register(ArchiveRequest)
class ArchiveRequestAdmin(AskedAgainAdmin):
    list_display = ["address", "evidence", "archive_url", "due_at", "tries", "error"]

    @admin.display(description=gettext_lazy("archive address"), ordering="citation__archive_url")
    def archive_url(self, request: ArchiveRequest) -> str:
        return request.citation.archive_url
