"""What a decision would do to the public statuses: said before anybody decides, and the order of the queue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from indicators.models import Definition, Evidence, Indicator, Status, StatusChange
from indicators.models.choices import Rung
from indicators.models.standing import concluded, preview
from indicators.publishing import NewAssessment
from indicators.rules.ladder import Events
from indicators.rules.preview import rung_with
from indicators.rules.record import Claim, Event, Quote, Terms
from indicators.rules.words import Directness, Stance
from tracker.models import PERSON, Candidate, Contribution

BATCH = 500  # rows that one statement updates


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where an indicator stands, and where it would."""

    indicator: Indicator
    before: int
    after: int

    @property
    def moves(self) -> bool:
        return self.before != self.after

    @property
    def needs_second(self) -> bool:
        """Whether it reaches or leaves « Atteint »: two moderators decide that."""
        return (self.before >= Rung.REACHED) != (self.after >= Rung.REACHED)

    @property
    def rung_from(self) -> str:
        return Rung(self.before).label

    @property
    def rung_to(self) -> str:
        return Rung(self.after).label


def of_publishing(
    event: Mapping[str, Any],
    *,
    source: tuple[int, str],
    assessments: Iterable[NewAssessment],
    now: datetime,
) -> list[Move]:
    """What publishing this event would do, one move for each indicator it touches; nothing is written.

    `event` holds the fields of Evidence; `source` the tier and the owner of what it is cited from.
    """
    assessed = {each.indicator: each for each in assessments}
    claims = [_claim(each, version) for each in assessed.values() if (version := _newest(each.indicator))]
    heard = _event(event, source=source, claims=claims, now=now)
    undone = event.get("cancels")
    touched = Indicator.objects.filter(assessments__evidence=undone).distinct() if undone else []
    clocks = {"as_of": timezone.localdate(now), "known_at": now}
    moves = [(row, preview(row, heard, **clocks)) for row in {**assessed, **dict.fromkeys(touched)}]
    return [Move(indicator=row, before=before, after=after) for row, (before, after) in moves]


def of_undoing(evidence: Evidence) -> list[Move]:
    """What retracting this evidence would do, as the rule found when it last concluded."""
    statuses = Status.objects.filter(indicator__assessments__evidence=evidence).select_related("indicator")
    return [
        Move(
            indicator=row.indicator,
            before=row.rung,
            after=dict(row.linchpins).get(evidence.number, row.rung),
        )
        for row in statuses.distinct()
    ]


def done(changes: Iterable[StatusChange]) -> list[Move]:
    """What a decision did, from the changes that it wrote."""
    return [Move(indicator=row.indicator, before=row.rung_from or 0, after=row.rung_to) for row in changes]


def level_of(moves: Sequence[Move]) -> int:
    """As Candidate.consequence."""
    if any(move.needs_second for move in moves):
        return Candidate.Consequence.DECIDES
    if any(move.moves for move in moves):
        return Candidate.Consequence.MOVES
    return Candidate.Consequence.CLAIMS


def weigh(*, now: datetime) -> int:
    """Note for each open candidate what accepting it could do at most; the number of those noted anew.

    At most: as a direct event of today, of a body and a country not heard before. Answers that are late come first,
    then those whose time runs out, even those that are held; all else that is held comes last.
    """
    rows = Candidate.objects.filter(state__in=Candidate.OPEN).values_list(
        "pk", "consequence", "indicator", "stance", "rung", "document__source__tier", "document__source__format",
        "follows",
    )  # fmt: skip
    due = set(Contribution.objects.alarming(now).values_list("document__candidates", flat=True))
    late = set(Contribution.objects.overdue(now).values_list("document__candidates", flat=True))
    held = set(Contribution.objects.suspect().values_list("document__candidates", flat=True)) - due
    outlook, changed = _Outlook(now=now), {}
    for pk, noted, *told in rows.iterator(chunk_size=10_000):
        level = Candidate.Consequence.DUE if pk in due else outlook.level(*told)
        level = Candidate.Consequence.LATE if pk in late else level
        level = Candidate.Consequence.HELD if pk in held else level
        if level != noted:
            changed.setdefault(level, []).append(pk)
    for level, pks in changed.items():
        for start in range(0, len(pks), BATCH):
            Candidate.objects.filter(pk__in=pks[start : start + BATCH]).update(consequence=level)
    return sum(map(len, changed.values()))


class _Outlook:
    """The statuses of one moment, asked once for each kind of candidate."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.statuses = {row.pk: concluded(row) for row in Indicator.objects.all()}
        self.known: dict[tuple[object, ...], int] = {}

    def level(
        self, indicator: int | None, stance: str, rung: int | None, tier: int, format: str, undoes: int | None
    ) -> int:
        if format == PERSON and stance == Stance.SUPPORTS:  # who sends an example claims a signal at least
            rung = rung or Rung.SIGNAL
        if indicator is None or stance == Stance.CONTEXT or (stance == Stance.SUPPORTS and rung is None):
            return Candidate.Consequence.NOTHING
        told = (indicator, stance, rung, tier, undoes if stance == Stance.CONTRADICTS else None)
        if told not in self.known:
            self.known[told] = self._level(*told)
        return self.known[told]

    def _level(self, indicator: int, stance: str, rung: int | None, tier: int, undoes: int | None) -> int:
        if undoes is not None:
            return level_of(of_undoing(Evidence.objects.get(pk=undoes)))
        before, terms, trace = self.statuses[indicator]
        if terms is None:
            return Candidate.Consequence.CLAIMS
        claim = Claim(
            indicator=terms.indicator,
            version=terms.version,
            stance=Stance(stance),
            directness=Directness.DIRECT,
            rung=rung if stance == Stance.SUPPORTS else None,
        )
        today, nobody = timezone.localdate(self.now), (frozenset[int](), frozenset[int]())
        fresh = {"occurred_on": today, "owner": "*", "country": "*"}
        events = [
            _event(fresh | {"kind": kind}, source=(tier, "*"), claims=[claim], now=self.now)
            for kind in _kinds(terms)
        ]
        clocks = (today, self.now)
        after = {rung_with(terms, trace, event, alike=nobody, clocks=clocks) for event in events}
        return max(level_of([Move(indicator=None, before=before, after=each)]) for each in after)


def _kinds(terms: Terms) -> set[str]:
    """The kinds of event that the ladder tells apart, and any other."""
    needs = [need for step in terms.ladder for each in step.any for need in each]
    return {"", *(kind for need in needs if isinstance(need, Events) for kind in need.kinds)}


def _newest(indicator: Indicator) -> int | None:
    newest = Definition.objects.filter(indicator=indicator).latest_first().first()
    return newest.version if newest else None


def _claim(assessment: NewAssessment, version: int) -> Claim:
    return Claim(
        indicator=assessment.indicator.code,
        version=version,
        stance=Stance(assessment.stance),
        directness=Directness(assessment.directness),
        rung=assessment.rung,
    )


def _event(
    event: Mapping[str, Any], *, source: tuple[int, str], claims: Sequence[Claim], now: datetime
) -> Event:
    """The event as the rule would read it; its number is that of no evidence, its quote is taken as found."""
    tier, group = source
    undone = event.get("cancels")
    return Event(
        number=0,
        kind=event["kind"],
        occurred_on=event["occurred_on"],
        published_at=now,
        owner=event.get("owner", ""),
        country=event.get("country", ""),
        expires_on=event.get("expires_on"),
        cancels=undone.number if undone else None,
        self_published=event.get("self_published", False),
        quotes=(Quote(tier=tier, group=group),),
        claims=tuple(claims),
    )
