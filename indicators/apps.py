"""Wiring of the knowledge."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class IndicatorsConfig(AppConfig):
    name = "indicators"
    verbose_name = _("Knowledge")

    def ready(self) -> None:
        """Register the check that append-only tables are guarded; it needs models, and runs where a database is named."""
        from indicators.append_only import missing_triggers  # noqa: PLC0415 - models are loaded by now

        register(missing_triggers, Tags.database)
