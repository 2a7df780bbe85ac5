"""Bodies as servers sent them, kept for a while: to be read again by `replay`, never to be shown."""

import gzip
import hashlib
import logging
import os
import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import Sum

from tracker.models import Body, Source
from tracker.watchers.entry import Request

LEAST_FREE = 1 << 30  # bytes of the disk that bodies leave to the database
_LEVEL = 3  # of compression: a feed in 0.1 ms, a twentieth larger than at the default level
_ORPHAN = timedelta(hours=1)  # a file this old that no row names is nobody's; a younger one may await its row
_log = logging.getLogger(__name__)


class LostBodyError(Exception):
    """The bytes of this body are not here, or no longer what they were: leave it out."""


def keep(source: Source, body: bytes, *, now: datetime, **told: Any) -> bool:
    """Keep what reading this body again will take, told as to `lay_down`; False when it is not kept."""
    row = lay_down(source, body, **told, now=now)
    enter([row])
    return row is not None


def lay_down(
    source: Source,
    body: bytes,
    *,
    request: Request | None = None,
    url: str = "",
    content_type: str = "",
    now: datetime,
) -> Body | None:
    """Write the file of a body, and give the row to `enter`; nothing when bodies are not kept or there is no room.

    Equal bodies are one file, and one row for each source. A disk that refuses is logged and stops nobody.
    """
    if not settings.BODIES_KEPT_DAYS:
        return None
    sha256 = hashlib.sha256(body).hexdigest()
    try:
        size = _write(_place(sha256), body)
    except OSError as error:
        _log.warning("A body was not kept: %s", error)
        return None
    told = {"url": url, "content_type": content_type[:200], "request": request and _told(request)}
    return Body(source=source, sha256=sha256, format=source.format, bytes_kept=size, read_at=now, **told)


def enter(rows: Iterable[Body | None]) -> None:
    """Save the rows of bodies that were laid down; a source has one row in a call at the most."""
    Body.objects.bulk_create(
        filter(None, rows),
        update_conflicts=True,
        unique_fields=["source", "sha256"],
        update_fields=["format", "url", "content_type", "request", "bytes_kept", "read_at"],
    )


def bytes_of(kept: Body) -> bytes:
    """The body, checked against its hash. Raises LostBodyError."""
    try:
        body = gzip.decompress(_place(kept.sha256).read_bytes())
    except (OSError, EOFError, ValueError) as error:
        raise LostBodyError(kept.sha256) from error
    if hashlib.sha256(body).hexdigest() != kept.sha256:
        raise LostBodyError(kept.sha256)
    return body


def request_of(kept: Body) -> Request | None:
    """What was asked for this body: paging reads it."""
    told = kept.request
    if told is None:
        return None
    body = told["body"]
    return Request(
        url=told["url"],
        method=told["method"],
        headers=told["headers"],
        body=None if body is None else b64decode(body),
        before=told.get("before", ""),
    )


def prune(*, now: datetime, dry_run: bool = False) -> int:
    """Forget bodies older than BODIES_KEPT_DAYS, and the oldest beyond BODIES_MAX_MB; how many.

    Files go when no row of any source names them any longer.
    """
    old = Body.objects.filter(read_at__lt=now - timedelta(days=settings.BODIES_KEPT_DAYS))
    doomed = {*old.values_list("pk", flat=True), *_beyond_the_limit()}
    if not dry_run:
        for start in range(0, len(doomed), 500):
            Body.objects.filter(pk__in=sorted(doomed)[start : start + 500]).delete()
        _sweep(now)
    return len(doomed)


def _beyond_the_limit() -> Iterator[int]:
    limit = settings.BODIES_MAX_MB * 1_000_000
    if (Body.objects.aggregate(all=Sum("bytes_kept"))["all"] or 0) <= limit:
        return
    total = 0
    for pk, size in Body.objects.order_by("-read_at", "-pk").values_list("pk", "bytes_kept").iterator():
        total += size
        if total > limit:
            yield pk


def _sweep(now: datetime) -> None:
    """Remove the files that no row names."""
    named = set(Body.objects.values_list("sha256", flat=True))
    for path in (*_folder().glob("??/*"), *_folder().glob("*.draft")):
        whole = path.suffix == ".gz" and path.parent.name + path.stem in named
        try:
            if not whole and path.stat().st_mtime < (now - _ORPHAN).timestamp():
                path.unlink()
        except FileNotFoundError:  # another worker was here
            continue


def _write(path: Path, body: bytes) -> int:
    """Write the file, at once or not at all, and say its size; one that is there is only marked as wanted."""
    try:
        os.utime(path)
        return path.stat().st_size
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    compressed = gzip.compress(body, _LEVEL, mtime=0)
    if shutil.disk_usage(path.parent).free < LEAST_FREE + len(compressed):
        raise OSError("the disk is nearly full")
    # All drafts in one folder: file systems look for room far apart for files of different folders, which takes long.
    draft = _folder() / f"{uuid4().hex}.draft"
    try:
        with open(draft, "xb", opener=_private) as written:
            written.write(compressed)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return len(compressed)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _place(sha256: str) -> Path:
    return _folder() / sha256[:2] / f"{sha256[2:]}.gz"


def _folder() -> Path:
    return settings.DATA_DIR / "bodies"


def _told(request: Request) -> dict[str, object]:
    body = None if request.body is None else b64encode(request.body).decode()
    told = {"url": request.url, "method": request.method, "headers": dict(request.headers), "body": body}
    return told | ({"before": request.before} if request.before else {})
