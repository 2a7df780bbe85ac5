"""What an answer, or a failure, means for its source: what to send it, where it lives, when it is asked again."""

import random
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urldefrag

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.models import Tier
from tracker import fetch
from tracker.fetch.cadence import (
    LONGEST_INTERVAL,
    PRIORITY_INTERVAL,
    Told,
    interval_after_failure,
    interval_after_success,
    rhythm_of,
    weight_of,
)
from tracker.models import (
    MOVED_TIMES,
    ArchiveRequest,
    CitedLink,
    Fetch,
    FullText,
    Host,
    HubSubscription,
    Robots,
    Source,
    host_name,
    pause,
    rows,
)
from tracker.watchers.entry import Page
from tracker.watchers.plaintext import web_link
from tracker.watchers.series import is_series

# A server in distress says 410, 301 and 304 as easily as 500: what it says is believed when it says so again.
WHOLE_EVERY, WHOLE_WITHIN = timedelta(hours=24), timedelta(hours=1)
GONE_AFTER = timedelta(hours=24)
SET_BACK = timedelta(
    minutes=15
)  # by less, a clock is only put right, and nothing waits for longer than usual
DAYS_REMEMBERED = 96  # a multiple of eight that holds the 90 of the coverage
MOVED_AFTER = timedelta(days=3)  # and MOVED_TIMES
RHYTHM_PERIOD = timedelta(weeks=4)
RARER = 6  # times, where a hub tells us what is new

# What a clock that is set back takes with it, and what was done when it was wrong.
_PLANNED = (
    (Source, "next_due_at"),
    (Source, "claimed_until"),
    (Host, "free_at"),
    (FullText, "due_at"),
    (CitedLink, "due_at"),
    (ArchiveRequest, "due_at"),
    (HubSubscription, "ask_at"),
    (HubSubscription, "verified_until"),
)
_DONE = (
    (Source, "last_success_at"),
    (Source, "entries_read_at"),
    (CitedLink, "suspected_at"),
    (CitedLink, "quote_seen_at"),
    (HubSubscription, "asked_at"),
    (HubSubscription, "verified_at"),
    (Robots, "read_at"),
    (Fetch, "started_at"),
)

_MAX_URL = 2_000
_LINK = re.compile(r"<([^<>]*)>[^<]*?;\s*rel\s*=\s*\"?([^\";,<]*)", re.IGNORECASE)


def to_ask(claimed: list[Source], *, now: datetime) -> list[Source]:
    """Those of the claimed sources whose host may be asked now; the others are given back until it may be.

    Sources that wait for one host come back apart: the longer the wait, the wider.
    """
    admitted = Host.objects.admit(*claimed, now=now)
    kept = {source.pk for source in admitted}
    put_off = [source for source in claimed if source.pk not in kept]
    if not put_off:
        return admitted
    names = {source: host_name(source.url) for source in put_off}
    free_at = dict(Host.objects.filter(name__in=names.values()).values_list("name", "free_at"))
    for source in put_off:
        back = max(free_at[names[source]], now + pause())
        source.release(next_due_at=back + (back - now) * _jitter() / 10)
    rows.update(put_off, ["claimed_until", "asked_host", "sent_at", "next_due_at"])
    return admitted


@transaction.atomic
def follow_clock(*, now: datetime) -> None:
    """Where the clock was set back, let what is planned move with it; what was done after `now` was done now.

    Otherwise every source would wait until the clock has come again to where it was.
    """
    ahead = Fetch.objects.filter(started_at__gt=now + SET_BACK).order_by("-started_at")
    last = ahead.select_for_update().first()  # of workers that see it at the same time one does it
    if last is None:
        return
    back = last.started_at - now
    Source.objects.filter(next_due_at__gt=now).update(sent_at=None)
    for model, name in _PLANNED:
        model.objects.filter(**{f"{name}__gt": now}).update(**{name: F(name) - back})
    for model, name in _DONE:
        model.objects.filter(**{f"{name}__gt": now}).update(**{name: now})


def validators_to_send(source: Source, *, now: datetime) -> fetch.Validators:
    """What lets the server answer that nothing changed; nothing once a day, for a wrong 304 would hide news for ever."""
    trusted = source.read_whole_at and source.validators_trusted and not is_series(source.url)
    since = abs(now - source.read_whole_at) if trusted else None
    # A random minute of the hour after, so that sources added together are not all asked whole together for ever.
    if since is None or since >= WHOLE_EVERY + WHOLE_WITHIN * _jitter():
        return fetch.UNCONDITIONAL
    return fetch.Validators(etag=source.etag, last_modified=source.last_modified)


def take_answer(
    source: Source, response: fetch.Response, *, entries: str, whole: bool, now: datetime
) -> tuple[str, ...]:
    """Take over what a readable answer says of its source, not saved; sentences on what was decided of a move.

    `entries`: the fingerprint of the entries in it, if it brought any; `whole`: it was asked for without validators.
    """
    known = fetch.Validators(etag=source.etag, last_modified=source.last_modified)
    if not response.not_modified:
        hidden = bool(source.body_sha256) and entries != source.body_sha256 and response.validators == known
        if hidden and known != fetch.UNCONDITIONAL:  # a 304 would have been the answer
            source.validators_trusted = False
        source.body_sha256 = entries
    source.etag, source.last_modified = response.validators.etag, response.validators.last_modified
    source.gone_since = None
    if whole:
        source.read_whole_at = now
    return _take_move(source, response, now=now)


def take_page(source: Source, page: Page, *, headers: Mapping[str, str], now: datetime) -> None:
    """Take over what the first page says of its source, not saved; its hub, if it has one, will be asked.

    `headers` came with it; what they say of the hub counts before what the page says (WebSub, section 4).
    """
    source.last_text = page.text
    source.publisher_minutes = page.minutes
    links = _header_links(headers)
    hub = web_link(links.get("hub"), source.url) or page.hub
    topic = web_link(links.get("self"), source.url) or page.topic or source.url
    _take_hub(source, hub, topic, now=now)


def note_day(source: Source, *, now: datetime) -> None:
    """Remember that the source was read on this day, not saved: the coverage of the watch counts such days.

    Kept as one number: the last day, then a bit for each day up to it. A day far ahead was written by a wrong clock.
    """
    today, (last, bits) = _day(now), _days(source.days_read)
    if today > last or last > today + DAYS_REMEMBERED:
        last, bits = today, bits << today - last if 0 < today - last < DAYS_REMEMBERED else 0
    bits |= 1 << last - today
    source.days_read = (last << DAYS_REMEMBERED | bits % (1 << DAYS_REMEMBERED)).to_bytes(16)


def count_days(days: bytes, *, since: date, until: date) -> int:
    """On how many days of this period, both ends included, a source was read, by what `note_day` remembered."""
    last, bits = _days(days)
    after, period = last - until.toordinal(), (until - since).days + 1
    shifted = bits >> after if after > 0 else bits << min(-after, period)
    return (shifted % (1 << period)).bit_count()


@lru_cache(maxsize=1)  # all sources of a round have the same
def _day(now: datetime) -> int:
    return timezone.localdate(now).toordinal()


def _days(days: bytes) -> tuple[int, int]:
    """The number of the last day, and the bits of the days up to it, the lowest for that day itself."""
    return divmod(int.from_bytes(days), 1 << DAYS_REMEMBERED)


def next_after_answer(source: Source, response: fetch.Response, *, recent: int, now: datetime) -> timedelta:
    """How long to wait: what we decided for the source, unless it publishes more rarely or says that it will.

    `recent` is how many entries it published within RHYTHM_PERIOD. Six times as long while its hub tells us what is new, and has told all of it.
    """
    rhythm = rhythm_of(recent, period=RHYTHM_PERIOD)
    told = Told(
        headers=response.headers,
        asked=timedelta(minutes=source.publisher_minutes or 0),
        at_most=PRIORITY_INTERVAL if source.tier == Tier.OFFICIAL else LONGEST_INTERVAL,
    )
    subscription = _subscription(source)
    times = RARER if subscription and subscription.tells_all(now=now) else 1
    policy = timedelta(minutes=source.cadence_minutes)
    return interval_after_success(policy, told, rhythm=rhythm, times=times)


def take_failure(source: Source, error: Exception, *, now: datetime) -> timedelta | None:
    """How long to wait before the next try; None when the server said twice, a day apart, that the source is gone."""
    policy = timedelta(minutes=source.cadence_minutes)
    asked_to_wait = getattr(error, "retry_after", None)
    kind, status = getattr(error, "kind", "incomplete"), getattr(error, "status", None)
    wait = interval_after_failure(
        policy,
        failures=source.failures + 1,
        jitter=_jitter(),
        weight=weight_of(kind, status=status),
        retry_after=asked_to_wait,
    )
    if not isinstance(error, fetch.FetchError):
        return wait
    if error.kind == "backoff" and error.status != 503 and asked_to_wait:  # which counts all our questions
        Host.objects.hold(source, until=now + timedelta(seconds=asked_to_wait))
    if error.kind != "gone":
        return wait
    source.gone_since = source.gone_since or now
    return None if now - source.gone_since >= GONE_AFTER else max(wait, GONE_AFTER)


@transaction.atomic
def merge(source: Source) -> Source:
    """Pause a source that has moved to what another one watches; that one, returned, goes on for both.

    What each has read stays with it, and the paused one keeps saying where it moved to.
    """
    kept = Source.objects.get(url=source.moved_to)
    kept.indicators.add(*source.indicators.all())
    source.state = Source.State.PAUSED
    source.save(update_fields=["state"])
    return kept


def _subscription(source: Source) -> HubSubscription | None:
    return getattr(
        source, "hub_subscription", None
    )  # who loads many sources spares the query by select_related


def _header_links(headers: Mapping[str, str]) -> dict[str, str]:
    """What the Link headers point to, by relation; the first of each counts."""
    told = [
        (rel, url) for url, rels in _LINK.findall(headers.get("link", "")) for rel in rels.lower().split()
    ]
    return dict(reversed(told))


def _take_hub(source: Source, hub: str, topic: str, *, now: datetime) -> None:
    """Begin anew where the feed names another hub, or itself otherwise; forget a hub that it names no longer."""
    known = _subscription(source)
    if known and (known.hub, known.topic) != (hub, topic):
        known.delete()  # the old hub is answered 410 when it delivers
        known = None
    if hub and not known:
        source.hub_subscription = HubSubscription.objects.create(
            source=source, hub=hub, topic=topic, ask_at=now
        )


def _jitter() -> float:
    return random.random()  # noqa: S311 - spreads load, guards nothing


def _take_move(source: Source, response: fetch.Response, *, now: datetime) -> tuple[str, ...]:
    """Follow a permanent redirect for good once it has led to a readable document often and long enough."""
    target = response.permanent_url if response.url == source.url else ""
    # The fragment is ours (which part of a page is read): RFC 9110, 10.2.2 carries it over.
    fragment = urldefrag(source.url).fragment if target else ""
    target = f"{target}#{fragment}" if fragment else target
    target = target if len(target) <= _MAX_URL else ""
    if target != source.moved_to:
        source.moved_to, source.moved_since, source.moved_times = target, now if target else None, 0
    if not target:
        return ()
    source.moved_times += 1
    if source.moved_times < MOVED_TIMES or now - source.moved_since < MOVED_AFTER:
        return ()
    if Source.objects.filter(url=target).exists():
        told = _(
            "The address has moved for good to %(url)s, which another source watches; it was not changed."
        )
    else:
        Source.objects.filter(pk=source.pk, url=source.url).update(url=target)
        told = _("The address has moved for good; from now on %(url)s is read.")
    return (told % {"url": target},)
