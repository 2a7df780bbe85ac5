"""What sources claim, with what each of them is; whom each actor was controlled by."""

from collections.abc import Mapping

from django.db.models import QuerySet

from indicators.models import Actor, Publication, Statement
from indicators.rules.precedence import Claim

_OF_CLAIM = (
    "slug", "value", "publication__slug", "publication__kind", "publication__publisher", "publication__published_on",
    "publication__party__slug",
)  # fmt: skip


def claims_of(statements: QuerySet[Statement]) -> list[Claim]:
    """What these statements claim, with what their sources are; without opinions and what was replaced."""
    origins, above = _origins(), groups()
    standing = statements.filter(superseded_by__isnull=True).exclude(claim=Statement.Claim.OPINION)
    return [
        Claim(
            statement=slug,
            value=value,
            kind=kind,
            origin=origins.get(source, source),
            publisher=publisher,
            told_on=day.isoformat(),
            party=above.get(party, party),
        )
        for slug, value, source, kind, publisher, day, party in standing.values_list(*_OF_CLAIM)
    ]


def groups(*, as_of: str | None = None) -> dict[str, str]:
    """Each actor that another controlled on that day → the one at the top."""
    above = {
        slug: group
        for slug, group, since, until in Actor.objects.filter(group__isnull=False).values_list(
            "slug", "group__slug", "group_since", "group_until"
        )
        if (as_of is None or since <= as_of) and (not until or (as_of is not None and as_of < until))
    }
    return {slug: _top(slug, above) for slug in above}


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
