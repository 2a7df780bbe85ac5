"""What the choices of the method change: ranks by the lower bound, each choice made otherwise."""

from indicators.rules.bounds import NA
from indicators.rules.freedom_index import evaluate, rounded
from indicators.rules.sensitivity import otherwise
from tests.vectors import METHODOLOGY

ALL = {"purchases": True, "financing": True, "cross_financing": True}


def lab(name: str, *, revenue: float, architectures: int) -> dict:
    return {"id": name, "revenue": [revenue] * 2, "architectures": [architectures] * 2, "complete": ALL}


def test_a_dimension_left_out_moves_whom_it_held_back_and_equals_share_a_rank() -> None:
    """`bound` runs one architecture and owes little, `indebted` runs three and owes much: who leads is a choice."""
    legs = [
        {
            "id": payer, "payer": payer, "payee": "maker", "flow": "P", "instrument": "chip_purchase", "lo": 100,
            "hi": 100, "status": "signed", "years": [1, 1], "vendors": [{"vendor": "maker", "lo": 0, "hi": 0}],
        }
        for payer in ("bound", "indebted")
    ]  # fmt: skip
    actors = [lab("bound", revenue=200, architectures=1), lab("indebted", revenue=10, architectures=3)]
    assessed = evaluate({"legs": legs, "actors": actors}, METHODOLOGY)
    choices = {(each.choice, each.by): each for each in otherwise(rounded(assessed), METHODOLOGY)}

    assert assessed["bound"]["index"][0] > assessed["indebted"]["index"][0]
    assert choices["without", "sustainability"].shift == 1
    assert choices["without", "mobility"].shift == 0
    assert {each.shift for each in choices.values()} == {0, 1}
    assert assessed["bound"]["measures"]["self_financed_sales_share"] is NA

    alike = {"one": assessed["bound"], "other": assessed["bound"]}
    assert {each.shift for each in otherwise(alike, METHODOLOGY)} == {0}
    assert [each.scores for each in otherwise({}, METHODOLOGY)] == [{}] * len(choices)
