"""Near copies: how alike two texts are, and the few hashes by which near copies meet. Pure."""

import re
from unicodedata import normalize
from zlib import crc32

import numpy as np
import numpy.typing as npt

Shingles = npt.NDArray[np.uint64]  # distinct, ascending

RUN = 4  # words of one shingle
LEAST_WORDS = 50  # teasers of fewer words are alike by their form: each of one series, of one storm
LONGEST = 200_000  # characters that are compared; what follows changes the likeness of two books by little
KEYS, SHARED = 16, 4

_WORD = re.compile(r"\w+")
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_STEP, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_HALF, _SIGN = np.uint64(32), np.uint64(1)


def shingles(text: str) -> Shingles:
    """The hashes of every run of four words, without case, punctuation and invisible characters.

    Empty for a text too short to tell a copy from another text of the same form. The same on every machine, and
    below 2**63, so that a database keeps them.
    """
    hashes = _word_hashes(text)
    count = len(hashes) - RUN + 1
    if len(hashes) < LEAST_WORDS:
        return hashes[:0]
    runs = hashes[:count].copy()
    for offset in range(1, RUN):
        runs *= _STEP
        runs ^= hashes[offset : offset + count]
    for _ in range(2):  # so that the smallest are a fair sample
        runs ^= runs >> _HALF
        runs *= _MIX
    return np.unique((runs ^ (runs >> _HALF)) >> _SIGN)


def keys(runs: Shingles) -> list[int]:
    """The sixteen smallest: two texts that share six runs in ten share four of these or more (all but 2 in 100,000).

    This is MinHash with one permutation. Its proof: of the runs that either text has, the smallest are a random
    sample, and each of the sample is common with the probability of the likeness.
    """
    return runs[:KEYS].tolist()  # type: ignore[no-any-return]


def likeness(one: Shingles, other: Shingles) -> float:
    """The share of common runs among the runs of either (Jaccard): 1 for copies, 0 for nothing in common."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    either = len(one) + len(other) - common
    return common / either if either else 0.0


def _word_hashes(text: str) -> Shingles:
    text = text[:LONGEST]
    if any(mark in text for mark in _INVISIBLE):
        text = text.translate(dict.fromkeys(map(ord, _INVISIBLE)))
    words = _WORD.findall(normalize("NFKC", text).casefold())
    return np.fromiter(map(crc32, map(str.encode, words)), np.uint64, len(words))
