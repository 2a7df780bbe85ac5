"""The way into the workplace: password, second factor, what is refused, and in which words."""

import re
import time
from base64 import b32decode
from datetime import timedelta
from statistics import median

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from lxml import html

from tests.factories import verified
from tracker import accounts, lockout

pytestmark = pytest.mark.django_db
PASSWORD = "une phrase assez longue"
LOGIN, SECOND, INDEX = "/admin/login/", "/admin/second-factor/", "/admin/"
WRONG = "Ce nom et ce mot de passe ne vont pas ensemble."
LOCKED = re.compile(r"Trop d’essais infructueux\. Réessayez dans \d+\N{NO-BREAK SPACE}minutes?\.")


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alicemartin@mail.example", PASSWORD, is_staff=True)


def give_password(client: Client, name: str = "alice", password: str = PASSWORD, **extra: str):
    return client.post(LOGIN, {"username": name, "password": password, "next": INDEX}, **extra)


def said(answer) -> str:
    return html.fromstring(answer.content.decode()).text_content()


def key_shown(page: str) -> bytes:
    return b32decode(re.search(r"staff-key\">([A-Z2-7 ]+)<", page)[1].replace(" ", ""))


def code_of(key: bytes, *, steps: int = 0) -> str:
    app = TOTP(key)
    app.time = time.time() + 30 * steps
    return f"{app.token():06}"


def enrolled(client: Client) -> bytes:
    """Log in for the first time, as a person does; the key that the page showed."""
    give_password(client)
    key = key_shown(client.get(SECOND).content.decode())
    assert client.post(SECOND, {"code": code_of(key, steps=-1), "next": INDEX}).status_code == 200
    return key


def test_the_first_log_in_leads_through_the_enrolment_and_shows_recovery_codes_once(client, alice):
    assert client.get(INDEX).url == f"{LOGIN}?next={INDEX}"
    first = give_password(client)
    assert first.url == f"{SECOND}?next={INDEX}"
    page = client.get(first.url)
    assert 'src="data:image/svg+xml' in page.content.decode()
    assert page["Cache-Control"] == "no-store" or "no-store" in page["Cache-Control"]
    key = key_shown(page.content.decode())
    wrong = client.post(SECOND, {"code": "000000", "next": INDEX})
    assert key_shown(wrong.content.decode()) == key
    assert client.get(INDEX).status_code == 302
    codes = re.findall(
        r"<li><code>([a-z2-7 ]{19})</code>", client.post(SECOND, {"code": code_of(key)}).content.decode()
    )
    assert len(set(codes)) == accounts.RECOVERY_CODES
    assert client.get(f"{INDEX}?workplace").status_code == 200
    assert client.get(SECOND).status_code == 302
    assert codes[0] not in client.get("/admin/recovery-codes/").content.decode()


def test_nothing_of_the_enrolment_is_stored_before_a_code_proves_it_and_each_session_has_its_own_key(alice):
    first, second = Client(), Client()
    keys = []
    for client in (first, second):
        give_password(client)
        keys.append(key_shown(client.get(SECOND).content.decode()))
    assert keys[0] != keys[1]
    assert not TOTPDevice.objects.exists()
    assert first.post(SECOND, {"code": code_of(keys[0])}).status_code == 200
    late = second.post(SECOND, {"code": code_of(keys[1])})
    assert second.get(INDEX).status_code == 302
    assert "staff-key" not in late.content.decode()
    assert TOTPDevice.objects.count() == 1


def test_a_code_counts_once_and_only_around_its_time(alice):
    key = enrolled(Client())
    for steps, status in ((-3, 200), (3, 200)):
        client = Client()
        give_password(client)
        assert client.post(SECOND, {"code": code_of(key, steps=steps)}).status_code == status
        TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    client, other = Client(), Client()
    give_password(client)
    give_password(other)
    assert client.post(SECOND, {"code": code_of(key)}).status_code == 302
    again = other.post(SECOND, {"code": code_of(key)})
    assert "Ce code est faux, ou a déjà servi." in said(again)
    assert other.get(INDEX).status_code == 302


def test_wrong_codes_have_to_wait_ever_longer_and_a_right_one_too(client, alice):
    key = enrolled(Client())
    give_password(client)
    answers = [client.post(SECOND, {"code": "000000"}) for _ in range(20)]
    locked = [answer for answer in answers if LOCKED.search(said(answer))]
    assert locked
    assert len(locked) + TOTPDevice.objects.get().throttling_failure_count == len(answers)

    TOTPDevice.objects.update(throttling_failure_count=9, throttling_failure_timestamp=timezone.now())
    refused = client.post(SECOND, {"code": code_of(key)})
    assert LOCKED.search(said(refused))


def test_a_recovery_code_lets_in_once(alice):
    enrolled(Client())
    [code, *_] = accounts.new_recovery_codes(alice)
    for client, status in ((Client(), 302), (Client(), 200)):
        give_password(client)
        assert client.post(SECOND, {"code": code.upper().replace(" ", "-")}).status_code == status
    assert accounts.recovery_codes_left(alice) == accounts.RECOVERY_CODES - 1


def test_twenty_wrong_passwords_lock_one_account_and_no_other(alice):
    User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    answers = [give_password(Client(), password="faux") for _ in range(20)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 10
    assert WRONG in said(answers[0])
    assert LOCKED.search(said(answers[-1]))
    assert give_password(Client()).status_code == 429
    assert give_password(Client(), "ALICE ", "faux").status_code == 429
    assert give_password(Client(), "bob").status_code == 302


def test_a_name_that_does_not_exist_is_told_nothing_else(alice):
    told = {
        name: [said(give_password(Client(), name, "faux")) for _ in range(12)] for name in ("alice", "nobody")
    }
    assert told["alice"] == told["nobody"]


def test_a_name_that_does_not_exist_takes_as_long(alice):
    seconds = {name: [] for name in ("alice", "nobody")}  # of this thread: other work does not count
    for name in ["alice", "nobody"] * 31:
        lockout.FailedLogin.objects.all().delete()
        began = time.thread_time()
        give_password(Client(), name, "faux")
        seconds[name].append(time.thread_time() - began)
    assert abs(median(seconds["alice"]) - median(seconds["nobody"])) < 0.005


@pytest.mark.parametrize(
    ("addresses", "status"),
    [
        ([f"2001:db8:1:2:{n:x}::1" for n in range(60)], 429),
        ([f"2001:db8:1:{n:x}::1" for n in range(60)], 200),
        (["192.0.2.7"] * 60, 429),
    ],
    ids=["one network of IPv6", "many networks", "one address"],
)
def test_a_network_is_locked_whatever_names_it_tries(alice, addresses, status):
    for number, address in enumerate(addresses):
        last = give_password(Client(), f"name{number}", "faux", REMOTE_ADDR=address)
    assert last.status_code == status


def test_only_a_proxy_is_believed_about_addresses(alice, settings):
    def from_one_place(name: str, told: str) -> int:
        return give_password(
            Client(), name, "faux", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=told
        ).status_code

    assert {from_one_place(f"a{n}", f"203.0.113.{n}") for n in range(51)} == {200, 429}
    lockout.FailedLogin.objects.all().delete()
    settings.BEHIND_PROXY = True
    assert {from_one_place(f"b{n}", f"198.51.100.9, 203.0.113.{n}") for n in range(51)} == {200}
    lockout.FailedLogin.objects.all().delete()
    assert {from_one_place(f"c{n}", f"203.0.113.{n}, 198.51.100.9") for n in range(51)} == {200, 429}


def test_a_lock_ends_by_itself_and_is_not_prolonged(alice, now):
    told = {"username": "alice", "address": "192.0.2.1"}
    for minute in range(10):
        lockout.begin(**told, now=now + timedelta(minutes=minute))
    for minute in (10, 14):
        with pytest.raises(lockout.LockedError) as locked:
            lockout.begin(**told, now=now + timedelta(minutes=minute))
        assert locked.value.until == now + lockout.WINDOW
    lockout.begin(**told, now=now + lockout.WINDOW)


def test_nothing_that_was_typed_is_kept_of_a_wrong_password(alice):
    give_password(Client(), "my secret typed as a name", "faux", REMOTE_ADDR="192.0.2.7")
    kept = str(lockout.FailedLogin.objects.values_list().get())
    assert "secret" not in kept
    assert "192.0.2.7" not in kept


def test_the_key_of_the_session_changes_at_each_step_and_the_session_ends_after_twelve_hours(client, alice):
    client.get(LOGIN)
    give_password(client)
    keys = [client.session.session_key]
    key = key_shown(client.get(SECOND).content.decode())
    ends_at = client.session.get_expiry_date()
    client.post(SECOND, {"code": code_of(key)})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 2
    assert not Session.objects.filter(pk=keys[0]).exists()
    assert client.session.get_expiry_date() == ends_at
    assert abs(ends_at - timezone.now() - timedelta(hours=12)) < timedelta(minutes=1)


def test_a_new_password_ends_the_other_sessions(alice):
    here, there = verified(Client(), alice), Client()
    alice.set_password(PASSWORD)
    alice.save()
    verified(here, alice)
    verified(there, alice)
    changed = {
        "old_password": PASSWORD,
        "new_password1": "une autre phrase longue",
        "new_password2": "une autre phrase longue",
    }
    assert here.post("/admin/password_change/", changed).status_code == 302
    assert here.get(f"{INDEX}?workplace").status_code == 200
    assert there.get(INDEX).status_code == 302


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("trop court", "au minimum 15 caractères"),
        ("passwordpassword", "trop courant"),
        ("alice.alice.alice", "trop courant"),
        ("!!Password 2026!!", "trop courant"),
        ("alicemartin@mail", "trop semblable"),
        ("123456789012345678", "entièrement numérique"),
    ],
)
def test_a_weak_password_is_refused_in_french(client, alice, password, words):
    verified(client, alice)
    alice.set_password(PASSWORD)
    alice.save()
    verified(client, alice)
    typed = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert words in said(client.post("/admin/password_change/", typed))


def test_passwords_are_kept_by_argon2(alice):
    assert alice.password.startswith("argon2$argon2id$")


def test_whoever_took_only_the_first_step_may_leave(client, alice):
    give_password(client)
    assert client.get(LOGIN).url.startswith(SECOND)
    assert client.post("/admin/logout/").status_code == 200
    assert client.get(SECOND).status_code == 302


def test_the_way_in_leads_to_no_other_site(client, alice):
    answer = client.post(LOGIN, {"username": "alice", "password": PASSWORD, "next": "https://evil.example/"})
    assert answer.url == f"{SECOND}?next={INDEX}"
    key = key_shown(client.get(f"{SECOND}?next=//evil.example/").content.decode())
    page = client.post(SECOND, {"code": code_of(key), "next": "//evil.example/"}).content.decode()
    assert "evil" not in page
