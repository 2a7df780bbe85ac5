"""Mails: which wait, which left, which were set aside and why; never to whom."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from tracker.admin.watch import ReadOnlyAdmin
from tracker.models import Message


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = [
        "kind",
        "contribution_id",
        "subscription_id",
        "state",
        "due_at",
        "attempts",
        "sent_at",
        "error",
    ]
    list_filter = ["state", "kind"]
    actions = ["send_again"]

    @admin.action(description=gettext_lazy("Try again to send what was set aside"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        aside = queryset.filter(state=Message.State.SET_ASIDE)
        count = aside.update(state=Message.State.WAITING, due_at=timezone.now(), attempts=0)
        told = ngettext("%(count)d mail will be tried again.", "%(count)d mails will be tried again.", count)
        self.message_user(request, told % {"count": count})

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracker.change_message")
