"""The accounts of the team, and who is stopped from publishing more alone."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_static.admin import StaticDevice
from django_otp.plugins.otp_totp.admin import TOTPDevice

from tracker import pace
from tracker.models import PublishingStop
from tracker.staff.reauth import recently_confirmed

# The secrets behind the codes are nobody's to see. (They are imported from where the library registers them.)
admin.site.unregister([TOTPDevice, StaticDevice, User])


@admin.register(User)
class AccountAdmin(UserAdmin):
    """An account opens doors: whoever makes or changes one confirms that it is them."""

    list_display = ["username", "first_name", "last_name", "is_staff", "is_active", "has_second_factor"]

    @admin.display(description=gettext_lazy("second factor"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return user.has_second_factor

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        device = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(has_second_factor=Exists(device))

    @recently_confirmed
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)


@admin.register(PublishingStop)
class PublishingStopAdmin(admin.ModelAdmin):
    list_display = ["moderator", "published", "stopped_at", "ends_at", "lifted_at", "lifted_by"]
    list_display_links = None
    list_select_related = ["moderator", "lifted_by"]
    actions = ["lift"]

    @admin.action(description=gettext_lazy("Let them go on publishing"), permissions=["change"])
    def lift(self, request: HttpRequest, queryset: QuerySet[PublishingStop]) -> None:
        for stop in queryset:
            try:
                pace.lift(stop, by=request.user, now=timezone.now())
                told = _("%(moderator)s may go on publishing.") % {"moderator": stop.moderator}
                messages.success(request, told)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))

    def has_change_permission(self, request: HttpRequest, obj: PublishingStop | None = None) -> bool:
        """Lifting is all that may be done: nobody edits a row, least of all their own."""
        return obj is None and super().has_change_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PublishingStop | None = None) -> bool:
        return False
