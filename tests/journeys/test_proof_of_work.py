"""In a browser: the sum is done by our own module under the strict policy; without scripts what is sent is read later."""

import shutil
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tracker.models import Contribution

sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed on this machine")


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def page(
    request, live_server, transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator:
    """A page of a browser on the form, while a proof of work is asked for after the first contribution."""
    call_command("seed", stdout=StringIO())
    settings.PROOF_ABOVE = 1
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop stands in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(java_script_enabled=request.param, locale="fr-FR").new_page()
        page.told = []
        page.on("console", lambda message: page.told.append(message.text))
        page.with_scripts, page.form = request.param, f"{live_server.url}/contribuer/"
        yield page
        browser.close()


def test_a_browser_does_the_sum_before_it_sends(page) -> None:
    for number in range(2):
        page.goto(page.form)
        assert not page.is_visible("[name=website]")
        page.fill("#id_url", f"https://www.boamp.fr/avis/{number}")
        page.check("#id_kind_0")
        page.click("button:has-text('Envoyer')")
        page.wait_for_url("**/suivi/**")

    marks = [mark["mark"] for mark in Contribution.objects.order_by("pk").last().marks]
    assert ("no_proof" in marks) is not page.with_scripts
    assert page.told == []
