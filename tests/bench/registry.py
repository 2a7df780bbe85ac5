"""The registry at the size that it is built for: 300 actors, 1,500 legs."""

import random
from collections.abc import Iterator
from functools import partial

import networkx
from django.db import transaction

from indicators import registry
from indicators.models import Actor, Deal, DealEvent, Leg, LegAmount, Publication, Statement
from indicators.rules.deal_graph import Arc, View, arcs, circuits
from indicators.rules.network import network_of
from tests.bench.race import Growth, Line, Race, cpu

ACTORS, LEGS, STATEMENTS = 300, 1_500, 3_000
PAGE = 0.3  # seconds that a page of the registry may take, uncached


def lines() -> Iterator[Line]:
    """Circuits beside networkx, at two sizes; the network of a whole registry, read from the database."""
    for legs in (1_000, LEGS):
        graph = _graph(legs)
        yield Race(
            what=f"circuits of 5 arcs, {ACTORS} actors, {legs:,} arcs",
            ours=partial(cpu, partial(circuits, graph)),
            other=partial(cpu, partial(_peer, graph)),
            other_name="networkx",
            amount=len(graph),
            unit="arcs",
            bar="≥ 50",
        ).run()
    yield Growth(
        what=f"network of {LEGS:,} legs",
        more=partial(cpu, partial(network_of, _legs(LEGS), View())),
        less=partial(cpu, partial(network_of, _legs(LEGS // 3), View())),
        less_name=f"{LEGS // 3} legs",
    ).run()
    with transaction.atomic():
        fill()
        yield Race(
            what=f"registry of {ACTORS} actors, {LEGS:,} legs, uncached",
            ours=partial(cpu, _uncached),
            other=lambda: PAGE,
            other_name="pages of 300 ms",
            amount=1,
            unit="networks",
            bar="≥ 1",
        ).run()
        transaction.set_rollback(True)


def _uncached() -> None:
    registry._network.cache_clear()
    registry.network(registry.view_of())


def _peer(graph: list[Arc]) -> int:
    ways = networkx.DiGraph([(arc.payer, arc.payee) for arc in graph])
    return sum(1 for _ring in networkx.simple_cycles(ways, length_bound=5))


def _graph(legs: int) -> list[Arc]:
    return arcs(_legs(legs), View())[0]


def _ends(legs: int) -> list[tuple[int, int, str]]:
    """Who pays whom, and how: the same in each run."""
    chance = random.Random(1)
    return [(*chance.sample(range(ACTORS), 2), chance.choice("FP")) for _leg in range(legs)]


def _legs(legs: int) -> list[registry.PlainLeg]:
    return [
        {"id": f"leg-{number}", "payer": f"actor-{payer}", "payee": f"actor-{payee}", "flow": flow}
        | {"lo": number % 97, "hi": 97, "nominal": 97, "status": "signed"}
        for number, (payer, payee, flow) in enumerate(_ends(legs))
    ]


def fill() -> None:
    """As many rows as the registry is built for, beside the founding ones."""
    article = Publication.objects.create(
        slug="bench", title="bench", published_on="2025-01-01", language="fr"
    )
    actors = Actor.objects.bulk_create(
        [Actor(slug=f"bench-{number}", name=f"bench {number}", kind="company") for number in range(ACTORS)]
    )
    deals = Deal.objects.bulk_create(
        [
            Deal(slug=f"bench-{number}", title_fr="x", title_en="x", kind="deal", status="signed", announced="2025-03-04")
            for number in range(LEGS // 3)
        ]
    )  # fmt: skip
    legs = Leg.objects.bulk_create(
        [
            Leg(
                slug=f"bench-{number}",
                deal=deals[number % len(deals)],
                payer=actors[payer],
                payee=actors[payee],
                flow=flow,
                instrument="loan",
                term={"years": 5},
            )
            for number, (payer, payee, flow) in enumerate(_ends(LEGS))
        ]
    )
    LegAmount.objects.bulk_create(
        [LegAmount(leg=leg, stage="announced", basis="exact", lo=10**9, hi=10**9, nominal=10**9, currency="USD") for leg in legs]
    )  # fmt: skip
    DealEvent.objects.bulk_create(
        [DealEvent(deal=deal, happened="2025-05-05", status="active") for deal in deals]
    )
    Statement.objects.bulk_create(
        [
            Statement(slug=f"bench-{number}", deal=leg.deal, leg=leg, publication=article, quote="q" * 150, claim="reported")
            for number, leg in enumerate(legs * (STATEMENTS // LEGS))
        ]
    )  # fmt: skip
