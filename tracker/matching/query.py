"""A query as journalists write it, in the syntax of Lucene → what must stand in a text. Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as parse_lucene

from tracker.matching.folding import plain

FIELDS = ("title", "text", "cpv", "country", "lang", "buyer", "value", "operators", "funding")
LENGTH = 10_000  # characters of a query
TERMS = 500  # words, phrases and facts of a query
DEPTH = 20  # parentheses and operators inside one another
WIDEST = 50  # words that "a b"~n may leave between


class RuleError(ValueError):
    """A rule that cannot be used, said so that the person who wrote it can mend it.

    `reason` is a constant English sentence (a msgid for the doors); `detail` is where, and what stands there;
    `position` is the place in a query, in characters from 0.
    """

    def __init__(self, reason: str, detail: str, *, position: int | None = None) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.position = position

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Words:
    """Words that must stand side by side, or close together in any order if `within` is given."""

    words: tuple[str, ...]  # folded: small plain letters
    prefixes: tuple[bool, ...]  # which of them were written with *
    within: int | None = None  # the most other words between them
    inflected: bool = False  # its plural or its feminine will do
    field: str = ""  # title or text; empty: both
    written: str  # as the query has it


@dataclass(frozen=True, slots=True)
class Buyer:
    """Words that must stand in the name of one buyer."""

    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code that the notice must bear."""

    field: str  # cpv, country, lang or funding
    code: str  # how a CPV code begins, or the whole code of another; the funding of one lot may end with *
    written: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Two bounds between which a number of the notice must lie; None: no bound."""

    field: str  # value, in the currency of the notice, or operators, the most of one lot
    least: Decimal | None = None
    most: Decimal | None = None
    open_least: bool = False  # the bound itself is too little
    open_most: bool = False  # the bound itself is too much
    written: str


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: "tuple[Part, ...]"
    words: frozenset[Words]  # the parts that are words: of hundreds, few stand in a text
    others: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    part: "Part"


Part: TypeAlias = "Words | Buyer | Code | Amount | AllOf | AnyOf | Not"


@dataclass(frozen=True, slots=True)
class Query:
    """What a text must say; it always asks for something, never only for an absence."""

    text: str
    part: Part

    def words(self) -> Iterator[Words]:
        """Everything to look for in title and text, in the order of the query."""
        return (leaf for leaf in _leaves(self.part) if isinstance(leaf, Words))


def parse(text: str) -> Query:
    """Read a query. RuleError says what to mend: `position` counts characters from 0."""
    _require(bool(text.strip()), "The query is empty.", 0, "")
    _require(len(text) <= LENGTH, "The query is too long: 10,000 characters at most.", LENGTH, "")
    straight = text.translate(_QUOTES)
    try:
        root = parse_lucene(straight)
    except ParseError as error:
        raise _unreadable(straight, str(error)) from error
    except (ValueError, ArithmeticError) as error:  # the library reads the number itself
        place = re.search(r"[~^]\d*\.", straight)
        raise _no_distance(place.start() if place else 0, place[0] if place else "") from error
    part = _Reader().read(root, "", 0)
    terms = sum(1 for _ in _leaves(part))
    _require(terms <= TERMS, "The query is too long: 500 terms at most.", 0, str(terms))
    _require(_asks(part), "The query only says what must be absent, or lets everything pass.", 0, text)
    return Query(text=text, part=part)


_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"') | {"\u00a0": " ", "\u202f": " "})
_OPERATORS = {"and": "AND", "et": "AND", "und": "AND", "&&": "AND", "or": "OR", "ou": "OR", "oder": "OR"}
_OPERATORS |= {"||": "OR", "not": "NOT", "sauf": "NOT", "nicht": "NOT"}
_ESCAPED = re.compile(r"\\(.)")
_COUNTRIES = {"UK": "GB", "EL": "GR"}


class _Reader:
    """From the tree of the library to ours; one method for each kind of node."""

    def read(self, node: tree.Item, name: str, depth: int) -> Part:
        """`name` is the field that stands before the node."""
        _require(depth < DEPTH, "The query has too many parentheses inside one another.", node.pos, "")
        match node:
            case tree.Group() | tree.FieldGroup() | tree.Plus():
                return self.read(node.children[0], name, depth + 1)
            case tree.Not() | tree.Prohibit():
                return Not(self.read(node.children[0], name, depth + 1))
            case tree.OrOperation():
                return _any_of(tuple(self.read(child, name, depth + 1) for child in node.children))
            case tree.AndOperation() | tree.UnknownOperation():
                _refuse_cut_amount(node)
                return AllOf(tuple(self.read(child, name, depth + 1) for child in node.children))
            case tree.SearchField():
                return self.read(node.expr, self._field(node, name), depth + 1)
        return self._leaf(node, name)

    def _field(self, node: tree.SearchField, name: str) -> str:
        known = str(node.name).lower()
        if known not in FIELDS:
            near = get_close_matches(known, FIELDS, n=1)
            raise _refusal(
                "There is no such field; the fields are title, text, cpv, country, lang, buyer, value, operators, funding.",
                node.pos,
                " → ".join([node.name, *near]),
            )
        _require(not name, "A field cannot stand inside another.", node.pos, f"{name}:{node.name}:")
        return known

    def _leaf(self, node: tree.Item, name: str) -> Part:
        shown = _shown(node)
        match node:
            case tree.Fuzzy():
                raise _refusal("A single word takes no ~: write word* for its forms.", node.pos, shown)
            case tree.Boost():
                raise _refusal("A weight (^) means nothing here: a rule is met or not.", node.pos, shown)
            case tree.Regex():
                raise _refusal("A query holds no expression between slashes.", node.pos, shown)
            case _ if name in _FACTS:
                return _FACTS[name](node)
            case tree.Phrase() | tree.Proximity() | tree.Word() if name == "buyer":
                return Buyer(self._words(node, ""))
            case tree.Phrase() | tree.Proximity() | tree.Word():
                return self._words(node, name)
        raise _refusal("A range such as [1 TO 5] only goes with value: and operators:.", node.pos, shown)

    def _words(self, node: tree.Item, name: str) -> Words:
        match node:
            case tree.Phrase():
                return _phrase(node, node, name, within=None)
            case tree.Proximity():
                if _shown(node).endswith("~"):
                    raise _no_distance(node.pos, _shown(node))
                _require(node.degree <= WIDEST, "At most 50 words may stand between.", node.pos, _shown(node))
                return _phrase(node, node.term, name, within=int(node.degree))
        return _word(node, name)


def _word(node: tree.Word, name: str) -> Words:
    shown = _shown(node)
    operator = "NOT" if shown.startswith("!") else _OPERATORS.get(shown.lower())
    _require(
        not operator,
        "Operators are AND, OR and NOT; in quotation marks, it is the word itself.",
        node.pos,
        f"{shown} → {operator}",
    )
    _require('"' not in shown, "A quotation mark stands inside a word.", node.pos, shown)
    words, prefixes = _split(node, shown)
    inflected = len(words) == 1 and not prefixes[0]
    return Words(words=words, prefixes=prefixes, inflected=inflected, field=name, written=shown)


def _phrase(node: tree.Item, phrase: tree.Phrase, name: str, *, within: int | None) -> Words:
    words, prefixes = _split(node, phrase.value[1:-1])
    if within is not None:
        pairs = dict(zip(words, prefixes, strict=True))
        _require(
            len(pairs) > 1, "Words close together are at least two different words.", node.pos, _shown(node)
        )
        words, prefixes = tuple(pairs), tuple(pairs.values())
    return Words(words=words, prefixes=prefixes, within=within, field=name, written=_shown(node))


def _split(node: tree.Item, written: str) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """The folded words, and which of them end with *; what stands after \\ is a letter of the word, or a blank."""
    words, prefixes = [], []
    written = _ESCAPED.sub(lambda found: found[1] if found[1].isalnum() else " ", written)
    _require("?" not in written.rstrip("?"), "A ? stands for no letter; * ends a word.", node.pos, written)
    for piece in written.split():
        letters = piece.rstrip("*")
        _require("*" not in letters, "A * only ends a word: Nvid*.", node.pos, piece)
        found = plain(letters).split()
        prefix = letters != piece
        if prefix:
            _require(bool(letters), "A * alone would find everything.", node.pos, written)
            long = bool(found) and len(found[-1]) >= 3 and letters[-1].isalnum()
            _require(long, "At least 3 letters stand before *.", node.pos, piece)
        words += found
        prefixes += [*[False] * (len(found) - 1), prefix] if found else []
    _require(bool(words), "There is no word to look for here.", node.pos, written)
    return tuple(words), tuple(prefixes)


def _cpv(node: tree.Item) -> Code:
    code = re.fullmatch(r"(\d{2,8})(\*|-\d)?", _value(node))
    if not code or (code[2] != "*" and len(code[1]) < 8):
        raise _refusal("A CPV code has eight digits, or fewer and *: cpv:30*.", node.pos, _shown(node))
    begins = code[1] if code[2] == "*" else code[1][:2] + code[1][2:].rstrip("0")
    return Code(field="cpv", code=begins, written=f"cpv:{_shown(node)}")


def _country(node: tree.Item) -> Code:
    code = _value(node).upper()
    two = len(code) == 2 and code.isascii() and code.isalpha() and code not in _COUNTRIES
    hint = " → ".join([_shown(node), *([_COUNTRIES[code]] if code in _COUNTRIES else [])])
    _require(two, "A country has two letters: country:FR.", node.pos, hint)
    return Code(field="country", code=code, written=f"country:{code}")


def _language(node: tree.Item) -> Code:
    code = _value(node).lower()
    two = len(code) == 2 and code.isascii() and code.isalpha()
    _require(two, "A language has two letters: lang:de.", node.pos, _shown(node))
    return Code(field="lang", code=code, written=f"lang:{code}")


def _funding(node: tree.Item) -> Code:
    code = re.fullmatch(r"[^*]{2,}\*?", _value(node).lower())
    if not code:
        raise _refusal("A funding is one code, or its beginning and *: funding:HE*.", node.pos, _shown(node))
    return Code(field="funding", code=code[0], written=f"funding:{_shown(node)}")


def _amount(node: tree.Item, *, field: str) -> Amount:
    written = f"{field}:{_shown(node)}"
    match node:
        case tree.Range():
            low, high = _number(node.low), _number(node.high)
            if low is None and high is None:
                raise _refusal("An amount needs a bound.", node.pos, _shown(node))
            ordered = low is None or high is None or low <= high
            _require(ordered, "The first amount is above the second.", node.pos, _shown(node))
            within = {"open_least": not node.include_low, "open_most": not node.include_high}
            return Amount(field=field, least=low, most=high, written=written, **within)
        case tree.From():
            return Amount(field=field, least=_bound(node.a), open_least=not node.include, written=written)
        case tree.To():
            return Amount(field=field, most=_bound(node.a), open_most=not node.include, written=written)
    exact = _bound(node)
    return Amount(field=field, least=exact, most=exact, written=written)


def _refuse_cut_amount(node: tree.Item) -> None:
    """Raise where an amount was written with blanks: of `value:>100 000`, 000 would be a word."""
    for child, following in pairwise(node.children):
        amount = isinstance(child, tree.SearchField) and child.name.lower() == "value"
        if amount and isinstance(node, tree.UnknownOperation) and re.fullmatch(r"\d{3}", _value(following)):
            raise _no_amount(following)


def _bound(node: tree.Item) -> Decimal:
    number = _number(node)
    if number is None:
        raise _refusal("An amount needs a bound.", node.pos, _shown(node))
    return number


def _number(node: tree.Item) -> Decimal | None:
    written = _value(node)
    if written == "*":
        return None
    known = re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,2})?", written) is not None
    if not known:
        raise _no_amount(node)
    return Decimal(written)


_FACTS: dict[str, Callable[[tree.Item], Code | Amount]] = {
    "cpv": _cpv,
    "country": _country,
    "lang": _language,
    "value": partial(_amount, field="value"),
    "operators": partial(_amount, field="operators"),
    "funding": _funding,
}


def _value(node: tree.Item) -> str:
    return str(node.value).strip('"') if isinstance(node, tree.Term) else ""


def _shown(node: tree.Item) -> str:
    return str(node).strip()[:80]


def _any_of(parts: tuple[Part, ...]) -> AnyOf:
    words = frozenset(part for part in parts if isinstance(part, Words))
    return AnyOf(parts, words, tuple(part for part in parts if not isinstance(part, Words)))


def _leaves(part: Part) -> Iterator[Words | Buyer | Code | Amount]:
    match part:
        case Words() | Buyer() | Code() | Amount():
            yield part
        case Not(inner):
            yield from _leaves(inner)
        case AllOf(parts) | AnyOf(parts=parts):
            for each in parts:
                yield from _leaves(each)


def _asks(part: Part) -> bool:
    """Whether something must be there for this to be true."""
    match part:
        case AllOf(parts):
            return any(map(_asks, parts))
        case AnyOf(parts=parts):
            return all(map(_asks, parts))
    return not isinstance(part, Not)


def _unreadable(text: str, message: str) -> RuleError:
    found = re.search(r"at position (\d+)", message)
    position = int(found[1]) if found else len(text)
    if text.count('"') % 2:
        return _refusal("A quotation mark is not closed.", text.rindex('"'), text[text.rindex('"') :])
    if text.count("(") != text.count(")"):
        place = position if text.count("(") < text.count(")") else text.rindex("(")
        return _refusal("A parenthesis has no partner.", place, text[place:])
    if not found:
        return _refusal("The query stops too early.", position, text[-20:])
    return _refusal("The query cannot be read from here on.", position, text[position:])


def _no_distance(position: int, shown: str) -> RuleError:
    return _refusal('After ~ stands a whole number of words: "two words"~8.', position, shown)


def _no_amount(node: tree.Item) -> RuleError:
    return _refusal("An amount is a number without blanks: value:>100000.", node.pos, _shown(node))


def _refusal(reason: str, position: int, shown: str) -> RuleError:
    where = f"{position + 1}: {shown[:80]}" if shown else f"{position + 1}"
    return RuleError(reason, where, position=position)


def _require(condition: bool, reason: str, position: int, shown: str) -> None:
    if not condition:
        raise _refusal(reason, position, shown)
