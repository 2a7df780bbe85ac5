"""An entry of the registry as plain values, kept until two agree on it → the verb that it asks for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from indicators import amending, assessing, registering, retiring
from indicators.amending import NewControl
from indicators.assessing import NewArticleAssessment, NewPoints
from indicators.models import (
    Actor,
    ArticleAssessment,
    Contradiction,
    Control,
    Deal,
    DealEvent,
    Leg,
    LegAmount,
    Statement,
)
from indicators.registering import NewAmount, NewDeal, NewLeg, NewSource, NewStatement

Entry = Mapping[str, Any]  # `change`, and what that change needs; JSON


def takes_two(entry: Entry) -> bool:
    """Whether an entry moves what is counted in totals, so that a second editor has to agree."""
    if entry["change"] == "deal":
        return bool(entry["in_totals"])
    if entry["change"] == "control":  # whose payments are added up, and which circuits there are
        return True
    return entry["change"] in ("status", "amount", "payment", "retirement") and _deal(entry["deal"]).in_totals


def enter(entry: Entry, *, copies: Iterable[str] = (), now: datetime) -> Model:
    """Do what a form or an adopted proposal asks for, told as plain values; see `tracker/admin/registryforms.py`.

    Raises ValidationError, with nothing done.
    """
    told = (
        {**entry, "statement": _told_statement(entry["statement"], copies)} if "statement" in entry else entry
    )
    return _ENTER[entry["change"]](told, now=now)


def _enter_deal(told: Entry, *, now: datetime) -> Deal:
    names = {field.name for field in fields(NewDeal)}
    legs = tuple(NewLeg(**leg | _told_exactly(leg)) for leg in told["legs"])
    headline = Decimal(told["headline"]) if told.get("headline") else None
    lists = {name: tuple(told.get(name, ())) for name in ("others", "overlaps")}
    kept = {name: value for name, value in told.items() if name in names}
    return registering.record_deal(
        NewDeal(**kept | {"legs": legs, "headline": headline} | lists),
        now=now,
    )


def _enter_statement(told: Entry, *, now: datetime) -> Statement:
    about = {
        "deal": Deal.objects.filter(slug=told.get("deal", "")).first(),
        "leg": Leg.objects.filter(slug=told.get("leg", "")).first(),
        "actor": Actor.objects.filter(slug=told.get("actor", "")).first(),
    }
    return registering.record_statement(told["statement"], **about, now=now)


def _enter_correction(told: Entry, *, now: datetime) -> Statement:
    old = Statement.objects.get(slug=told["corrects"])
    row = registering.supersede_statement(old, told["statement"], reason=told["reason"], now=now)
    amending.carry_over(old, row, now=now)
    return row


def _enter_status(told: Entry, *, now: datetime) -> DealEvent:
    asked = {name: told[name] for name in ("status", "happened", "statement")}
    return registering.change_status(_deal(told["deal"]), **asked, now=now)


def _enter_amount(told: Entry, *, now: datetime) -> LegAmount:
    leg, amount = Leg.objects.get(slug=told["leg"]), _told_amount(told["amount"])
    return registering.amend_amount(leg, amount, statement=told["statement"], now=now)


def _enter_payment(told: Entry, *, now: datetime) -> Leg:
    leg, asked = Leg.objects.get(slug=told["leg"]), {name: told[name] for name in ("since", "statement")}
    return amending.amend_leg(leg, told["changes"], **asked, now=now)


def _enter_control(told: Entry, *, now: datetime) -> Control:
    names = {field.name for field in fields(NewControl)}
    new = NewControl(**{name: value for name, value in told.items() if name in names})
    return amending.record_control(new, statement=told["statement"], now=now)


def _enter_assessment(told: Entry, *, now: datetime) -> ArticleAssessment:
    points = [NewPoints(**each | {"points": Decimal(each["points"])}) for each in told["points"]]
    totals = {name: told[name] and Decimal(told[name]) for name in ("declared_total", "declared_max")}
    lists = {name: tuple(told[name]) for name in ("vigilance", "open_points")}
    kept = {name: told[name] for name in ("framework", "assessor", "quote")}
    on = date.fromisoformat(told["assessed_on"])
    new = NewArticleAssessment(**kept, **totals, **lists, assessed_on=on, points=tuple(points))
    if told.get("corrects"):
        old = ArticleAssessment.objects.get(pk=told["corrects"])
        return assessing.correct_assessment(old, new, reason=told["reason"], now=now)
    return assessing.assess_article(new, source=_told_source(told["source"]), now=now)


def _enter_contradiction(told: Entry, *, now: datetime) -> Contradiction:
    rows = list(Statement.objects.filter(slug__in=told["statements"]).select_related("deal"))
    words = {name: (told[f"{name}_fr"], told[f"{name}_en"]) for name in ("what", "recorded")}
    return registering.record_contradiction(rows, **words, now=now)


def _settle(told: Entry, *, now: datetime) -> Contradiction:
    row = Contradiction.objects.get(number=told["contradiction"])
    recorded = (told["recorded_fr"], told["recorded_en"])
    return registering.settle_contradiction(row, state=told["state"], recorded=recorded, now=now)


def _describe(told: Entry, *, now: datetime) -> Deal:
    overlaps = list(Deal.objects.filter(slug__in=told["overlaps"]))
    deal = _deal(told["deal"])
    return registering.describe_deal(deal, told["words"], overlaps=overlaps, now=now)


def _retire(told: Entry, *, now: datetime) -> Deal:
    other = _deal(told["replaced_by"]) if told["replaced_by"] else None
    reason = (told["reason_fr"], told["reason_en"])
    return retiring.retire(_deal(told["deal"]), reason=reason, replaced_by=other, now=now)


_ENTER: Mapping[str, Callable[..., Model]] = {
    "deal": _enter_deal,
    "statement": _enter_statement,
    "correction": _enter_correction,
    "status": _enter_status,
    "amount": _enter_amount,
    "payment": _enter_payment,
    "control": _enter_control,
    "assessment": _enter_assessment,
    "contradiction": _enter_contradiction,
    "settling": _settle,
    "words": _describe,
    "retirement": _retire,
}


def _deal(slug: str) -> Deal:
    """A deal of the registry. Raises ValidationError where it was retired meanwhile."""
    found = Deal.objects.filter(slug=slug).first()
    if found is None:
        raise ValidationError(
            _("This deal is not in the registry, or not any more: %(slug)s") % {"slug": slug}
        )
    return found


def _told_statement(told: Entry, copies: Iterable[str]) -> NewStatement:
    return NewStatement(**told | {"source": _told_source(told["source"]), "copies": tuple(copies)})


def _told_source(told: Entry) -> NewSource:
    return NewSource(**told | {"published_on": date.fromisoformat(told["published_on"])})


def _told_exactly(leg: Entry) -> dict[str, Any]:
    """The parts of a leg that are no plain values in the end."""
    gigawatts = leg.get("gigawatts")
    return {
        "amount": _told_amount(leg["amount"]) if leg.get("amount") else None,
        "vendors": tuple((slug, Decimal(lo), Decimal(hi)) for slug, lo, hi in leg.get("vendors", ())),
        "gigawatts": None if gigawatts is None else Decimal(gigawatts),
    }


def _told_amount(told: Entry) -> NewAmount:
    exact = {name: Decimal(told[name]) for name in ("lo", "hi", "nominal") if told.get(name) is not None}
    return NewAmount(**told | exact)
