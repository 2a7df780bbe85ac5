"""Scripts sent through every format and typed by a moderator: a browser runs none, on any page."""

import json
import re
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators.models import Evidence, Indicator
from indicators.publishing import NewAssessment
from tests.factories import verified
from tracker import moderation
from tracker.models import Candidate, Document

sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

CHROMIUM = shutil.which("chromium")
NOTICE = Path(__file__).resolve().parent.parent / "samples" / "notice.xml"
QUOTE = "une clause de diversification des fournisseurs"
SENTENCE = (
    f"Le marché public de serveurs GPU du supercalculateur contient {QUOTE} : au moins deux fabricants."
)
DETECTOR = "window.fired = []; window.__xss = id => window.fired.push(id); window.alert = window.__xss;"
PAGES = (
    "/", "/en/", "/indicateurs/1a/", "/en/indicateurs/1a/", "/actions/pools-d-achat-europeens/", "/preuves/",
    "/preuves/?retracted=true", "/preuves/1/", "/en/preuves/1/", "/veille/", "/flux/atom.xml",
    "/flux/feed.json", "/indicateurs/1a/flux/atom.xml", "/api/v1/evidence/", "/api/v1/indicators/1a/",
    "/admin/", "/admin/tracker/candidate/?state=all", "/admin/tracker/candidate/?state=all&p=2",
    "/admin/tracker/document/?all=", "/admin/tracker/fetch/", "/admin/tracker/decision/", "/admin/tracker/decision/?all=",
    "/admin/indicators/evidence/?all=",
)  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed on this machine")


@pytest.fixture(scope="module")
def payloads(shared: Path) -> list[str]:
    rows = (shared / "data/hostile/xss.jsonl").read_text().splitlines()
    return [json.loads(row)["payload"] for row in rows]


@pytest.fixture
def files(payloads: list[str], tmp_path: Path) -> list[str]:
    """Every payload as the title and the text of an entry, and as the title and the names of a notice."""
    items = [
        f"<item><title>{escape(each)}</title><guid>rss-{n}</guid><author>{escape(each)}</author>"
        f"<link>{escape(each)}</link><description>{escape(each)} {SENTENCE} {n}</description></item>"
        for n, each in enumerate(payloads)
    ]
    channel = f"<title>{escape(payloads[0])}</title>" + "".join(items)
    (tmp_path / "hostile.rss").write_text(f'<rss version="2.0"><channel>{channel}</channel></rss>')
    entries = [
        {"id": f"json-{n}", "title": each, "url": each, "content_html": f"{each} {SENTENCE} json {n}"}
        for n, each in enumerate(payloads)
    ]
    version = "https://jsonfeed.org/version/1.1"
    told = {"version": version, "title": payloads[1], "items": entries}
    (tmp_path / "hostile.json").write_text(json.dumps(told))
    everything = escape(re.sub(r"[\x00-\x1f\ufffe\uffff]", " ", " ".join(payloads)))
    notice = NOTICE.read_text()
    assert "Tribunal imaginaire" in notice
    (tmp_path / "hostile.xml").write_text(notice.replace("Tribunal imaginaire", everything))
    return [str(path) for path in sorted(tmp_path.iterdir())]


@pytest.fixture
def administrator(transactional_db: None) -> Client:
    call_command("seed", stdout=StringIO())
    client = Client()
    verified(client, User.objects.create_superuser("<script>__xss('user')</script>", password="assez longue"))
    return client


@pytest.fixture
def shown(files: list[str], payloads: list[str], administrator: Client) -> list[str]:
    """Everything read, and every payload published as a moderator may type it; the pages that then tell of it."""
    call_command("watch", "--file", *files, stdout=StringIO())
    assert Document.objects.count() > 2 * len(payloads)
    *candidates, left = Candidate.objects.filter(
        indicator__code="1a", document__text__contains=QUOTE
    ).order_by("pk")[:30]  # one person publishes no more within an hour
    assert len(candidates) > 5
    by, indicator = User.objects.get(), Indicator.objects.get(code="1a")
    texts = [" ".join(payloads[start :: len(candidates)]) for start in range(len(candidates))]
    for candidate, text in zip(candidates, texts, strict=True):
        rationale = {"rationale_fr": text, "rationale_en": text}
        means = NewAssessment(indicator=indicator, stance="contradicts", directness="direct", **rationale)
        event = {"title_fr": text[:300], "title_en": text[:300], "summary_fr": text, "summary_en": text}
        event |= {"owner": text[:200], "kind": "tender", "occurred_on": timezone.localdate()}
        citation = {
            "quote": QUOTE,
            "publisher": text[:200],
            "independence_group": text[:200],
            "locator": text[:200],
        }
        moderation.accept(
            candidate, event=event, citation=citation, assessments=[means], by=by, now=timezone.now(),
            conflict_of_interest=text[:500],
        )  # fmt: skip
    one = [f"/admin/tracker/candidate/{each.pk}/change/" for each in (*candidates[:2], left)]
    one += [evidence.get_absolute_url() for evidence in Evidence.objects.all()]
    return [*PAGES, *one, f"/admin/indicators/evidence/{Evidence.objects.first().pk}/change/"]


@pytest.fixture
def browse(live_server, administrator: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """A page of a browser that ignores the content policy, logged in, and what it asked of other hosts."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop stands in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(bypass_csp=True)
        session = administrator.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        context.add_init_script(DETECTOR)
        yield context.new_page()
        browser.close()


def test_no_payload_runs_on_any_page(shown: list[str], browse, live_server, payloads: list[str]) -> None:
    outside = []
    browse.on("request", lambda asked: asked.url.startswith(live_server.url) or outside.append(asked.url))
    fired, answers = [], {}
    for path in shown:
        answers[path] = browse.goto(live_server.url + path, wait_until="load").status
        fired += [(path, each) for each in browse.evaluate("window.fired || []")]
    assert {path: status for path, status in answers.items() if status != 200} == {}
    assert fired == []
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []

    runs = 0  # the detector must see what a page without any defence would run
    for payload in payloads:
        browse.goto(live_server.url + "/robots.txt")
        browse.evaluate("html => document.write(html)", payload)
        runs += bool(browse.evaluate("window.fired.length"))
        if runs == 20:
            return
    pytest.fail(f"the detector saw {runs} payloads run where nothing stops them")
