"""The status of an indicator: one rule from what was published to a rung, with its demonstration. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from indicators.rules.climb import FULL, Foothold, Voice, climb, height, voices
from indicators.rules.measures import coverage, months_before
from indicators.rules.record import Quote, Record, Terms
from indicators.rules.strength import are_one_voice
from indicators.rules.words import Confidence, Flag, Form, Stance, Strength

ENGINE_VERSION = "1"
BLIND_DAYS, BLIND_BELOW = 90, 0.8
REGRESSED_DAYS = 180
NEW_DEFINITION_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the rule concludes; `trace` and `missing` are plain values, fit for JSON.

    `version` is that of the definition in force, None when there is none. `examples` and `counterexamples` are
    the evidence heard. `linchpins` maps an evidence number to the rung without it. `against` is how many more
    confirmed counter-examples would lower the rung, None when no number of them does. `missing` holds, for each
    way to the next rung, what it lacks.
    """

    rung: int
    flags: tuple[Flag, ...] = ()
    confidence: Confidence = Confidence.LOW
    version: int | None = None
    examples: tuple[int, ...] = ()
    counterexamples: tuple[int, ...] = ()
    trace: tuple[dict[str, Any], ...] = ()
    missing: tuple[dict[str, Any], ...] = ()
    linchpins: tuple[tuple[int, int], ...] = ()
    against: int | None = None
    digest: str


def status_of(indicator: str, record: Record, *, as_of: date, known_at: datetime) -> Status:
    """The status of an indicator in the world of `as_of`, as the record stood at `known_at` (domain §3).

    Nothing in it depends on the order of the record. A preview is the status of the record with one more event;
    an exception set by an editor shows as a flag and changes nothing else.
    """
    terms = _terms_in_force(indicator, record, as_of=as_of, known_at=known_at)
    if terms is None:
        return Status(
            rung=0, digest=_digest({"engine": ENGINE_VERSION, "indicator": indicator, "as_of": as_of})
        )
    heard = voices(terms, record, as_of=as_of, known_at=known_at)
    footholds = climb(terms, heard, record, as_of=as_of, known_at=known_at)
    rung = height(footholds)
    backing = _backing(heard, rung)
    flags = _flags(terms, record, heard, rung, as_of=as_of, known_at=known_at)
    trace = tuple(_trace(foothold) for foothold in footholds)
    return Status(
        rung=rung,
        flags=flags,
        confidence=_confidence(backing, contested=Flag.CONTESTED in flags, known_at=known_at),
        version=terms.version,
        examples=tuple(voice.event.number for voice in heard if voice.claim.stance == Stance.SUPPORTS),
        counterexamples=tuple(
            voice.event.number for voice in heard if voice.claim.stance == Stance.CONTRADICTS
        ),
        trace=trace,
        missing=_missing(footholds, rung),
        linchpins=_linchpins(terms, record, footholds, as_of=as_of, known_at=known_at),
        against=_against(footholds[:rung]),
        digest=_digest(
            {
                "engine": ENGINE_VERSION,
                "as_of": as_of,
                "definition": asdict(terms),
                "evidence": [_heard(voice) for voice in heard],
                "trace": trace,
            }
        ),
    )


def _terms_in_force(indicator: str, record: Record, *, as_of: date, known_at: datetime) -> Terms | None:
    in_force = [
        terms
        for terms in record.definitions
        if terms.indicator == indicator and terms.in_force_from <= as_of and terms.published_at <= known_at
    ]
    return max(in_force, key=lambda terms: (terms.in_force_from, terms.version), default=None)


def _backing(heard: Sequence[Voice], rung: int) -> list[Voice]:
    """The examples on which this rung rests."""
    return [voice for voice in heard if voice.supports(min(rung, FULL)) and voice.counts_at(rung)]


def _flags(
    terms: Terms, record: Record, heard: Sequence[Voice], rung: int, *, as_of: date, known_at: datetime
) -> tuple[Flag, ...]:
    watched = coverage(record.observations, as_of=as_of, known_at=known_at, days=BLIND_DAYS)
    before = as_of - timedelta(days=REGRESSED_DAYS)
    raised = {
        Flag.CONTESTED: _is_contested(terms, heard, as_of=as_of)
        or any(spell.holds(known_at) for spell in record.contestations),
        # What never began cannot stall.
        Flag.STALLED: rung > 0 and _newest(heard) < as_of - timedelta(days=terms.stall_days),
        # A coverage that nobody measured is not a good coverage.
        Flag.BLIND: watched is None or watched < BLIND_BELOW,
        # The past is read with today's definition: a new definition is a break in the series, not a fall.
        Flag.REGRESSED: rung < _rung(terms, record, as_of=before, known_at=known_at),
        Flag.SINGLE_SOURCE: rung > 0 and are_one_voice(_quotes(_backing(heard, rung))),
        Flag.DEFINITION_CHANGED: terms.version > 1
        and as_of - terms.in_force_from < timedelta(days=NEW_DEFINITION_DAYS),
        Flag.OVERRIDE: any(spell.holds(known_at) for spell in record.overrides),
    }
    return tuple(sorted(flag for flag, up in raised.items() if up))


def _rung(terms: Terms, record: Record, *, as_of: date, known_at: datetime) -> int:
    heard = voices(terms, record, as_of=as_of, known_at=known_at)
    return height(climb(terms, heard, record, as_of=as_of, known_at=known_at))


def _is_contested(terms: Terms, heard: Sequence[Voice], *, as_of: date) -> bool:
    """Solid counter-examples of the window weigh half the examples or more; a first case is not refuted so."""
    if terms.form == Form.EXISTENTIAL:
        return False
    since = months_before(as_of, terms.window_months)
    recent = [voice.claim.stance for voice in heard if voice.solid and voice.event.occurred_on > since]
    against = recent.count(Stance.CONTRADICTS)
    return against > 0 and 2 * against >= recent.count(Stance.SUPPORTS)


def _newest(heard: Sequence[Voice]) -> date:
    return max((voice.event.occurred_on for voice in heard), default=date.max)


def _quotes(backing: Sequence[Voice]) -> list[Quote]:
    return [quote for voice in backing for quote in voice.event.quotes if quote.verified]


def _confidence(backing: Sequence[Voice], *, contested: bool, known_at: datetime) -> Confidence:
    if contested or len(backing) < 2 or min(voice.tier for voice in backing) >= 3:
        return Confidence.LOW
    strong = [voice for voice in backing if voice.strength == Strength.STRONG]
    owners = {voice.event.owner for voice in strong} - {""}
    quotes = [quote for voice in backing for quote in voice.event.quotes]
    sound = all(quote.verified and quote.is_live(known_at) for quote in quotes)
    if len(strong) >= 2 and len(owners) >= 2 and sound:
        return Confidence.HIGH
    return Confidence.MEDIUM


def _trace(foothold: Foothold) -> dict[str, Any]:
    return {
        "rung": foothold.step.rung,
        "fr": foothold.step.fr,
        "en": foothold.step.en,
        "holds": foothold.holds(),
        "implied_by": list(foothold.implied_by),
        "any": [
            [
                {
                    "holds": finding.holds,
                    "needs": finding.needs,
                    "found": finding.found,
                    "evidence": list(finding.evidence),
                    "against": list(finding.against),
                }
                for finding in alternative
            ]
            for alternative in foothold.any
        ],
    }


def _missing(footholds: Sequence[Foothold], rung: int) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "rung": foothold.step.rung,
            "fr": foothold.step.fr,
            "en": foothold.step.en,
            "lacks": [_gap(finding.needs, finding.found) for finding in alternative if not finding.holds],
        }
        for foothold in footholds[rung : rung + 1]
        for alternative in foothold.any
    )


def _gap(needs: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """How many events, owners and countries are lacking, with what they must be; or the measure, and where it is."""
    if "measure" in needs:
        return {**needs, "found": found["share"]}
    wanted = {**needs, "events": max(needs["events"], needs.get("ratio", 0) * found["against"])}
    lacking = {word: wanted.get(word, 0) - found[word] for word in ("events", "owners", "countries")}
    asked = {word: needs[word] for word in ("claim", "confirmed", "kinds", "window") if word in needs}
    return asked | {word: count for word, count in lacking.items() if count > 0}


def _linchpins(
    terms: Terms, record: Record, footholds: Sequence[Foothold], *, as_of: date, known_at: datetime
) -> tuple[tuple[int, int], ...]:
    edges = (finding.edge for foothold in footholds for each in foothold.any for finding in each)
    implying = (foothold.implied_by for foothold in footholds)
    without = {number: height(footholds, without=number) for number in frozenset().union(*edges, *implying)}
    for event in record.events:
        if event.cancels is not None:  # its removal gives a voice back: only the whole rule knows
            rest = replace(
                record, events=tuple(each for each in record.events if each.number != event.number)
            )
            without[event.number] = _rung(terms, rest, as_of=as_of, known_at=known_at)
    rung = height(footholds)
    return tuple(sorted((number, other) for number, other in without.items() if other != rung))


def _against(reached: Sequence[Foothold]) -> int | None:
    """The fewest further counter-examples that break a rung reached; an alternative without ratio never breaks."""
    margins = []
    for foothold in reached:
        holding = [each for each in foothold.any if all(finding.holds for finding in each)]
        breaking = [
            [
                len(finding.evidence) // finding.needs["ratio"] - len(finding.against) + 1
                for finding in each
                if "ratio" in finding.needs
            ]
            for each in holding
        ]
        if holding and not foothold.implied_by and all(breaking):
            margins.append(max(min(counts) for counts in breaking))
    return min(margins, default=None)


def _heard(voice: Voice) -> dict[str, Any]:
    """What the rule read of an event: its dates, and not how many articles tell it."""
    event = voice.event
    return {
        "number": event.number,
        "kind": event.kind,
        "occurred_on": event.occurred_on,
        "published_at": event.published_at,
        "owner": event.owner,
        "country": event.country,
        "stance": voice.claim.stance,
        "rung": voice.claim.rung,
        "confirmed": voice.confirmed,
        "interested": not voice.counts_at(FULL),
    }


def _digest(facts: dict[str, Any]) -> str:
    """sha256 of the canonical JSON (sorted keys, no spaces, UTC) of what the rule read."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a digest")
