"""An hour of moderation, shortened: twenty candidates decided in a browser by keys alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from indicators.models import Evidence
from tests.factories import make_definition, make_indicator, verified
from tracker.models import Candidate, Decision, Document, Snapshot, Source

sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
Page = Any  # of playwright, which need not be there
CHROMIUM = shutil.which("chromium")
QUEUE = "/admin/tracker/candidate/"
QUOTE = "exige deux fournisseurs"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed on this machine")


@pytest.fixture
def candidates(transactional_db: None) -> list[Candidate]:
    now = timezone.now()
    indicator = make_indicator("1a")
    make_definition(indicator)
    source = Source.objects.create(
        slug="s", name="S", url="https://s.example/", publisher="S", format="feed", tier=1
    )
    rows = []
    for number in range(21):
        document = Document.objects.create(
            source=source, external_id=str(number), url=f"https://s.example/{number}", title=f"Avis {number}",
            text=f"Le marché {QUOTE} au moins.", language="fr", kind="article", fingerprint=str(number),
            first_seen_at=now, last_seen_at=now, published_at=now - timedelta(days=1),
        )  # fmt: skip
        Snapshot.objects.take(document, now=now)
        told = {"stance": "supports", "rung": 1, "created_at": now, "priority": 2}
        rows.append(Candidate.objects.create(document=document, indicator=indicator, **told))
    return rows


@pytest.fixture
def session(candidates: list[Candidate]) -> str:
    client = verified(Client(), User.objects.create_superuser("alice"))
    return client.cookies["sessionid"].value


def test_twenty_candidates_are_decided_by_keys_alone(live_server, session: str) -> None:
    with queue(live_server.url, session) as page:
        page.keyboard.press("?")
        assert page.locator("dialog[open]").count() == 1
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        send(page, "j", "k", "Enter")
        accept_with_a_quote(page)
        for _number in range(17):
            send(page, "x", "Space", "Enter")
        send(page, "s", *"01012030", "Enter")
        merge_into_evidence_1(page)
    verdicts = sorted(Decision.objects.values_list("verdict", flat=True))
    assert verdicts == ["accepted", "merged", *["rejected"] * 17, "snoozed"]
    assert Candidate.objects.filter(state="new").count() == 1
    assert Evidence.objects.standing().get().citations.count() == 2


@contextmanager
def queue(address: str, session: str) -> Iterator[Page]:
    """The queue in a browser, as somebody sees it who is logged in; no script may fail meanwhile."""
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address + QUEUE)
        yield page
        browser.close()
    assert errors == []


def send(page: Page, *pressed: str) -> None:
    """Press the keys, of which the last one sends the form."""
    for key in pressed[:-1]:
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press(pressed[-1])


def accept_with_a_quote(page: Page) -> None:
    """Mark words of the text, quote them, name who acts, see what would follow, and accept."""
    page.evaluate("getSelection().selectAllChildren(document.querySelectorAll('.moderation-text')[1])")
    page.keyboard.press("q")
    assert page.evaluate("document.activeElement.value") == f"Le marché {QUOTE} au moins."
    page.locator("[name=owner]").focus()
    page.keyboard.type("Agence")
    page.wait_for_function("document.querySelector('[data-outlook]').textContent.includes('1a')")
    send(page, "Control+Enter")


def merge_into_evidence_1(page: Page) -> None:
    page.keyboard.press("m")
    page.keyboard.type("1")
    page.keyboard.press("Tab")
    page.keyboard.type(QUOTE)
    send(page, "Control+Enter")
