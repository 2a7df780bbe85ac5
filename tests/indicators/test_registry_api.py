"""The registry and the index in the API: as of a day, in a view, unknown as null, one digest for all."""

import json
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from indicators import exports, seeding
from indicators.models import Answer, Deal, Edition, EditionFile, Score, Statement
from tests.indicators.api_asked import read

pytestmark = pytest.mark.django_db

LISTS = (
    "actors", "deals", "legs", "statements", "contradictions", "cycles", "editions", "scores", "answers", "corrections",
)  # fmt: skip
HOSTILE = (
    "view=everything", "as_of=2999-01-01", "as_of=2025-02-30", "edition=../..", "lang=de", "deal=%00", "longest=7",
    "min_confidence=HIGH", "include_derived=perhaps", "unknown=1", "page_size=1000",
    "as_of=2025-01-01&as_of=2025-01-02",
)  # fmt: skip
LEG = {
    "id": "d/l", "deal": "d", "payer": "x", "payee": "y", "flow": "P", "lo": 1, "hi": None, "nominal": None,
    "status": "signed",
}  # fmt: skip
PAIR, TRIANGLE = ["nvidia", "openai"], ["nvidia", "openai", "oracle"]


@pytest.fixture
def registry(db: None) -> None:
    """The registry as it is seeded."""
    seeding.load(now=timezone.now())


def circuits(client: Client, query: str = "") -> list[tuple[list[str], float, float | None]]:
    """The circuits of circular financing: who, at least, at most."""
    found = read(client, f"/api/v1/cycles/{query}")["results"]
    return [(row["actors"], row["lo_musd"], row["hi_musd"]) for row in found if row["sort"] == "mixed"]


def test_circuits_are_those_of_the_design_in_each_view(client, registry):
    assert circuits(client) == [(PAIR, 0, 100_000), (TRIANGLE, 0, 40_000)]
    assert circuits(client, "?view=with_derived")[1:] == [
        (["amazon", "nvidia", "openai"], 0, 38_000), (TRIANGLE, 0, 40_000),
    ]  # fmt: skip
    assert circuits(client, "?view=medium_or_better") == [(TRIANGLE, 0, 40_000)]
    assert circuits(client, "?include_derived=true&longest=2") == [(PAIR, 0, 100_000)]
    assert circuits(client, "?view=with_derived&include_derived=false") == circuits(client)


def test_before_its_announcement_a_leg_is_not_yet(client, registry):
    [told] = [
        row
        for row in read(client, "/api/v1/legs/?as_of=2025-08-31&deal=nvidia-openai-2025-09")["results"]
        if row["leg_id"].endswith("/equity")
    ]
    assert (told["status"], told["left_out"]) == ("not_yet", "not_yet")
    assert read(client, "/api/v1/deals/nvidia-openai-2025-09/?as_of=2025-08-31")["status"] == "not_yet"
    graph = read(client, "/api/v1/graph/?as_of=2025-08-31")
    assert {"leg": "nvidia-openai-2025-09/equity", "reason": "not_yet"} in graph["left_out"]
    assert circuits(client, "?as_of=2025-08-31") == []


def test_unknown_stays_null_and_words_come_in_the_language_asked(client, registry):
    [stake] = read(client, "/api/v1/legs/?deal=nvidia-coreweave-stake&lang=en")["results"]
    assert (stake["lo_musd"], stake["hi_musd"], stake["nominal_musd"], stake["currency"]) == (
        0,
        None,
        None,
        None,
    )
    assert stake["in_words"] == "Nvidia finances CoreWeave"
    [arc] = [
        row
        for row in read(client, "/api/v1/graph/")["arcs"]
        if row["payee"] == "coreweave" and row["kind"] == "F"
    ]
    assert (arc["lo_musd"], arc["hi_musd"]) == (0, None)


def test_lists_are_filtered_and_every_answer_has_the_digest_as_its_tag(client, registry):
    assert {row["flow"] for row in read(client, "/api/v1/legs/?flow=F")["results"]} == {"F"}
    paid = read(client, "/api/v1/legs/?actor=oracle")["results"]
    assert sorted(row["leg_id"] for row in paid) == ["oracle-nvidia-40/chips", "oracle-openai-300/cloud"]
    [open_one] = read(client, "/api/v1/contradictions/?deal=nvidia-groq-2025-12&state=open&page_size=1")[
        "results"
    ]
    assert "nvidia-groq-2025-12" in open_one["deals"]
    assert read(client, "/api/v1/statements/?as_of=2020-01-01")["count"] == 0
    assert {row["slug"] for row in read(client, "/api/v1/deals/?actor=groq")["results"]} == {
        "nvidia-groq-2025-12"
    }
    tag = f'"{exports.digest()}"'
    for name in [*LISTS[:-1], "graph"]:
        answer = client.get(f"/api/v1/{name}/")
        assert answer["ETag"] == tag, name
        assert client.get(f"/api/v1/{name}/", headers={"If-None-Match": tag}).status_code == 304
    Deal.objects.filter(slug="oracle-nvidia-40").update(note_fr="Autre chose")
    assert client.get("/api/v1/deals/", headers={"If-None-Match": tag}).status_code == 200


def test_an_edition_answers_from_its_own_data_set(client, registry):
    edition = make_edition(legs=[LEG])
    graph = read(client, f"/api/v1/graph/?edition={edition.slug}")
    assert graph["arcs"] == [
        {"payer": "x", "payee": "y", "kind": "P", "lo_musd": 1, "hi_musd": None, "legs": ["d/l"]}
    ]
    assert graph["dataset"] == edition.dataset_sha256
    assert read(client, "/api/v1/scores/?edition=2026-06&indicator=index")["results"] == [
        {"edition": "2026-06", "actor": "openai", "indicator": "index", "lo": 1.774321, "hi": 62.9, "status": "insufficient_data"}
    ]  # fmt: skip
    assert read(client, "/api/v1/scores/?indicator=openness")["results"][0]["lo"] is None
    assert read(client, "/api/v1/editions/")["results"][0]["cut_off_on"] == "2026-06-30"
    assert read(client, "/api/v1/answers/?edition=2026-06")["count"] == 0
    assert Answer.objects.count() == read(client, "/api/v1/answers/")["count"]


def test_a_correction_of_a_statement_is_told(client, registry):
    old = Statement.objects.get(slug="oracle-nvidia-40/s1")
    Statement.objects.create(
        slug="oracle-nvidia-40/s9", deal=old.deal, publication=old.publication, quote="39", claim="reported",
        supersedes=old, correction_reason="Faute de frappe", recorded_at=timezone.now(),
    )  # fmt: skip
    [told] = read(client, "/api/v1/corrections/?kind=correction")["results"]
    about, by = "statement/oracle-nvidia-40/s1", "statement/oracle-nvidia-40/s9"
    assert (told["about"], told["by"], told["reason"]) == (about, by, "Faute de frappe")


def test_what_is_not_understood_is_refused_in_words(client, registry):
    for query in HOSTILE:
        for name in (*LISTS, "graph"):
            answer = client.get(f"/api/v1/{name}/?{query}", headers={"Accept-Language": "en"})
            assert answer.status_code == 400, (name, query)
            assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]
    assert "inconnu" in client.get("/api/v1/legs/?unknown=1&lang=fr").json()["errors"][0]["message"]


def test_a_hostile_text_is_only_echoed(client, registry):
    text = "<script>alert(1)</script>'\"; DROP TABLE indicators_deal"
    answer = client.get(f"/api/v1/legs/?deal={quote(text)}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")


def make_edition(*, legs: list[dict]) -> Edition:
    """An edition of June 2026 with these legs, a score of OpenAI, and one that does not apply."""
    content = json.dumps({"legs": legs, "view": {"as_of": "2026-06-30", "groups": {}}, "actors": []})
    edition = Edition.objects.create(
        slug="2026-06", cut_off_on="2026-06-30", methodology="1.0.0", code_version="0" * 40, seed=1,
        dataset_sha256="a" * 64, methodology_sha256="b" * 64, results_sha256="c" * 64, published_at=timezone.now(),
    )  # fmt: skip
    EditionFile.objects.create(edition=edition, name="dataset.json", sha256="a" * 64, content=content)
    openai = Deal.objects.get(slug="oracle-openai-300").legs.get().payer
    for part, lo, hi in (("index", "1.774321", "62.9"), ("openness", None, None)):
        Score.objects.create(
            edition=edition, actor=openai, part=part, lo=lo, hi=hi, publication_status="insufficient_data"
        )
    return edition
