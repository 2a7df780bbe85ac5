"""The registry as of a day, in a browser: a slider where scripts run, a date to type where they do not."""

import shutil

import pytest

from tests.factories import make_registry

sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed on this machine")


def test_the_slider_writes_the_date_that_is_sent(live_server) -> None:
    make_registry(actors=20, legs=20)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{live_server.url}/registre/")
        page.locator("input[type=range]").press("Home")
        earliest = page.locator("#as_of").input_value()
        assert earliest == page.locator("input[type=range]").get_attribute("aria-valuetext")
        page.get_by_role("button", name="Afficher").click()
        assert f"as_of={earliest}" in page.url
        assert page.locator("#as_of").input_value() == earliest
        page.locator("input[type=range]").press("End")
        assert page.locator("#as_of").input_value() == ""
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.locator("td.gaps").first.bounding_box()["width"] > 150  # room for its words
        plain = browser.new_context(java_script_enabled=False).new_page()
        plain.goto(f"{live_server.url}/registre/")
        assert plain.locator("#as_of").is_visible()
        assert plain.locator("input[type=range]").count() == 0
        browser.close()
