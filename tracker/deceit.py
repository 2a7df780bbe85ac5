"""What in a text may deceive whoever reads it: letters that look like others, orders that turn it round, what cannot be seen. Pure."""

import re
import unicodedata

_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BLANK_LETTERS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_PLAIN_SPACES = "\t\n\r"
_STYLED = re.compile("[\U0001d400-\U0001d7ff\uff01-\uff5e\u24b6-\u24e9]")
_WORD = re.compile(r"\w+")
# Latin letters of no language of Europe, that stand beside one of it but for a mark.
_RARE_LATIN = re.compile("[\u0114\u0115\u012c\u012d\u014e\u014f\u01cd-\u01dc\u0299\u0261\u026a\u1d00-\u1d2b]")


def marks_of(text: str) -> list[str]:
    """As it was sent: “bidi”, “invisible”, “homoglyph”, in this order, each where a reader must be warned of it."""
    if text.isascii() and text.isprintable():
        return []
    found = {
        "bidi": _TURNS.search(text) is not None,
        "invisible": any(_is_invisible(letter) for letter in text),
        "homoglyph": _looks_like_another(text),
    }
    return [mark for mark, is_there in found.items() if is_there]


def _is_invisible(letter: str) -> bool:
    if letter in _BLANK_LETTERS:
        return True
    if letter in _PLAIN_SPACES or _TURNS.match(letter):
        return False
    # The joiner and the variation selector are part of many emoji.
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} and letter != "\u200d"


def _looks_like_another(text: str) -> bool:
    if _STYLED.search(text) or _RARE_LATIN.search(text):
        return True
    return any(_is_mixed(word) for word in _WORD.findall(text) if not word.isascii())


def _is_mixed(word: str) -> bool:
    """Whether one word is written in letters of several scripts, of which some look like those of another."""
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in word if letter.isalpha()}
    if scripts <= {"LATIN", "MICRO", "FEMININE", "MASCULINE"} or len(scripts) < 2:
        return False
    from confusable_homoglyphs import confusables  # noqa: PLC0415 - 17 MB, for the few texts that mix scripts

    return bool(confusables.is_dangerous(word))
