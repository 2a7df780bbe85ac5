"""What one more event would do to a status that was concluded already, without reading the record again. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from indicators.rules.climb import Finding, Foothold, climb, enough, height, voices
from indicators.rules.ladder import Events, Share
from indicators.rules.record import Event, Record, Terms

Alike = tuple[
    frozenset[int], frozenset[int]
]  # the evidence of the same owner, and of the same country, by number


def rung_with(
    terms: Terms,
    trace: Sequence[Mapping[str, Any]],
    event: Event,
    *,
    alike: Alike,
    clocks: tuple[date, datetime],
) -> int:
    """The rung that the rule would conclude with this event added; for one that it undoes, see `without`.

    `trace` is what the rule concluded under these terms (Status.trace). `alike` keeps a body or a country from being
    counted twice. `clocks` are as_of and known_at.
    """
    as_of, known_at = clocks
    heard = voices(terms, Record(events=(event,)), as_of=as_of, known_at=known_at)
    alone = climb(terms, heard, Record(), as_of=as_of, known_at=known_at)
    return height(_together(told, more, alike) for told, more in zip(trace, alone, strict=True))


def without(
    trace: Sequence[Mapping[str, Any]], gone: frozenset[int], *, alike: Alike
) -> list[dict[str, Any]]:
    """The trace as it would be without the voice of one evidence, whose versions are `gone` and whose kin is `alike`."""
    return [
        {
            **told,
            "implied_by": [number for number in told["implied_by"] if number not in gone],
            "any": [[_less(found, gone, alike) for found in findings] for findings in told["any"]],
        }
        for told in trace
    ]


def read_by(terms: Terms, record: Record, *, carried: int | None) -> Record:
    """The record as if these terms had always been in force, and the assessments under version `carried` were theirs."""
    events = tuple(
        replace(
            event,
            claims=tuple(
                replace(claim, version=terms.version)
                for claim in event.claims
                if (claim.indicator, claim.version) == (terms.indicator, carried)
            ),
        )
        for event in record.events
    )
    return replace(record, definitions=(terms,), events=events)


def _less(told: Mapping[str, Any], gone: frozenset[int], alike: Alike) -> Mapping[str, Any]:
    """A finding without it: its owner and its country count no more where nobody else heard shares them."""
    if "events" not in told["found"]:  # a measure hears no event
        return told
    heard, against = (
        [number for number in told[side] if number not in gone] for side in ("evidence", "against")
    )
    was_heard = len(heard) < len(told["evidence"])
    owners, countries = (was_heard and bool(same) and same.isdisjoint(heard) for same in alike)
    found = {
        "events": len(heard),
        "owners": told["found"]["owners"] - owners,
        "countries": told["found"]["countries"] - countries,
        "against": len(against),
    }
    return {**told, "evidence": heard, "against": against, "found": found}


def _together(told: Mapping[str, Any], more: Foothold, alike: Alike) -> Foothold:
    """A step as it was found, and the event's own part in it."""
    return replace(
        more,
        implied_by=(*told["implied_by"], *more.implied_by),
        any=tuple(
            tuple(
                _found(need, found, finding, alike)
                for need, found, finding in zip(needs, each, findings, strict=True)
            )
            for needs, each, findings in zip(more.step.any, told["any"], more.any, strict=True)
        ),
    )


def _found(
    need: Events | Share,
    told: Mapping[str, Any],
    more: Finding,
    alike: Alike,
) -> Finding:
    if isinstance(need, Share):  # an event changes no measure
        return replace(more, holds=told["holds"])
    known = [not same.isdisjoint(told["evidence"]) for same in alike]
    found = {
        "events": told["found"]["events"] + more.found["events"],
        "owners": told["found"]["owners"] + (more.found["owners"] if not known[0] else 0),
        "countries": told["found"]["countries"] + (more.found["countries"] if not known[1] else 0),
        "against": told["found"]["against"] + more.found["against"],
    }
    return replace(more, holds=enough(need, found), found=found, edge=frozenset())
