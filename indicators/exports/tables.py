"""The tables that leave: one generator of rows for each, for the files and for the API alike.

Amounts are in millions of US dollars, as in the data set of the index. What nobody knows is None, never 0.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from indicators import details, registry
from indicators.legs import MILLION
from indicators.models import (
    Actor,
    Answer,
    Contradiction,
    Control,
    Deal,
    DealEvent,
    DealParty,
    Edition,
    Evidence,
    ExchangeRate,
    Leg,
    LegAmount,
    Publication,
    Reply,
    Score,
    Statement,
)
from indicators.rules.deal_graph import status_on

NOT_YET = "not_yet"

Row = dict[str, Any]


def actors() -> Iterator[Row]:
    """Companies and bodies; `group` is the one that controls them now."""
    held = {row.actor_id: row for row in Control.objects.standing().filter(until="").select_related("group")}
    for actor in Actor.objects.on_record().order_by("slug"):
        control = held.get(actor.pk)
        yield {
            "actor_id": actor.slug,
            "name": actor.name,
            "kind": actor.kind,
            "group": control.group.slug if control else None,
            "group_since": (control and control.since) or None,
            "group_until": None,
            "identifiers": [f"{told['scheme']}:{told['id']}" for told in actor.identifiers],
            "country": actor.country or None,
            "roles": actor.roles,
            "rated": actor.rated,
            "note_fr": actor.note_fr or None,
            "note_en": actor.note_en or None,
        }


def deals() -> Iterator[Row]:
    """Deals as sources describe them; the headline counts once, umbrellas do not count in totals."""
    for deal in Deal.objects.prefetch_related("overlaps_with").order_by("slug"):
        whole = deal.whole
        yield {
            "deal_id": deal.slug,
            "title_fr": deal.title_fr,
            "title_en": deal.title_en,
            "kind": deal.kind,
            "status": deal.status,
            "date_announced": deal.announced or None,
            "in_totals": deal.in_totals,
            "headline_musd": _millions(deal.headline),
            "whole_lo_millions": _millions(whole and whole.lo),
            "whole_hi_millions": _millions(whole and whole.hi),
            "whole_currency": (whole and whole.currency) or None,
            "whole_as_stated": (whole and whole.as_stated) or None,
            "link_evidence": deal.link_evidence or None,
            "overlaps_with": sorted(other.slug for other in deal.overlaps_with.all()),
            "note_fr": deal.note_fr or None,
            "note_en": deal.note_en or None,
        }


def parties() -> Iterator[Row]:
    """Who takes part in a deal, with every role that the source gives."""
    found = DealParty.objects.order_by("deal__slug", "actor__slug")
    return _read(found, deal_id="deal__slug", actor_id="actor__slug", roles="roles")


def legs(*, as_of: str | None = None) -> Iterator[Row]:
    """Who pays whom, one row for each leg, each with the quote that founds its deal.

    `as_of` (2025, 2025-09 or 2025-09-22) gives amounts and statuses as they stood; before its announcement a leg
    is "not_yet".
    """
    told = {leg: words for leg, *words in Leg.objects.values_list("slug", "deal__announced", "term")}
    of_day = details.of_day(as_of) if as_of else {}
    quotes, counted = _founding_quotes(), _amounts(as_of)
    for plain in registry.legs(as_of=as_of):
        announced, term = told[plain["id"]]
        term = of_day.get(plain["id"], {}).get("term", term)
        source, locator, quote = quotes.get(plain["deal"], (None, "", None))
        basis, as_stated = counted.get((plain["id"], plain["stage"]), ("undisclosed", ""))
        yield {
            "deal_id": plain["deal"],
            "leg_id": plain["id"],
            "payer": plain["payer"],
            "payee": plain["payee"],
            "flow": plain["flow"],
            "instrument": plain["instrument"],
            "basis": basis,
            "lo_musd": plain["lo"],
            "hi_musd": plain["hi"],
            "nominal_musd": plain["nominal"],
            "currency": plain["currency"],
            "as_stated": as_stated or None,
            "status": status_on(plain, as_of) or NOT_YET,
            "date_announced": announced or None,
            "term": term.get("as_stated") or None,
            "conditional_on": plain["conditional_on"],
            "derived": plain["derived"],
            "confidence": plain["confidence"],
            "source": source,
            "line": locator.removeprefix("l. ") or None,
            "quote": quote,
        }


def amounts() -> Iterator[Row]:
    """What is announced, committed and disbursed of each leg, in its own currency; amended amounts stay."""
    found = LegAmount.objects.order_by("leg__deal__slug", "leg__pk", "stage", "since")
    bounds = {f"{name}_millions": name for name in ("lo", "hi", "nominal")}
    columns = {"leg_id": "leg__slug"} | _same("stage since basis") | bounds | _same("currency as_stated")
    for row in _read(found, **columns):
        yield row | {name: _millions(row[name]) for name in bounds}


def statements() -> Iterator[Row]:
    """Every sourced value with its quote; a correction is a new statement that names the one it replaces."""
    return _read(
        Statement.objects.order_by("slug"),
        statement_id="slug",
        deal_id="deal__slug",
        leg_id="leg__slug",
        actor_id="actor__slug",
        **_same("field value unit period claim quote locator"),
        source="publication__slug",
        source_url="publication__url",
        source_date="publication__published_on",
        supersedes="supersedes__slug",
        correction_reason="correction_reason",
        recorded_on="recorded_at",
    )


def sources() -> Iterator[Row]:
    """The publications that statements and answers are quoted from; those of one `origin` count as one."""
    of_registry = Q(statements__isnull=False, statements__deal__retired_at=None)
    quoted = of_registry | Q(answers__isnull=False)
    return _read(
        Publication.objects.filter(quoted).distinct().order_by("slug"),
        source_id="slug",
        **_same("title publisher url published_on language kind"),
        origin="origin__slug",
        party="party__slug",
    )


def rates() -> Iterator[Row]:
    """The exchange rates by which amounts in other currencies than the dollar are converted."""
    return _read(
        ExchangeRate.objects.order_by("day", "currency"), **_same("day currency per_euro source_url")
    )


def events() -> Iterator[Row]:
    """What happened to deals, at the date and precision of the source."""
    found = DealEvent.objects.order_by("deal__slug", "happened", "pk")
    return _read(
        found, deal_id="deal__slug", date="happened", status="status", statement_id="statement__slug"
    )


def contradictions() -> Iterator[Row]:
    """Where sources cannot all be read the same way, with every statement concerned."""
    told = (Prefetch("deals", Deal.objects.all()), Prefetch("statements", Statement.objects.all()))
    for row in Contradiction.objects.prefetch_related(*told).order_by("number"):
        yield {
            "contradiction_id": row.number,
            "state": row.state,
            "about": row.about,
            "deals": sorted(deal.slug for deal in row.deals.all()),
            "what_fr": row.what_fr,
            "what_en": row.what_en,
            "recorded_fr": row.recorded_fr,
            "recorded_en": row.recorded_en,
            "statements": sorted(statement.slug for statement in row.statements.all()),
        }


def answers() -> Iterator[Row]:
    """Every answer to a question of a checklist; the last one to a question about an actor is in force."""
    return _read(
        Answer.objects.order_by("actor__slug", "question", "recorded_at", "slug"),
        answer_id="slug",
        actor_id="actor__slug",
        **_same("question found quote locator"),
        source="publication__slug",
        source_url="publication__url",
        **_same("searched_on searched_in"),
        recorded_on="recorded_at",
    )


def editions() -> Iterator[Row]:
    """The editions of the index, the newest first, each bound to its files by their hashes."""
    hashes = _same("dataset_sha256 methodology_sha256 results_sha256")
    return _read(
        Edition.objects.order_by("-cut_off_on", "-published_at"),
        edition="slug",
        **_same("cut_off_on methodology code_version seed"),
        **hashes,
        corrects="corrects__slug",
        reason="reason",
        published_on="published_at",
    )


def scores() -> Iterator[Row]:
    """The guaranteed interval of each actor in each edition: of the index, of its dimensions and indicators."""
    found = Score.objects.filter(reading=Score.Reading.GUARANTEED)
    return _read(
        found.order_by("-edition__cut_off_on", "-edition__published_at", "actor__slug", "part"),
        edition="edition__slug",
        actor="actor__slug",
        indicator="part",
        **_same("lo hi"),
        status="publication_status",
    )


def corrections() -> Iterator[Row]:
    """What was corrected, retracted, retired or replied to, in evidence, registry and index, the newest first."""
    found = [*_of_evidence(), *_of_replies(), *_of_statements(), *_of_deals(), *_of_editions()]
    yield from sorted(found, key=lambda row: (row["happened_on"], row["about"]), reverse=True)


def _read(found: QuerySet, /, **columns: str) -> Iterator[Row]:
    """The rows found, each column by its name and from where it stands; what is empty is unknown, a moment is a day."""
    for values in found.values_list(*columns.values()):
        yield {name: _plain(value) for name, value in zip(columns, values, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    return None if value == "" else value


def _same(names: str) -> dict[str, str]:
    """Columns that are called here as in the models."""
    return {name: name for name in names.split()}


def _of_evidence() -> Iterator[Row]:
    for old in Evidence.objects.filter(superseded_by__isnull=False).select_related("superseded_by"):
        new = old.superseded_by
        told = {
            "about": f"evidence/{old.number}",
            "by": f"evidence/{new.number}",
            "reason": old.correction_reason,
        }
        yield {"kind": "correction", "happened_on": new.published_at.date(), **told}
    for row in Evidence.objects.filter(retracted_at__isnull=False):
        told = {"about": f"evidence/{row.number}", "by": None, "reason": row.retraction_reason}
        yield {"kind": "retraction", "happened_on": row.retracted_at.date(), **told}


def _of_replies() -> Iterator[Row]:
    for row in Reply.objects.standing().select_related("evidence", "actor"):
        about = f"evidence/{row.evidence.number}" if row.evidence else f"actor/{row.actor.slug}"
        told = {"about": about, "by": row.party, "reason": row.text}
        yield {"kind": "reply", "happened_on": row.published_at.date(), **told}


def _of_statements() -> Iterator[Row]:
    rows = Statement.objects.filter(supersedes__isnull=False, recorded_at__isnull=False)
    for row in rows.select_related("supersedes"):
        told = {"about": f"statement/{row.supersedes.slug}", "by": f"statement/{row.slug}"}
        when = {"happened_on": row.recorded_at.date(), "reason": row.correction_reason}
        yield {"kind": "correction", **when, **told}


def _of_deals() -> Iterator[Row]:
    for row in Deal.every.exclude(retired_at=None).select_related("replaced_by"):
        by = f"deal/{row.replaced_by.slug}" if row.replaced_by else None
        told = {"about": f"deal/{row.slug}", "by": by, "reason": row.retired_reason_fr}
        yield {"kind": "retraction", "happened_on": row.retired_at.date(), **told}


def _of_editions() -> Iterator[Row]:
    for row in Edition.objects.filter(corrects__isnull=False).select_related("corrects"):
        told = {"about": f"edition/{row.corrects.slug}", "by": f"edition/{row.slug}", "reason": row.reason}
        yield {"kind": "correction", "happened_on": row.published_at.date(), **told}


def _amounts(as_of: str | None) -> dict[tuple[str, str], tuple[str, str]]:
    """(basis, words of the source) of the amount of each leg and stage, as it was last amended by that day."""
    rows = LegAmount.objects.order_by("since", "pk")
    known = rows if as_of is None else rows.filter(since__lte=as_of)
    columns = known.values_list("leg__slug", "stage", "basis", "as_stated")
    return {(leg, stage): (basis, words) for leg, stage, basis, words in columns}


def _founding_quotes() -> dict[str, tuple[str, str, str]]:
    """(source, place, quote) of the first statement about each deal that none replaced."""
    standing = Statement.objects.filter(deal__isnull=False, superseded_by=None).order_by("-pk")
    columns = standing.values_list("deal__slug", "publication__slug", "locator", "quote")
    return {deal: (source, locator, quote) for deal, source, locator, quote in columns}


def _millions(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount / MILLION
