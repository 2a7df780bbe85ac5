"""Looking names up without waiting: each is asked once a round, by a thread of its own, for getaddrinfo knows no end."""

import math
import os
import queue
import socket
import threading
import time
from collections.abc import Iterator
from typing import Generic, TypeVar

from django.conf import settings

from tracker.fetch.address import Address

Asker = TypeVar("Asker")
_Place = tuple[str, int]


class Names(Generic[Asker]):
    """The names that one round looks up. All who ask for one get the same answer: nobody can change it in between."""

    def __init__(self) -> None:
        self.asked: dict[_Place, dict[Asker, float]] = {}  # who waits for it, and until when
        self.bell, self._ringer = os.pipe()  # readable as soon as an answer is there
        self._known: dict[_Place, tuple[str, ...]] = {}
        self._heard: queue.SimpleQueue[tuple[_Place, tuple[str, ...]]] = queue.SimpleQueue()
        self._closing, self._closed = threading.Lock(), False

    @property
    def until(self) -> float:
        """When the first one stops waiting, on the monotonic clock."""
        return min((until for askers in self.asked.values() for until in askers.values()), default=math.inf)

    def addresses(self, target: Address, asker: Asker, *, deadline: float) -> tuple[str, ...]:
        """The addresses of the host; if they are not known yet, nothing now, and the asker comes in `answers`."""
        if target.is_literal:
            return (target.host,)
        place = (target.host, target.port)
        if known := self._known.get(place):
            return known
        if place not in self.asked:
            threading.Thread(target=self._look_up, args=place, daemon=True).start()
        patience = time.monotonic() + settings.FETCH_CONNECT_SECONDS
        self.asked.setdefault(place, {})[asker] = min(deadline, patience)
        return ()

    def answers(self) -> Iterator[tuple[Asker, tuple[str, ...]]]:
        """Who waits no longer, and for what: nothing when the name was not found, or not in time."""
        while not self._heard.empty():
            os.read(self.bell, 1)
            place, found = self._heard.get()
            self._known[place] = found
            for asker in self.asked.pop(place, ()):
                yield asker, found
        if self.asked and time.monotonic() >= self.until:
            yield from self._given_up(time.monotonic())

    def close(self) -> None:
        """Hear no more; a look-up that is still under way finds nobody."""
        with self._closing:
            self._closed = True
            os.close(self.bell)
            os.close(self._ringer)

    def _given_up(self, now: float) -> Iterator[tuple[Asker, tuple[str, ...]]]:
        for place, askers in list(self.asked.items()):
            for asker in [each for each, until in askers.items() if until <= now]:
                del askers[asker]
                yield asker, ()
            if not askers:
                del self.asked[place]

    def _look_up(self, host: str, port: int) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        addresses = tuple(dict.fromkeys(answer[4][0] for answer in found))
        with self._closing:
            if not self._closed:
                self._heard.put(((host, port), addresses))
                os.write(self._ringer, b"!")
