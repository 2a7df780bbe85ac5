"""What the rule reads of the published record. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from indicators.rules.ladder import Ladder
from indicators.rules.words import Directness, Form, Stance


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A time during which something stood in the record: a contestation, an editor's exception, a broken link."""

    since: datetime
    until: datetime | None = None

    def holds(self, known_at: datetime) -> bool:
        return self.since <= known_at and (self.until is None or known_at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One cited source of an event.

    `tier` runs from 1 (official) to 4 (interested). `group` is the owner of the source, `domain` the registrable
    domain of its address. Two quotes with the same non-empty `story` are near-duplicates; `cites` is the URL that
    this source gives as its only source.
    """

    tier: int
    group: str
    url: str = ""
    verified: bool = True
    broken: tuple[Spell, ...] = ()  # when its address did not answer, or without the quote
    domain: str = ""
    story: str = ""
    cites: str = ""

    def is_live(self, known_at: datetime) -> bool:
        return not any(spell.holds(known_at) for spell in self.broken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a moderator says that an event means for one indicator, under one version of its definition.

    `rung` is 1 for something announced, 2 for something begun or partial, 3 for an event that satisfies the
    definition in full; 4 and 5 only where the definition says what they mean. None unless it supports.
    """

    indicator: str
    version: int
    stance: Stance
    directness: Directness
    rung: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One published evidence: one event in the world, with its two clocks.

    `owner` is the body whose event this is (buyer, funder, institution, company); empty when unknown.
    `superseded_at` is the publication time of the evidence that replaces it, and `superseded_by` its number;
    `cancels` is the number of the evidence whose event this one undoes.
    """

    number: int
    kind: str
    occurred_on: date
    published_at: datetime
    owner: str = ""
    country: str = ""
    retracted_at: datetime | None = None
    superseded_at: datetime | None = None
    superseded_by: int | None = None
    expires_on: date | None = None
    cancels: int | None = None
    self_published: bool = False
    quotes: tuple[Quote, ...] = ()
    claims: tuple[Claim, ...] = ()

    def stands(self, *, as_of: date, known_at: datetime) -> bool:
        """Published and neither retracted nor superseded at `known_at`; occurred and not expired at `as_of`."""
        gone = (self.retracted_at, self.superseded_at)
        return (
            self.published_at <= known_at
            and not any(moment is not None and moment <= known_at for moment in gone)
            and self.occurred_on <= as_of
            and (self.expires_on is None or as_of <= self.expires_on)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of an indicator's definition."""

    indicator: str
    form: Form
    version: int
    in_force_from: date
    published_at: datetime
    ladder: Ladder
    window_months: int = 24
    stall_days: int = 270


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One observation of a measure: of the cases of a period, `numerator` yes out of `denominator` known.

    `unknown` counts the cases in scope whose answer nobody knows; they are not in the denominator. A measure
    detected by a machine has `confirmed` False and never moves a status.
    """

    measure: str
    period_start: date
    period_end: date
    published_at: datetime
    numerator: int | Decimal
    denominator: int | Decimal
    unknown: int | Decimal = 0
    confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything published that may bear on one indicator, whatever its order.

    `observations` are those of the indicator's measures and of the watch's coverage (measure `coverage`).
    A `contestation` is a dispute, or a possible cancelling event, under review. An override ends when it is
    lifted or when it expires, whichever comes first.
    """

    definitions: tuple[Terms, ...] = ()
    events: tuple[Event, ...] = ()
    observations: tuple[Tally, ...] = ()
    contestations: tuple[Spell, ...] = ()
    overrides: tuple[Spell, ...] = ()
