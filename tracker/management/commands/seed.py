"""Creates the rows that the service starts with, as far as they are missing."""

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from tracker import seeding


class Command(BaseCommand):
    help = "Create the founding texts, deals, sources and rules that are missing; change nothing that exists."

    def handle(self, *, verbosity: int, **_: Any) -> None:
        try:
            seeded = seeding.load(now=timezone.now())
        except seeding.SeedError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write("\n".join(str(kind) for kind in seeded if kind.created or kind.present))
