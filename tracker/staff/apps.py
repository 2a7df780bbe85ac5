"""Wiring of the admin."""

from django.contrib.admin.apps import SimpleAdminConfig


class StaffAdminConfig(SimpleAdminConfig):
    """The admin; its pages are loaded with the addresses (`tracker/urls.py`), so that a worker goes without."""

    default_site = "tracker.staff.site.StaffSite"
