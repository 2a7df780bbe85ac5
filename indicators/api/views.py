"""The public API: read only, anonymous; a question that it does not understand is refused in words."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.paginator import EmptyPage, Paginator
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer, URLField
from rest_framework.views import APIView

from indicators.api import parameters, rows, serializers
from indicators.models import Action, Evidence, Fact, Indicator, Publication


@method_decorator(conditional_page, name="dispatch")
class PublicView(APIView):
    """A view that reads its parameters before anything else, and that any site may call from a browser."""

    accepts: type[parameters.Parameters] = parameters.Parameters

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.language = request.query_params.get("lang", "")
        if self.language not in dict(settings.LANGUAGES):
            self.language = translation.get_language_from_request(request)
        with translation.override(self.language):
            self.asked = self.accepts.read(request.query_params)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response["Access-Control-Allow-Origin"] = "*"
        return super().finalize_response(request, response, *args, **kwargs)

    def clocks(self) -> tuple[date, datetime]:
        """The day and the moment asked for; the day of that moment, and now."""
        known_at = self.asked["known_at"] or timezone.now()
        return self.asked["as_of"] or timezone.localdate(known_at), known_at

    def page(self, found: QuerySet, told: Callable[[QuerySet], Any]) -> Response:
        """One page of the rows found, as `told` gives them."""
        pages = Paginator(found, self.asked["page_size"])
        try:
            page = pages.page(self.asked["page"])
        except EmptyPage:
            with translation.override(self.language):
                raise parameters.no_such_page(self.asked["page"], last=pages.num_pages) from None
        return Response(
            {
                "count": pages.count,
                "next": self._page_url(page.next_page_number()) if page.has_next() else None,
                "previous": self._page_url(page.previous_page_number()) if page.has_previous() else None,
                "results": told(page.object_list),
            }
        )

    def _page_url(self, number: int) -> str:
        query = self.request.query_params.copy()
        query["page"] = str(number)
        return f"{settings.SITE_URL}{self.request.path}?{query.urlencode()}"


def each(serializer: type[Serializer]) -> Callable[[Iterable[Any]], Any]:
    """Tell each row by a serializer."""
    return lambda found: serializer(found, many=True).data


def answers(name: str, answer: type[Serializer], *asked: type[parameters.Parameters]) -> Callable:
    """Describe a `get` in the OpenAPI schema, under a name that stays."""
    responses = {200: answer, 400: serializers.RefusalsSerializer}
    return extend_schema(operation_id=name, parameters=[*asked], responses=responses)


class RootSerializer(Serializer):
    """The addresses of the lists, of the OpenAPI schema and of its documentation."""

    actions = URLField()
    indicators = URLField()
    status = URLField()
    evidence = URLField()
    observations = URLField()
    publications = URLField()
    facts = URLField()
    actors = URLField()
    deals = URLField()
    legs = URLField()
    statements = URLField()
    contradictions = URLField()
    cycles = URLField()
    graph = URLField()
    editions = URLField()
    scores = URLField()
    answers = URLField()
    changes = URLField()
    corrections = URLField()
    schema = URLField()
    docs = URLField()


class RootView(PublicView):
    @answers("root", RootSerializer)
    def get(self, request: Request) -> Response:
        """Where everything is."""
        names = RootSerializer().fields
        return Response({name: settings.SITE_URL + reverse(f"api-{name}") for name in names})


class ActionListView(PublicView):
    accepts = parameters.Paging

    @answers("actions", serializers.ActionPageSerializer, parameters.Paging)
    def get(self, request: Request) -> Response:
        """The three public actions, in the words of the article."""
        return self.page(_actions(), each(serializers.ActionSerializer))


class ActionView(PublicView):
    @answers("action", serializers.ActionSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """One public action."""
        return Response(serializers.ActionSerializer(get_object_or_404(_actions(), slug=slug)).data)


class IndicatorListView(PublicView):
    accepts = parameters.DatedParameters

    @answers("indicators", serializers.IndicatorPageSerializer, parameters.DatedParameters)
    def get(self, request: Request) -> Response:
        """The six indicators: sentence, definition in force with its ladder, status."""
        return self.page(_indicators(), self.told)

    def told(self, found: Iterable[Indicator]) -> list[dict[str, Any]]:
        as_of, known_at = self.clocks()
        past = bool(self.asked["as_of"] or self.asked["known_at"])
        standing = [rows.standing(row, as_of=as_of, known_at=known_at, past=past) for row in found]
        return serializers.IndicatorSerializer(standing, many=True).data


class IndicatorView(IndicatorListView):
    accepts = parameters.Clocks

    @answers("indicator", serializers.IndicatorSerializer, parameters.Clocks)
    def get(self, request: Request, code: str) -> Response:
        """One indicator: sentence, definition in force with its ladder, status."""
        return Response(*self.told([get_object_or_404(_indicators(), code=code)]))


class StatusListView(PublicView):
    accepts = parameters.DatedParameters

    @answers("statuses", serializers.StatusPageSerializer, parameters.DatedParameters)
    def get(self, request: Request) -> Response:
        """The status of each indicator, computed now from the published record, with its demonstration."""
        return self.page(_indicators(), self.told)

    def told(self, found: Iterable[Indicator]) -> list[dict[str, Any]]:
        as_of, known_at = self.clocks()
        computed = [rows.computed(indicator, as_of=as_of, known_at=known_at) for indicator in found]
        dated = [status | {"known_at": self.asked["known_at"]} for status in computed]
        return serializers.StatusSerializer(dated, many=True).data


class StatusView(StatusListView):
    accepts = parameters.Clocks

    @answers("status", serializers.StatusSerializer, parameters.Clocks)
    def get(self, request: Request, code: str) -> Response:
        """The status of one indicator, computed now from the published record, with its demonstration."""
        return Response(*self.told([get_object_or_404(_indicators(), code=code)]))


class ChangeListView(PublicView):
    accepts = parameters.DatedParameters

    @answers("changes", serializers.ChangePageSerializer, parameters.DatedParameters)
    def get(self, request: Request, code: str) -> Response:
        """Every change of an indicator's status, newest first."""
        indicator = get_object_or_404(Indicator, code=code)
        return self.page(rows.changes_of(indicator, self.asked), each(serializers.ChangeSerializer))


class EvidenceListView(PublicView):
    accepts = parameters.EvidenceParameters

    @answers("evidence_list", serializers.EvidencePageSerializer, parameters.EvidenceParameters)
    def get(self, request: Request) -> Response:
        """The published evidence, retracted and superseded ones included, each with its state."""
        return self.page(rows.evidence_matching(self.asked), self.told)

    def told(self, found: QuerySet[Evidence]) -> list[dict[str, Any]]:
        return rows.told(found, known_at=self.asked["known_at"])


class EvidenceView(EvidenceListView):
    accepts = parameters.Clocks

    @answers("evidence", serializers.EvidenceSerializer, parameters.Clocks)
    def get(self, request: Request, number: int) -> Response:
        """One evidence: its sources, what it means for each indicator, what became of it."""
        seen = rows.evidence_seen(self.asked)
        get_object_or_404(seen, number=number)
        return Response(*self.told(seen.filter(number=number)))


class PublicationListView(PublicView):
    accepts = parameters.Paging

    @answers("publications", serializers.PublicationPageSerializer, parameters.Paging)
    def get(self, request: Request) -> Response:
        """The founding articles."""
        return self.page(Publication.objects.all(), each(serializers.PublicationSerializer))


class FactListView(PublicView):
    accepts = parameters.FactParameters

    @answers("facts", serializers.FactPageSerializer, parameters.FactParameters)
    def get(self, request: Request) -> Response:
        """What the founding articles state, word for word."""
        publication = self.asked["publication"]
        chosen = Q(publication=publication) if publication else Q()
        found = Fact.objects.shown().filter(chosen).select_related("publication")
        return self.page(found, each(serializers.FactSerializer))


class SchemaView(PublicView, SpectacularJSONAPIView):
    """The OpenAPI schema, in JSON."""


class DocsView(SpectacularSwaggerSplitView):
    """The schema for people; its template has no style of its own, which the content policy would refuse."""

    template_name = "api/docs.html"
    url_name = "api-schema"
    http_method_names = ("get", "head")


def _actions() -> QuerySet[Action]:
    return Action.objects.select_related("publication").prefetch_related("pillars", "indicators")


def _indicators() -> QuerySet[Indicator]:
    return Indicator.objects.select_related("action", "status").prefetch_related("definitions", "overrides")
