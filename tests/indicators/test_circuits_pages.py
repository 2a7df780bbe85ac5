"""Circuits, matrix: what readers find there, what they may ask for, and what hostile names cannot do."""

from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from django.test import Client
from lxml import etree, html

from indicators import registry, seeding
from indicators.models import Actor, Circulation, Deal, DealEvent, Leg, LegAmount, WantedView
from tests.factories import PUBLISHED_AT
from tracker.tasks import compute_circulation

pytestmark = pytest.mark.django_db

HOSTILE = "</text></title><script>alert(1)</script>\x07\"'&"
SVG = "{http://www.w3.org/2000/svg}"
Read = Callable[..., html.HtmlElement]


@pytest.fixture
def seeded() -> None:
    seeding.load(now=PUBLISHED_AT)


@pytest.fixture
def read(client: Client) -> Read:
    """A page as a tree; its status must be the one expected."""

    def page(path: str, status: int = 200) -> html.HtmlElement:
        answer = client.get(path)
        assert answer.status_code == status, answer.content.decode()
        return html.fromstring(answer.content)

    return page


def text(tree: html.HtmlElement) -> str:
    return " ".join(tree.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())


def listed(tree: html.HtmlElement) -> dict[str, str]:
    """The circuits of the list: in words, and their addresses."""
    return {text(link): link.get("href") for link in tree.cssselect("ol.circuits h3 a")}


def make_leg(slug: str, payer: Actor, payee: Actor, *, flow: str = "P", **amount: object) -> Leg:
    """A payment of a deal of its own; without an amount it is undisclosed."""
    deal = Deal.objects.create(slug=slug, title_fr=slug, title_en=slug, kind="deal", status="announced")
    leg = Leg.objects.create(
        slug=f"{slug}/leg", deal=deal, payer=payer, payee=payee, flow=flow, instrument="services", confidence="low"
    )  # fmt: skip
    if amount:
        LegAmount.objects.create(leg=leg, stage="announced", basis="exact", currency="USD", **amount)
    return leg


def drawing(client: Client, path: str) -> etree._Element:
    """A drawing as a file: it is XML, may be shown elsewhere, and says where it is from."""
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert answer["Access-Control-Allow-Origin"] == "*"
    tree = etree.fromstring(answer.content)
    words = "".join(tree.itertext())
    assert "CC BY 4.0" in words
    assert path.partition("?")[0] in words.replace("\n", "")
    assert tree.findall(f".//{SVG}script") == tree.findall(".//script") == []
    return tree


def test_from_the_list_to_a_quote_and_to_a_drawing_with_its_source(
    seeded: None, read: Read, client: Client
) -> None:
    tree = read("/registre/circuits/")
    words = text(tree)
    assert "39,4 % de l’argent déclaré peut tourner en rond : 240 Md$ sur 609,9 Md$" in words
    assert "6 paiements sans montant affiché n’y entrent pas" in words
    assert "Un circuit déclaré n’est ni une fraude ni une preuve de chiffre d’affaires fictif." in words
    assert "Du financement de Nvidia, peut lui revenir en ventes : jusqu’à 100 Md$." in words
    assert "Nvidia finance OpenAI, qui lui achète" in words
    circuits = listed(tree)
    assert list(circuits) == [
        "Nvidia finance OpenAI, OpenAI paie Nvidia",
        "Nvidia finance OpenAI, OpenAI paie Oracle, Oracle paie Nvidia",
    ]
    address = circuits["Nvidia finance OpenAI, OpenAI paie Oracle, Oracle paie Nvidia"]
    page = read(address)
    assert "jusqu’à 40 Md$ Il ne peut pas en faire le tour plus" in text(page)
    assert "Oracle a signé avec OpenAI pour 300 milliards de dollars sur cinq ans." in text(page)
    assert "Lecture contraire" in text(page)
    [link] = page.cssselect("a[download]")
    picture = drawing(client, urljoin(address, link.get("href")))
    assert {"Nvidia", "OpenAI", "Oracle", "F", "P"} <= {
        "".join(each.itertext()) for each in picture.iter(f"{SVG}text")
    }
    english = read(f"/en{address}")
    assert "Nvidia finances OpenAI, OpenAI pays Oracle, Oracle pays Nvidia" in text(english)
    assert "up to $40bn" in text(english)


def test_the_reader_chooses_what_counts_and_an_address_leads_to_the_view_that_has_its_circuit(
    seeded: None, read: Read
) -> None:
    inferred = listed(read("/registre/circuits/?inferred=true&as_of=&confidence="))
    assert len(inferred) == 3
    way = inferred["Amazon paie Nvidia, Nvidia finance OpenAI, OpenAI paie Amazon"]
    assert "jusqu’à 38 Md$" in text(read(way))
    gone = read(way.partition("?")[0], status=404)
    [link] = [each for each in gone.cssselect("main a") if "?" in each.get("href")]
    assert "jusqu’à 38 Md$" in text(read(link.get("href")))
    assert "dans aucune lecture" in text(read("/registre/circuits/0000000000/", status=404))

    assert len(listed(read("/registre/circuits/?longest=2"))) == 1
    assert len(listed(read("/registre/circuits/?class=commercial"))) == 0
    for refused in ("longest=7", "inferred=perhaps", "colour=red", "as_of=never", "page=2", "class=all"):
        assert refused.partition("=")[0] in text(read(f"/registre/circuits/?{refused}", status=400))


def test_a_cancelled_deal_leaves_its_circuit_to_the_day_before(seeded: None, read: Read) -> None:
    [address] = [way for words, way in listed(read("/registre/circuits/")).items() if "Oracle" in words]
    deal = Deal.objects.get(slug="oracle-nvidia-40")
    DealEvent.objects.create(deal=deal, happened="2026-03-01", status="cancelled")
    Deal.objects.filter(pk=deal.pk).update(status="cancelled", announced="2025-09")

    assert "n’est pas en vigueur : annulé" in text(read("/registre/circuits/"))
    gone = read(address, status=404)
    [link] = [each for each in gone.cssselect("main a") if "as_of" in each.get("href")]
    assert "jusqu’à 40 Md$" in text(read(link.get("href")))


def test_no_name_gets_out_of_a_drawing(client: Client, read: Read) -> None:
    one = Actor.objects.create(slug="one", name=HOSTILE, kind="company")
    other = Actor.objects.create(slug="other", name="=1+1 " + "long " * 30, kind="company")
    make_leg("there", one, other, flow="F", lo=0, hi=7 * 10**9)
    make_leg("back", other, one)
    [address] = listed(read("/registre/circuits/")).values()
    pages = (
        address,
        "/registre/matrice/",
        "/registre/acteurs/one/",
        "/registre/acteurs/",
        "/registre/circuits/",
    )
    for path in pages:
        assert read(path).xpath("//script") == []
    for path in (address, "/registre/matrice/", "/registre/acteurs/one/"):
        drawing(client, f"{path}?format=svg")
    drawing(client, "/registre/acteurs/one/?format=svg&draw=neighbours")
    read("/registre/acteurs/one/?draw=everything&format=svg", status=400)
    read("/registre/matrice/?format=png", status=400)


def test_the_matrix_of_many_shows_the_busiest_and_its_file_holds_all(client: Client, read: Read) -> None:
    hub = Actor.objects.create(slug="hub", name="Hub", kind="company")
    for number in range(40):
        buyer = Actor.objects.create(slug=f"buyer-{number}", name=f"Buyer {number}", kind="company")
        make_leg(f"deal-{number}", buyer, hub, lo=10**9, hi=10**9)
    page = read("/registre/matrice/")
    assert len(page.cssselect("#table ~ .scroll tbody tr")) == 23
    assert "17 autres acteurs, avec moins de paiements, ne sont pas dessinés ici" in text(page)
    whole = drawing(client, "/registre/matrice/?format=svg")
    assert sum(each.get("class") == "cell" for each in whole.iter(f"{SVG}rect")) == 40


def test_a_task_computes_what_circulates_in_the_views_that_readers_want_and_no_flood_fills_it(
    read: Read,
) -> None:
    ring = [
        Actor.objects.create(slug=f"a{number}", name=f"A {number}", kind="company")
        for number in range(registry.AT_ONCE + 1)
    ]
    for number, (one, other) in enumerate(zip(ring, [*ring[1:], ring[0]], strict=True)):
        row = make_leg(f"d{number}", one, other, lo=10**9, hi=10**9, nominal=10**9)
    Leg.objects.filter(pk=row.pk).update(cash=False)
    compute_circulation()
    wanted = "/registre/circuits/?noncash=true"
    assert "0 % de l’argent déclaré peut tourner en rond : 0 $ sur 30 Md$" in text(
        read("/registre/circuits/")
    )

    tree = read(wanted)
    assert "Le calcul est en cours" in text(tree)
    usual = [link.get("href") for link in tree.cssselect("dl.facts a") if "/circuits/" in link.get("href")]
    assert usual == [f"/registre/circuits/{query}" for query in ("", "?inferred=true", "?confidence=medium")]
    compute_circulation()
    assert "100 % de l’argent déclaré peut tourner en rond : 31 Md$ sur 31 Md$" in text(read(wanted))
    LegAmount.objects.filter(leg=row).update(lo=0, nominal=5 * 10**8)
    assert "Le calcul est en cours" in text(read(wanted))
    compute_circulation()
    assert "50,8 % de l’argent déclaré" in text(read(wanted))

    for day in range(1, 29):
        read(f"{wanted}&as_of=2026-10-{day:02}&apart={'true' if day % 2 else 'false'}")
    LegAmount.objects.filter(leg=row).update(lo=0, nominal=10**8)
    for day in range(1, 29):
        read(f"{wanted}&as_of=2026-09-{day:02}")
    assert WantedView.objects.count() == registry.WANTED
    compute_circulation()
    assert WantedView.objects.exclude(payments_sha256="").count() == registry.ROUND
    assert Circulation.objects.count() == 1 + 1  # what most of them ask for is the same
    assert "% de l’argent déclaré" in text(read(f"{wanted}&as_of=2026-09-28"))
