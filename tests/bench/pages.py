"""Public pages and the API with little and with much evidence, uncached, without the web server."""

from collections.abc import Iterator
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer

from indicators.models import Assessment, Citation, Evidence
from tests.bench.race import ROUNDS, Line, Race, cpu
from tests.bench.record import publish

EVIDENCE = 2_000
PAGES = ("/", "/indicateurs/1a/", "/preuves/")
API = "/api/v1/evidence/?page_size=100"


class CitationSerializer(ModelSerializer):
    class Meta:
        model = Citation
        fields = "__all__"


class AssessmentSerializer(ModelSerializer):
    class Meta:
        model = Assessment
        fields = "__all__"


class UsualSerializer(ModelSerializer):
    """What most projects write: nested serializers, a query for each row."""

    citations = CitationSerializer(many=True)
    assessments = AssessmentSerializer(many=True)

    class Meta:
        model = Evidence
        fields = "__all__"


def lines() -> Iterator[Line]:
    """The pages before and after two thousand publications, then the list of the API."""
    client = Client(SERVER_NAME="localhost")
    without = {path: _rate(client, path) for path in PAGES}
    publish(EVIDENCE)
    for path in PAGES:
        rate = _rate(client, path)
        yield Line(
            what=f"{path} with {EVIDENCE:,} evidence, {_queries(client, path)} queries",
            ours=f"{rate:.4g} pages/s",
            beside=f"with none {without[path]:.4g}",
            ratio=rate / without[path],
            bar="≥ 50/s, ≤ 12 queries",
        )
    yield Race(
        what=f"API, 100 evidence, {_queries(client, API)} queries",
        ours=lambda: _seconds(client, API),
        other=lambda: cpu(_usual_list),
        other_name="nested serializers",
        amount=1,
        unit="lists",
        bar="≥ 400/s",
    ).run()


def _rate(client: Client, path: str) -> float:
    """Pages for each second of one processor; the first one, which compiles the template, does not count."""
    _seconds(client, path)
    return 1 / median(_seconds(client, path) for _ in range(2 * ROUNDS))


def _seconds(client: Client, path: str) -> float:
    return cpu(lambda: client.get(path).content)


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def _usual_list() -> bytes:
    return JSONRenderer().render(UsualSerializer(Evidence.objects.all()[:100], many=True).data)
