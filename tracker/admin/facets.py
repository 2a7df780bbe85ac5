"""The filters of the queue, each choice with how many candidates it would leave: one count for all of them."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, CharField, Count, F, Model, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.templatetags.display import language
from tracker.models import Candidate, Contribution, Source, Wave

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
    column = (
        ""  # what candidates are told apart by, and grouped by as it is: 50,000 are counted at every look
    )

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
        value = self.value()
        if value is None:
            return queryset
        raw = {told: raw for raw, told in self.values().items()}.get(value, value)
        try:
            return queryset.filter(Q(**{self.column: raw}))
        except ValueError:
            return queryset.none()

    def expression(self) -> Any:
        """What candidates are grouped by."""
        return F(self.column)

    def values(self) -> dict[Any, str]:
        """The values of addresses for those of the column that are not the same."""
        return {}

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
    column = "indicator__code"

    def values(self) -> dict[Any, str]:
        return {None: NONE}

    def words(self, values: list[str]) -> dict[str, str]:
        return {value: _("none: deals, or not said") if value == NONE else value for value in sorted(values)}


class ConsequenceFacet(Facet):
    title = gettext_lazy("consequence")
    parameter_name = "consequence"
    column = "consequence"

    def words(self, values: list[str]) -> dict[str, str]:
        labels = {str(value): label for value, label in reversed(Candidate.Consequence.choices)}
        return {value: label for value, label in labels.items() if value in values}


class OriginFacet(Facet):
    title = gettext_lazy("origin")
    parameter_name = "origin"
    column = "document__contribution__kind"

    def values(self) -> dict[Any, str]:
        return {None: WATCH}

    def words(self, values: list[str]) -> dict[str, str]:
        labels = {WATCH: _("the watch")} | dict(Contribution.Kind.choices)
        return {value: str(label) for value, label in labels.items() if value in values}


class LanguageFacet(Facet):
    title = gettext_lazy("language")
    parameter_name = "language"
    column = "document__language"

    def words(self, values: list[str]) -> dict[str, str]:
        names = {value: language(value) if value else _("unknown") for value in values}
        return dict(sorted(names.items(), key=lambda pair: pair[1]))


class SourceFacet(Facet):
    title = gettext_lazy("source")
    parameter_name = "source"
    column = "document__source"

    def words(self, values: list[str]) -> dict[str, str]:
        names = Source.objects.filter(pk__in=[value for value in values if value.isdecimal()])
        return {str(pk): name for pk, name in names.order_by("name").values_list("pk", "name")}


class AgeFacet(Facet):
    title = gettext_lazy("age")
    parameter_name = "age"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.alias(_age=self.expression()).filter(_age=self.value())

    def expression(self) -> Any:
        younger = [
            When(created_at__gt=self.now - timedelta(days=days), then=Value(name))
            for name, days, _label in _AGES
            if days
        ]
        return Case(*younger, default=Value("older"), output_field=CharField())

    def words(self, values: list[str]) -> dict[str, str]:
        return {name: str(label) for name, _days, label in _AGES if name in values}


class WaveFacet(Facet):
    title = gettext_lazy("wave")
    parameter_name = "wave"
    column = "document__contribution__wave"

    def values(self) -> dict[Any, str]:
        return {None: NONE}

    def words(self, values: list[str]) -> dict[str, str]:
        waves = [value for value in values if value.isdecimal()]
        told = {str(wave.pk): str(wave) for wave in Wave.objects.filter(pk__in=waves)} if waves else {}
        return told | ({NONE: _("none")} if waves and NONE in values else {})


FACETS = (IndicatorFacet, ConsequenceFacet, OriginFacet, LanguageFacet, SourceFacet, AgeFacet, WaveFacet)


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
    told = {f"_{facet.parameter_name}": facet.expression() for facet in facets}
    rows = found.order_by().annotate(**told).values_list(*told).annotate(Count("pk"))
    names = [facet.values() for facet in facets]
    counts = {facet.parameter_name: Counter[str]() for facet in facets}
    for *raws, count in rows:
        values = [named.get(raw, str(raw)) for named, raw in zip(names, raws, strict=True)]
        other = [facet.value() not in (None, value) for facet, value in zip(facets, values, strict=True)]
        for place, facet in enumerate(facets):
            if sum(other) == other[place]:
                counts[facet.parameter_name][values[place]] += count
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
        counts = Counter(dict(proposed.values_list("matchrule__slug").annotate(Count("pk"))))
        changelist.facets = counted(changelist) | {"rule": counts}
        yield from super().choices(changelist)
