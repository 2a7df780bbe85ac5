"""A registry that changes: deals as they stood on a day, groups, confidence, currencies, what is kept and computed."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from indicators import registry
from indicators.legs import plain_deals
from indicators.models import (
    Actor,
    Circulation,
    Control,
    Deal,
    DealEvent,
    Leg,
    LegAmount,
    Publication,
    Statement,
)
from tracker.tasks import compute_circulation

pytestmark = pytest.mark.django_db

BILLION = 10**9
RATES = "Date, USD, JPY, \n21 November 2025, 1.1520, 180.35, \n"
HISTORY = "Date,USD,JPY,XTS,\n2025-11-20,1.2,N/A,2,\n2025-11-21,1.1520,180.35,2,\n"


def actor(slug: str, **fields: Any) -> Actor:
    return Actor.objects.get_or_create(slug=slug, defaults={"name": slug, "kind": "company", **fields})[0]


def held(row: Actor, *, by: Actor, **period: str) -> Actor:
    """The actor, which the other one controls."""
    Control.objects.create(actor=row, group=by, **period)
    return row


def leg(
    slug: str, payer: str, payee: str, *, flow: str = "P", deal: dict[str, Any] | None = None, **amount: Any
) -> Leg:
    """A deal with one leg, announced for a billion dollars on 3 March 2025 unless it is said otherwise."""
    fields = {"kind": "deal", "status": "announced", "announced": "2025-03-03", "headline": BILLION}
    about = Deal.objects.create(slug=slug, title_fr=slug, title_en=slug, **(fields | (deal or {})))
    ends = {"payer": actor(payer), "payee": actor(payee)}
    row = Leg.objects.create(slug=f"{slug}/1", deal=about, flow=flow, instrument="loan", **ends)
    told = {"stage": "announced", "basis": "exact", "lo": BILLION, "hi": BILLION, "nominal": BILLION}
    LegAmount.objects.create(leg=row, **(told | {"currency": "USD"} | amount))
    return row


def says(
    row: Leg,
    slug: str,
    kind: str = "press",
    *,
    on: str = "2025-03-04",
    claim: str = "reported",
    names_the_leg: bool = True,
    **source: Any,
) -> Publication:
    """A publication that speaks of a deal, and of its leg unless it is said otherwise."""
    published = {"title": slug, "language": "fr", "publisher": slug, "published_on": date.fromisoformat(on)}
    article = Publication.objects.create(slug=slug, kind=kind, **(published | source))
    about = {"deal": row.deal, "leg": row if names_the_leg else None}
    Statement.objects.create(slug=f"{slug}/s", quote="« … »", publication=article, claim=claim, **about)
    return article


def plain(slug: str, **when: Any) -> dict[str, Any]:
    return next(each for each in registry.legs(**when) if each["id"] == f"{slug}/1")


def headlines() -> dict[str, float | None]:
    """The headline of each deal; what lacks a rate is told, and has none."""
    deals = plain_deals()
    assert all((deal["headline"] is None) == (deal["unconverted"] is not None) for deal in deals)
    return {deal["id"]: deal["headline"] for deal in deals}


def left_out(as_of: str) -> dict[str, str]:
    return dict(registry.network(registry.view_of(as_of=as_of)).left_out)


def test_a_deal_as_it_stood_on_a_day():
    row = leg("pret", "ada", "bea", flow="F", basis="up_to", lo=0)
    LegAmount.objects.create(
        leg=row, stage="announced", since="2025-10", basis="undisclosed", lo=0
    )  # amended: no longer disclosed
    LegAmount.objects.create(
        leg=row, stage="committed", since="2025-06-01", basis="exact", lo=BILLION / 2, currency="USD"
    )
    for happened, status in (("2025-06", "signed"), ("2025-09-22", "cancelled"), ("2025-07", "renamed")):
        DealEvent.objects.create(deal=row.deal, happened=happened, status=status)

    assert left_out("2025-03-02") == {"pret/1": "not_yet"}
    assert left_out("2025-03-03") == left_out("2025-09-21") == {}
    assert left_out("2025-09-22") == left_out("2026-01-01") == {"pret/1": "status:cancelled"}
    assert plain("pret")["status"] == "cancelled"
    amounts = [plain("pret", as_of=day) for day in ("2025-05-31", "2025-06-01", "2025-11-01")]
    assert [(told["stage"], told["lo"], told["hi"]) for told in amounts] == [
        ("announced", 0, 1000),
        ("committed", 500, None),
        ("committed", 500, None),
    ]
    assert (amounts[0]["nominal"], amounts[2]["nominal"]) == (1000, None)


def test_a_deal_that_nobody_dates_begins_when_it_was_first_told():
    row = leg("pret", "ada", "bea", deal={"announced": "", "status": "active"})
    says(row, "later", on="2025-11-06")
    says(row, "first", on="2025-04-01")
    assert left_out("2025-03-31") == {"pret/1": "not_yet"}
    assert left_out("2025-04-01") == {}


def test_members_count_with_who_controls_them_and_only_while_they_do():
    held(actor("unit"), by=actor("mother"), since="2025-02", until="2025-06-01")
    leg("inside", "mother", "unit", flow="F")
    assert left_out("2025-05-31") == {"inside/1": "intragroup"}
    assert left_out("2025-06-01") == {}
    assert registry.groups(as_of="2025-01-31") == registry.groups() == {}
    assert registry.network(registry.view_of(as_of="2025-05-31", by_group=False)).actors == ("mother", "unit")


def test_confidence_is_what_sources_allow():
    row = leg("pret", "ada", "bea", flow="F")
    assert plain("pret")["confidence"] == "low"
    wire = says(row, "agency")
    says(row, "copy", origin=wire)
    says(row, "opinion", claim="opinion", kind="filing")
    assert plain("pret")["confidence"] == "low"
    says(row, "another", on="2025-04-01")
    assert plain("pret")["confidence"] == "medium"
    says(row, "ada-says", "party_statement", party=row.payer, on="2025-05-01")
    says(row, "cleo-says", "party_statement", party=actor("cleo"), on="2025-05-01")
    assert plain("pret")["confidence"] == "medium"
    says(row, "unit-says", "party_statement", party=held(actor("unit"), by=row.payee), on="2025-06-01")
    assert [plain("pret", as_of=day)["confidence"] for day in ("2025-03-31", "2025-04-01", "2025-06-01")] == [
        "low",
        "medium",
        "high",
    ]


def test_what_is_said_of_a_deal_raises_its_legs_but_those_that_we_infer():
    row = leg("pret", "ada", "bea", flow="F")
    Leg.objects.create(
        slug="inferred", deal=row.deal, payer=row.payee, payee=row.payer, flow="P", instrument="loan", derived=True
    )  # fmt: skip
    Leg.objects.filter(pk=row.pk).update(confidence="medium")
    says(row, "blog", "blog", names_the_leg=False)
    assert [each["confidence"] for each in registry.legs()] == ["medium", "low"]
    Publication.objects.update(kind="filing")
    assert [each["confidence"] for each in registry.legs()] == ["high", "low"]


def test_other_currencies_count_as_unknown_until_an_official_rate_is_read(tmp_path, capsys):
    leg("euros", "ada", "bea", currency="EUR", deal={"announced": "2025-11-23"})
    leg("a-month", "ada", "cleo", currency="EUR", deal={"announced": "2025-11"})
    leg("unstated", "ada", "dora", currency="", currency_unstated=True)
    before = plain("euros")
    assert (before["lo"], before["hi"], before["nominal"], before["fx"]) == (0, None, None, None)
    assert before["unconverted"] == {"lo": 1000, "hi": 1000, "nominal": 1000, "currency": "EUR"}
    assert headlines() == {"euros": None, "a-month": None, "unstated": 1000}
    table = tmp_path / "eurofxref.csv"
    for told, added, known in ((HISTORY, 5, 0), (RATES, 0, 2)):
        table.write_text(told, encoding="ascii")
        call_command("rates", str(table))
        assert capsys.readouterr().out == f"{added} taux ajoutés, {known} déjà connus\n"
    after = plain("euros")
    assert (after["lo"], after["hi"], after["nominal"], after["unconverted"]) == (1152, 1152, 1152, None)
    assert (after["fx"]["rate"], after["fx"]["day"]) == ("1.15200000", "2025-11-21")
    assert headlines() == {"euros": 1152, "a-month": None, "unstated": 1000}
    found = registry.network(registry.view_of())
    assert (found.unconverted, found.unstated) == (("a-month/1",), ("unstated/1",))


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (b"", 1),
        (b"\x89PNG\r\n\x1a\n", 0),
        (b"Day,USD\n2025-11-21,1\n", 1),
        (b"Date,usd\n2025-11-21,1\n", 1),
        (b"Date," + b"USD," * 200 + b"\n", 1),
        (b"Date,USD\n2025-11-21,1,2\n", 2),
        (b"Date,USD\n2025-11-21,1\n21/11/2025,1\n", 3),
        (b"Date,USD\n2999-01-01,1\n", 2),
        *[
            (f"Date,USD\n2025-11-21,{rate}\n".encode(), 2)
            for rate in ("-1", "0", "nan", "1e300", "one", "1" * 30)
        ],
    ],
)
def test_a_file_that_is_no_table_of_rates_is_refused_whole(tmp_path, told, line):
    table = tmp_path / "rates.csv"
    table.write_bytes(told)
    with pytest.raises(CommandError, match=rf"rates\.csv .*ligne {line} "):
        call_command("rates", str(table))


def test_the_network_is_kept_until_the_registry_changes(django_assert_num_queries):
    row = leg("pret", "ada", "bea", flow="F")
    leg("achat", "bea", "ada")
    view = registry.view_of()
    before, digest = registry.network(view), registry.digest()
    assert registry.network(view) is before
    LegAmount.objects.filter(leg=row).update(hi=2 * BILLION)
    assert registry.digest() != digest
    assert registry.network(view).arcs[0].hi == 2000
    for number in range(3):
        leg(f"deal-{number}", "ada", "bea")
    with django_assert_num_queries(25):
        registry.network(view)


def test_what_circulates_in_a_large_registry_is_computed_by_a_task():
    ring = [f"actor-{number:02}" for number in range(registry.AT_ONCE + 1)]
    for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
        row = leg(f"{one}-{other}", one, other, flow="F" if one == ring[0] else "P")
    view = registry.view_of()
    found = registry.network(view)
    assert registry.circulation(found, view=view) is None

    compute_circulation()

    told = registry.circulation(found, view=view)
    assert (told.circular, told.total, told.ratio, told.unknown) == (31_000, 31_000, 1.0, 0)
    assert told.returnable == {ring[0]: (1000, 1000)}
    LegAmount.objects.filter(leg=row).update(nominal=None, basis="up_to", lo=0)
    assert registry.circulation(registry.network(view), view=view) is None
    compute_circulation()
    compute_circulation()
    told = registry.circulation(registry.network(view), view=view)
    assert (told.ratio, told.unknown, told.returnable) == (0.0, 1, {ring[0]: (0, 1000)})
    assert Circulation.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "good"),
    [
        ([], True),
        ([{"scheme": "LEI", "id": "549300S4KLFTLO7GSQ80"}, {"scheme": "CIK", "id": "1045810"}], True),
        ([{"scheme": "QID", "id": "Q182477"}, {"scheme": "SIREN", "id": "123456789"}], True),
        ({"scheme": "LEI", "id": "x"}, False),
        ([{"scheme": "VAT", "id": "1"}], False),
        ([{"scheme": ["LEI"], "id": "1"}], False),
        ([{"scheme": "CIK", "id": 1045810}], False),
        ([{"scheme": "QID", "id": "Q1", "name": "<b>"}], False),
        (["Q1"], False),
    ],
)
def test_identifiers_are_those_of_public_registers(told, good):
    row = Actor(slug="ada", name="Ada", kind="company", identifiers=told)
    if good:
        row.full_clean()
    else:
        with pytest.raises(ValidationError):
            row.full_clean()
