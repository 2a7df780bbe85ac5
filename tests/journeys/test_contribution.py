"""From a link in somebody's hands to its receipt, in a browser, with and without scripts; and back to nothing."""

import json
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tracker.models import Candidate, Contact, Contribution

sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

CHROMIUM = shutil.which("chromium")
LINK = "https://www.boamp.fr/avis/12"
WIDTHS = (320, 768, 1280)
DETECTOR = "window.fired = []; window.__xss = id => window.fired.push(id); window.alert = window.__xss;"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed on this machine")


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def page(request, live_server, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """A page of a browser on the form, with or without scripts; nothing may be asked of another host."""
    call_command("seed", stdout=StringIO())
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop stands in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(java_script_enabled=request.param, locale="fr-FR")
        page, asked = context.new_page(), []
        page.on("request", lambda each: asked.append(each.url))
        page.goto(f"{live_server.url}/")
        yield page
        assert [url for url in asked if not url.startswith(live_server.url)] == []
        browser.close()


def test_from_the_call_of_the_home_page_to_a_receipt_and_its_erasure(page) -> None:
    page.click("text=Partager un exemple ou un contre-exemple")
    page.fill("#id_url", "boamp")
    page.click("text=Dis-en plus, si tu veux")
    page.fill("#id_statement", "Deux fabricants, enfin.")
    page.select_option("#id_indicator", "1a")
    page.fill("#id_email", "ada@example.org")
    page.click("button:has-text('Envoyer')")

    assert page.inner_text("#id_url_error") == "Ceci n’est pas l’adresse d’une page du web public."
    assert page.inner_text("#id_kind_error") == "Dis si c’est un exemple ou un contre-exemple."
    assert page.get_attribute("#id_url", "aria-invalid") == "true"
    assert page.input_value("#id_statement") == "Deux fabricants, enfin."
    page.click(".errorlist >> nth=0")
    page.fill("#id_url", LINK)
    page.check("#id_kind_1")
    page.click("button:has-text('Ce lien est-il déjà connu')")
    assert "Nous n’avons jamais vu cette page" in page.inner_text("[role=status]")
    assert page.is_checked("#id_kind_1")
    page.click("button:has-text('Envoyer')")

    assert "/contribuer/suivi/" in page.url
    assert "Deux fabricants, enfin." in page.inner_text("main")
    assert Candidate.objects.values_list("indicator__code", "stance").get() == ("1a", "contradicts")
    page.reload()
    assert Contribution.objects.count() == 1
    page.click("text=Effacer maintenant")
    page.click("button:has-text('Oui, effacer')")
    assert page.inner_text("h1") == "C’est effacé"
    assert (Contact.objects.count(), Contribution.objects.get().statement) == (0, "")


def test_everything_fits_on_a_small_screen_and_is_reached_by_the_keyboard(page, live_server) -> None:
    for path in (
        "/contribuer/",
        "/en/contribute/",
        "/contribuer/?kind=reply",
        "/contribuer/?kind=contestation",
    ):
        page.goto(live_server.url + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    page.goto(f"{live_server.url}/contribuer/")
    page.focus("#id_url")
    page.keyboard.type(LINK)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contribuer/suivi/**")
    assert Contribution.objects.get().kind == "example"


def test_no_script_that_is_sent_runs_on_a_page_of_the_door(
    shared: Path, transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the form that gives it back and on the receipt; as they are, without any page of ours, many do."""
    settings.CONTRIBUTIONS_PER_NETWORK = settings.CONTRIBUTIONS_PER_HOST = 10_000
    call_command("seed", stdout=StringIO())
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    rows = (shared / "data/hostile/xss.jsonl").read_text().splitlines()
    payloads = [json.loads(row)["payload"].encode("utf-8", "replace").decode() for row in rows]
    pages = [page for start in range(0, len(payloads), 6) for page in pages_with(payloads[start : start + 6])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(bypass_csp=True, offline=True)
        context.add_init_script(DETECTOR)
        assert fired(context, pages) == 0
        assert fired(context, payloads[:60]) >= 10
        browser.close()


def pages_with(payloads: list[str]) -> list[str]:
    """The receipt of what holds these, and the form that gives them back."""
    client, whole = Client(), "\n".join(payloads)
    typed = {
        "quote": whole[:2_000],
        "statement": whole,
        "credit": payloads[0][:120],
        "party": payloads[-1][:200],
    }
    receipt = client.post("/contribuer/", typed | {"kind": "example", "url": LINK})["Location"]
    refused = [
        client.post("/contribuer/", typed | {"kind": kind, "url": payloads[0], "evidence": payloads[-1][:20]})
        for kind in ("example", "reply")
    ]
    assert {page.status_code for page in refused} == {422}
    return [page.content.decode() for page in (client.get(receipt), *refused)]


def fired(context, pages: list[str]) -> int:
    """How many of these pages ran a script that was sent."""
    page, count = context.new_page(), 0
    for each in pages:
        page.goto("about:blank")
        page.set_content(each, wait_until="domcontentloaded")
        count += bool(page.evaluate("window.fired.length"))
    page.close()
    return count
