"""What is matched, and what is told of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tracker.matching.rules import LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What is matched: the words of a document and the few facts of its notice that rules look at."""

    title: str = ""
    text: str = ""
    language: str = ""  # ISO 639-1; empty when unknown
    texts: Mapping[str, str] = field(default_factory=dict)  # the same words in other languages
    kind: str = "article"  # article | notice
    country: str = ""  # ISO 3166-1 alpha-2
    cpv: tuple[str, ...] = ()
    max_lots_awarded: int | None = None
    document_urls: tuple[str, ...] = ()
    buyers: tuple[str, ...] = ()
    value: Decimal | None = None  # in the currency of the notice
    operators: tuple[int, ...] = ()  # the most that the framework of each lot takes (BT-113)
    funding: tuple[str, ...] = ()  # codes and identifiers of what pays for the lots (BT-60, BT-5010, BT-5011)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a rule matched: `words` stand at `start:end` of `field`, or are a fact of the notice (then 0:0)."""

    why: str  # gate, clause, words, cpv, lot cap, documents; of a query also country, language, buyer, value, operators, funding
    field: str  # title, text, texts (then in `language`), or the name of the notice's field
    language: str = ""
    start: int = 0
    end: int = 0
    words: str
    term: str = ""  # the pattern, or the part of the query, for the audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One rule met by one text: what to propose to a moderator, never a conclusion."""

    rule: str
    version: int
    indicators: tuple[str, ...]
    level: str  # one of LEVELS
    stance: str  # `context` unless a clause or a structured fact was found
    rung: int | None
    reasons: tuple[Reason, ...]

    @property
    def priority(self) -> int:
        """From 1 (subject only) to 4 (clause): what a moderator should see first."""
        return LEVELS.index(self.level) + 1
