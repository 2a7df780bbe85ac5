"""The founding registry as plain legs and as a network: the worked numbers of the design."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from indicators import registry, seeding
from indicators.legs import plain_deals
from indicators.rules.deal_graph import headline_total

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The founding registry, loaded once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        seeding.load(now=datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def expected(shared: Path) -> dict[str, Any]:
    """The worked numbers of the design."""
    path = shared / "design" / "seed" / "expected-results.json"
    if not path.is_file():
        pytest.skip("the worked numbers of the design are not on this machine")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("default", {}),
        ("with_derived", {"include_derived": True}),
        ("medium_or_better", {"min_confidence": "medium", "include_derived": True}),
    ],
)
@pytest.mark.parametrize("as_of", [None, "2025-12-30"])
def test_the_network_of_the_founding_articles(seeded, expected, name, which, as_of):
    found, told = registry.network(registry.view_of(as_of=as_of, **which)), expected["views"][name]
    arcs = [{"payer": a.payer, "payee": a.payee, "flow": a.kind, "lo": a.lo, "hi": a.hi} for a in found.arcs]
    assert arcs == told["arcs"]
    assert [leg._asdict() for leg in found.left_out] == told["dropped"]
    assert [
        {
            "class": each.klass,
            "length": len(each.hops),
            "nodes": list(each.circuit.nodes),
            "kinds": list(each.circuit.kinds),
            "lo": each.circuit.lo,
            "hi": each.circuit.hi,
        }
        for each in found.circuits
    ] == told["cycles"]
    assert [list(pair) for pair in found.pairs] == told["pairs"]
    assert [list(part) for part in found.core] == told["scc"]
    assert {actor: list(found.returnable(actor)) for actor in found.financiers} == told["returnable_flow"]


def test_the_totals_and_the_circuits_of_the_founding_articles(seeded, expected):
    view = registry.view_of()
    found = registry.network(view)
    told, total = registry.circulation(found, view=view), headline_total(plain_deals())
    assert {"circular": told.circular, "total": told.total, "ratio": round(told.ratio, 6)} == expected[
        "circulation_headline"
    ]
    assert told.unknown == 6
    assert dict(zip(("total", "undisclosed"), total, strict=True)) == expected["headline_total"]
    assert found.unstated == ("coreweave-openai-11-9/cloud", "nvidia-groq-2025-12/licence")
    assert {each.id: (each.evidence, each.financier_share) for each in found.circuits} == {
        "1ce6f08f31": ("explicit", {"nvidia": (0.0, 1.0)}),
        "0f6501dac8": ("coexisting", {"nvidia": (0.4, 1.0)}),
    }


def test_the_legs_of_the_founding_articles(seeded, shared):
    path = shared / "design" / "seed" / "index-dataset.json"
    if not path.is_file():
        pytest.skip("the data set of the design is not on this machine")
    ours = {leg["id"]: leg for leg in registry.legs()}
    for leg in json.loads(path.read_text(encoding="utf-8"))["legs"]:
        told = ours.pop(leg["id"].replace("11.9", "11-9"))
        vendors = [{key: row[key] for key in ("vendor", "lo", "hi")} for row in leg["vendors"] or []]
        expected = {**leg, "id": told["id"], "vendors": vendors or None}
        assert {name: told[name] for name in leg} == expected
    assert ours == {}
