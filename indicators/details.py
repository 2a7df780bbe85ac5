"""What sources tell of the contract behind a leg: which value counted on a day, beside the others."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from indicators.claims import claims_by_leg_and_deal, claims_of
from indicators.models import Leg, LegDetail, Statement
from indicators.rules import precedence
from indicators.rules.precedence import Claim

_FIRST = ""  # in the place of a statement: what stood when the leg was entered
_NOBODY = Claim(statement=_FIRST, value="", kind="", origin="", publisher="", told_on="")
_EMPTY: tuple[Any, ...] = ({}, [], None, "")


def of_day(as_of: str | None = None) -> dict[str, dict[str, Any]]:
    """The columns of which sources told more than once, as they counted on that day, by the slug of the leg.

    Without a day, what counts of all that is told: what the columns of the leg hold already.
    """
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row, counts in told(as_of=as_of):
        if counts:
            found[row.leg.slug][row.field] = row.value
    return dict(found)


def told(*, as_of: str | None = None, legs: Collection[int] | None = None) -> list[tuple[LegDetail, bool]]:
    """Every value that was told by that day, as it was entered, and whether it is the one that counted.

    What says since when it counts takes the place of all before that day. Of those that speak of the same time, the best
    kind of source decides, then the latest one; with neither day nor source, a value counts from the first day on.
    """
    rows = LegDetail.objects.select_related("leg", "statement__publication")
    rows = rows if legs is None else rows.filter(leg__in=legs)
    by_column: dict[tuple[int, str], list[LegDetail]] = defaultdict(list)
    for row in rows:
        by_column[row.leg_id, row.field].append(row)
    if not by_column:
        return []
    claims = _claims(rows)
    founding = _founding({row.leg for row in rows})
    found = []
    for (leg, _field), entered in by_column.items():
        known = [row for row in entered if _is_told(row, claims, as_of)]
        chosen = _chosen(known, claims, founding.get(leg, ()))
        found += [(row, row == chosen) for row in known]
    return found


def applied(legs: Iterable[Leg], *, as_of: str) -> None:
    """Set on these legs, unsaved, the values that counted on that day."""
    own = {leg.slug: leg for leg in legs}
    counted = {slug: columns for slug, columns in of_day(as_of).items() if slug in own}
    conditions = {columns.get(LegDetail.Field.CONDITION) for columns in counted.values()} - {None}
    ends = ("payer", "payee", "deal")
    others = {leg.slug: leg for leg in Leg.objects.filter(slug__in=conditions).select_related(*ends)}
    for slug, columns in counted.items():
        for field, value in columns.items():
            setattr(own[slug], field, others.get(value) if field == LegDetail.Field.CONDITION else value)


def _is_told(row: LegDetail, claims: Mapping[int, Claim], as_of: str | None) -> bool:
    if row.statement_id is None:
        return True
    claim = claims.get(row.statement_id)
    return claim is not None and (as_of is None or (row.since or claim.told_on) <= as_of)


def _chosen(rows: Sequence[LegDetail], claims: Mapping[int, Claim], founding: Iterable[Claim]) -> LegDetail:
    since = max(row.since for row in rows)
    by_name, said = {}, []
    for row in (row for row in rows if row.since == since):
        value = json.dumps(row.value, sort_keys=True)
        if row.statement_id:
            name = f"{row.pk:012}"
            said.append(claims[row.statement_id]._replace(statement=name, value=value))
        else:
            name = _FIRST
            known = [] if row.value in _EMPTY else founding or [_NOBODY]
            said += [claim._replace(statement=_FIRST, value=value) for claim in known]
        by_name[name] = row
    best = precedence.displayed(said)
    return by_name[best.statement if best else _FIRST]


def _claims(rows: QuerySet[LegDetail]) -> dict[int, Claim]:
    """What the statements behind these values are, by their key; without those that were replaced."""
    statements = Statement.objects.filter(pk__in=rows.exclude(statement=None).values("statement"))
    keys = dict(statements.values_list("slug", "pk"))
    return {keys[claim.statement]: claim for claim in claims_of(statements)}


def _founding(legs: Collection[Leg]) -> dict[int, list[Claim]]:
    """What each leg was entered on: the statements of it, or else of its deal, that tell none of these values."""
    statements = Statement.objects.filter(deal__in={leg.deal_id for leg in legs}, details=None)
    of_legs, of_deals = claims_by_leg_and_deal(statements)
    return {leg.pk: of_legs[leg.pk] or of_deals[leg.deal_id] for leg in legs}
