"""Write everything that leaves as a file into a folder: tables, graph, editions, and the archive of them all."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from indicators import exports


class Command(BaseCommand):
    help = "Write the registry and the index as files (CSV, JSON, GraphML, DOT, FollowTheMoney) and as one archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", metavar="DIR", type=Path, required=True, help="made if it is not there")

    def handle(self, *, to: Path, **options: object) -> None:
        try:
            written = exports.write_to(to)
        except OSError as error:
            raise CommandError(
                _("“%(folder)s” cannot be written: %(error)s") % {"folder": to, "error": error.strerror}
            ) from error
        for path in written:
            self.stdout.write(str(path))
