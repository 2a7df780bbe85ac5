"""The reference rows: all there, complete, true to the articles, and never written twice."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db import transaction

from indicators import seeding
from indicators.models import (
    Action,
    Actor,
    ArticleAssessment,
    Contradiction,
    Deal,
    DealEvent,
    DealParty,
    Definition,
    Evidence,
    Fact,
    Figure,
    Indicator,
    Leg,
    LegAmount,
    Pillar,
    Publication,
    QualityNote,
    Statement,
)
from indicators.rules.ladder import ladder_from
from indicators.rules.quotes import contains_quote

pytestmark = pytest.mark.django_db

COUNTS = {
    Publication: 2,
    ArticleAssessment: 1,
    Pillar: 5,
    Action: 3,
    Indicator: 6,
    Definition: 6,
    QualityNote: 20,
    Fact: 162,
    Figure: 18 + 3 + 3,
    Actor: 34,
    Deal: 21,
    DealParty: 52,
    Leg: 20,
    LegAmount: 20,
    DealEvent: 1,
    Statement: 96,
    Contradiction: 17,
    Evidence: 0,
}
ARTICLES = {
    "da-van-ac-nvidia-groq": "000_2cdd157ac031fe1f.txt",
    "dixie-nvidia-partenariats": "001_fdc466bd9ceed839.txt",
}


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[seeding.Seeded]]:
    """The rows, loaded once for this module: every test rolls back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield seeding.load(now=datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
        transaction.set_rollback(True)


@pytest.fixture
def articles(shared: Path) -> dict[str, str]:
    """The founding articles as published, which the project does not hold."""
    folder = shared / "design" / "seed"
    if not folder.is_dir():
        pytest.skip("the texts of the founding articles are not on this machine")
    return {slug: (folder / name).read_text(encoding="utf-8") for slug, name in ARTICLES.items()}


def dump() -> str:
    """Every row of the knowledge, many-to-many links included."""
    models = apps.get_app_config("indicators").get_models()
    return "\n".join(serializers.serialize("json", model.objects.order_by("pk")) for model in models)


def outermost_quotes(text: str) -> list[str]:
    """What stands between « and », a quote inside a quote left in its place."""
    quotes, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        if letter == "«":
            start = place + 1 if depth == 0 else start
            depth += 1
        elif letter == "»":
            depth -= 1
            quotes += [text[start:place]] if depth == 0 else []
    return quotes


def test_every_row_of_the_inventory_is_created(seeded: list[seeding.Seeded]) -> None:
    assert {model: model.objects.count() for model in COUNTS} == COUNTS
    assert sum(kind.present for kind in seeded) == 0


def test_loading_again_changes_nothing(seeded: list[seeding.Seeded], now: datetime) -> None:
    before = dump()

    again = seeding.load(now=now + timedelta(days=1))

    assert dump() == before
    assert [kind.created for kind in again] == [()] * len(seeded)


def test_what_an_editor_changed_or_took_out_stays_so(seeded: list[seeding.Seeded], now: datetime) -> None:
    Deal.objects.filter(slug="mistral-compute").update(title_en="A better title")
    DealParty.objects.get(deal__slug="mistral-compute", actor__slug="nvidia").delete()
    QualityNote.objects.filter(number="Q05").update(note_fr="Une note corrigée.")

    seeding.load(now=now)

    assert Deal.objects.get(slug="mistral-compute").title_en == "A better title"
    assert [party.actor.slug for party in DealParty.objects.filter(deal__slug="mistral-compute")] == [
        "mistral"
    ]
    assert QualityNote.objects.get(number="Q05").note_fr == "Une note corrigée."


def test_a_row_that_went_missing_comes_back_alone(seeded: list[seeding.Seeded], now: datetime) -> None:
    Figure.objects.get(number="G07").delete()

    again = seeding.load(now=now)

    assert [row["number"] for kind in again for row in kind.created] == ["G07"]


def test_advertising_is_kept_but_not_shown(seeded: list[seeding.Seeded]) -> None:
    assert list(Fact.objects.filter(shown=False).values_list("number", "kind")) == [
        ("F118", "promo"),
        ("F215", "promo"),
    ]


def test_figures_rest_on_facts_and_doubts_on_both(seeded: list[seeding.Seeded]) -> None:
    assert not Figure.objects.filter(fact=None).exists()
    assert [note.number for note in Fact.objects.get(number="F120").notes.all()] == ["Q04", "Q07"]
    assert [note.number for note in Figure.objects.get(number="E3").notes.all()] == ["Q06"]


def test_every_text_for_people_is_in_both_languages(seeded: list[seeding.Seeded]) -> None:
    half = []
    for model in (
        Publication,
        Pillar,
        Action,
        Indicator,
        Definition,
        QualityNote,
        Fact,
        Figure,
        Contradiction,
        Deal,
        Leg,
    ):
        french = [f.name for f in model._meta.fields if f.name.endswith("_fr") and f.name != "verbatim_fr"]
        half += [
            (row, name)
            for row in model.objects.all()
            for name in french
            if bool(getattr(row, name)) != bool(getattr(row, f"{name.removesuffix('_fr')}_en"))
        ]

    assert half == []


def test_an_undisclosed_amount_has_no_upper_bound_and_no_nominal(seeded: list[seeding.Seeded]) -> None:
    undisclosed = LegAmount.objects.filter(basis="undisclosed")

    assert undisclosed.count() == 12
    assert set(undisclosed.values_list("lo", "hi", "nominal", "currency")) == {(Decimal(0), None, None, "")}


def test_the_deal_with_openai_is_stored_in_units_of_currency(seeded: list[seeding.Seeded]) -> None:
    leg = Leg.objects.get(slug="nvidia-openai-2025-09/equity")
    amount = leg.amounts.get()

    assert (leg.payer.slug, leg.payee.slug, leg.flow) == ("nvidia", "openai", "F")
    assert (amount.lo, amount.hi, amount.currency) == (Decimal(0), Decimal(100_000_000_000), "USD")
    assert [each.slug for each in leg.conditions.all()] == ["nvidia-openai-2025-09/chips"]


def test_quotes_are_short(seeded: list[seeding.Seeded]) -> None:
    of_facts = [quote for fact in Fact.objects.all() for quote in outermost_quotes(fact.verbatim_fr)]

    assert max(map(len, of_facts)) <= 300
    assert max(len(each.quote) for each in Statement.objects.all()) <= 300


def test_every_definition_has_a_ladder_that_the_rule_can_read(seeded: list[seeding.Seeded]) -> None:
    assert [len(ladder_from(row.ladder)) for row in Definition.objects.all()] == [5] * 6


def test_slugs_inside_json_point_to_rows(seeded: list[seeding.Seeded]) -> None:
    legs = list(Leg.objects.all())
    vendors = {vendor["actor"] for leg in legs for vendor in leg.vendors}
    readings = {r["statement"] for leg in legs for r in leg.readings if "statement" in r}
    exposed = {figure.detail["actor"] for figure in Figure.objects.exclude(kind="figure")}

    assert vendors | exposed <= set(Actor.objects.values_list("slug", flat=True))
    assert readings <= set(Statement.objects.values_list("slug", flat=True))


def test_indicators_are_the_article_byte_for_byte(
    seeded: list[seeding.Seeded], articles: dict[str, str]
) -> None:
    text = articles["da-van-ac-nvidia-groq"]

    assert [i.code for i in Indicator.objects.all() if i.statement_fr not in text] == []


def test_every_quote_of_the_registry_stands_in_its_article_at_its_line(
    seeded: list[seeding.Seeded], articles: dict[str, str]
) -> None:
    astray = []
    for each in Statement.objects.select_related("publication"):
        line = int(each.locator.removeprefix("l. "))
        here = "\n".join(articles[each.publication.slug].split("\n")[line - 1 : line + 1])
        astray += [] if contains_quote(here, each.quote) else [each.slug]

    assert astray == []


def test_every_quote_of_the_facts_stands_in_its_article(
    seeded: list[seeding.Seeded], articles: dict[str, str]
) -> None:
    astray = [
        (fact.number, part)
        for fact in Fact.objects.select_related("publication")
        for quote in outermost_quotes(fact.verbatim_fr)
        for part in quote.rstrip(". ").split("…")  # an ellipsis of ours, inside the quote
        if part.strip() and not contains_quote(articles[fact.publication.slug], part)
    ]

    assert astray == []


def test_the_assessment_quotes_its_article(seeded: list[seeding.Seeded], articles: dict[str, str]) -> None:
    assessment = ArticleAssessment.objects.select_related("publication").get()
    quotes = [assessment.quote, *(point["fr"] for point in assessment.vigilance)]

    assert (assessment.declared_total, assessment.declared_max, assessment.points.count()) == (8, 10, 0)
    assert [q for q in quotes if not contains_quote(articles[assessment.publication.slug], q)] == []


def test_amounts_are_those_of_the_inventory(seeded: list[seeding.Seeded], shared: Path) -> None:
    def units(millions: str) -> Decimal | None:
        return Decimal(millions) * 1_000_000 if millions else None

    with (shared / "design" / "seed" / "legs.csv").open(encoding="utf-8", newline="") as file:
        # Our slugs hold no dot: they are part of addresses.
        told = {
            row["leg_id"].replace("11.9", "11-9"): (
                units(row["lo_musd"]),
                units(row["hi_musd"]),
                units(row["nominal_musd"]),
                row["currency"],
                row["flow"],
                row["payer"],
                row["payee"],
            )
            for row in csv.DictReader(file)
        }
    rows = LegAmount.objects.select_related("leg__payer", "leg__payee")
    stored = {
        a.leg.slug: (a.lo, a.hi, a.nominal, a.currency, a.leg.flow, a.leg.payer.slug, a.leg.payee.slug)
        for a in rows
    }

    assert stored == told


def test_every_quote_of_the_inventory_is_kept(
    seeded: list[seeding.Seeded], articles: dict[str, str], shared: Path
) -> None:
    inventory = json.loads((shared / "design" / "seed" / "deals.json").read_text(encoding="utf-8"))
    told: list[str] = []

    def collect(value: object) -> None:
        if isinstance(value, dict):
            told.extend([value["quote"]] if "quote" in value else [])
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                collect(each)

    collect(inventory)
    assessment = ArticleAssessment.objects.get()
    kept = {assessment.quote, *(point["fr"] for point in assessment.vigilance)}
    kept |= set(Statement.objects.values_list("quote", flat=True))

    assert len(told) == 118
    assert set(told) == kept


def test_a_quote_leads_to_the_leg_that_it_speaks_of_where_that_is_beyond_doubt(
    seeded: list[seeding.Seeded],
) -> None:
    named = Statement.objects.filter(leg__isnull=False).select_related("leg")
    assert {row.slug for row in named if row.deal_id != row.leg.deal_id} == set()
    assert named.count() == 30
    unsaid = set(Leg.objects.filter(statements=None).values_list("slug", flat=True))
    assert unsaid == set(Leg.objects.filter(derived=True).values_list("slug", flat=True))
    astray = [  # an amount in the words of the source stands in a quote on that leg
        amount.leg.slug
        for amount in LegAmount.objects.exclude(as_stated__in=["", "Non divulgué"]).select_related("leg")
        if not amount.as_stated.startswith("(")
        and not any(amount.as_stated in row.quote for row in named if row.leg_id == amount.leg_id)
    ]
    assert astray == []


def test_an_unknown_column_is_refused_with_its_file_and_row() -> None:
    rows = [{"slug": "acme", "name": "Acme", "kind": "company"}, {"slug": "umbrella", "nom": "Umbrella"}]

    with pytest.raises(seeding.SeedError) as refused:
        seeding.create_missing(Actor, rows, file="deals.json", keys=[["slug"]])

    assert str(refused.value).startswith("deals.json, ")
    assert " 2 (umbrella)" in str(refused.value)
    assert "nom" in str(refused.value)


def test_a_row_that_points_to_nothing_is_refused_by_name() -> None:
    rows = [
        {"slug": "copy", "title": "Copy", "language": "fr", "published_on": "2026-11-20", "origin": "acmee"}
    ]

    with pytest.raises(seeding.SeedError, match="'acmee'"):
        seeding.create_missing(
            Publication, rows, file="deals.json", keys=[["slug"]], relations={"origin": "slug"}
        )


def test_a_row_that_breaks_an_invariant_is_refused_by_its_name(seeded: list[seeding.Seeded]) -> None:
    rows = [
        {
            "slug": "self",
            "deal": "mistral-compute",
            "payer": "nvidia",
            "payee": "nvidia",
            "flow": "P",
            "instrument": "chip_purchase",
            "confidence": "low",
        }
    ]
    relations = {"deal": "slug", "payer": "slug", "payee": "slug"}

    with pytest.raises(seeding.SeedError, match="nobody_pays_themselves"):
        seeding.create_missing(Leg, rows, file="deals.json", keys=[["slug"]], relations=relations)


def test_a_value_out_of_the_list_is_refused(seeded: list[seeding.Seeded]) -> None:
    rows = [
        {
            "slug": "x/s1",
            "publication": "dixie-nvidia-partenariats",
            "quote": "q" * 301,
            "claim": "rumour",
        }
    ]

    with pytest.raises(seeding.SeedError) as refused:
        seeding.create_missing(
            Statement, rows, file="deals.json", keys=[["slug"]], relations={"publication": "slug"}
        )

    assert "(x/s1)" in str(refused.value)
    assert "quote: " in str(refused.value)
    assert "claim: " in str(refused.value)


def test_a_file_that_cannot_be_parsed_is_named(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("[[source]\n", encoding="utf-8")

    with pytest.raises(seeding.SeedError, match=r"sources\.toml"):
        seeding.read(tmp_path / "sources.toml")
