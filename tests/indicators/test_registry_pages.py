"""The registry as readers meet it: the list and its filters, one deal with its quotes, contradictions, the grid."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from lxml import html

from indicators import seeding
from indicators.models import Deal, Statement
from tests.factories import PUBLISHED_AT

pytestmark = pytest.mark.django_db
AMOUNT = {"basis": "exact", "lo": "500000000000", "hi": "500000000000", "nominal": None, "currency": "USD"}


@pytest.fixture
def seeded() -> None:
    seeding.load(now=PUBLISHED_AT)


@pytest.fixture
def read(client: Client) -> Callable[..., html.HtmlElement]:
    """A page as a tree; its status must be the one expected."""

    def page(path: str, status: int = 200) -> html.HtmlElement:
        answer = client.get(path)
        assert answer.status_code == status, answer.content.decode()
        return html.fromstring(answer.content)

    return page


def text(tree: html.HtmlElement) -> str:
    return " ".join(tree.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())


def slugs(tree: html.HtmlElement) -> list[str]:
    return [row.get("id") for row in tree.find_class("deal-row")]


def test_the_list_says_who_pays_whom_and_what_nobody_published(seeded: None, read) -> None:
    tree = read("/registre/")
    assert len(slugs(tree)) == 21
    assert "503,9 Md$ annoncés, et 6 montants non publiés" in text(tree.find_class("headline")[0])
    row = tree.get_element_by_id("oracle-openai-300")
    assert text(row.find_class("who")[0]).startswith("OpenAI paie Oracle")
    assert [text(cell) for cell in row.find_class("stage")] == ["300 Md$", "non publié", "non publié"]
    assert "la date de l’annonce" in text(row.find_class("gaps")[0])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?actor=uber", ["uber-nvidia-2025-10"]),
        ("?instrument=acquisition", None),
        ("?period=2019", ["microsoft-openai-14"]),
        ("?period=2025&actor=openai", ["nvidia-openai-2025-09", "stargate-2025-01"]),
        ("?instrument=equity", ["nvidia-openai-2025-09", "nvidia-coreweave-stake"]),
        ("?as_of=2025-09-30", ["nvidia-openai-2025-09", "stargate-2025-01", "microsoft-openai-14"]),
        ("?since=2026-10-14&actor=loreal", ["nvidia-loreal"]),
        ("?since=2026-10-15", []),
        ("?instrument=&period=&since=&as_of=&live=&actor=loreal", ["nvidia-loreal"]),
    ],
)
def test_the_list_answers_to_its_filters(seeded: None, read, query: str, expected: list[str] | None) -> None:
    if expected is None:
        assert "licence_acquihire" in text(read(f"/registre/{query}", 400))
    else:
        assert slugs(read(f"/registre/{query}")) == expected


def test_inferred_payments_are_shown_only_where_they_are_asked_for(seeded: None, read) -> None:
    assert "1 paiement déduit ou garanti, non affiché" in text(
        read("/registre/").get_element_by_id("mistral-compute")
    )
    asked = read("/registre/?inferred=true").get_element_by_id("mistral-compute")
    assert "déduit par nous" in text(asked)


def test_what_changed_since_a_day_is_told_with_its_quote(seeded: None, read) -> None:
    row = read("/registre/?since=2025-12-01&actor=openai").get_element_by_id("nvidia-openai-2025-09")
    quote = Statement.objects.get(slug="nvidia-openai-2025-09/s8").quote
    assert f"30 déc. 2025 · {quote}" in text(row.find_class("changes")[0])


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_from_home_a_quote_is_two_clicks_away(seeded: None, read, prefix: str) -> None:
    [registry] = set(read(f"{prefix}/").xpath("//nav//a[contains(@href, '/registre/')]/@href"))
    [deal] = read(registry).xpath("//*[@id='nvidia-openai-2025-09']//*[@class='title']/a/@href")
    said = read(deal).find_class("said")
    assert len(said) == 8
    assert "Nvidia s’engage à investir jusqu’à 100 milliards de dollars dans OpenAI" in text(said[1])
    assert "Dixie Consulting" in text(said[1]) and "l. 14" in text(said[1])
    assert said[1].get("id") == "nvidia-openai-2025-09/s2"


def test_a_deal_tells_its_payments_its_gaps_and_how_to_cite_it(seeded: None, read) -> None:
    tree = read("/registre/accords/nvidia-openai-2025-09/?as_of=2026-11-01")
    words = text(tree.get_element_by_id("main"))
    assert "Nvidia finance OpenAI" in words and "OpenAI paie Nvidia" in words
    assert "jusqu’à 100 Md$ jusqu’à 100 milliards de dollars" in words
    assert "10 GW" in words
    cited = [text(each) for each in tree.find_class("citation-text")]
    assert [each.rpartition(", ")[2] for each in cited] == [
        f"{settings.SITE_URL}/registre/accords/nvidia-openai-2025-09/",
        f"{settings.SITE_URL}/en/registre/accords/nvidia-openai-2025-09/",
    ]
    assert "au 1er nov. 2026" in cited[0] and "as of 1 Nov 2026" in cited[1]
    assert "Nvidia → OpenAI → Nvidia" in words


def test_a_deal_shows_the_amount_of_its_whole_as_the_source_says_it(read) -> None:
    whole = AMOUNT | {"as_stated": "500 milliards sur quatre ans"}
    names = {"slug": "stargate", "title_fr": "Stargate", "title_en": "Stargate"}
    Deal.objects.create(**names, kind="umbrella", status="announced", whole_amount=whole)
    assert "500 Md$" in text(read("/registre/").get_element_by_id("stargate"))
    assert "500 Md$ (500 milliards sur quatre ans)" in text(read("/registre/accords/stargate/"))


def test_a_deal_that_nobody_knows_is_not_found(read) -> None:
    read("/registre/accords/nobody/", 404)
