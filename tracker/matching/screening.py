"""Whole texts folded at once by table, one byte for each letter, and the way back to the original. Pure."""

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any, TypeAlias
from unicodedata import combining

import numpy as np
from numpy.typing import NDArray

from tracker.matching.folding import FOLD, plain_letter

Codes: TypeAlias = NDArray[Any]
Places: TypeAlias = NDArray[np.intp]


class Screened:
    """Texts read together, in one pass: `letters` are their words as `encode` writes them, with a blank before,
    between and after; a wall stands between two texts, so that no phrase runs from one into the next.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        if any(_WALL in text for text in texts):
            texts = [text.replace(_WALL, " ") for text in texts]
        self._text = f" {f' {_WALL} '.join(texts)} "
        self._units = units = _units(self._text)
        self._codes = codes = _bytes().table.take(units)
        self._plain = len(units) == len(self._text) and np.minimum.reduce(codes) >= _BLANK
        if not self._plain:
            codes = _spelt(units, codes)
        blank = codes == _BLANK
        self._kept = np.logical_not(blank[1:] & blank[:-1])  # from the second on: a blank comes first
        self.letters: bytes = b" " + codes[1:][self._kept].tobytes()
        self._reached = 0, 0  # the last answer: who reads from left to right never counts anew

    def each(self) -> list[bytes]:
        """The letters of each text."""
        return self.letters.split(_WALL_BYTE)

    def place(self, byte: int) -> int:
        """Of a byte of the letters, the place in the texts, joined by JOINT characters."""
        return self._character(self._code(byte)) - 1

    def written(self, start: int, end: int) -> str:
        """The characters that were read as these bytes of the letters, which are one word: nothing is left out in it."""
        code = self._code(start)
        stop = whole(self._text, self._character(code + end - 1 - start) + 1)
        return self._text[self._character(code) : stop]

    def _code(self, byte: int) -> int:
        """Of a byte of the letters, its place among the codes: as many are kept before it."""
        code, before = self._reached if self._reached[1] <= byte else (0, 0)
        missing = byte - before
        while missing:
            step = self._kept[code : code + missing]
            code, missing = code + missing, missing - int(np.count_nonzero(step))
        self._reached = code, byte
        return code

    def _character(self, code: int) -> int:
        """Of a code, the place of the character that it was read of."""
        if self._plain:
            return code
        firsts, uneven, ahead = self._uneven
        last = int(firsts.searchsorted(code, side="right")) - 1
        unit = max(int(uneven[last]), code - int(ahead[last])) if last >= 0 else code
        if len(self._units) == len(self._text):
            return unit
        return unit - int(self._lows.searchsorted(unit))

    @cached_property
    def _lows(self) -> Places:
        """The places of the units that are the second half of a character."""
        return np.flatnonzero(self._units & _SURROGATE == _LOW)

    @cached_property
    def _uneven(self) -> tuple[Places, Places, Places]:
        """Of each unit that is not read as one code: its first code, its place, how far codes are ahead then."""
        uneven = np.flatnonzero(self._codes < _BLANK)
        units = self._units[uneven]
        widths = _bytes().widths.take(units).astype(np.intp)
        if len(self._units) > len(self._text):
            high = units & _SURROGATE == _HIGH
            widths[high] = list(map(len, _bytes().spellings(self._units, uneven[high])))
        ahead = np.cumsum(widths - 1)
        return uneven + ahead - widths + 1, uneven, ahead


JOINT = 3  # characters between two texts


def whole(text: str, stop: int) -> int:
    """Where the last letter before this place ends with the marks that stand over it."""
    while combining(text[stop : stop + 1] or " "):
        stop += 1
    return stop


def encode(words: str) -> bytes:
    """Plain letters, as `folding.plain` gives them, in the bytes of a screened text."""
    return b"".join(map(_byte, words))


def is_exact(words: str) -> bool:
    """Whether each of these plain letters has a byte of its own."""
    return all(letter.isascii() or letter in _BYTES for letter in words)


def fold(text: str) -> str:
    """The text in plain letters, case and marks kept; a run of blanks is one, or one line break if it has one."""
    codes = _spelt_out(text, _pairs())
    breaks = codes == _BREAK
    firsts = _firsts((codes == _BLANK) | breaks)
    runs = np.flatnonzero(firsts)
    codes[runs[np.searchsorted(runs, np.flatnonzero(breaks), side="right") - 1]] = _BREAK
    return codes[firsts].tobytes().decode("utf-16-le")


def positions(text: str) -> Places:
    """For each character of `fold(text)`, its place in the text."""
    if not text:
        return np.arange(0)
    codes = _spelt_out(text, _pairs())
    kept = _firsts((codes == _BLANK) | (codes == _BREAK))
    found: Places = _origins(text, _pairs())[kept & ((codes & _SURROGATE) != _LOW)]
    return found


_GONE, _ODD, _BREAK, _BLANK = 0, 1, 10, 32  # control characters: no letter is read as one
_SURROGATE, _HIGH, _LOW = 0xFC00, 0xD800, 0xDC00
_WALL, _WALL_BYTE = "\ufdd0", b"\x7f"  # no character, for ever: it stands between two texts
# The commonest letters that are read as two have a byte until they are spelt out.
_TWOS = {letter: bytes([2 + index]) for index, letter in enumerate("œŒæÆßﬁﬂ")}
# The letters that have a byte of their own: those of the languages of the Union and of its neighbours.
_OWN = "αβγδεζηθικλμνξοπρστυφχψω" + "абвгдежзийклмнопрстуфхцчшщъыьэюяђєѕіјљњћџґ" + "əĸ"
_BYTES = {letter: bytes([0x80 + index]) for index, letter in enumerate(_OWN)}
_SHARED = 0x80 + len(_OWN)  # from here on, one byte for many letters: to be compared again


class _Alphabet:
    """What each of the 65,536 units of UTF-16 is read as: nothing, one code, or (odd) a spelling."""

    def __init__(self, spell: Callable[[str], bytes], dtype: type) -> None:
        self.dtype = np.dtype(dtype)
        self.spell = spell
        self.table = np.zeros(0x10000, self.dtype)
        self.widths = np.zeros(0x10000, np.uint8)  # codes that each is read as
        for unit, spelling in enumerate(map(spell, map(chr, range(0x10000)))):
            width = len(spelling) // self.dtype.itemsize
            self.table[unit] = int.from_bytes(spelling, "little") if width < 2 else _ODD
            self.widths[unit] = width
        self.table[_HIGH:_LOW] = _ODD  # spelt with the unit that follows, which is gone

    def spellings(self, units: Codes, places: Places) -> list[bytes]:
        """What the units at these places are read as; each different one is looked up once."""
        codes = units[places].astype(np.intp)
        high = codes & _SURROGATE == _HIGH
        low = units[places[high] + 1]
        codes[high] = 0x10000 + ((codes[high] - _HIGH) << 10) + low - _LOW
        different, which = np.unique(codes, return_inverse=True)
        spelt = [self.spell(chr(code)) for code in different.tolist()]
        return [spelt[number] for number in which.tolist()]


@cache
def _bytes() -> _Alphabet:
    alphabet = _Alphabet(_letters, np.uint8)
    for letter, byte in _TWOS.items():
        alphabet.table[ord(letter)] = byte[0]
    alphabet.table[ord(_WALL)] = _WALL_BYTE[0]
    return alphabet


@cache
def _pairs() -> _Alphabet:
    return _Alphabet(lambda letter: FOLD.folded(letter).encode("utf-16-le"), np.uint16)


@cache
def _twos() -> dict[bytes, bytes]:
    return {byte: _letters(letter) for letter, byte in _TWOS.items()}


def _letters(letter: str) -> bytes:
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


def _spelt(units: Codes, codes: Codes) -> Codes:
    """The codes with spellings spelt out and nothing for what is not read."""
    raw = codes.tobytes()
    if _ODD in raw:
        raw = _filled(raw.split(bytes([_ODD])), _bytes().spellings(units, np.flatnonzero(codes == _ODD)))
    if _GONE in raw:
        raw = raw.replace(bytes([_GONE]), b"")
    for byte, letters in _twos().items():
        if byte in raw:
            raw = raw.replace(byte, letters)
    return np.frombuffer(raw, np.uint8)


def _spelt_out(text: str, alphabet: _Alphabet) -> Codes:
    """What is read of the text, with spellings spelt out and nothing for what is not read."""
    units = _units(text)
    codes: Codes = alphabet.table.take(units)
    if not codes.size or codes.min() > _ODD:
        return codes
    for letter in _TWOS:
        text = text.replace(letter, FOLD.folded(letter))
    units = _units(text)
    codes = alphabet.table.take(units)
    odd = np.flatnonzero(codes == _ODD)
    size, raw = alphabet.dtype.itemsize, codes.tobytes()
    starts, ends = [0, *((odd + 1) * size).tolist()], [*(odd * size).tolist(), len(raw)]
    parts = [raw[start:end] for start, end in zip(starts, ends, strict=True)]
    raw = _filled(parts, alphabet.spellings(units, odd))
    spelt = np.frombuffer(bytearray(raw), alphabet.dtype)
    read: Codes = spelt[spelt != _GONE]
    return read


def _filled(parts: list[bytes], between: list[bytes]) -> bytes:
    filled = [b""] * (len(parts) + len(between))
    filled[::2], filled[1::2] = parts, between
    return b"".join(filled)


def _origins(text: str, alphabet: _Alphabet) -> Places:
    """For each code that is read, the place of its character."""
    return np.repeat(np.arange(len(text)), _widths(text, alphabet))


def _widths(text: str, alphabet: _Alphabet) -> Codes:
    """For each character, how many codes it is read as."""
    units = _units(text)
    widths: Codes = alphabet.widths.take(units)
    if len(units) > len(text):  # two units for one character
        high = np.flatnonzero((units & _SURROGATE) == _HIGH)
        lengths = np.fromiter(map(len, alphabet.spellings(units, high)), np.intp, len(high))
        widths[high] = lengths // alphabet.dtype.itemsize
        widths = widths[(units & _SURROGATE) != _LOW]
    return widths


def _firsts(blank: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All but the blanks that follow a blank."""
    kept = np.ones(len(blank), bool)
    if len(blank):
        np.logical_and(blank[1:], blank[:-1], out=kept[1:])
        np.logical_not(kept[1:], out=kept[1:])
    return kept
