"""What an answer, or a failure, means for its source: what to send it, where it lives, when it is asked again."""

import random
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from tracker import fetch
from tracker.dedup import entries_fingerprint
from tracker.fetch.cadence import interval_after_failure, interval_after_success, rhythm_of
from tracker.models import Host, Source, pause

# A server in distress says 410, 301 and 304 as easily as 500: what it says is believed when it says so again.
WHOLE_EVERY = timedelta(hours=24)
GONE_AFTER = timedelta(hours=24)
MOVED_AFTER, MOVED_TIMES = timedelta(days=3), 5
RHYTHM_PERIOD = timedelta(weeks=4)

_MAX_URL = 2_000


def may_ask(source: Source, *, now: datetime) -> bool:
    """Whether the host of a claimed source may be asked now; if not, the source is given back until it may be.

    Sources that wait for one host come back apart: the longer the wait, the wider.
    """
    if Host.objects.admit(source, now=now):
        return True
    back = max(Host.objects.of(source).get().free_at, now + pause())
    source.release(next_due_at=back + (back - now) * _jitter() / 10)
    source.save(update_fields=["claimed_until", "asked_host", "sent_at", "next_due_at"])
    return False


def validators_to_send(source: Source, *, now: datetime) -> fetch.Validators:
    """What lets the server answer that nothing changed; nothing once a day, for a wrong 304 would hide news for ever."""
    if (
        not source.validators_trusted
        or source.read_whole_at is None
        or now - source.read_whole_at >= WHOLE_EVERY
    ):
        return fetch.UNCONDITIONAL
    return fetch.Validators(etag=source.etag, last_modified=source.last_modified)


def take_answer(source: Source, response: fetch.Response, *, whole: bool, now: datetime) -> tuple[str, ...]:
    """Take over what a readable answer says of its source, not saved; sentences on what was decided of a move.

    `whole`: it was asked for without validators.
    """
    known = fetch.Validators(etag=source.etag, last_modified=source.last_modified)
    if not response.not_modified:
        entries = entries_fingerprint(response.body)
        hidden = bool(source.body_sha256) and entries != source.body_sha256 and response.validators == known
        if hidden and known != fetch.UNCONDITIONAL:  # a 304 would have been the answer
            source.validators_trusted = False
        source.body_sha256 = entries
    source.etag, source.last_modified = response.validators.etag, response.validators.last_modified
    source.gone_since = None
    if whole:
        source.read_whole_at = now
    return _take_move(source, response, now=now)


def next_after_answer(source: Source, response: fetch.Response, *, now: datetime) -> timedelta:
    """How long to wait: what we decided for the source, unless it publishes more rarely or says that it will."""
    rhythm = rhythm_of(source.entries_since(now - RHYTHM_PERIOD), period=RHYTHM_PERIOD)
    return interval_after_success(timedelta(minutes=source.cadence_minutes), response.headers, rhythm=rhythm)


def take_failure(source: Source, error: Exception, *, now: datetime) -> timedelta | None:
    """How long to wait before the next try; None when the server said twice, a day apart, that the source is gone."""
    policy = timedelta(minutes=source.cadence_minutes)
    asked_to_wait = getattr(error, "retry_after", None)
    wait = interval_after_failure(
        policy, failures=source.failures + 1, jitter=_jitter(), retry_after=asked_to_wait
    )
    if not isinstance(error, fetch.FetchError):
        return wait
    if error.status == 429 and asked_to_wait:  # it counts all our questions; a 503 is about this one
        Host.objects.hold(source, until=now + timedelta(seconds=asked_to_wait))
    if error.kind != "gone":
        return wait
    source.gone_since = source.gone_since or now
    return None if now - source.gone_since >= GONE_AFTER else max(wait, GONE_AFTER)


def _jitter() -> float:
    return random.random()  # noqa: S311 - spreads load, guards nothing


def _take_move(source: Source, response: fetch.Response, *, now: datetime) -> tuple[str, ...]:
    """Follow a permanent redirect for good once it has led to a readable document often and long enough."""
    target = response.permanent_url if response.url == source.url else ""
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
