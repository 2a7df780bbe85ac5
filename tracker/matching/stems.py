"""What the inflected forms of a word share, in the languages that have a stemmer. Pure."""

import unicodedata
from functools import cache, lru_cache

import Stemmer

from tracker.matching.folding import plain

_ALGORITHMS = {
    "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "fi": "finnish", "fr": "french", "ga": "irish", "hu": "hungarian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "sv": "swedish",
}  # fmt: skip
_SHORTEST = 4  # letters of a word that is inflected at all
_ROOT = 3  # letters that its forms share at least


@lru_cache(maxsize=50_000)
def inflected(found: str, wanted: str, language: str) -> bool:
    """Whether both, as they are written, are forms of one word of this language (ISO 639-1).

    Without a stemmer, the same word. Stemmers know endings by their accents, which writers leave out in capitals
    and in haste: one stem in common will do, of the word as it is written or of its plain letters.
    """
    one, other = plain(found), plain(wanted)
    if one == other:
        return True
    if language not in _ALGORITHMS or len(other) < _SHORTEST or not one.startswith(_root(wanted, language)):
        return False
    return not _stems(found, language).isdisjoint(_stems(wanted, language))


def roots(word: str) -> dict[str, str]:
    """How every form begins, in plain letters, that counts as this word: in each language that inflects it."""
    if len(plain(word)) < _SHORTEST:
        return {}
    return {language: _root(word, language) for language in _ALGORITHMS}


@lru_cache(maxsize=50_000)
def _root(word: str, language: str) -> str:
    """Most of what the word shares with its stems: the end of a stem may change (country, countries)."""
    letters = plain(word)
    shared = min(_shared(letters, stem) for stem in _stems(word, language))
    # The policies of one policy: more changes than in other words.
    if language == "en" and letters.endswith("ies"):
        return letters[: max(_ROOT, len(letters) - 3)]
    return letters[: max(_ROOT, 3 * len(letters) // 4, shared - 1)]


def _shared(one: str, other: str) -> int:
    """How many first letters two words share."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


@lru_cache(maxsize=20_000)
def _stems(word: str, language: str) -> frozenset[str]:
    """The stems of the word, with its accents and without, in plain letters."""
    written = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", word).lower()))
    stem = _stemmer(_ALGORITHMS[language]).stemWord
    return frozenset((plain(stem(written)), stem(plain(word))))


@cache
def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(algorithm, 0)
