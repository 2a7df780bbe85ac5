"""The vectors of the registry and of the index, where they are beside the project."""

import json
import math
from typing import Any

import pytest

from tests.conftest import SHARED
from tests.vectors import METHODOLOGY, vector

VECTORS = SHARED / "vectors" / "index-dev.json"
CASES = json.loads(VECTORS.read_bytes())["cases"] if VECTORS.exists() else []

pytestmark = pytest.mark.skipif(not CASES, reason="the vectors of ../shared/vectors are not here")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_rule_answers_as_its_vector_says(case):
    assert list(differences(vector(case["function"], case["input"]), case["expected"])) == []


def test_two_articles_rate_nobody_and_narrow_as_expected():
    folder = SHARED / "design" / "seed"
    expected = json.loads((folder / "expected-results.json").read_bytes())
    dataset = json.loads((folder / "index-dataset.json").read_bytes())
    told = {"data": dataset, "view": {"groups": {"aws": "amazon"}}}
    for reading in ("guaranteed", "known"):
        answer = vector("evaluate", {**told, "basis": reading})
        assert list(differences(answer, expected["index"][reading])) == []
    indicators = {
        actor: assessed["indicators"] for actor, assessed in expected["index"]["guaranteed"].items()
    }
    drawn = vector("monte_carlo", {"indicators": indicators, "runs": 500, "seed": 20261122})
    assert list(differences(drawn, expected["monte_carlo_guaranteed"])) == []
    assert vector("canonical_digest", {"object": METHODOLOGY}) == expected["inputs"]["methodology"]
    assert vector("canonical_digest", {"object": dataset}) == expected["inputs"]["dataset"]


def differences(told: Any, expected: Any, where: str = "") -> Any:
    """Each place where an answer is not the expected one, beyond the tolerance of the vectors (relative, 1e-6)."""
    if isinstance(told, dict) and isinstance(expected, dict):
        for name in sorted({*told, *expected}):
            yield from differences(told.get(name, "absent"), expected.get(name, "absent"), f"{where}/{name}")
    elif isinstance(told, list) and isinstance(expected, list) and len(told) == len(expected):
        for number, pair in enumerate(zip(told, expected, strict=True)):
            yield from differences(*pair, f"{where}/{number}")
    elif isinstance(told, float | int) and isinstance(expected, float | int):
        if not math.isclose(told, expected, rel_tol=1e-6, abs_tol=1e-6):
            yield where, told, expected
    elif told != expected:
        yield where, told, expected
