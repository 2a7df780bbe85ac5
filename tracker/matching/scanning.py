"""Which of many words stand in a text, in one pass however many they are. Pure."""

from collections.abc import Sequence
from threading import Lock
from typing import Any, Protocol

import re2

try:
    import hyperscan
except ImportError:  # it has no wheel for this machine
    hyperscan = None  # type: ignore[assignment]

_SET_MEMORY = 1 << 28  # bytes that re2 may take to read with many words at once


class Scanner(Protocol):
    """Words compiled together."""

    def __init__(self, keys: Sequence[bytes]) -> None: ...

    def scan(self, letters: bytes) -> list[int]:
        """The places, in the list that was compiled, of the words that stand in the text; in no order."""


class Hyperscan:
    """Vectorised automata; it reads one text at a time."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=list(keys),
            ids=list(range(len(keys))),
            elements=len(keys),
            flags=hyperscan.HS_FLAG_SINGLEMATCH,
            literal=True,
        )
        self._database.scratch = hyperscan.Scratch(self._database)
        self._lock = Lock()

    def scan(self, letters: bytes) -> list[int]:
        hits: list[int] = []
        with self._lock:
            self._database.scan(letters, match_event_handler=_note, context=hits)
        return hits


class Re2Set:
    """One automaton of all words; a little slower, and everywhere."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        options = re2.Options()
        options.literal = True
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _SET_MEMORY
        self._set = re2.Set.SearchSet(options)
        for key in keys:
            self._set.Add(key)
        self._set.Compile()

    def scan(self, letters: bytes) -> list[int]:
        return list(self._set.Match(letters) or ())  # None: nothing was found


ENGINE: type[Scanner] = Hyperscan if hyperscan else Re2Set


def _note(key: int, _start: int, _end: int, _flags: int, hits: Any) -> None:
    hits.append(key)
