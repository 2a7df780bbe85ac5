"""Which of many words stand in a text, in one pass however many they are. Pure."""

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any, Protocol, TypeAlias

import re2

try:
    import hyperscan
except ImportError:  # it has no wheel for this machine
    hyperscan = None  # type: ignore[assignment]

Ends: TypeAlias = dict[int, list[int]]

_SET_MEMORY = 1 << 28  # bytes that re2 may take to read with many words at once


class Scanner(Protocol):
    """Words compiled together."""

    def __init__(self, keys: Sequence[bytes]) -> None: ...

    def scan(self, letters: bytes) -> Ends:
        """Of the words that stand in the text, by their number in the list, where each of them ends there."""


class Hyperscan:
    """Vectorised automata; it reads one text at a time."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=list(keys),
            ids=list(range(len(keys))),
            elements=len(keys),
            literal=True,
        )
        self._database.scratch = hyperscan.Scratch(self._database)
        self._lock = Lock()

    def scan(self, letters: bytes) -> Ends:
        found: Ends = {}
        with self._lock:
            self._database.scan(letters, match_event_handler=_note, context=found)
        return found


class Re2Set:
    """One automaton of all words; a little slower, and everywhere."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        options = re2.Options()
        options.literal = True
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _SET_MEMORY
        self._keys = keys
        self._set = re2.Set.SearchSet(options)
        for key in keys:
            self._set.Add(key)
        self._set.Compile()

    def scan(self, letters: bytes) -> Ends:
        numbers = self._set.Match(letters) or ()  # None: nothing was found
        return {number: list(_ends(self._keys[number], letters)) for number in numbers}


ENGINE: type[Scanner] = Hyperscan if hyperscan else Re2Set


def _note(number: int, _start: int, end: int, _flags: int, found: Any) -> None:
    found.setdefault(number, []).append(end)


def _ends(key: bytes, letters: bytes) -> Iterator[int]:
    start = letters.find(key)
    while start >= 0:
        yield start + len(key)
        start = letters.find(key, start + 1)
