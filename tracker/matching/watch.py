"""All the terms of a ruleset in one automaton: which rules a text wakes, and what may stand in it. Pure."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain

from tracker.matching.found import Text
from tracker.matching.keys import keys
from tracker.matching.needles import needle
from tracker.matching.passages import NOISE_KEYS, Leaf, Original, Passage, Piece
from tracker.matching.query import AllOf, AnyOf, Part, Words
from tracker.matching.rules import Rule, Ruleset, Term
from tracker.matching.scanning import ENGINE, Ends, Scanner
from tracker.matching.screening import JOINT, Screened, encode


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """One term, with the list that it belongs to."""

    rule: Rule
    order: int  # in its list
    language: str  # a code, "*" or "other"; a query says itself what it reads
    leaf: Leaf
    wakes: bool  # its rule may be met when it stands in a text

    def is_read_in(self, language: str) -> bool:
        lists = self.rule.terms
        if self.language == "*":
            return True
        if not language:
            return self.language in ("fr", "en")
        return self.language == (language if language in lists else "other")


class Watch:
    """A compiled ruleset: it costs a pass over the text, then work only for what was found."""

    def __init__(self, ruleset: Ruleset, *, engine: type[Scanner] = ENGINE) -> None:
        lists = [*ruleset.lists.values(), *ruleset.rules]
        keyed: dict[bytes, list[_Entry]] = {encode(key): [] for key in NOISE_KEYS}
        self._unkeyed: list[_Entry] = []
        for entry in chain.from_iterable(map(_entries, lists)):
            for key in (known := _keys(entry.leaf)):
                keyed.setdefault(key, []).append(entry)
            self._unkeyed += [] if known else [entry]
        self._entries = list(keyed.values())
        self._scanner = engine(list(keyed))
        self._rules = ruleset.rules
        self._by_slug: dict[str, set[int]] = {rule.slug: set() for rule in lists}
        self._by_code: dict[str, set[int]] = {}
        self._by_facts: set[int] = set()
        for number, rule in enumerate(ruleset.rules):
            self._index(number, rule, [ruleset.lists[slug] for slug in rule.gates])

    def read(self, text: Text) -> tuple[list[Passage], list[Rule]]:
        """The passages of the text, and the rules that they may meet in the order of the ruleset."""
        pieces = [piece for piece in _pieces(text) if piece[2]] or [_NOTHING]
        screened = Screened([words for _, _, words in pieces])
        ends = self._scanner.scan(screened.letters)
        woken = self._woken(text, screened, ends)
        if not woken:
            return [], []
        noisy = any(key < len(NOISE_KEYS) for key in ends)
        passages, last = [], -1
        for original in _originals(pieces, screened, noisy=noisy):
            first, last = last + 1, last + 1 + len(original.letters)
            keys = [key for key, places in ends.items() if _is_between(places, first, last)]
            passages.append(self._passage(original, keys))
        return passages, [self._rules[number] for number in sorted(woken)]

    def _woken(self, text: Text, screened: Screened, ends: Ends) -> set[int]:
        woken = set(self._by_facts)
        for code in text.cpv:
            woken |= self._by_code.get(code, _NONE)
        languages = (*_languages(text.language), *text.texts)
        for key, places in ends.items():
            for entry in self._entries[key]:
                leaf = entry.leaf
                if entry.wakes and (
                    isinstance(leaf, Term) or leaf.may_stand_in(screened, languages, ends=places)
                ):
                    woken |= self._by_slug[entry.rule.slug]
        return woken

    def _passage(self, original: Original, keys: list[int]) -> Passage:
        found: dict[str, dict[int, Leaf]] = {}
        for entry in chain(self._unkeyed, *(self._entries[key] for key in keys)):
            if entry.is_read_in(original.language):
                found.setdefault(entry.rule.slug, {})[entry.order] = entry.leaf
        leaves = {slug: tuple(leaf for _, leaf in sorted(ones.items())) for slug, ones in found.items()}
        return Passage(original, leaves)

    def _index(self, number: int, rule: Rule, gates: list[Rule]) -> None:
        """By what the rule is woken: a word of its own or of a gate, a code of a gate, or nothing but facts."""
        for known in (rule, *gates):
            self._by_slug[known.slug].add(number)
        for code in chain.from_iterable(chain(*gate.cpv.values()) for gate in gates):
            self._by_code.setdefault(code, set()).add(number)
        told = not gates and {"structured", "subject"} & set(rule.levels)
        if told or any(known.query and _anchors(known.query.part) is None for known in (rule, *gates)):
            self._by_facts.add(number)
        if any(entry.rule in (rule, *gates) for entry in self._unkeyed):
            self._by_facts.add(number)


def _is_between(places: list[int], first: int, last: int) -> bool:
    """Whether one of these places, which ascend, is behind the first and not behind the last."""
    after = bisect_right(places, first)
    return after < len(places) and places[after] <= last


@lru_cache(maxsize=4)
def watch(ruleset: Ruleset) -> Watch:
    """Compile once for each ruleset; the last four are kept."""
    return Watch(ruleset)


def _languages(language: str) -> tuple[str, ...]:
    """A text of unknown language is read as French and as English."""
    return (language.lower()[:2],) if language else ("fr", "en")


def _pieces(text: Text) -> Iterator[Piece]:
    own = text.language.lower()[:2]
    yield "title", own, text.title
    yield "text", own, text.text
    for language, words in text.texts.items():
        yield "texts", language.lower()[:2], words


def _originals(pieces: list[Piece], screened: Screened, *, noisy: bool) -> Iterator[Original]:
    def place(first_byte: int, first: int, offset: int) -> int:
        return screened.place(first_byte + offset) - first

    byte = character = 0
    for piece, letters in zip(pieces, screened.each(), strict=True):
        yield Original(piece, letters, partial(place, byte, character), noisy=noisy)
        byte += len(letters) + 1
        character += len(piece[2]) + JOINT


_NONE: frozenset[int] = frozenset()
_NOTHING: Piece = ("text", "", "")


def _entries(rule: Rule) -> Iterator[_Entry]:
    """What is worth looking for: a term that counts nowhere is not."""
    languages = sorted(rule.terms, key=lambda language: language != "*")
    terms = [(language, term) for language in languages for term in rule.terms[language]]
    for order, (language, term) in enumerate(terms):
        if not (
            term.precision == "L" and (rule.role == "gate" or (rule.role == "rule" and term.role == "C"))
        ):
            yield _Entry(rule, order, language, term, wakes=True)
    if rule.query:
        anchors = set(_anchors(rule.query.part) or ())
        for order, words in enumerate(rule.query.words(), start=len(terms)):
            yield _Entry(rule, order, "*", needle(words), wakes=words in anchors)


def _keys(leaf: Leaf) -> list[bytes]:
    if isinstance(leaf, Term):
        return [encode(key) for key in keys(leaf.folded, whole_word=leaf.word)]
    return [leaf.key]


def _anchors(part: Part) -> list[Words] | None:
    """Words of which one at least stands in every text that the query finds; None: it needs no word."""
    match part:
        case Words():
            return [part]
        case AnyOf(parts=parts):
            each = [_anchors(one) for one in parts]
            return None if None in each else [words for one in each for words in one or ()]
        case AllOf(parts):
            known = [anchors for one in parts if (anchors := _anchors(one)) is not None]
            return max(known, key=lambda one: min(len(words.words[0]) for words in one), default=None)
    return None
