"""Who reaches which page of the workplace: every address of it, for every role, as docs/roles.md says."""

import re
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse
from django.utils import timezone

from tests.factories import make_evidence, verified
from tracker.models import PublishingStop

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "tests" / "samples" / "diversification.rss"
ROLES = ("moderator", "editor", "operator", "auditor")
INDEX, QUEUE = "/admin/", "/admin/tracker/candidate/"
KINDS = {"changelist": ("v", False), "add": ("a", False), "change": ("c", True), "delete": ("d", False)}
OUTSIDE = {"login", "logout", "second_factor"}  # the way in, and the way out
EVERYONE = {
    "index",
    "password_change",
    "password_change_done",
    "jsi18n",
    "recovery_codes",
    "new_phone",
    "autocomplete",
    "app_list",
    "view_on_site",
}


@pytest.fixture(autouse=True)
def _workplace() -> None:
    """The pages of the admin are loaded with the addresses: without them there is nothing to reach."""
    import_module("tracker.urls")
    assert admin.site._registry


@pytest.fixture
def seeded(db: None) -> None:
    call_command("seed", stdout=StringIO())
    call_command("watch", "--file", str(SAMPLE), stdout=StringIO())
    evidence = make_evidence()
    PublishingStop.objects.create(
        moderator=evidence.published_by, published=30, stopped_at=timezone.now(), ends_at=timezone.now()
    )


def names() -> list[str]:
    """The name of every address under /admin/."""
    return sorted({name for name in _names(admin.site.get_urls()) if name})


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str | None]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _names(each.url_patterns)
        else:
            yield each.name


def address(name: str) -> str:
    """An address by its name; the page of the first row, where it is the page of a row."""
    model = next(
        (
            each
            for each in admin.site._registry
            if name.startswith(f"{each._meta.label_lower}_".replace(".", "_"))
        ),
        User,
    )
    first = model._default_manager.order_by("pk").first()
    for args in ([], [first.pk if first else 1], ["tracker"], [1, 1]):
        try:
            return reverse(f"admin:{name}", args=args)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} takes arguments that this test does not know")


def browser(role: str) -> Client:
    user, _ = User.objects.get_or_create(username=f"one {role}", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    return verified(Client(raise_request_exception=False), user)


def opens(client: Client, name: str, *, posting: bool = False) -> bool:
    """Whether the page answers; a row that is not there sends those who might see it back to the index."""
    answer = client.post(address(name), {}) if posting else client.get(address(name))
    assert answer.status_code < 500, name
    shown = answer.status_code == 200 or (
        answer.status_code == 302 and answer.url in (INDEX, QUEUE, address(name))
    )
    return shown or (posting and answer.status_code == 302)


def reached(clients: list[Client]) -> Iterator[str]:
    """The rows of the table: of each model what may be done with it, then each other page."""
    known = set(OUTSIDE | EVERYONE)
    for model in sorted(admin.site._registry, key=lambda each: each._meta.label_lower):
        stem = model._meta.label_lower.replace(".", "_")
        known |= {f"{stem}_{what}" for what in ("history", *KINDS)}
        marks = [
            "".join(
                mark for what, (mark, post) in KINDS.items() if opens(client, f"{stem}_{what}", posting=post)
            )
            for client in clients
        ]
        yield row(model._meta.label_lower, marks)
    for name in names():
        if name not in known:
            yield row(
                name,
                [
                    "x" if opens(client, name) or opens(client, name, posting=True) else ""
                    for client in clients
                ],
            )


def row(name: str, marks: list[str]) -> str:
    return f"{name:<36}" + "".join(f"{mark or '·':<11}" for mark in marks).rstrip()


def test_each_role_reaches_what_the_table_says_and_nothing_else(seeded):
    told = re.search(r"```\n(.*?)```", (ROOT / "docs" / "roles.md").read_text(), re.DOTALL)[1].splitlines()
    assert list(reached([browser(role) for role in ROLES])) == told[1:]


@pytest.mark.parametrize("step", ["nobody", "the password only"])
def test_no_page_opens_without_the_second_factor_not_even_to_a_superuser(seeded, client, step):
    if step == "the password only":
        client.force_login(User.objects.create_superuser("racine"))
    for name in names():
        for answer in (client.get(address(name)), client.post(address(name))):
            if name not in OUTSIDE:
                assert (answer.status_code, answer.url.split("?")[0]) == (302, "/admin/login/"), name


def test_a_device_of_somebody_else_or_one_that_is_gone_opens_nothing(client, db):
    alice = User.objects.create_superuser("alice")
    verified(client, alice)
    assert client.get(f"{INDEX}?workplace").status_code == 200
    alice.totpdevice_set.all().delete()
    assert client.get(INDEX).status_code == 302
    verified(client, User.objects.create_superuser("bob"))
    session = client.session
    verified(Client(), alice)
    session["otp_device_id"] = alice.totpdevice_set.get().persistent_id
    session.save()
    assert client.get(INDEX).status_code == 302
