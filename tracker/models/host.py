"""A server we ask: never more than two questions at once, never less than a pause between two."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from tracker.models.source import Source

AT_ONCE = 2


def pause() -> timedelta:
    """The least time between the beginnings of two fetches from one host."""
    return timedelta(seconds=settings.FETCH_HOST_SECONDS)


class HostQuerySet(models.QuerySet):
    def of(self, source: Source) -> "HostQuerySet":
        """The host in the address of the source, where a redirect may lead away from."""
        return self.filter(name=_name(source))

    def admit(self, source: Source, *, now: datetime) -> bool:
        """Let a claimed source be asked for now; False when its host is busy, or told us to wait."""
        self.get_or_create(name=_name(source), defaults={"free_at": now})
        with transaction.atomic():
            # The row stays locked until the end: no other worker counts what is being asked at the same time.
            if not self.of(source).filter(free_at__lte=now).update(free_at=now + pause()):
                return False
            if Source.objects.filter(asked_host=_name(source), claimed_until__gte=now).count() >= AT_ONCE:
                transaction.set_rollback(True)
                return False
            source.asked_host = _name(source)
            source.save(update_fields=["asked_host"])
        return True

    def hold(self, source: Source, *, until: datetime) -> None:
        """Ask nothing of the host before then, whatever the source."""
        self.of(source).filter(free_at__lt=until).update(free_at=until)


class Host(models.Model):
    """A server that one or more sources live on, by its name: which names belong together we do not know."""

    name = models.CharField(_("name"), max_length=255, unique=True)
    free_at = models.DateTimeField(_("may be asked again"))

    objects = HostQuerySet.as_manager()

    class Meta:
        verbose_name = _("host")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def _name(source: Source) -> str:
    try:
        return (urlsplit(source.url).hostname or "")[:255]
    except ValueError:
        return ""  # the fetcher says what is wrong with the address
