"""What in a contribution looks like spam: a few rules, each with points and a name that a moderator reads. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

HELD = 2  # points from which a contribution is put behind all others
LEAST_TIME = timedelta(seconds=3)  # in which nobody pastes a link and chooses
LONGEST = 20_000  # characters that are read
MANY_LINKS = 4

# What each mark weighs; one that may befall anybody does not hold by itself.
POINTS = {
    "trap": 3,
    "markup": 2,
    "many_links": 2,
    "fast": 2,
    "gambling": 2,
    "money": 2,
    "ranking": 2,
    "gibberish": 2,
    "no_proof": 2,
    "unjudged": 2,
    "frozen": 2,
    "promotion": 1,
    "shouting": 1,
    "scripts": 1,
    "no_time": 1,
}

_LINK = re.compile(r"https?://|(?<![\w/])www\.[a-z]", re.IGNORECASE)
_MARKUP = re.compile(
    r"<\s?a\s[^<>]{0,200}href|\[/?(?:url|link|img)\b|\]\(https?://|<\s?(?:iframe|script|img)\b", re.I
)
# Words as `_folded` writes them: small letters, no accents, digits that stand for letters read as these.
_TALK = {
    "gambling": r"(?:online|crypto|best|meilleurs?) casinos?|casinos? (?:en ligne|online|bonus|games)|paris sportifs"
    r"|sports? betting|roulette en ligne|slots? online|poker (?:en ligne|online)|online poker|viagra|cialis|xanax"
    r"|pharmacie en ligne|online pharmacy|sex ?cam|escort girls?|казино|ставки на спорт|виагра|赌场|博彩|娱乐城",
    "money": r"work(?:ing)? from home|travail(?:ler)? a domicile|make money|argent facile|easy money|passive income"
    r"|revenus? passifs?|(?:earn|make|gagne[rz]?)\b.{0,30}(?:per|par|each|chaque|a|/) ?(?:day|week|month|jour|semaine"
    r"|mois)\b|sans justificatif|(?:credit|pret)s? (?:rapide|immediat|facile|entre particuliers)|(?:payday|quick|fast"
    r"|instant|personal) loans?|rachat de credits?|crypto\w* (?:doubling|giveaway)|(?:double|doublez|doubling)\b.{0,20}"
    r"\b(?:bitcoins?|btc|eth|crypto\w*)|bitcoin doubler|airdrop|guaranteed (?:returns?|profits?)|rendements? garantis?"
    r"|forex|trading (?:bot|signals)|быстрый кредит|заработок|贷款|赚钱|代开",
    "ranking": r"seo (?:services?|expert|agency|packages?)|services? seo|(?:first page|#1|top) (?:of|on|in) google"
    r"|premiere page (?:de|sur) google|back ?links?|guest post|link building|buy (?:reviews|followers|likes)"
    r"|ache?te[rz]? des (?:avis|abonnes|followers|likes)|web ?design services|boost your (?:traffic|sales|rankings?)"
    r"|increase (?:your )?traffic|augmentez votre trafic|купить (?:отзыв|обзор|подписчик|лайк|реклам)\w*|раскрутка"
    r"|продвижение сайт\w*|刷单|优化排名",
    "promotion": r"\d+ ?% (?:off|de (?:reduction|remise|rabais))|[-−] ?\d\d ?%|(?:buy|order|acheter?|achetez|commandez"
    r"|call|act|contact us)\b.{0,40}\b(?:now|today|maintenant|aujourd'hui)\b|best price|meilleurs? prix|prix casses?"
    r"|cheap\w*|discounts?|promo(?: code|tion)?s?\b|code promo|special offer|offre (?:speciale|exclusive|limitee)"
    r"|limited (?:time )?offer|free (?:shipping|trial|gift)|livraison gratuite|click here|cliquez ici|bonus|jackpot"
    r"|casinos?\b|whatsapp|t\.me/|telegram|rank(?:ing|ed)? (?:#|no\.? ?)?1\b|(?:looking|browsing|going) (?:at|through)"
    r" your (?:web ?)?site|en visitant votre site|купить|скидк\w*|折扣|优惠|批发",
}
# No word begins in the middle of another, but those that are written without spaces do.
_RULES = {name: re.compile(rf"(?<![a-z0-9])(?:{talk})") for name, talk in _TALK.items()}
_KEYS = re.compile(
    r"\b(?:asdf\w*|qwert\w*|azert\w*|sdfg\w*|hjkl\w*|zxcv\w*|wxcv\w*|lorem ipsum|(?:test ){2}test)\b"
)
_DISGUISED = str.maketrans("013457@$", "oieastas")
_LEET = re.compile(r"\b(?=\w*[a-z])[a-z]+[013457@$][a-z0-9@$]*\b")
_SHOUT = re.compile(r"!{3,}|\?{4,}")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How something was sent: what stands in the trap, how long the form was open (None: it was not)."""

    trap: str = ""
    open_for: timedelta | None = None


def marks(*, statement: str, quote: str = "", sending: Sending) -> list[str]:
    """What in the words, and in how they were sent, looks like spam; the names of POINTS, in order of their weight.

    Work is linear in what is read; it reads the first 20,000 characters of each text.
    """
    found = {*_of_sending(sending), *_of_words(f"{statement[:LONGEST]}\n{quote[:LONGEST]}")}
    found |= set(_of_statement(statement[:LONGEST]))
    return [name for name in POINTS if name in found]


def points(names: list[str]) -> int:
    """The points of these marks together; HELD of them hold a contribution."""
    return sum(POINTS.get(name, 0) for name in names)


def _of_sending(sending: Sending) -> Iterator[str]:
    if sending.trap.strip():
        yield "trap"
    if sending.open_for is None:
        yield "no_time"
    elif sending.open_for < LEAST_TIME:
        yield "fast"


def _of_words(text: str) -> Iterator[str]:
    folded = _folded(text)
    if _MARKUP.search(text):
        yield "markup"
    if sum(1 for _ in _LINK.finditer(text)) >= MANY_LINKS:
        yield "many_links"
    yield from (name for name, rule in _RULES.items() if rule.search(folded))
    if _SHOUT.search(text):
        yield "shouting"


def _of_statement(statement: str) -> Iterator[str]:
    """What is wrong with words of one's own; a quote may be in any language, and short."""
    words = _WORD.findall(_folded(_without_links(statement)))
    spoken = [word for word in words if not word.isdecimal()]
    if (
        _KEYS.search(" ".join(words))
        or (spoken and sum(map(len, spoken)) < 3)
        or (len(spoken) >= 3 and len(set(spoken)) == 1)
    ):
        yield "gibberish"
    if len({script for letter in set(statement) if (script := _script(letter))}) > 1:
        yield "scripts"


def _script(letter: str) -> str:
    """The alphabet of a letter, as far as texts for us mix them; empty for what is no letter."""
    if not letter.isalpha():
        return ""
    name = unicodedata.name(letter, "").partition(" ")[0]
    return {"LATIN": "latin", "CYRILLIC": "cyrillic", "CJK": "cjk", "HIRAGANA": "cjk", "KATAKANA": "cjk"}.get(
        name, ""
    )


def _without_links(text: str) -> str:
    return " ".join(word for word in text.split() if not _LINK.search(word))


def _folded(text: str) -> str:
    """Small letters without accents; digits inside a word read as the letters that they imitate."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return _LEET.sub(lambda word: word[0].translate(_DISGUISED), plain)
