"""Hubs that tell us at once what is new in a feed (WebSub): asked, believed once they confirm, read like any answer.

https://www.w3.org/TR/websub/. A hub is a stranger: it is asked through the guarded fetcher, its deliveries are signed
with a secret of their own feed, and asking the feed itself goes on, more rarely.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from tracker import bodies, fetch, health, storing
from tracker.fetch.address import is_public
from tracker.models import WAITING_LIMIT, Delivery, Fetch, Host, HubSubscription, Source
from tracker.watchers import read_guarded
from tracker.watchers.entry import IncompleteError, Page, Request, UnreadableError
from tracker.watchers.plaintext import line

LEASE_WANTED = timedelta(days=10)
LEASE_LIMITS = timedelta(minutes=15), timedelta(days=30)
ANSWER_WITHIN = timedelta(days=1)  # how long a hub has to confirm what we asked, and we wait to ask again
ASKED_AT_ONCE, READ_AT_ONCE = 5, 100  # in one round
_SIGNATURES = ("sha1", "sha256", "sha384", "sha512")  # section 7.1; SHA-1 is still sound in an HMAC
_ACCEPTED = (200, 202, 204)


def possible() -> bool:
    """Whether a hub could reach us: by https, under a name that is not only ours."""
    site = urlsplit(settings.SITE_URL)
    name = site.hostname or ""
    literal = ":" in name or name.rpartition(".")[2].isdecimal()
    return site.scheme == "https" and (is_public(name) if literal else "." in name)


def callback_of(subscription: HubSubscription) -> str:
    """The address that the hub is given, which nobody else can guess."""
    return settings.SITE_URL + reverse("hub-callback", args=[subscription.pk, _proof(subscription.pk)])


def is_callback(pk: int, proof: str) -> bool:
    """Whether we gave somebody this address, be the subscription over or not."""
    return constant_time_compare(proof, _proof(pk))


def ask_hubs(*, now: datetime) -> None:
    """Ask the hubs whose turn it is: to begin or to go on for watched sources, to stop for others."""
    if not possible():
        return
    for subscription in HubSubscription.objects.to_ask(now).select_related("source")[:ASKED_AT_ONCE]:
        if subscription.state == HubSubscription.State.LEAVING and not _wanted(subscription):
            subscription.delete()  # the hub was asked to stop, and had its time to confirm
        elif Host.objects.take(subscription.hub, now=now):
            _ask(subscription, now=now)


def confirm(subscription: HubSubscription, *, mode: str, topic: str, lease: str, now: datetime) -> bool:
    """Answer a hub that asks whether we meant it (section 5.3); False when we did not."""
    if topic != subscription.topic:
        return False
    if mode == "unsubscribe" and not _wanted(subscription):
        subscription.delete()
        return True
    asked = subscription.asked_at and now - subscription.asked_at <= ANSWER_WITHIN
    if mode != "subscribe" or not asked or not _wanted(subscription):
        return False
    least, most = LEASE_LIMITS
    promised = timedelta(seconds=int(lease[:9])) if lease.isascii() and lease.isdecimal() else LEASE_WANTED
    promised = min(max(promised, least), most)
    subscription.state, subscription.error, subscription.silent_since = (
        HubSubscription.State.VERIFIED,
        "",
        None,
    )
    subscription.verified_at, subscription.verified_until = now, now + promised
    subscription.ask_at = now + promised * 0.8  # before it ends, with time for another try
    subscription.save()
    return True


def refused(subscription: HubSubscription, reason: str, *, now: datetime) -> None:
    """Take note that the hub refuses or ends the subscription (section 5.2); it is asked again in a day."""
    subscription.state, subscription.verified_until = HubSubscription.State.ASKED, None
    subscription.ask_at = now + ANSWER_WITHIN
    subscription.error = (_("The hub refuses.") + " " + line(reason, limit=500)).strip()
    subscription.save()


def take(
    subscription: HubSubscription, body: bytes, *, content_type: str, signature: str, now: datetime
) -> bool:
    """Keep a delivery for a worker to read; one that the hub did not sign is counted and forgotten."""
    if subscription.state != HubSubscription.State.VERIFIED or not _signed(subscription, body, signature):
        HubSubscription.objects.filter(pk=subscription.pk).update(forged=F("forged") + 1)
        return False
    Delivery.objects.create(
        subscription=subscription, received_at=now, content_type=content_type[:200], body=body
    )
    return True


def is_full(subscription: HubSubscription) -> bool:
    """Whether more was delivered than our workers have come to read."""
    return subscription.deliveries.count() >= WAITING_LIMIT


def read_deliveries(*, now: datetime) -> list[Fetch]:
    """Read what hubs delivered, as if the feeds themselves had been asked; a Fetch tells of each."""
    waiting = Delivery.objects.values_list("pk", flat=True)[:READ_AT_ONCE]
    return [read for pk in list(waiting) if (read := read_delivery(pk, now=now))]


def read_delivery(pk: int, *, now: datetime) -> Fetch | None:
    """Read and store one delivery; None when another worker has done so. One that cannot be read is told in words."""
    delivery = Delivery.objects.select_related("subscription__source").filter(pk=pk).first()
    if delivery is None:
        return None
    subscription, body = delivery.subscription, bytes(delivery.body)
    told = {"outcome": Fetch.Outcome.READ}
    page, sent = Page(), {"url": subscription.topic, "content_type": delivery.content_type}
    bodies.keep(subscription.source, body, **sent, now=now)
    try:
        page = read_guarded("feed", body, **sent)
    except UnreadableError as error:
        told = {
            "outcome": Fetch.Outcome.UNREADABLE,
            "error_kind": error.kind,
            "error": storing.sentence(error),
        }
    except IncompleteError as error:
        told = {"outcome": Fetch.Outcome.UNREADABLE, "error_kind": "incomplete", "error": _(str(error))}
    with transaction.atomic():
        if not Delivery.objects.filter(pk=pk).delete()[0]:
            return None
        stored = storing.store(subscription.source, page, now=now)
        if told["outcome"] == Fetch.Outcome.READ:
            source = Source.objects.select_for_update().only("days_read").get(pk=subscription.source_id)
            health.note_day(source, now=now)
            source.save(update_fields=["days_read"])
        remarks = map(storing.sentence, (*page.remarks, *stored.remarks))
        return Fetch.objects.create(
            source=subscription.source,
            started_at=now,
            bytes_read=len(body),
            body_sha256=hashlib.sha256(body).hexdigest(),
            entries_new=stored.new,
            entries_changed=stored.changed,
            entries_same=stored.same,
            remarks=[_("The hub of this feed delivered it."), *remarks],
            **told,
        )


def _wanted(subscription: HubSubscription) -> bool:
    return subscription.source.state in subscription.source.WATCHED


def _ask(subscription: HubSubscription, *, now: datetime) -> None:
    wanted = _wanted(subscription)
    form = {
        "hub.callback": callback_of(subscription),
        "hub.mode": "subscribe" if wanted else "unsubscribe",
        "hub.topic": subscription.topic,
        "hub.secret": _secret(subscription),
        "hub.lease_seconds": int(LEASE_WANTED.total_seconds()),
    }
    # Written before it is asked: a hub may confirm while we still wait for its answer.
    changed = {"asked_at": now, "ask_at": now + ANSWER_WITHIN, "error": ""}
    if not wanted:
        changed["state"] = HubSubscription.State.LEAVING
    elif subscription.state == HubSubscription.State.LEAVING:
        changed["state"] = HubSubscription.State.ASKED
    rows = HubSubscription.objects.filter(pk=subscription.pk)
    if not rows.filter(ask_at=subscription.ask_at, state=subscription.state).update(**changed):
        return  # another worker was first
    request = Request(
        url=subscription.hub,
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
    )
    try:
        fetch.send(request)
    except fetch.FetchError as error:
        if error.status not in _ACCEPTED:  # that it has nothing to say is what a hub answers when it accepts
            rows.update(error=str(error))


def _signed(subscription: HubSubscription, body: bytes, signature: str) -> bool:
    method, _equals, given = signature.strip().partition("=")
    if method.lower() not in _SIGNATURES:
        return False
    right = hmac.new(_secret(subscription).encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(right.encode(), given.lower().encode())


def _proof(pk: int) -> str:
    return salted_hmac("tracker.websub.callback", str(pk), algorithm="sha256").hexdigest()


def _secret(subscription: HubSubscription) -> str:
    """One for each hub and feed, kept nowhere: the secret key of the service makes it anew."""
    told = f"{subscription.pk} {subscription.hub} {subscription.topic}"
    return salted_hmac("tracker.websub.secret", told, algorithm="sha256").hexdigest()
