"""Waves of contributions, and indicators that are frozen while one lasts."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from tracker.models import Freeze, Wave


class AboutAdmin(admin.ModelAdmin):
    """Rows about an indicator, told by its code: its sentence would fill the list."""

    @admin.display(description=gettext_lazy("indicator"), ordering="indicator__order")
    def code(self, row: Wave | Freeze) -> str:
        return row.indicator.code if row.indicator else "—"


@admin.register(Wave)
class WaveAdmin(AboutAdmin):
    list_display = ["kind", "code", "host", "in_the_queue", "began_at", "ended_at"]
    list_display_links = None
    list_select_related = ["indicator"]
    list_filter = ["kind", "indicator"]

    @admin.display(description=gettext_lazy("contributions"), ordering="size")
    def in_the_queue(self, wave: Wave) -> SafeString:
        """How many they are, as the way to them."""
        address = reverse("admin:tracker_candidate_changelist")
        return format_html('<a href="{}?wave={}">{}</a>', address, wave.pk, wave.size)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Wave | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Wave | None = None) -> bool:
        return False


@admin.register(Freeze)
class FreezeAdmin(AboutAdmin):
    """Contributions about a frozen indicator are taken and held; what is published stands as it stood."""

    list_display = ["code", "reason", "frozen_at", "frozen_by", "lifted_at", "lifted_by"]
    list_display_links = None
    list_select_related = ["indicator", "frozen_by", "lifted_by"]
    fields = ["indicator", "reason"]
    actions = ["lift"]

    def save_model(self, request: HttpRequest, obj: Freeze, form: Any, change: bool) -> None:
        obj.frozen_by, obj.frozen_at = request.user, timezone.now()
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Lift the freeze"), permissions=["change"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Freeze]) -> None:
        lifted = queryset.standing().update(lifted_at=timezone.now(), lifted_by=request.user)
        told = ngettext("%(n)d indicator is open again.", "%(n)d indicators are open again.", lifted)
        messages.success(request, told % {"n": lifted})

    def has_change_permission(self, request: HttpRequest, obj: Freeze | None = None) -> bool:
        """Lifting is all that may be done to a freeze."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Freeze | None = None) -> bool:
        return False
