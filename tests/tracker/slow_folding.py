"""The folding of texts letter by letter: slow, simple, and what the tables must equal."""

import re

from tracker.matching.folding import FOLD

_BLANKS = re.compile(r"[ \n]{2,}")


def fold(text: str) -> str:
    """The text in plain letters; a run of blanks is one blank, or one line break if it holds one."""
    return _BLANKS.sub(lambda run: "\n" if "\n" in run[0] else " ", text.translate(FOLD))


def positions(text: str) -> list[int]:
    """For each character of `fold(text)`, its place in the text."""
    spread = [index for index, letter in enumerate(text) for _ in FOLD[ord(letter)]]
    runs = _BLANKS.finditer(text.translate(FOLD))
    dropped = {index for run in runs for index in range(run.start() + 1, run.end())}
    return [place for index, place in enumerate(spread) if index not in dropped]
