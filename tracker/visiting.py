"""One polite question for one page: its host is not busy, and its site has nothing against robots."""

import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from tracker import fetch
from tracker.models import Host, Robots, host_name, pause
from tracker.watchers.entry import Request, UnreadableError
from tracker.watchers.robots import TEXT_LIMIT, read_verdict

ROBOTS_FOR = timedelta(hours=24)

_ACCEPT = {"accept": "text/html, application/xhtml+xml, application/pdf, text/plain;q=0.8, */*;q=0.1"}


class BusyError(Exception):
    """The host is being asked already, or wants to be left alone: ask again at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class ClosedError(Exception):
    """The site asks robots not to read this page: leave it. Its text is a sentence for people."""


def visit(
    url: str, *, validators: fetch.Validators = fetch.UNCONDITIONAL, now: datetime, robot: bool = True
) -> fetch.Response:
    """Ask for one page, wherever redirects lead. Raises BusyError, ClosedError or FetchError.

    One question at a time: a robots.txt that has to be read first makes its host busy for a pause. Each address that
    a redirect leads to is asked as the first one is: when its host is free and its site admits robots.
    `robot=False` is for a service that is there for programs to call.
    """
    started, held = time.monotonic(), now + timedelta(seconds=settings.FETCH_TOTAL_SECONDS)
    rests: dict[
        str, timedelta
    ] = {}  # of each host taken, the pause that it wants; the last one is being asked

    def admit(address: str) -> None:
        name = host_name(address)
        if name not in rests and not Host.objects.take(address, now=now, until=held):
            raise BusyError(max(Host.objects.get(name=name).free_at, now + pause()))
        rests[name] = rests.pop(name, pause())
        if robot:
            rests[name] = max(rests[name], _permission(address, now=now))

    try:
        admit(url)
        return fetch.send(Request(url=url, headers=_ACCEPT), validators=validators, admit=admit)
    except fetch.FetchError as error:
        if error.status == 429:  # it counts all our questions
            name = next(reversed(rests))
            rests[name] = max(rests[name], timedelta(seconds=error.retry_after or 0))
        raise
    finally:
        ended = now + timedelta(seconds=time.monotonic() - started)
        for name, rest in rests.items():
            Host.objects.filter(name=name, free_at=held).update(free_at=max(now + rest, ended))


def _permission(url: str, *, now: datetime) -> timedelta:
    """The pause that the site asks for; raises ClosedError, or BusyError when its robots.txt was read just now."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"[:300]
    known = Robots.objects.filter(origin=origin, read_at__gt=now - ROBOTS_FOR).first()
    if known is None:
        told = {"text": _robots_text(origin), "read_at": now}
        known, _created = Robots.objects.update_or_create(origin=origin, defaults=told)
        if pause():
            raise BusyError(now + pause())
    try:
        verdict = read_verdict(known.text, url)
    except UnreadableError as error:
        raise ClosedError(_("What the site asks of robots (robots.txt) could not be read.")) from error
    if not verdict.allowed:
        raise ClosedError(_("The site asks robots not to read this page (robots.txt)."))
    return timedelta(seconds=verdict.pause)


def _robots_text(origin: str) -> str:
    """The robots.txt of a site; empty where there is none. Raises FetchError when the site does not answer."""
    try:
        body = fetch.send(Request(url=f"{origin}/robots.txt")).body
    except fetch.FetchError as error:
        if error.kind in ("http", "gone", "redirect", "protocol") and 200 <= (error.status or 500) < 500:
            return ""
        raise
    return body[:TEXT_LIMIT].decode("utf-8-sig", "replace").replace("\0", "")
