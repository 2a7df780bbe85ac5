"""What enters the registry: each verb whole or not at all, in the ledger, with its source; nothing is overwritten."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from indicators import registering
from indicators.legs import confidences
from indicators.models import Contradiction, Deal, LedgerEntry, Leg, Publication, Statement
from indicators.registering import NewAmount, NewDeal, NewLeg, NewSource, NewStatement
from indicators.rules import amounts

pytestmark = pytest.mark.django_db

SOURCE = NewSource(
    url="https://press.example/1", title="Annonce", publisher="Presse", published_on=date(2026, 11, 20),
    language="fr", kind="press",
)  # fmt: skip
SAID = NewStatement(source=SOURCE, quote="AMD achète pour 2 milliards.")
AMOUNT = NewAmount(
    stage="announced", basis="exact", lo=Decimal(2), hi=Decimal(2), currency="USD", as_stated="2"
)
LEG = NewLeg(payer="uber", payee="nvidia", flow="P", instrument="chip_purchase", amount=AMOUNT)
DEAL = NewDeal(
    slug="uber-nvidia-2026-11", title_fr="Accord", title_en="Deal", kind="deal", status="announced",
    announced="2026-11-20", in_totals=True, statement=SAID, legs=(LEG,),
)  # fmt: skip


@pytest.fixture(autouse=True)
def seeded(db: None) -> None:
    call_command("seed", stdout=StringIO())


def counts() -> list[int]:
    return [model.objects.count() for model in (Deal, Leg, Statement, Publication, LedgerEntry)]


def test_a_deal_enters_with_its_source_parties_and_amount_and_so_does_the_ledger(now: datetime) -> None:
    before = LedgerEntry.objects.count()
    deal = registering.record_deal(replace(DEAL, others=("amazon",)), now=now)
    roles = dict(deal.parties.values_list("actor__slug", "roles"))
    assert roles == {"uber": ["customer"], "nvidia": ["supplier"], "amazon": ["partner"]}
    assert deal.legs.get().slug == "uber-nvidia-2026-11/chip_purchase"
    entered = LedgerEntry.objects.filter(number__gt=before).values_list("subject", flat=True)
    source = Publication.objects.get(url=SOURCE.url)
    assert list(entered) == [f"publication/{source.slug}", f"statement/{deal.slug}/s1", f"deal/{deal.slug}"]
    assert "Annonce" in LedgerEntry.objects.get(number=before + 1).body
    again = registering.record_statement(SAID, deal=deal, now=now)
    assert (again.slug, again.publication) == (f"{deal.slug}/s2", source)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(DEAL, legs=(replace(LEG, payee="uber"),)),
        replace(DEAL, legs=(replace(LEG, payee="nobody"),)),
        replace(DEAL, legs=(replace(LEG, amount=replace(AMOUNT, currency="")),)),
        replace(DEAL, legs=(replace(LEG, amount=replace(AMOUNT, lo=Decimal(3))),)),
        replace(DEAL, legs=(LEG, replace(LEG, amount=replace(AMOUNT, lo=Decimal(-1)))),),
        replace(DEAL, statement=replace(SAID, quote="x" * 301)),
        replace(DEAL, statement=replace(SAID, quote="")),
        replace(DEAL, statement=replace(SAID, copies=("Autre chose.",))),
        replace(DEAL, statement=replace(SAID, source=replace(SOURCE, url="javascript:alert(1)"))),
        replace(DEAL, statement=replace(SAID, source=replace(SOURCE, published_on=date(2026, 11, 23)))),
        replace(DEAL, slug="nvidia-openai-2025-09"),
        replace(DEAL, announced="20 novembre"),
        replace(DEAL, status="great"),
    ],
    ids=[
        "pays itself", "unknown actor", "no currency", "out of order", "below zero", "quote too long", "no quote",
        "quote not there", "no web page", "published tomorrow", "address taken", "no date", "no status",
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words_and_leaves_nothing(wrong: NewDeal, now: datetime) -> None:
    before = counts()
    with pytest.raises(ValidationError) as refused:
        registering.record_deal(wrong, now=now)
    assert all(refused.value.messages)
    assert counts() == before


def test_an_amount_without_a_currency_says_so_and_the_quote_may_differ_in_typography(now: datetime) -> None:
    unstated = replace(AMOUNT, currency="", currency_unstated=True)
    said = replace(SAID, copies=("Hier, AMD achète pour 2 milliards. Fin.",))
    deal = registering.record_deal(
        replace(DEAL, legs=(replace(LEG, amount=unstated),), statement=said), now=now
    )
    assert deal.legs.get().amounts.get().currency_unstated


def test_a_statement_is_corrected_once_by_a_new_one(now: datetime) -> None:
    old = Statement.objects.filter(deal__isnull=False).first()
    new = registering.supersede_statement(old, SAID, reason="Mal lu", now=now)
    assert (new.supersedes, new.deal, new.correction_reason, new.recorded_at) == (
        old,
        old.deal,
        "Mal lu",
        now,
    )
    assert old not in Statement.objects.standing()
    assert list(Statement.objects.corrections()) == [new]
    with pytest.raises(ValidationError):
        registering.supersede_statement(old, SAID, reason="Encore", now=now)
    with pytest.raises(ValidationError):
        registering.supersede_statement(new, SAID, reason="", now=now)


def test_the_status_is_that_of_the_last_event_whatever_is_entered_last(now: datetime) -> None:
    deal = registering.record_deal(DEAL, now=now)
    for status, happened in (("cancelled", "2027-02"), ("signed", "2026-12-01")):
        registering.change_status(deal, status=status, happened=happened, statement=SAID, now=now)
    deal.refresh_from_db()
    assert deal.status == "cancelled"
    assert deal.events.count() == 3
    with pytest.raises(ValidationError):
        registering.change_status(deal, status="signed", happened="demain", statement=SAID, now=now)


def test_another_amount_stands_beside_the_first_and_a_strange_order_is_told(now: datetime) -> None:
    leg = registering.record_deal(DEAL, now=now).legs.get()
    assert registering.disorder(leg) == []
    with pytest.raises(ValidationError):
        registering.amend_amount(leg, AMOUNT, statement=SAID, now=now)
    registering.amend_amount(leg, replace(AMOUNT, since="2026-12"), statement=SAID, now=now)
    paid = replace(AMOUNT, stage="disbursed", lo=Decimal(5), hi=None)
    committed = replace(AMOUNT, stage="committed")
    for amount in (paid, committed):
        registering.amend_amount(leg, amount, statement=SAID, now=now)
    assert leg.amounts.count() == 4
    [told] = registering.disorder(leg)
    assert "Uber" in told


def test_a_contradiction_is_numbered_and_says_what_came_of_it(now: datetime) -> None:
    statements = list(Statement.objects.filter(deal__slug="nvidia-groq-2025-12")[:2])
    words: dict[str, Any] = {"what": ("Quoi", "What"), "recorded": ("Noté", "Noted")}
    row = registering.record_contradiction(statements, **words, now=now)
    assert (row.number, row.state, row.about) == ("c18", "open", "nvidia-groq-2025-12")
    registering.settle_contradiction(row, state="resolved", recorded=("Réglé", "Settled"), now=now)
    assert Contradiction.objects.get(number="c18").state == "resolved"
    kinds = LedgerEntry.objects.filter(subject="contradiction/c18").values_list("kind", flat=True)
    assert list(kinds) == ["published", "corrected"]


@pytest.mark.parametrize(
    ("text", "basis", "value", "currency", "years"),
    [
        ("up to $100 billion over five years", "up_to", 100_000, "USD", 5),
        ("a $38 billion, seven-year deal", "exact", 38_000, "USD", 7),
        ("between $30 billion and $40 billion", "range", 30_000, "USD", None),
        ("more than 20 billion euros", "at_least", 20_000, "EUR", None),
        ("roughly £1.5bn a year", "approx", Decimal("1500"), "GBP", None),
        ("$1,250.5 million", "exact", Decimal("1250.5"), "USD", None),
        ("$1.4 trillion", "exact", 1_400_000, "USD", None),
        ("several billion dollars", "several", 1_000, "USD", None),
        ("an undisclosed amount", "undisclosed", None, None, None),
    ],
)
def test_amounts_in_english_mean_what_they_say(
    text: str, basis: str, value: Any, currency: str | None, years: int | None
) -> None:
    told = amounts.parse_amount_en(text)
    assert (told.basis, told.value, told.currency, told.years, told.flags) == (
        basis,
        value,
        currency,
        years,
        (),
    )


def test_documents_of_both_parties_make_the_registry_sure_and_a_copy_of_an_article_does_not(
    now: datetime,
) -> None:
    deal = registering.record_deal(DEAL, now=now)
    known = Publication.objects.get(url=SOURCE.url).slug

    def confidence_after(number: int, **source: str) -> str:
        told = replace(SOURCE, url=f"https://press.example/{number}", publisher=f"P{number}", **source)
        registering.record_statement(replace(SAID, source=told), deal=deal, now=now)
        return confidences()[deal.legs.get().slug]

    assert confidence_after(2, origin=known) == "low"
    assert confidence_after(3, kind="party_statement", party="uber") == "medium"
    assert confidence_after(4, kind="party_statement", party="nvidia") == "high"
