"""What holds of the rule whatever is published (domain §3, the last paragraph), tried with generated records."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.rules.record import Claim, Event, Quote, Record, Spell
from indicators.rules.status import Status, status_of
from indicators.rules.words import Directness, Flag, Kind, Stance
from tests.indicators.rule_record import NOW, TERMS, TODAY, counterexample, tally, watched

few = settings(max_examples=25)  # the whole suite runs before every commit

CODES = st.sampled_from(sorted(TERMS))
DAYS = st.integers(0, 900).map(lambda days: TODAY - timedelta(days=days))
MOMENTS = st.integers(0, 900).map(lambda days: NOW - timedelta(days=days))
MEASURES = st.sampled_from(["T2", "T11", "panel-1b", "panel-2b", "coverage"])

quotes = st.builds(
    Quote,
    tier=st.sampled_from([1, 1, 2, 3, 4]),
    group=st.sampled_from("abcd"),
    url=st.sampled_from(["https://a.example/", "https://b.example/"]),
    verified=st.sampled_from([True, True, True, False]),
    broken=st.sampled_from(
        [(), (), (Spell(since=NOW - timedelta(days=400), until=NOW - timedelta(days=200)),)]
    ),
    story=st.sampled_from(["", "", "dépêche"]),
    cites=st.sampled_from(["", "", "https://a.example/"]),
)
tallies = st.builds(
    lambda measure, end, days, numbers: tally(
        measure, end - timedelta(days=days), end, numerator=min(numbers[:2]), denominator=max(numbers[:2]), unknown=numbers[2]
    ),
    MEASURES, DAYS, st.sampled_from([0, 30, 364, 730]), st.tuples(st.integers(0, 60), st.integers(1, 60), st.integers(0, 9)),
)  # fmt: skip


def claims(code: str, stances: list[Stance]) -> st.SearchStrategy[Claim]:
    return st.builds(
        Claim,
        indicator=st.just(code),
        version=st.just(1),
        stance=st.sampled_from(stances),
        directness=st.sampled_from(
            [Directness.DIRECT, Directness.DIRECT, Directness.PARTIAL, Directness.CONTEXT]
        ),
        rung=st.sampled_from([1, 2, 3, 3, 3, 4, 5]),
    )


@st.composite
def events(draw: Callable, code: str, number: int, stances: list[Stance], cancels: bool = True) -> Event:
    occurred_on = draw(DAYS)
    published_at = datetime(occurred_on.year, occurred_on.month, occurred_on.day, tzinfo=UTC) + timedelta(
        days=draw(st.integers(0, 60))
    )
    return Event(
        number=number,
        kind=draw(st.sampled_from([Kind.LAW, Kind.REPORT, Kind.INDEX])),
        occurred_on=occurred_on,
        published_at=published_at,
        owner=draw(st.sampled_from(["", *"ABCDEFGHIJKL"])),
        country=draw(st.sampled_from(["", "FR", "DE", "IT", "ES"])),
        expires_on=draw(st.none() | st.integers(0, 600).map(lambda days: occurred_on + timedelta(days=days))),
        retracted_at=draw(
            st.none() | st.none() | st.integers(0, 300).map(lambda days: published_at + timedelta(days))
        ),
        cancels=draw(st.sampled_from([None, None, None, 1, 2, 3])) if cancels else None,
        self_published=draw(st.sampled_from([False, False, True])),
        quotes=tuple(draw(st.lists(quotes, min_size=1, max_size=3))),
        claims=(draw(claims(code, stances)),),
    )


@st.composite
def records(draw: Callable, code: str) -> Record:
    size = draw(st.integers(0, 16))
    mostly = [Stance.SUPPORTS] * 3 + [Stance.CONTRADICTS, Stance.CONTEXT]
    return Record(
        definitions=(TERMS[code],),
        events=tuple(draw(events(code, number, mostly)) for number in range(1, size + 1)),
        observations=(watched(), *draw(st.lists(tallies, max_size=6))),
    )


told = CODES.flatmap(lambda code: st.tuples(st.just(code), records(code)))


def conclude(code: str, record: Record) -> Status:
    return status_of(code, record, as_of=TODAY, known_at=NOW)


def plus(record: Record, *events: Event) -> Record:
    return replace(record, events=record.events + events)


@few
@given(told, st.randoms(use_true_random=False))
def test_the_order_of_the_record_is_irrelevant(case: tuple[str, Record], random) -> None:
    code, record = case
    shuffled = replace(
        record,
        events=tuple(
            replace(event, quotes=tuple(random.sample(event.quotes, len(event.quotes))))
            for event in random.sample(record.events, len(record.events))
        ),
        observations=tuple(random.sample(record.observations, len(record.observations))),
    )
    assert conclude(code, shuffled) == conclude(code, record)


@few
@given(told)
def test_the_same_record_twice_over_says_the_same(case: tuple[str, Record]) -> None:
    code, record = case
    twice = replace(record, events=record.events * 2, observations=record.observations * 2)
    assert conclude(code, twice) == conclude(code, record) == conclude(code, record)


@few
@given(told, st.data())
def test_one_more_example_never_lowers_the_rung(case: tuple[str, Record], data: st.DataObject) -> None:
    code, record = case
    more = data.draw(events(code, 99, [Stance.SUPPORTS], cancels=False))
    assert conclude(code, plus(record, more)).rung >= conclude(code, record).rung


@few
@given(told, st.data())
def test_a_retraction_restores_everything(case: tuple[str, Record], data: st.DataObject) -> None:
    code, record = case
    more = data.draw(events(code, 99, list(Stance)))
    assert conclude(code, plus(record, replace(more, retracted_at=NOW))) == conclude(code, record)


@few
@given(told, st.data())
def test_a_second_article_on_an_event_changes_nothing_but_confidence(
    case: tuple[str, Record], data: st.DataObject
) -> None:
    """Nor may the flag `single_source`, which speaks of confidence too, be raised by one."""
    code, record = case
    event = data.draw(events(code, 99, [Stance.SUPPORTS, Stance.CONTRADICTS]))
    first = data.draw(quotes.map(lambda quote: replace(quote, verified=True)))
    article = data.draw(quotes.filter(lambda quote: quote.tier >= first.tier))

    once = conclude(code, plus(record, replace(event, quotes=(first,))))
    twice = conclude(code, plus(record, replace(event, quotes=(first, article))))

    assert set(twice.flags) - set(once.flags) == set()
    assert set(once.flags) - set(twice.flags) <= {Flag.SINGLE_SOURCE}
    assert replace(twice, flags=once.flags, confidence=once.confidence) == once


@few
@given(told, st.data())
def test_what_is_unpublished_or_unverified_never_counts(
    case: tuple[str, Record], data: st.DataObject
) -> None:
    code, record = case
    event = data.draw(events(code, 99, list(Stance)))
    unpublished = replace(event, published_at=NOW + timedelta(seconds=1), retracted_at=None)
    unverified = replace(event, quotes=tuple(replace(quote, verified=False) for quote in event.quotes))
    plain = conclude(code, record)
    assert conclude(code, plus(record, unpublished)) == plain
    assert conclude(code, plus(record, unverified)) == plain


@few
@given(records("3b"), st.data())
def test_what_we_publish_ourselves_never_counts_for_3b(record: Record, data: st.DataObject) -> None:
    ours = replace(data.draw(events("3b", 99, list(Stance))), self_published=True)
    assert conclude("3b", plus(record, ours)) == conclude("3b", record)


@few
@given(told)
def test_interested_sources_alone_never_exceed_a_signal(case: tuple[str, Record]) -> None:
    code, record = case
    blogs = tuple(
        replace(event, quotes=tuple(replace(quote, tier=4) for quote in event.quotes))
        for event in record.events
    )
    assert conclude(code, replace(record, events=blogs)).rung <= 1


@few
@given(told, DAYS, MOMENTS)
def test_a_new_definition_leaves_every_earlier_status_as_it_was(
    case: tuple[str, Record], in_force_from, then
) -> None:
    code, record = case
    second = replace(TERMS[code], version=2, in_force_from=in_force_from, published_at=then)
    changed = replace(record, definitions=(*record.definitions, second))
    eve, before = in_force_from - timedelta(days=1), then - timedelta(seconds=1)

    for as_of, known_at in ((eve, NOW), (TODAY, before)):
        was = status_of(code, record, as_of=as_of, known_at=known_at)
        assert status_of(code, changed, as_of=as_of, known_at=known_at) == was


@few
@given(told, DAYS, MOMENTS)
def test_an_earlier_status_is_recomputed_from_todays_record(
    case: tuple[str, Record], as_of, known_at
) -> None:
    code, record = case
    at_the_time = Record(
        definitions=tuple(terms for terms in record.definitions if terms.published_at <= known_at),
        events=tuple(
            event
            if event.retracted_at is None or event.retracted_at <= known_at
            else replace(event, retracted_at=None)
            for event in record.events
            if event.published_at <= known_at
        ),
        observations=tuple(each for each in record.observations if each.published_at <= known_at),
    )
    first = status_of(code, at_the_time, as_of=as_of, known_at=known_at)
    assert status_of(code, record, as_of=as_of, known_at=known_at) == first


@few
@given(told)
def test_an_exception_changes_nothing_but_its_flag(case: tuple[str, Record]) -> None:
    code, record = case
    plain, excepted = conclude(code, record), conclude(code, replace(record, overrides=(Spell(since=NOW),)))
    assert set(excepted.flags) - set(plain.flags) == {Flag.OVERRIDE}
    assert replace(excepted, flags=plain.flags) == plain


@few
@given(told)
def test_the_linchpins_are_exactly_the_evidence_that_matters(case: tuple[str, Record]) -> None:
    code, record = case
    concluded = conclude(code, record)
    without = {
        event.number: conclude(
            code, replace(record, events=tuple(each for each in record.events if each.number != event.number))
        ).rung
        for event in record.events
    }
    assert dict(concluded.linchpins) == {
        number: rung for number, rung in without.items() if rung != concluded.rung
    }


@few
@given(st.sampled_from(["1b", "2b"]), st.integers(10, 16), st.integers(0, 8))
def test_so_many_counter_examples_and_no_fewer_lower_the_rung(code: str, size: int, against: int) -> None:
    examples = tuple(
        replace(counterexample(code, country=("FR", "DE", "IT", "ES")[place % 4]),
                claims=(Claim(indicator=code, version=1, stance=Stance.SUPPORTS, directness=Directness.DIRECT, rung=3),))
        for place in range(size)
    )  # fmt: skip
    record = Record(
        definitions=(TERMS[code],), events=(*examples, *(counterexample(code) for _ in range(against)))
    )
    reached = conclude(code, record)
    if reached.against is None:
        assert reached.rung < 4
        return
    fewer = [counterexample(code) for _ in range(reached.against - 1)]
    assert conclude(code, plus(record, *fewer)).rung == reached.rung
    assert conclude(code, plus(record, *fewer, counterexample(code))).rung < reached.rung
