"""Read the euro reference rates of the European Central Bank, from a file or from the bank itself."""

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators import exchange
from indicators.rules import rates
from tracker.rates import ask

PUBLISHED_AT = "https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/html/index.en.html"


class Command(BaseCommand):
    help = "Read the euro reference rates of the European Central Bank (CSV, zip, XML); those that are known stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            nargs="?",
            help="eurofxref.csv, eurofxref-hist.zip, eurofxref-daily.xml…, as the bank publishes them",
        )
        parser.add_argument(
            "--fetch", action="store_true", help="ask the bank itself for the rates of all days since 1999"
        )

    def handle(self, *, file: Path | None, fetch: bool, **options: object) -> None:
        if (file is None) != fetch:
            raise CommandError(_("Give a file, or --fetch."))
        added, known, differing = self._read(file) if file else self._asked()
        self.stdout.write(
            _("%(added)d rates added, %(known)d known already") % {"added": added, "known": known}
        )
        for each in differing:
            self.stderr.write(_("kept as it was, though this source tells it otherwise: %s") % each)

    def _read(self, file: Path) -> tuple[int, int, list[str]]:
        try:
            with file.open("rb") as opened:
                body = opened.read(rates.MOST_BYTES + 1)
            told = rates.read(body, today=timezone.localdate())
        except OSError as error:
            raise CommandError(str(error)) from error
        except rates.UnreadableRatesError as error:
            wrong = _("%(file)s is not a table of the European Central Bank: line %(line)d cannot be read.")
            raise CommandError(wrong % {"file": file.name, "line": error.line}) from error
        recorded = exchange.record(told, source_url=PUBLISHED_AT)
        return recorded.added, recorded.known, [str(each) for each in recorded.differing]

    def _asked(self) -> tuple[int, int, list[str]]:
        if not settings.RATES_URL:
            raise CommandError(_("RATES_URL is empty: the bank is not to be asked."))
        answer = ask(now=timezone.now(), everything=True)
        if answer.error:
            raise CommandError(answer.error)
        return answer.added, answer.known, answer.differing
