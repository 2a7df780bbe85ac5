"""Small records for the tests of the rule: the six definitions as shipped, and events to climb them with."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

from indicators.rules.ladder import ladder_from
from indicators.rules.record import Claim, Event, Quote, Record, Tally, Terms
from indicators.rules.status import Status, status_of
from indicators.rules.words import Directness, Form, Kind, Stance

DATA = Path(__file__).parents[2] / "indicators" / "data"
ACTIONS = tomllib.loads((DATA / "actions.toml").read_text(encoding="utf-8"))
DEFINITIONS = tomllib.loads((DATA / "definitions.toml").read_text(encoding="utf-8"))["definition"]
FORMS = {row["code"]: Form(row["form"]) for action in ACTIONS["action"] for row in action["indicator"]}

TODAY = date(2028, 12, 31)
NOW = datetime(2028, 12, 31, 12, tzinfo=UTC)
TERMS = {
    row["indicator"]: Terms(
        indicator=row["indicator"],
        form=FORMS[row["indicator"]],
        version=row["version"],
        in_force_from=row["in_force_from"],
        published_at=datetime(2026, 11, 22, tzinfo=UTC),
        ladder=ladder_from(row["ladder"]),
        window_months=row["window_months"],
        stall_days=row["stall_days"],
    )
    for row in DEFINITIONS
}
OFFICIAL = Quote(tier=1, group="Office des publications", url="https://ted.example/1")
_NUMBERS = count(1000)


def example(code: str, rung: int, **changes: object) -> Event:
    """A fresh supporting event, told by an official source of its own."""
    return _event(code, Stance.SUPPORTS, rung, changes)


def counterexample(code: str, **changes: object) -> Event:
    return _event(code, Stance.CONTRADICTS, None, changes)


def _event(code: str, stance: Stance, rung: int | None, changes: dict[str, object]) -> Event:
    number = int(changes.pop("number", None) or next(_NUMBERS))
    directness = Directness(changes.pop("directness", Directness.DIRECT))
    occurred_on = changes.pop("occurred_on", TODAY - timedelta(days=20))
    event = Event(
        number=number,
        kind=Kind.TENDER,
        occurred_on=occurred_on,
        published_at=datetime(occurred_on.year, occurred_on.month, occurred_on.day, tzinfo=UTC)
        + timedelta(days=2),
        owner=f"organisme {number}",
        country="FR",
        quotes=(Quote(tier=1, group=f"éditeur {number}", url=f"https://source.example/{number}"),),
        claims=(Claim(indicator=code, version=1, stance=stance, directness=directness, rung=rung),),
    )
    return replace(event, **changes)


def record(code: str, *events: Event, observations: tuple[Tally, ...] = ()) -> Record:
    return Record(definitions=(TERMS[code],), events=events, observations=(watched(), *observations))


def watched(share: float = 0.9, ended: date = TODAY) -> Tally:
    return tally("coverage", ended - timedelta(days=30), ended, numerator=int(100 * share), denominator=100)


def tally(measure: str, start: date, end: date, **numbers: object) -> Tally:
    published_at = datetime(end.year, end.month, end.day, tzinfo=UTC)
    return Tally(measure=measure, period_start=start, period_end=end, published_at=published_at, **numbers)


def status(code: str, *events: Event, observations: tuple[Tally, ...] = ()) -> Status:
    return status_of(code, record(code, *events, observations=observations), as_of=TODAY, known_at=NOW)
