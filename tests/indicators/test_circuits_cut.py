"""More circuits than can be told: they are cut where it is said, in bounded time, in the rule, on the page, in the API."""

import time
from itertools import permutations
from math import comb, factorial

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from indicators.models import Actor, Deal, Leg
from indicators.rules.deal_graph import LONGEST, MOST_CIRCUITS, Arc, circuits

SECONDS = 10  # of computing: ten times what it takes


def everybody(actors: int, kinds: str) -> list[Arc]:
    """Everybody pays everybody in each of these ways."""
    names = [f"a{number:02}" for number in range(actors)]
    return [Arc(one, other, kind, 1, 1) for one, other in permutations(names, 2) for kind in kinds]


def all_of_them(actors: int, kinds: int, longest: int) -> int:
    """How many circuits there are among them, by counting rings."""
    lengths = range(2, longest + 1)
    return sum(comb(actors, length) * factorial(length - 1) * kinds**length for length in lengths)


@settings(max_examples=12)
@given(st.integers(2, 26), st.sampled_from(["P", "FP"]), st.integers(2, 6), st.randoms(use_true_random=False))
def test_all_are_told_up_to_the_cap_and_above_it_as_many_as_that(actors, kinds, longest, random):
    graph = everybody(actors, kinds)
    random.shuffle(graph)
    began = time.process_time()
    told = circuits(graph, longest=longest)
    assert time.process_time() - began < SECONDS
    real = all_of_them(actors, len(kinds), longest)
    assert (len(told.found), told.truncated) == (min(real, MOST_CIRCUITS), real > MOST_CIRCUITS)
    assert len({(found.nodes, found.kinds) for found in told.found}) == len(told.found)
    for found in told.found:
        assert 2 <= len(found.nodes) == len(set(found.nodes)) == len(found.kinds) <= longest
        assert found.nodes[0] == min(found.nodes)
    assert circuits(sorted(graph), longest=longest) == told


@pytest.mark.django_db
def test_the_page_and_the_api_say_that_the_list_is_cut(client: Client) -> None:
    dense = everybody(16, "FP")
    names = sorted({arc.payer for arc in dense})
    rows = Actor.objects.bulk_create([Actor(slug=name, name=name.title(), kind="company") for name in names])
    by_name = dict(zip(names, rows, strict=True))
    deal = Deal.objects.create(slug="all", title_fr="Tous", title_en="All", kind="deal", status="signed")
    Leg.objects.bulk_create(
        Leg(slug=f"all/{number}", deal=deal, payer=by_name[arc.payer], payee=by_name[arc.payee], flow=arc.kind,
            instrument="services", confidence="low")
        for number, arc in enumerate(dense)
    )  # fmt: skip
    assert all_of_them(16, 2, LONGEST) > MOST_CIRCUITS > all_of_them(16, 2, 3)

    began = time.process_time()
    page = html.fromstring(client.get("/registre/circuits/").content)
    told = client.get("/api/v1/cycles/").json()
    assert time.process_time() - began < SECONDS

    words = " ".join(page.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())
    assert "Il y en a plus de 20 000 : la liste est coupée" in words
    assert "page 1 sur 400" in words
    assert (told["truncated"], told["count"]) == (True, MOST_CIRCUITS)
    shorter = client.get("/api/v1/cycles/?longest=3").json()
    assert (shorter["truncated"], shorter["count"]) == (False, all_of_them(16, 2, 3))
    assert "coupée" not in client.get("/registre/circuits/?longest=3").content.decode()
