"""What a document seems to say of a deal: the sentence, and the amount in it, for a person to confirm."""

import re
from dataclasses import dataclass

from indicators.models import LegAmount
from indicators.rules import amounts
from indicators.rules.amounts import MILLION, Suggestion
from tracker.dedup import canonical_url
from tracker.models import Candidate, Document

QUOTE_LIMIT, PHRASE_LIMIT = 300, 200  # characters, as in Statement and LegAmount
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^\sa-z])|\n+")
_FIGURE = r"[$€£]?\s?\d[\d.,\s]{0,20}(?:[bmt]n?\b|(?:b|m|tr)illions?|milliards?|mds?\b|mrd|milliarden|millionen|millones)?(?:\s?[$€£]|\s(?:dollars?|euros?))?"
_WORTH = "valuation|valorisation|valoración|bewertung|market cap|capitali[sz]ation|revenue|chiffre d.affaires|umsatz"
# What a company is worth, earns or has reached is nothing that it pays.
_NOT_PAID = re.compile(
    rf"{_FIGURE}[\s-](?:(?:post|pre)-money |de |of |in |annual )*(?:{_WORTH}|arr\b|run[ -]rate|sales|milestone)"
    rf"|(?:valued|valuing|valoris[ée]\w*|{_WORTH})[^.;\d]{{0,40}}{_FIGURE}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A sentence of a document, and the amount that it seems to name; empty words where there is none."""

    sentence: str
    phrase: str
    suggestion: Suggestion

    @property
    def amount(self) -> LegAmount:
        """What the suggestion bounds, as an amount that is not stored."""
        return amount_of(self.suggestion)


def sighting_in(candidate: Candidate) -> Sighting | None:
    """Of the sentences for which it was proposed, or that its sender quotes, the first one that names an amount."""
    language, seen = candidate.document.language, None
    for sentence, start in _sentences(candidate):
        phrase = _phrase(sentence, start, language=language)
        suggestion = amounts.parse_amount(phrase, language=language)
        found = Sighting(sentence=sentence[:QUOTE_LIMIT], phrase=phrase, suggestion=suggestion)
        if phrase:
            return found
        seen = seen or found
    return seen


def amount_of(suggestion: Suggestion) -> LegAmount:
    """The interval that a suggestion bounds, in units of its currency."""
    bounds = amounts.interval(suggestion.basis, suggestion.value, suggestion.value2)
    return LegAmount(
        basis=suggestion.basis,
        lo=bounds.lo * MILLION,
        hi=None if bounds.hi is None else bounds.hi * MILLION,
        nominal=None if bounds.nominal is None else bounds.nominal * MILLION,
        currency=suggestion.currency or "",
    )


def _sentences(candidate: Candidate) -> list[tuple[str, int]]:
    """Each sentence with the place in it from which to look for an amount."""
    sent = getattr(candidate.document, "contribution", None)
    told = [(sent.quote, 0)] if sent else []  # what they say in their own words is not what the page says
    texts = {"title": candidate.document.title, "text": candidate.document.text}
    for reason in candidate.reasons:
        text = texts.get(reason["field"], "")
        if text and reason["end"]:
            start, end = _around(text, reason["start"], reason["end"])
            told.append((text[start:end].strip(), reason["start"] - start))
    return [(sentence, start) for sentence, start in told if sentence]


def _phrase(sentence: str, start: int, *, language: str) -> str:
    """The words that name an amount, from this place on if they do there; empty if what they name is not paid."""
    later, whole = (_paid(words, language=language) for words in (sentence[start:], sentence))
    told_before = whole.value == later.value and whole.years and not later.years
    if later.value is None or told_before:
        start, later = 0, whole
    phrase = sentence[start:].rstrip(" .")[:PHRASE_LIMIT]
    read = amounts.parse_amount(phrase, language=language)
    return phrase if read.value is not None and read.value == later.value else ""


def _paid(words: str, *, language: str) -> Suggestion:
    """The first amount of these words that is not what a company is worth or earns."""
    near = words[: amounts.LONGEST]
    return amounts.parse_amount(_NOT_PAID.sub(lambda found: " " * len(found[0]), near), language=language)


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """From where to where the sentence goes that holds this span."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, start + 1)]
    following = _SENTENCE_END.search(text, max(end - 1, start))
    return (ends[-1] if ends else 0), (following.start() if following else len(text))


def copies_of(url: str) -> list[str]:
    """The words of a page as we keep them, by its address: its stored copies, else what was read of it."""
    canonical = canonical_url(url)
    pages = list(Document.objects.filter(canonical_url=canonical)) if canonical else []
    copies = [copy.text for page in pages for copy in page.snapshots.all()]
    return copies or [text for page in pages if (text := page.whole_text())]
