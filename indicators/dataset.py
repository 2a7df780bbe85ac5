"""What the index is computed from: legs, figures and answers as one plain data set, each with its source."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.db.models import Q

from indicators.claims import claims_of, groups
from indicators.legs import DOLLAR, MILLION, plain_legs, plain_number
from indicators.models import Actor, Answer, Statement
from indicators.rules import precedence
from indicators.rules.deal_graph import LIVE, status_on
from indicators.rules.dependence import CHIP_SUPPLIER

FOLDER = Path(__file__).parent / "data"
# What a statement about an actor may be about, and the name that the data set has for it.
MONEY = {"revenue": "revenue", "other_sales": "other_sales"}
FIGURES = MONEY | {"chip_architectures": "architectures"}
DECLARED = "commitments_total_declared"
COMPLETE = {f"{name}_complete": name for name in ("purchases", "financing", "cross_financing")}
PUBLISHED = "amount_and_term_published/"  # asked of each deal of an actor: did a party publish both?
# What the data set says of a quote, and what of it is left out where it is not told.
_MAY_LACK = ("deal", "leg", "field", "value", "unit", "period")
_QUOTED = {name: name for name in ("quote", "locator", "claim", "field", "value", "unit", "period")}
_QUOTED |= {name: f"publication__{name}" for name in ("publisher", "url", "language", "published_on")}
_QUOTED |= {name: f"{name}__slug" for name in ("deal", "leg")}

Row = dict[str, Any]
Figures = defaultdict[int, list[Statement]]


def methodologies() -> dict[str, Row]:
    """Every version of the methodology that we hold, by its number, the oldest first."""
    read = [json.loads(path.read_bytes()) for path in sorted(FOLDER.glob("methodology-*.json"))]
    return {told["version"]: told for told in read}


def methodology() -> Row:
    """The methodology in force: the newest version."""
    return list(methodologies().values())[-1]


def dataset(*, cut_off: date) -> Row:
    """The world of that day as it is known now, in the shape that everybody downloads; amounts in millions of dollars.

    A deal counts from its announcement on, a figure or an answer from the publication of its source on, whenever we
    entered them: docs/decisions/0040. What nobody tells is absent: it is never 0, and a question that nobody asked is
    never answered “no”.
    """
    day = cut_off.isoformat()
    legs = list(_begun(plain_legs(as_of=day), day))
    figures = figures_of(cut_off)
    return {
        "cut_off": day,
        "view": {"as_of": day, "groups": groups(as_of=day)},
        "legs": legs,
        "actors": actors_of(legs, figures, cut_off=cut_off),
        "statements": _statements(legs, figures.values()),
    }


def actors_of(legs: Sequence[Row], figures: Figures, *, cut_off: date) -> list[Row]:
    """What the data set of a day says of each actor, given its legs and its figures."""
    answers, deals = _answers(cut_off), _deals(legs, cut_off.isoformat())
    return [
        _actor(actor, figures[actor.pk], answers[actor.pk], deals=deals[actor.slug])
        for actor in Actor.objects.on_record().order_by("slug")
    ]


def figures_of(cut_off: date) -> Figures:
    """Of what sources say on one field of one actor, what the registry displays; that a sum is complete, only the
    actor's own document may say."""
    fields = {*FIGURES, *COMPLETE, DECLARED}
    published = Statement.objects.filter(publication__published_on__lte=cut_off)
    rows = published.filter(actor__isnull=False, field__in=fields).order_by("pk")
    by_slug = {row.slug: row for row in rows.select_related("publication")}
    by_field = defaultdict(dict)
    for claim in claims_of(rows):
        row = by_slug[claim.statement]
        if row.field not in COMPLETE or row.publication.party_id == row.actor_id:
            by_field[row.actor_id, row.field][claim] = row
    told = defaultdict(list)
    for (actor, _field), claimed in sorted(by_field.items()):
        told[actor].append(claimed[precedence.displayed(list(claimed))])
    return told


def _begun(legs: Sequence[Row], day: str) -> Iterator[Row]:
    """The legs that were announced by that day, without what became of them later."""
    begun = {leg["id"]: status for leg in legs if (status := status_on(leg, day))}
    for leg in legs:
        if leg["id"] in begun:
            history = [event for event in leg["status_history"] if event["date"] <= day]
            condition = leg["conditional_on"] if leg["conditional_on"] in begun else None
            then = {"status": begun[leg["id"]], "status_history": history, "conditional_on": condition}
            yield leg | then


def _answers(cut_off: date) -> defaultdict[int, list[Answer]]:
    """The last answer to each question of each actor, of those that were published, or searched for, by that day."""
    quoted = Q(publication__published_on__lte=cut_off)
    searched = Q(publication=None) & (Q(searched_on=None) | Q(searched_on__lte=cut_off))
    told = defaultdict(list)
    for row in Answer.objects.filter(quoted | searched).select_related("publication").standing():
        told[row.actor_id].append(row)
    return told


def _deals(legs: Iterable[Row], day: str) -> defaultdict[str, set[str]]:
    """The deals of each actor that count on that day."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for leg in legs:
        if status_on(leg, day) in LIVE:
            found[leg["payer"]].add(leg["deal"])
            found[leg["payee"]].add(leg["deal"])
    return found


def _actor(actor: Actor, figures: Sequence[Statement], answers: Sequence[Answer], *, deals: set[str]) -> Row:
    told: Row = {"id": actor.slug, "name": actor.name, "rated": actor.rated}
    if CHIP_SUPPLIER in actor.roles:
        told["role"] = CHIP_SUPPLIER
    values = {row: value for row in figures if (value := _value(row)) is not None}
    for row, value in values.items():
        if row.field in COMPLETE:
            told["complete"] = told.get("complete", {}) | {COMPLETE[row.field]: True}
        elif row.field == DECLARED:
            told["declared_commitments"] = value
        else:
            told[FIGURES[row.field]] = value
    if values:
        told["sources"] = {row.field: row.slug for row in values}
    return told | (_answered(answers, deals) if answers else {})


def _value(row: Statement) -> Any:
    """What a statement gives the index; None when it gives nothing that can be counted."""
    if row.field in COMPLETE:
        return True if row.value == "true" else None
    try:
        low, high = _bounds(row.value)
    except InvalidOperation:
        return None
    if row.field in FIGURES and row.field not in MONEY:
        return [plain_number(low), plain_number(high)]
    if row.unit != DOLLAR:
        return None
    low, high = low / MILLION, None if high is None else high / MILLION
    return plain_number(high) if row.field == DECLARED else [plain_number(low), plain_number(high)]


def _bounds(text: str) -> tuple[Decimal, Decimal | None]:
    """12700, or 2..3, or 2.. without an upper bound. Raises InvalidOperation."""
    low, between, high = text.partition("..")
    return Decimal(low), Decimal(high) if high else None if between else Decimal(low)


def _answered(answers: Sequence[Answer], deals: set[str]) -> Row:
    """The answers by checklist, as the rule reads them, and each with what it rests on, as people read it."""
    checklists = methodology()["checklists"]
    found = {row.question: row.found for row in answers}
    told: Row = {"answered": {row.question: _rests_on(row) for row in answers}}
    told["answers"] = {
        name: {question: found[question] for question in questions if question in found}
        for name, questions in checklists.items()
        if found.keys() & set(questions)
    }
    published = [found[PUBLISHED + deal] for deal in sorted(deals) if PUBLISHED + deal in found]
    if published:
        sure, no = published.count("yes"), published.count("no") + published.count("partial")
        told["deal_disclosure"] = [sure, len(deals) - no, len(deals)]
    return told


def _rests_on(row: Answer) -> Row:
    told: Row = {"found": row.found}
    if row.publication:
        told |= {"quote": row.quote, "locator": row.locator, **_source(row.publication)}
    if row.searched_on:
        told |= {"searched_on": row.searched_on.isoformat(), "searched_in": row.searched_in}
    return told


def _statements(legs: Iterable[Row], figures: Iterable[Iterable[Statement]]) -> dict[str, Row]:
    """The quotes behind the legs and the figures, by slug."""
    of_deals = Statement.objects.filter(deal__slug__in={leg["deal"] for leg in legs}, superseded_by=None)
    of_actors = {row.pk for rows in figures for row in rows}
    rows = (of_deals | Statement.objects.filter(pk__in=of_actors)).order_by("slug")
    told = rows.values_list("slug", "publication__title", *_QUOTED.values())
    return {
        slug: _statement(dict(zip(_QUOTED, columns, strict=True)), title=title)
        for slug, title, *columns in told
    }


def _statement(told: Row, *, title: str) -> Row:
    told |= {"publisher": told["publisher"] or title, "published_on": told["published_on"].isoformat()}
    return {name: value for name, value in told.items() if value or name not in _MAY_LACK}


def _source(publication: Any) -> Mapping[str, str]:
    return {
        "publisher": publication.publisher or publication.title,
        "url": publication.url,
        "language": publication.language,
        "published_on": publication.published_on.isoformat(),
    }
