"""Whole texts folded at once by table, one byte for each letter, and the way back to the original. Pure."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracker.matching.folding import FOLD, plain_letter

Codes: TypeAlias = NDArray[Any]
Places: TypeAlias = NDArray[np.intp]


def screen(text: str) -> bytes:
    """The words of the text as `encode` writes them, a blank before, between and after."""
    codes = _spread(f" {text} ", _bytes())
    return codes[_firsts(codes == _BLANK)].tobytes()


def places(text: str) -> Places:
    """For each byte of `screen(text)`, its place in the text; the blanks at both ends may lie outside."""
    framed = f" {text} "
    kept = _firsts(_spread(framed, _bytes()) == _BLANK)
    return _origins(framed, _bytes())[kept] - 1


def encode(words: str) -> bytes:
    """Plain letters, as `folding.plain` gives them, in the bytes of a screened text."""
    return b"".join(map(_byte, words))


def decode(letters: bytes) -> str:
    """The way back from `encode`; a letter that shares its byte with others is �."""
    return letters.decode("latin-1").translate(_LETTERS)


def is_exact(words: str) -> bool:
    """Whether each of these plain letters has a byte of its own."""
    return all(letter.isascii() or letter in _BYTES for letter in words)


def fold(text: str) -> str:
    """The text in plain letters, case and marks kept; a run of blanks is one, or one line break if it has one."""
    codes = _spread(text, _pairs())
    breaks = codes == _BREAK
    firsts = _firsts((codes == _BLANK) | breaks)
    runs = np.flatnonzero(firsts)
    codes[runs[np.searchsorted(runs, np.flatnonzero(breaks), side="right") - 1]] = _BREAK
    return codes[firsts].tobytes().decode("utf-16-le")


def positions(text: str) -> Places:
    """For each character of `fold(text)`, its place in the text."""
    codes = _spread(text, _pairs())
    kept = _firsts((codes == _BLANK) | (codes == _BREAK))
    found: Places = _origins(text, _pairs())[kept & ((codes & _SURROGATE) != _LOW)]
    return found


_GONE, _ODD, _BLANK, _BREAK = 0, 1, 32, 10  # control characters: no letter is read as 0 or 1
_SURROGATE, _HIGH, _LOW = 0xFC00, 0xD800, 0xDC00
# The letters that have a byte of their own: those of the 24 official languages of the Union and of its neighbours.
_OWN = "αβγδεζηθικλμνξοπρστυφχψω" "абвгдежзийклмнопрстуфхцчшщъыьэюяђєѕіјљњћџґ" "ðþħŋŧəĸ"  # fmt: skip
_BYTES = {letter: bytes([0x80 + index]) for index, letter in enumerate(_OWN)}
_SHARED = 0x80 + len(_OWN)  # from here on, one byte for many letters: to be compared again
_COMMON = "œŒæÆßﬁﬂ"
_LETTERS = {byte[0]: letter for letter, byte in _BYTES.items()} | dict.fromkeys(range(_SHARED, 256), "�")


class _Alphabet:
    """What each of the 65,536 units of UTF-16 is read as: nothing, one code, or (odd) a spelling."""

    def __init__(self, spell: Callable[[str], bytes], dtype: type) -> None:
        self.dtype = np.dtype(dtype)
        self.spell = lru_cache(maxsize=4096)(spell)
        self.table = np.fromiter(map(self._code, map(spell, map(chr, range(0x10000)))), self.dtype, 0x10000)
        self.table[_HIGH:_LOW], self.table[_LOW:0xE000] = _ODD, _GONE

    def _code(self, spelling: bytes) -> int:
        if len(spelling) > self.dtype.itemsize:
            return _ODD
        return int.from_bytes(spelling, "little")

    def spelling(self, units: Codes, index: int) -> bytes:
        code = int(units[index])
        if code & _SURROGATE == _HIGH:
            code = 0x10000 + ((code - _HIGH) << 10) + int(units[index + 1]) - _LOW
        return self.spell(chr(code))


@cache
def _bytes() -> _Alphabet:
    return _Alphabet(_screened, np.uint8)


@cache
def _pairs() -> _Alphabet:
    return _Alphabet(lambda letter: FOLD.folded(letter).encode("utf-16-le"), np.uint16)


def _screened(letter: str) -> bytes:
    letters = plain_letter(letter)
    return encode(letters) if letters.strip() else letters[:1].encode()


def _byte(letter: str) -> bytes:
    if letter.isascii():
        return letter.encode()
    return _BYTES.get(letter) or bytes([_SHARED + ord(letter) % (256 - _SHARED)])


def _units(text: str) -> Codes:
    try:
        encoded = text.encode("utf-16-le")
    except UnicodeEncodeError:  # lone surrogates are not read
        encoded = "".join("\0" if "\ud800" <= each < "\ue000" else each for each in text).encode("utf-16-le")
    return np.frombuffer(encoded, np.uint16)


def _spread(text: str, alphabet: _Alphabet) -> Codes:
    """What is read of the text, with spellings spelt out and nothing for what is not read."""
    codes: Codes = alphabet.table.take(_units(text))
    if not codes.size or codes.min() > _ODD:
        return codes
    units = _units(_spelt(text))
    codes = alphabet.table.take(units)
    parts, last = [], 0
    for index in np.flatnonzero(codes == _ODD).tolist():
        parts += [codes[last:index].tobytes(), alphabet.spelling(units, index)]
        last = index + 1
    parts.append(codes[last:].tobytes())
    spelt = np.frombuffer(bytearray(b"".join(parts)), alphabet.dtype)
    read: Codes = spelt[spelt != _GONE]
    return read


def _spelt(text: str) -> str:
    """The text with the commonest letters of two spelt out, which is faster than one by one."""
    for letter in _COMMON:
        text = text.replace(letter, FOLD.folded(letter))
    return text


def _origins(text: str, alphabet: _Alphabet) -> Places:
    """For each code that `_spread` gives, the place of its character."""
    units = _units(text)
    codes = alphabet.table.take(units)
    places = np.arange(len(units))
    if len(units) > len(text):  # two units for one character
        places = np.cumsum((units & _SURROGATE) != _LOW) - 1
    odd = np.flatnonzero(codes == _ODD)
    if not len(odd):
        return places if codes.all() else places[codes != _GONE]
    widths = (codes != _GONE).astype(np.intp)
    for index in odd.tolist():
        widths[index] = len(alphabet.spelling(units, index)) // alphabet.dtype.itemsize
    return np.repeat(places, widths)


def _firsts(blank: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All but the blanks that follow a blank."""
    kept = np.ones(len(blank), bool)
    if len(blank):
        np.logical_and(blank[1:], blank[:-1], out=kept[1:])
        np.logical_not(kept[1:], out=kept[1:])
    return kept
