import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tracker import watchers
from tracker.watchers import guarded
from tracker.watchers.entry import Entry, IncompleteError, Page, Remark, Request, UnreadableError
from tracker.watchers.guarded import read_in_child

PAGE = Page(
    entries=(Entry(external_id="1", title="é"),),
    next=Request(url="https://f.example/2", body=b"\x00\xff"),
    title="T",
    remarks=(Remark("One.", "1"),),
)


def refuse():
    raise UnreadableError("A reason.", "a detail")


def postpone():
    raise IncompleteError("Later.")


def burn():
    while True:
        pass


def fill():
    hoard = []
    while True:
        hoard.append(bytearray(1 << 26))


def recurse():
    return recurse()


def leave():
    os._exit(3)


def shout():
    return Page(title="x" * (guarded.ANSWER_BYTES + 1))


def test_the_page_of_the_child_is_the_page_of_the_parent():
    assert read_in_child(lambda: PAGE) == PAGE


def test_the_child_is_another_process():
    assert read_in_child(lambda: Page(title=str(os.getpid()))).title != str(os.getpid())


def test_a_refusal_keeps_its_words():
    with pytest.raises(UnreadableError) as refusal:
        read_in_child(refuse)
    assert (refusal.value.reason, refusal.value.detail, str(refusal.value)) == (
        "A reason.",
        "a detail",
        "A reason. (a detail)",
    )


def test_an_incomplete_answer_stays_one():
    with pytest.raises(IncompleteError, match="Later"):
        read_in_child(postpone)


@pytest.mark.parametrize("end", [fill, recurse, leave, shout, lambda: 1 / 0, lambda: "no page"])
def test_any_other_end_is_a_refusal_in_words(end):
    with pytest.raises(UnreadableError, match="could not be read"):
        read_in_child(end)


def test_time_has_a_limit(monkeypatch):
    monkeypatch.setattr(guarded, "CPU_SECONDS", 1)
    began = time.monotonic()
    with pytest.raises(UnreadableError, match="could not be read"):
        read_in_child(burn)
    assert time.monotonic() - began < guarded.WALL_SECONDS


def test_waiting_has_a_limit_too(monkeypatch):
    monkeypatch.setattr(guarded, "WALL_SECONDS", 0.2)
    with pytest.raises(UnreadableError, match="could not be read"):
        read_in_child(lambda: time.sleep(60))


def test_no_child_and_no_descriptor_is_left():
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before, descriptors = children.read_text(), os.listdir("/proc/self/fd")
    for reader in (lambda: PAGE, leave):
        try:
            read_in_child(reader)
        except UnreadableError:
            continue
    assert (children.read_text(), os.listdir("/proc/self/fd")) == (before, descriptors)


def test_threads_read_at_the_same_time():
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: read_in_child(lambda: PAGE), range(20))) == [PAGE] * 20


def test_read_guarded_refuses_what_is_cheap_to_refuse():
    for body, reason in [
        (b"  ", "empty"),
        (b"x" * (10 << 20) + b"x", "larger"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"\x89PNG", "picture"),
    ]:
        with pytest.raises(UnreadableError, match=reason):
            watchers.read_guarded("feed", body)
    with pytest.raises(UnreadableError, match="No watcher"):
        watchers.read_guarded("telex", b"x")


def test_read_guarded_hands_on_where_the_bytes_came_from():
    body = b'<rss version="2.0"><channel><item><title>x</title><link>/1</link></item></channel></rss>'
    (entry,) = watchers.read_guarded("feed", body, url="https://f.example/rss").entries
    assert entry.url == "https://f.example/1"


@pytest.mark.parametrize("name", watchers.FORMATS)
def test_every_format_has_the_three_names(name):
    watcher = watchers.FORMATS[name]
    assert watcher.LABEL
    assert watcher.first_request("https://f.example/a?text=x").url.startswith("https://f.example/a")
    with pytest.raises(UnreadableError):
        watcher.read(b"nothing of that kind")


def test_one_child_reads_several_and_its_end_costs_only_the_culprit(monkeypatch):
    monkeypatch.setattr(guarded, "SHARED_CPU_SECONDS", 1)
    reads = [lambda: PAGE, refuse, burn, lambda: Page(title=str(os.getpid())), leave, postpone, lambda: PAGE]
    told = dict(guarded.read_each(reads))
    assert (told[0], told[6], told[2], told[4]) == (PAGE, PAGE, None, None)
    assert (str(told[1]), str(told[5])) == ("A reason. (a detail)", "Later.")
    assert told[3].title not in ("", str(os.getpid()))


def test_the_pages_of_one_child_come_from_one_child():
    titles = {page.title for _number, page in guarded.read_each([lambda: Page(title=str(os.getpid()))] * 5)}
    assert len(titles) == 1


def test_nothing_to_read_needs_no_child():
    assert list(guarded.read_each([])) == []


def test_what_has_no_time_left_is_left_for_later(monkeypatch):
    monkeypatch.setattr(guarded, "SHARED_SECONDS", 0)
    assert list(guarded.read_each([lambda: PAGE] * 2)) == [(0, None), (1, None)]
