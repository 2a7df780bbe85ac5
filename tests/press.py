"""Many feeds on as many hosts of this machine, served by a process of its own, for benchmarks and journeys."""

import asyncio
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from multiprocessing.sharedctypes import SynchronizedArray as Array

ENTRIES, NEWS, KINDS = 28, 2, 4
_HEAD = (
    "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>Journal {feed}</title>"
    "<link>https://journal{feed}.example/</link><description>Un journal.</description><language>fr</language>"
    "<lastBuildDate>{built}</lastBuildDate>"
)
_SENTENCE = (
    "&lt;p&gt;Le conseil a voté hier le budget {number} des lycées, des &lt;a href=&quot;/t&quot;&gt;transports"
    "&lt;/a&gt; et de l'entretien des routes&amp;nbsp;; les élus en débattront.&lt;/p&gt;"
)
_ITEM = (
    "<item><title>Nouvelle {number} du journal {feed}</title><link>https://journal{feed}.example/{number}</link>"
    "<guid isPermaLink='false'>journal-{feed}-{number}</guid><dc:creator>Rédaction</dc:creator>"
    "<pubDate>{published}</pubDate><category>Politique</category><category>Économie</category>"
    "<description>Résumé de la nouvelle {number}.</description>"
    "<content:encoded>{text}</content:encoded></item>"
)


class Press:
    """What the feeds say now. Feeds come in four kinds, by their number: each kind can change by itself."""

    def __init__(self, port: int, editions: "Array[int]", proofs: "Array[int]"):
        self.port, self._editions, self._proofs = port, editions, proofs

    def url(self, number: int) -> str:
        """The feed of that number, on a host of its own."""
        return f"http://{_host(number)}:{self.port}/{number}.xml"

    def pair(self, number: int) -> str:
        """Its host and port, as FETCH_ALLOW wants them."""
        return f"{_host(number)}:{self.port}"

    def etag(self, number: int) -> str:
        """What it answers 304 to."""
        return f'"{number}-{self._editions[number % KINDS]}-{self._proofs[number % KINDS]}"'

    def print_news(self, *kinds: int) -> None:
        """From now on these feeds (all of them, if none is named) have two new entries, and two old ones less."""
        for kind in kinds or range(KINDS):
            self._editions[kind] += 1

    def print_again(self, *kinds: int) -> None:
        """From now on these feeds say that they were built anew."""
        for kind in kinds or range(KINDS):
            self._proofs[kind] += 1


@contextmanager
def press() -> Iterator[Press]:
    """Serve until the block ends."""
    listening = socket.create_server(("0.0.0.0", 0), backlog=4096)
    made = Press(
        listening.getsockname()[1], multiprocessing.Array("i", KINDS), multiprocessing.Array("i", KINDS)
    )
    child = multiprocessing.get_context("fork").Process(
        target=lambda: asyncio.run(_serve(listening, made)), daemon=True
    )
    child.start()
    try:
        yield made
    finally:
        child.kill()
        child.join()
        listening.close()


def _host(number: int) -> str:
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


async def _serve(listening: socket.socket, made: Press) -> None:
    async def answer(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        asked = (await reading.readuntil(b"\r\n\r\n")).decode("latin-1")
        number = int(asked.split("/", 2)[1].split(".")[0])
        tag = made.etag(number)
        head = f"ETag: {tag}\r\nCache-Control: max-age=60\r\nDate: {formatdate(usegmt=True)}\r\nConnection: close\r\n"
        if tag in asked:
            writing.write(f"HTTP/1.1 304 Not Modified\r\n{head}\r\n".encode())
        else:
            body = _document(number, *map(int, tag.strip('"').split("-")[1:]))
            head += f"Content-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n\r\n"
            writing.write(f"HTTP/1.1 200 OK\r\n{head}".encode() + body)
        await writing.drain()
        writing.close()

    async with await asyncio.start_server(answer, sock=listening, backlog=4096) as server:
        await server.serve_forever()


def _document(feed: int, edition: int, proof: int) -> bytes:
    newest = ENTRIES + edition * NEWS
    numbers = range(newest, newest - ENTRIES, -1)
    head = _HEAD.format(feed=feed, built=formatdate(1_700_000_000 + proof, usegmt=True))
    return (head + "".join(_item(feed, number) for number in numbers) + "</channel></rss>").encode()


def _item(feed: int, number: int) -> str:
    text = _SENTENCE.format(number=number) * 8
    published = formatdate(1_700_000_000 + 3_600 * number, usegmt=True)
    return _ITEM.format(feed=feed, number=number, published=published, text=text)
