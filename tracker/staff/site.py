"""The admin, open only to staff who gave both their password and their second factor."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect

from tracker.staff import views
from tracker.staff.reauth import confirmed_if_grave, recently_confirmed


class StaffSite(admin.AdminSite):
    """Django's admin behind two steps; what cannot easily be undone asks for both again."""

    site_header = gettext_lazy("We will know it works when… — moderation")
    site_title = gettext_lazy("Moderation")
    index_title = gettext_lazy("Workplace")
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")
        self.add_action(recently_confirmed(delete_selected), "delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and the second factor given in this session."""
        return super().has_permission(request) and request.user.is_verified()

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Also the second step, its recovery codes, another phone, and a way out for whoever took only the first step."""
        return [
            path("second-factor/", views.second_factor, name="second_factor"),
            path("recovery-codes/", self.admin_view(views.recovery_codes), name="recovery_codes"),
            path("new-phone/", self.admin_view(views.new_phone), name="new_phone"),
            path("logout/", csrf_protect(self.logout), name="logout"),
            *super().get_urls(),
        ]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """A view behind both steps."""
        return super().admin_view(confirmed_if_grave(view), cacheable)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue, for whom it concerns; the list of everything else is one step away."""
        if "workplace" not in request.GET and request.user.has_perm("tracker.view_candidate"):
            return redirect("admin:tracker_candidate_changelist")
        return super().index(request, extra_context)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The first step, or the second where the first is done."""
        if request.method == "GET" and request.user.is_authenticated and request.user.is_staff:
            return redirect(views.second_step(request))
        return views.first_step(request)
