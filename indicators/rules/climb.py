"""Who has a voice for an indicator at a date, and how high these voices climb its ladder. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from indicators.rules.ladder import Events, Share, Step
from indicators.rules.measures import measured, months_before
from indicators.rules.record import Claim, Event, Record, Terms
from indicators.rules.strength import INTERESTED_TIER, strength_of
from indicators.rules.words import Directness, Form, Stance, Strength

FULL = 3  # the rung at which an event satisfies the definition in full
_ORDER = {Strength.WEAK: 0, Strength.MODERATE: 1, Strength.STRONG: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One event, heard once for an indicator: its claim, its best strength and the best tier of its sources."""

    event: Event
    claim: Claim
    strength: Strength
    tier: int

    @property
    def solid(self) -> bool:
        return self.strength != Strength.WEAK

    @property
    def confirmed(self) -> bool:
        """Direct and at least moderate."""
        return self.solid and self.claim.directness == Directness.DIRECT

    def supports(self, rung: int = 1) -> bool:
        """Whether it is an example that claims `rung` or more."""
        return self.claim.stance == Stance.SUPPORTS and (self.claim.rung or 0) >= rung

    def counts_at(self, rung: int) -> bool:
        """Interested sources alone bear a signal, never a rung from 2."""
        return rung < 2 or self.tier < INTERESTED_TIER


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A predicate with the counts it used. `edge` holds the evidence whose removal changes its answer."""

    holds: bool
    needs: dict[str, Any]
    found: dict[str, Any]
    evidence: tuple[int, ...] = ()
    against: tuple[int, ...] = ()
    edge: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Foothold:
    """A step of the ladder, tried; a rung below the third is also implied by confirmed events of rung 3."""

    step: Step
    any: tuple[tuple[Finding, ...], ...]
    implied_by: tuple[int, ...] = ()

    def holds(self, *, without: int | None = None) -> bool:
        """Whether the step is reached; `without` one evidence, when a number is given."""
        implied = any(number != without for number in self.implied_by)
        return implied or any(
            all(finding.holds != (without in finding.edge) for finding in each) for each in self.any
        )


def voices(terms: Terms, record: Record, *, as_of: date, known_at: datetime) -> tuple[Voice, ...]:
    """The events heard for an indicator under these terms, by number.

    Kept are the events that stand at both dates, cancelled by none that stands, with a verified quote and an
    assessment under this version of the definition. Our own publications have no voice for an instrument.
    """
    standing = {
        event.number: event for event in record.events if bears(event, terms, as_of=as_of, known_at=known_at)
    }
    gone = _cancelled(standing.values(), record.events)
    heard = (_voice(standing[number], terms) for number in sorted(standing) if number not in gone)
    return tuple(voice for voice in heard if voice)


def bears(event: Event, terms: Terms, *, as_of: date, known_at: datetime) -> bool:
    """Whether the event stands, quoted, and may be heard of this indicator, or cancel another one."""
    own = event.self_published and terms.form == Form.INSTRUMENT
    quoted = any(quote.verified for quote in event.quotes)
    return event.stands(as_of=as_of, known_at=known_at) and quoted and not own


def climb(
    terms: Terms, heard: Sequence[Voice], record: Record, *, as_of: date, known_at: datetime
) -> tuple[Foothold, ...]:
    """Each step of the ladder, tried with these voices and with the record's observations."""
    full = tuple(voice.event.number for voice in heard if voice.supports(FULL) and voice.confirmed)
    since = months_before(as_of, terms.window_months)

    def try_one(rung: int, need: Events | Share) -> Finding:
        if isinstance(need, Share):
            return _share(need, record, as_of=as_of, known_at=known_at)
        recent = [voice for voice in heard if voice.event.occurred_on > since] if need.window else heard
        return _events(need, rung, recent)

    return tuple(
        Foothold(
            step=step,
            any=tuple(tuple(try_one(step.rung, need) for need in each) for each in step.any),
            implied_by=full if step.rung < FULL else (),
        )
        for step in terms.ladder
    )


def height(footholds: Iterable[Foothold], *, without: int | None = None) -> int:
    """The highest rung reached with every rung below it, 0 for none; `without` one voice, when a number is given."""
    reached = 0
    for foothold in footholds:
        if not foothold.holds(without=without):
            break
        reached = foothold.step.rung
    return reached


def _cancelled(standing: Iterable[Event], events: Iterable[Event]) -> set[int]:
    # A cancellation outlives a correction: it also cancels what superseded the evidence that it names.
    successor = {event.number: event.superseded_by for event in events}
    gone: set[int] = set()
    for event in standing:
        number = event.cancels
        while number is not None and number not in gone:
            gone.add(number)
            number = successor.get(number)
    return gone


def _voice(event: Event, terms: Terms) -> Voice | None:
    tier = min(quote.tier for quote in event.quotes if quote.verified)
    heard = [
        Voice(event=event, claim=claim, strength=strength, tier=tier)
        for claim in event.claims
        if (claim.indicator, claim.version) == (terms.indicator, terms.version)
        and claim.stance != Stance.CONTEXT
        and (strength := strength_of(event.quotes, claim.directness))
    ]
    return max(heard, key=lambda voice: (_ORDER[voice.strength], voice.claim.rung or 0), default=None)


def _events(need: Events, rung: int, heard: Sequence[Voice]) -> Finding:
    sound = [voice for voice in heard if voice.counts_at(rung) and (voice.confirmed or not need.confirmed)]
    examples = [
        voice for voice in sound
        if voice.supports(need.claim) and (not need.kinds or voice.event.kind in need.kinds)
    ]  # fmt: skip
    against = [voice for voice in sound if voice.claim.stance == Stance.CONTRADICTS] if need.ratio else []
    found = {
        "events": len(examples),
        "owners": len({voice.event.owner for voice in examples} - {""}),
        "countries": len({voice.event.country for voice in examples} - {""}),
        "against": len(against),
    }
    return Finding(
        holds=enough(need, found),
        needs={word: value for word, value in asdict(need).items() if value},
        found=found,
        evidence=tuple(voice.event.number for voice in examples),
        against=tuple(voice.event.number for voice in against),
        edge=_edge(need, examples, against, found),
    )


def enough(need: Events, found: dict[str, int]) -> bool:
    return (
        found["events"] >= max(need.events, need.ratio * found["against"])
        and found["owners"] >= need.owners
        and found["countries"] >= need.countries
    )


def _edge(
    need: Events, examples: Sequence[Voice], against: Sequence[Voice], found: dict[str, int]
) -> frozenset[int]:
    if not enough(need, found):
        relieved = enough(need, found | {"against": found["against"] - 1})
        return frozenset(voice.event.number for voice in against if relieved)
    owners = Counter(voice.event.owner for voice in examples)
    countries = Counter(voice.event.country for voice in examples)

    def without(voice: Voice) -> dict[str, int]:
        event = voice.event
        return found | {
            "events": found["events"] - 1,
            "owners": found["owners"] - (bool(event.owner) and owners[event.owner] == 1),
            "countries": found["countries"] - (bool(event.country) and countries[event.country] == 1),
        }

    return frozenset(voice.event.number for voice in examples if not enough(need, without(voice)))


def _share(need: Share, record: Record, *, as_of: date, known_at: datetime) -> Finding:
    result = measured(need, record.observations, as_of=as_of, known_at=known_at)
    found = {
        "numerator": result.numerator,
        "denominator": result.denominator,
        "unknown": result.unknown,
        "share": result.share,
        "known": result.known,
        "observations": [f"{each.period_start}/{each.period_end}" for each in result.tallies],
    }
    return Finding(
        holds=result.holds, needs={word: value for word, value in asdict(need).items() if value}, found=found
    )
