"""From any address that an operator pastes to the feeds behind it, each one verified by reading it.

This asks the network while a member of the staff waits: whoever calls it has checked that this person may add sources.
It asks at most MAX_FETCHES times, within FETCH_TOTAL_SECONDS in all. Nobody waits for a busy host, but what is asked
counts: its sources come later. A host that told us to leave it alone is not asked. An address that is watched already
is never replaced.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tracker import fetch
from tracker.dedup import canonical_url
from tracker.models import Host
from tracker.watchers import FORMATS, feed, read_guarded, ted
from tracker.watchers.discovery import FeedLink, common_addresses, feeds_in_guarded
from tracker.watchers.entry import Page, Request, UnreadableError

MAX_FETCHES = 6  # the page itself included


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """An address that was asked and answered with a feed."""

    url: str  # as pasted, or as the page names it; never where a redirect leads to
    title: str
    entries: int
    language: str  # ISO 639-1, or empty when the feed does not say or uses several


def find_feeds(address: str, *, now: datetime) -> tuple[FoundFeed, ...]:
    """The feed at this address, alone and under this very address; else those that the page leads to.

    Common addresses of the same site are tried only when the page declares no feed that works. Raises FetchError when
    the address itself does not answer; an empty answer means that no feed was found.
    """
    deadline = time.monotonic() + settings.FETCH_TOTAL_SECONDS
    response = _ask(feed.first_request(address), deadline=deadline, now=now)
    if page := _read(response):
        return (_found(FeedLink(url=address), page),)
    declared = _declared(response)
    guesses = common_addresses(response.final_url)
    seen = {canonical_url(address), canonical_url(response.final_url)}
    asked = _Asked(deadline=deadline, seen=seen, now=now)
    return tuple(asked.verified(declared)) or tuple(islice(asked.verified(guesses), 1))


def read_part(address: str, *, format: str, now: datetime) -> Page:
    """What a source with this address and format would read now; raises FetchError or UnreadableError."""
    request = FORMATS[format].first_request(address)
    response = _ask(request, deadline=time.monotonic() + settings.FETCH_TOTAL_SECONDS, now=now)
    content_type = response.headers.get("content-type", "")
    return read_guarded(
        format, response.body, url=response.final_url, content_type=content_type, request=request
    )


def check_query(address: str, *, now: datetime) -> None:
    """Ask TED to judge the query in this address, without answering it; a FetchError says what is wrong with it."""
    _ask(ted.check_request(address), deadline=time.monotonic() + settings.FETCH_TOTAL_SECONDS, now=now)


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What was asked so far: nothing is asked twice, and never too much."""

    deadline: float  # of the monotonic clock
    seen: set[str]
    now: datetime
    fetches: int = 1

    def verified(self, links: tuple[FeedLink, ...]) -> Iterator[FoundFeed]:
        """Those that answer with a feed, and not with one found before."""
        for link in links:
            key = canonical_url(link.url)
            if key in self.seen or self.fetches >= MAX_FETCHES or time.monotonic() >= self.deadline:
                continue
            self.seen.add(key)
            self.fetches += 1
            try:
                response = _ask(feed.first_request(link.url), deadline=self.deadline, now=self.now)
            except fetch.FetchError:
                continue  # a link that leads nowhere is one of the answers we ask for
            led_to = canonical_url(response.final_url)
            if (led_to == key or led_to not in self.seen) and (page := _read(response)):
                self.seen.add(led_to)
                yield _found(link, page)


def _ask(request: Request, *, deadline: float, now: datetime) -> fetch.Response:
    host = Host.objects.at(request.url, now=now)
    if host.is_held(now):
        told = _("This host has asked to be left alone until %(until)s.")
        raise fetch.FetchError("backoff", told % {"until": localtime(host.free_at).strftime("%H:%M")})
    host.count_question(now=now)
    return fetch.send(request, deadline=deadline)


def _declared(response: fetch.Response) -> tuple[FeedLink, ...]:
    content_type = response.headers.get("content-type", "")
    try:
        return feeds_in_guarded(response.body, url=response.final_url, content_type=content_type)
    except UnreadableError:
        return ()


def _read(response: fetch.Response) -> Page | None:
    content_type = response.headers.get("content-type", "")
    try:
        return read_guarded("feed", response.body, url=response.final_url, content_type=content_type)
    except UnreadableError:
        return None


def _found(link: FeedLink, page: Page) -> FoundFeed:
    languages = {entry.language for entry in page.entries}
    return FoundFeed(
        url=link.url,
        title=page.title or link.title,
        entries=len(page.entries),
        language=languages.pop() if len(languages) == 1 else "",
    )
