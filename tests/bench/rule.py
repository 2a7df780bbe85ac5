"""How the cost of the status rule grows with the events it reads."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise

from indicators.rules.record import Record
from indicators.rules.status import status_of
from tests.bench.race import Growth, Line, cpu
from tests.indicators.rule_record import NOW, TODAY, counterexample, example, record


def lines() -> Iterator[Line]:
    """A hundred, a thousand and ten thousand events of every rung, one in ten a counter-example."""
    sizes = (100, 1_000, 10_000)
    records = {size: _record(size) for size in sizes}
    for less, more in pairwise(sizes):
        yield Growth(
            what=f"status of {more:,} events",
            more=partial(_seconds, records[more]),
            less=partial(_seconds, records[less]),
            less_name=f"{less:,} events",
        ).run()


def _seconds(known: Record) -> float:
    return cpu(lambda: status_of("1a", known, as_of=TODAY, known_at=NOW))


def _record(size: int) -> Record:
    days = [TODAY - timedelta(days=20 + number % 600) for number in range(size)]
    events = [
        counterexample("1a", occurred_on=day)
        if number % 10 == 9
        else example("1a", 1 + number % 3, occurred_on=day)
        for number, day in enumerate(days)
    ]
    return record("1a", *events)
