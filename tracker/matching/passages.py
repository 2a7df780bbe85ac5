"""One piece of a text in one language: what stands in it, and where in the original. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain, islice
from typing import Any, TypeAlias

import re2

from tracker.matching.folding import plain
from tracker.matching.found import Reason
from tracker.matching.needles import Needle, Span
from tracker.matching.rules import Term
from tracker.matching.screening import Places, Screened, fold, positions, whole

Leaf: TypeAlias = Term | Needle
Piece: TypeAlias = tuple[str, str, str]  # title, text or texts; its language; its words

# Addresses of pages, and the technical identifiers of eForms (RES-0001 is no Spanish network).
_MARKS = ("RES", "ORG", "TEN", "TPO", "UBO", "CON", "LOT", "GLO", "PAR", "GRO")
_NOISE = re2.compile(rf"https?://\S+|www\.\S+|\b(?:{'|'.join(_MARKS)})-\d{{4}}\b")
NOISE_KEYS = ("http", "www", *(f" {mark.lower()} {digit}" for mark in _MARKS for digit in range(10)))
_REASONS_PER_TERM = 3
_BLANKED_PER_TERM = 500


class Original:
    """The words of one field as they came, and the two ways of reading them."""

    def __init__(self, piece: Piece, letters: bytes, place: Callable[[int], int], *, noisy: bool) -> None:
        self.field, self.language, self.text = piece
        self.letters = letters  # the screened text: words only
        self.place = place  # in the text, of a byte of the letters
        self.noisy = noisy  # an address or an identifier may stand in it

    def written(self, start: int, end: int) -> str:
        """The characters that were read as these bytes of the letters."""
        place, stop = self.span(start, end)
        return self.text[place:stop]

    def span(self, start: int, end: int) -> Span:
        """Where these bytes of the letters stand in the text."""
        return self.place(start), whole(self.text, self.place(end - 1) + 1)

    @cached_property
    def quiet(self) -> "Original":
        """The same without addresses and identifiers, each word at its place: theirs are not counted between two."""
        if not self.noise:
            return self
        letters = list(self.text)
        for start, end in self.noise:
            place, stop = int(self.positions[start]), int(self.positions[end - 1]) + 1
            letters[place:stop] = " " * (stop - place)
        text = "".join(letters)
        screened = Screened([text])
        return Original((self.field, self.language, text), screened.letters, screened.place, noisy=False)

    @cached_property
    def folded(self) -> str:
        """The text with its case and marks."""
        return fold(self.text)

    @cached_property
    def positions(self) -> Places:
        """Of each character of the folded text."""
        return positions(self.text)

    @cached_property
    def noise(self) -> tuple[Span, ...]:
        """Where nothing is to be read, in the folded text."""
        if not self.noisy:
            return ()
        return tuple(_span(found) for found in _NOISE.finditer(self.folded))


@dataclass(frozen=True, eq=False)
class Passage:
    """What is read of the original, and which of the watched terms may stand in it."""

    original: Original
    leaves: Mapping[str, tuple[Leaf, ...]]  # by the slug of the list, in its order
    guarded: tuple[Span, ...] = ()  # of the folded text: what is not read

    @property
    def languages(self) -> tuple[str, ...]:
        """A text of unknown language is read as French and as English."""
        return (self.original.language,) if self.original.language else ("fr", "en")

    def without(self, guards: tuple[str, ...]) -> "Passage":
        """The passage with every guarded word blanked: a real subject elsewhere in the text still stands."""
        terms = [leaf for slug in guards for leaf in self.leaves.get(slug, ()) if isinstance(leaf, Term)]
        covered = tuple(chain.from_iterable(map(self._covered, terms)))
        return replace(self, guarded=self.guarded + covered) if covered else self

    def reasons(self, leaf: Leaf, why: str) -> list[Reason]:
        """The first places where a term stands, which point into the original words."""
        find = self._needle if isinstance(leaf, Needle) else self._term
        return [
            Reason(
                why=why,
                field=self.original.field,
                language=self.original.language,
                start=start,
                end=end,
                words=self.original.text[start:end],
                term=leaf.asked.written if isinstance(leaf, Needle) else leaf.written,
            )
            for start, end in islice(find(leaf), _REASONS_PER_TERM)
        ]

    @cached_property
    def _blanked(self) -> tuple[Span, ...]:
        return self.original.noise + self.guarded

    def _needle(self, needle: Any) -> Iterator[Span]:
        read = self.original if needle.asked.within is None else self.original.quiet
        is_read = partial(self._is_read, read)
        for start, end in needle.spans(read, self.languages, is_read):
            place, stop = read.span(start, end)
            words = plain(self.original.text[place:stop]) if not needle.is_exact else ""
            if needle.is_exact or all(word in words for word in needle.asked.words):
                yield place, stop

    def _term(self, term: Any) -> Iterator[Span]:
        for found in term.regex.finditer(self._lines if term.line else self._prose):
            start, end = found.span()
            around = self._prose[max(start - 1, 0) : start] + self._prose[end : end + 1]
            glued = term.word and any(letter.isalnum() or letter in "._" for letter in around)
            if start < end and not glued:
                stop = int(self.original.positions[end - 1]) + 1
                yield int(self.original.positions[start]), whole(self.original.text, stop)

    def _covered(self, term: Term) -> list[Span]:
        covered = list(islice(term.regex.finditer(self._prose), _BLANKED_PER_TERM))
        if covered and term.clears:
            covered += islice(term.clears.finditer(self._prose), _BLANKED_PER_TERM)
        return list(map(_span, covered))

    def _is_read(self, read: Original, start: int, end: int) -> bool:
        """Whether nothing of these bytes is blanked."""
        if not self._blanked:
            return True
        place, stop = read.span(start, end)
        next_one = bisect_left(self._unread, (stop, 0))
        return all(until <= place for _, until in self._unread[max(next_one - 1, 0) : next_one])

    @cached_property
    def _unread(self) -> list[Span]:
        """What is not read, in the original, from left to right and none over another."""
        merged: list[Span] = []
        for start, end in sorted(self._blanked):
            place, stop = int(self.original.positions[start]), int(self.original.positions[end - 1]) + 1
            if merged and place <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
            else:
                merged.append((place, stop))
        return merged

    @cached_property
    def _lines(self) -> str:
        if not self._blanked:
            return self.original.folded
        letters = list(self.original.folded)
        for start, end in self._blanked:
            letters[start:end] = " " * (end - start)
        return "".join(letters)

    @cached_property
    def _prose(self) -> str:
        """Without line breaks: a phrase may run over the end of a line."""
        return self._lines.replace("\n", " ")


def _span(found: Any) -> Span:
    start, end = found.span()
    return start, end
