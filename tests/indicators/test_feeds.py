"""The outgoing feeds: valid, the same news in both formats, by names and dates that never move."""

import io
import json
from datetime import UTC, date, datetime

import feedparser
import pytest
from django.test import Client

from indicators.models import StatusChange
from tests.factories import make_definition, make_evidence, make_indicator

SITE = "http://localhost:8000"
ATOM, JSON = "/flux/atom.xml", "/flux/feed.json"
ONE_ATOM, ONE_JSON = "/indicateurs/1a/flux/atom.xml", "/indicateurs/1a/flux/feed.json"
# What the feed in English tells of `record`.
NEWS = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "We will know it works when…",
    "home_page_url": f"{SITE}/en/",
    "feed_url": f"{SITE}/en/flux/feed.json",
    "description": "Every change of the public record: answers, evidence, deals, corrections, editions.",
    "language": "en",
    "authors": [{"name": "We will know it works when…", "url": SITE}],
    "items": [
        {
            "id": "tag:localhost,2026:en/evidence/2/retracted",
            "url": f"{SITE}/en/preuves/2/",
            "title": "Evidence no. 2 retracted: Evidence 2",
            "content_text": "Annoncé à tort",
            "date_published": "2026-10-22T00:00:00+00:00",
            "date_modified": "2026-10-22T00:00:00+00:00",
        },
        {
            "id": "tag:localhost,2026:en/evidence/3/published",
            "url": f"{SITE}/en/preuves/3/",
            "title": "Evidence no. 3: Clauses <b>& co</b>",
            "content_text": "2a: counter-example",
            "date_published": "2026-10-21T00:00:00+00:00",
            "date_modified": "2026-10-21T00:00:00+00:00",
        },
        {
            "id": "tag:localhost,2026:en/evidence/2/published",
            "url": f"{SITE}/en/preuves/2/",
            "title": "Evidence no. 2 corrects no. 1: Evidence 2",
            "content_text": "1a: example\nLa date était fausse",
            "date_published": "2026-10-20T00:00:00+00:00",
            "date_modified": "2026-10-20T00:00:00+00:00",
        },
        {
            "id": "tag:localhost,2026:en/status/7",
            "url": f"{SITE}/en/indicateurs/1a/",
            "title": "Indicator 1a: from “Signal” to “First occurrence”",
            "content_text": "Sentence 1a\npublished",
            "date_published": "2026-10-16T00:00:00+00:00",
            "date_modified": "2026-10-16T00:00:00+00:00",
        },
        {
            "id": "tag:localhost,2026:en/evidence/1/published",
            "url": f"{SITE}/en/preuves/1/",
            "title": "Evidence no. 1: Evidence 1",
            "content_text": "1a: example",
            "date_published": "2026-10-15T00:00:00+00:00",
            "date_modified": "2026-10-15T00:00:00+00:00",
        },
    ],
}

pytestmark = pytest.mark.django_db


def atom(client: Client, address: str = ATOM) -> feedparser.FeedParserDict:
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    read = feedparser.parse(io.BytesIO(response.content))
    assert (read.bozo, read.version) == (False, "atom10")
    return read


def json_feed(client: Client, address: str = JSON) -> dict:
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/feed+json; charset=utf-8")
    return json.loads(response.content)


@pytest.fixture
def record() -> None:
    """One evidence of 1a corrected then retracted, one of 2a, and a change of 1a between them."""
    one, two = make_indicator("1a"), make_indicator("2a")
    make_definition(one), make_definition(two)
    new = make_evidence(
        2,
        assessments=[{"indicator": one}],
        published_at=datetime(2026, 10, 20, tzinfo=UTC),
        retracted_at=datetime(2026, 10, 22, tzinfo=UTC),
        retraction_reason="Annoncé à tort",
    )
    make_evidence(
        1,
        assessments=[{"indicator": one}],
        published_at=datetime(2026, 10, 15, tzinfo=UTC),
        superseded_by=new,
        correction_reason="La date était fausse",
    )
    make_evidence(
        3,
        title_en="",
        title_fr="Clauses <b>& co</b>\x0b",
        assessments=[{"indicator": two, "stance": "contradicts", "rung": None}],
        published_at=datetime(2026, 10, 21, tzinfo=UTC),
    )
    StatusChange.objects.create(
        pk=7, indicator=one, changed_at=datetime(2026, 10, 16, tzinfo=UTC), as_of=date(2026, 10, 16),
        rung_from=1, rung_to=3, flags=[], confidence="low", cause="published", trace=[], digest="d" * 64,
    )  # fmt: skip


def test_everything_new_is_announced_newest_first(client, record):
    assert json_feed(client, "/en" + JSON) == NEWS


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("folder", ["", "/indicateurs/1a"])
def test_atom_and_json_tell_the_same(client, record, prefix, folder):
    told = json_feed(client, f"{prefix}{folder}{JSON}")
    read = atom(client, f"{prefix}{folder}{ATOM}")
    assert [(entry.id, entry.link, entry.updated) for entry in read.entries] == [
        (item["id"], item["url"], item["date_modified"]) for item in told["items"]
    ]
    assert (read.feed.title, read.feed.subtitle) == (told["title"], told["description"])
    assert read.feed.language == told["language"] == (prefix[1:] or "fr")
    assert read.feed.updated == told["items"][0]["date_modified"]
    assert {link.rel: link.href for link in read.feed.links} == {
        "alternate": told["home_page_url"],
        "self": f"{SITE}{prefix}{folder}{ATOM}",
    }


def test_one_indicator_has_its_own_news(client, record):
    ids = [item["id"] for item in json_feed(client, ONE_JSON)["items"]]
    assert ids == [
        "tag:localhost,2026:fr/evidence/2/retracted",
        "tag:localhost,2026:fr/evidence/2/published",
        "tag:localhost,2026:fr/status/7",
        "tag:localhost,2026:fr/evidence/1/published",
    ]
    assert atom(client, ONE_ATOM).feed.id == "tag:localhost,2026:fr/feed/1a"


def test_markup_in_a_title_stays_text(client, record):
    assert b"&lt;b&gt;&amp; co&lt;/b&gt;" in client.get(ATOM).content
    assert b"<b>" not in client.get(ATOM).content


def test_feed_in_which_nothing_happened_is_valid_and_does_not_move(client):
    make_indicator()
    assert atom(client).feed.updated == atom(client, ONE_ATOM).feed.updated == "2026-01-01T00:00:00+00:00"
    assert json_feed(client)["items"] == []


def test_feed_holds_the_fifty_latest_news(client):
    for number in range(1, 53):
        make_evidence(number)
    numbers = [int(item["url"].split("/")[-2]) for item in json_feed(client)["items"]]
    assert numbers == list(range(52, 2, -1))


@pytest.mark.parametrize("address", [ATOM, JSON])
def test_unchanged_feed_is_not_sent_again(client, record, address):
    first = client.get(address)
    assert first["Last-Modified"] == "Thu, 22 Oct 2026 00:00:00 GMT"
    for header in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        again = client.get(address, headers=header)
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("address", [ATOM, JSON, ONE_ATOM, ONE_JSON])
def test_feed_never_repeats_the_host_asked_for(client, record, address):
    asked = client.get(address, headers={"host": "127.0.0.1", "x-forwarded-host": "evil.example"})
    assert asked.content == client.get(address).content
    assert asked["Access-Control-Allow-Origin"] == "*"


def test_feed_of_an_unknown_indicator_is_not_found(client):
    assert client.get("/indicateurs/9z/flux/atom.xml").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_feed_costs_the_same_whatever_its_length(client, django_assert_num_queries, rows):
    indicator = make_indicator()
    make_definition(indicator)
    for number in range(1, rows + 1):
        make_evidence(number, assessments=[{"indicator": indicator}])
    with django_assert_num_queries(17):
        client.get(ATOM)
