"""The registry in the API: actors and deals as the sources state them, unknown amounts as null."""

from datetime import date

import pytest

from indicators.models import Actor, Control, Deal, DealParty, Leg, LegAmount, Publication, Statement
from tests.indicators.api_asked import read

pytestmark = pytest.mark.django_db

# The deal of `make_deal`, as the API tells it.
LOAN = {
    "slug": "pret",
    "title_fr": "Prêt",
    "title_en": "Loan",
    "kind": "loan",
    "status": "announced",
    "announced": "",
    "in_totals": True,
    "headline": None,
    "whole_amount": None,
    "link_evidence": "",
    "overlaps_with": [],
    "counter_reading_fr": "",
    "counter_reading_en": "",
    "note_fr": "",
    "note_en": "",
    "parties": [{"actor": "preteur", "roles": ["lender"]}],
    "legs": [
        {
            "slug": "pret-1",
            "payer": "preteur",
            "payee": "emprunteur",
            "flow": "F",
            "instrument": "loan",
            "conditional_on": None,
            "cash": True,
            "contingent": False,
            "derived": False,
            "in_graph": True,
            "confidence": "high",
            "term": {},
            "physical": {},
            "vendors": [],
            "readings": [],
            "note_fr": "",
            "note_en": "",
            "amounts": [
                {
                    "stage": "announced",
                    "since": "",
                    "basis": "stated",
                    "lo": "100000000000",
                    "hi": None,
                    "nominal": None,
                    "currency": "USD",
                    "currency_unstated": False,
                    "as_stated": "",
                }
            ],
            "details": [],
        }
    ],
    "statements": [
        {
            "slug": "pret-s1",
            "field": "",
            "value": "",
            "unit": "",
            "period": "",
            "publication": "article",
            "quote": "jusqu’à 100 Md$",
            "locator": "",
            "claim": "reported",
            "supersedes": None,
        }
    ],
    "events": [],
    "contradictions": [],
}


def make_deal(slug: str = "pret", *, payer: Actor, payee: Actor) -> Deal:
    """A loan with one amount that has no upper bound, and one statement about it."""
    article, _ = Publication.objects.get_or_create(
        slug="article", defaults={"title": "L’article", "published_on": date(2025, 10, 8), "language": "fr"}
    )
    deal = Deal.objects.create(slug=slug, title_fr="Prêt", title_en="Loan", kind="loan", status="announced")
    DealParty.objects.create(deal=deal, actor=payer, roles=["lender"])
    leg = Leg.objects.create(
        slug=f"{slug}-1", deal=deal, payer=payer, payee=payee, flow="F", instrument="loan", confidence="high"
    )
    LegAmount.objects.create(leg=leg, stage="announced", basis="stated", lo=10**11, currency="USD")
    Statement.objects.create(
        slug=f"{slug}-s1", deal=deal, publication=article, quote="jusqu’à 100 Md$", claim="reported"
    )
    return deal


@pytest.fixture
def actors() -> dict[str, Actor]:
    payer = Actor.objects.create(slug="preteur", name="Prêteur", kind="company")
    Control.objects.create(
        actor=payer, group=Actor.objects.create(slug="groupe", name="Groupe", kind="company")
    )
    return {
        "payer": payer,
        "payee": Actor.objects.create(slug="emprunteur", name="Emprunteur", kind="company", country="US"),
    }


def test_actor_is_told_with_its_group(client, actors):
    told = read(client, "/api/v1/actors/")["results"]
    assert [row["slug"] for row in told] == ["emprunteur", "groupe", "preteur"]
    assert told[2] == {
        "slug": "preteur",
        "name": "Prêteur",
        "kind": "company",
        "group": "groupe",
        "group_since": "",
        "group_until": "",
        "controls": [{"group": "groupe", "since": "", "until": "", "statement": None}],
        "country": "",
        "identifiers": [],
        "roles": [],
        "rated": False,
        "note_fr": "",
        "note_en": "",
    }


def test_deal_is_told_whole_and_what_nobody_states_is_null(client, actors):
    make_deal(**actors)
    assert read(client, "/api/v1/deals/pret/") == LOAN
    assert read(client, "/api/v1/deals/")["results"] == [LOAN]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_of_deals_costs_the_same_whatever_its_length(client, django_assert_num_queries, actors, rows):
    for number in range(rows):
        make_deal(f"pret-{number}", **actors)
    with django_assert_num_queries(42):
        read(client, "/api/v1/deals/")
