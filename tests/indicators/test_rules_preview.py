"""A preview is what the whole rule concludes with one more event, which may undo another one, found without reading the record again."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.rules.climb import bears
from indicators.rules.preview import rung_with, without
from indicators.rules.record import Event, Record
from indicators.rules.status import status_of
from indicators.rules.words import Stance
from tests.indicators.rule_record import NOW, TERMS, TODAY, example, status
from tests.indicators.test_rules_status_properties import CODES, events, tallies

ALL = list(Stance)


@settings(max_examples=150)
@given(st.data())
def test_a_preview_is_the_rung_of_the_record_with_the_event(drawn):
    code = drawn.draw(CODES)
    known = [drawn.draw(events(code, number, ALL)) for number in range(1, drawn.draw(st.integers(0, 14)) + 1)]
    more = replace(drawn.draw(events(code, 99, ALL)), superseded_at=None, superseded_by=None)
    observed = tuple(drawn.draw(st.lists(tallies, max_size=4)))
    record = Record(definitions=(TERMS[code],), events=tuple(known), observations=observed)
    before = status_of(code, record, as_of=TODAY, known_at=NOW)
    after = status_of(code, replace(record, events=(*known, more)), as_of=TODAY, known_at=NOW)
    trace, versions = before.trace, versions_of(more.cancels, known)
    if versions and bears(more, TERMS[code], as_of=TODAY, known_at=NOW):
        gone = frozenset(each.number for each in versions)
        trace = without(trace, gone, alike=alike(versions[-1], known))
    assert rung_with(TERMS[code], trace, more, alike=alike(more, known), clocks=(TODAY, NOW)) == after.rung


def alike(event: Event, known: list[Event]) -> tuple[frozenset[int], ...]:
    """Who shares its owner, who shares its country."""
    return tuple(
        frozenset(
            each.number
            for each in known
            if getattr(event, name) and getattr(each, name) == getattr(event, name)
        )
        for name in ("owner", "country")
    )


def versions_of(number: int | None, known: list[Event]) -> list[Event]:
    """What an event cancels: the evidence of this number, and what superseded it."""
    found: list[Event] = []
    numbered = {each.number: each for each in known}
    while number in numbered and numbered[number] not in found:
        found.append(numbered[number])
        number = found[-1].superseded_by
    return found


def test_a_second_event_of_the_same_buyer_does_not_reach_what_asks_for_two_buyers():
    first = example("1a", 3, number=1, owner="Agence")
    trace, again = status("1a", first).trace, example("1a", 3, number=2, owner="Agence")
    other = replace(again, owner="Région")
    asked = {"clocks": (TODAY, NOW)}
    assert rung_with(TERMS["1a"], trace, again, alike=(frozenset({1}), frozenset({1})), **asked) == 3
    assert rung_with(TERMS["1a"], trace, other, alike=(frozenset(), frozenset({1})), **asked) == 4
