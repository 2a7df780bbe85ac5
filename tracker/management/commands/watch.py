"""One round of the watch now, without a broker; or the reading of local files through the same path."""

import time
from argparse import ArgumentParser
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from tracker import fulltext, ingest, local_files, propose
from tracker.coverage import record_coverage
from tracker.discover import check_query
from tracker.fetch import FetchError
from tracker.models import Document, Fetch, FullText, Source, pause
from tracker.watchers import FORMATS

FILES_AT_ONCE = 100  # stored before they are matched


class Command(BaseCommand):
    help = "Read every source that is due, now; or, with --file, local files of any format that we read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file",
            action="extend",
            nargs="+",
            metavar="PATH",
            help="files or folders to read instead of sources",
        )
        parser.add_argument("--format", metavar="NAME", help=f"format of the files: {', '.join(FORMATS)}")
        parser.add_argument("--all", action="store_true", help="read every watched source, due or not")
        parser.add_argument("--check", action="store_true", help="ask TED to judge our queries; read nothing")

    def handle(
        self, *, file: list[str] | None, format: str | None, all: bool, check: bool = False, **options: object
    ) -> None:
        if format and format not in FORMATS:
            raise CommandError(
                _("Unknown format “%(given)s”; choose one of: %(known)s.")
                % {"given": format, "known": ", ".join(FORMATS)}
            )
        if format and not file:
            raise CommandError(_("--format goes with --file."))
        if all and file:
            raise CommandError(_("--all goes without --file."))
        if check and (all or file):
            raise CommandError(_("--check goes alone."))
        if check:
            self._check()
            return
        if not file:
            self._tell(self._sources(all))
            return
        given = {path: _files_of(path) for path in file}
        self._tell(self._files([each for files in given.values() for each in files], format or ""))
        if unread := [path for path, files in given.items() if not self.read.intersection(files)]:
            raise CommandError(_("Nothing could be read from: %(paths)s.") % {"paths": ", ".join(unread)})

    def _check(self) -> None:
        """Let TED judge the query of every source that asks it, paused or not."""
        refused = []
        for source in Source.objects.filter(format="ted").order_by("name"):
            try:
                check_query(source.url, now=timezone.now())
            except FetchError as error:
                refused.append(source.name)
                self.stdout.write(f"  {source.name} : {error}")
            else:
                self.stdout.write(f"  {source.name} : " + _("the query is understood."))
            time.sleep(pause().total_seconds())
        if refused:
            raise CommandError(_("Not understood: %(names)s.") % {"names": ", ".join(refused)})

    def _sources(self, all: bool) -> list[Fetch]:
        now = timezone.now()
        if all:
            Source.objects.watched().update(next_due_at=now)
        due = list(Source.objects.due(now).order_by("next_due_at").values_list("pk", flat=True))
        fetches, left = [], due
        while left:
            for pk in tqdm(left, unit=_("source"), disable=None):
                if fetch := ingest.read_source(pk, now=timezone.now()):
                    fetches.append(fetch)
                    self._match()
            if left := self._put_off(due, since=now):
                time.sleep(1)
        self._pages()
        record_coverage(now=timezone.now())
        return fetches

    def _put_off(self, due: list[int], *, since: datetime) -> list[int]:
        """Those that nobody has read since, and that may be asked within a minute: their host was busy."""
        soon = Source.objects.watched().filter(
            pk__in=due, next_due_at__lte=timezone.now() + timedelta(minutes=1)
        )
        return list(soon.exclude(fetches__started_at__gte=since).values_list("pk", flat=True))

    def _pages(self) -> None:
        """Read the pages behind teasers, as long as there is one that may be asked for within a minute."""
        while soon := FullText.objects.due(timezone.now() + timedelta(minutes=1)).values_list(
            "pk", flat=True
        ):
            for pk in tqdm(list(soon), unit=_("page"), disable=None):
                if fulltext.read_page(pk, now=timezone.now()) is not None:
                    self._match()
            if FullText.objects.due(timezone.now() + timedelta(minutes=1)).exists():
                time.sleep(1)

    def _files(self, paths: list[Path], format: str) -> list[Fetch | None]:
        fetches, self.read = [], set()
        progress = tqdm(total=len(paths), unit=_("file"), disable=None)
        for start in range(0, len(paths), FILES_AT_ONCE):
            portion = paths[start : start + FILES_AT_ONCE]
            for path, fetch in local_files.read_files(portion, format=format, now=timezone.now()):
                progress.update()
                if isinstance(fetch, OSError):
                    self.stdout.write(f"  {_unopened(path, fetch)}")
                    continue
                fetches.append(fetch)
                if not (fetch and fetch.error):
                    self.read.add(path)
            self._match()
        progress.close()
        return fetches

    def _match(self) -> None:
        waiting = Document.objects.unmatched().values_list("pk", flat=True)
        self.candidates = getattr(self, "candidates", 0) + propose.match_documents(
            waiting, now=timezone.now()
        )

    def _tell(self, fetches: list[Fetch | None]) -> None:
        told = Counter(
            fetch.get_outcome_display() if fetch else _("read before, unchanged") for fetch in fetches
        )
        for fetch in fetches:
            if fetch and fetch.error:
                self.stdout.write(f"  {fetch.source.name} : {fetch.error}")
        new = sum(fetch.entries_new for fetch in fetches if fetch)
        changed = sum(fetch.entries_changed for fetch in fetches if fetch)
        self.stdout.write(
            " · ".join(f"{outcome}: {count}" for outcome, count in told.most_common()) or _("Nothing is due.")
        )
        self.stdout.write(
            _("%(new)d new documents, %(changed)d changed, %(candidates)d new candidates.")
            % {"new": new, "changed": changed, "candidates": getattr(self, "candidates", 0)}
        )


def _files_of(given: str) -> list[Path]:
    """The file named, or every file below the folder named, in order."""
    path = Path(given)
    try:
        if path.is_dir() and given:
            return sorted(each for each in path.rglob("*") if each.is_file())
        if not given or not path.exists():
            raise CommandError(_("There is no file or folder “%(path)s”.") % {"path": given})
    except OSError as error:
        raise CommandError(_unopened(path, error)) from error
    if not path.is_file():
        raise CommandError(_("“%(path)s” is neither a file nor a folder.") % {"path": given})
    return [path]


def _unopened(path: Path, error: OSError) -> str:
    return _("%(path)s cannot be opened: %(why)s") % {"path": path, "why": error.strerror}
