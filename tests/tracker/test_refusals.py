"""What servers say when they refuse: operators read which part of a query it is, and who asks to slow down is heard."""

import gzip
import json
from datetime import timedelta
from io import StringIO
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override
from werkzeug import Request as Asked
from werkzeug import Response

from tests.tracker.web_server import refusal, reply
from tracker import fetch, ingest
from tracker.models import Host, Source
from tracker.watchers import ocds, ted
from tracker.watchers.entry import Request

JSON = "Content-Type: application/json; charset=utf-8"


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"message": "page×limit", "error": {"type": "SEARCH_WINDOW_TOO_WIDE"}},
         "message : page×limit , error : type : SEARCH_WINDOW_TOO_WIDE"),
        ({"error": {"type": "QUERY_SYNTAX_ERROR", "location": {"beginLine": 1, "beginColumn": 14}}},
         "error : type : QUERY_SYNTAX_ERROR , location : beginLine : 1, beginColumn : 14"),
        ({"error": {"type": "QUERY_UNKNOWN_FIELD", "field": "cvp"}},
         "error : type : QUERY_UNKNOWN_FIELD , field : cvp"),
        ({"error": {"type": "QUERY_INVALID_FIELD_FORMAT"}}, "error : type : QUERY_INVALID_FIELD_FORMAT"),
        ({"error": {"type": "SEARCH_FIELDS_PER_PAGE_EXCEEDS_MAX_LIMIT", "fieldsPerPage": 12_000}},
         "error : type : SEARCH_FIELDS_PER_PAGE_EXCEEDS_MAX_LIMIT , fieldsPerPage : 12000"),
    ],
)  # fmt: skip
def test_each_refusal_of_the_ted_search_is_told_by_its_name(server, told, words):
    server.replies["/feed"] = reply(
        json.dumps(told, ensure_ascii=False).encode(), JSON, status="400 Bad Request"
    )

    error = refusal(server)

    assert (error.kind, error.status) == ("http", 400)
    assert str(error) == f"The server answered with status 400. It says: “{words}”"


def test_what_a_refusal_says_is_cut_and_made_harmless(server):
    names = {"message": "unknown\u202e\x07 field; choose: " + ", ".join(f"name-{n}" for n in range(9_000))}
    body = gzip.compress(json.dumps(names).encode())
    server.replies["/feed"] = reply(body, JSON, "Content-Encoding: gzip", status="400 Bad Request")

    said = str(refusal(server))

    assert said.startswith("The server answered with status 400. It says: “message : unknown")
    assert len(said) < 400
    assert said.isprintable()


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"<html>no</html>", "Content-Type: text/html", status="400 Bad Request"),
        reply(b"", JSON, status="400 Bad Request"),
        reply(b"not gzip", JSON, "Content-Encoding: gzip", status="400 Bad Request"),
        b"HTTP/1.1 400 No\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n",
        b"HTTP/1.1 400 No\r\nContent-Type: application/json\r\nContent-Length: 9999999999\r\n\r\n",
    ],
)
def test_a_refusal_without_words_is_still_that_refusal(server, answer):
    server.replies["/feed"] = answer

    error = refusal(server)

    assert (error.kind, error.status, str(error)) == ("http", 400, "The server answered with status 400.")


@pytest.mark.parametrize(
    ("first", "status", "seconds"),
    [
        (ted.first_request("https://api.ted.europa.eu/v3/notices/search?query=a"), "429 Slow", 30),
        (ocds.first_request("https://www.contractsfinder.service.gov.uk/Published/Notices"), "403 No", 300),
        (ocds.first_request("https://www.find-tender.service.gov.uk/api/1.0/ocds"), "429 Slow", 120),
    ],
)
def test_a_service_that_was_asked_too_often_is_given_the_time_that_it_needs(server, first, status, seconds):
    """TED: a web page without Retry-After; Contracts Finder: 403; Find a Tender: a sentence."""
    waits = Request(url=server.url("/feed"), waits=first.waits)
    server.replies["/feed"] = reply(b"<html>", "Content-Type: text/html", status=status)
    with pytest.raises(fetch.FetchError) as caught:
        fetch.send(waits)
    assert (caught.value.kind, caught.value.retry_after) == ("backoff", seconds)

    server.replies["/feed"] = reply(b"<html>", "Retry-After: 77", status=status)
    with pytest.raises(fetch.FetchError) as caught:
        fetch.send(waits)
    assert caught.value.retry_after == 77


def test_find_a_tender_says_how_often_it_may_be_asked(server):
    words = b"12 request limit in 2 minute"
    server.replies["/feed"] = reply(words, "Content-Type: text/plain", status="429 Too Many Requests")

    assert str(refusal(server)) == f"The server asks us to come back later. It says: “{words.decode()}”"


def test_a_403_of_any_other_publisher_is_a_refusal(server):
    server.replies["/feed"] = reply(b"", status="403 No")

    assert (refusal(server).kind, ocds.first_request(server.url("/feed")).waits) == ("http", {})


@pytest.mark.django_db
def test_who_asks_to_slow_down_is_left_alone_whatever_its_status(httpserver, source, now, monkeypatch):
    monkeypatch.setattr(ocds, "_WAITS", {f"127.0.0.1:{httpserver.port}": {"403": 300}})
    httpserver.expect_request("/feed").respond_with_data("", status=403)
    Source.objects.update(format="ocds")
    assert ingest.read_source(source.pk, now=now).error_kind == "backoff"
    assert Host.objects.get().free_at == now + timedelta(seconds=300)


@pytest.mark.django_db
def test_the_command_lets_ted_judge_the_queries(httpserver, source, settings):
    settings.FETCH_HOST_SECONDS = 0

    def judge(request: Asked) -> Response:
        asked = json.loads(request.data)
        assert asked["checkQuerySyntax"] is True
        if "~" in asked["query"]:
            return Response('{"notices":[],"totalNoticeCount":null}', mimetype="application/json")
        told = {"error": {"type": "QUERY_SYNTAX_ERROR", "column": 3}}
        return Response(json.dumps(told), status=400, mimetype="application/json")

    httpserver.expect_request("/feed", method="POST").respond_with_handler(judge)
    base = source.url
    Source.objects.update(format="ted", url=f"{base}?query={quote('FT ~ a')}")
    out = StringIO()
    call_command("watch", "--check", stdout=out)
    assert out.getvalue().split() == ["Agence", ":", "the", "query", "is", "understood."]

    Source.objects.update(url=f"{base}?query={quote('FT = (')}")
    out = StringIO()
    with pytest.raises(CommandError, match=r"^Not understood: Agence\.$"):
        call_command("watch", "--check", stdout=out)
    assert "QUERY_SYNTAX_ERROR , column : 3" in out.getvalue()
    assert not source.fetches.exists()
