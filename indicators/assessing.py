"""Enter how an article was judged against the five pillars; a correction is a new version, the one before stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from indicators import ledger
from indicators.models import ArticleAssessment, Indicator, LedgerEntry, Pillar, PillarPoints, Publication
from indicators.registering import NewSource, record_source

Kind = LedgerEntry.Kind
Pair = Mapping[str, str]  # fr, en


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPoints:
    """What one pillar, by slug, is given (0 to 2 by halves), in one sentence, with the words of the article."""

    pillar: str
    points: Decimal
    sentence: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArticleAssessment:
    """What an assessor says of an article by a version of the framework; see ArticleAssessment.

    A total that the article or the assessor declares may stand without any points; none is computed here.
    """

    framework: str
    assessor: str
    assessed_on: date
    points: tuple[NewPoints, ...] = ()
    declared_total: Decimal | None = None
    declared_max: Decimal | None = None
    quote: str = ""
    vigilance: tuple[Pair, ...] = ()
    open_points: tuple[Pair, ...] = ()


@transaction.atomic
def assess_article(told: NewArticleAssessment, *, source: NewSource, now: datetime) -> ArticleAssessment:
    """Enter a first assessment of an article. Raises ValidationError where this assessor made one already."""
    Indicator.objects.one_writer_at_a_time()
    row = _row(told, publication=record_source(source, now=now), now=now)
    return _published(row, told, now=now)


@transaction.atomic
def correct_assessment(
    old: ArticleAssessment, told: NewArticleAssessment, *, reason: str, now: datetime
) -> ArticleAssessment:
    """Enter a new version of an assessment, with its public reason. Raises ValidationError where one stands already."""
    Indicator.objects.one_writer_at_a_time()
    if ArticleAssessment.objects.filter(supersedes=old).exists():
        raise ValidationError(_("A later version stands already: correct that one."))
    row = _row(told, publication=old.publication, now=now)
    row.supersedes, row.correction_reason = old, reason
    _published(row, told, now=now)
    ledger.record(Kind.CORRECTED, old, now=now)
    return row


def _row(told: NewArticleAssessment, *, publication: Publication, now: datetime) -> ArticleAssessment:
    names = ("framework", "assessor", "assessed_on", "declared_total", "declared_max", "quote")
    said = {name: getattr(told, name) for name in names}
    lists = {"vigilance": list(told.vigilance), "open_points": list(told.open_points)}
    return ArticleAssessment(publication=publication, recorded_at=now, **said, **lists)


def _published(row: ArticleAssessment, told: NewArticleAssessment, *, now: datetime) -> ArticleAssessment:
    if not told.points and told.declared_total is None:
        raise ValidationError(_("Give points to one pillar at least, or the total that is declared."))
    row.full_clean()
    row.save()
    for each in told.points:
        pillar = Pillar.objects.filter(slug=each.pillar).first()
        said = {"points": each.points, "sentence": each.sentence, "quote": each.quote}
        points = PillarPoints(assessment=row, pillar=pillar, **said)
        points.full_clean()
        points.save()
    ledger.record(Kind.PUBLISHED, row, now=now)
    return row
