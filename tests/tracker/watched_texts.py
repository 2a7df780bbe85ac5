"""Made-up documents in twelve languages, terms to watch for, and what a slow and simple reader finds."""

import random
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from tracker.matching import Ruleset, Text, compile_rules
from tracker.matching.stems import inflected, roots

# The letters of each language, the common ones more often.
ALPHABETS = {
    "bg": "ааааееииооннттррсвлдкмпзябгучжхщъью",
    "cs": "eeaaoonniittvvssrrlldkupmzěčřžýáíéšůhbc",
    "da": "eeeennrrttaaiissddooggllkkfmuvbpåæøhy",
    "de": "eeeennnniissrraattddhhuullccggmmobwfkzpvßüäöj",
    "el": "ααααοοιιεεττσσννηηυυρρππκκμμλάέίόύήώθδγχβφξψζ",
    "en": "eeeettaaooiinnsshhrrddlluuccmmffwwygpbvkxjqz",
    "es": "eeeaaaoossrrnniiddlluuttccmmppbgóáíñvyqhfzj",
    "fr": "eeeeaaiissnnrrttoolluuddccmmppéàèêçvqfbghjxyzœ",
    "hu": "eeaattlnnksszrriioááéémmgyvdbóhöüfpúőűjc",
    "it": "eeeaaaiiioonnllrrttssccdduuppmmvgzfbqhàèù",
    "pl": "aaaieeoozznnrrwwssttccyyddkkmmppluójłbgąęśżhćń",
    "ro": "eeeaaiiinnrrttuullsscoodpmăîâșțfvgbzhjx",
}
COMMON = 6_000  # words of a language that texts use; the rarer ones are for terms
SEPARATORS = [" "] * 40 + [
    ", ",
    ", ",
    ". ",
    ". ",
    ".\n",
    " – ",
    " (",
    ") ",
    " « ",
    " » ",
    "’",
    "\u00a0: ",
    "-",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term as a query has it, and its words in plain letters."""

    written: str
    kind: str  # word, prefix, phrase or near
    words: tuple[str, ...]


def vocabulary(language: str, size: int = COMMON) -> list[str]:
    """Words that no language has, the commonest first and short."""
    dice = random.Random(language)
    letters = ALPHABETS[language]
    lengths = [dice.randint(2, 5) for _ in range(100)] + [dice.randint(3, 12) for _ in range(size - 100)]
    return ["".join(dice.choices(letters, k=length)) for length in lengths]


def terms(count: int) -> list[Term]:
    """Words, prefixes, phrases and words close together, of words that seldom stand in a text by themselves."""
    dice = random.Random(count)
    words = {
        language: [w for w in vocabulary(language, 12_000)[COMMON:] if len(w) > 5] for language in ALPHABETS
    }
    return [_term(number, dice, dice.choice(list(words.values()))) for number in range(count)]


def documents(count: int, watched: list[Term], *, speaking: int = 10) -> list[Text]:
    """Documents of 2 to 20 kB; one in `speaking` has one to three of the terms planted in it."""
    dice = random.Random(count)
    words = {language: vocabulary(language) for language in ALPHABETS}
    found = []
    for number in range(count):
        language = list(ALPHABETS)[number % len(ALPHABETS)]
        known, size = words[language], dice.randint(2_000, 20_000)
        picked: list[str] = []
        while (
            sum(len(word.encode()) + 1 for word in picked[-50:]) * len(picked) / 50 < size or len(picked) < 50
        ):
            picked += (known[int(dice.paretovariate(0.35)) % len(known)] for _ in range(50))
        for _ in range(dice.randint(1, 3) if dice.randrange(speaking) == 0 else 0):
            planted = dice.choice(watched)
            picked.insert(dice.randrange(len(picked)), " ".join(planted.words))
        text = "".join(word + dice.choice(SEPARATORS) for word in picked)
        found.append(Text(title=f"{picked[0]} {picked[1]}", text=text, language=language))
    return found


def ruleset(watched: list[Term], each: int = 50) -> Ruleset:
    """The terms in rules of fifty alternatives."""
    groups = [watched[start : start + each] for start in range(0, len(watched), each)]
    rows = [
        {"slug": f"r{number}", "definition": {"query": " OR ".join(term.written for term in group)}}
        for number, group in enumerate(groups)
    ]
    return compile_rules(rows)


def slowly(text: Text, watched: list[Term]) -> set[str]:
    """The terms that stand in a text, found word by word with nothing of ours but the stems."""
    tokens: list[str] = []
    for piece in (text.title, text.text):
        tokens += [*re.findall(r"[^\W_]+", piece), *[""] * 100]
    places: dict[str, list[int]] = {}
    spelt: dict[str, set[str]] = {}
    for place, token in enumerate(tokens):
        places.setdefault(_plain(token), []).append(place)
        spelt.setdefault(_plain(token), set()).add(token)
    beginnings = {token[:length] for token in places for length in range(3, len(token) + 1)}
    return {
        term.written
        for term in watched
        if (
            _is_said(term, spelt, beginnings, text.language)
            if term.kind == "word"
            else _stands(term, places, beginnings)
        )
    }


def _is_said(term: Term, spelt: Mapping[str, set[str]], beginnings: set[str], language: str) -> bool:
    start = roots(term.written).get(language, term.words[0])
    near = [token for token in spelt if token.startswith(start)] if start in beginnings else []
    return any(inflected(word, term.written, language) for token in near for word in spelt[token])


def _stands(term: Term, places: Mapping[str, list[int]], beginnings: set[str]) -> bool:
    one, *others = term.words
    if term.kind == "prefix":
        return one in beginnings
    reach = 1 if term.kind == "phrase" else 9
    lists = [places.get(word, []) for word in term.words]
    if not all(lists):
        return False
    if term.kind == "near":
        return any(0 < abs(left - right) <= reach for left in lists[0] for right in lists[1])
    return any(all(place + step in places[word] for step, word in enumerate(others, 1)) for place in lists[0])


def _term(number: int, dice: random.Random, words: list[str]) -> Term:
    sample = dice.sample(words, 3)
    one, two, three = map(_plain, sample)
    match number % 5:
        case 0:
            return Term(written=sample[0], kind="word", words=(one,))
        case 1:
            return Term(written=one, kind="word", words=(one,))
        case 2:
            return Term(written=f"{one[:6]}*", kind="prefix", words=(one[:6],))
        case 3:
            return Term(written=f'"{one} {two} {three}"', kind="phrase", words=(one, two, three))
    return Term(written=f'"{one} {two}"~8', kind="near", words=(one, two))


def _plain(text: str) -> str:
    spelt = text.lower().translate(
        str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "ς": "σ"})
    )
    decomposed = unicodedata.normalize("NFKD", spelt)
    return "".join(each for each in decomposed if not unicodedata.combining(each))
