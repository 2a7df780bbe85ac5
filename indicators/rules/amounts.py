"""Amounts as French and English articles write them → a suggestion to confirm, and what it bounds. Pure.

Values are millions of the currency.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal

LONGEST = 300
MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a text seems to say: `basis` as Interval reads it; `flags` say what a person must look at."""

    basis: str
    value: Decimal | None = None
    value2: Decimal | None = None
    currency: str | None = None
    years: int | None = None
    per_year: bool = False
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """At least `lo`, at most `hi` (None: no published upper bound), announced as `nominal`."""

    lo: Decimal
    hi: Decimal | None
    nominal: Decimal | None


def parse_amount_fr(text: str) -> Suggestion:
    """The first amount of a French phrase. Never an assertion: trillion and billion are flagged, so is no currency."""
    words = _plain(text)
    years = _YEARS.search(words)
    rest = _YEARS.sub(" ", words)
    currency = next((code for code, pattern in _CURRENCIES.items() if pattern.search(rest)), None)
    basis, value, value2 = _quantity(rest)
    flags = ["scale_word_ambiguous_in_french"] if _ENGLISH_SCALE.search(rest) else []
    if value is not None and currency is None:
        flags.append("no_currency")
    return Suggestion(
        basis=basis,
        value=value,
        value2=value2,
        currency=currency,
        years=_whole(years["count"]) if years else None,
        per_year=bool(_PER_YEAR.search(words)),
        flags=tuple(flags),
    )


def parse_amount_en(text: str) -> Suggestion:
    """The first amount of an English phrase, where trillion and billion mean one thing only."""
    words = _plain(text)
    for pattern, french in _ENGLISH:
        words = pattern.sub(french, words)
    found = parse_amount_fr(words)
    return replace(found, flags=tuple(flag for flag in found.flags if flag == "no_currency"))


def parse_amount(text: str, *, language: str) -> Suggestion:
    """The first amount of a phrase in this language; what is not English is read as French."""
    return parse_amount_en(text) if language.startswith("en") else parse_amount_fr(text)


def interval(basis: str, value: Decimal | None, value2: Decimal | None = None) -> Interval:
    """What an amount on this basis bounds (deals-and-index §2). Raises ValueError for a basis that nobody defined."""
    if basis == "undisclosed" or value is None:
        return Interval(lo=Decimal(0), hi=None, nominal=None)
    bounds = {
        "exact": (value, value),
        "up_to": (Decimal(0), value),
        "at_least": (value, None),
        "approx": (value * 9 / 10, value * 11 / 10),
        "range": (value, value2),
        "several": (2 * value, None),
    }
    if basis not in bounds:
        raise ValueError(f"not a basis: {basis}")
    lo, hi = bounds[basis]
    return Interval(lo=lo, hi=hi, nominal=None if basis in {"range", "several"} else value)


_COUNTS = (
    "un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente"
    "|quarante|cinquante|soixante|cent|cents"
)
_COUNTED = dict(zip(_COUNTS.split("|"), [1, *range(1, 17), *range(20, 70, 10), 100, 100], strict=True))
_ABOUT = {
    "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1000,
}  # fmt: skip
_SCALES = {
    "milliard": 10**9, "milliards": 10**9, "md": 10**9, "mds": 10**9, "mrd": 10**9, "mrds": 10**9, "g": 10**9,
    "million": 10**6, "millions": 10**6, "mio": 10**6, "m": 10**6, "mn": 10**6,
    "millier": 10**3, "milliers": 10**3, "mille": 10**3, "k": 10**3,
    "billion": 10**9, "billions": 10**9, "bn": 10**9, "trillion": 10**12, "trillions": 10**12, "tn": 10**12,
}  # fmt: skip
_ENGLISH_SCALE = re.compile(r"\b(?:trillions?|billions?)\b")
_CURRENCIES = {
    "EUR": re.compile(r"€|\beuros?\b|\beur\b"),
    "GBP": re.compile(r"£|\blivres?(?: sterling)?\b|\bgbp\b"),
    "CAD": re.compile(r"\bdollars? canadiens?\b|\bcad\b|\bc\$"),
    "USD": re.compile(r"\$|\bdollars?\b|\busd\b"),
    "CHF": re.compile(r"\bfrancs? suisses?\b|\bchf\b"),
    "JPY": re.compile(r"¥|\byens?\b|\bjpy\b"),
    "CNY": re.compile(r"\byuans?\b|\brenminbi\b|\bcny\b|\brmb\b"),
    "KRW": re.compile(r"₩|\bwons?\b|\bkrw\b"),
}
_FIGURE = rf"(?:(?<!\d)\d{{1,3}}(?:[ .]\d{{3}})+(?!\d)(?:,\d{{1,9}})?|\d{{1,15}}(?:[.,]\d{{1,9}})?|\b(?:{_COUNTS})\b)"
_SCALE = rf"(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})(?![a-zà-ÿ])"
_AMOUNT = re.compile(rf"(?P<figure>{_FIGURE}) ?(?:(?P<scale>{_SCALE})|(?=[€$£¥₩]|euros?|dollars?|livres?))")
_RANGE = re.compile(
    rf"(?P<first>{_FIGURE}) ?(?P<scale1>{_SCALE})?(?: ?[€$£¥₩])? ?(?:et|à|-|–) ?(?P<second>{_FIGURE}) ?(?P<scale2>{_SCALE})"
)
_SEVERAL = re.compile(
    rf"\b(?:plusieurs|quelques|des) (?:(?P<many>{'|'.join(_ABOUT)})s? d(?:e |'))?(?P<scale>{_SCALE})"
)
_ROUGHLY = re.compile(rf"\bune? (?P<many>{'|'.join(_ABOUT)}) d(?:e |')(?P<scale>{_SCALE})")
_YEARS = re.compile(
    rf"(?:\b(?:sur|pendant|en|pour) |\()(?P<count>\d{{1,2}}|{_COUNTS}) ?(?:ans?|années?)\b\)?"
)
_PER_YEAR = re.compile(r"\bpar an(?:née)?\b|/ ?an\b|\bannuel(?:le)?s?\b|\bchaque année\b")
_UNDISCLOSED = re.compile(
    r"\bnon (?:divulgu|communiqu|précis|publi|révél|dévoil|rendu|connu|déterminé)|\binconnu|\bconfidentiel|\bpas été (?:divulgu|communiqu|précis|publi|révél)"
)
_BASES = (
    (
        "up_to",
        re.compile(r"\bjusqu'|\bau plus\b|\bau maximum\b|\bmaximum\b|\bmoins de\b|\bplafond\b|\bne dépass"),
    ),
    ("at_least", re.compile(r"\bplus d[e']|\bau moins\b|\bau minimum\b|\bminimum\b|\bdépass|\bsupérieur|>")),
    (
        "approx",
        re.compile(r"\benviron\b|\bprès d[e']|\bquelque\b|\bautour d|\bde l'ordre d|\bà peu près\b|~|≈"),
    ),
)

_ENGLISH_COUNTS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty"
)
_ENGLISH_SCALES = "trillions?|billions?|millions?|bn|tn|mn|m|k"
# What English says otherwise, in the order in which it is put into French words; figures first.
_ENGLISH = [
    (re.compile(pattern), french)
    for pattern, french in (
        (r"(?<=\d),(?=\d{3}(?!\d))", ""),
        (r"\b(?:us|u\.s\.) ?(?=\$|dollar)", ""),
        *(
            (rf"\b{word}\b(?=[ -])", str(count))
            for word, count in zip(_ENGLISH_COUNTS.split("|"), [*range(1, 16), 20], strict=True)
        ),
        (rf"([€$£¥₩]) ?(\d+(?:\.\d+)?)((?: |-)?(?:{_ENGLISH_SCALES})\b)?", r"\2 \3 \1"),
        (rf"(\d) ?-({_ENGLISH_SCALES})\b", r"\1 \2"),
        (r"\b(?:over|for|during|within) (?:the next |a period of )?(\d{1,2})[ -]years?\b", r"sur \1 ans"),
        (r"\b(\d{1,2})-year\b", r"sur \1 ans"),
        (r"\b(?:per|a|each|every) year\b|\bannual(?:ly)?\b|/ ?year\b", "par an"),
        (r"\b(?:tens|dozens) of (?=[mbt])", "plusieurs dizaines de "),
        (r"\bhundreds of (?=[mbt])", "plusieurs centaines de "),
        (r"\b(?:several|a few|multiple) (?=[mbt])", "plusieurs "),
        (rf"(\d *(?:(?:{_ENGLISH_SCALES})\b)? *[€$£¥₩]? *)(?:and|to) (?=\d)", r"\1à "),
        (r"\b(?:up to|as much as|at most|no more than|less than|under|capped at|maximum)\b", "jusqu'à"),
        (r"\b(?:more than|over|at least|in excess of|exceed(?:s|ing)?|minimum)\b", "plus de"),
        (r"\b(?:about|around|roughly|approximately|nearly|almost|some)\b", "environ"),
        (r"\b(?:undisclosed|(?:not|n't)(?: been)? (?:disclosed|revealed|published))\b", "non divulgué"),
        (r"\bpounds?\b", "livres"),
    )
]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().replace("’", "'")
    return re.sub(r"\s+", " ", folded).strip()


def _quantity(words: str) -> tuple[str, Decimal | None, Decimal | None]:
    if several := _SEVERAL.search(words):
        return "several", _scaled(_ABOUT.get(several["many"] or "", 1), several["scale"]), None
    if roughly := _ROUGHLY.search(words):
        return "approx", _scaled(_ABOUT[roughly["many"]], roughly["scale"]), None
    if between := _RANGE.search(words):
        low = _scaled(_figure(between["first"]), between["scale1"] or between["scale2"])
        return "range", low, _scaled(_figure(between["second"]), between["scale2"])
    amount = _AMOUNT.search(words)
    if amount is None or (_UNDISCLOSED.search(words) and not amount["scale"]):
        return "undisclosed", None, None
    basis = next((name for name, pattern in _BASES if pattern.search(words)), "exact")
    return basis, _scaled(_figure(amount["figure"]), amount["scale"]), None


def _figure(text: str) -> Decimal:
    if text in _COUNTED:
        return Decimal(_COUNTED[text])
    if re.fullmatch(r"\d{1,3}(?:[ .]\d{3})+(?:,\d+)?", text):
        text = text.replace(" ", "").replace(".", "")
    return Decimal(text.replace(",", "."))


def _scaled(figure: Decimal | int, scale: str | None) -> Decimal:
    return Decimal(figure) * _SCALES.get(scale or "", 1) / MILLION


def _whole(text: str) -> int:
    return int(_COUNTED.get(text, 0) or text)
