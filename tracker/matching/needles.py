"""The words of a query, and where they stand in a screened text. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tracker.matching.query import Words
from tracker.matching.screening import encode, is_exact
from tracker.matching.stems import inflected, roots

Span: TypeAlias = tuple[int, int]
Allowed: TypeAlias = Callable[[int, int], bool]


class _Letters(Protocol):
    """A text in which words are looked for, and what it says as it is written."""

    letters: bytes  # screened: words between blanks

    def written(self, start: int, end: int) -> str:
        """The characters that were read as these bytes of the letters."""


@dataclass(frozen=True, slots=True, eq=False)
class Needle:
    """Words ready to be looked for in bytes."""

    asked: Words
    words: tuple[bytes, ...]
    starts: tuple[bytes, ...]  # how each of them begins in the text, with the blank before it
    key: bytes  # stands in every text where the words are found
    is_certain: bool  # and in no other
    is_exact: bool  # equal bytes are equal letters
    roots: Mapping[str, bytes]  # by language, how each of its other forms begins

    def spans(self, read: _Letters, languages: tuple[str, ...], allowed: Allowed) -> Iterator[Span]:
        """Where the words stand between blanks, from left to right, none over another."""
        if self.asked.within is not None:
            return self._close_together(read.letters, allowed, most=self.asked.within)
        if self.asked.inflected:
            return self._forms(read, languages, allowed)
        return self._side_by_side(read.letters, allowed)

    def stands_in(self, read: _Letters) -> bool:
        """Whether the words stand in these letters, as they were asked for."""
        return any(True for _ in self.spans(read, (), lambda _start, _end: True))

    def may_stand_in(self, read: _Letters, languages: tuple[str, ...], *, ends: Iterable[int]) -> bool:
        """Whether it is worth looking for the words, in letters where the key ends at these places."""
        if not self.asked.inflected:
            return self.is_certain or all(start in read.letters for start in self.starts)
        behind = len(self.key) - 1
        return any(self._is_form(read, end - behind, read.letters.find(b" ", end), languages) for end in ends)

    def _forms(self, read: _Letters, languages: tuple[str, ...], allowed: Allowed) -> Iterator[Span]:
        letters = read.letters
        start = letters.find(self.starts[0])
        while start >= 0:
            end = letters.find(b" ", start + 1)
            if self._is_form(read, start + 1, end, languages) and allowed(start + 1, end):
                yield start + 1, end
            start = letters.find(self.starts[0], end)

    def _is_form(self, read: _Letters, start: int, end: int, languages: tuple[str, ...]) -> bool:
        """Whether the word that stands there counts as ours, as it is written in the text."""
        found = read.letters[start:end]
        if found == self.words[0]:
            return True
        likely = [code for code in languages if code in self.roots and found.startswith(self.roots[code])]
        written = read.written(start, end) if likely else ""
        return any(inflected(written, self.asked.written, code) for code in likely)

    def _side_by_side(self, letters: bytes, allowed: Allowed) -> Iterator[Span]:
        start = letters.find(self.starts[0])
        while start >= 0:
            end = self._end(letters, start + 1)
            if end and allowed(start + 1, end):
                yield start + 1, end
            start = letters.find(self.starts[0], max(start + 1, end - 1))

    def _end(self, letters: bytes, start: int) -> int:
        """Where the words end that begin here; 0 if they are others."""
        end = 0
        for number in range(len(self.words)):
            end = letters.find(b" ", start)
            if end < 0 or not self._is(number, letters[start:end]):
                return 0
            start = end + 1
        return end

    def _is(self, number: int, found: bytes) -> bool:
        wanted = self.words[number]
        return found == wanted or (self.asked.prefixes[number] and found.startswith(wanted))

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
                if start not in taken and self._is(number, letters[start + 1 : end]):
                    taken.add(start)
                    if allowed(start + 1, end):
                        yield start + 1, end, number
                start = letters.find(self.starts[number], end)


def needle(asked: Words) -> Needle:
    """Make ready what a query asks for."""
    words = tuple(map(encode, asked.words))
    begins = (
        {language: encode(root) for language, root in roots(asked.written).items()} if asked.inflected else {}
    )
    if asked.inflected:
        starts: tuple[bytes, ...] = (b" " + min([*begins.values(), *words], key=len),)
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
        roots=begins,
    )
