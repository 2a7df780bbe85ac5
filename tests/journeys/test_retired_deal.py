"""A deal retired by two editors: its address answers 410 everywhere, nothing lists it, the journal tells it."""

import html
import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators import editions, registering, seeding
from indicators.exports.columns import TABLES
from indicators.models import Actor, Deal, LedgerEntry, Proposal
from indicators.registering import NewAmount, NewDeal, NewLeg
from tests.indicators.test_registering import SAID
from tests.journeys.test_editors import at, editor
from tests.tracker.test_receipt import words

SLUG, LATER = "nvidia-newcomer-2026-11", "nvidia-openai-2025-09"
WHY = {"reason_fr": "Accord saisi deux fois.", "reason_en": "Entered twice."}
LISTS = (
    "/registre/", "/registre/contradictions/", "/registre/circuits/", "/registre/matrice/", "/registre/acteurs/",
    "/registre/acteurs/nvidia/", "/sitemap.xml", "/api/v1/deals/", "/api/v1/legs/",
    "/api/v1/statements/?page_size=200", "/api/v1/contradictions/", "/api/v1/actors/", "/api/v1/graph/", "/api/v1/cycles/",
)  # fmt: skip
MONEY = {
    "stage": "announced",
    "basis": "exact",
    "lo": Decimal(10**9),
    "hi": Decimal(10**9),
    "currency": "USD",
}


@pytest.fixture
def deal(db: None) -> Deal:
    """The seeded registry, and a deal that goes round with an actor that nothing else speaks of."""
    call_command("seed", stdout=StringIO())
    now = timezone.now()
    Actor.objects.create(slug="newcomer", name="Newcomer", kind="company")
    ends = ({"payer": "nvidia", "payee": "newcomer"}, {"payer": "newcomer", "payee": "nvidia"})
    legs = [
        NewLeg(**ends[0], flow="F", instrument="equity", amount=NewAmount(**MONEY)),
        NewLeg(**ends[1], flow="P", instrument="chip_purchase", amount=NewAmount(**MONEY)),
    ]
    words = {"title_fr": "Accord du nouveau venu", "title_en": "Deal of the newcomer"}
    told = {"kind": "deal", "status": "signed", "announced": "2026-11-20", "in_totals": True}
    row = registering.record_deal(
        NewDeal(slug=SLUG, **words, **told, statement=SAID, legs=tuple(legs), overlaps=(LATER,)), now=now
    )
    registering.record_contradiction(
        list(row.statements.all()), what=("Ceci", "This"), recorded=("Noté", "Noted"), now=now
    )
    return row


def test_a_retired_deal_leaves_everything_but_its_address_the_journal_and_old_editions(deal: Deal) -> None:
    reader, ada, bob = Client(), editor("ada"), editor("bob")
    edition = editions.release(editions.compute("2026-10", today=timezone.localdate()), now=timezone.now())
    frozen = reader.get(f"/indice/{edition.slug}/dataset.json").content
    cycles = reader.get("/api/v1/cycles/").json()["results"]
    circuit = next(row["id"] for row in cycles if "newcomer" in str(row))
    assert [path for path in LISTS if path not in naming(reader)] == []

    address = f"/admin/indicators/deal/{deal.pk}/retirement/"
    retire_by_two(ada, bob, deal, address)
    assert_gone(reader, circuit)
    assert naming(reader) == []
    assert [table.name for table in TABLES if "newcomer" in str(list(table.rows()))] == []
    assert reader.get(f"/indice/{edition.slug}/dataset.json").content == frozen
    assert WHY["reason_fr"] in words(reader, "/corrections/?kind=retired")
    news = [item["title"] for item in reader.get("/en/registre/flux/feed.json").json()["items"]]
    assert [title for title in news if "newcomer" in title] == [
        "Deal retired from the registry: Deal of the newcomer"
    ]
    assert "Accord retiré du registre" in words(reader, "/journal/?kind=retired")
    corrections = reader.get("/api/v1/corrections/?kind=retraction").json()["results"]
    assert [row["about"] for row in corrections] == [f"deal/{SLUG}"]
    newest = reader.get("/registre/flux/feed.json").json()["items"][0]
    assert newest["title"] == "Accord retiré du registre\u00a0: Accord du nouveau venu"
    assert_never_entered_again(ada, address)


def naming(reader: Client) -> list[str]:
    """The lists that name the actor of whom only this deal speaks."""
    return [path for path in LISTS if b"newcomer" in reader.get(path).content.lower()]


def retire_by_two(ada: Client, bob: Client, deal: Deal, address: str) -> None:
    """One editor gives the reasons; the deal stands until another one adopts them, and the ledger then tells both deals."""
    assert address in ada.get(f"/admin/indicators/deal/{deal.pk}/change/").content.decode()
    assert set(ada.post(address, {"reason_fr": "Sans anglais."}).context["form"].errors) == {"reason_en"}
    sent = ada.post(address, WHY | {"replaced_by": LATER})
    assert sent.status_code == 302, sent.context["form"].errors
    assert Client().get(deal.get_absolute_url()).status_code == 200
    proposal, last = Proposal.objects.get(state="open"), LedgerEntry.objects.count()
    assert WHY["reason_fr"] in bob.get(at(proposal)).content.decode()
    bob.post(at(proposal), {"adopt": "1", "seen": proposal.digest})
    entered = LedgerEntry.objects.filter(number__gt=last)
    assert list(entered.values_list("kind", "subject")) == [
        ("retracted", f"deal/{SLUG}"),
        ("edited", f"deal/{LATER}"),
    ]
    assert json.loads(entered[0].body)["retired_reason_en"] == WHY["reason_en"]


def assert_gone(reader: Client, circuit: str) -> None:
    """Every address of the deal, and of what rested on it alone, says why, and what stands in its place."""
    pages = (
        f"/registre/accords/{SLUG}/", f"/registre/accords/{SLUG}/?as_of=2026-11-21", f"/embed/deal/{SLUG}/",
        "/registre/acteurs/newcomer/", f"/registre/circuits/{circuit}/",
    )  # fmt: skip
    for prefix, why in (("", WHY["reason_fr"]), ("/en", WHY["reason_en"])):
        for page in pages:
            answer = reader.get(prefix + page)
            told = html.unescape(answer.content.decode())
            assert (answer.status_code, page, why in told) == (410, page, True)
            assert f"/registre/accords/{LATER}/" in told
    told = reader.get(f"/api/v1/deals/{SLUG}/")
    assert (told.status_code, told.json()["retired_reason_fr"]) == (410, WHY["reason_fr"])
    assert told.json()["replaced_by"] == LATER


def assert_never_entered_again(ada: Client, address: str) -> None:
    """Neither retired twice, nor entered under its address, nor seeded."""
    again = ada.post(address, WHY)
    assert again.status_code == 200
    assert "n’est pas" in str(again.context["form"].errors)
    assert "slug" in ada.post("/admin/indicators/deal/add/", {"slug": SLUG}).context["form"].errors
    seeding.load(now=timezone.now())
    assert Deal.objects.filter(slug=SLUG).count() == 0
