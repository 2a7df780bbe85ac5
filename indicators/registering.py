"""Enter what sources say of deals: statements, deals, their status and amounts, contradictions; nothing is overwritten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from indicators import ledger
from indicators.legs import STATUSES
from indicators.models import (
    Actor,
    Confidence,
    Contradiction,
    Deal,
    DealEvent,
    DealParty,
    Indicator,
    LedgerEntry,
    Leg,
    LegAmount,
    Publication,
    Statement,
)
from indicators.rules.precedence import out_of_order
from indicators.rules.quotes import contains_quote

Kind = LedgerEntry.Kind
WORDS = tuple(
    f"{name}_{language}" for name in ("title", "note", "counter_reading") for language in ("fr", "en")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """Where a statement stands: the page, who published it and when. A page that is known already is not entered again.

    `party` is the actor whose own document it is, `origin` the publication that it goes back to, by slug.
    """

    url: str
    title: str
    publisher: str
    published_on: date
    language: str
    kind: str = ""
    author: str = ""
    party: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatement:
    """One sourced value, or one sentence, with its quote; see Statement.

    `copies` are the words of the page as we keep them: where there are any, the quote must stand in one.
    """

    source: NewSource
    quote: str
    claim: str = Statement.Claim.REPORTED
    locator: str = ""
    field: str = ""
    value: str = ""
    unit: str = ""
    period: str = ""
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAmount:
    """An amount as a person confirmed it, in units of its currency; `hi` None: no published upper bound."""

    stage: str
    basis: str
    lo: Decimal
    hi: Decimal | None = None
    nominal: Decimal | None = None
    currency: str = ""
    currency_unstated: bool = False
    as_stated: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeg:
    """Who pays whom, by slug; `years` as the source tells how long.

    `vendors` are makers of the chips in it, by slug, each with the least and the most of its share (0 to 1);
    `condition` is the place, among those of the deal, of the leg without which there is none.
    """

    payer: str
    payee: str
    flow: str
    instrument: str
    amount: NewAmount | None = None
    years: int | None = None
    cash: bool = True
    contingent: bool = False
    derived: bool = False
    vendors: tuple[tuple[str, Decimal, Decimal], ...] = ()
    gigawatts: Decimal | None = None
    chips: int | None = None
    condition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeal:
    """A deal with its legs and the statement that tells of it; whoever pays or is paid is a party, `others` are too.

    `overlaps` are the deals that may speak of the same money, by slug.
    """

    slug: str
    title_fr: str
    title_en: str
    kind: str
    status: str
    announced: str
    in_totals: bool
    statement: NewStatement
    legs: tuple[NewLeg, ...]
    others: tuple[str, ...] = ()
    overlaps: tuple[str, ...] = ()
    link_evidence: str = ""
    headline: Decimal | None = None


@transaction.atomic
def record_statement(
    told: NewStatement,
    *,
    deal: Deal | None = None,
    leg: Leg | None = None,
    actor: Actor | None = None,
    now: datetime,
) -> Statement:
    """Enter what a source says of a deal, of one of its legs, or of an actor.

    Raises ValidationError when the quote is too long, is not in the copy that we keep, or nothing is named.
    """
    about = leg.deal if leg else deal
    if not about and not actor:
        raise ValidationError(_("Say of which deal or of which actor the source speaks."))
    row = _statement(told, deal=about, leg=leg, actor=actor, now=now)
    ledger.record(Kind.PUBLISHED, row, now=now)
    return row


@transaction.atomic
def supersede_statement(old: Statement, told: NewStatement, *, reason: str, now: datetime) -> Statement:
    """Correct a statement by a new one; the old one stays in sight with the public reason.

    Raises ValidationError where it was corrected already, or what `record_statement` raises.
    """
    Indicator.objects.one_writer_at_a_time()
    if old.superseded_by.exists():
        raise ValidationError(_("This statement has been corrected already: correct the new one."))
    if not reason:
        raise ValidationError(_("A correction needs its public reason."))
    about = {"deal": old.deal, "leg": old.leg, "actor": old.actor}
    row = _statement(told, **about, supersedes=old, correction_reason=reason, now=now)
    ledger.record(Kind.PUBLISHED, row, now=now)
    ledger.record(Kind.CORRECTED, old, now=now)
    return row


@transaction.atomic
def record_deal(told: NewDeal, *, now: datetime) -> Deal:
    """Enter a deal with its parties, legs and amounts, and the statement that tells of it.

    Raises ValidationError for an address that is taken, an actor that nobody knows, an amount out of order.
    """
    if told.status not in STATUSES:
        raise ValidationError(_("This is not a status of a deal."))
    names = {field.name for field in fields(NewDeal)} - {"statement", "legs", "others", "overlaps"}
    deal = _checked(Deal(**{name: getattr(told, name) for name in names}))
    legs = [_leg(deal, leg) for leg in told.legs]
    _tie(legs, told.legs)
    for slug, roles in _roles(told).items():
        _checked(DealParty(deal=deal, actor=_actor(slug), roles=sorted(roles)))
    statement = _statement(told.statement, deal=deal, now=now)
    _checked(DealEvent(deal=deal, happened=told.announced, status=told.status, statement=statement))
    overlaps = Deal.objects.filter(slug__in=told.overlaps)
    deal.overlaps_with.set(overlaps)
    ledger.record(Kind.PUBLISHED, statement, deal, now=now)
    ledger.record(Kind.EDITED, *overlaps, now=now)
    return deal


@transaction.atomic
def describe_deal(deal: Deal, words: Mapping[str, str], *, overlaps: Sequence[Deal], now: datetime) -> Deal:
    """Write titles, notes and the other reading of a deal again, and which deals may speak of the same money.

    `words` by the names of their columns. The ledger keeps those before. Raises ValidationError.
    """
    Indicator.objects.one_writer_at_a_time()
    row = Deal.objects.get(pk=deal.pk)
    if row in overlaps:
        raise ValidationError(_("A deal does not overlap with itself."))
    for name in WORDS:
        setattr(row, name, words[name])
    _checked(row)
    moved = set(row.overlaps_with.all()) ^ set(overlaps)
    row.overlaps_with.set(overlaps)
    ledger.record(Kind.EDITED, row, *sorted(moved, key=lambda each: each.slug), now=now)
    return row


@transaction.atomic
def change_status(
    deal: Deal, *, status: str, happened: str, statement: NewStatement, now: datetime
) -> DealEvent:
    """Enter that a deal was signed, cancelled…, on that day (or month, or year), as a source says."""
    if status not in STATUSES:
        raise ValidationError(_("This is not a status of a deal."))
    row = _statement(statement, deal=deal, now=now)
    event = _checked(DealEvent(deal=deal, happened=happened, status=status, statement=row))
    latest = max(deal.events.filter(status__in=STATUSES), key=lambda each: (each.happened, each.pk))
    Deal.objects.filter(pk=deal.pk).update(status=latest.status)
    ledger.record(Kind.PUBLISHED, row, Deal.objects.get(pk=deal.pk), now=now)
    return event


@transaction.atomic
def amend_amount(leg: Leg, amount: NewAmount, *, statement: NewStatement, now: datetime) -> LegAmount:
    """Enter another amount of a leg, at its stage and since its day; those before stay with their days."""
    if leg.amounts.filter(stage=amount.stage).exists() and not amount.since:
        raise ValidationError(_("Say since when this amount counts: another one of this stage is known."))
    row = _statement(statement, deal=leg.deal, leg=leg, now=now)
    entered = _amount(leg, amount)
    ledger.record(Kind.PUBLISHED, row, Deal.objects.get(pk=leg.deal_id), now=now)
    return entered


@transaction.atomic
def record_contradiction(
    statements: Sequence[Statement], *, what: tuple[str, str], recorded: tuple[str, str], now: datetime
) -> Contradiction:
    """Enter statements that cannot all be read the same way; `what` and `recorded` in French and in English."""
    Indicator.objects.one_writer_at_a_time()
    if not statements:
        raise ValidationError(_("Name the statements that contradict each other."))
    numbers = [int(number[1:]) for number in Contradiction.objects.values_list("number", flat=True)]
    deals = {row.deal for row in statements if row.deal}
    about = next(iter(sorted(deal.slug for deal in deals)), "") or statements[0].slug
    row = Contradiction(number=f"c{max(numbers, default=0) + 1:02}", about=about, state="open")
    row.what_fr, row.what_en = what
    row.recorded_fr, row.recorded_en = recorded
    _checked(row)
    row.deals.set(deals)
    row.statements.set(statements)
    ledger.record(Kind.PUBLISHED, row, now=now)
    return row


@transaction.atomic
def settle_contradiction(
    contradiction: Contradiction, *, state: str, recorded: tuple[str, str], now: datetime
) -> Contradiction:
    """Say that a contradiction is explained or resolved, and how, in French and in English; it stays in sight."""
    row = Contradiction.objects.select_for_update().get(pk=contradiction.pk)
    row.state = state
    row.recorded_fr, row.recorded_en = recorded
    _checked(row)
    ledger.record(Kind.CORRECTED, row, now=now)
    return row


def disorder(leg: Leg) -> list[str]:
    """What is strange in the amounts of a leg, in words: more was paid than bound, or bound than announced.

    It happens when a deal is amended, so that it is told and not refused.
    """
    newest = {row.stage: row for row in sorted(leg.amounts.all(), key=lambda row: (row.since, row.pk))}
    told = []
    for stages in out_of_order({stage: (row.lo, row.hi) for stage, row in newest.items()}):
        less, more = (newest[stage] for stage in stages)
        if less.currency == more.currency:
            names = {"less": less.get_stage_display(), "more": more.get_stage_display(), "leg": leg}
            told.append(_("%(leg)s: more is %(less)s than %(more)s. Check both amounts.") % names)
    return told


def record_source(told: NewSource, *, now: datetime) -> Publication:
    """The publication at that address: the one that is on record, else entered now. Raises ValidationError."""
    if known := Publication.objects.filter(url=told.url).first():
        return known
    said = {field.name: getattr(told, field.name) for field in fields(NewSource)}
    if told.published_on > localdate(now):
        raise ValidationError(_("A source is published today or before: correct its date."))
    said["party"] = _actor(told.party) if told.party else None
    said["origin"] = Publication.objects.filter(slug=told.origin).first() if told.origin else None
    slug = slugify(f"{told.publisher} {told.title}")[:44].strip("-") or "source"
    if Publication.objects.filter(slug=slug).exists():
        slug = _free_slug(Publication, f"{slug}-")
    row = _checked(Publication(slug=slug, **said))
    ledger.record(Kind.PUBLISHED, row, now=now)
    return row


def _statement(told: NewStatement, *, now: datetime, **about: Any) -> Statement:
    """The row, checked and saved, with its source; whoever calls enters it in the ledger."""
    Indicator.objects.one_writer_at_a_time()
    if told.copies and not any(contains_quote(copy, told.quote) for copy in told.copies):
        raise ValidationError(_("This quote does not stand in the stored text; copy it from the document."))
    subject = next(about[name] for name in ("leg", "deal", "actor") if about.get(name))
    names = {field.name for field in fields(NewStatement)} - {"source", "copies"}
    said = {name: getattr(told, name) for name in names}
    slug = _free_slug(Statement, f"{subject.slug}/s")
    return _checked(
        Statement(
            slug=slug, publication=record_source(told.source, now=now), recorded_at=now, **about, **said
        )
    )


def _leg(deal: Deal, told: NewLeg) -> Leg:
    slug = f"{deal.slug}/{slugify(told.instrument)}"
    taken = Leg.objects.filter(slug=slug).exists()
    ends = {"payer": _actor(told.payer), "payee": _actor(told.payee)}
    names = ("flow", "instrument", "cash", "contingent", "derived")
    row = Leg(
        slug=_free_slug(Leg, f"{slug}-") if taken else slug, deal=deal, confidence=Confidence.LOW, **ends
    )
    for name in names:
        setattr(row, name, getattr(told, name))
    row.term = {"years": told.years} if told.years else {}
    row.vendors = [_vendor(*each) for each in told.vendors]
    quantities = {"gigawatts": told.gigawatts and str(told.gigawatts), "chips": told.chips}
    row.physical = {name: value for name, value in quantities.items() if value}
    _checked(row)
    if told.amount:
        _amount(row, told.amount)
    return row


def _vendor(slug: str, lo: Decimal, hi: Decimal) -> dict[str, str]:
    return {"actor": _actor(slug).slug, "lo": str(lo), "hi": str(hi)}


def _tie(legs: Sequence[Leg], told: Sequence[NewLeg]) -> None:
    """Each leg to the one without which there is none. Raises ValidationError."""
    for place, (row, new) in enumerate(zip(legs, told, strict=True)):
        if new.condition is None:
            continue
        if new.condition == place or not 0 <= new.condition < len(legs):
            raise ValidationError(_("A payment depends on another payment of the deal."))
        row.conditional_on = legs[new.condition]
        _checked(row)


def _amount(leg: Leg, told: NewAmount) -> LegAmount:
    said = {field.name: getattr(told, field.name) for field in fields(NewAmount)}
    return _checked(LegAmount(leg=leg, **said))


_ENDS = {"F": ("investor", "investee"), "P": ("customer", "supplier")}


def _roles(told: NewDeal) -> dict[str, set[str]]:
    """Each party with its roles, as its legs tell them."""
    roles: dict[str, set[str]] = {}
    for leg in told.legs:
        for slug, role in zip(
            (leg.payer, leg.payee), _ENDS.get(leg.flow, ("partner", "partner")), strict=True
        ):
            roles.setdefault(slug, set()).add(role)
    return {slug: {"partner"} for slug in told.others} | roles


def _actor(slug: str) -> Actor:
    found = Actor.objects.filter(slug=slug).first()
    if found is None:
        raise ValidationError(_("Nobody of this name is known: %(slug)s") % {"slug": slug})
    return found


def _free_slug(model: type[Model], prefix: str) -> str:
    """The prefix and the first number under which no row stands."""
    taken = set(model.objects.filter(slug__startswith=prefix).values_list("slug", flat=True))
    number = 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def _checked(row: Any) -> Any:
    """Save a row after its own validation, so that a broken invariant comes back in words."""
    row.full_clean()
    row.save()
    return row
