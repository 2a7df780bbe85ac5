"""The words of a query, and where they stand in a screened text. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tracker.matching.query import Words
from tracker.matching.screening import decode, encode, is_exact
from tracker.matching.stems import inflected, root

Span: TypeAlias = tuple[int, int]
Allowed: TypeAlias = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Needle:
    """Words ready to be looked for in bytes."""

    asked: Words
    words: tuple[bytes, ...]
    starts: tuple[bytes, ...]  # how each of them begins in the text, with the blank before it
    key: bytes  # stands in every text where the words are found
    is_certain: bool  # and in no other
    is_exact: bool  # equal bytes are equal letters

    def spans(self, letters: bytes, languages: tuple[str, ...], allowed: Allowed) -> Iterator[Span]:
        """Where the words stand between blanks, from left to right, none over another."""
        if self.asked.within is not None:
            return self._close_together(letters, allowed, most=self.asked.within)
        return self._side_by_side(letters, languages, allowed)

    def stands_in(self, letters: bytes) -> bool:
        """Whether the words stand in these letters, as they were asked for."""
        return any(True for _ in self.spans(letters, (), lambda _start, _end: True))

    def may_stand_in(self, letters: bytes, languages: tuple[str, ...], *, ends: Iterable[int]) -> bool:
        """Whether it is worth looking for the words, in letters where the key ends at these places."""
        if not self.asked.inflected:
            return self.is_certain or all(start in letters for start in self.starts)
        behind = len(self.key) - 1
        return any(self._is(0, letters[end - behind : letters.find(b" ", end)], languages) for end in ends)

    def _side_by_side(self, letters: bytes, languages: tuple[str, ...], allowed: Allowed) -> Iterator[Span]:
        start = letters.find(self.starts[0])
        while start >= 0:
            end = self._end(letters, start + 1, languages)
            if end and allowed(start + 1, end):
                yield start + 1, end
            start = letters.find(self.starts[0], max(start + 1, end - 1))

    def _end(self, letters: bytes, start: int, languages: tuple[str, ...]) -> int:
        """Where the words end that begin here; 0 if they are others."""
        end = 0
        for number in range(len(self.words)):
            end = letters.find(b" ", start)
            if end < 0 or not self._is(number, letters[start:end], languages):
                return 0
            start = end + 1
        return end

    def _is(self, number: int, found: bytes, languages: tuple[str, ...]) -> bool:
        wanted = self.words[number]
        if found == wanted or (self.asked.prefixes[number] and found.startswith(wanted)):
            return True
        if not self.asked.inflected:
            return False
        word, one = decode(found), self.asked.words[0]
        return any(inflected(word, one, language) for language in languages)

    def _close_together(self, letters: bytes, allowed: Allowed, *, most: int) -> Iterator[Span]:
        """Any order; after each find the search begins anew."""
        latest: dict[int, tuple[int, Span]] = {}
        if not all(start in letters for start in self.starts):
            return
        place = counted = 0
        for start, end, number in sorted(self._each(letters, allowed)):
            place += letters.count(b" ", counted, start)
            counted = start
            latest[number] = (place, (start, end))
            if len(latest) == len(self.words):
                first, last = min(latest.values()), max(latest.values())
                if last[0] - first[0] + 1 - len(self.words) <= most:
                    yield first[1][0], last[1][1]
                    latest.clear()

    def _each(self, letters: bytes, allowed: Allowed) -> Iterator[tuple[int, int, int]]:
        """Every word that is one of ours, with its number; a word counts once, as the longest that it can be."""
        taken: set[int] = set()
        for number in sorted(range(len(self.words)), key=lambda at: -len(self.starts[at])):
            start = letters.find(self.starts[number])
            while start >= 0:
                end = letters.find(b" ", start + 1)
                if start not in taken and self._is(number, letters[start + 1 : end], ()):
                    taken.add(start)
                    if allowed(start + 1, end):
                        yield start + 1, end, number
                start = letters.find(self.starts[number], end)


def needle(asked: Words) -> Needle:
    """Make ready what a query asks for."""
    words = tuple(map(encode, asked.words))
    if asked.inflected:
        starts: tuple[bytes, ...] = (b" " + encode(root(asked.words[0])),)
    else:
        starts = tuple(
            b" " + word + (b"" if open_ended else b" ")
            for word, open_ended in zip(words, asked.prefixes, strict=True)
        )
    key = max(starts, key=len)
    whole = asked.within is None and not any(asked.prefixes[:-1])
    if whole:
        key = b"".join(start.removesuffix(b" ") for start in starts[:-1]) + starts[-1]
    return Needle(
        asked=asked,
        words=words,
        starts=starts,
        key=key,
        is_certain=whole and not asked.inflected,
        is_exact=all(map(is_exact, asked.words)),
    )
