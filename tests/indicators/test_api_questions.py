"""The public API: refusals in words, nothing private, nothing written, and no question that breaks it."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.models import Evidence
from tests.factories import make_indicator, make_user
from tests.indicators.api_asked import ROUTES, one_evidence, read

# Every word that names a person of the team or a state of ours, and never leaves.
PRIVATE = ["published_by", "moderator", "secret@example.org", "set_by", "retracted_by", "password"]

pytestmark = pytest.mark.django_db


def refused(client: Client, address: str) -> dict:
    response = client.get(address, headers={"accept-language": "en"})
    assert response.status_code == 400
    return response.json()


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (
            "stance=maybe",
            {
                "parameter": "stance",
                "given": "maybe",
                "accepted": ["supports", "contradicts", "context"],
                "message": "\"maybe\" is not a valid choice.",
            },
        ),
        (
            "indicator=9z",
            {
                "parameter": "indicator",
                "given": "9z",
                "accepted": ["1a"],
                "message": "Object with code=9z does not exist.",
            },
        ),
        (
            "occurred_after=2025-02-30",
            {
                "parameter": "occurred_after",
                "given": "2025-02-30",
                "accepted": "The first day of the event: 2026-01-01.",
                "message": "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
            },
        ),
        (
            "page_size=201",
            {
                "parameter": "page_size",
                "given": "201",
                "accepted": "Rows per page, from 1 to 200.",
                "message": "Ensure this value is less than or equal to 200.",
            },
        ),
        (
            "page=2",
            {
                "parameter": "page",
                "given": "2",
                "accepted": "from 1 to 1",
                "message": "There is no such page.",
            },
        ),
        (
            "kind=law&kind=tender",
            {
                "parameter": "kind",
                "given": "tender",
                "accepted": [
                    "tender", "award", "call", "law", "report", "deal", "study", "programme", "statement", "index"
                ],
                "message": "Given more than once.",
            },
        ),
        (
            "ordering=-published_by__password",
            {
                "parameter": "ordering",
                "given": "-published_by__password",
                "accepted": ["number", "-number", "occurred_on", "-occurred_on", "published_at", "-published_at"],
                "message": "\"-published_by__password\" is not a valid choice.",
            },
        ),
    ],
)  # fmt: skip
def test_a_question_not_understood_is_refused_in_words(client, query, error):
    make_indicator()
    assert refused(client, f"/api/v1/evidence/?{query}") == {"errors": [error]}


@pytest.mark.parametrize("address", ROUTES[:-1])
def test_an_unknown_parameter_is_refused_everywhere(client, address):
    one_evidence()
    response = client.get(f"{address}?published_by=1")
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["parameter"], error["given"]) == ("published_by", "1")


@pytest.mark.parametrize(
    "query", ["as_of=2126-01-01", "known_at=2126-01-01", "as_of=0001-01-01", "known_at=0001-01-01"]
)
def test_a_clock_out_of_reach_is_refused(client, query):
    make_indicator()
    (error,) = refused(client, f"/api/v1/status/?{query}")["errors"]
    assert error["parameter"] == query.split("=")[0]


def test_refusals_speak_french_by_default(client):
    (error,) = client.get("/api/v1/evidence/?stance=maybe").json()["errors"]
    assert error["message"] == "«\xa0maybe\xa0» n'est pas un choix valide."


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ROUTES)
def test_nothing_can_be_written(client, address, method):
    assert getattr(client, method)(address).status_code == 405


@pytest.mark.parametrize("address", ROUTES[:-2])
def test_nobody_of_the_team_is_named(client, address):
    one_evidence(published_by=make_user(email="secret@example.org", password="password"))
    text = client.get(address).content.decode()
    assert [word for word in PRIVATE if word in text] == []


@pytest.mark.parametrize("address", ROUTES[:-1])
def test_an_answer_already_held_is_not_sent_again_and_any_site_may_read_it(client, address):
    one_evidence()
    first = client.get(address)
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("address", "queries"),
    [("/api/v1/evidence/", 5), ("/api/v1/indicators/", 4), ("/api/v1/actions/", 4)],
)
@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_whatever_its_length(client, django_assert_num_queries, rows, address, queries):
    for number, code in zip(range(1, rows + 1), ("1a", "2a", "3a"), strict=False):
        one_evidence(number, indicator=make_indicator(code))
    with django_assert_num_queries(queries):
        read(client, address)


def test_the_schema_is_written_without_a_warning(tmp_path: Path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
    assert (tmp_path / "schema.yml").stat().st_size > 10_000


_names = st.sampled_from(
    [
        "as_of",
        "known_at",
        "page",
        "page_size",
        "ordering",
        "indicator",
        "tier",
        "retracted",
        "country",
        "script",
    ]
)
_values = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.sampled_from(
        ["\0", "1\0", "9" * 5000, "1e9", "٣", "🙂", "null", "true", "-1", "0001-01-01T00:00:00+14:00"]
    ),
)


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    address=st.sampled_from(ROUTES),
    pairs=st.lists(st.tuples(st.one_of(_names, st.text(max_size=10)), _values), max_size=4),
)
def test_no_question_breaks_the_api(client, address, pairs):
    if not Evidence.objects.exists():
        one_evidence()
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)
    assert client.get(f"{address}?{query}").status_code < 500


def test_no_hostile_question_breaks_the_api(client, shared):
    one_evidence()
    lines = (shared / "data" / "hostile" / "injection.jsonl").read_text().splitlines()
    hostile = [line["value"] for line in map(json.loads, lines) if line["family"] == "query"]
    assert hostile
    for address in ROUTES:
        for value in hostile:
            query = value[1:] if value.startswith("?") else f"indicator={quote(value)}"
            response = client.generic("GET", address, QUERY_STRING=query.encode().decode("latin-1"))
            assert response.status_code < 500, (address, value)
            assert 'password":' not in response.content.decode()


@pytest.mark.parametrize(
    "path", ["evidence/" + "9" * 30, "evidence/0", "indicators/9z", "actions/no", "indicators/9z/changes"]
)
def test_what_does_not_exist_is_not_found_in_json(client, path):
    response = client.get(f"/api/v1/{path}/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")


def test_head_and_options_answer_like_get(client):
    one_evidence()
    head = client.head("/api/v1/evidence/1/")
    assert (head.status_code, head.content) == (200, b"")
    assert client.options("/api/v1/evidence/1/")["Allow"] == "GET, HEAD, OPTIONS"


def test_documentation_page_has_nothing_that_the_content_policy_refuses(client):
    page = client.get("/api/v1/docs/").content.decode()
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=") == 3


def test_what_is_told_is_what_the_schema_describes(client):
    one_evidence()
    components = read(client, "/api/v1/schema/")["components"]["schemas"]
    told = read(client, "/api/v1/evidence/1/")
    described = {"Evidence": told, "Citation": told["citations"][0], "Assessment": told["assessments"][0]}
    assert {name: sorted(row) for name, row in described.items()} == {
        name: sorted(components[name]["properties"]) for name in described
    }
