"""The pages of circuits, matrix and actors at 300 actors and 1,500 legs, nothing kept from the page before."""

from collections.abc import Iterator

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from indicators import registry
from indicators.exports import keeping
from indicators.rules import flows
from tests.bench.race import Line, Race, cpu
from tests.bench.registry import ACTORS, LEGS, PAGE, fill

PAGES = (
    "/registre/circuits/",
    "/registre/matrice/",
    "/registre/matrice/?format=svg",
    "/registre/acteurs/",
    "/registre/acteurs/bench-7/",
    "/registre/acteurs/nvidia/",
)


def lines() -> Iterator[Line]:
    """Each page, and the page of one circuit, beside what a page may take."""
    client = Client(SERVER_NAME="localhost")
    with transaction.atomic():
        fill()
        registry.compute_circulation()
        one = registry.network(registry.view_of()).circuits[0]
        for path in (*PAGES, f"/registre/circuits/{one.id}/"):
            _read(client, path)  # compiles the template
            yield Race(
                what=f"{path[:40]}, {ACTORS} actors, {LEGS:,} legs, {_queries(client, path)} queries",
                ours=lambda path=path: cpu(lambda: _read(client, path)),
                other=lambda: PAGE,
                other_name="pages of 300 ms",
                amount=1,
                unit="pages",
                bar="≥ 1",
            ).run()
        yield _downloads(client)
        transaction.set_rollback(True)


def _downloads(client: Client) -> Line:
    """A file, with its digest, while the files are there: what a reader waits for, whatever changed."""
    keeping.make()
    return Race(
        what=f"/telechargements/legs.csv, {ACTORS} actors, {LEGS:,} legs",
        ours=lambda: cpu(lambda: b"".join(client.get("/telechargements/legs.csv").streaming_content)),
        other=lambda: PAGE,
        other_name="pages of 300 ms",
        amount=1,
        unit="files",
        bar="≥ 1",
    ).run()


def _read(client: Client, path: str) -> None:
    registry._network.cache_clear()
    flows._flow.cache_clear()
    assert client.get(path).status_code == 200


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        _read(client, path)
    return len(queries)
