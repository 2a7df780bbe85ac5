"""Django's own checks of the admin, which see its pages only once the addresses are loaded."""

from importlib import import_module

from django.contrib import admin
from django.contrib.admin.checks import check_admin_app


def test_every_page_of_the_admin_is_sound():
    import_module("tracker.urls")
    assert admin.site._registry
    assert check_admin_app(None) == []
