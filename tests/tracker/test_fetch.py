import gzip
import os
import socket
import socketserver
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest

from tracker import fetch
from tracker.watchers.entry import Request

ROOT = Path(__file__).resolve().parent.parent.parent


class Server(socketserver.ThreadingTCPServer):
    """A web server that says, byte for byte, what the test wrote for each path; then waits, after three dots."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.replies: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.closing = threading.Event()

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def url(self, path: str) -> str:
        return f"http://{self.pair}{path}"


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        lines = []
        while (line := self.rfile.readline().decode("latin-1").strip()) != "":
            lines.append(line)
        lengths = [int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")]
        lines.append(self.rfile.read(sum(lengths)).decode())
        self.server.requests.append("\n".join(lines))
        reply = self.server.replies.get(lines[0].split()[1], b"HTTP/1.1 404 Not Found\r\n\r\n")
        self.wfile.write(reply.removesuffix(b"..."))
        if reply.endswith(b"..."):
            self.server.closing.wait(30)


def reply(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return reply(b"", f"Location: {location}", status=status)


def refusal(server: Server, path: str = "/feed", **options) -> fetch.FetchError:
    with pytest.raises(fetch.FetchError) as caught:
        fetch.send(Request(url=server.url(path)), **options)
    return caught.value


@pytest.fixture
def server(settings):
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        settings.FETCH_ALLOW = frozenset([server.pair])
        settings.FETCH_CONNECT_SECONDS, settings.FETCH_TOTAL_SECONDS = 2.0, 5.0
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


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
    with pytest.raises(fetch.FetchError, match="control character"):
        fetch.send(Request(url=server.url("/feed"), headers={"Accept": "a\r\nX-Injected: 1"}))


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

    with pytest.raises(fetch.FetchError, match="moved"):
        fetch.send(Request(url=server.url("/search"), method="POST", body=b"{}"))


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


def test_a_server_that_does_not_listen_is_told_apart(server, settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        pair = f"127.0.0.1:{unused.getsockname()[1]}"
        settings.FETCH_ALLOW = frozenset([pair])

        with pytest.raises(fetch.FetchError) as caught:
            fetch.send(Request(url=f"http://{pair}/"))

    assert caught.value.kind == "connect"


def test_this_machine_is_out_of_bounds_unless_the_very_port_is_allowed(server, settings):
    server.replies["/feed"] = reply(b"<rss/>")
    assert fetch.send(Request(url=server.url("/feed"))).body == b"<rss/>"

    settings.FETCH_ALLOW = frozenset(["127.0.0.1:1"])
    assert refusal(server).kind == "refused"
    assert len(server.requests) == 1


def answers(*ips: str) -> list[tuple]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0)) for ip in ips]


def test_a_name_is_looked_up_once_and_its_judged_address_pinned(server, monkeypatch):
    lookups = iter([answers("127.0.0.1"), answers("10.0.0.1")])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: next(lookups))
    server.replies["/feed"] = reply(b"<rss/>")
    port = server.server_address[1]

    assert fetch.send(Request(url=f"http://rebinding.example:{port}/feed")).body == b"<rss/>"
    assert f"\nHost: rebinding.example:{port}\n" in server.requests[0]
    assert next(lookups) == answers("10.0.0.1")


@pytest.mark.parametrize("ips", [("127.0.0.1", "10.0.0.1"), ("10.0.0.1", "127.0.0.1"), ("::ffff:127.0.0.1",)])
def test_one_forbidden_answer_refuses_them_all(server, monkeypatch, ips):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers(*ips))

    with pytest.raises(fetch.FetchError) as caught:
        fetch.send(Request(url=f"http://mixed.example:{server.server_address[1]}/feed"))

    assert (caught.value.kind, server.requests) == ("refused", [])


def test_a_name_that_does_not_answer_in_time_is_not_found(settings, monkeypatch):
    settings.FETCH_CONNECT_SECONDS = 0.1
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answered.wait(30) and [])

    with pytest.raises(fetch.FetchError) as caught:
        fetch.send(Request(url="http://slow.example/"))
    answered.set()

    assert caught.value.kind == "dns"


_unwelcome: set[tuple] = set()


def _refuse_unwelcome(event: str, args: tuple) -> None:
    if event == "socket.connect" and args[1] in _unwelcome:
        raise PermissionError("not from here")


def test_an_audit_hook_sees_the_connection_and_may_refuse_it(server):
    sys.addaudithook(_refuse_unwelcome)
    server.replies["/feed"] = reply(b"<rss/>")
    assert fetch.send(Request(url=server.url("/feed"))).status == 200

    _unwelcome.add(server.server_address)
    assert refusal(server).kind == "refused"
    assert len(server.requests) == 1


def test_a_name_with_two_addresses_is_asked_at_the_one_that_this_machine_can_reach(
    server, settings, monkeypatch
):
    sys.addaudithook(_refuse_unwelcome)
    port = server.server_address[1]
    settings.FETCH_ALLOW = frozenset([f"127.0.0.2:{port}", f"127.0.0.1:{port}"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers("127.0.0.2", "127.0.0.1"))
    _unwelcome.add(("127.0.0.2", port))
    server.replies["/feed"] = reply(b"<rss/>")

    assert fetch.send(Request(url=f"http://dual.example:{port}/feed")).body == b"<rss/>"


def test_every_failure_is_a_sentence(server):
    assert str(refusal(server)) == "The server answered with status 404."


@pytest.mark.parametrize("family", ["/gz/", "/redir/"])
def test_hostile_servers_of_the_shared_folder_are_survived(shared, family):
    """Two families of ten: the tool itself, run without --only, takes 90 seconds."""
    command = [
        sys.executable,
        shared / "tools/check_fetch.py",
        "--fetch",
        "tests.adapters:fetch",
        "--only",
        family,
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert ended.stdout.splitlines()[-1].endswith(" passed, 0 failed"), ended.stdout + ended.stderr


def test_hostile_urls_of_the_shared_folder_are_refused(shared):
    urls = shared / "data/hostile/ssrf_urls.jsonl"
    command = [
        sys.executable,
        shared / "tools/check_ssrf.py",
        "--fetch",
        "tests.adapters:fetch_url",
        "--urls",
        urls,
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert ended.stdout.splitlines()[-1].endswith(" passed, 0 failed"), ended.stdout + ended.stderr
