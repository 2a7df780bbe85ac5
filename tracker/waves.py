"""Contributions that look as if they had one origin: copies of one page, a farm over days, a storm within an hour."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min

from indicators.models import StatusChange
from tracker.models import Candidate, Contribution, Source, Wave, host_name

LEAST = 15  # contributions of one origin; a lecture hall, or one article that many read, stays below
KEPT, STORM, AFTER_CHANGE = timedelta(days=30), timedelta(hours=1), timedelta(days=3)
ALIKE = 0.6  # of the words of either text, numbers left out
READ = 5_000  # of the newest contributions, at most
LEADERS = 200  # texts about one indicator with which a new one is compared, at most

_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTERS = re.compile(r"\w*\d\w*")
Kind = Wave.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """What is compared of one contribution."""

    pk: int
    wave: int | None
    indicator: int | None
    stance: str
    page: str
    host: str
    words: frozenset[str]
    at: datetime


def find(*, now: datetime) -> int:
    """Flag each wave among what waits and came within thirty days; the number of waves that stand or grew.

    Only an order of reading comes of it: nothing is refused, and no status hangs on how many sent what.
    """
    sent = _read(now=now)
    groups = [group for group in _groups(sent) if len(group) >= LEAST]
    for group in groups:
        _flag(group)
    return len(groups)


def _read(*, now: datetime) -> list[_Sent]:
    rows = Contribution.objects.waiting().filter(received_at__gt=now - KEPT).order_by("-received_at", "-pk")
    names = (
        "pk",
        "wave",
        "indicator",
        "kind",
        "document__canonical_url",
        "statement",
        "quote",
        "received_at",
    )
    told = [
        _Sent(
            pk=pk,
            wave=wave,
            indicator=indicator,
            stance=kind,
            page=page,
            host=host_name(page),
            words=_words(f"{statement}\n{quote}"),
            at=at,
        )
        for pk, wave, indicator, kind, page, statement, quote, at in rows.values_list(*names).distinct()[
            :READ
        ]
    ]
    crowded = [host for host, count in Counter(each.host for each in told).items() if host and count >= LEAST]
    watched = {host for host in crowded if Source.objects.filter(url__contains=host).exists()}
    return [replace(each, host="") if each.host in watched else each for each in reversed(told)]


def _words(text: str) -> frozenset[str]:
    """The words of a text without numbers, names that hold one, case and accents: what a form letter keeps."""
    plain = unicodedata.normalize("NFKD", _LETTERS.sub(" ", text[:5_000]).casefold())
    return frozenset(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def _groups(sent: Sequence[_Sent]) -> Iterable[list[_Sent]]:
    """The contributions put together: one page; or one indicator and stance, with one host or words that are alike."""
    heads: dict[int, int] = {each.pk: each.pk for each in sent}

    def head(pk: int) -> int:
        while heads[pk] != pk:
            heads[pk] = pk = heads[heads[pk]]
        return pk

    first: dict[object, int] = {}
    leaders: dict[object, dict[frozenset[str], int]] = defaultdict(dict)
    for each in sent:
        about = (each.indicator, each.stance)
        keys: list[object] = [("page", each.page)] if each.page else []
        keys += [("host", about, each.host)] if each.host else []
        keys += [("wave", each.wave)] if each.wave else []
        keys += [("words", _leader(each, leaders[about]))] if each.words else []
        for key in keys:
            heads[head(each.pk)] = head(first.setdefault(key, each.pk))
    groups: dict[int, list[_Sent]] = defaultdict(list)
    for each in sent:
        groups[head(each.pk)].append(each)
    return groups.values()


def _leader(each: _Sent, leaders: dict[frozenset[str], int]) -> int:
    """The first contribution whose words are like these."""
    if each.words not in leaders:
        alike = (
            pk for words, pk in leaders.items() if len(words & each.words) >= ALIKE * len(words | each.words)
        )
        found = next(alike, each.pk)
        if len(leaders) < LEADERS:
            leaders[each.words] = found
        return found
    return leaders[each.words]


@transaction.atomic
def _flag(group: Sequence[_Sent]) -> None:
    """Make the group one wave: the oldest one that it touches, with the others in it, or a new one."""
    known = Wave.objects.select_for_update().filter(pk__in={each.wave for each in group if each.wave})
    waves = list(known.order_by("pk")) or [Wave(size=0, began_at=group[0].at, ended_at=group[-1].at)]
    wave = waves[0]
    wave.kind = _kind(group)
    wave.indicator_id = _only({each.indicator for each in group})
    wave.host = _only({each.host for each in group}) or ""
    wave.save()
    Contribution.objects.filter(pk__in=[each.pk for each in group]).exclude(wave=wave).update(wave=wave)
    Contribution.objects.filter(wave__in=waves[1:]).update(wave=wave)
    Wave.objects.filter(pk__in=[each.pk for each in waves[1:]]).delete()
    counted = wave.contributions.aggregate(
        size=Count("pk"), began_at=Min("received_at"), ended_at=Max("received_at")
    )
    Wave.objects.filter(pk=wave.pk).update(**counted)
    Candidate.objects.filter(document__contribution__wave=wave, state__in=Candidate.OPEN).exclude(
        consequence=Candidate.Consequence.DUE
    ).update(consequence=Candidate.Consequence.HELD)


def _only(values: set[Any]) -> Any:
    return next(iter(values)) if len(values) == 1 else None


def _kind(group: Sequence[_Sent]) -> str:
    """A storm if as many as make a wave came within an hour and a status had just changed, or they name many pages.

    Else copies if most are of one page; else a farm.
    """
    pages = Counter(each.page for each in group if each.page)
    one_page = bool(pages) and pages.most_common(1)[0][1] > len(group) / 2
    ends = zip(group, group[LEAST - 1 :], strict=False)
    storm = next((one for one, last in ends if last.at - one.at <= STORM), None)
    if storm and (not one_page or _changed_before(storm)):
        return Kind.REACTION
    return Kind.COPIES if one_page else Kind.FARM


def _changed_before(each: _Sent) -> bool:
    """Whether the status of its indicator had changed within the days before."""
    changes = StatusChange.objects.moved().filter(indicator=each.indicator, changed_at__lte=each.at)
    return changes.filter(changed_at__gt=each.at - AFTER_CHANGE).exists()
