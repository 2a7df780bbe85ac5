"""What was measured, in the API: each value of a measure with its numerator, its denominator and what is unknown."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from indicators.api.parameters import DatedParameters, NamedField
from indicators.api.serializers import PageSerializer, RowSerializer
from indicators.api.views import PublicView, answers, each
from indicators.models import Indicator, Measure, Observation

_FILTERS = {
    "measure": "measure",
    "indicator": "measure__indicator",
    "period_after": "period_start__gte",
    "period_before": "period_end__lte",
}


class ObservationParameters(DatedParameters):
    """The filters of the observations; they add up."""

    measure = NamedField(
        required=False,
        slug_field="code",
        queryset=Measure.objects.all(),
        help_text=gettext_lazy("The code of a measure."),
    )
    indicator = NamedField(
        required=False,
        slug_field="code",
        queryset=Indicator.objects.all(),
        help_text=gettext_lazy("The code of an indicator: observations of its measures."),
    )
    period_after = serializers.DateField(
        required=False, help_text=gettext_lazy("The first day of the period: 2026-01-01.")
    )
    period_before = serializers.DateField(
        required=False, help_text=gettext_lazy("The last day of the period: 2026-12-31.")
    )


class ObservationSerializer(RowSerializer):
    """One value over one period. `unknown` counts the cases of which nobody knows; they are in no other number."""

    measure = serializers.SlugRelatedField(slug_field="code", read_only=True)
    name_fr = serializers.CharField(source="measure.name_fr")
    name_en = serializers.CharField(source="measure.name_en")
    indicator = serializers.CharField(source="measure.indicator.code", default=None, allow_null=True)

    class Meta:
        model = Observation
        fields = [
            "measure",
            "name_fr",
            "name_en",
            "indicator",
            "geography",
            "variant",
            "period_start",
            "period_end",
            "numerator",
            "denominator",
            "unknown",
            "digest",
            "published_at",
        ]
        extra_kwargs = {name: {"normalize_output": True} for name in ("numerator", "denominator", "unknown")}


class ObservationPageSerializer(PageSerializer):
    results = ObservationSerializer(many=True)


class ObservationListView(PublicView):
    accepts = ObservationParameters

    @answers("observations", ObservationPageSerializer, ObservationParameters)
    def get(self, request: Request) -> Response:
        """Every value published of every measure, newest period first; within it, the last one published is in force."""
        as_of, known_at = self.clocks()
        asked = {_FILTERS[name]: self.asked[name] for name in _FILTERS if self.asked[name] is not None}
        found = Observation.objects.known(as_of=as_of, known_at=known_at).filter(**asked)
        rows = found.select_related("measure__indicator").order_by("-period_end", "-published_at", "-pk")
        return self.page(rows, each(ObservationSerializer))
