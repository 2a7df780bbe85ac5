"""Before a grave step: password and code once more; and what becomes of an account without its phone."""

import os
import re
import time
from base64 import b32decode, b32encode
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from lxml import html

from indicators import editing
from indicators.models import Override, Proposal
from tests.factories import make_definition, make_indicator, make_user, verified
from tracker import accounts
from tracker.models import Freeze, PublishingStop

pytestmark = pytest.mark.django_db
PASSWORD = "une phrase assez longue"
GROUPS = "/admin/auth/group/"
LONG_AGO = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def racine() -> User:
    return User.objects.create_superuser("racine", password=PASSWORD)


@pytest.fixture
def stale(racine: User) -> Client:
    """The browser of a superuser who logged in hours ago."""
    client = verified(Client(), racine)
    session = client.session
    session["confirmed_at"] = LONG_AGO
    session.save()
    return client


def code_of(user: User) -> str:
    app = TOTP(TOTPDevice.objects.get(user=user).bin_key)
    app.time = time.time()
    return f"{app.token():06}"


def fields_of(page: bytes) -> dict[str, str]:
    """The form that asks, as a browser would send it back."""
    [form] = html.fromstring(page.decode()).xpath("//form[.//input[@name='confirm-password']]")
    return {each.name: each.value or "" for each in form.xpath(".//input[@name]")}


def test_deleting_asks_first_and_goes_on_with_what_was_chosen(stale, racine):
    doomed = [Group.objects.create(name=name) for name in ("a", "b")]
    chosen = {"action": "delete_selected", "_selected_action": [each.pk for each in doomed], "index": "0"}
    asked = stale.post(GROUPS, chosen)
    assert Group.objects.count() == 2
    kept = html.fromstring(asked.content.decode()).xpath("//input[@name='_selected_action']/@value")
    assert kept == [str(each.pk) for each in doomed]
    before = stale.session.session_key
    told = fields_of(asked.content) | chosen | {"confirm-password": PASSWORD, "confirm-code": code_of(racine)}
    shown = stale.post(GROUPS, told)
    assert "Supprimer plusieurs objets" in html.fromstring(shown.content.decode()).text_content()
    assert stale.session.session_key != before
    stale.post(GROUPS, chosen | {"post": "yes"})
    assert not Group.objects.exists()


@pytest.mark.parametrize(
    ("password", "code", "words"),
    [
        ("faux", "", "Ce n’est pas votre mot de passe."),
        (PASSWORD, "000000", "Ce code est faux, ou a déjà servi."),
        (PASSWORD, "", "Ce champ est obligatoire."),
    ],
)
def test_a_wrong_confirmation_changes_nothing(stale, racine, password, code, words):
    group = Group.objects.create(name="a")
    address = f"{GROUPS}{group.pk}/delete/"
    told = {
        "post": "yes",
        "confirm-password": password,
        "confirm-code": code or ("" if "obligatoire" in words else code_of(racine)),
    }
    answer = stale.post(address, told)
    assert words in answer.content.decode()
    assert Group.objects.exists()
    assert stale.session["confirmed_at"] == LONG_AGO


def test_a_page_that_was_asked_for_is_shown_after_the_confirmation(stale, racine):
    address = "/admin/auth/user/add/?_popup=1"
    told = fields_of(stale.get(address).content)
    confirmed = stale.post(address, told | {"confirm-password": PASSWORD, "confirm-code": code_of(racine)})
    assert confirmed.url == address
    assert "confirm-password" not in stale.get(address).content.decode()


def test_what_everybody_reads_is_not_changed_without_a_confirmation(stale, racine):
    indicator = make_indicator()
    make_definition(indicator)
    content = {"rung": 2, "reason_fr": "Raison", "reason_en": "", "days": 30}
    told = {"by": make_user("ada"), "now": timezone.now()}
    proposal = editing.propose(Proposal.Kind.EXCEPTION, indicator, content=content, **told)
    address = f"/admin/indicators/proposal/{proposal.pk}/change/"
    asked = stale.post(address, {"adopt": "1", "seen": proposal.digest})
    assert fields_of(asked.content)["adopt"] == "1"
    frozen = {"indicator": indicator.pk, "reason": "Vague"}
    assert fields_of(stale.post("/admin/tracker/freeze/add/", frozen).content)["reason"] == "Vague"
    stop = PublishingStop.objects.create(
        moderator=told["by"], published=30, stopped_at=told["now"], ends_at=told["now"] + timedelta(hours=1)
    )
    lift = {"action": "lift", "_selected_action": str(stop.pk)}
    assert fields_of(stale.post("/admin/tracker/publishingstop/", lift).content)["action"] == "lift"
    assert (Override.objects.count(), Freeze.objects.count()) == (0, 0)
    confirmed = {"confirm-password": PASSWORD, "confirm-code": code_of(racine)}
    assert stale.post(address, fields_of(asked.content) | confirmed).status_code == 302
    override = Override.objects.get()
    stale.post("/admin/tracker/freeze/add/", frozen)
    stale.post("/admin/tracker/publishingstop/", lift)
    stop.refresh_from_db()
    assert (Freeze.objects.count(), stop.lifted_by) == (1, racine)
    session = stale.session
    session["confirmed_at"] = LONG_AGO
    session.save()
    stale.post(f"/admin/indicators/override/{override.pk}/change/", {})
    stale.post("/admin/tracker/freeze/", {"action": "lift", "_selected_action": Freeze.objects.get().pk})
    override.refresh_from_db()
    assert (override.lifted_at, Freeze.objects.standing().count()) == (None, 1)


def test_wrong_passwords_are_counted_here_too(stale, racine):
    group = Group.objects.create(name="a")
    told = {"confirm-password": "faux", "confirm-code": "123456"}
    answers = [stale.post(f"{GROUPS}{group.pk}/delete/", told).content.decode() for _ in range(12)]
    assert "Trop d’essais infructueux." in answers[-1]
    right = {"confirm-password": PASSWORD, "confirm-code": code_of(racine), "post": "yes"}
    stale.post(f"{GROUPS}{group.pk}/delete/", right)
    assert Group.objects.exists()


def test_new_recovery_codes_replace_those_before(client, racine):
    verified(client, racine)
    [old, *_] = accounts.new_recovery_codes(racine)
    page = client.post("/admin/recovery-codes/", {"new": "1"}).content.decode()
    assert page.count("<li><code>") == accounts.RECOVERY_CODES
    assert accounts.verify(racine, old) is None


def test_another_phone_takes_the_place_of_the_first_and_ends_the_other_sessions(client, racine):
    address, there = "/admin/new-phone/", Client()
    verified(there, racine)
    verified(client, racine)
    old = TOTPDevice.objects.get()
    shown = re.search(r"staff-key\">([A-Z2-7 ]+)<", client.get(address).content.decode())[1]
    app = TOTP(b32decode(shown.replace(" ", "")))
    app.time = time.time()
    right = {"new_code": f"{app.token():06}", "password": PASSWORD, "code": code_of(racine)}
    for wrong in ({"new_code": "000000"}, {"password": "faux"}, {"code": "000000"}):
        assert list(client.post(address, right | wrong).context["form"].errors) == list(wrong)
        TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
        assert [row.key for row in TOTPDevice.objects.all()] == [old.key]
    assert client.post(address, right).url == "/admin/"
    assert b32encode(TOTPDevice.objects.get().bin_key).decode() == shown.replace(" ", "")
    assert client.get("/admin/?workplace").status_code == 200
    assert there.get("/admin/?workplace").status_code == 302
    told = LogEntry.objects.get(object_id=racine.pk).get_change_message()
    assert told.startswith("Second facteur remplacé")
    assert accounts.verify(racine, code_of(racine)) is None  # the code that proved it counted once


def test_an_account_without_its_phone_is_set_up_again_and_its_sessions_end(client, racine):
    verified(client, racine)
    verified(Client(), User.objects.create_superuser("eve"))
    accounts.new_recovery_codes(racine)
    out = StringIO()
    call_command("reset_second_factor", "racine", stdout=out)
    assert out.getvalue().startswith("racine mettra en place un nouveau second facteur")
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/second-factor/").url.startswith("/admin/login/")
    assert Session.objects.count() == 1
    assert accounts.recovery_codes_left(racine) == 0
    with pytest.raises(CommandError, match="Aucun compte ne s’appelle personne"):
        call_command("reset_second_factor", "personne")


def test_the_first_moderator_of_the_command_line_is_led_through_the_enrolment(client, monkeypatch):
    monkeypatch.setitem(os.environ, "DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", username="premiere", email="", stdout=StringIO())
    told = {"username": "premiere", "password": PASSWORD}
    page = client.post("/admin/login/", told, follow=True)
    assert page.redirect_chain == [("/admin/second-factor/?next=/admin/", 302)]
    assert "staff-key" in page.content.decode()
