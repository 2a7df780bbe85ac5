"""A payment that the registry holds, told otherwise by a source: form, two editors, what counts on which day, the page."""

import json
from typing import Any

import pytest
from django.test import Client

from indicators import public, registry
from indicators.models import Deal, LedgerEntry, Leg, LegDetail, Proposal, Statement
from tests.journeys.test_deal_to_registry import DEAL, page, typed  # noqa: F401 - a fixture
from tests.journeys.test_editors import at, editor
from tests.tracker.test_receipt import words

LEG = "oracle-openai-300/cloud"
PAGE = "/registre/accords/oracle-openai-300/"
SOURCE = {name: DEAL[name] for name in list(DEAL)[:8]}
BLOG = SOURCE | {
    "url": "https://blog.example/1",
    "source_kind": "blog",
    "publisher": "Un blog",
    "quote": "Trois ans.",
}
FILING = SOURCE | {
    "url": "https://sec.example/1",
    "source_kind": "filing",
    "publisher": "SEC",
    "quote": "2027 to 2034.",
}


@pytest.fixture
def leg(page: Any) -> Leg:  # noqa: F811
    return Leg.objects.get(slug=LEG)


def address(leg: Leg) -> str:
    return f"/admin/indicators/deal/{leg.deal_id}/payment/?leg={leg.slug}"


def entered(ada: Client, bob: Client, leg: Leg, told: dict[str, Any]) -> None:
    """What one editor types on the form as it is shown, and another one adopts."""
    shown = typed(ada.get(address(leg)).context["form"])
    answer = ada.post(address(leg), shown | told)
    assert answer.status_code == 302, answer.context["form"].errors
    proposal = Proposal.objects.get(state="open")
    bob.post(at(proposal), {"adopt": "1", "seen": proposal.digest})


def plain(as_of: str | None) -> dict[str, Any]:
    return next(each for each in registry.legs(as_of=as_of) if each["id"] == LEG)


def test_the_best_source_is_displayed_and_each_day_shows_what_was_told_by_then(leg: Leg) -> None:
    ada, bob = editor("ada"), editor("bob")
    entered(ada, bob, leg, FILING | {"published_on": "2026-03-01", "end": "2034", "years_lo": "7", "years_hi": "8",
                                     "as_stated": "2027 to 2034", "gigawatts": "5.5", "vehicles": "12",
                                     "vendors": "Nvidia 40-60\nAmazon 10", "instrument": "colocation_lease"})  # fmt: skip
    three_years = {"published_on": "2026-06-01", "years_lo": "3", "years_hi": "3", "as_stated": "trois ans"}
    entered(ada, bob, leg, BLOG | three_years)
    entered(ada, bob, leg, BLOG | {"published_on": "2026-06-01", "gigawatts": "6", "since": "2026-09"})
    leg.refresh_from_db()
    assert leg.term == {"start": "2027", "end": "2034", "as_stated": "2027 to 2034", "years": [7, 8]}
    assert leg.physical == {"gigawatts": "6", "vehicles": 12}
    assert_counted_by_day()
    assert_told_on_the_page()
    assert_kept()
    correct_the_filing(ada, leg)


def assert_counted_by_day() -> None:
    """The best source counts from the day on which it was published."""
    told = [plain(day) for day in ("2026-02-28", "2026-03-01", None)]
    assert [(each["years"], each["instrument"]) for each in told] == [
        ([5, 5], "cloud_commitment"),
        ([7, 8], "colocation_lease"),
        ([7, 8], "colocation_lease"),
    ]
    assert [vendor["vendor"] for vendor in told[2]["vendors"]] == ["nvidia", "amazon"]
    answer = Client().get("/api/v1/deals/oracle-openai-300/?as_of=2026-02-28").json()
    assert answer["legs"][0]["term"]["years"] == 5


def assert_told_on_the_page() -> None:
    """What is displayed, what each other source says, and what was displayed before."""
    shown, before = words(Client(), PAGE), words(Client(), f"{PAGE}?as_of=2026-01-01")
    told = ("2027 to 2034", "trois ans", "6 GW", "12 véhicules", "de 40 % à 60 %")
    assert [each for each in told if each not in shown] == []
    assert "Durée : 2027 to 2034" in shown
    assert "Durée : 2027-2032 ; sur cinq ans" in before
    assert "Ce que chaque source dit de ce contrat" in before


def assert_kept() -> None:
    """Every term with its source, that of the beginning included; in the ledger, the deal as it stands."""
    terms = LegDetail.objects.filter(field="term")
    kinds = terms.values_list("statement__publication__kind", flat=True)
    assert list(kinds) == [None, "filing", "blog"]
    last = LedgerEntry.objects.filter(subject="deal/oracle-openai-300").last()
    assert json.loads(last.body) == public.body_of(Deal.objects.get(slug="oracle-openai-300"))


def correct_the_filing(ada: Client, leg: Leg) -> None:
    """A corrected quote takes what it founds with it."""
    filed = Statement.objects.get(quote=FILING["quote"])
    correcting = f"/admin/indicators/statement/{filed.pk}/change/"
    corrected = typed(ada.get(correcting).context["form"])
    ada.post(correcting, corrected | {"quote": "2027-2034.", "reason": "Mot à mot."})
    leg.refresh_from_db()
    assert (leg.term["end"], filed.superseded_by.get().details.count()) == ("2034", 4)


def test_what_no_contract_can_say_is_refused_in_words(leg: Leg) -> None:
    ada = editor("ada")
    shown = typed(ada.get(address(leg)).context["form"]) | FILING
    chips = Leg.objects.get(slug="oracle-nvidia-40/chips")
    for wrong, told in (
        ({"start": "2030-05", "end": "2029"}, "La fin précède le début"),
        ({"years_lo": "9", "years_hi": "2"}, "borne basse"),
        ({"start": "mai 2030"}, "Écrivez une année"),
        ({"vendors": "Nvidia 60\nAmazon 50-60"}, "110"),
        ({"vendors": "Nvidia 60-40"}, "borne basse"),
        ({"vendors": "Nvidia 20\nNvidia 30"}, "une seule fois"),
        ({"vendors": "Personne 10"}, "Personne"),
        ({"conditional_on": leg.slug}, "choix"),
        ({"conditional_on": chips.slug}, "lui-même"),
        ({}, "Rien ne diffère"),
    ):
        answer = ada.post(address(leg), shown | wrong)
        assert answer.status_code == 200, wrong
        assert told in answer.content.decode(), wrong
    assert not LegDetail.objects.exists()
    assert not Proposal.objects.exists()
    assert editor("mo", "moderator").get(address(leg)).status_code == 403
