"""Deal news and filings, found by rules and proposed for the registry, with the amount that they seem to name."""

from datetime import datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from indicators.models import Proposal
from tests.journeys.test_deal_to_registry import typed
from tests.journeys.test_editors import editor
from tracker import drafting, moderation, propose
from tracker.dedup import fingerprint
from tracker.models import Candidate, Document, MatchRule, Source

pytestmark = pytest.mark.django_db
NEWS = {
    "fr": "Le fabricant le dit lundi. Nvidia s’engage à investir jusqu’à 100 milliards de dollars dans OpenAI sur cinq ans. "
    "L’action monte.",
    "en": "It was said on Monday. Oracle signed a five-year contract worth $300 billion with OpenAI. Shares rose.",
}


@pytest.fixture(autouse=True)
def seeded(db: None) -> None:
    call_command("seed", stdout=StringIO())


def found(text: str, *, language: str, now: datetime, number: int = 1) -> list[Candidate]:
    """What the rules propose of an article."""
    source = Source.objects.exclude(format="person").order_by("pk")[number]
    document = Document.objects.create(
        source=source, external_id=str(number), url=f"https://press.example/{number}", title="Titre", text=text,
        language=language, first_seen_at=now, last_seen_at=now, fingerprint=fingerprint(text), kind="article",
    )  # fmt: skip
    propose.match_documents([document.pk], now=now)
    return list(document.candidates.filter(indicator=None).select_related("document"))


@pytest.mark.parametrize(
    ("language", "basis", "value", "years"), [("fr", "up_to", 100_000, 5), ("en", "exact", 300_000, 5)]
)
def test_news_of_a_deal_is_proposed_for_the_registry_with_its_amount(
    language: str, basis: str, value: int, years: int, now: datetime
) -> None:
    [candidate] = found(NEWS[language], language=language, now=now)
    assert candidate.is_for_registry
    assert candidate.reasons[0]["rule"] == "deal-news"
    seen = drafting.sighting_in(candidate)
    told = seen.suggestion
    assert (told.basis, told.value, told.currency, told.years) == (basis, value, "USD", years)
    assert seen.sentence in NEWS[language]
    assert seen.sentence.count(".") == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Nvidia publie un chiffre d’affaires de 57 milliards de dollars, devant AMD."),
        ("fr", "Une start-up lyonnaise investit 3 millions d’euros dans ses bureaux."),
        ("en", "Microsoft and Nvidia shares rose; the market value of Nvidia passed $5 trillion."),
        ("en", "OpenAI and Microsoft settle a class action for $50 million."),
        ("en", "Meta fined $200 million as Google looks on."),
    ],
)
def test_other_amounts_of_the_same_actors_are_no_deals(language: str, text: str, now: datetime) -> None:
    assert found(text, language=language, now=now) == []


def test_a_filing_is_proposed_even_where_it_names_no_amount(now: datetime) -> None:
    [candidate] = found(
        "Our purchase commitments include obligations to NVIDIA, Microsoft and CoreWeave.",
        language="en",
        now=now,
    )
    assert candidate.reasons[0]["rule"] == "deal-filings"
    seen = drafting.sighting_in(candidate)
    assert (seen.phrase, seen.suggestion.basis) == ("", "undisclosed")


def test_what_a_company_is_worth_is_no_amount_of_a_deal(now: datetime) -> None:
    told = {
        "Cohere raises a Series D at a $6.8B valuation, its revenue passing $100 million.": "",
        "Valued at $20 billion, Cohere raises $500M from investors.": "Cohere raises $500M from investors",
    }
    for number, (text, phrase) in enumerate(told.items(), 1):
        [candidate] = found(text, language="en", now=now, number=number)
        assert drafting.sighting_in(candidate).phrase == phrase


def test_a_copy_is_a_mention_and_an_edit_that_loses_the_deal_says_so(now: datetime) -> None:
    [candidate] = found(NEWS["en"], language="en", now=now)
    assert found(NEWS["en"], language="en", now=now, number=2) == []
    document = candidate.document
    Document.objects.filter(pk=document.pk).update(text="Nothing.", matched_at=None, tries=0)
    propose.match_documents([document.pk], now=now)
    candidate.refresh_from_db()
    assert candidate.priority == 0
    assert {reason["why"] for reason in candidate.reasons} == {propose.GONE}


def test_the_queue_shows_the_amount_and_hands_the_deal_over_or_takes_it_back(now: datetime) -> None:
    [candidate] = found(NEWS["fr"], language="fr", now=now)
    queue = editor("mo", "moderator")
    address = candidate.get_absolute_url()
    page = queue.get(address)
    shown = page.content.decode()
    assert "registre des accords" in shown
    assert "jusqu’à 100\u00a0Md$" in shown
    form = page.context["forms"]["take_up"]
    assert form["quote"].value() in NEWS["fr"]
    wrong = queue.post(address, typed(form) | {"take_up": "1", "quote": "Ce que la page ne dit pas."})
    assert wrong.context["forms"]["take_up"]["quote"].errors
    assert queue.post(address, typed(form) | {"take_up": "1"}).status_code == 302
    draft = Proposal.objects.get(kind="registry")
    assert draft.content["draft"]["phrase"].startswith("Nvidia s’engage à investir jusqu’à 100 milliards")
    decision = candidate.decisions.get()
    assert (decision.verdict, decision.act["made"]) == ("accepted", draft.pk)
    moderation.reopen(candidate, reason_text="Erreur", by=decision.by, now=now)
    draft.refresh_from_db()
    assert draft.state == "dropped"


def test_a_rule_for_the_registry_is_written_in_the_admin_without_an_indicator(admin_client: Client) -> None:
    told = {
        "slug": "deal-loans", "role": "rule", "title_fr": "Prêts", "title_en": "Loans", "target": "registry",
        "stance": "context", "kinds": ["article"], "query": '"prêt* milliard*"~10', "gates": ["ai-subject"],
    }  # fmt: skip
    answer = admin_client.post("/admin/tracker/matchrule/add/", told)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    rule = MatchRule.objects.get(slug="deal-loans")
    assert (rule.target, rule.as_row()["indicators"]) == ("registry", ["registry"])
