"""Articles read against the five pillars: the reading grid, never mixed with the scores of actors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from indicators.models import ArticleAssessment, Pillar, PillarPoints, Publication
from indicators.rules.articles import article_score
from indicators.site.moment import moment_of

QUESTIONS = {
    "souverainete": _("Does it help its readers decide for themselves?"),
    "imprevisibilite": _("Does it open options, or does it present a fate?"),
    "mobilite": _("Does it name ways out and alternatives?"),
    "factualite": _("Are its figures sourced and dated, and does it say which way the money goes?"),
    "solidarite": _("Does it say who bears the cost, and what is held in common?"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One assessment: a line for each pillar (None: not filled), the declared total and the computed one.

    `computed` is None until every pillar is filled, and `maximum` is that of the total which is shown; `consistent` is
    None while there is nothing to compare.
    """

    assessment: ArticleAssessment
    maximum: Decimal | None
    lines: Sequence[tuple[Pillar, PillarPoints | None]]
    computed: Decimal | None
    consistent: bool | None
    before: "Grid | None"

    @property
    def filled(self) -> int:
        """How many pillars were given points."""
        return sum(points is not None for _pillar, points in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two assessors on one article: how many pillars they give the same points, of those that both filled."""

    same: int
    of: int
    widest: Decimal


@require_safe
def assessments(request: HttpRequest) -> HttpResponse:
    """Each article that was read against the pillars, with its points, its sentences and its open points."""
    pillars = list(Pillar.objects.all())
    points = PillarPoints.objects.select_related("pillar")
    every = (
        ArticleAssessment.objects.select_related("publication")
        .prefetch_related(Prefetch("points", points))
        .order_by("-publication__published_on", "publication", "framework", "assessor")
    )
    rows = {row.pk: row for row in every}
    replaced = {row.supersedes_id for row in rows.values()}
    grids = [grid_of(row, pillars, rows) for row in rows.values() if row.pk not in replaced]
    context = {
        "moment": moment_of(request),
        "undated": True,
        "pillars": [(pillar, QUESTIONS.get(pillar.slug, "")) for pillar in pillars],
        "articles": list(_by_article(grids)),
    }
    return render(request, "site/assessments.html", context)


def grid_of(row: ArticleAssessment, pillars: Sequence[Pillar], rows: Mapping[int, ArticleAssessment]) -> Grid:
    """An assessment with its total, computed only when every pillar is filled; of `rows`, the version that it corrects."""
    before = rows.get(row.supersedes_id or 0)
    points = {each.pillar_id: each for each in row.points.all()}
    told = article_score(
        None if row.declared_total is None else float(row.declared_total),
        {each.pillar.slug: float(each.points) for each in points.values()} or None,
        declared_max=float(row.declared_max or 2 * len(pillars)),
    )
    filled = len(points) == len(pillars)
    return Grid(
        assessment=row,
        maximum=Decimal(told["max"]) if filled else row.declared_max,
        lines=[(pillar, points.get(pillar.pk)) for pillar in pillars],
        computed=Decimal(str(told["total"])) if filled else None,
        consistent=told["consistent"],
        before=before and grid_of(before, pillars, rows),
    )


def compared(one: Grid, other: Grid) -> Compared | None:
    """The agreement of two assessors; None where no pillar is filled by both."""
    apart = [
        abs(mine.points - theirs.points)
        for (_pillar, mine), (_same, theirs) in zip(one.lines, other.lines, strict=True)
        if mine and theirs
    ]
    if not apart:
        return None
    return Compared(same=apart.count(Decimal(0)), of=len(apart), widest=max(apart))


def _by_article(grids: Sequence[Grid]) -> Iterator[tuple[Publication, list[Grid], Compared | None]]:
    for publication, group in groupby(grids, key=lambda grid: grid.assessment.publication):
        of_one = list(group)
        yield publication, of_one, compared(*of_one) if len(of_one) == 2 else None
