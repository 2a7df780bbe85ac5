"""What must hold of every registry and every index, whatever is in them."""

import json
import subprocess
import sys

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.rules import articles, bounds, flows, freedom_index, scores
from indicators.rules.bounds import NA
from indicators.rules.deal_graph import MOST_CIRCUITS, Arc, View, arcs, circuits, pair_relations
from indicators.rules.freedom_index import evaluate
from tests.vectors import METHODOLOGY

NAMES = ["ada", "bea", "cleo", "dora", "emma"]
ROOM = 1e-9

amounts = st.integers(0, 1_000)


@st.composite
def intervals(draw: st.DrawFn) -> tuple[int, int | None]:
    """Of an amount that is not nothing for sure: what is paid nothing has no shares to widen."""
    low = draw(amounts)
    return low, draw(st.none() | st.integers(max(low, 1), low + 1_000))


@st.composite
def legs(draw: st.DrawFn) -> list[dict]:
    found = []
    for number in range(draw(st.integers(0, 9))):
        payer, payee = draw(st.permutations(NAMES))[:2]
        lo, hi = draw(intervals())
        flow = draw(st.sampled_from("FPPP"))
        found.append(
            {
                "id": f"leg-{number}",
                "payer": payer,
                "payee": payee,
                "flow": flow,
                "instrument": "equity" if flow == "F" else draw(st.sampled_from(["chip_purchase", "cloud_commitment"])),
                "lo": lo,
                "hi": hi,
                "status": "signed",
                "years": draw(st.none() | st.sampled_from([[1, 2], [5, 5]])),
                "vendors": draw(st.none() | st.just([{"vendor": "cleo", "lo": 0.25, "hi": 0.5}])),
            }
        )  # fmt: skip
    return found


@st.composite
def actors(draw: st.DrawFn) -> list[dict]:
    return [
        {
            "id": name,
            "revenue": draw(st.none() | st.just([100, 200])),
            "complete": draw(st.sampled_from([{}, {"purchases": True, "financing": True, "cross_financing": True}])),
            "role": "chip_supplier" if name == "cleo" else "",
        }
        for name in NAMES
    ]  # fmt: skip


def indexes(found: list[dict], who: list[dict], **more: object) -> dict[str, object]:
    told = evaluate({"legs": found, "actors": who}, METHODOLOGY, **more)
    return {actor: freedom_index.rounded(assessed) for actor, assessed in told.items()}


@settings(max_examples=30)
@given(legs(), actors(), st.randoms(use_true_random=False))
def test_the_order_and_the_names_of_legs_change_no_number(found, who, chance):
    shuffled = [{**leg, "id": f"x{leg['id']}"} for leg in found]
    chance.shuffle(shuffled)
    assert indexes(shuffled, who) == indexes(found, who)


@settings(max_examples=30)
@given(legs(), actors())
def test_other_names_of_actors_give_the_same_numbers(found, who):
    def renamed(name: str) -> str:
        return f"z-{name[::-1]}"

    others = [
        {
            **leg,
            "payer": renamed(leg["payer"]),
            "payee": renamed(leg["payee"]),
            "vendors": leg["vendors"]
            and [{**row, "vendor": renamed(row["vendor"])} for row in leg["vendors"]],
        }
        for leg in found
    ]
    told = indexes(others, [{**actor, "id": renamed(actor["id"])} for actor in who])
    assert told == {renamed(name): assessed for name, assessed in indexes(found, who).items()}


@settings(max_examples=30)
@given(legs(), actors(), st.sampled_from(["cancelled", "superseded", "expired"]))
def test_a_leg_that_does_not_live_changes_nothing(found, who, status):
    dead = {**(found or [_leg()])[0], "id": "dead", "status": status}
    umbrella = {**dead, "id": "umbrella", "status": "signed", "in_graph": False}
    assert indexes([*found, dead, umbrella], who) == indexes(found, who)


@settings(max_examples=30)
@given(legs(), actors())
def test_a_leg_in_two_halves_is_the_same_leg(found, who):
    halves = [
        {
            **leg,
            "id": f"{leg['id']}-{half}",
            "lo": leg["lo"] / 2,
            "hi": None if leg["hi"] is None else leg["hi"] / 2,
        }
        for leg in found
        for half in (1, 2)
    ]
    assert indexes(halves, who) == indexes(found, who)


@settings(max_examples=30)
@given(legs(), actors(), st.sampled_from([0.5, 3, 1_000]))
def test_another_unit_of_money_changes_no_score(found, who, factor):
    def times(pair: tuple) -> list:
        return [None if bound is None else bound * factor for bound in pair]

    scaled = [{**leg, **dict(zip(("lo", "hi"), times((leg["lo"], leg["hi"])), strict=True))} for leg in found]
    richer = [{**actor, "revenue": actor["revenue"] and times(actor["revenue"])} for actor in who]
    told = indexes(scaled, richer)
    assert told == indexes(found, who)


@settings(max_examples=30)
@given(legs(), actors())
def test_a_newcomer_without_legs_changes_nobody(found, who):
    told = indexes(found, [*who, {"id": "newcomer"}])
    newcomer = told.pop("newcomer")
    assert (newcomer["index"], newcomer["status"]) == ([1.0, 100.0], "insufficient_data")
    assert told == indexes(found, who)


@settings(max_examples=30)
@given(legs(), actors(), st.sampled_from("FP"))
def test_what_two_others_pay_changes_an_actor_only_through_its_suppliers_its_buyers_and_its_money(
    found, who, flow
):
    more = {**_leg(), "id": "others", "payer": "dora", "payee": "emma", "flow": flow}
    before, after = (indexes(rows, who) for rows in (found, [*found, more]))
    may = {"tied_finance_share", "imposed_dependency_share", "self_financed_sales_share"}
    for actor in ("ada", "bea", "cleo"):
        one, other = before[actor]["measures"], after[actor]["measures"]
        assert {name for name in one if one[name] != other[name]} <= may


@settings(max_examples=30)
@given(legs(), actors(), st.data())
def test_knowing_less_never_narrows_and_what_was_possible_stays_inside(found, who, data):
    if not found:
        return
    place = data.draw(st.integers(0, len(found) - 1))
    leg = found[place]
    wider = [*found]
    wider[place] = {
        **leg,
        "lo": data.draw(st.integers(0, leg["lo"])),
        "hi": data.draw(st.none() if leg["hi"] is None else st.none() | st.integers(leg["hi"], 5_000)),
    }
    narrow, wide = (evaluate({"legs": rows, "actors": who}, METHODOLOGY) for rows in (found, wider))
    for actor, assessed in narrow.items():
        for name, inside in assessed["indicators"].items():
            outside = wide[actor]["indicators"][name]
            assert (inside is NA) == (outside is NA)
            if inside is not NA:
                assert outside[0] <= inside[0] + ROOM
                assert inside[1] <= outside[1] + ROOM


@given(st.lists(intervals(), min_size=1, max_size=5), intervals(), st.data())
def test_any_choice_within_the_bounds_is_within_the_concentration(items, remainder, data):
    told = bounds.hhi(items, remainder)
    spent = [data.draw(st.integers(lo, lo + 2_000 if hi is None else hi)) for lo, hi in items]
    rest = data.draw(st.integers(0, 3_000 if remainder[1] is None else remainder[1]))
    if sum(spent) + rest:
        thin = sum(x * x for x in spent) / (sum(spent) + rest) ** 2
        spent[spent.index(max(spent))] += rest
        thick = sum(x * x for x in spent) / sum(spent) ** 2
        assert told[0] <= thin + ROOM
        assert thick <= told[1] + ROOM


@given(
    st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1]))
)
def test_circuits_are_those_of_networkx(pairs):
    told = circuits([Arc(payer, payee, "P", 1, 1) for payer, payee in pairs])
    peers = networkx.simple_cycles(networkx.DiGraph(list(pairs)), length_bound=5)
    smallest_first = [tuple(ring[ring.index(min(ring)) :] + ring[: ring.index(min(ring))]) for ring in peers]
    assert [each.nodes for each in told.found] == sorted(smallest_first, key=lambda ring: (len(ring), ring))


@pytest.mark.parametrize(
    "told",
    [{"in_graph": False}, {"derived": True}, {"contingent": True}, {"cash": False}, {"confidence": "low"}],
)
def test_a_leg_that_may_be_two_things_counts_in_no_view_that_leaves_it_out(told):
    readings = [{"payer": "ada", "payee": "bea", "flow": "P", "instrument": "chip_purchase"}]
    unclear = {**_leg(), "flow": "?", "confidence": "high", "readings": readings}
    view, who = View(min_confidence="medium"), [{"id": "ada"}]
    assert indexes([unclear], who, view=view) != indexes([], who)
    assert indexes([{**unclear, **told}], who, view=view) == indexes([], who)


def test_half_is_not_more_than_half_and_forty_is_forty():
    rows = [("bea", 0.1), ("bea", 0.4), ("cleo", 0.5)]
    found = [
        {**_leg(), "id": str(place), "payee": payee, "lo": lo, "hi": lo}
        for place, (payee, lo) in enumerate(rows)
    ]
    who = [{"id": "ada", "complete": {"purchases": True}}, {"id": "bea"}]
    assert indexes(found, who)["bea"]["measures"]["imposed_dependency_share"] == [0, 0]
    rules = METHODOLOGY["publication"]
    assert [scores.publication((low, low + 40), 0.1 * 6, 6, rules) for low in (24.4, 25.9, 27.9)] == [
        "rated"
    ] * 3
    assert scores.publication((0, 40), 1 - 0.4000000000000001, 6, rules) == "rated"


def test_chip_vendors_of_one_group_are_one_and_one_without_figures_may_have_it_all():
    halves = [{"vendor": name, "lo": 0.5, "hi": 0.5} for name in ("maker", "its-unit")]
    who, view = [{"id": "ada", "complete": {"purchases": True}}], View(groups={"its-unit": "maker"})
    told = [
        indexes([{**_leg(), "vendors": vendors}], who, view=view)["ada"]["measures"]["top_chip_vendor_share"]
        for vendors in (halves, [{"vendor": "maker", "lo": None, "hi": None}])
    ]
    assert told == [[1, 1], [0, 1]]


def test_what_is_null_of_an_actor_is_what_nobody_told():
    silent = dict.fromkeys(("answers", "complete", "other_sales", "revenue", "role", "declared_commitments"))
    who = [{"id": "ada"}, {"id": "bea"}]
    assert indexes([_leg()], [{**actor, **silent} for actor in who]) == indexes([_leg()], who)


def test_of_two_events_of_one_day_the_last_one_told_is_the_status():
    leg = {
        **_leg(),
        "status_history": [{"date": "2025-09-22", "status": told} for told in ("signed", "cancelled")],
    }
    assert arcs([leg], View(as_of="2025-10-01")) == ([], [("one", "status:cancelled")])


@pytest.mark.parametrize(
    ("happened", "as_of", "live"),
    [
        ("2025-09", "2025-08-31", False),
        ("2025-09", "2025-09-15", True),
        ("2025", "2025-01-01", True),
        ("2025-09-22", "2025-09", True),
        ("2025-09-22", "2025", True),
        ("2025-09-22", "2025-08", False),
        ("2025-09-22", None, True),
    ],
)
def test_an_event_of_a_month_counts_from_its_first_day_and_a_month_is_seen_from_its_last(
    happened, as_of, live
):
    leg = {**_leg(), "status": None, "status_history": [{"date": happened, "status": "signed"}]}
    assert (arcs([leg], View(as_of=as_of)) == ([Arc("ada", "bea", "P", 1, 2)], [])) == live


def test_what_is_paid_in_two_parts_is_one_arc_of_a_circuit():
    paid = [Arc("ada", "bea", "P", 1, 2), Arc("ada", "bea", "P", 2, 3), Arc("bea", "ada", "P", 9, None)]
    assert circuits(paid).found == [(("ada", "bea"), ("P", "P"), 3, 5)]


def test_what_an_actor_pays_itself_is_no_circuit():
    paid = [Arc("ada", "ada", "F", 1, 1), Arc("ada", "bea", "F", 1, 1), Arc("bea", "ada", "P", 1, 1)]
    assert [each.nodes for each in circuits(paid).found] == [("ada", "bea")]
    assert pair_relations(paid) == [("supplier_finances_customer", "ada", "bea")]


def test_a_supplier_that_is_paid_nothing_is_none():
    assert bounds.hhi([(0, 0), (0, None)]) == (1.0, 1.0)
    assert bounds.hhi([(0, 0), (3, 3)]) == (1.0, 1.0)


def test_an_impact_of_nothing_leaves_an_actor_able_to_pass_on_what_hits_it_later():
    impact = [("ada", "cleo", 0), ("ada", "bea", 1), ("bea", "cleo", 1), ("cleo", "dora", 1)]
    told = flows.debtrank(impact, dict.fromkeys(("ada", "bea", "cleo", "dora"), 1), {"ada": 1})
    assert told == (0.75, {"ada": 1, "bea": 1, "cleo": 1, "dora": 1})
    assert flows.debtrank([("ada", "bea", 0.5)], {"ada": 2}, {"ada": 1}) == (0, {"ada": 1, "bea": 0.5})
    assert flows.debtrank([], {}, {}) == (0, {})


def test_nobody_does_more_to_another_than_the_whole_of_it():
    at_most = flows.debtrank([("ada", "bea", 1)], {"ada": 1, "bea": 1}, {"ada": 0.5})
    for weights in ([1.15], [0.6, 0.6]):
        impact = [("ada", "bea", weight) for weight in weights]
        assert flows.debtrank(impact, {"ada": 1, "bea": 1}, {"ada": 0.5}) == at_most


def test_an_actor_to_whom_nothing_applies_has_no_rank_and_takes_nobody_elses():
    names = [each["id"] for dimension in METHODOLOGY["dimensions"] for each in dimension["indicators"]]
    free, bound = dict.fromkeys(names, (90, 100)), dict.fromkeys(names, (0, 10))
    told = freedom_index.by_method(
        {"ada": dict.fromkeys(names, NA), "bea": bound, "cleo": free}, METHODOLOGY, runs=20, seed=1
    )
    assert set(told["ada"].values()) == {None}
    assert [told[name]["rank_p95"] for name in ("bea", "cleo")] == [2, 1]


def test_a_question_that_nobody_answered_may_be_answered_either_way():
    assert scores.checklist({"one": None, "other": "yes", "third": "na"}) == (50, 100)


@pytest.mark.parametrize(
    ("declared", "points", "told"),
    [
        ({"declared_total": 8}, [2, None, 2, 2, 1], (8, 10, None, True)),
        ({"declared_total": 16, "declared_max": 20}, [2, 1, 2, 2, 1], (8, 10, True, True)),
        ({"declared_total": 16, "declared_max": 20}, [], (16, 20, None, True)),
        ({"declared_total": 12}, [2, 1, 2, 2, 1], (8, 10, False, False)),
        ({"declared_total": None}, [2, 1, 2, 2, 1, 2], (None, 10, None, False)),
        ({"declared_total": None}, [0.7], (None, 10, None, False)),
    ],
)
def test_the_total_of_an_article_is_that_of_five_pillars_all_filled(declared, points, told):
    answer = articles.article_score(
        **declared, pillars={str(number): each for number, each in enumerate(points)}
    )
    assert (answer["total"], answer["max"], answer["consistent"], answer["valid"]) == told


def test_more_circuits_than_can_be_told_are_cut_and_said():
    names = [f"actor-{number:02}" for number in range(24)]
    told = circuits([Arc(one, other, "P", 1, 1) for one in names for other in names if one != other])
    assert (len(told.found), told.truncated) == (MOST_CIRCUITS, True)


@settings(max_examples=30)
@given(legs())
def test_what_circulates_is_a_part_of_all_and_all_of_a_ring(found):
    graph, _left_out = arcs(found, View())
    circular, total = flows.circulation([(arc.payer, arc.payee, arc.lo) for arc in graph])
    assert 0 <= circular <= total
    ring = [(one, other, 7) for one, other in zip(NAMES, [*NAMES[1:], NAMES[0]], strict=True)]
    assert flows.circulation(ring) == (35, 35)


def test_a_download_alone_gives_the_same_bytes_without_django(tmp_path):
    dataset = {"legs": [_leg()], "actors": [{"id": "ada", "revenue": [100, 100]}, {"id": "bea"}]}
    for name, told in (("dataset", dataset), ("methodology", METHODOLOGY)):
        (tmp_path / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "indicators.rules.freedom_index"]
    files = [str(tmp_path / "dataset.json"), str(tmp_path / "methodology.json")]
    ran = subprocess.run([*command, *files], capture_output=True, check=True)
    assert ran.stdout == freedom_index.canonical(freedom_index.results(dataset, METHODOLOGY))
    assert freedom_index.digest(json.loads(ran.stdout)) in ran.stderr.decode()
    assert "django" not in ran.stderr.decode()


@pytest.mark.parametrize("arguments", [[], ["dataset.json"], ["a", "b", "c"]])
def test_the_command_says_how_it_is_called(arguments, capsys):
    assert freedom_index.main(arguments) == 2
    assert "dataset.json methodology.json" in capsys.readouterr().err


def _leg() -> dict:
    return {
        "id": "one", "payer": "ada", "payee": "bea", "flow": "P", "instrument": "chip_purchase",
        "lo": 1, "hi": 2, "status": "signed", "years": None, "vendors": None,
    }  # fmt: skip
