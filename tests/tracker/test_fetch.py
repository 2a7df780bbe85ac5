"""What the fetcher sends, and what it makes of every kind of answer."""

import gzip
import os
import threading
import zlib

import pytest

from tests.tracker.web_server import Server, redirect, refusal, reply
from tracker import fetch
from tracker.watchers.entry import Request


def test_a_document_comes_with_what_is_known_of_it(server):
    server.replies["/feed"] = reply(b"<rss/>", 'ETag: W/"é"', "Last-Modified: whenever", "X-A: 1", "X-a: 2")

    response = fetch.send(Request(url=server.url("/feed#top")))

    assert (response.url, response.final_url) == (server.url("/feed#top"), server.url("/feed"))
    assert (response.status, response.body, response.not_modified) == (200, b"<rss/>", False)
    assert response.permanent_url == ""
    assert response.validators == fetch.Validators(etag='W/"é"', last_modified="whenever")
    assert response.headers["x-a"] == "1, 2"
    assert response.wire_bytes == len(server.replies["/feed"])


def test_we_say_who_we_are_and_nothing_else(server, settings, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.replies["/feed"] = reply(b"<rss/>", "Set-Cookie: a=b; Path=/")

    for _ in range(2):
        fetch.send(Request(url=server.url("/feed"), headers={"Accept": "text/xml"}))

    assert (
        server.requests
        == [
            f"GET /feed HTTP/1.1\nHost: {server.pair}\nAccept: text/xml\n"
            f"User-Agent: {settings.FETCH_USER_AGENT}\nAccept-Encoding: gzip\n"
        ]
        * 2
    )


def test_a_query_is_posted(server):
    server.replies["/search"] = reply(b"{}")
    headers = {"content-type": "application/json"}

    fetch.send(Request(url=server.url("/search"), method="POST", headers=headers, body=b'{"page": 1}'))

    assert server.requests[0].startswith("POST /search HTTP/1.1\n")
    assert "\nContent-Type: application/json\n" in server.requests[0]
    assert server.requests[0].endswith('\n{"page": 1}')


def test_a_header_cannot_smuggle_another(server):
    with pytest.raises(fetch.FetchError) as caught:
        fetch.send(Request(url=server.url("/feed"), headers={"Accept": "a\r\nX-Injected: 1"}))

    assert (caught.value.kind, server.requests) == ("refused", [])


def test_validators_go_back_byte_for_byte_and_outlive_a_304_that_repeats_none(server):
    validators = fetch.Validators(etag='W/"é"', last_modified="whenever")
    server.replies["/feed"] = b"HTTP/1.1 304 Not Modified\r\n\r\n"

    response = fetch.send(Request(url=server.url("/feed")), validators=validators)

    assert 'If-None-Match: W/"é"\nIf-Modified-Since: whenever\n' in server.requests[0]
    assert (response.not_modified, response.body, response.validators) == (True, b"", validators)


def test_a_304_may_renew_a_validator(server):
    server.replies["/feed"] = reply(b"", 'ETag: "2"', status="304 Not Modified")

    response = fetch.send(
        Request(url=server.url("/feed")), validators=fetch.Validators(etag='"1"', last_modified="x")
    )

    assert response.validators == fetch.Validators(etag='"2"', last_modified="x")


def test_a_304_that_nobody_asked_for_is_no_success(server):
    server.replies["/feed"] = reply(b"", status="304 Not Modified")

    assert (refusal(server).kind, refusal(server).status) == ("http", 304)


@pytest.mark.parametrize("etag", ['"' + "e" * 2_000 + '"', '"a\x01b"'])
def test_a_validator_that_cannot_be_sent_back_is_dropped(server, etag):
    server.replies["/feed"] = reply(b"<rss/>", f"ETag: {etag}")

    assert fetch.send(Request(url=server.url("/feed"))).validators == fetch.UNCONDITIONAL


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [
        (["301 Moved", "308 Moved"], True),
        (["301 Moved", "302 Found"], False),
        (["307 Temporary", "301 Moved"], False),
    ],
)
def test_an_address_changes_for_good_only_if_every_hop_says_so(server, statuses, permanent):
    server.replies = {"/a": redirect("b", statuses[0]), "/b": redirect(server.url("/c"), statuses[1])}
    server.replies["/c"] = reply(b"<rss/>")

    response = fetch.send(Request(url=server.url("/a")))

    assert response.final_url == server.url("/c")
    assert response.permanent_url == (server.url("/c") if permanent else "")
    assert response.wire_bytes == sum(len(hop) for hop in server.replies.values())


def test_five_redirects_are_followed_and_no_sixth(server):
    server.replies = {f"/{n}": redirect(f"/{n + 1}") for n in range(6)} | {"/6": reply(b"<rss/>")}

    assert fetch.send(Request(url=server.url("/1"))).body == b"<rss/>"
    assert refusal(server, "/0").kind == "redirect"


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        *[("", "redirect"), ("http:\\\\127.0.0.1\\", "redirect"), ("http://[::1/", "refused")],
        *[("http://127.0.0.1/", "refused"), ("//127.0.0.2:80/", "refused"), ("http://localhost/", "refused")],
        *[("http://127.0.0.1:22/", "refused"), ("file:///etc/passwd", "refused"), ("http:///x", "refused")],
        *[("http://a@example.org/", "refused"), ("http://ex\xe9mple.org/", "refused")],
    ],
)
def test_each_hop_is_judged_again(server, location, kind):
    server.replies["/feed"] = redirect(location)

    assert refusal(server).kind == kind
    assert len(server.requests) == 1


def test_two_locations_are_one_too_many(server):
    server.replies["/feed"] = reply(b"", "Location: /a", "Location: /b", status="302 Found")

    assert refusal(server).kind == "protocol"


def test_a_key_stays_with_the_server_it_was_meant_for(server, settings):
    with Server() as other:
        thread = threading.Thread(target=other.serve_forever, args=(0.01,))
        thread.start()
        settings.FETCH_ALLOW = frozenset([server.pair, other.pair])
        server.replies = {"/a": redirect("/b"), "/b": redirect(other.url("/c"))}
        other.replies["/c"] = reply(b"<rss/>")
        fetch.send(Request(url=server.url("/a"), headers={"X-Api-Key": "secret"}))
        other.shutdown()
        thread.join()

    keys = ["X-Api-Key: secret" in request for request in server.requests + other.requests]
    assert keys == [True, True, False]


def test_a_posted_query_is_not_redirected(server):
    server.replies["/search"] = redirect("/elsewhere", "308 Moved")

    with pytest.raises(fetch.FetchError) as caught:
        fetch.send(Request(url=server.url("/search"), method="POST", body=b"{}"))

    assert (caught.value.kind, len(server.requests)) == ("redirect", 1)


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait"),
    [
        *[("404 Not Found", [], "http", None), ("500 Oops", ["Retry-After: 9"], "http", None)],
        *[("206 Partial", [], "http", None), ("999 What", [], "http", None), ("410 Gone", [], "gone", None)],
        *[("429 Slow", ["Retry-After: 90"], "backoff", 90), ("503 Busy", [], "backoff", None)],
        ("403 No", ["CF-Mitigated: challenge"], "challenged", None),
        ("405 No", ["X-Amzn-Waf-Action: captcha"], "challenged", None),
        ("200 OK", ["x-amzn-waf-action: challenge"], "challenged", None),
        ("202 Accepted", [], "http", None),
    ],
)
def test_a_status_says_what_to_do_next(server, status, headers, kind, wait):
    server.replies["/feed"] = reply(b"<rss/>", *headers, status=status)

    error = refusal(server)

    assert (error.kind, error.status, error.retry_after) == (kind, int(status[:3]), wait)


def test_an_accepted_request_without_a_body_is_a_robot_check(server):
    server.replies["/feed"] = reply(b"", status="202 Accepted")

    assert refusal(server).kind == "challenged"


def test_an_empty_page_is_a_failure(server):
    server.replies["/feed"] = reply(b"")

    assert refusal(server).kind == "protocol"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_gzip_of_several_members_is_inflated(server, encoding):
    packed = gzip.compress(b"<rss>") + gzip.compress(b"</rss>") + b"\0" * 512
    server.replies["/feed"] = reply(packed, f"Content-Encoding: {encoding}")

    response = fetch.send(Request(url=server.url("/feed")))

    assert response.body == b"<rss></rss>"


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(os.urandom(2_000))[:-9], "gzip"),
        (gzip.compress(b"a") + gzip.compress(b"b")[:-1], "gzip"),
        (gzip.compress(b"<rss/>")[:-8] + b"\xff" * 8, "gzip"),
        (b"<rss/>", "gzip"),
        (gzip.compress(gzip.compress(b"<rss/>")), "gzip, gzip"),
        (zlib.compress(b"<rss/>"), "deflate"),
        (b"<rss/>", "br"),
        (gzip.compress(b"a") * 1_500, "gzip"),
    ],
)
def test_a_damaged_or_unasked_packing_is_refused(server, packed, encoding):
    server.replies["/feed"] = reply(packed, f"Content-Encoding: {encoding}")

    assert refusal(server).kind == "protocol"


def test_a_bomb_is_cut_off_at_the_limit_of_the_inflated_size(server, settings):
    settings.FETCH_MAX_BYTES = 1_000_000
    server.replies["/full"] = reply(gzip.compress(b"a" * 1_000_000), "Content-Encoding: gzip")
    server.replies["/over"] = reply(gzip.compress(b"a" * 1_000_001), "Content-Encoding: gzip")

    assert len(fetch.send(Request(url=server.url("/full"))).body) == 1_000_000
    assert refusal(server, "/over").kind == "too_large"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n...",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_001 + b"...",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"e" * 500_000 + b"...",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 50_000 + b"...",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000 + b"...",
    ],
)
def test_an_answer_over_the_limit_is_cut_off(server, settings, answer):
    settings.FETCH_MAX_BYTES = 100_000
    server.replies["/feed"] = answer

    assert refusal(server).kind == "too_large"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<rss/>",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<rss/>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<rss/>\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss/>\r\n0\r\n\r\n",
    ],
)
def test_a_broken_answer_is_no_document(server, answer):
    server.replies["/feed"] = answer

    assert refusal(server).kind == "protocol"


@pytest.mark.parametrize(
    "answer", [b"...", b"HTTP/1.1 200 OK\r\n...", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n..."]
)
def test_the_deadline_covers_the_whole_chain(server, settings, answer):
    settings.FETCH_TOTAL_SECONDS = 0.3
    server.replies = {"/feed": redirect("/silent"), "/silent": answer}

    assert refusal(server).kind == "timeout"


def test_every_failure_is_a_sentence(server):
    assert str(refusal(server)) == "Le serveur a répondu avec le statut 404."
