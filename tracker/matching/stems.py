"""What the inflected forms of a word share, in the languages that have a stemmer. Pure."""

from functools import cache, lru_cache

import Stemmer

_ALGORITHMS = {
    "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "fi": "finnish", "fr": "french", "ga": "irish", "hu": "hungarian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "sv": "swedish",
}  # fmt: skip
_SHORTEST = 4  # letters of a word that is inflected at all
_ROOT = 3  # letters that its forms share at least


def inflected(found: str, wanted: str, language: str) -> bool:
    """Whether both are forms of one word of this language (ISO 639-1); without a stemmer, the same word.

    Both are plain letters: a stem is taken from what is compared, not from how it was accented.
    """
    if found == wanted:
        return True
    if (
        language not in _ALGORITHMS
        or len(wanted) < _SHORTEST
        or not found.startswith(_root(wanted, language))
    ):
        return False
    return _stem(found, language) == _stem(wanted, language)


def root(word: str) -> str:
    """How every form begins that counts as this word, in any language."""
    if len(word) < _SHORTEST:
        return word
    return min((_root(word, language) for language in _ALGORITHMS), key=len)


@lru_cache(maxsize=50_000)
def _root(word: str, language: str) -> str:
    """Most of what the word shares with its stem: the end of a stem may change (country, countries)."""
    return word[: max(_ROOT, 3 * len(word) // 4, _shared(word, _stem(word, language)) - 1)]


def _shared(one: str, other: str) -> int:
    """How many first letters two words share."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


@lru_cache(maxsize=20_000)
def _stem(word: str, language: str) -> str:
    return str(_stemmer(_ALGORITHMS[language]).stemWord(word))


@cache
def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(algorithm, 0)
