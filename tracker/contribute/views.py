"""« Ce que nous surveillons » : the sources and their health, what they bring, what we look for in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from indicators.models import Indicator
from indicators.rules.measures import MIN_CASES
from indicators.rules.words import Flag
from indicators.site.evidence import page_number
from indicators.site.moment import Moment, moment_of
from indicators.site.reading import Coverage, answers_at, coverages_at
from tracker.models import PERSON, Document, Fetch, MatchRule, Source
from tracker.watchers.series import Standing, is_series, standing_of

PAGE = 200  # sources
VOLUME_DAYS = 30
RHYTHM_DAYS = 180  # over which the usual time between two entries is taken
ENTRIES_FOR_RHYTHM = 5
SILENT_AFTER = 4  # times the usual time, and a week at least
HEALTH = {
    Source.State.ACTIVE: gettext_lazy("answers"),
    Source.State.DEGRADED: gettext_lazy("answers now and then"),
    Source.State.FAILING: gettext_lazy("does not answer"),
    Source.State.PAUSED: gettext_lazy("paused by us"),
    Source.State.GONE: gettext_lazy("gone for good"),
}
WAYS = {  # by what a source is asked, each with a mark of its own; of other formats: a question to a service
    "feed": ("feed", gettext_lazy("feed")),
    "page": ("page", gettext_lazy("links of a page")),
    "page_text": ("page", gettext_lazy("text of a page")),
    **dict.fromkeys(("ted_package", "decp", "eforms", "ted_export"), ("file", gettext_lazy("file"))),
}
_QUESTION = "question", gettext_lazy("question to a service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A source as the public reads it: its health, and what it brought beside what it usually brings."""

    source: Source  # with the kind of its last error
    documents: int = 0  # in the last 30 days
    usual: timedelta | None = None  # between two entries, as an operator expects or as it was
    last: datetime | None = None
    successor: Source | None = None  # which watches the address that this one has moved to
    now: datetime

    @property
    def way(self) -> str:
        """The mark of what it is asked by."""
        return WAYS.get(self.source.format, _QUESTION)[0]

    @property
    def asked(self) -> str:
        """By what it is asked, in words."""
        way, label = WAYS.get(self.source.format, _QUESTION)
        return f"{label} – {self.source.get_format_display()}" if way in ("question", "file") else str(label)

    @property
    def hub(self) -> str:
        """Who tells us at once what is new: the name of its server; empty where nobody has promised to."""
        subscription = getattr(self.source, "hub_subscription", None)
        promised = subscription and subscription.verified_until and subscription.verified_until > self.now
        return urlsplit(subscription.hub).hostname or "" if promised and not subscription.silent_since else ""

    @property
    def health(self) -> str:
        if self.successor and self.source.state == Source.State.PAUSED:
            return _("merged into another source")
        if self.source.state == Source.State.ACTIVE and self.source.last_success_at is None:
            return _("not read yet")
        return str(HEALTH[Source.State(self.source.state)])

    @property
    def error(self) -> str:
        """Why it does not answer, in words; what its server wrote is not repeated."""
        failed = self.source.failures or self.source.state == Source.State.GONE
        return str(Fetch.Cause(self.source.last_cause).label) if failed and self.source.last_cause else ""

    @property
    def journal(self) -> Standing:
        """How far it was read, where it is a journal read issue by issue."""
        return standing_of(bytes(self.source.memory)) if is_series(self.source.url) else Standing()

    @property
    def late_issue(self) -> str:
        return self.journal.late(self.now)

    @property
    def expected(self) -> float | None:
        """Documents in 30 days, if it goes on as usual."""
        return timedelta(days=VOLUME_DAYS) / self.usual if self.usual else None

    @property
    def usual_days(self) -> int:
        return max(1, round(self.usual / timedelta(days=1)))

    @property
    def silent_days(self) -> int:
        """For how many days nothing came, where it answers and that is far longer than usual; else 0."""
        since = self.last or (self.now - timedelta(days=RHYTHM_DAYS))
        watched = self.source.state in Source.WATCHED and self.source.last_success_at
        if not watched or not self.usual or self.now - since <= max(SILENT_AFTER * self.usual, timedelta(7)):
            return 0
        return (self.now - since).days


@require_safe
def watch(request: HttpRequest) -> HttpResponse:
    """What is watched and how well: as it stands now, whatever moment is asked for the coverage."""
    moment = moment_of(request)
    declared = Source.objects.exclude(state=Source.State.LOCAL)
    pages = Paginator(declared.order_by("tier", "name", "pk"), PAGE)
    page = pages.page(page_number(request.GET.get("page", "1"), pages.num_pages))
    sources = _watched(page, moment.known_at)
    context = {
        "moment": moment,
        "undated": True,
        "days": VOLUME_DAYS,
        "tiers": [(rows[0].source.get_tier_display(), rows) for rows in _by_tier(sources)],
        "page": page,
        "documents": _seen_since(moment.known_at - timedelta(days=VOLUME_DAYS), moment.known_at),
        "silences": [each for each in sources if each.silent_days],
        "rules": _rules(moment.known_at),
        "resting": [
            (rule, rule.is_muted(moment.known_at)) for rule in MatchRule.objects.resting(moment.known_at)
        ],
        "coverages": _coverages(moment),
    }
    return render(request, "contribute/watch.html", context)


def _watched(page: Page, now: datetime) -> list[Watched]:
    """The sources of one page, in its order; as many queries whatever their number."""
    causes = Fetch.objects.filter(source=OuterRef("pk")).values("error_kind")[:1]
    rows = Source.objects.filter(pk__in=[row.pk for row in page]).annotate(last_cause=Subquery(causes))
    sources = (
        rows.order_by("tier", "name", "pk").select_related("hub_subscription").prefetch_related("indicators")
    )
    told, successors = _entries_of(sources, now), _successors(sources)
    return [
        Watched(
            source=source,
            now=now,
            successor=successors.get(source.moved_to),
            **_rhythm(source, told.get(source.pk)),
        )
        for source in sources
    ]


def _successors(sources: Sequence[Source]) -> dict[str, Source]:
    """Who watches the addresses that these have moved to, by address."""
    moved = {source.moved_to for source in sources} - {""}
    return {source.url: source for source in Source.objects.filter(url__in=moved)}


def _entries_of(sources: Sequence[Source], now: datetime) -> dict[int, dict[str, Any]]:
    """How many entries each brought, and the first and the last, by source id."""
    came = Coalesce("published_at", "first_seen_at")
    recent = Document.objects.filter(source__in=sources, first_seen_at__lte=now).alias(came=came)
    rows = recent.filter(came__gt=now - timedelta(days=RHYTHM_DAYS)).values("source").order_by()
    seen = Q(first_seen_at__gt=now - timedelta(days=VOLUME_DAYS))
    counted = rows.annotate(
        documents=Count("pk", filter=seen), entries=Count("pk"), first=Min("came"), last=Max("came")
    )
    return {row["source"]: row for row in counted}


def _rhythm(source: Source, told: dict[str, Any] | None) -> dict[str, Any]:
    """What `Watched` says of the entries of a source; the expectation of an operator counts before what was."""
    usual = timedelta(weeks=1) / source.expected_per_week if source.expected_per_week else None
    if told is None:
        return {"usual": usual}
    if usual is None and told["entries"] >= ENTRIES_FOR_RHYTHM:
        usual = (told["last"] - told["first"]) / (told["entries"] - 1) or None
    return {"documents": told["documents"], "last": told["last"], "usual": usual}


def _seen_since(since: datetime, now: datetime) -> int:
    seen = Document.objects.filter(first_seen_at__gt=since, first_seen_at__lte=now)
    return seen.exclude(source__format=PERSON).count()


def _by_tier(sources: Sequence[Watched]) -> list[list[Watched]]:
    return [list(rows) for _tier, rows in groupby(sources, key=lambda each: each.source.tier)]


def _rules(now: datetime) -> list[tuple[MatchRule, float | None]]:
    """The rules at work, each with the share of its decided candidates that were accepted, once there are enough."""
    rules = (
        MatchRule.objects.active(now)
        .filter(role=MatchRule.Role.RULE)
        .prefetch_related("indicators")
        .with_precision()
    )
    return [
        (rule, rule.accepted / cases if (cases := rule.accepted + rule.rejected) >= MIN_CASES else None)
        for rule in rules
    ]


def _coverages(moment: Moment) -> list[tuple[Indicator, Coverage, bool]]:
    """The coverage of each indicator, and whether it is too small for “nothing found”, as the rule decides."""
    indicators = list(Indicator.objects.all())
    found, answers = coverages_at(indicators, moment), answers_at(indicators, moment)
    return [
        (each, found[f"coverage-{each.code}"], Flag.BLIND in answers[each.pk].flags) for each in indicators
    ]
