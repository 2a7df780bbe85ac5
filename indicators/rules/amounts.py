"""Amounts as French and English articles write them → a suggestion to confirm, and what it bounds. Pure.

Values are millions of the currency. Bases and flags: deals-and-index §2.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

LONGEST = 300
MILLION = Decimal(1_000_000)
HALF = Decimal("0.5")


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
    found = _first(rest)
    basis, value, value2 = _quantity(found, rest) if found else ("undisclosed", None, None)
    currency = _currency(rest, found.span() if found else (0, 0))
    flags = ["scale_word_ambiguous_in_french"] if _AMBIGUOUS.search(rest) else []
    if value is not None and currency is None:
        flags.append("no_currency")
    return Suggestion(
        basis=basis,
        value=value,
        value2=value2,
        currency=currency,
        years=int(_figure(years["count"])) if years else None,
        per_year=bool(_PER_YEAR.search(words)),
        flags=tuple(flags),
    )


def parse_amount_en(text: str) -> Suggestion:
    """The first amount of an English phrase, where trillion and billion mean one thing only."""
    words = _ENGLISH_COUNT.sub(lambda told: f"{_counted(told[0], _ENGLISH_COUNTED)}", _plain(text))
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
    if hi is not None:
        lo, hi = sorted((lo, hi))
    return Interval(lo=lo, hi=hi, nominal=None if basis in {"range", "several"} else value)


_COUNTED = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20,
    "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80,
    "nonante": 90, "cent": 100, "cents": 100, "mille": 1000,
}  # fmt: skip
_ABOUT = {
    "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1000,
}  # fmt: skip
_SCALES = {
    "milliard": 10**9, "milliards": 10**9, "md": 10**9, "mds": 10**9, "mrd": 10**9, "mrds": 10**9, "g": 10**9,
    "million": 10**6, "millions": 10**6, "mio": 10**6, "m": 10**6, "mn": 10**6, "mm": 10**6,
    "millier": 10**3, "milliers": 10**3, "mille": 10**3, "k": 10**3,
    "billion": 10**9, "billions": 10**9, "bn": 10**9, "b": 10**9, "trillion": 10**12, "trillions": 10**12, "tn": 10**12,
    "t": 10**12,
}  # fmt: skip
_PARTS = {
    "moitié": (1, 2), "1/2": (1, 2), "un tiers": (1, 3), "1/3": (1, 3), "deux tiers": (2, 3), "2/3": (2, 3),
    "un quart": (1, 4), "le quart": (1, 4), "1/4": (1, 4), "trois quarts": (3, 4), "3/4": (3, 4),
}  # fmt: skip
_SIGNS = str.maketrans(
    {"½": ",5", "¼": ",25", "¾": ",75"}
    | dict.fromkeys("’‘ʼ", "'")
    | dict.fromkeys("‐‑−", "-")
    | dict.fromkeys("\xad\u200b\u2060\ufeff")
)
# What a great number may be of, other than money.
_THINGS = (
    "puces?|processeurs?|gpus?|accélérateurs?|serveurs?|paramètres?|tokens?|jetons?|utilisateurs?|utilisatrices?|clients?"
    "|abonnés?|personnes?|habitants?|emplois?|véhicules?|voitures?|appareils?|tonnes?|mètres?|heures?|requêtes?|lignes?"
    "|chips?|processors?|parameters?|users?|customers?|people|jobs?|vehicles?|devices?|tons?|hours?"
)
_CURRENCIES = {
    "EUR": re.compile(r"€|\beuros?\b|\beur\b"),
    "GBP": re.compile(r"£|\blivres sterling\b|(?:\bde|\d) livres?\b|\bgbp\b"),
    "AUD": re.compile(r"\bdollars? australiens?\b|\baud\b|\ba\$"),
    "CAD": re.compile(r"\bdollars? canadiens?\b|\bcad\b|\bc\$"),
    "HKD": re.compile(r"\bdollars? (?:de hong[ -]kong|hongkongais)\b|\bhkd\b|\bhk\$"),
    "SGD": re.compile(r"\bdollars? (?:de singapour|singapouriens?)\b|\bsgd\b|\bs\$"),
    "TWD": re.compile(r"\bdollars? taïwanais\b|\btwd\b|\bnt\$"),
    "USD": re.compile(r"\$|\bdollars?\b|\busd\b"),
    "CHF": re.compile(r"\bfrancs? suisses?\b|\bchf\b"),
    "JPY": re.compile(r"¥|\byens?\b|\bjpy\b"),
    "CNY": re.compile(r"\byuans?\b|\brenminbi\b|\bcny\b|\brmb\b"),
    "KRW": re.compile(r"₩|(?:\bde|\d|[bmr]illion|bn) wons?\b|\bkrw\b"),
}
_CODES = "eur|usd|gbp|chf|jpy|cny|krw|cad"
_MONEY = rf"(?:[€$£¥₩]|(?:d'|de )?(?:euros?|dollars?|livres?|yens?|yuans?|wons?|francs?|{_CODES})\b|d'€)"
_AMBIGUOUS = re.compile(rf"\b(?:trillions?|billions?)\b|\d ?mm(?= ?{_MONEY})")


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


# « vingt et un », but « entre dix et onze »; one reading only, lest « vingt-cinq » should become a range.
_COUNT = rf"(?>\b(?:{_any(_COUNTED)})(?:[ -](?:{_any(_COUNTED)})\b|(?:(?<=gt)|(?<=te))[ -]et[ -](?:une?|onze)\b)*\b)"
# No figure begins within a name: H100, GB200.
_FIGURE = (
    rf"(?:(?<![\da-zà-ÿ])(?:\d{{1,3}}(?:(?:[ .']\d{{3}})+(?!\d)(?:,\d{{1,9}})?|(?:,\d{{3}}){{2,}}(?!\d))"
    rf"|\d{{1,15}}(?:[.,]\d{{1,9}})?|,\d{{1,9}})|\b(?:une? )?demi\b|{_COUNT})"
)
_LETTER = "(?:mm|[bgkt])"  # a scale only beside a sign of money
_SCALE = rf"(?:(?:{_any(_SCALES)})(?<!mm)(?<![bgkt])(?![a-zà-ÿ\d])|{_LETTER}(?= ?{_MONEY}))(?! (?:de |d')?(?:{_THINGS})\b)"
_PART = rf"\b(?P<part>{_any(_PARTS)})(?: (?:d(?:es? |u |')(?:une? |les )?)?)"
_REST = rf"(?P<half> et demie?\b)?(?:(?: et)? (?P<more>{_FIGURE}) ?(?:(?P<lesser>{_SCALE})|(?={_MONEY})))?"
_AMOUNT = re.compile(
    rf"(?:{_PART})?(?:(?P<figure>{_FIGURE})|(?(part)|(?!)))\+?[ -]?(?:de )?(?:(?P<scale>{_SCALE}){_REST}|(?={_MONEY}))"
    rf"|[€$£¥₩] ?(?P<bare>(?>{_FIGURE}))(?: ?(?P<letter>{_LETTER})\b|(?! ?{_SCALE}))"
)
_RANGE = re.compile(
    rf"(?P<between>\bentre )?[€$£¥₩]? ?(?P<first>{_FIGURE}) ?(?P<scale1>{_SCALE})?(?: ?{_MONEY})?"
    rf" ?(?:à|-|–|—|\bou\b|(?(between)et|(?!))) ?[€$£¥₩]? ?(?P<second>{_FIGURE}) ?(?:(?P<scale2>{_SCALE})|(?={_MONEY}))"
)
_SEVERAL = re.compile(
    rf"\b(?:plusieurs|quelques|des) (?:(?P<many>{_any(_ABOUT)})s? d(?:e |'))?(?P<scale>{_SCALE})"
)
_ROUGHLY = re.compile(rf"\bune? (?:bonne |petite )?(?P<many>{_any(_ABOUT)}) d(?:e |')(?P<scale>{_SCALE})")
_YEARS = re.compile(
    r"(?:\b(?:sur|pendant|durant|en|pour) (?:environ |près de |les |une (?:période|durée) (?:de |d'))*|\(|/ ?"
    r"|\b(?:contrat|accord|bail|plan|programme|partenariat|engagement|durée) (?:de |d'))"
    rf"(?P<count>\d{{1,2}}|{_COUNT}) ?(?:prochaines )?(?:ans?|années?)\b\)?"
)
_PER_YEAR = re.compile(
    r"\bpar an(?:née)?\b|/ ?an\b|\bannuel(?:le)?(?:s|ment)?\b|\bchaque année\b|\bl'an\b(?! (?:dernier|passé|prochain))"
)
_UNDISCLOSED = re.compile(
    r"\bnon (?:divulgu|communiqu|précis|publi|révél|dévoil|rendu|connu|déterminé)|\binconnu|\bconfidentiel|\bpas été (?:divulgu|communiqu|précis|publi|révél)"
)
# What stands right before an amount, and what right after it, makes it a bound.
_REACH = 30
_BEFORE = {
    "up_to": re.compile(
        r"\bjusqu'(?:[àa]|aux?)\b|\bau plus\b|\bmax(?:im(?:um|al|ale))?\b|(?<!pas )\bmoins d(?:e\b(?! la \w)|')|\bplafon|[<≤]"
        r"|\b(?:ne |n'|sans )(?:\w+ ){0,2}(?:dépass|exc[éè]d)|\binférieur|\ben dessous d|\bpas plus d|\bà concurrence d"
    ),
    "at_least": re.compile(
        r"\bplus d(?:e\b(?! la \w)|')|\+ de\b|\bau moins\b|\bmin(?:im(?:um|al)|\b)|\bdépass|\bexc[éè]d|\bsupérieur|\bau-del[aà] d"
        r"|\bau-dessus d|\bà partir d|\bpas moins d|[>≥]"
    ),
    "approx": re.compile(
        r"\benv(?:iron\b|\.)|\bprès d(?:e\b|')|\bquelques?\b|\bautour d|\balentours d|\bde l'ordre d|\bà peu près\b|\bpresque\b"
        r"|\bquasi|\bpas loin d|\bproche d|\bavoisin|\bà peine\b|[~≈±]"
    ),
}
_AFTER = re.compile(
    rf" ?{_MONEY}?(?: (?:américains|canadiens|sterling|suisses))?,? ?\(?(?:(?P<up_to>au plus|ou moins|(?:au )?max(?:imum)?)"
    r"|(?P<at_least>au moins|(?:au )?min(?:imum)?|(?:et|ou) plus|\+)|(?P<approx>environ|à peu près))(?! ?\w)"
)

_ENGLISH_COUNTED = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
}  # fmt: skip
_ENGLISH_WORD = rf"(?:{_any(_ENGLISH_COUNTED)})"
_ENGLISH_COUNT = re.compile(
    rf"\b(?:a (?=hundred|thousand))?{_ENGLISH_WORD}(?:(?:(?<=hundred)|(?<=thousand))(?: and)? {_ENGLISH_WORD}|[ -]{_ENGLISH_WORD})*"
    r"(?=[ -])"
)
_ENGLISH_PARTS = {
    "half": "moitié", "a third": "un tiers", "2[ -]thirds": "deux tiers", "a quarter": "un quart",
    "3[ -]quarters": "trois quarts",
}  # fmt: skip
_ENGLISH_SCALES = "trillions?|billions?|millions?|bn|tn|mn|mm|b|m|k|t"
# What English says otherwise, in the order in which it is put into French words; figures first.
_ENGLISH = [
    (re.compile(pattern), french)
    for pattern, french in (
        (r"(?<=\d),(?=\d{3}(?!\d))", ""),
        (r"\b(?:us|u\.s\.) ?(?=\$|dollar)", ""),
        (r"(?<=\d) and a half\b", ",5"),
        (r"(?<=illion) and a half\b", " et demi"),
        *((rf"\b{part} of (?:an? |the )?", f"{french} de ") for part, french in _ENGLISH_PARTS.items()),
        (r"\b(?:a )?half[ -](?:an?[ -])?(?=[bmt])", "demi "),
        (rf"([€$£¥₩]) ?(\d+(?:\.\d+)?)((?: |-)?(?:{_ENGLISH_SCALES})\b)?", r"\2 \3 \1"),
        (rf"(\d) ?-({_ENGLISH_SCALES})\b", r"\1 \2"),
        (r"(?<=\d )b\b", "billion"),
        (r"\ban? (?=[mbt]r?illion)", "1 "),
        (r"\b(?:over|for|during|within) (?:the next |a period of )?(\d{1,2})[ -]years?\b", r"sur \1 ans"),
        (r"\b(\d{1,2})-year\b", r"sur \1 ans"),
        (r"\b(?:per|a|each|every) year\b|\bannual(?:ly)?\b|/ ?year\b", "par an"),
        (r"\b(?:tens|dozens) of (?=[mbt])", "plusieurs dizaines de "),
        (r"\bhundreds of (?=[mbt])", "plusieurs centaines de "),
        (r"\b(?:several|a few|multiple) (?=[mbt])", "plusieurs "),
        (rf"(\d *(?:(?:{_ENGLISH_SCALES})\b)? *[€$£¥₩]? *)(?:and|to) (?=\d)", r"\1à "),
        (r"\b(?:no|not) (?:less|fewer) than\b", "plus de"),
        (r"\b(?:up to|as much as|at most|no more than|less than|under|capped at|maximum)\b", "jusqu'à"),
        (r"\b(?:more than|over|at least|in excess of|exceed(?:s|ing)?|minimum)\b", "plus de"),
        (r"\b(?:about|around|roughly|approximately|nearly|almost|some)\b", "environ"),
        (r"\b(?:undisclosed|(?:not|n't)(?: been)? (?:disclosed|revealed|published))\b", "non divulgué"),
        (r"\bpounds?(?: sterling)?\b", "livres sterling"),
    )
]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:LONGEST].translate(_SIGNS)).casefold()
    apart = re.sub(
        rf"(?<![a-zà-ÿ])(?:(?:k|mm?|mds?|mrd)(?=(?:{_CODES})\b)|(?:{_CODES})(?=\d))", r"\g<0> ", folded
    )
    return re.sub(r"\s+", " ", apart).strip()


def _first(words: str) -> re.Match[str] | None:
    """The amount that begins first; of those that begin together, the one that says most."""
    found = [pattern.search(words) for pattern in (_RANGE, _SEVERAL, _ROUGHLY, _AMOUNT)]
    return min((match for match in found if match), key=lambda match: match.start(), default=None)


def _quantity(found: re.Match[str], words: str) -> tuple[str, Decimal | None, Decimal | None]:
    told = found.groupdict()
    if found.re is _SEVERAL:
        return "several", _scaled(_ABOUT.get(told["many"], 1), told["scale"]), None
    if found.re is _RANGE:
        one = _scaled(_figure(told["first"]), told["scale1"] or told["scale2"])
        other = _scaled(_figure(told["second"]), told["scale2"])
        return "range", min(one, other), max(one, other)
    if found.re is _ROUGHLY:
        return _bound(found, words) or "approx", _scaled(_ABOUT[told["many"]], told["scale"]), None
    if _UNDISCLOSED.search(words) and not told["scale"]:
        return "undisclosed", None, None
    return _bound(found, words) or "exact", _value(told), None


def _value(told: Mapping[str, str | None]) -> Decimal:
    """Of one amount: « deux tiers de 3 milliards », « 1 milliard 200 millions », « deux milliards et demi »."""
    figure = _figure(told["figure"] or told["bare"] or "1") + (HALF if told["half"] else 0)
    value = _scaled(figure, told["scale"] or told["letter"])
    more = _scaled(_figure(told["more"] or "0"), told["lesser"])
    if more < _scaled(1, told["scale"]):  # else it is another amount
        value += more
    if not told["part"]:
        return value
    over, under = _PARTS[told["part"]]
    return round(value * over / under, 6)


def _bound(found: re.Match[str], words: str) -> str | None:
    """The basis that the words around an amount give it; what stands before another figure belongs to that one."""
    before = re.split(r"[\d;!?]", words[max(0, found.start() - _REACH) : found.start()])[-1]
    after = _AFTER.match(words, found.end())
    named = next((basis for basis, pattern in _BEFORE.items() if pattern.search(before)), None)
    return named or (after.lastgroup if after else None) or ("at_least" if "+" in found[0] else None)


def _currency(words: str, span: tuple[int, int]) -> str | None:
    """The currency that is named nearest to the amount; of two in one place, the one of more words."""
    named = [
        (max(match.start() - span[1], span[0] - match.end(), 0), match.start() - match.end(), code)
        for code, pattern in _CURRENCIES.items()
        for match in pattern.finditer(words)
    ]
    return min(named)[2] if named else None


def _figure(text: str) -> Decimal:
    if text.endswith("demi"):
        return HALF
    if text[0].isalpha():
        return Decimal(_counted(text, _COUNTED))
    if re.fullmatch(r"\d{1,3}(?:[ .']\d{3})+(?:,\d+)?", text):
        text = re.sub(r"[ .']", "", text)
    elif text.count(",") > 1:
        text = text.replace(",", "")
    return Decimal(text.replace(",", "."))


def _counted(text: str, words: Mapping[str, int]) -> int:
    """A whole number in words, up to the thousands."""
    thousands = rest = 0
    for word in re.split(r"[ -]", text):
        number = words.get(word, 0)
        if number == 1000:
            thousands, rest = thousands + 1000 * max(rest, 1), 0
        elif number == 100:
            rest = 100 * max(rest, 1)
        else:
            rest += 76 if number == 20 and rest % 100 == 4 else number  # quatre-vingts
    return thousands + rest


def _scaled(figure: Decimal | int, scale: str | None) -> Decimal:
    return Decimal(figure) * _SCALES.get(scale or "", 1) / MILLION
