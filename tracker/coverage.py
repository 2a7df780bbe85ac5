"""How well the watch watches: told to the public as observations, since no public page may look behind the wall."""

from datetime import datetime, timedelta

from django.utils import timezone

from indicators import publishing
from indicators.models import Indicator, Measure
from indicators.models.status import COVERAGE_PREFIX
from tracker import health
from tracker.models import PERSON, Document, Source

DAYS = 90  # domain.md §3: an indicator is blind when its coverage over 90 days is below 0.8
SOURCES_WATCHED = "sources-watched"
DOCUMENTS_READ = "documents-read"


def record_coverage(*, now: datetime) -> None:
    """Publish, for each indicator, the days on which its sources were read, of those on which they should have been.

    Also how many sources are watched and how many documents were read in the last 30 days. Unchanged figures
    are not written again.
    """
    today = timezone.localdate(now)
    since, month = today - timedelta(days=DAYS - 1), today - timedelta(days=29)
    watched = Source.objects.watched()
    for indicator in Indicator.objects.order_by("order"):
        days = list(watched.filter(indicators=indicator).values_list("days_read", flat=True))
        publishing.observe(
            f"{COVERAGE_PREFIX}{indicator.code}",
            period=(since, today),
            numerator=sum(health.count_days(bytes(each), since=since, until=today) for each in days),
            denominator=len(days) * DAYS,
            now=now,
        )
    publishing.observe(
        SOURCES_WATCHED, period=(today, today), numerator=watched.count(), denominator=None, now=now
    )
    seen = Document.objects.filter(first_seen_at__gte=now - timedelta(days=30))
    documents = seen.exclude(source__format=PERSON).count()  # what people send is not what we read
    publishing.observe(DOCUMENTS_READ, period=(month, today), numerator=documents, denominator=None, now=now)


def measures() -> list[Measure]:
    """The measures that this module publishes, not saved."""
    general = [
        Measure(code=SOURCES_WATCHED, name_fr="Sources surveillées", name_en="Sources watched"),
        Measure(
            code=DOCUMENTS_READ,
            name_fr="Documents lus ces trente derniers jours",
            name_en="Documents read in the last thirty days",
        ),
    ]
    return general + [
        Measure(
            code=f"{COVERAGE_PREFIX}{indicator.code}",
            indicator=indicator,
            name_fr=f"Couverture de la veille pour {indicator.code}",
            name_en=f"Coverage of the watch for {indicator.code}",
        )
        for indicator in Indicator.objects.order_by("order")
    ]
