"""A server we ask: never more than two questions at once, never less than a pause between two."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from publicsuffixlist import PublicSuffixList

from tracker.models import rows
from tracker.models.source import Source

AT_ONCE = 2
# Nobody is put off for longer: what lies further ahead was written by a clock that was wrong.
HELD_AT_MOST = timedelta(days=2)
HELD_FROM = timedelta(minutes=2)


def pause() -> timedelta:
    """The least time between the beginnings of two fetches from one host."""
    return timedelta(seconds=settings.FETCH_HOST_SECONDS)


def host_name(url: str) -> str:
    """The name under which somebody can register, that the address belongs to; an IP address as it stands.

    By the list of public suffixes (Mozilla), the private ones included: a.github.io and b.github.io are two hosts.
    Empty for what is no address; the fetcher says what is wrong with it.
    """
    try:
        name = (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return ""
    literal = ":" in name or name.rpartition(".")[2].isdecimal()
    return (name if literal else _suffixes().privatesuffix(name) or name)[:255]


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()  # 2 MB and 50 ms, for who asks first


class HostQuerySet(models.QuerySet):
    def of(self, source: Source) -> "HostQuerySet":
        """The host in the address of the source, where a redirect may lead away from."""
        return self.filter(name=host_name(source.url))

    def take(self, url: str, *, now: datetime, until: datetime | None = None) -> bool:
        """Whether the host of this address may be asked now; if so, nobody asks it before `until`, or a pause later."""
        return bool(
            self.filter(_free(now), pk=self.at(url, now=now).pk).update(free_at=until or now + pause())
        )

    def at(self, url: str, *, now: datetime) -> "Host":
        """The host of this address; a new one may be asked at once."""
        return self.get_or_create(name=host_name(url), defaults={"free_at": now})[0]

    def admit(self, *sources: Source, now: datetime) -> list[Source]:
        """Those of these claimed sources that may be asked for now; not those whose host is busy, or told us to wait."""
        living: dict[str, list[Source]] = {}
        for source in sources:
            living.setdefault(host_name(source.url), []).append(source)
        with transaction.atomic():
            # The rows stay locked until the end: no other worker counts what is being asked at the same time.
            names = [name for name, free in self._met(living, now=now).items() if free]
            asked = Source.objects.filter(asked_host__among=frozenset(names), claimed_until__gte=now)
            busy = Counter(asked.values_list("asked_host", flat=True))
            admitted = {name: _first(living[name], busy=busy[name]) for name in names}
            for name, those in admitted.items():
                for source in those:
                    source.asked_host = name
            asking = [source for those in admitted.values() for source in those]
            rows.update(asking, ["asked_host"])
            asked_now = {name for name, those in admitted.items() if those}
            self.filter(name__among=asked_now).update(free_at=now + pause())
        return asking

    def _met(self, names: Collection[str], *, now: datetime) -> dict[str, bool]:
        """The hosts of these names, locked, and whether each may be asked now; a new one may."""
        hosts = self.filter(name__among=frozenset(names)).select_for_update().order_by("name")
        told = hosts.annotate(free=_free(now)).values_list("name", "free")
        met = dict(told)
        if len(met) < len(names):
            new = sorted(set(names) - met.keys())
            self.bulk_create((Host(name=name, free_at=now) for name in new), ignore_conflicts=True)
            met = dict(told.all())
        return met

    def hold(self, source: Source, *, until: datetime) -> None:
        """Ask nothing of the host before then, whatever the source."""
        self.of(source).filter(free_at__lt=until).update(free_at=until)


def _free(now: datetime) -> models.Q:
    return models.Q(free_at__lte=now) | models.Q(free_at__gt=now + HELD_AT_MOST)


def _first(sources: list[Source], *, busy: int) -> list[Source]:
    """Those of one host that may be asked now: one, or, without a pause between two, all; the fetcher asks two at once."""
    if busy >= AT_ONCE:
        return []
    return sources[:1] if busy or pause() else sources


class Host(models.Model):
    """What one party has registered: the names below it are taken for one server."""

    name = models.CharField(_("name"), max_length=255, unique=True)
    free_at = models.DateTimeField(_("may be asked again"))

    objects = HostQuerySet.as_manager()

    class Meta:
        verbose_name = _("host")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def count_question(self, *, now: datetime) -> None:
        """Let a question that a person waits for push back the others, saved."""
        self.free_at = max(self.free_at, now) + pause()
        self.save(update_fields=["free_at"])

    def is_held(self, now: datetime) -> bool:
        """Whether it has asked to be left alone: no pause between two questions is that long."""
        return now + max(pause(), HELD_FROM) < self.free_at <= now + HELD_AT_MOST

    def sources(self) -> list[Source]:
        """The watched sources that live here."""
        likely = Source.objects.watched().filter(url__icontains=self.name)
        return [source for source in likely if host_name(source.url) == self.name]
