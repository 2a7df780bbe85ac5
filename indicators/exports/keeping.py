"""The files as they are kept, a folder for each digest: made by a task soon after a change, or by the first reader."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from indicators import editions, exports
from indicators.models import LedgerEntry

KEPT = 3  # exports, with those before: somebody may still be reading them
TRIES = 3  # as often is begun again what the registry changed under
LATE = timedelta(minutes=10)  # after a change: no worker makes the files on this machine
# The subjects in the ledger whose changes change the files.
_SUBJECTS = ("actor", "answer", "contradiction", "deal", "edition", "publication", "statement")


class BeingMadeError(Exception):
    """There are no files yet, and somebody is making the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A folder of files that were made together, of one digest; not `current` where the registry changed since."""

    folder: Path
    current: bool

    @property
    def digest(self) -> str:
        """The digest of what they were made from."""
        return self.folder.name

    @property
    def made_at(self) -> datetime:
        """When they were made."""
        return datetime.fromtimestamp(self.folder.stat().st_mtime, UTC)


def newest(*, now: datetime) -> Kept:
    """The files that a reader need not wait for: of the registry as it stands, or those before while a task makes them.

    Those of a small registry, or that no task made in time, or the very first ones, are made now, by one reader.
    Raises BeingMadeError.
    """
    folder, before = _home() / exports.digest(), _latest()
    if folder.is_dir():
        return Kept(folder=folder, current=True)
    if before is None or not editions.is_large() or _is_late(now):
        made = make()
        if made:
            return Kept(folder=made, current=True)
        before = _latest()
    if before is None:
        raise BeingMadeError
    return Kept(folder=before, current=False)


def make() -> Path | None:
    """The folder of the registry as it stands, made where it is not there; it may be called at any time, and be killed.

    None while another process makes it, and when the registry changes again and again meanwhile.
    """
    with _alone() as alone:
        for _try in range(TRIES if alone else 0):
            version = exports.digest()
            folder = _home() / version
            if folder.is_dir() or _made(folder, version):
                _forget_old()
                return folder
    return None


def changed_at() -> datetime | None:
    """When anything in the registry or the index changed last; None before the first change."""
    ours = Q(*(("subject__startswith", f"{subject}/") for subject in _SUBJECTS), _connector=Q.OR)
    last = LedgerEntry.objects.filter(ours).order_by("-number").first()
    return last.recorded_at if last else None


def _made(folder: Path, version: str) -> bool:
    """Whether the files were made, all of them from what that digest says."""
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    exports.write_to(draft, version=version)
    if exports.digest() != version:
        shutil.rmtree(draft)
        return False
    os.rename(draft, folder)
    return True


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else on this machine makes files; what somebody who was killed left half-made is taken away."""
    with (_home() / ".making").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        for draft in _home().glob(".*/"):
            shutil.rmtree(draft)
        yield True


def _home() -> Path:
    home = settings.DATA_DIR / "exports"
    home.mkdir(exist_ok=True)
    return home


def _folders() -> list[Path]:
    """The folders that are whole, the newest last."""
    found = []
    for folder in _home().glob("[!.]*/"):
        with suppress(FileNotFoundError):  # another process forgot it just now
            found.append((folder.stat().st_mtime, folder))
    return [folder for _made_at, folder in sorted(found)]


def _latest() -> Path | None:
    return next(reversed(_folders()), None)


def _forget_old() -> None:
    for folder in _folders()[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _is_late(now: datetime) -> bool:
    last = changed_at()
    return last is None or now - last > LATE
