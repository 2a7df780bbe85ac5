"""Letters as they are matched: no diacritics, no invisible characters, one way of writing each. Pure."""

import unicodedata


class _Fold(dict[int, str]):
    """Table for str.translate: no diacritics, no invisible characters, plain quotes, hyphens and blanks."""

    SPELT = dict(zip("œŒæÆøØłŁđĐħĦŧŦðÐ", ("oe", "OE", "ae", "AE", *"oOlLdDhHtTdD"), strict=True))
    SPELT |= dict(zip("þÞŋŊ", ("th", "TH", *"nN"), strict=True))
    # Signs after a word are no part of it: Nvidia™, fournisseurs¹.
    SPELT |= dict.fromkeys("™℠¹²³⁰⁴⁵⁶⁷⁸⁹", " ")
    SPELT |= {"ß": "ss", "ı": "i", "’": "'", "ʼ": "'", "‘": "'", "\u2028": "\n", "\u2029": "\n", "\r": "\n"}

    def __missing__(self, code: int) -> str:
        folded = self.folded(chr(code))
        if code < 0x3000:  # beyond: too many to remember
            self[code] = folded
        return folded

    def folded(self, letter: str) -> str:
        if "\u3000" < letter < "\ud800":  # Chinese, Japanese, Korean: nothing to fold
            return letter
        return self.SPELT.get(letter) or "".join(map(self._plain, unicodedata.normalize("NFKD", letter)))

    @staticmethod
    def _plain(letter: str) -> str:
        if letter.isspace():
            return "\n" if letter == "\n" else " "
        category = unicodedata.category(letter)
        if category in ("Mn", "Cf", "Cc", "Cs"):
            return ""
        return "-" if category == "Pd" else letter


FOLD = _Fold()


def plain_letter(letter: str) -> str:
    """The small letters and digits that the letter is read as; a blank for what separates words."""
    small = FOLD.folded(letter).casefold()
    return "".join(each if each.isalnum() else " " for part in small for each in FOLD.folded(part).casefold())


def plain(text: str) -> str:
    """The words of the text in small plain letters, one blank between two."""
    return " ".join("".join(map(plain_letter, text)).split())
