"""Which connections the fetcher opens, and the hostile servers and addresses beside the project."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.tracker.web_server import refusal, reply
from tracker import fetch
from tracker.watchers.entry import Request

ROOT = Path(__file__).resolve().parent.parent.parent


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
