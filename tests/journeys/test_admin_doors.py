"""The workplace, used wrongly: a sentence or a refusal, and nothing published."""

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.utils.translation import gettext

from indicators.models import Evidence
from tests.factories import verified
from tracker.models import Candidate, Decision, Source

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "diversification.rss"


@pytest.fixture
def candidate(db: None) -> str:
    call_command("seed", stdout=StringIO())
    call_command("watch", "--file", str(SAMPLE), stdout=StringIO())
    return f"/admin/tracker/candidate/{Candidate.objects.get().pk}/change/"


def logged_in(*roles: str) -> Client:
    user = User.objects.create_user("-".join(roles) or "nobody", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client(raise_request_exception=False)
    verified(client, user)
    return client


def accepting(**changes: str) -> dict[str, str]:
    form = {
        "accept": "1",
        "indicator": str(Candidate.objects.get().indicator_id),
        "stance": "supports",
        "directness": "direct",
        "rung": "3",
        "quote": "une clause de diversification des fournisseurs",
        "title_fr": "Titre",
        "title_en": "Title",
        "kind": "tender",
        "occurred_on": "2026-10-14",
        "occurred_precision": "day",
        "owner": "Agence",
        "country": "FR",
        "publisher": "Agence",
        "independence_group": "Agence",
        "tier": "1",
    }
    return form | changes


@pytest.mark.parametrize("day", ["2999-01-01", "1999-12-31", "0001-01-01"])
def test_an_event_that_has_not_happened_is_not_published(candidate: str, day: str) -> None:
    page = logged_in("moderator").post(candidate, accepting(occurred_on=day)).content.decode()
    told = gettext("An event is dated from 2000 up to today: what is to come is not evidence yet.")
    assert told in page
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"cancels": "9999"}, {"cancels": "x"}, {"quote": "x" * 10000}, {"quote": "\0"}, {"country": "ZZZ"},
        {"country": "F1"}, {"rung": ""}, {"rung": "99"}, {"indicator": "9" * 30}, {"title_fr": " "}, {"kind": "zz"},
        {"title_fr": "x" * 301}, {"occurred_on": "demain"}, {"expires_on": "2020-01-01"}, {"tier": "9"},
    ],
)  # fmt: skip
def test_a_wrong_field_is_told_and_nothing_is_published(candidate: str, changes: dict[str, str]) -> None:
    answer = logged_in("moderator").post(candidate, accepting(owner="Gardé", **changes))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert "Gardé" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_correction_may_not_say_what_a_publication_may_not(candidate: str) -> None:
    logged_in("moderator").post(candidate, accepting())
    evidence = Evidence.objects.get()
    kept = ("kind", "title_fr", "title_en", "occurred_precision", "owner")
    form = {"correct": "1", "correct-reason": "x"} | {
        f"correct-{name}": getattr(evidence, name) for name in kept
    }
    editor, door = logged_in("editor"), f"/admin/indicators/evidence/{evidence.pk}/change/"
    for changes in ({"correct-country": "zz"}, {"correct-occurred_on": "2999-01-01"}):
        page = editor.post(door, form | {"correct-occurred_on": "2026-10-14"} | changes).content.decode()
        assert "errorlist" in page
    assert Evidence.objects.count() == 1


def test_what_does_not_exist_is_not_found(candidate: str) -> None:
    client = logged_in("moderator")
    for key in ("999999", "abc", "0", "9" * 30, "1%00"):
        assert client.get(f"/admin/tracker/candidate/{key}/change/").status_code == 404
        assert client.get(f"/admin/indicators/evidence/{key}/change/").status_code == 404


def test_who_may_not_decide_is_refused(candidate: str) -> None:
    decision = {"reject": "1", "reason": "off_topic"}
    answers = {
        role: logged_in(role).post(candidate, decision).status_code
        for role in ("auditor", "editor", "operator")
    }
    assert answers == {"auditor": 403, "editor": 403, "operator": 403}
    assert logged_in().get(candidate).status_code == 403
    assert not Decision.objects.exists()


def test_who_may_not_retract_is_refused(candidate: str) -> None:
    moderator = logged_in("moderator")
    moderator.post(candidate, accepting())
    door = f"/admin/indicators/evidence/{Evidence.objects.get().pk}/change/"
    assert moderator.get(door).status_code == 200
    assert moderator.post(door, {"retract": "1", "retract-reason": "x"}).status_code == 403
    assert Evidence.objects.get().standing


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "", "x" * 3000])
def test_an_address_that_is_not_of_the_web_is_not_watched(candidate: str, url: str) -> None:
    form = {
        "slug": "new",
        "name": "N",
        "format": "feed",
        "publisher": "P",
        "tier": "2",
        "cadence_minutes": "60",
    }
    operator = logged_in("operator")
    page = operator.post("/admin/tracker/source/add/", form | {"url": url, "state": "active"})
    assert "errorlist" in page.content.decode()
    first = Source.objects.exclude(state="local").first().url
    page = operator.post("/admin/tracker/source/add/", form | {"url": first, "state": "active"})
    assert gettext("This address is already watched.") in page.content.decode()


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("tracker/matchrule/add/", "lists"),
        ("indicators/proposal/add/?kind=definition&indicator=1a", "ladder"),
    ],
)
def test_json_nested_beyond_reading_is_refused_beside_its_field(
    candidate: str, page: str, field: str
) -> None:
    User.objects.create_superuser("racine", password="une phrase assez longue")
    client = Client()
    verified(client, User.objects.get(username="racine"))
    nested = "[" * 5000 + "]" * 5000
    answer = client.post(f"/admin/{page}", {field: nested})
    assert answer.status_code == 200
    form = answer.context["form"] if "form" in answer.context else answer.context["adminform"].form
    assert field in form.errors
    assert nested in answer.content.decode()
