"""Compute an edition of the index; publish it when asked to."""

from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from indicators import editions
from indicators.editions import EditionError, Frozen
from indicators.models import Edition


class Command(BaseCommand):
    help = "Compute an edition of the index of technological freedom, and show it; --publish freezes it for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--edition", metavar="YYYY-MM", required=True, help="2026-12; 2026-12.1 corrects it"
        )
        parser.add_argument(
            "--cut-off",
            metavar="DATE",
            help="the day of the world that it tells (YYYY-MM-DD): deals announced, figures and answers published by then, "
            "whenever we entered them; without it the end of the month, or today",
        )
        parser.add_argument("--publish", action="store_true", help="publish it; it never changes again")
        parser.add_argument("--reason", default="", help="why a published edition is corrected")

    def handle(
        self, *, edition: str, cut_off: str | None, publish: bool, reason: str, **options: object
    ) -> None:
        now = timezone.now()
        try:
            frozen = editions.compute(edition, today=timezone.localdate(now), cut_off=_day(cut_off))
            self._tell(frozen)
            self._tell_changes(frozen)
            there = Edition.objects.filter(slug=edition).exists()
            if publish:
                editions.release(frozen, reason=reason, now=now)
        except EditionError as error:
            raise CommandError(str(error)) from error
        if publish and there:
            self.stdout.write(
                _("Edition %(edition)s is published already, with the same bytes.") % {"edition": edition}
            )
        elif publish:
            self.stdout.write(_("Edition %(edition)s is published.") % {"edition": edition})
        else:
            self.stdout.write(_("Nothing is published: add --publish."))

    def _tell(self, frozen: Frozen) -> None:
        day = frozen.cut_off.isoformat()
        self.stdout.write(_("Cut-off: %(day)s") % {"day": day})
        quotes = frozen.dataset["statements"].values()
        later = sum(quote["published_on"] > day for quote in quotes)
        if later:
            self.stdout.write(
                _(
                    "%(later)d of the %(all)d quotes were published after it; they tell of deals announced by then."
                )
                % {"later": later, "all": len(quotes)}
            )
        for actor, told in frozen.results["guaranteed"].items():
            low, high = told["index"] or ("-", "-")
            self.stdout.write(f"  {actor:<14} [{low}, {high}]  {told['coverage']}  {told['status']}")
        for name, digest in frozen.sha256.items():
            self.stdout.write(f"{digest}  {name}")

    def _tell_changes(self, frozen: Frozen) -> None:
        """What a correction changes of the edition before it."""
        former = editions.corrected_by(frozen.slug)
        for change in editions.changes(editions.published(former), frozen) if former else ():
            what = f"{change.actor} · {change.reading} · {change.part}"
            self.stdout.write(f"  {what}: {change.before} → {change.after}")


def _day(text: str | None) -> date | None:
    try:
        day = parse_date(text) if text else None
    except ValueError:
        day = None
    if text and day is None:
        raise CommandError(_("“%(given)s” is not a day; write it as 2026-11-22.") % {"given": text})
    return day
