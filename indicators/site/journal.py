"""What moved and why, how we decided, and what we got wrong: the journal, and the corrections."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Max, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from indicators import changes
from indicators.models import CorrectionRequest, Deal, Evidence, Observation, Reply, Stance, Statement
from indicators.models.status import DECISION_REASON, DECISION_SECONDS, DECISIONS, REQUESTS
from indicators.site.evidence import page_number
from indicators.site.moment import BadParameterError, Moment, day_from, moment_of, start_of
from indicators.subjects import Place, places_of

PAGE = 50
KINDS = {
    "correction": gettext_lazy("corrections"),
    "retraction": gettext_lazy("retractions"),
    "statement": gettext_lazy("statements of the registry"),
    "retired": gettext_lazy("deals retired from the registry"),
    "request": gettext_lazy("requests for correction"),
    "reply": gettext_lazy("replies"),
}
LATELY = timedelta(days=365)
GROUPS = {
    "all": pgettext_lazy("decisions", "All together"),
    "indicator": gettext_lazy("By indicator"),
    "tier": gettext_lazy("By tier of the source"),
    "language": gettext_lazy("By language of the document"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One correction or retraction of an evidence, correction of a statement of the registry, retired deal, request, or reply."""

    kind: str
    at: datetime
    evidence: Evidence | None = None
    statement: Statement | None = None
    deal: Deal | None = None
    request: CorrectionRequest | None = None
    about: Place | None = None
    reply: Reply | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How requests for correction of a year were kept to their time: in working days, at the median; how many late."""

    decided: int
    late: int
    days: float
    days_to_read: float | None
    waiting: Observation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """How decisions of ninety days were shared out, as it was last published; empty where nothing was."""

    told: Observation | None
    groups: Sequence[tuple[str, Sequence[tuple[str, Observation | None, Observation | None]]]]
    reasons: Sequence[Observation]
    seconds: Mapping[str, Observation]


@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """Every correction, retraction and reply, newest first, with its reason and where it stands for good."""
    moment = moment_of(request)
    kind = request.GET.get("kind", "")
    if kind and kind not in KINDS:
        raise BadParameterError("kind", kind, ", ".join(KINDS))
    pages = Paginator(_amended([kind] if kind else [*KINDS], moment), PAGE)
    page = pages.page(page_number(request.GET.get("page", "1"), pages.num_pages))
    page.object_list = list(_amendments(page.object_list))
    contested = list(CorrectionRequest.objects.standing(moment.known_at).select_related("actor"))
    places = places_of(each.about for each in contested)
    context = {
        "moment": moment,
        "page": page,
        "kinds": KINDS.items(),
        "kind": kind,
        "kept": kept_at(moment),
        "within": CorrectionRequest,
        "contested": [(each, places.get(each.about)) for each in contested],
    }
    return render(request, "site/corrections.html", context)


def kept_at(moment: Moment) -> Kept:
    """How the requests of the year before that moment were kept to their time; what waits, as last published."""
    rows = CorrectionRequest.objects.decided(moment.known_at).filter(decided_at__gt=moment.known_at - LATELY)
    told = list(rows)
    opened = [each.days_to_read for each in told if each.days_to_read is not None]
    waiting = Observation.objects.known(as_of=moment.as_of, known_at=moment.known_at)
    return Kept(
        decided=len(told),
        late=sum(each.late for each in told),
        days=median([each.days or 0 for each in told] or [0]),
        days_to_read=median(opened) if opened else None,
        waiting=waiting.filter(measure__code=REQUESTS).order_by("-pk").first(),
    )


@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """Every change of the record since a day, of all kinds or of one, and the balance of decisions."""
    moment = moment_of(request)
    kind, since = request.GET.get("kind", ""), request.GET.get("since", "")
    if kind and kind not in changes.KINDS:
        raise BadParameterError("kind", kind, ", ".join(changes.KINDS))
    day = day_from("since", since) if since else None
    found = changes.changes(
        [kind] if kind else changes.KINDS,
        since=day and start_of(day),
        until=min(moment.known_at, start_of(moment.as_of + timedelta(days=1))),
    )
    pages = Paginator(found, PAGE)
    page = pages.page(page_number(request.GET.get("page", "1"), pages.num_pages))
    page.object_list = changes.told(page.object_list)
    context = {
        "moment": moment,
        "page": page,
        "balance": balance_at(moment),
        "kinds": changes.KINDS.items(),
        "kind": kind,
        "since": day,
    }
    return render(request, "site/journal.html", context)


def balance_at(moment: Moment) -> Balance:
    """The balance of decisions as it was last published at that moment."""
    known = Observation.objects.known(as_of=moment.as_of, known_at=moment.known_at)
    ours = known.filter(measure__code__startswith=DECISIONS)
    newest = ours.order_by().values("measure", "variant").annotate(last=Max("pk")).values("last")
    found = Observation.objects.filter(pk__in=newest).exclude(measure__code=REQUESTS)
    rows = list(found.select_related("measure").order_by("variant"))
    shares = {row.variant: row for row in rows if row.measure.code == DECISIONS and row.denominator}
    reasons = [row for row in rows if row.measure.code.startswith(DECISION_REASON) and row.numerator]
    return Balance(
        told=max(rows, key=lambda row: row.period_end, default=None),
        groups=[
            (str(title), lines) for group, title in GROUPS.items() if (lines := list(_lines(group, shares)))
        ],
        reasons=sorted(reasons, key=lambda row: -row.numerator),
        seconds={row.variant: row for row in rows if row.measure.code == DECISION_SECONDS and row.numerator},
    )


def _lines(
    group: str, shares: Mapping[str, Observation]
) -> Iterator[tuple[str, Observation | None, Observation | None]]:
    """Each value of a group, with what became of its examples and of its counter-examples."""
    values = sorted({variant.split(":")[1] for variant in shares if variant.startswith(f"{group}:")})
    for value in values:
        pair = (shares.get(f"{group}:{value}:{stance}") for stance in (Stance.SUPPORTS, Stance.CONTRADICTS))
        if any(both := tuple(pair)):
            yield value or "—", *both


def _amended(kinds: Sequence[str], moment: Moment) -> QuerySet[Any]:
    """What happened, when, and to which row: (kind, moment, primary key), newest first."""
    known = moment.known_at
    current = Q(evidence__superseded_by=None) | Q(evidence__superseded_by__published_at__gt=known)
    shown = Q(evidence=None) | Q(evidence__published_at__lte=known)
    rows = {
        "correction": Evidence.objects.filter(superseded_by__published_at__lte=known).annotate(
            at=F("superseded_by__published_at")
        ),
        "retraction": Evidence.objects.filter(retracted_at__lte=known).annotate(at=F("retracted_at")),
        "statement": Statement.objects.corrections()
        .filter(recorded_at__lte=known)
        .annotate(at=F("recorded_at")),
        "retired": Deal.every.filter(retired_at__lte=known).annotate(at=F("retired_at")),
        "request": CorrectionRequest.objects.decided(known).annotate(at=F("decided_at")),
        # A correction of the evidence carries the reply along: it is told once.
        "reply": Reply.objects.filter(current, shown, published_at__lte=known).annotate(at=F("published_at")),
    }
    first, *others = (
        rows[kind].annotate(what=Value(kind)).order_by().values_list("what", "at", "pk") for kind in kinds
    )
    return first.union(*others, all=True).order_by("-at", "-pk")


def _amendments(rows: Sequence[tuple[str, datetime, int]]) -> Iterator[Amendment]:
    told = list(rows)

    def of(rows: QuerySet, *kinds: str) -> dict[int, Any]:
        return rows.in_bulk([pk for kind, _at, pk in told if kind in kinds])

    evidence = of(Evidence.objects.select_related("superseded_by"), "correction", "retraction")
    replies = of(Reply.objects.select_related("evidence", "actor"), "reply")
    requests = of(CorrectionRequest.objects.select_related("actor"), "request")
    places = places_of(each.about for each in requests.values())
    deals = of(Deal.every.select_related("replaced_by"), "retired")
    statements = of(Statement.objects.select_related("supersedes", "deal", "publication"), "statement")
    for kind, at, pk in told:
        reply, statement = replies.get(pk), statements.get(pk)
        if kind == "reply" and reply:
            yield Amendment(kind=kind, at=at, evidence=reply.evidence, reply=reply)
        elif kind == "statement":
            yield Amendment(kind=kind, at=at, statement=statement)
        elif kind == "request":
            request = requests[pk]
            yield Amendment(kind=kind, at=at, request=request, about=places.get(request.about))
        elif kind == "retired":
            yield Amendment(kind=kind, at=at, deal=deals[pk])
        else:
            yield Amendment(kind=kind, at=at, evidence=evidence[pk])
