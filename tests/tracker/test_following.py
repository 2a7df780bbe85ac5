"""Mails for who follows an indicator or an action: asked for, confirmed, told at their time, ended by one click."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from indicators import publishing
from tests.factories import make_definition, make_evidence, make_indicator
from tracker import alerts, following
from tracker.models import Subscription

pytestmark = pytest.mark.django_db
ADA = "ada@pub.example"


@pytest.fixture
def now():
    return timezone.now() + timedelta(minutes=1)  # after what the tests post


def ask(client: Client, subject: str = "indicator:1a", frequency: str = "at_once", path: str = "/suivre/"):
    return client.post(path, {"email": ADA, "subject": subject, "frequency": frequency})


def confirmed(client: Client, now, **asked: str) -> None:
    assert ask(client, **asked).status_code == 201
    assert alerts.send_due(now=now) == 1
    (path,) = re.findall(r"http://localhost:8000(/\S*/(?:confirmer|confirm)/\S+)", mail.outbox.pop().body)
    assert client.get(path).status_code == 200
    assert Subscription.objects.get().confirmed_at is None
    assert client.post(path).status_code == 200


def publish(indicator, now, number: int = 1) -> None:
    evidence = make_evidence(number, assessments=[{"indicator": indicator}], published_at=now)
    publishing.recompute([indicator], cause="published", evidence=evidence, now=now)


@pytest.fixture
def indicator(now):
    indicator = make_indicator("1a")
    make_definition(indicator)
    publishing.recompute([indicator], cause="definition_changed", now=now - timedelta(days=60))
    return indicator


def tell(now) -> int:
    following.tell(now=now)
    return alerts.send_due(now=now)


def test_a_follower_is_told_once_what_moved_and_ends_it_with_one_click(
    client: Client, indicator, now
) -> None:
    confirmed(client, now)
    assert tell(now) == 0
    publish(indicator, now + timedelta(hours=1))

    assert [tell(now + timedelta(hours=2)), tell(now + timedelta(hours=3))] == [1, 0]

    (told,) = mail.outbox
    assert (told.to, told.subject) == ([ADA], "Ce qui a changé : 1a".replace(" :", "\u00a0:"))
    assert "1a est passé de" in told.body and "http://localhost:8000/preuves/1" in told.body
    page = told.extra_headers["List-Unsubscribe"].removeprefix("<http://localhost:8000").removesuffix(">")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(page, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Subscription.objects.count() == 0
    assert strict.post(page).status_code == 404


@pytest.mark.parametrize(("frequency", "hours"), [("daily", 24), ("weekly", 168)])
def test_a_digest_waits_for_its_time_and_tells_all_that_happened(
    client: Client, indicator, now, frequency: str, hours: int
) -> None:
    confirmed(client, now, subject="action:A1", frequency=frequency, path="/en/follow/")
    for number in (1, 2):
        publish(indicator, now + timedelta(hours=number), number)

    assert [tell(now + timedelta(hours=each)) for each in (3, hours - 1, hours + 1, hours + 2)] == [
        0,
        0,
        1,
        0,
    ]
    assert mail.outbox[0].body.count("New evidence no.") == 2


def test_what_happens_elsewhere_is_not_told(client: Client, indicator, now) -> None:
    other = make_indicator("2a")
    make_definition(other)
    confirmed(client, now)
    publish(other, now + timedelta(hours=1))

    assert tell(now + timedelta(hours=2)) == 0


def test_a_network_that_asks_too_often_is_told_when_to_come_back(client: Client, indicator) -> None:
    asked = [ask(client).status_code for _ in range(8)]
    late = ask(client)
    assert (asked, late.status_code) == ([201] * 8, 429)
    assert 590 <= int(late["Retry-After"]) <= 600
    assert "reviens dans 10\N{NO-BREAK SPACE}minutes" in late.content.decode()
    assert ADA in late.content.decode()
    elsewhere = {"email": ADA, "subject": "indicator:1a", "frequency": "daily"}
    assert client.post("/suivre/", elsewhere, REMOTE_ADDR="192.0.2.7").status_code == 201


def test_nobody_learns_whether_an_address_follows_something(client: Client, indicator, now) -> None:
    first = ask(client)
    confirmed_path = client.get("/suivre/")
    Subscription.objects.update(confirmed_at=now)
    again = ask(client)

    assert (first.status_code, again.status_code, confirmed_path.status_code) == (201, 201, 200)
    assert first.content == again.content
    assert alerts.send_due(now=now) == 1
    assert ask(client, subject="indicator:9z").status_code == 422
