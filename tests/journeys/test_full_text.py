"""A real worker, killed while it reads the pages behind teasers: each page is read, kept and matched, and once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.journeys.service import Service, until
from tests.samples.pages import PARAGRAPHS, web_page

PAGES, KILLS = 6, 1
ITEM = (
    "<item><guid>{number}</guid><title>Appel d'offres {number}</title><link>{url}</link><description>Un marché public "
    "de serveurs GPU avec une clause de diversification […]</description></item>"
)


@pytest.fixture
def service(tmp_path: Path, httpserver: HTTPServer) -> Iterator[Service]:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    service = Service(tmp_path, database=database, allow=[f"127.0.0.1:{httpserver.port}"])
    items = ""
    for number in range(PAGES):
        page = web_page(
            (*PARAGRAPHS, f"Ceci est la page {number} de cette série d’articles sur les marchés.")
        )
        httpserver.expect_request(f"/{number}").respond_with_data(page, content_type="text/html")
        items += ITEM.format(number=number, url=httpserver.url_for(f"/{number}"))
    body = f"<rss version='2.0'><channel><title>Fil</title><language>fr</language>{items}</channel></rss>"
    httpserver.expect_request("/feed").respond_with_data(body, content_type="application/rss+xml")
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    service.watch([httpserver.url_for("/feed")])
    yield service
    service.stop()


def test_pages_behind_teasers_survive_the_death_of_their_reader(service: Service) -> None:
    read = "SELECT count(*) FROM tracker_fulltext WHERE state = 'read'"

    def tick() -> None:
        service.tick()
        service.celery.send_task("tracker.tasks.dispatch_due_pages")

    for kill in range(KILLS):
        service.start_worker()
        until(lambda wanted=kill + 1: service.count(read) >= wanted, seconds=60, each=tick)
        service.kill_workers()
    service.start_worker()
    matched = f"{read} AND document_id IN (SELECT id FROM tracker_document WHERE matched_at IS NOT NULL)"
    until(lambda: service.count(matched) == PAGES, seconds=120, each=tick)

    assert service.count("SELECT count(*) FROM tracker_fulltext WHERE due_at IS NOT NULL") == 0
    assert service.count("SELECT count(*) FROM tracker_original") == PAGES
    assert (
        service.count("SELECT count(*) FROM tracker_document WHERE text LIKE '%Ceci est la page%'") == PAGES
    )
    assert service.count("SELECT count(*) FROM tracker_document WHERE set_aside <> ''") == 0
