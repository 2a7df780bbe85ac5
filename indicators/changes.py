"""What changes in the public record, all of it, newest first: for the journal, the feeds and the API alike."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import F, Model, Prefetch, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import (
    Assessment,
    Checkpoint,
    Contradiction,
    CorrectionRequest,
    Deal,
    Edition,
    Evidence,
    Indicator,
    LedgerEntry,
    Reply,
    Statement,
    StatusChange,
)
from indicators.subjects import Place, places_of
from indicators.templatetags.display import in_words

KINDS: Mapping[str, Promise] = {
    "status": gettext_lazy("answers that moved"),
    "evidence": gettext_lazy("evidence published"),
    "correction": gettext_lazy("corrections of evidence"),
    "retraction": gettext_lazy("retractions"),
    "reply": gettext_lazy("replies"),
    "deal": gettext_lazy("new deals"),
    "deal_status": gettext_lazy("changes of status of deals"),
    "deal_amount": gettext_lazy("amended amounts"),
    "deal_payment": gettext_lazy("amended terms of payments"),
    "retired": gettext_lazy("deals retired from the registry"),
    "statement": gettext_lazy("statements of the registry"),
    "contradiction": gettext_lazy("contradictions opened or settled"),
    "contested": gettext_lazy("lines contested by a party that we name"),
    "request": gettext_lazy("requests for correction"),
    "edition": gettext_lazy("editions of the index"),
}
OF_INDICATORS = ("status", "evidence", "correction", "retraction", "reply")
CORRECTIONS = ("correction", "retraction", "reply", "statement", "retired", "request")
REGISTRY = (
    "deal",
    "deal_status",
    "deal_amount",
    "deal_payment",
    "retired",
    "statement",
    "contradiction",
    "edition",
)
_DEALS = {"deal", "deal_status", "deal_amount", "deal_payment"}
CHECKPOINT = "checkpoint"  # for readers of the feed to keep; no news


class Change(NamedTuple):
    """One change by its moment, its kind, and the key of the row that tells of it."""

    at: datetime
    kind: str
    pk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One thing that happened to the public record; `key` never changes, `address` is a path of the site."""

    key: str
    happened_at: datetime
    title: str
    text: str
    address: str
    kind: str = ""
    row: Model | None = None


def changes(
    kinds: Iterable[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    indicator: Indicator | None = None,
    most: int | None = None,
) -> list[Change]:
    """What changed within these moments, both included, the newest first; with an indicator, what concerns it."""
    asked = {*kinds}
    found = [
        change
        for change in (_of_deals(asked) if asked & _DEALS else ())
        if (not since or change.at >= since) and (not until or change.at <= until)
    ]
    for kind in sorted(asked - _DEALS):
        rows = _ROWS[kind](indicator)
        rows = rows.filter(at__gte=since) if since else rows
        rows = rows.filter(at__lte=until) if until else rows
        newest = rows.order_by("-at", "-pk").values_list("at", "pk")
        found += [Change(at, kind, pk) for at, pk in (newest[:most] if most else newest)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:most]


def told(found: Iterable[Change]) -> list[Announcement]:
    """These changes in words, in the active language, in the same order."""
    found = list(found)
    keys: dict[str, list[int]] = {}
    for change in found:
        keys.setdefault(change.kind, []).append(change.pk)
    rows = {kind: _TOLD[kind][0]().in_bulk(pks) for kind, pks in keys.items()}
    asked = [row for kind in ("request", "contested") for row in rows.get(kind, {}).values()]
    places = places_of(row.about for row in asked)
    for row in asked:
        row.place = places.get(row.about, Place(row.about, reverse("corrections")))
    return [_TOLD[each.kind][1](rows[each.kind][each.pk], each) for each in found]


def _of_evidence(indicator: Indicator | None) -> QuerySet[Evidence]:
    return Evidence.objects.about(indicator) if indicator else Evidence.objects.all()


def _status(indicator: Indicator | None) -> QuerySet:
    rows = StatusChange.objects.filter(indicator=indicator) if indicator else StatusChange.objects.all()
    return rows.annotate(at=F("changed_at"))


def _replies(indicator: Indicator | None) -> QuerySet:
    rows = Reply.objects.standing().filter(evidence__superseded_by=None)
    mine = rows.filter(evidence__in=_of_evidence(indicator)) if indicator else rows
    return mine.annotate(at=F("published_at"))


def _standing_contradictions() -> list[str]:
    return [f"contradiction/{number}" for number in Contradiction.objects.values_list("number", flat=True)]


def _ledger(subjects: str) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(subject__startswith=subjects).annotate(at=F("recorded_at"))


def _of_deals(kinds: Collection[str]) -> Iterator[Change]:
    """What the entries of the ledger tell of the deals that stand in the registry, of these kinds."""
    standing = {f"deal/{slug}" for slug in Deal.objects.values_list("slug", flat=True)}
    before: dict[str, int] = {}
    entries = _ledger("deal/").order_by("number").values_list("number", "at", "subject", "hash")
    for number, at, subject, name in entries:
        sort = _sort(number, before.get(subject), name) if subject in standing else ""
        if sort in kinds:
            yield Change(at, sort, number)
        before[subject] = number


@lru_cache(maxsize=20_000)
def _sort(number: int, before: int | None, _hash: str) -> str:
    """What an entry of the ledger changed of its deal; entries never change, nor does this."""
    if before is None:
        return "deal"
    bodies = dict(LedgerEntry.objects.filter(pk__in=[number, before]).values_list("number", "body"))
    former, body = json.loads(bodies[before]), json.loads(bodies[number])
    if former["status"] != body["status"]:
        return "deal_status"
    if _amounts(former) != _amounts(body):
        return "deal_amount"
    return "deal_payment" if former["legs"] != body["legs"] else ""


def _amounts(body: Mapping[str, Any]) -> list[Any]:
    return [(leg["slug"], leg["amounts"]) for leg in body["legs"]]


_ROWS: Mapping[str, Callable[[Indicator | None], QuerySet]] = {
    "status": _status,
    "evidence": lambda one: _of_evidence(one).filter(supersedes=None).annotate(at=F("published_at")),
    "correction": lambda one: (
        _of_evidence(one).exclude(supersedes=None).annotate(at=F("published_at")).distinct()
    ),
    "retraction": lambda one: (
        _of_evidence(one).filter(retracted_at__isnull=False).annotate(at=F("retracted_at"))
    ),
    "reply": _replies,
    "retired": lambda _one: Deal.every.exclude(retired_at=None).annotate(at=F("retired_at")),
    "statement": lambda _one: (
        Statement.objects.corrections().filter(recorded_at__isnull=False).annotate(at=F("recorded_at"))
    ),
    "contradiction": lambda _one: _ledger("contradiction/").filter(subject__in=_standing_contradictions()),
    "contested": lambda _one: CorrectionRequest.objects.filter(actor__isnull=False).annotate(
        at=F("received_at")
    ),
    "request": lambda _one: CorrectionRequest.objects.exclude(decided_at=None).annotate(at=F("decided_at")),
    "edition": lambda _one: Edition.objects.annotate(at=F("published_at")),
    CHECKPOINT: lambda _one: Checkpoint.objects.annotate(at=F("signed_at")),
}


def _published(evidence: Evidence, change: Change) -> Announcement:
    named = {"number": evidence.number, "title": evidence.title}
    replaced = list(evidence.supersedes.all())
    if replaced:
        named["old"] = ", ".join(str(old.number) for old in replaced)
        title = _("Evidence no. %(number)s corrects no. %(old)s: %(title)s") % named
    else:
        title = _("Evidence no. %(number)s: %(title)s") % named
    means = [f"{row.indicator.code}: {row.get_stance_display()}" for row in evidence.assessments.all()]
    reasons = [old.correction_reason for old in replaced]
    text = "\n".join(filter(None, [", ".join(means), *reasons, evidence.summary]))
    key = f"evidence/{evidence.number}/published"
    return _about(evidence, change, key=key, title=title, text=text, address=evidence.get_absolute_url())


def _retracted(evidence: Evidence, change: Change) -> Announcement:
    named = {"number": evidence.number, "title": evidence.title}
    return _about(
        evidence,
        change,
        key=f"evidence/{evidence.number}/retracted",
        title=_("Evidence no. %(number)s retracted: %(title)s") % named,
        text=evidence.retraction_reason,
        address=evidence.get_absolute_url(),
    )


def _corrected(statement: Statement, change: Change) -> Announcement:
    about = statement.deal or statement.actor
    page, key = ("deal", statement.deal) if statement.deal else ("actor", statement.actor)
    return _about(
        statement,
        change,
        key=f"statement/{statement.slug}",
        title=_("Statement corrected: %(about)s") % {"about": about},
        text="\n".join([statement.correction_reason, f"« {statement.quote} »"]),
        address=reverse(page, args=[key.slug]) if key else reverse("registry"),
    )


def _answered(reply: Reply, change: Change) -> Announcement:
    title = _("Reply of %(party)s") % {"party": reply.party}
    if reply.evidence:
        named = {"number": reply.evidence.number, "party": reply.party}
        title = _("Reply of %(party)s to evidence no. %(number)s") % named
    address = reply.get_absolute_url()
    return _about(reply, change, key=f"reply/{reply.pk}", title=title, text=reply.text, address=address)


def _moved(row: StatusChange, change: Change) -> Announcement:
    named = {"code": row.indicator.code, "to": row.get_rung_to_display()}
    if row.rung_from == row.rung_to:
        title = _("Indicator %(code)s: still “%(to)s”, with other reservations") % named
    elif row.rung_from is None:
        title = _("Indicator %(code)s: “%(to)s”") % named
    else:
        named["from"] = row.get_rung_from_display()
        title = _("Indicator %(code)s: from “%(from)s” to “%(to)s”") % named
    cause = str(row.get_cause_display())
    if row.evidence:
        cause += f" ({row.evidence})"
    text = f"{row.indicator.statement}\n{cause}"
    address = row.indicator.get_absolute_url()
    return _about(row, change, key=f"status/{row.pk}", title=title, text=text, address=address)


def _of_a_deal(entry: LedgerEntry, change: Change) -> Announcement:
    body = json.loads(entry.body)
    deal = Deal(**{name: body[name] for name in ("slug", "title_fr", "title_en", "note_fr", "note_en")})
    status = in_words(body["status"], "status")
    title = {
        "deal": _("New deal in the registry: %(title)s"),
        "deal_status": _("%(title)s: now “%(status)s”"),
        "deal_amount": _("%(title)s: amounts amended"),
        "deal_payment": _("%(title)s: terms of a payment amended"),
    }[change.kind] % {"title": deal.title, "status": status}
    key, address = f"{entry.subject}/{entry.number}", deal.get_absolute_url()
    return _about(entry, change, key=key, title=title, text=deal.note, address=address)


def _retired(deal: Deal, change: Change) -> Announcement:
    title = _("Deal retired from the registry: %(title)s") % {"title": deal.title}
    key, address = f"deal/{deal.slug}/retired", deal.get_absolute_url()
    return _about(deal, change, key=key, title=title, text=deal.retired_reason, address=address)


def _contradiction(entry: LedgerEntry, change: Change) -> Announcement:
    body = json.loads(entry.body)
    row = Contradiction(**{name: body[name] for name in ("number", "what_fr", "what_en", "state")})
    row.recorded_fr, row.recorded_en = body["recorded_fr"], body["recorded_en"]
    named = {"number": row.number, "state": row.get_state_display()}
    if entry.kind == LedgerEntry.Kind.CORRECTED:
        title = _("Contradiction %(number)s: %(state)s") % named
    else:
        title = _("New contradiction in the registry: %(number)s") % named
    key, address = f"{entry.subject}/{entry.number}", f"{reverse('contradictions')}#{row.number}"
    text = f"{row.what}\n{row.recorded}"
    return _about(entry, change, key=key, title=title, text=text, address=address)


def _requested(request: Any, change: Change) -> Announcement:
    named = {"about": request.place.name, "outcome": request.get_outcome_display()}
    title = _("Request for correction of %(about)s: %(outcome)s") % named
    key = f"request/{request.pk}/decided"
    address = request.place.address
    return _about(request, change, key=key, title=title, text=request.reason, address=address)


def _contested(request: Any, change: Change) -> Announcement:
    title = _("%(actor)s contests %(about)s") % {"actor": request.actor.name, "about": request.place.name}
    key, address = f"request/{request.pk}", request.place.address
    return _about(request, change, key=key, title=title, text="", address=address)


def _released(edition: Edition, change: Change) -> Announcement:
    title = (
        _("Edition %(edition)s of the index, corrected")
        if edition.reason
        else _("Edition %(edition)s of the index")
    ) % {"edition": edition.slug}
    key, address = f"edition/{edition.slug}", reverse("edition", args=[edition.slug])
    return _about(edition, change, key=key, title=title, text=edition.reason, address=address)


def _signed(checkpoint: Checkpoint, change: Change) -> Announcement:
    title = _("Checkpoint of the ledger: %(size)d entries") % {"size": checkpoint.size}
    key, address = f"checkpoint/{checkpoint.pk}", reverse("verify")
    return _about(checkpoint, change, key=key, title=title, text=checkpoint.line(), address=address)


def _about(row: Model, change: Change, **words: str) -> Announcement:
    return Announcement(happened_at=change.at, kind=change.kind, row=row, **words)


def _in_full() -> QuerySet[Evidence]:
    told = Prefetch("assessments", Assessment.objects.select_related("indicator"))
    return Evidence.objects.prefetch_related("supersedes", told)


_TOLD: Mapping[str, tuple[Callable[[], QuerySet], Callable[[Any, Change], Announcement]]] = {
    "status": (lambda: StatusChange.objects.select_related("indicator", "evidence"), _moved),
    **dict.fromkeys(("evidence", "correction"), (_in_full, _published)),
    "retraction": (Evidence.objects.all, _retracted),
    "reply": (lambda: Reply.objects.select_related("evidence", "actor"), _answered),
    **dict.fromkeys(_DEALS, (LedgerEntry.objects.all, _of_a_deal)),
    "retired": (Deal.every.all, _retired),
    "statement": (lambda: Statement.objects.select_related("deal", "actor"), _corrected),
    "contradiction": (LedgerEntry.objects.all, _contradiction),
    "contested": (lambda: CorrectionRequest.objects.select_related("actor"), _contested),
    "request": (CorrectionRequest.objects.all, _requested),
    "edition": (Edition.objects.all, _released),
    CHECKPOINT: (Checkpoint.objects.all, _signed),
}
