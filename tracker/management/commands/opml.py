"""Lists of feeds from other readers, in and out."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.models import Indicator, Tier
from tracker.models import PERSON, Source
from tracker.source_lists import Terms, export_opml, import_opml
from tracker.watchers.entry import UnreadableError
from tracker.watchers.opml import BODY_LIMIT


class Command(BaseCommand):
    help = "Add the feeds of OPML files as sources, paused until all is said of them; or write ours with --export."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE", help="OPML files to import")
        parser.add_argument(
            "--export", nargs="?", const="-", metavar="FILE", help="write to FILE, or to the screen"
        )
        parser.add_argument("--tier", type=int, choices=Tier.values, help="of every source that is added")
        parser.add_argument(
            "--indicators", metavar="CODES", default="", help="of every source that is added: 1a,2b"
        )
        parser.add_argument("--interest-fr", metavar="TEXT", default="", help="interest note in French")
        parser.add_argument("--interest-en", metavar="TEXT", default="", help="interest note in English")

    def handle(self, *, files: list[str], export: str | None, **options: object) -> None:
        if bool(files) == bool(export):
            raise CommandError(_("Give either files to import or --export."))
        if export:
            self._export(export)
            return
        terms, unread = _terms(**options), []
        for path, body in {path: _read(path) for path in files}.items():
            try:
                imported = import_opml(body, terms=terms, now=timezone.now())
            except UnreadableError as error:
                unread.append(f"{path} : {_(error.reason)} {error.detail}".rstrip())
            else:
                self.stdout.write("\n  ".join([path, *imported.sentences()]))
        if unread:
            raise CommandError("\n".join(unread))

    def _export(self, path: str) -> None:
        body = export_opml(
            Source.objects.exclude(format=PERSON).prefetch_related("indicators"), now=timezone.now()
        )
        if path == "-":
            self.stdout.write(body.decode())
            return
        try:
            Path(path).write_bytes(body)
        except OSError as error:
            raise CommandError(_unopened(path, error)) from error


def _terms(
    *, tier: int | None, indicators: str, interest_fr: str, interest_en: str, **_rest: object
) -> Terms:
    codes = [code.strip() for code in indicators.split(",") if code.strip()]
    known = {each.code: each for each in Indicator.objects.filter(code__in=codes)}
    if unknown := [code for code in codes if code not in known]:
        raise CommandError(_("There is no indicator “%(code)s”.") % {"code": ", ".join(unknown)})
    return Terms(
        tier=tier,
        indicators=tuple(known.values()),
        interest_note_fr=interest_fr,
        interest_note_en=interest_en,
    )


def _read(path: str) -> bytes:
    if not Path(path).is_file():
        raise CommandError(_("There is no file “%(path)s”.") % {"path": path})
    try:
        with Path(path).open("rb") as file:
            return file.read(BODY_LIMIT + 1)  # one byte more is enough to refuse it
    except OSError as error:
        raise CommandError(_unopened(path, error)) from error


def _unopened(path: str, error: OSError) -> str:
    return _("%(path)s cannot be opened: %(why)s") % {"path": path, "why": error.strerror}
