"""Brings the database, the seed, the coverage, the ledger and the static files up to date; does nothing that is done already."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, call_command
from django.db import connection
from django.utils import timezone

from indicators import append_only, ledger
from tracker.coverage import record_coverage


class Command(BaseCommand):
    help = "Migrate, seed and collect static files, as far as they changed."

    def handle(self, **_: Any) -> None:
        """Run by `make run` before anything is started."""
        call_command("migrate", verbosity=0)
        # A migration that rebuilt a table of SQLite took its triggers away.
        append_only.guard(connection, append_only.tables())
        call_command("seed", verbosity=0)
        record_coverage(now=timezone.now())
        ledger.sign_if_due(now=timezone.now())
        if settings.HASHED_STATIC:
            self._collect_static()

    def _collect_static(self) -> None:
        stamp, digest = settings.STATIC_ROOT / ".collected", _static_digest()
        if stamp.exists() and stamp.read_text() == digest:
            return
        self.stdout.write("collecting static files")
        call_command("collectstatic", interactive=False, clear=True, ignore_patterns=["redoc"], verbosity=0)
        stamp.write_text(digest)


def _static_digest() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(f"{name} {storage.size(name)} {storage.get_modified_time(name)}\n".encode())
    return digest.hexdigest()
