"""Read the euro reference rates of the European Central Bank from a file."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.models import ExchangeRate
from indicators.rules import rates

PUBLISHED_AT = "https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/html/index.en.html"


class Command(BaseCommand):
    help = "Read the euro reference rates of the European Central Bank (CSV); those that are known stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="eurofxref.csv or eurofxref-hist.csv, as the bank publishes it"
        )

    def handle(self, *, file: Path, **options: object) -> None:
        try:
            with file.open("rb") as opened:
                body = opened.read(rates.MOST_BYTES + 1)
            told = rates.read(body, today=timezone.localdate())
        except OSError as error:
            raise CommandError(str(error)) from error
        except rates.UnreadableRatesError as error:
            told = {"file": file.name, "line": error.line}
            raise CommandError(
                _("%(file)s is not a table of the European Central Bank: line %(line)d cannot be read.")
                % told
            ) from error
        before = ExchangeRate.objects.count()
        rows = (ExchangeRate(**rate._asdict(), source_url=PUBLISHED_AT) for rate in told)
        ExchangeRate.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
        added = ExchangeRate.objects.count() - before
        counts = {"added": added, "known": len(told) - added}
        self.stdout.write(_("%(added)d rates added, %(known)d known already") % counts)
