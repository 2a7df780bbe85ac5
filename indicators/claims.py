"""What sources claim, with what each of them is; whom each actor was controlled by."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from indicators.models import Control, Publication, Statement
from indicators.rules.precedence import Claim

ByLegAndDeal = tuple[Mapping[int, list[Claim]], Mapping[int, list[Claim]]]


def claims_of(statements: QuerySet[Statement]) -> list[Claim]:
    """What these statements claim, with what their sources are; without opinions and what was replaced."""
    return [claim for claim, *_about in _claims(statements)]


def claims_by_leg_and_deal(statements: QuerySet[Statement], *, as_of: str | None = None) -> ByLegAndDeal:
    """What these statements claimed by then of each leg, and of each deal without naming a leg."""
    of_legs, of_deals = defaultdict(list), defaultdict(list)
    for claim, leg, deal in _claims(statements, "leg_id", "deal_id"):
        if as_of is None or claim.told_on <= as_of:
            (of_legs[leg] if leg else of_deals[deal]).append(claim)
    return of_legs, of_deals


def groups(*, as_of: str | None = None) -> dict[str, str]:
    """Each actor that another controlled on that day (now, without one) → the one at the top."""
    above = controlled_by(as_of=as_of)
    return {slug: _top(slug, above) for slug in above}


def controlled_by(*, as_of: str | None = None) -> dict[str, str]:
    """Each actor that another controlled on that day (now, without one) → that one, be it controlled itself."""
    periods = Control.objects.standing().select_related("actor", "group")
    return {each.actor.slug: each.group.slug for each in periods if each.holds_on(as_of)}


def _claims(statements: QuerySet[Statement], *about: str) -> Iterator[tuple[Any, ...]]:
    """Each claim, followed by these columns of its statement."""
    standing = statements.filter(superseded_by__isnull=True).exclude(claim=Statement.Claim.OPINION)
    sources = _sources(Publication.objects.filter(pk__in=standing.values("publication")))
    for slug, value, source, *columns in standing.values_list("slug", "value", "publication", *about):
        yield Claim(statement=slug, value=value, **sources[source]), *columns


def _sources(publications: QuerySet[Publication]) -> dict[int, dict[str, Any]]:
    """What a claim says of the publication in which it stands."""
    origins, above = _origins(), groups()
    columns = ("pk", "slug", "kind", "publisher", "published_on", "party__slug")
    return {
        pk: {
            "kind": kind,
            "origin": origins.get(slug, slug),
            "publisher": publisher,
            "told_on": day.isoformat(),
            "party": above.get(party, party),
        }
        for pk, slug, kind, publisher, day, party in publications.values_list(*columns)
    }


def _origins() -> dict[str, str]:
    """Each publication that goes back to another → the one where it began."""
    above = dict(Publication.objects.filter(origin__isnull=False).values_list("slug", "origin__slug"))
    return {slug: _top(slug, above) for slug in above}


def _top(slug: str, above: Mapping[str, str]) -> str:
    """The end of the way up; of those that go in a ring, the smallest name."""
    passed = [slug]
    while (slug := above.get(slug, "")) and slug not in passed:
        passed.append(slug)
    return min(passed[passed.index(slug) :]) if slug else passed[-1]
