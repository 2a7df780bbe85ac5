"""The servers we ask: when each may be asked again, and which sources live there."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from tracker.admin.watch import ReadOnlyAdmin
from tracker.models import Host


@admin.register(Host)
class HostAdmin(ReadOnlyAdmin):
    list_display = ["name", "free_at", "held", "sources"]
    search_fields = ["name"]
    ordering = ["-free_at"]
    actions = ["release"]

    @admin.display(description=gettext_lazy("asked to be left alone"), boolean=True)
    def held(self, host: Host) -> bool:
        return host.is_held(timezone.now())

    @admin.display(description=gettext_lazy("sources"))
    def sources(self, host: Host) -> str:
        return " · ".join(source.name for source in host.sources())

    @admin.action(description=gettext_lazy("Ask again from now on"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = queryset.update(free_at=timezone.now())
        told = ngettext("%(count)d host may be asked again.", "%(count)d hosts may be asked again.", count)
        self.message_user(request, told % {"count": count})

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracker.change_host")
