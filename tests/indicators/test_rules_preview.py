"""A preview is what the whole rule concludes with one more event, found without reading the record again."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.rules.preview import rung_with
from indicators.rules.record import Record
from indicators.rules.status import status_of
from indicators.rules.words import Stance
from tests.indicators.rule_record import NOW, TERMS, TODAY, example, status
from tests.indicators.test_rules_status_properties import CODES, events, tallies

ALL = list(Stance)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_preview_is_the_rung_of_the_record_with_the_event(drawn):
    code = drawn.draw(CODES)
    known = [drawn.draw(events(code, number, ALL)) for number in range(1, drawn.draw(st.integers(0, 14)) + 1)]
    more = replace(drawn.draw(events(code, 99, ALL, cancels=False)), superseded_at=None, superseded_by=None)
    observed = tuple(drawn.draw(st.lists(tallies, max_size=4)))
    record = Record(definitions=(TERMS[code],), events=tuple(known), observations=observed)
    before = status_of(code, record, as_of=TODAY, known_at=NOW)
    after = status_of(code, replace(record, events=(*known, more)), as_of=TODAY, known_at=NOW)
    alike = tuple(
        frozenset(
            each.number
            for each in known
            if getattr(more, name) and getattr(each, name) == getattr(more, name)
        )
        for name in ("owner", "country")
    )
    assert rung_with(TERMS[code], before.trace, more, alike=alike, clocks=(TODAY, NOW)) == after.rung


def test_a_second_event_of_the_same_buyer_does_not_reach_what_asks_for_two_buyers():
    first = example("1a", 3, number=1, owner="Agence")
    trace, again = status("1a", first).trace, example("1a", 3, number=2, owner="Agence")
    other = replace(again, owner="Région")
    asked = {"clocks": (TODAY, NOW)}
    assert rung_with(TERMS["1a"], trace, again, alike=(frozenset({1}), frozenset({1})), **asked) == 3
    assert rung_with(TERMS["1a"], trace, other, alike=(frozenset(), frozenset({1})), **asked) == 4
