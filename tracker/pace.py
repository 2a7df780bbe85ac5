"""How much one moderator may publish alone in an hour; a second one can let them go on."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from indicators.models import Indicator
from tracker.models import Decision, PublishingStop

WINDOW = timedelta(hours=1)


class StoppedError(ValueError):
    """This moderator has published as much as one person may for now; ask a second one, or wait."""


def check(moderator: AbstractBaseUser, *, now: datetime) -> None:
    """Raise StoppedError while a stop stands. To be asked inside the transaction that publishes."""
    Indicator.objects.one_writer_at_a_time()  # or many requests at once would all find it open
    stop = PublishingStop.objects.standing(now).filter(moderator=moderator).first()
    if stop is not None:
        told = {"published": stop.published, "until": f"{localtime(stop.ends_at):%H:%M}"}
        raise StoppedError(
            _(
                "You have published %(published)d within an hour, as many as one person may. Another moderator can let"
                " you go on under “Stops of publishing”; if nobody does, go on at %(until)s."
            )
            % told
        )


def count(moderator: AbstractBaseUser, *, now: datetime) -> None:
    """After a publication: the one that fills the hour opens a stop, which the whole team sees."""
    lifted_at = PublishingStop.objects.filter(moderator=moderator).aggregate(last=Max("lifted_at"))["last"]
    since = max(filter(None, [now - WINDOW, lifted_at]))
    published = Decision.objects.published_by(moderator, since=since).count()
    if published >= settings.PUBLISHED_PER_HOUR:
        PublishingStop.objects.create(
            moderator=moderator, published=published, stopped_at=now, ends_at=now + WINDOW
        )


@transaction.atomic
def lift(stop: PublishingStop, *, by: AbstractBaseUser, now: datetime) -> PublishingStop:
    """Let the moderator go on: as many again. Raises ValidationError for one's own stop."""
    current = PublishingStop.objects.select_for_update().get(pk=stop.pk)
    if current.lifted_at is None:
        current.lifted_at, current.lifted_by = now, by
        current.full_clean()
        current.save()
    return current
