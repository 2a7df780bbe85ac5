"""The registry as readers meet it: the list and its filters, one deal with its quotes, contradictions."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import html

from indicators import seeding
from indicators.models import (
    Actor,
    Contradiction,
    Deal,
    DealEvent,
    Leg,
    LegAmount,
    Publication,
    Reply,
    Statement,
)
from tests.factories import PUBLISHED_AT, make_registry, make_user

pytestmark = pytest.mark.django_db
NVIDIA_OPENAI = "nvidia-openai-2025-09"
AMOUNT = {"basis": "exact", "lo": "500000000000", "hi": "500000000000", "nominal": None, "currency": "USD"}
PAYLOAD = "</q><script>alert('x')</script>\" onmouseover=\"alert(1)"


@pytest.fixture
def seeded() -> None:
    seeding.load(now=PUBLISHED_AT)


@pytest.fixture
def read(client: Client) -> Callable[..., html.HtmlElement]:
    """A page as a tree; its status must be the one expected."""

    def page(path: str, status: int = 200) -> html.HtmlElement:
        answer = client.get(path)
        assert answer.status_code == status, path
        return html.fromstring(answer.content)

    return page


def text(tree: html.HtmlElement) -> str:
    return " ".join(tree.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())


def slugs(tree: html.HtmlElement) -> list[str]:
    return [row.get("id") for row in tree.find_class("deal-row")]


def test_a_payment_leads_to_its_quotes_and_they_lead_back(seeded: None, read) -> None:
    tree = read(f"/registre/accords/{NVIDIA_OPENAI}/")
    payment = tree.get_element_by_id(f"{NVIDIA_OPENAI}/equity")
    said = {link.get("href"): text(link) for link in payment.cssselect("a") if "/s" in link.get("href")}
    assert list(said) == [f"#{NVIDIA_OPENAI}/s2", f"#{NVIDIA_OPENAI}/s8"]
    words = "Nvidia s’engage à investir jusqu’à 100 milliards de dollars dans OpenAI"
    quoted = tree.get_element_by_id(f"{NVIDIA_OPENAI}/s2")
    assert said[f"#{NVIDIA_OPENAI}/s2"] == words == text(quoted.cssselect("blockquote")[0])
    assert f"#{NVIDIA_OPENAI}/equity" in [link.get("href") for link in quoted.cssselect("a")]
    why = read("/indice/apercu/openai/")
    [finance] = {
        text(each) for each in why.cssselect("ul.legs > li") if "Nvidia finance OpenAI" in text(each)
    }
    assert words in finance
    assert "ont annoncé un accord historique" not in finance


def test_the_list_says_who_pays_whom_and_what_nobody_published(seeded: None, read) -> None:
    tree = read("/registre/")
    assert len(slugs(tree)) == 21
    words = text(tree.get_element_by_id("main"))
    assert "503,9 Md$ annoncés, et 6 montants non publiés Dont versés : non publié" in words
    row = tree.get_element_by_id("oracle-openai-300")
    who = row.find_class("who")[0]
    assert (who.text, text(who[0])) == ("OpenAI paie Oracle", "engagement de cloud · confiance : moyenne")
    assert [text(cell) for cell in row.find_class("stage")] == ["300 Md$", "non publié", "non publié"]
    assert text(row.find_class("gaps")[0]) == "la date de l’annonce, une deuxième source"
    assert "1 paiement déduit ou garanti, non affiché" in text(tree.get_element_by_id("mistral-compute"))
    asked = read("/registre/?inferred=true").get_element_by_id("mistral-compute")
    assert "achat de puces · déduit par nous" in text(asked)
    assert "$503.9bn announced, and 6 amounts not disclosed" in text(read("/en/registre/"))
    assert "No deal was announced by then." in text(read("/en/registre/?as_of=2000-01-01"))


def test_a_cancelled_deal_is_outside_the_totals_and_says_so(seeded: None, read) -> None:
    pages = ("/en/registre/accords/oracle-openai-300/", "/en/registre/")
    assert "counted in the totals" in text(read(pages[0]))
    Deal.objects.get(slug="oracle-openai-300").events.create(
        happened="2026-11-01", status="cancelled", statement=Statement.objects.first()
    )
    assert "cancelled · date not disclosed · outside the totals" in text(read(pages[0]))
    (status,) = read(pages[1]).get_element_by_id("oracle-openai-300").find_class("status")
    assert (status.text, text(status[0])) == ("cancelled", "outside the totals")


def test_each_page_stands_in_both_languages_with_nothing_inline(seeded: None, client: Client) -> None:
    paths = ["", f"accords/{NVIDIA_OPENAI}/", "contradictions/"]
    for path in [*(f"/registre/{path}" for path in paths), "/grille/"]:
        for prefix, language in (("", "fr"), ("/en", "en")):
            tree = html.fromstring(client.get(prefix + path).content)
            twins = {link.get("hreflang"): link.get("href") for link in tree.iterfind(".//link[@hreflang]")}
            assert tree.get("lang") == language
            assert (twins["fr"], twins["en"]) == (settings.SITE_URL + path, f"{settings.SITE_URL}/en{path}")
            assert not tree.xpath(
                "//@style | //style | //script[not(@src)] | //@*[starts-with(name(), 'on')]"
            )
            assert len(tree.findall(".//h1")) == 1
            ids = tree.xpath("//@id")
            assert len(ids) == len(set(ids)), path


def test_the_list_answers_to_its_filters(seeded: None, read) -> None:
    Deal.objects.filter(slug="uber-nvidia-2025-10").update(status="cancelled")
    expected = {
        "?actor=uber": ["uber-nvidia-2025-10"],
        "?actor=uber&live=true": [],
        "?actor=amazon&instrument=cloud_commitment": ["aws-openai-38"],
        "?period=2019": ["microsoft-openai-14"],
        "?period=2025&actor=openai": [NVIDIA_OPENAI, "stargate-2025-01"],
        "?instrument=equity": [NVIDIA_OPENAI, "nvidia-coreweave-stake"],
        "?instrument=equity&confirmed=true&period=undated": ["nvidia-coreweave-stake"],
        "?as_of=2025-09-30": [NVIDIA_OPENAI, "stargate-2025-01", "microsoft-openai-14"],
        "?as_of=2025-09-30&period=3m": [NVIDIA_OPENAI],
        "?since=2026-10-15": [],
        "?instrument=&period=&since=&as_of=&live=&actor=loreal": ["nvidia-loreal"],
    }
    assert {query: slugs(read(f"/registre/{query}")) for query in expected} == expected


def test_what_a_page_cannot_read_is_refused_in_words(
    seeded: None, read, client: Client, shared: Path
) -> None:
    refused = {
        "?actor=nobody": "nvidia, openai…",
        "?actor=%00": "nvidia, openai…",
        "?instrument=acquisition": "licence_acquihire",
        "?period=1999": "undated",
        "?live=oui": "true",
        "?since=hier": "écrit 2026-10-14",
        "?as_of=2999-01-01": "écrit 2026-10-14",
        "?page=2": "un nombre de 1 à 1",
        "?color=red": "actor, instrument, period",
    }
    told = {query: text(read(f"/registre/{query}", 400)) for query in refused}
    assert {query for query, words in refused.items() if words not in told[query]} == set()
    assert "What is accepted" in text(read("/en/registre/?period=1999", 400))
    rows = map(json.loads, (shared / "data/hostile/injection.jsonl").read_text().splitlines())
    values = [row["value"] for row in rows if row["family"] == "query"]
    client.raise_request_exception = False
    broken = [
        (name, value)
        for value in values
        for name in ("actor", "instrument", "period", "since", "live", "page", "as_of")
        if client.get(f"/registre/?{name}={quote(value)}").status_code >= 500
    ]
    assert broken == []


def test_what_is_new_since_a_day_is_told_with_its_quote(seeded: None, read) -> None:
    row = read("/registre/?since=2025-12-01&actor=openai").get_element_by_id(NVIDIA_OPENAI)
    said = Statement.objects.get(slug=f"{NVIDIA_OPENAI}/s8").quote
    assert [text(each) for each in row.find_class("changes")[0]] == [
        "15 oct. 2026 · entré au registre",
        f"30 déc. 2025 · {said} (da.van.ac)",
    ]
    row = Deal.objects.get(slug="nvidia-loreal")
    DealEvent.objects.create(deal=row, happened="2026-11-02", status="signed")
    assert slugs(read("/registre/?since=2026-10-15")) == ["nvidia-loreal"]
    assert "2 nov. 2026 · signé" in text(read("/registre/?since=2026-10-15"))


def test_from_home_a_quote_is_two_clicks_away(seeded: None, read) -> None:
    for prefix in ("", "/en"):
        [registry] = set(read(f"{prefix}/").xpath("//nav//a[contains(@href, '/registre/')]/@href"))
        [deal] = read(registry).xpath(f"//*[@id='{NVIDIA_OPENAI}']//*[@class='title']/a/@href")
        said = read(deal).find_class("said")
        assert len(said) == 8
        assert "Nvidia s’engage à investir jusqu’à 100 milliards de dollars dans OpenAI" in text(said[1])
        assert "Dixie Consulting" in text(said[1]) and "l. 14" in text(said[1])
        assert said[1].get("id") == f"{NVIDIA_OPENAI}/s2"


def test_a_deal_tells_its_payments_its_gaps_and_how_to_cite_it(seeded: None, read) -> None:
    tree = read(f"/registre/accords/{NVIDIA_OPENAI}/?as_of=2026-11-01")
    words = text(tree.get_element_by_id("main"))
    assert [text(each.find("h3")) for each in tree.find_class("payment")] == [
        "Nvidia finance OpenAI",
        "OpenAI paie Nvidia",
    ]
    for told in (
        "Annoncé : sept. 2025",
        "jusqu’à 100 Md$ jusqu’à 100 milliards de dollars",
        "sous condition : Nvidia finance OpenAI",
        "Quantités : 10 GW",
        "puces de Nvidia : 100 % du montant",
        "Nvidia → OpenAI → Oracle → Nvidia",
        "c12 · ouverte",
    ):
        assert told.lower() in words.lower(), told
    assert [text(each) for each in tree.xpath("//section[@aria-labelledby='gaps']//li")] == [
        "ce qui est engagé",
        "ce qui est versé",
        "un document d’une partie ou d’une autorité",
    ]
    cited = [text(each) for each in tree.find_class("citation-text")]
    path = f"registre/accords/{NVIDIA_OPENAI}/"
    assert [each.rpartition(", ")[2] for each in cited] == [
        f"{settings.SITE_URL}/{path}",
        f"{settings.SITE_URL}/en/{path}",
    ]
    assert "1er nov. 2026" in cited[0] and "data as of 1 Nov 2026" in cited[1]
    assert "pas encore annoncé ce jour-là" in text(read(f"/{path}?as_of=2025-01-01"))
    assert (
        f"?kind=correction&corrects={NVIDIA_OPENAI}%2Fs1"
        in tree.xpath("//*[@class='citation said']//a/@href")[2]
    )
    read("/registre/accords/nobody/", 404)


def test_a_corrected_quote_an_amended_amount_and_a_reply_stand_on_the_page(seeded: None, read) -> None:
    row, old = Deal.objects.get(slug=NVIDIA_OPENAI), Statement.objects.get(slug=f"{NVIDIA_OPENAI}/s2")
    Statement.objects.create(
        slug=f"{NVIDIA_OPENAI}/s9",
        deal=row,
        publication=old.publication,
        quote="jusqu’à 100 milliards",
        claim="reported",
        supersedes=old,
        correction_reason="La citation était tronquée.",
        recorded_at=datetime(2026, 11, 3, tzinfo=UTC),
    )
    leg = Leg.objects.get(slug=f"{NVIDIA_OPENAI}/equity")
    amended = {"basis": "exact", "lo": 30 * 10**9, "hi": 30 * 10**9, "currency": "USD", "since": "2026-11-01"}
    LegAmount.objects.create(leg=leg, stage="announced", **amended)
    LegAmount.objects.create(leg=leg, stage="disbursed", **amended)
    Reply.objects.create(
        actor=Actor.objects.get(slug="openai"),
        party="OpenAI",
        text="Ce n’est pas exact.",
        received_at=PUBLISHED_AT,
        published_at=PUBLISHED_AT,
        published_by=make_user(),
    )
    tree = read(f"/registre/accords/{NVIDIA_OPENAI}/")
    stages = [text(each) for each in tree.find_class("stages")[0].iter("dd")]
    assert stages == ["30 Md$ avant : jusqu’à 100 Md$", "non publié", "30 Md$"]
    gaps = [text(each) for each in tree.xpath("//section[@aria-labelledby='gaps']//li")]
    assert gaps[:2] == ["ce qui est engagé", "ce qui est versé pour certains paiements"]
    assert "Corrigée le 3 nov. 2026 par" in text(tree.get_element_by_id(old.slug))
    assert "Motif : La citation était tronquée." in text(tree.get_element_by_id(f"{NVIDIA_OPENAI}/s9"))
    assert "Ce n’est pas exact." in text(tree.get_element_by_id("main"))
    assert "Dont versés : 30 Md$" in text(read("/registre/"))
    before = read(f"/registre/accords/{NVIDIA_OPENAI}/?known_at=2026-11-01T00:00:00Z&as_of=2026-10-31")
    assert "jusqu’à 100 Md$" in text(before.find_class("stages")[0])
    assert len(before.find_class("said")) == 8


def test_contradictions_stand_side_by_side_the_open_ones_first(seeded: None, read) -> None:
    Contradiction.objects.filter(number="c01").update(state="resolved")
    Contradiction.objects.filter(number="c03").update(state="explained")
    tree = read("/registre/contradictions/")
    found = [each.get("id") for each in tree.find_class("contradiction")]
    assert (found[0], found[-2:], len(found)) == ("c02", ["c03", "c01"], 17)
    sides = tree.get_element_by_id("c01").find_class("sides")[0]
    assert len(sides) == 2
    old_anchors = read("/registre/")
    assert old_anchors.get_element_by_id("c01").find("a").get("href") == "/registre/contradictions/#c01"
    assert old_anchors.get_element_by_id("a-nvidia").find("a").get("href") == "/registre/acteurs/nvidia/"


def test_what_sources_and_names_hold_is_only_text(read, client: Client) -> None:
    source = {"slug": "s", "title": PAYLOAD, "publisher": PAYLOAD, "published_on": date(2026, 1, 1)}
    publication = Publication.objects.create(**source, url="javascript:alert(1)", language="en")
    one = Actor.objects.create(slug="one", name=PAYLOAD, kind=PAYLOAD[:20])
    two = Actor.objects.create(slug="two", name="Two", kind="company")
    whole = AMOUNT | {"as_stated": PAYLOAD}
    titles = {"title_fr": PAYLOAD, "title_en": PAYLOAD, "note_fr": PAYLOAD, "counter_reading_fr": PAYLOAD}
    deal = Deal.objects.create(slug="d", **titles, kind="deal", status="announced", whole_amount=whole)
    deal.parties.create(actor=one, roles=[PAYLOAD])
    leg = Leg.objects.create(
        slug="d/l", deal=deal, payer=one, payee=two, flow="P", instrument=PAYLOAD[:30], confidence="low",
        term={"as_stated": PAYLOAD}, physical={"site": PAYLOAD, PAYLOAD: "1"},
        vendors=[{"actor": PAYLOAD, "lo": "0", "hi": "1"}], readings=[{"flow": "F", "payer": PAYLOAD}],
    )  # fmt: skip
    LegAmount.objects.create(
        leg=leg, stage="announced", basis="exact", lo=1, hi=2, currency="USD", as_stated=PAYLOAD
    )
    said = Statement.objects.create(
        slug="d/s", deal=deal, publication=publication, quote=PAYLOAD, claim="reported", locator=PAYLOAD
    )
    DealEvent.objects.create(deal=deal, happened="2026-02", status=PAYLOAD[:30], statement=said)
    texts = dict.fromkeys(("about", "what_fr", "what_en", "recorded_fr", "recorded_en"), PAYLOAD)
    Contradiction.objects.create(number="c01", **texts, state="open").statements.add(said)
    for path in (
        "/registre/",
        "/registre/?since=2025-01-01",
        "/registre/accords/d/",
        "/registre/contradictions/",
    ):
        content = client.get(path).content.decode()
        assert "<script>" not in content and "&lt;script&gt;" in content, path
        tree = html.fromstring(content)
        assert not tree.xpath("//@onmouseover | //a[starts-with(@href, 'javascript')]"), path


def test_a_large_registry_costs_no_more_queries_hardly_more_time_and_is_cut_in_pages(client: Client) -> None:
    def measured() -> tuple[int, float]:
        """Queries, and the least processor time of three."""
        with CaptureQueriesContext(connection) as queries:
            client.get("/registre/?since=2025-06-01")
        seconds = []
        for _time in range(3):
            began = process_time()
            assert len(slugs(html.fromstring(client.get("/registre/").content))) == 100
            seconds.append(process_time() - began)
        return len(queries), min(seconds)

    make_registry(actors=60, legs=200)
    queries, seconds = measured()
    make_registry(actors=300, legs=1_500, first=100)
    queries_of_large, seconds_of_large = measured()
    assert queries == queries_of_large <= 32
    assert seconds_of_large < 2.5 * seconds
    assert html.fromstring(client.get("/registre/").content).xpath("//a[@rel='next']/@href") == ["?page=2"]
