"""Where mail goes while no server is named: a folder, one file each, that any mail program opens."""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

_PLAIN = re.compile(r"[\w.-]{1,80}")
KEPT = timedelta(days=7)


class Folder(BaseEmailBackend):
    """Writes each mail into `DATA_DIR/mail`, readable by the user of the service alone."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them; how many."""
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            path = _folder() / f"{_name(message)}.eml"
            path.touch(mode=0o600)
            path.write_bytes(message.message().as_bytes())
        return len(email_messages)


def forget(names: Iterable[str]) -> None:
    """Remove the mails whose Message-ID begins with one of these names."""
    _remove([_folder() / f"{name}.eml" for name in names])


def prune(*, now: datetime, dry_run: bool = False) -> int:
    """Remove what is older than a week; how many mails are (or would be) gone."""
    limit = (now - KEPT).timestamp()
    old = [path for path in _mails() if path.stat().st_mtime < limit]
    return len(old) if dry_run else _remove(old)


def _name(message: EmailMessage) -> str:
    """As its Message-ID begins: a mail that is written twice is one file."""
    told = str(message.extra_headers.get("Message-ID", "")).strip("<>").partition("@")[0]
    return told if _PLAIN.fullmatch(told) else secrets.token_hex(12)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "mail"


def _mails() -> list[Path]:
    return sorted(_folder().glob("*.eml"))


def _remove(paths: list[Path]) -> int:
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)
