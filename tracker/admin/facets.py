"""The filters of the queue, each choice with how many candidates it would leave: one count for all of them."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, CharField, Count, F, Model, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.models import Candidate, Contribution, MatchRule, Source

_AGES = (  # younger than, in days
    ("day", 1, gettext_lazy("since yesterday")),
    ("week", 7, gettext_lazy("this week")),
    ("month", 31, gettext_lazy("this month")),
    ("older", None, gettext_lazy("older")),
)
WATCH, NONE = "watch", "none"


class Facet(admin.ListFilter):
    """One filter: what it tells apart, and the words for it."""

    template = "admin/tracker/candidate/filter.html"
    parameter_name = ""
    told_by: Any = None  # what a candidate is told apart by

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.now = timezone.now()
        chosen = params.pop(self.parameter_name, [])
        if chosen:
            self.used_parameters[self.parameter_name] = chosen[-1]

    def value(self) -> str | None:
        return self.used_parameters.get(self.parameter_name)

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return [self.parameter_name]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.alias(**{f"_{self.parameter_name}": self.told()}).filter(
            **{f"_{self.parameter_name}": self.value()}
        )

    def told(self) -> Any:
        """What a candidate is told apart by, as an expression of text."""
        return self.told_by

    def words(self, values: list[str]) -> dict[str, str]:
        """The words for these values, in the order in which they are shown."""
        return {value: value or _("unknown") for value in sorted(values)}

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        counts = counted(changelist)[self.parameter_name]
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("all"),
            "count": sum(counts.values()),
        }
        values = {value for value, count in counts.items() if count} | ({self.value()} - {None})
        for value, words in self.words(list(values)).items():
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": words,
                "count": counts[value],
            }


class IndicatorFacet(Facet):
    title = gettext_lazy("indicator")
    parameter_name = "indicator"
    told_by = Coalesce(F("indicator__code"), Value(NONE))

    def words(self, values: list[str]) -> dict[str, str]:
        return {value: _("I don’t know") if value == NONE else value for value in sorted(values)}


class ConsequenceFacet(Facet):
    title = gettext_lazy("consequence")
    parameter_name = "consequence"
    told_by = Cast("consequence", CharField())

    def words(self, values: list[str]) -> dict[str, str]:
        labels = {str(value): label for value, label in reversed(Candidate.Consequence.choices)}
        return {value: label for value, label in labels.items() if value in values}


class OriginFacet(Facet):
    title = gettext_lazy("origin")
    parameter_name = "origin"
    told_by = Coalesce(F("document__contribution__kind"), Value(WATCH))

    def words(self, values: list[str]) -> dict[str, str]:
        labels = {WATCH: _("the watch")} | dict(Contribution.Kind.choices)
        return {value: str(label) for value, label in labels.items() if value in values}


class LanguageFacet(Facet):
    title = gettext_lazy("language")
    parameter_name = "language"
    told_by = F("document__language")


class SourceFacet(Facet):
    title = gettext_lazy("source")
    parameter_name = "source"
    told_by = Cast("document__source", CharField())

    def words(self, values: list[str]) -> dict[str, str]:
        names = Source.objects.filter(pk__in=[value for value in values if value.isdecimal()])
        return {str(pk): name for pk, name in names.order_by("name").values_list("pk", "name")}


class AgeFacet(Facet):
    title = gettext_lazy("age")
    parameter_name = "age"

    def told(self) -> Any:
        younger = [
            When(created_at__gt=self.now - timedelta(days=days), then=Value(name))
            for name, days, _label in _AGES
            if days
        ]
        return Case(*younger, default=Value("older"), output_field=CharField())

    def words(self, values: list[str]) -> dict[str, str]:
        return {name: str(label) for name, _days, label in _AGES if name in values}


FACETS = (IndicatorFacet, ConsequenceFacet, OriginFacet, LanguageFacet, SourceFacet, AgeFacet)


def counted(changelist: ChangeList) -> dict[str, Counter[str]]:
    """For each facet, how many candidates each of its values would leave, whatever is chosen of that facet itself."""
    if not hasattr(changelist, "facets"):
        changelist.facets = _count(changelist)
    return changelist.facets


def _count(changelist: ChangeList) -> dict[str, Counter[str]]:
    facets = [spec for spec in changelist.filter_specs if type(spec) in FACETS]
    found = changelist.root_queryset
    for spec in changelist.filter_specs:
        found = found if spec in facets else spec.queryset(None, found)
    found, _may_repeat = changelist.model_admin.get_search_results(None, found, changelist.query)
    names = [facet.parameter_name for facet in facets]
    told = {f"_{facet.parameter_name}": facet.told() for facet in facets}
    rows = found.order_by().annotate(**told).values_list(*told).annotate(Count("pk"))
    counts = {name: Counter[str]() for name in names}
    for *values, count in rows:
        other = [facet.value() not in (None, value) for facet, value in zip(facets, values, strict=True)]
        for place, name in enumerate(names):
            if sum(other) == other[place]:
                counts[name][values[place]] += count
    return counts


class StateFacet(Facet):
    """The queue shows what waits, unless asked for more."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset.waiting(self.now)
        return queryset if self.value() == "all" else queryset.filter(state=self.value())

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        counts = dict(Candidate.objects.order_by().values_list("state").annotate(Count("pk")))
        shown = [(None, _("to decide"), None)]
        shown += [(value, label, counts.get(value, 0)) for value, label in Candidate.State.choices]
        for value, label, count in [*shown, ("all", _("all"), sum(counts.values()))]:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else None, remove=[self.parameter_name]
                ),
                "display": label,
                "count": count,
            }


class RuleFacet(Facet):
    """A candidate may be proposed by several rules."""

    title = gettext_lazy("rule")
    parameter_name = "rule"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        rules = Candidate.rules.through.objects.filter(matchrule__slug=self.value())
        return queryset.filter(pk__in=rules.values("candidate"))

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        waiting = Candidate.objects.waiting(self.now).values("pk")
        proposed = Candidate.rules.through.objects.filter(candidate__in=waiting).order_by()
        counts = Counter[str]()
        slugs = dict(MatchRule.objects.values_list("pk", "slug"))
        for pk, count in proposed.values_list("matchrule").annotate(Count("pk")):
            counts[slugs[pk]] += count
        changelist.facets = counted(changelist) | {"rule": counts}
        yield from super().choices(changelist)
