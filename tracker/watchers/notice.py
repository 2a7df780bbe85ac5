"""What every reader of tender notices needs: numbers, amounts, words by language, and no person's name. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypedDict

from tracker.watchers.entry import UnreadableError
from tracker.watchers.plaintext import clean, language_code, line

TEXT_LIMIT = 524_288  # bytes of one language; a notice of a hundred lots is longer than an article
TITLE_LIMIT = 1_000
LOT_LIMIT = 500
NAME_LIMIT = 300
PAGE = "https://ted.europa.eu/en/notice/-/detail/{}"
HIDDEN = "[…]"

Scrub = Callable[[str], str]  # hides the persons of one notice in a text

_LARGEST_AMOUNT = Decimal(10) ** 13  # more than any public purchase: a mistake or an attack
_AMOUNT = re.compile(r"\d{1,15}(?:\.\d{1,10})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_NUMBER_FIRST = re.compile(r"0*(\d{1,8})[-_](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})(?:/S\s?\d{1,3})?-0*(\d{1,8})", re.ASCII)
_CPV = re.compile(r"\s*(\d{8})(?:-\d)?\s*", re.ASCII)

_EMAIL = r"(?<![\w.+%'-])[\w.+%'-]++\s?@\s?[\w-]{1,63}(?:[.,][\w-]{1,63}){1,5}"  # a comma for a dot is a common slip
_SPELT = r"(?i:(?<![\w.+%'-])[\w.+%'-]{1,64}\s?[(\[]\s?at\s?[)\]]\s?[\w-]{1,63}(?:[.,][\w-]{1,63}){1,5})"
_SPELT_AT = re.compile(rb"at\s?[)\]]")  # begins with what is found quickly
_CALL = r"(?i:\b(?:t[eé]l|phone|freephone|tlf|fax|mob)[^\W\d_]{0,12}[.:\s]{0,3})\+?\(?\d[\d\s().\-/]{5,18}\d"
# The same in UTF-8 and lower case, where each byte beyond ASCII may be a part of any letter, space or digit.
_CALL_WORD = rb"(?<![a-z0-9_])(?:tel|t\xc3[\x89\xa9]l|(?:free)?phone|tlf|fax|mob)"
_CALLED = re.compile(
    _CALL_WORD
    + rb"[a-z\x80-\xff]{0,48}[.:\s\x1c-\x1f\x80-\xff]{0,12}\+?\(?[\d\x80-\xff][\d\s\x1c-\x1f().\-/\x80-\xff]{6}"
)
_ANNOUNCED = re.compile(_CALL_WORD)
_CALL_REACH = 80  # bytes of such a word, and of what may stand between it and the number
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
# Every telephone number is a run of what one is written with, a digit first. Any byte of UTF-8 may be a part of a
# foreign digit or space, but for those that letters of Latin, Greek and Cyrillic begin with.
_DIALLED = bytes(
    48 if 47 < code < 58 or 127 < code < 0xC3 or code > 0xD8 else
    45 if chr(code) in "().-/" or chr(code).isspace() else 120
    for code in range(256)
)  # fmt: skip
_DIALLED_RUN = re.compile(rb"0[0-]{5,}")
_ASCII_RUN = re.compile(rb"[a-z0-9]+")
_ALSO_ASCII = "\u017f\u212a\u0130\u0131"  # beyond ASCII, yet s, k and i in another case
_HONORIFIC = re.compile(
    r"^(?:(?:m|mr|mrs|ms|miss|mme|mlle|dr|prof|ing|ir|herr|frau|dhr|mevr|mevrouw|mw|sig|sra?|pan|pani|att?n?)\b\.?:?\s*)+",
    re.IGNORECASE,
)
_TITLE = (
    r"(?i:(?<!\w)(?:m|mr|mrs|ms|miss|mme|mlle|monsieur|madame|dr|herrn?|frau|dhr|mevr|mevrouw|mw|sig|sig\.ra|sra?|"
    r"pani?|pana)\.?\s{1,3}(?:\w\.\s?)?)"
)
_TITLE_BEFORE = re.compile(_TITLE + r"\Z")
_NAME_SEPARATOR = re.compile(r"[,;/|()]| - | – ")
# One word that stands for an office; longer office names may go, they are no subject of a purchase.
_OFFICES = frozenset(
    [
        "info",
        "contact",
        "contacts",
        "greffe",
        "helpdesk",
        "esender",
        "frontdesk",
        "purchasing",
        "procurement",
        "achats",
        "einkauf",
        "inkoop",
        "innkjøp",
        "vergabestelle",
        "sekretariat",
        "secretariat",
        "office",
        "tender",
        "tenders",
        "postmottak",
        "none",
        "unknown",
        "n/a",
        "na",
        "nvt",
    ]
)


class Money(TypedDict):
    """What a notice is worth, as NoticeFields takes it."""

    value: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """What became of one lot."""

    lot: str
    winners: tuple[str, ...] = ()  # none when it was not awarded
    received: int | None = None  # tenders


class Parties(TypedDict):
    """Who buys and who won, as NoticeFields takes it."""

    buyers: tuple[str, ...]
    buyer_country: str
    winners: tuple[str, ...]
    tenders_received: int | None
    joint: bool | None


class Spoken(TypedDict):
    """The words of a notice, as Entry takes them."""

    title: str
    text: str
    texts: dict[str, str]
    language: str


UNPRICED: Money = {"value": None, "currency": ""}


def publication_number(written: str) -> str:
    """NNNNNN-YYYY without leading zeros, from "00210184-2025", "2020/S 224-549591" or "2020-549591"; else empty."""
    written = written.strip()
    if found := _NUMBER_FIRST.fullmatch(written):
        return f"{found[1]}-{found[2]}"
    if found := _YEAR_FIRST.fullmatch(written):
        return f"{found[2]}-{found[1]}"
    return ""


def amount(written: object) -> Decimal | None:
    """A finite, plausible sum of money, to the cent; None for a withheld one (-1), a negative or an absurd one."""
    if isinstance(written, bool) or not isinstance(written, str | int | Decimal):
        return None
    if isinstance(written, Decimal) and not written.is_finite():
        return None
    if not isinstance(written, str) and not 0 <= written <= _LARGEST_AMOUNT:
        return None
    text = re.sub(r"[\s\u00a0\u202f]", "", str(written)[:60])
    if re.fullmatch(r"[0-9]{1,15},[0-9]{1,2}", text):
        text = text.replace(",", ".")
    if not _AMOUNT.fullmatch(text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return round(value, 2) if value <= _LARGEST_AMOUNT else None


def count(written: object, *, largest: int = 100_000) -> int | None:
    """A small whole number, as lots and tenders are counted; some services write 3.0."""
    number = isinstance(written, str | int | Decimal) and not isinstance(written, bool)
    found = re.fullmatch(r"([0-9]{1,6})(?:\.0{1,6})?", str(written).strip()) if number else None
    return int(found[1]) if found and int(found[1]) <= largest else None


def lot_cap(awarded: object, submitted: object, *, lots: int) -> int | None:
    """The most lots that one tenderer can win: as written or, where that says less, those that it may tender for."""
    most, bids = count(awarded, largest=9_999), count(submitted, largest=9_999)
    return most if most is not None or bids is None or bids >= lots else bids


def currency(written: object) -> str:
    """ISO 4217, upper case, or empty."""
    text = written.strip().upper() if isinstance(written, str) else ""
    return text if re.fullmatch(r"[A-Z]{3}", text) else ""


def cpv_codes(written: Iterable[object]) -> tuple[str, ...]:
    """Eight digits each, without check digit, each once, in the order given (the main one first)."""
    found = (_CPV.fullmatch(code) for code in written if isinstance(code, str) and len(code) < 40)
    return tuple(dict.fromkeys(match[1] for match in found if match))[:LOT_LIMIT]


def names(written: Iterable[object]) -> tuple[str, ...]:
    """Names of organisations, each once."""
    cleaned = (line(name, limit=NAME_LIMIT) for name in written if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in cleaned if name))[:LOT_LIMIT]


def awarded(awards: Iterable[Award], *, lot: str) -> dict[str, object]:
    """The winners of a lot and the number of tenders for it, as the lots of NoticeFields tell them."""
    mine = [award for award in awards if award.lot == lot]
    winners = list(dict.fromkeys(name for award in mine for name in award.winners))
    received = next((award.received for award in mine if award.received is not None), None)
    return ({"winners": winners} if winners else {}) | ({} if received is None else {"tenders": received})


@dataclass(kw_only=True)
class Words:
    """The words of one notice, by language, in their order, each piece once."""

    main: str = ""
    pieces: dict[str, dict[str, None]] = field(default_factory=dict)
    title: dict[str, str] = field(default_factory=dict)

    def add(self, text: str | None, *, language: str = "", title: bool = False) -> None:
        """Note a piece of text; without a language it is in the main one, the first title of each is the title."""
        if not text or text.isspace():
            return
        code = (language and language_code(language)) or self.main
        if title:
            self.title.setdefault(code, text)
        self.pieces.setdefault(code, {})[text] = None

    def settled(self, scrub: Scrub) -> Spoken:
        """title, text, texts and language as an Entry takes them; the main language, or the first there is."""
        spoken = list(self.pieces)
        language = self.main if self.main in self.pieces or not spoken else spoken[0]
        texts = {
            code: clean(scrub("\n".join(pieces)), limit=TEXT_LIMIT) for code, pieces in self.pieces.items()
        }
        title = self.title.get(language) or next(iter(self.title.values()), "")
        return {
            "title": line(scrub(title), limit=TITLE_LIMIT),
            "text": texts.pop(language, ""),
            "texts": {code: text for code, text in texts.items() if code},
            "language": language,
        }


@dataclass(kw_only=True)
class Contacts:
    """The persons behind a notice, known only in order to be forgotten."""

    people: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    organisations: set[str] = field(default_factory=set)

    def scrubber(self) -> Scrub:
        """A function that hides these people, and every e-mail address and announced telephone number.

        Most texts name nobody: what can be in a text is found out by cheap means, and only that is looked for.
        """
        emails = [email for email in _longest_first(self.emails) if len(email) > 4]
        phones, people = _longest_first(self._digits()), _longest_first(self._names())
        words, surnames = _looked_for(people)
        parts_of_names = {part for _name, part, _words in words} | set(surnames.values())

        def scrub(text: str) -> str:
            lower, at = text.encode(errors="ignore").lower(), "@" in text
            runs = lower.translate(_DIALLED)
            dialled = _DIALLED_RUN.search(runs)
            named = {part for part in parts_of_names if part in lower}
            if any(letter in text for letter in _ALSO_ASCII):
                named = parts_of_names
            folded = text.casefold() if named else ""
            digits = _digits(lower) if dialled and phones else ""
            patterns = [_EMAIL] if at else []
            patterns += [_SPELT] if _SPELT_AT.search(lower) else []
            patterns += [_CALL] if dialled and _may_call(lower, runs) else []
            patterns += [re.escape(email) for email in emails if (at or "@" not in email) and email in text]
            patterns += [_phone_pattern(phone) for phone in phones if phone in digits]
            patterns += [
                _name_pattern(name)
                for name, part, split in words
                if part in named and all(word.casefold() in folded for word in split)
            ]
            patterns += [
                rf"{_TITLE}(?i:{re.escape(name)})(?!\w)"
                for name, part in surnames.items()
                if part in named and _is_titled(name.casefold(), folded)
            ]
            return re.sub("|".join(patterns), HIDDEN, text) if patterns else text

        return scrub

    def _digits(self) -> set[str]:
        chunks = {chunk for phone in self.phones for chunk in [phone, *re.split(r"[/;,]", phone)]}
        digits = {_digits(chunk.encode(errors="ignore"))[-15:] for chunk in chunks}
        # Without the country code too: a text rarely repeats it.
        return {part for number in digits for part in (number, number[-8:]) if len(part) >= 6}

    def _names(self) -> set[str]:
        known = {" ".join(name.casefold().split()) for name in self.organisations}
        found: set[str] = set()
        for person in self.people:
            for part in (person, *_NAME_SEPARATOR.split(person)):
                whole = " ".join(part.split())
                bare = _HONORIFIC.sub("", whole)
                words = bare.split()
                found |= {whole, bare} | ({f"{words[1]} {words[0]}"} if len(words) == 2 else set())
        return {name for name in found if _is_personal(name, known)}


def where_needed(scrub: Scrub, words: Words, *more: str) -> Scrub:
    """`scrub` itself; or, where it finds nobody in all these words, what leaves each part of them as it is."""
    whole = "\n".join([*(piece for pieces in words.pieces.values() for piece in pieces), *more])
    return scrub if scrub(whole) != whole else str


def require(identity: str) -> str:
    """The identity itself; a notice without one cannot be kept apart from the next."""
    if not identity:
        raise UnreadableError("This notice has neither a publication number nor an identifier.")
    return identity


def _digits(text: bytes) -> str:
    return text.translate(None, _NO_DIGITS).decode()


def _ascii_part(name: str) -> bytes:
    """The longest part of a name that looks the same, but for ASCII case, wherever the name is written."""
    return max(_ASCII_RUN.findall(name.encode(errors="ignore").lower()), key=len, default=b"")


def _may_call(lower: bytes, runs: bytes) -> bool:
    """Whether a word that announces a number stands shortly before one of the runs."""
    for run in _DIALLED_RUN.finditer(runs):
        start = run.start()
        word = _ANNOUNCED.search(lower, max(0, start - _CALL_REACH), start)
        if word and _CALLED.search(lower, word.start(), start + _CALL_REACH):
            return True
    return False


def _longest_first(written: Iterable[str]) -> list[str]:
    return sorted(written, key=len, reverse=True)


def _is_personal(name: str, organisations: set[str]) -> bool:
    folded = name.casefold()
    if len(name) < 4 or folded in _OFFICES or "://" in name or not re.search(r"[^\W\d_]{2}", name):
        return False
    if " " not in name and not name.istitle():  # EuroHPC, GENCI: the names of bodies
        return False
    return not any(folded in organisation for organisation in organisations)


def _name_pattern(name: str) -> str:
    spaced = r"\s{1,3}".join(re.escape(word) for word in name.split())
    # A name of several words is known in any case; a single word could be an ordinary one.
    return rf"(?i:(?<!\w){spaced}(?!\w))" if " " in name else rf"(?<!\w){spaced}(?!\w)"


def _looked_for(people: list[str]) -> tuple[list[tuple[str, bytes, list[str]]], dict[str, bytes]]:
    """Each name with its part to look for first, and its words; then what may be a family name, with its part."""
    written = [(name, name.split()) for name in people]
    parts = {word: _ascii_part(word) for word in {word for _name, words in written for word in words}}
    names = [(name, max((parts[word] for word in words), key=len), words) for name, words in written]
    # Either end of a name of several words may be the family's.
    ends = {word for _name, words in written if len(words) > 1 for word in (words[0], words[-1])}
    return names, {word: parts[word] for word in ends if len(word) > 2 and parts[word]}


def _is_titled(name: str, folded: str) -> bool:
    """Whether a title stands before it: a family name alone could be an ordinary word, but not in « Mme Petit »."""
    found = folded.find(name)
    while found >= 0:
        if _TITLE_BEFORE.search(folded, max(0, found - 20), found):
            return True
        found = folded.find(name, found + 1)
    return False


def _phone_pattern(digits: str) -> str:
    # The trunk or country digits in front of the number go with it.
    return r"(?<!\d)[+(]{0,2}(?:\d[\s().\-/]{0,3}){0,5}" + r"[\s().\-/]{0,3}".join(digits) + r"(?!\d)"
