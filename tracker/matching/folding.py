"""Text as it is matched: no diacritics, no invisible characters, one blank for many; and the way back. Pure."""

import re
import unicodedata


class _Fold(dict[int, str]):
    """Table for str.translate: no diacritics, no invisible characters, plain quotes, hyphens and blanks."""

    SPELT = dict(zip("œŒæÆøØłŁđĐ", ("oe", "OE", "ae", "AE", *"oOlLdD"), strict=True))
    SPELT |= {"ß": "ss", "ı": "i", "’": "'", "ʼ": "'", "‘": "'", "\u2028": "\n", "\u2029": "\n", "\r": "\n"}

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if 0x3000 < code < 0xD800:  # Chinese, Japanese, Korean: nothing to fold, and too many to remember
            return letter
        folded = self.SPELT.get(letter) or "".join(map(self._plain, unicodedata.normalize("NFKD", letter)))
        if code < 0x10000:
            self[code] = folded
        return folded

    @staticmethod
    def _plain(letter: str) -> str:
        if letter.isspace():
            return "\n" if letter == "\n" else " "
        category = unicodedata.category(letter)
        if category in ("Mn", "Cf", "Cc", "Cs"):
            return ""
        return "-" if category == "Pd" else letter


FOLD = _Fold()
_BLANKS = re.compile(r"[ \n]{2,}")


def fold(text: str) -> str:
    """The text in plain letters; a run of blanks is one blank, or one line break if it holds one."""
    return _BLANKS.sub(_blank, text.translate(FOLD))


def positions(text: str) -> list[int]:
    """For each character of `fold(text)`, its place in the text."""
    spread = [index for index, letter in enumerate(text) for _ in FOLD[ord(letter)]]
    runs = _BLANKS.finditer(text.translate(FOLD))
    dropped = {index for run in runs for index in range(run.start() + 1, run.end())}
    return [place for index, place in enumerate(spread) if index not in dropped]


def _blank(run: re.Match[str]) -> str:
    return "\n" if "\n" in run[0] else " "
