"""What must hold of every network, and which of several sources is believed."""

from datetime import date
from decimal import Decimal

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.rules import flows, precedence, rates
from indicators.rules.deal_graph import View
from indicators.rules.network import network_of
from indicators.rules.precedence import Claim, confidence, displayed, out_of_order

NAMES = ["ada", "bea", "cleo", "dora", "emma"]
KINDS = ["filing", "regulator", "party_statement", "press", "academic", "blog", ""]


@st.composite
def legs(draw: st.DrawFn) -> list[dict]:
    found = []
    for number in range(draw(st.integers(0, 10))):
        payer, payee = draw(st.permutations(NAMES))[:2]
        lo = draw(st.integers(0, 50))
        found.append(
            {
                "id": f"leg-{number}",
                "deal": draw(st.sampled_from(["one", "two", "three"])),
                "payer": payer,
                "payee": payee,
                "flow": draw(st.sampled_from("FP")),
                "lo": lo,
                "hi": draw(st.none() | st.integers(lo, 60)),
                "nominal": draw(st.none() | st.just(lo)),
                "status": "signed",
                "link_evidence": draw(st.sampled_from(["", "explicit", "coexisting"])),
                "conditional_on": draw(st.none() | st.sampled_from([f"leg-{other}" for other in range(10)])),
            }
        )
    return found


def claim(statement: str = "s", value: str = "1", kind: str = "press", **fields: str | None) -> Claim:
    told = {"origin": statement, "publisher": statement, "told_on": "2025-01-01", "party": None}
    return Claim(statement, value, kind, **(told | fields))


claims = st.lists(
    st.builds(
        Claim,
        statement=st.uuids().map(str),
        value=st.sampled_from("12"),
        kind=st.sampled_from(KINDS),
        origin=st.sampled_from("abc"),
        publisher=st.sampled_from("xyz"),
        told_on=st.dates(date(2025, 1, 1), date(2025, 3, 1)).map(date.isoformat),
        party=st.none() | st.sampled_from(NAMES[:3]),
    ),
    max_size=6,
)


@settings(max_examples=60)
@given(legs(), st.randoms(use_true_random=False))
def test_the_order_of_legs_changes_nothing(found, chance):
    shuffled = [*found]
    chance.shuffle(shuffled)
    one, other = network_of(found, View()), network_of(shuffled, View())
    told = [(each.id, each.circuit, each.evidence, each.financier_share) for each in one.circuits]
    assert told == [(each.id, each.circuit, each.evidence, each.financier_share) for each in other.circuits]
    assert (one.digest(), one.core, one.pairs) == (other.digest(), other.core, other.pairs)


@settings(max_examples=60)
@given(legs(), legs())
def test_a_circuit_keeps_its_name_whatever_else_there_is(found, more):
    more = [{**leg, "id": f"more-{leg['id']}", "payer": f"x-{leg['payer']}"} for leg in more]
    few, many = network_of(found, View()), network_of(found + more, View())
    names = {each.circuit.nodes + each.circuit.kinds: each.id for each in many.circuits}
    assert len(set(names.values())) == len(names)
    assert {
        each.circuit.nodes + each.circuit.kinds: each.id for each in few.circuits
    }.items() <= names.items()


@settings(max_examples=60)
@given(legs())
def test_the_core_is_that_of_networkx(found):
    network = network_of(found, View())
    ways = networkx.DiGraph([(arc.payer, arc.payee) for arc in network.arcs])
    peers = [sorted(part) for part in networkx.strongly_connected_components(ways) if len(part) > 1]
    assert [list(part) for part in network.core] == sorted(peers)


@settings(max_examples=100)
@given(legs(), st.data())
def test_any_amounts_within_the_bounds_give_a_share_within_its_bounds(found, data):
    for each in network_of(found, View()).circuits:
        arcs = [each.by_ends[hop] for hop in each.hops]
        paid = {
            arc[:3]: data.draw(st.integers(arc.lo, arc.lo + 80 if arc.hi is None else arc.hi)) for arc in arcs
        }
        for hop in each.hops:
            if hop[2] == "F" and paid[hop]:
                low, high = each.financier_share[hop[0]]
                assert low <= min(paid.values()) / paid[hop] <= high


def test_a_circuit_is_explicit_when_sources_link_all_its_legs():
    ring = [
        {"id": f"{one}-{other}", "deal": deal, "payer": one, "payee": other, "flow": kind, "lo": 1, "hi": 1}
        | {"nominal": 1, "status": "signed", "link_evidence": link, "conditional_on": condition}
        for one, other, kind, deal, link, condition in (
            ("ada", "bea", "F", "one", "explicit", None),
            ("bea", "cleo", "P", "one", "explicit", None),
            ("cleo", "ada", "P", "two", "", "bea-cleo"),
        )
    ]

    def evidence(*changed: dict) -> list[str]:
        return [each.evidence for each in network_of([*ring[: -len(changed)], *changed], View()).circuits]

    assert [each.evidence for each in network_of(ring, View()).circuits] == ["explicit"]
    assert evidence(ring[2] | {"conditional_on": None}) == ["coexisting"]
    vague = [leg | {"link_evidence": "asserted_without_detail"} for leg in ring]
    assert evidence(*vague) == ["coexisting"]


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ([], None),
        ([claim("old", "1"), claim("new", "2", told_on="2025-01-02")], "2"),
        ([claim("two", "1", told_on="2025-01-02"), claim("of", "2"), claim("them", "2")], "2"),
        ([claim("a", "1"), claim("b", "1"), claim("party", "2", kind="party_statement")], "2"),
        (
            [claim("a", "1", kind="filing"), claim("b", "2", kind="party_statement", told_on="2026-01-01")],
            "1",
        ),
        ([claim("a", "1", kind="regulator"), claim("b", "2", kind="filing", told_on="2026-01-01")], "2"),
        ([claim("a", "1"), claim("b", "2", kind="blog", told_on="2026-01-01")], "1"),
        ([claim("a", "1"), claim("b", "1", origin="a"), claim("c", "2", told_on="2025-01-02")], "2"),
        ([claim("a", "1"), claim("b", "1", publisher="a"), claim("c", "2", told_on="2025-01-02")], "2"),
    ],
)
def test_the_value_that_is_displayed(told, value):
    shown = displayed(told)
    assert (shown and shown.value) == value
    assert displayed(told[::-1]) == shown


@given(claims, st.randoms(use_true_random=False))
def test_what_is_displayed_is_of_the_best_kind_and_does_not_hang_on_an_order(told, chance):
    shuffled = [*told]
    chance.shuffle(shuffled)
    shown = displayed(told)
    assert displayed(shuffled) == shown
    best = min((KINDS.index(each.kind) // 2 for each in told), default=None)
    assert best is None or best > 0 or shown.kind in precedence.OFFICIAL


@given(claims, claims)
def test_more_sources_never_lower_confidence(told, more):
    order = ["low", "medium", "high"]
    before, after = (confidence(each, {"ada", "bea"}) for each in (told, told + more))
    assert order.index(before) <= order.index(after)


@pytest.mark.parametrize(
    ("stages", "warned"),
    [
        ({"announced": (0, 100), "committed": (0, 100), "disbursed": (10, 110)}, []),
        ({"announced": (0, None), "committed": (900, 900)}, []),
        ({"announced": (0, 100), "committed": (0, None)}, []),
        ({"announced": (0, 100), "committed": (0, 101)}, [("committed", "announced")]),
        ({"announced": (0, 100), "committed": (101, None)}, [("committed", "announced")]),
        ({"announced": (0, 9), "disbursed": (10, 10)}, [("disbursed", "announced")]),
        (
            {"announced": (0, 5), "committed": (6, 6), "disbursed": (7, 7)},
            [("disbursed", "committed"), ("committed", "announced")],
        ),
    ],
)
def test_amounts_out_of_order_are_warned_of(stages, warned):
    assert out_of_order(stages) == warned


@given(st.binary(max_size=200) | st.text("DateUSD,.-0123456789N/A\n", max_size=200).map(str.encode))
def test_no_file_of_rates_breaks_the_reader(body):
    try:
        told = rates.read(body, today=date(2026, 11, 22))
    except rates.UnreadableRatesError as error:
        assert error.line >= 0
    else:
        assert all(rate.per_euro > 0 for rate in told)


def test_amounts_go_from_one_currency_to_another_through_the_euro():
    table = {"USD": Decimal("1.25"), "GBP": Decimal("0.5")}
    told = [
        rates.converted(Decimal(10), currency=one, to=other, per_euro=table)
        for one, other in (("EUR", "USD"), ("GBP", "USD"), ("USD", "EUR"), ("JPY", "USD"), ("EUR", "JPY"))
    ]
    assert told == [Decimal("12.5"), Decimal(25), Decimal(8), None, None]


@given(found=legs())
@settings(max_examples=200)
def test_what_can_come_back_is_the_maximum_flow_of_networkx(found: list[dict]) -> None:
    network = network_of(found, View())
    for actor in network.financiers:
        graph = networkx.DiGraph([("lent", actor), (actor, "sold")])
        graph.clear_edges()
        for arc in network.arcs:
            lends, sells = arc.payer == actor, arc.payee == actor
            if (lends and arc.kind == "P") or (sells and arc.kind == "F"):
                continue
            ends = "lent" if lends else arc.payer, "sold" if sells else arc.payee
            room = graph.get_edge_data(*ends, {"capacity": 0})["capacity"]
            graph.add_edge(*ends, capacity=room + (float("inf") if arc.hi is None else arc.hi))
        try:
            most = networkx.maximum_flow_value(graph, "lent", "sold")
        except networkx.NetworkXUnbounded:
            most = None
        assert flows.returnable(network.arcs, actor)[1] == most
