"""Reading feeds, in the guarded child as the worker does, beside the usual library calls."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import feedparser

from tests.bench.race import Line, Race, cpu
from tests.conftest import SHARED
from tracker.watchers import UnreadableError, read_guarded

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def lines() -> Iterator[Line]:
    """Our own sample, then the real feeds of the shared folder where there is one."""
    yield _feeds("feed of 30 entries, guarded", [_long_feed(entries=30)] * 10)
    if SHARED.is_dir():
        folder = SHARED / "data/feeds/fastfeedparser-bench"
        yield _feeds("40 real feeds, guarded", [path.read_bytes() for path in sorted(folder.iterdir())[:40]])


def _long_feed(*, entries: int) -> bytes:
    head, *items = (SAMPLES / "feed.rss").read_text("utf-8").split("<item>")
    items[-1], tail = items[-1].split("</item>", 1)
    bodies = [items[number % len(items)].removesuffix("</item>") for number in range(entries)]
    told = [f"<item>{body.replace('fil-', f'fil-{number}-')}" for number, body in enumerate(bodies)]
    closed = [item if item.rstrip().endswith("</item>") else f"{item}</item>" for item in told]
    return (head + "".join(closed) + tail).encode()


def _feeds(what: str, bodies: list[bytes]) -> Line:
    return Race(
        what=what,
        ours=lambda: cpu(lambda: [_read(lambda body: read_guarded("feed", body), body) for body in bodies]),
        other=lambda: cpu(lambda: [feedparser.parse(io.BytesIO(body)) for body in bodies]),
        other_name="feedparser.parse",
        amount=len(bodies),
        unit="feeds",
    ).run()


def _read(read: Callable[[bytes], object], body: bytes) -> None:
    try:
        read(body)
    except UnreadableError:  # told to a person; here only the time counts
        return
