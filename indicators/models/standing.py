"""From rows to the rule: where an indicator stands in the world of a day, as the record stood at a moment."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Q
from django.utils import timezone

from indicators.models.action import Definition, Indicator
from indicators.models.choices import LINK_LIVES
from indicators.models.evidence import Citation, Evidence
from indicators.models.status import Observation, Override
from indicators.models.status import Status as Concluded
from indicators.rules.climb import bears
from indicators.rules.ladder import ladder_from
from indicators.rules.measures import COVERAGE
from indicators.rules.preview import Alike, read_by, rung_with, without
from indicators.rules.record import Claim, Event, Quote, Record, Spell, Tally, Terms
from indicators.rules.status import Status
from indicators.rules.status import status_of as rule
from indicators.rules.words import Directness, Form, Stance


def status_of(indicator: Indicator, *, as_of: date, known_at: datetime) -> Status:
    """Apply the rule of domain.md §3 to the published record. Raises DefinitionError on an unreadable ladder."""
    return rule(indicator.code, record_of(indicator), as_of=as_of, known_at=known_at)


def record_of(indicator: Indicator) -> Record:
    """Everything published that may bear on the indicator, cancelling events included."""
    about = Q(assessments__indicator=indicator) | Q(cancels__assessments__indicator=indicator)
    evidence = Evidence.objects.filter(about).distinct().with_parts()
    measured = Observation.objects.filter(measure__indicator=indicator, geography="")
    observations = measured.exclude(numerator=None).exclude(denominator=None).select_related("measure")
    return Record(
        definitions=tuple(_terms(row) for row in indicator.definitions.all()),
        events=tuple(_event(row) for row in evidence),
        observations=tuple(_tally(row) for row in observations),
        contestations=tuple(
            Spell(since=row.opened_at, until=row.closed_at) for row in indicator.contestations.all()
        ),
        overrides=tuple(_spell(row) for row in indicator.overrides.all()),
    )


def concluded(indicator: Indicator) -> tuple[int, Terms | None, list[dict[str, Any]]]:
    """The rung, the terms and the trace of what the rule last concluded; without terms where it never did."""
    status = Concluded.objects.filter(indicator=indicator).first()
    terms = indicator.definitions.filter(version=status.version).first() if status else None
    return (status.rung, _terms(terms), status.trace) if terms else (0, None, [])


def preview(indicator: Indicator, event: Event, *, as_of: date, known_at: datetime) -> tuple[int, int]:
    """The rung as it was last concluded, and as it would be with this event published; nothing is written.

    The event is added to what the rule had counted, and what it undoes is taken from it.
    """
    rung, terms, trace = concluded(indicator)
    if terms is None:
        return (0, 0)
    if event.cancels is not None and bears(event, terms, as_of=as_of, known_at=known_at):
        *_older, standing = versions = _versions(event.cancels)
        trace = without(trace, frozenset(each.number for each in versions), alike=_alike(standing))
    return rung, rung_with(terms, trace, event, alike=_alike(event), clocks=(as_of, known_at))


def rehearse(
    definition: Definition, *, carried: int | None, clocks: Iterable[tuple[date, datetime]]
) -> Iterator[Status]:
    """What the rule would have concluded at each pair of as_of and known_at, had this definition been in force always.

    Assessments under version `carried` are read as made under it. Nothing is written. Raises DefinitionError.
    """
    always = {"in_force_from": date.min, "published_at": datetime.min.replace(tzinfo=UTC)}
    terms = replace(_terms(definition), **always)
    record = read_by(terms, record_of(definition.indicator), carried=carried)
    for as_of, known_at in clocks:
        yield rule(terms.indicator, record, as_of=as_of, known_at=known_at)


def _versions(number: int) -> list[Evidence]:
    """An evidence and what superseded it, in this order: what cancels the one cancels the others."""
    found = [Evidence.objects.get(number=number)]
    while found[-1].superseded_by:
        found.append(found[-1].superseded_by)
    return found


def _alike(event: Event | Evidence) -> Alike:
    return _numbers(owner=event.owner), _numbers(country=event.country)


def _numbers(**alike: str) -> frozenset[int]:
    known = all(alike.values())
    return frozenset(Evidence.objects.filter(**alike).values_list("number", flat=True) if known else ())


def quote_of(row: Citation) -> Quote:
    """A citation as the rule reads it."""
    return Quote(
        tier=row.tier,
        group=row.independence_group,
        domain=row.domain,
        story=row.story,
        url=row.url,
        verified=bool(row.snapshot_sha256),
    )


def _broken(row: Citation) -> tuple[Spell, ...]:
    """When its link was broken: from each check that found it so until the next one."""
    checks = [*row.link_checks.all(), None]
    return tuple(
        Spell(since=check.checked_at, until=following and following.checked_at)
        for check, following in pairwise(checks)
        if check.state not in LINK_LIVES
    )


def _terms(row: Definition) -> Terms:
    return Terms(
        indicator=row.indicator.code,
        form=Form(row.indicator.form),
        version=row.version,
        in_force_from=row.in_force_from,
        published_at=row.published_at,
        ladder=ladder_from(row.ladder),
        window_months=row.window_months,
        stall_days=row.stall_days,
    )


def _event(row: Evidence) -> Event:
    return Event(
        number=row.number,
        kind=row.kind,
        occurred_on=row.occurred_on,
        published_at=row.published_at,
        owner=row.owner,
        country=row.country,
        retracted_at=row.retracted_at,
        superseded_at=row.superseded_by.published_at if row.superseded_by else None,
        superseded_by=row.superseded_by.number if row.superseded_by else None,
        expires_on=row.expires_on,
        cancels=row.cancels.number if row.cancels else None,
        self_published=row.self_published,
        quotes=tuple(
            replace(quote_of(citation), broken=_broken(citation)) for citation in row.citations.all()
        ),
        claims=tuple(
            Claim(
                indicator=claim.indicator.code,
                version=claim.definition.version,
                stance=Stance(claim.stance),
                directness=Directness(claim.directness),
                rung=claim.rung,
            )
            for claim in row.assessments.all()
        ),
    )


def _tally(row: Observation) -> Tally:
    return Tally(
        measure=COVERAGE if row.measure.is_coverage else row.measure.code,
        period_start=row.period_start,
        period_end=row.period_end,
        published_at=row.published_at,
        numerator=row.numerator,
        denominator=row.denominator,
        unknown=row.unknown,
        confirmed=not row.variant.startswith("detected"),
    )


def _spell(row: Override) -> Spell:
    ends = timezone.make_aware(datetime.combine(row.expires_on + timedelta(days=1), time.min))
    return Spell(since=row.set_at, until=min(ends, row.lifted_at or ends))
