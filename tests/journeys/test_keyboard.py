"""An hour of moderation, shortened: twenty candidates decided in a browser by keys alone."""

import shutil
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from indicators.models import Evidence
from tests.factories import make_definition, make_indicator, verified
from tracker.models import Candidate, Decision, Document, Snapshot, Source

sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
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


def test_twenty_candidates_are_decided_by_keys_alone(live_server, session, candidates) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page, errors = context.new_page(), []
        page.on("pageerror", lambda error: errors.append(str(error)))
        keys = page.keyboard

        def after(*pressed: str) -> None:
            """Press the keys, of which the last one sends the form."""
            for key in pressed[:-1]:
                keys.press(key)
            with page.expect_navigation():
                keys.press(pressed[-1])

        page.goto(live_server.url + QUEUE)
        keys.press("?")
        assert page.locator("dialog[open]").count() == 1
        keys.press("Escape")
        keys.press("j")
        after("j", "k", "Enter")
        page.evaluate("getSelection().selectAllChildren(document.querySelectorAll('.moderation-text')[1])")
        keys.press("q")
        assert page.evaluate("document.activeElement.value") == f"Le marché {QUOTE} au moins."
        page.locator("[name=owner]").focus()
        keys.type("Agence")
        page.wait_for_function("document.querySelector('[data-outlook]').textContent.includes('1a')")
        after("Control+Enter")
        for _number in range(17):
            after("x", "Space", "Enter")
        after("s", *"01012030", "Enter")
        keys.press("m")
        keys.type("1")
        keys.press("Tab")
        keys.type(QUOTE)
        after("Control+Enter")
        browser.close()
    assert errors == []
    verdicts = sorted(Decision.objects.values_list("verdict", flat=True))
    assert verdicts == ["accepted", "merged", *["rejected"] * 17, "snoozed"]
    assert Candidate.objects.filter(state="new").count() == 1
    assert Evidence.objects.standing().get().citations.count() == 2
