"""What must stand in a text for an expression to be found there at all: words to look for first. Pure."""

import re
from collections.abc import Iterable
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from tracker.matching.folding import plain_letter

# Where the two readers of expressions differ: classes in classes, and what Python warns about.
_DOUBTFUL = re.compile(r"\[[^\]]*(?:\[|--|&&|~~|\|\|)")
_REPEATED = ("MAX_REPEAT", "MIN_REPEAT")
# At an edge of a word or of a line stands a blank; RE2 also sees one between two alphabets, which is no word.
_EDGES = ("AT_BOUNDARY", "AT_BEGINNING", "AT_END")


def keys(pattern: str, *, whole_word: bool) -> tuple[str, ...]:
    """Plain words, one of which at least stands in any text where the pattern is found; none if it cannot be told.

    A blank at either end belongs to the word: it separates there.
    """
    if _DOUBTFUL.search(pattern):
        return ()
    try:
        tree = parser.parse(rf"\b{pattern}\b" if whole_word and "|" not in pattern else pattern)
    except (re.error, RecursionError, OverflowError):
        return ()
    return _needed(tree)


def _needed(tree: Any) -> tuple[str, ...]:
    runs: list[tuple[str, ...]] = []
    run = ""
    for kind, value in tree:
        letter = _letter(str(kind), value)
        if letter is not None:
            run += letter
            continue
        runs += [(run,), _inside(str(kind), value)]
        run = ""
    choices = [_tidy(choice) for choice in [*runs, (run,)]]
    return max(choices, key=_strength)


def _letter(kind: str, value: Any) -> str | None:
    """How one node is read, if it is always read so."""
    if kind == "LITERAL":
        return plain_letter(chr(value))
    if kind == "AT" and str(value) in _EDGES:
        return " "
    if kind == "IN" and all(str(name) == "LITERAL" for name, _ in value):
        read = {plain_letter(chr(code)) for _, code in value}
        return read.pop() if len(read) == 1 else None
    return None


def _inside(kind: str, value: Any) -> tuple[str, ...]:
    if kind == "SUBPATTERN":
        return _needed(value[3])
    if kind in _REPEATED and value[0] > 0:
        return _needed(value[2])
    if kind == "BRANCH":
        branches = [_needed(branch) for branch in value[1]]
        return tuple(word for branch in branches for word in branch) if all(branches) else ()
    return ()


def _tidy(words: Iterable[str]) -> tuple[str, ...]:
    """With one blank for many; nothing at all if one of them says nothing."""
    tidy = tuple(re.sub(" +", " ", word) for word in words)
    return tidy if all(word.strip() for word in tidy) else ()


def _strength(words: tuple[str, ...]) -> tuple[int, int]:
    return min((len(word) for word in words), default=0), -len(words)
