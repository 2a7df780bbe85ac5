"""The log of decisions."""

from django.contrib import admin
from django.http import HttpRequest

from tracker.models import Decision


@admin.register(Decision)
class DecisionAdmin(admin.ModelAdmin):
    list_display = ["decided_at", "candidate", "verdict", "reason", "by", "evidence"]
    list_filter = ["verdict", "reason", "by"]
    list_select_related = ["candidate__document", "candidate__indicator", "by", "evidence"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False
