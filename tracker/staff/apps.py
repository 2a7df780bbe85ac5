"""Wiring of the admin."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "tracker.staff.site.StaffSite"
