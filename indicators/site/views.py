"""The public pages: load, ask one question, answer. Evidence and the registry have their own file."""

from itertools import groupby

from django.conf import settings
from django.db.models import Count, F, OuterRef, Prefetch, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from indicators.models import (
    Action,
    ArticleAssessment,
    Assessment,
    Citation,
    Definition,
    Evidence,
    Fact,
    Figure,
    Indicator,
    Measure,
    Observation,
    Pillar,
    Publication,
    QualityNote,
    Stance,
)
from indicators.rules.measures import DETECTED
from indicators.rules.words import Flag
from indicators.site.charts import timeline
from indicators.site.moment import BadParameterError, Moment, moment_of
from indicators.site.reading import Answer, answers_at, changes_at, coverages_at, lines_at
from indicators.site.trace import lacks_of, one_voice, steps_of

LATEST = 6
COLUMN = 50


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Six sentences, six answers."""
    moment = moment_of(request)
    lines = lines_at(Indicator.objects.all(), moment)
    actions = Action.objects.select_related("publication")
    by_action = {
        action.pk: [line for line in lines if line.indicator.action_id == action.pk] for action in actions
    }
    watch = coverages_at([], moment)
    context = {
        "moment": moment,
        "actions": [(action, by_action[action.pk]) for action in actions],
        "sources": watch["sources-watched"].numerator,
        "documents": watch["documents-read"].numerator,
        "changes": changes_at(moment).moved()[:LATEST],
        "latest": _standing(moment).order_by("-published_at")[:LATEST],
    }
    return render(request, "site/home.html", context)


@require_safe
def action(request: HttpRequest, slug: str) -> HttpResponse:
    """A proposal as written, its two indicators, its evidence."""
    moment = moment_of(request)
    row = Action.objects.select_related("publication").prefetch_related("pillars").filter(slug=slug).first()
    if row is None:
        raise Http404
    evidence = _standing(moment).filter(assessments__indicator__action=row).distinct()
    context = {
        "moment": moment,
        "action": row,
        "lines": lines_at(row.indicators.all(), moment),
        "evidence": evidence.with_assessments()[:COLUMN],
    }
    return render(request, "site/action.html", context)


@require_safe
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """One sentence: its answer, why, since when, on which evidence, what would change it."""
    moment = moment_of(request)
    row = Indicator.objects.select_related("action__publication").filter(code=code).first()
    if row is None:
        raise Http404
    answer = answers_at([row], moment)[row.pk]
    columns = _columns(row, moment)
    examples, counterexamples = columns[Stance.SUPPORTS], columns[Stance.CONTRADICTS]
    changes = list(changes_at(moment).filter(indicator=row))
    definitions = [each for each in row.definitions.latest_first() if each.published_at <= moment.known_at]
    context = {
        "moment": moment,
        "indicator": row,
        "answer": answer,
        "steps": steps_of(answer.trace),
        "one_voice": _one_voice(answer),
        "lacks": lacks_of(answer.missing),
        "next_rung": min(answer.rung + 1, 5),
        "definition": next((each for each in definitions if each.version == answer.version), None)
        or next(iter(definitions), None),
        "definitions": definitions,
        "columns": [(Stance.SUPPORTS.value, examples), (Stance.CONTRADICTS.value, counterexamples)],
        "context": columns[Stance.CONTEXT],
        "changes": changes,
        "breaks": (breaks := _breaks(definitions, moment)),
        "chart": _timeline(changes, examples, counterexamples, breaks, moment),
        "coverage": coverages_at([row], moment)[f"coverage-{row.code}"],
        "measures": _measures(row, moment),
        "override": row.overrides.in_force(on=moment.as_of, known_at=moment.known_at),
    }
    return render(request, "site/indicator.html", context)


@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """How a status is reached, and what the founding articles state, with its quality."""
    moment = moment_of(request)
    facts = Fact.objects.shown().prefetch_related("notes").order_by("publication", "kind", "number")
    by_publication = {
        pk: [(kind, list(rows)) for kind, rows in groupby(of_one, key=lambda fact: fact.kind)]
        for pk, of_one in groupby(facts, key=lambda fact: fact.publication_id)
    }
    definitions = Definition.objects.filter(
        in_force_from__lte=moment.as_of, published_at__lte=moment.known_at
    ).latest_first()
    figures = list(Figure.objects.select_related("fact").prefetch_related("notes"))
    publications = Publication.objects.prefetch_related(
        Prefetch("assessments", ArticleAssessment.objects.standing().prefetch_related("points__pillar"))
    )
    context = {
        "moment": moment,
        "undated": True,
        "indicators": Indicator.objects.select_related("action").prefetch_related(
            Prefetch("definitions", definitions)
        ),
        "pillars": Pillar.objects.all(),
        "publications": [(each, by_publication.get(each.pk, [])) for each in publications],
        "figures": {kind.value: [each for each in figures if each.kind == kind] for kind in Figure.Kind},
        "notes": QualityNote.objects.select_related("publication"),
    }
    return render(request, "site/method.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read: everything but the workplace."""
    context = {"sitemap": settings.SITE_URL + reverse("sitemap")}
    return render(request, "site/robots.txt", context, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """The 400 page; it names the parameter where one is to blame."""
    refused = exception if isinstance(exception, BadParameterError) else None
    if refused is None:
        request.GET = QueryDict()  # its query may be what could not be read
    return render(request, "400.html", {"refused": refused}, status=400)


def _standing(moment: Moment) -> "Evidence.objects":
    return Evidence.objects.standing_at(as_of=moment.as_of, known_at=moment.known_at)


def _columns(row: Indicator, moment: Moment) -> dict[str, list[Assessment]]:
    """What the evidence that stands means for the indicator, by stance: the newest events, `total` says of how many.

    An evidence assessed under several definitions is shown once, under the newest.
    """
    newest = Assessment.objects.filter(evidence=OuterRef("evidence"), indicator=row).order_by(
        "-definition__version"
    )
    newest_first = [F("evidence__occurred_on").desc(), F("evidence__number").desc()]
    rows = (
        Assessment.objects.filter(indicator=row, evidence__in=_standing(moment), pk=newest.values("pk")[:1])
        .annotate(rank=Window(RowNumber(), partition_by="stance", order_by=newest_first))
        .annotate(total=Window(Count("pk"), partition_by="stance"))
        .filter(rank__lte=COLUMN)
        .select_related("evidence", "definition")
        .prefetch_related("evidence__citations")
        .order_by("rank")
    )
    return {stance: [each for each in rows if each.stance == stance] for stance in Stance.values}


def _one_voice(answer: Answer) -> str:
    """How several articles can be a single source, where that must be said of the answer."""
    if Flag.SINGLE_SOURCE not in answer.flags:
        return ""
    return one_voice(list(Citation.objects.filter(evidence__number__in=answer.backing)))


def _breaks(newest_first: list[Definition], moment: Moment) -> list[Definition]:
    """The definitions in force by then that replaced another one: where the series breaks."""
    return [each for each in newest_first if each.version > 1 and each.in_force_from <= moment.as_of]


def _timeline(changes, examples, counterexamples, breaks, moment):
    if not (changes or examples or counterexamples or breaks):
        return None
    oldest_first = changes[::-1]
    return timeline(
        [(change.as_of, change.rung_to) for change in oldest_first],
        examples=[(each.evidence.occurred_on, each.evidence.number) for each in examples],
        counterexamples=[(each.evidence.occurred_on, each.evidence.number) for each in counterexamples],
        breaks=[each.in_force_from for each in breaks],
        until=moment.as_of,
        before=oldest_first[0].rung_from or 0 if oldest_first else 0,
    )


def _measures(row: Indicator, moment: Moment):
    """The measures of the indicator itself, each with the last observation known at that moment, or None."""
    known = Observation.objects.known(as_of=moment.as_of, known_at=moment.known_at)
    measures = Measure.objects.filter(indicator=row).exclude(code__startswith="coverage")
    found = measures.prefetch_related(Prefetch("observations", known, to_attr="known"))
    return [
        (measure, each)
        for measure in sorted(found, key=lambda measure: (len(measure.code), measure.code))  # T2 before T10
        for each in _by_variant(measure.known, ("", DETECTED)) or [None]
    ]


def _by_variant(newest_first: list[Observation], variants: tuple[str, ...]) -> list[Observation]:
    """The newest observation of each variant, over all countries."""
    own = [each for each in newest_first if not each.geography]
    newest = (next((each for each in own if each.variant == variant), None) for variant in variants)
    return [each for each in newest if each]
