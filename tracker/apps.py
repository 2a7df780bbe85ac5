"""Wiring of the watch."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from tracker.celery import app as celery_app
from tracker.checks import setting_mistakes


class TrackerConfig(AppConfig):
    name = "tracker"
    verbose_name = _("Watch")

    def ready(self) -> None:
        """Make our Celery application the default one, in every thread, and register the system checks."""
        celery_app.set_default()  # without it, a task sent from another thread goes to amqp://localhost
        register(setting_mistakes)
