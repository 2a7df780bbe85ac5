"""The feed of the registry: a new deal, its change of status, an amended amount, a correction, an edition."""

import io
from dataclasses import replace
from datetime import timedelta

import feedparser
import pytest
from django.test import Client
from django.utils import timezone

from indicators import editions, registering, seeding
from indicators.models import Contradiction, Deal, Leg
from tests.indicators.test_registering import AMOUNT, DEAL, SAID

pytestmark = pytest.mark.django_db


def titles(client: Client, address: str) -> list[str]:
    read = feedparser.parse(io.BytesIO(client.get(address).content))
    assert (read.bozo, read.version) == (False, "atom10")
    assert len({entry.id for entry in read.entries}) == len(read.entries)
    return [entry.title for entry in read.entries]


def test_what_becomes_of_the_registry_is_announced_newest_first(client: Client) -> None:
    now = timezone.now() - timedelta(days=1)
    seeding.load(now=now)
    at_first = Deal.objects.count() + Contradiction.objects.count()
    assert client.get("/registre/flux/atom.xml").content.count(b"<entry>") == at_first
    told, minute = client.get("/registre/flux/atom.xml"), timedelta(minutes=1)
    assert client.get("/registre/flux/atom.xml", headers={"If-None-Match": told["ETag"]}).status_code == 304
    deal = registering.record_deal(DEAL, now=now + minute)
    source = {"statement": SAID, "now": now + 2 * minute}
    registering.change_status(deal, status="signed", happened="2026-11-21", **source)
    more = replace(AMOUNT, since="2026-11-21")
    registering.amend_amount(Leg.objects.get(deal=deal), more, statement=SAID, now=now + 3 * minute)
    first = deal.statements.order_by("pk").first()
    registering.supersede_statement(first, SAID, reason="Mal lu", now=now + 4 * minute)
    frozen = editions.compute("2026-10", today=timezone.localdate())
    editions.release(frozen, now=now + 5 * minute)
    assert titles(client, "/en/registre/flux/atom.xml")[:5] == [
        "Edition 2026-10 of the index",
        "Statement corrected: Deal",
        "Deal: amounts amended",
        "Deal: now “signed”",
        "New deal in the registry: Deal",
    ]
    items = client.get("/registre/flux/feed.json").json()["items"]
    assert items[1]["content_text"].startswith("Mal lu")
    assert items[1]["url"].endswith("/registre/accords/uber-nvidia-2026-11/")
