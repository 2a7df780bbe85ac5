"""What every reader of tender notices needs: numbers, amounts, codes, words by language. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypedDict

from tracker.watchers.contacts import Scrub
from tracker.watchers.entry import UnreadableError
from tracker.watchers.plaintext import clean, language_code, line

TEXT_LIMIT = 524_288  # bytes of one language; a notice of a hundred lots is longer than an article
TITLE_LIMIT = 1_000
LOT_LIMIT = 500
NAME_LIMIT = 300
PAGE = "https://ted.europa.eu/en/notice/-/detail/{}"

_LARGEST_AMOUNT = Decimal(10) ** 13  # more than any public purchase: a mistake or an attack
_AMOUNT = re.compile(r"\d{1,15}(?:\.\d{1,10})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_NUMBER_FIRST = re.compile(r"0*(\d{1,8})[-_](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})(?:/S\s?\d{1,3})?-0*(\d{1,8})", re.ASCII)
_CPV = re.compile(r"\s*(\d{8})(?:-\d)?\s*", re.ASCII)


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


def where_needed(scrub: Scrub, words: Words, *more: str) -> Scrub:
    """`scrub` itself; or, where it finds nobody in all these words, what leaves each part of them as it is."""
    whole = "\n".join([*(piece for pieces in words.pieces.values() for piece in pieces), *more])
    return scrub if scrub(whole) != whole else str


def require(identity: str) -> str:
    """The identity itself; a notice without one cannot be kept apart from the next."""
    if not identity:
        raise UnreadableError("This notice has neither a publication number nor an identifier.")
    return identity
