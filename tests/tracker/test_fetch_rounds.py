"""Many questions at once: nobody waits for a stranger, no host has more than two, memory is shared."""

import gc
import gzip
import socket
import threading
import time

from tests.tracker.web_server import redirect, reply
from tracker import fetch
from tracker.fetch import rounds
from tracker.fetch.exchange import SMALL_BYTES, Exchange
from tracker.watchers.entry import Request


def ask(*urls: str) -> dict[int, fetch.Response | fetch.FetchError]:
    questions = [fetch.Question(request=Request(url=url)) for url in urls]
    return {number: answer for answers in fetch.send_all(questions) for number, answer in answers}


def test_each_answer_has_the_number_of_its_question(server):
    server.replies |= {f"/{number}": reply(b"%d" % number) for number in range(30)}
    told = ask(*(server.url(f"/{number}") for number in range(30)), server.url("/none"), "ftp://f.example/")
    assert [told[number].body for number in range(30)] == [b"%d" % number for number in range(30)]
    assert [told[number].kind for number in (30, 31)] == ["http", "refused"]


def test_a_slow_server_delays_nobody(server):
    server.replies |= {"/slow": b"HTTP/1.1 200 OK\r\n...", "/quick": reply(b"<rss/>")}
    questions = [fetch.Question(request=Request(url=server.url(path))) for path in ("/slow", "/quick")]
    answers = fetch.send_all(questions)
    assert [number for number, _answer in next(answers)] == [1]
    server.closing.set()  # only now does the slow one end
    [[(number, late)]] = list(answers)
    assert (number, late.kind) == (0, "protocol")


def test_a_name_that_nobody_knows_delays_nobody_and_is_asked_once(server, settings, monkeypatch):
    settings.FETCH_CONNECT_SECONDS = 0.5
    answered, asked = threading.Event(), []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *_a, **_k: asked.append(host) or (answered.wait(30) and [])
    )
    server.replies["/quick"] = reply(b"<rss/>")
    told = ask("http://slow.example/1", "http://slow.example/2", server.url("/quick"))
    answered.set()
    assert (told[0].kind, told[1].kind, told[2].body, asked) == ("dns", "dns", b"<rss/>", ["slow.example"])


def test_a_host_is_asked_two_things_at_once(server, settings):
    settings.FETCH_TOTAL_SECONDS = 1.0
    server.replies |= {f"/{number}": b"HTTP/1.1 200 OK\r\n..." for number in range(4)}
    began = time.monotonic()
    told = ask(*(server.url(f"/{number}") for number in range(4)))
    assert {answer.kind for answer in told.values()} == {"timeout"}
    assert 1.9 < time.monotonic() - began < 4


def test_large_bodies_take_turns_and_all_arrive(server, monkeypatch):
    monkeypatch.setattr(rounds, "LARGE_AT_ONCE", 1)
    monkeypatch.setattr(rounds, "AT_ONCE_PER_HOST", 8)
    bodies = [bytes([65 + number]) * (3 * SMALL_BYTES) for number in range(6)]
    server.replies |= {f"/{number}": reply(body) for number, body in enumerate(bodies)}
    told = ask(*(server.url(f"/{number}") for number in range(6)))
    assert [told[number].body == body for number, body in enumerate(bodies)] == [True] * 6


def test_who_holds_its_turn_to_the_end_takes_no_time_from_others(server, settings, monkeypatch):
    monkeypatch.setattr(rounds, "LARGE_AT_ONCE", 1)
    monkeypatch.setattr(rounds, "AT_ONCE_PER_HOST", 8)
    settings.FETCH_TOTAL_SECONDS, settings.FETCH_MAX_BYTES = 0.4, 4 * SMALL_BYTES
    large, bomb = b"x" * (2 * SMALL_BYTES), gzip.compress(b"x" * (8 * SMALL_BYTES))
    stalling = reply(large)[:-1] + b"..."
    server.replies |= {"/1": stalling, "/2": stalling, "/bomb": reply(bomb, "Content-Encoding: gzip")}
    server.replies["/large"] = reply(large)
    told = ask(*(server.url(path) for path in ("/1", "/2", "/bomb", "/large")))
    assert [told[number].kind for number in range(3)] == ["timeout", "timeout", "too_large"]
    assert told[3].body == large


def test_the_time_that_the_caller_takes_is_not_that_of_the_servers(server, settings):
    settings.FETCH_TOTAL_SECONDS = 1.2
    server.replies |= {"/slow": b"HTTP/1.1 200 OK\r\n\r\n<rss/>...", "/quick": reply(b"<rss/>")}
    questions = [fetch.Question(request=Request(url=server.url(path))) for path in ("/slow", "/quick")]
    answers = fetch.send_all(questions)
    assert [number for number, _answer in next(answers)] == [1]
    time.sleep(settings.FETCH_TOTAL_SECONDS)
    threading.Timer(0.1, server.closing.set).start()
    [[(number, late)]] = list(answers)
    assert (number, late.body) == (0, b"<rss/>")


def test_a_failure_keeps_nothing_of_what_was_read(server):
    server.replies |= {"/cut": reply(b"x" * SMALL_BYTES)[:-1], "/none": redirect("/nowhere")}
    gc.collect()
    gc.disable()  # it comes late where little is allotted, however large
    try:
        told = ask(server.url("/cut"), server.url("/none"), server.url("/missing"))
        left = [each for each in gc.get_objects() if isinstance(each, Exchange)]
    finally:
        gc.enable()
    assert ([told[number].kind for number in range(3)], left) == (["protocol", "http", "http"], [])


def test_what_is_abandoned_is_hung_up(server):
    server.replies |= {"/slow": b"HTTP/1.1 200 OK\r\n...", "/quick": reply(b"<rss/>")}
    questions = [fetch.Question(request=Request(url=server.url(path))) for path in ("/slow", "/quick")]
    answers = fetch.send_all(questions)
    next(answers)
    answers.close()
    assert ask(server.url("/quick"))[0].status == 200
