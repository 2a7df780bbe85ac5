"""How the tests of the API ask: its addresses, and one evidence to be told."""

from typing import Any

from django.test import Client

from indicators.models import Evidence
from tests.factories import make_definition, make_evidence, make_indicator

SITE = "http://localhost:8000"
ROUTES = [
    "/api/v1/",
    "/api/v1/actions/",
    "/api/v1/actions/action-a1/",
    "/api/v1/indicators/",
    "/api/v1/indicators/1a/",
    "/api/v1/indicators/1a/status/",
    "/api/v1/indicators/1a/changes/",
    "/api/v1/status/",
    "/api/v1/evidence/",
    "/api/v1/evidence/1/",
    "/api/v1/observations/",
    "/api/v1/publications/",
    "/api/v1/facts/",
    "/api/v1/actors/",
    "/api/v1/deals/",
    "/api/v1/legs/",
    "/api/v1/statements/",
    "/api/v1/contradictions/",
    "/api/v1/cycles/",
    "/api/v1/graph/",
    "/api/v1/editions/",
    "/api/v1/scores/",
    "/api/v1/answers/",
    "/api/v1/corrections/",
    "/api/v1/schema/",
    "/api/v1/docs/",
]


def read(client: Client, address: str, **headers: str) -> dict:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, response.content
    return response.json()


def one_evidence(number: int = 1, **fields: Any) -> Evidence:
    indicator = fields.pop("indicator", None) or make_indicator()
    if not indicator.definitions.exists():
        make_definition(indicator)
    return make_evidence(number, assessments=[{"indicator": indicator}], **fields)
