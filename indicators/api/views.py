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
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from indicators.api import parameters, rows, serializers
from indicators.models import Action, Evidence, Fact, Indicator, Publication


@method_decorator(conditional_page, name="dispatch")
class PublicView(APIView):
    """A view that reads its parameters before anything else, and that any site may call from a browser."""

    accepts: type[parameters.Parameters] = parameters.Parameters

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        with translation.override(translation.get_language_from_request(request)):
            self.asked = self.accepts.read(request.query_params)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response["Access-Control-Allow-Origin"] = "*"
        return super().finalize_response(request, response, *args, **kwargs)

    def clocks(self) -> tuple[date, datetime]:
        """The day and the moment asked for; the day of that moment, and now."""
        known_at = self.asked["known_at"] or timezone.now()  # noqa: TID251 - this is the door
        return self.asked["as_of"] or timezone.localdate(known_at), known_at

    def page(
        self,
        found: QuerySet,
        answer: type[Serializer],
        *,
        told: Callable[[Iterable[Any]], Iterable[Any]] = list,
    ) -> Response:
        """One page of the rows found, each as `told` gives it."""
        pages = Paginator(found, self.asked["page_size"])
        try:
            page = pages.page(self.asked["page"])
        except EmptyPage:
            accepted = _("from 1 to %(last)s") % {"last": pages.num_pages}
            raise parameters.refuse(
                "page", self.asked["page"], accepted=accepted, message=_("There is no such page.")
            ) from None
        body = {
            "count": pages.count,
            "next": self._page_url(page.next_page_number()) if page.has_next() else None,
            "previous": self._page_url(page.previous_page_number()) if page.has_previous() else None,
            "results": told(page.object_list),
        }
        return Response(answer(body).data)

    def _page_url(self, number: int) -> str:
        query = self.request.query_params.copy()
        query["page"] = str(number)
        return f"{settings.SITE_URL}{self.request.path}?{query.urlencode()}"


def answers(name: str, answer: type[Serializer], *asked: type[parameters.Parameters]) -> Callable:
    """Describe a `get` in the OpenAPI schema, under a name that stays."""
    responses = {200: answer, 400: serializers.RefusalsSerializer}
    return extend_schema(operation_id=name, parameters=[*asked], responses=responses)


class RootView(PublicView):
    @answers("root", serializers.RootSerializer)
    def get(self, request: Request) -> Response:
        """Where everything is."""
        names = serializers.RootSerializer().fields
        return Response({name: settings.SITE_URL + reverse(f"api-{name}") for name in names})


class ActionListView(PublicView):
    accepts = parameters.Paging

    @answers("actions", serializers.ActionPageSerializer, parameters.Paging)
    def get(self, request: Request) -> Response:
        """The three public actions, in the words of the article."""
        return self.page(_actions(), serializers.ActionPageSerializer)


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
        return self.page(_indicators(), serializers.IndicatorPageSerializer, told=self._standing)

    def _standing(self, found: Iterable[Indicator]) -> list[Indicator]:
        as_of, known_at = self.clocks()
        past = bool(self.asked["as_of"] or self.asked["known_at"])
        return [rows.standing(row, as_of=as_of, known_at=known_at, past=past) for row in found]


class IndicatorView(IndicatorListView):
    accepts = parameters.Clocks

    @answers("indicator", serializers.IndicatorSerializer, parameters.Clocks)
    def get(self, request: Request, code: str) -> Response:
        """One indicator: sentence, definition in force with its ladder, status."""
        (indicator,) = self._standing([get_object_or_404(_indicators(), code=code)])
        return Response(serializers.IndicatorSerializer(indicator).data)


class StatusListView(PublicView):
    accepts = parameters.DatedParameters

    @answers("statuses", serializers.StatusPageSerializer, parameters.DatedParameters)
    def get(self, request: Request) -> Response:
        """The status of each indicator, computed now from the published record, with its demonstration."""
        return self.page(_indicators(), serializers.StatusPageSerializer, told=self._computed)

    def _computed(self, found: Iterable[Indicator]) -> list[dict[str, Any]]:
        as_of, known_at = self.clocks()
        computed = [rows.computed(indicator, as_of=as_of, known_at=known_at) for indicator in found]
        return [status | {"known_at": self.asked["known_at"]} for status in computed]


class StatusView(StatusListView):
    accepts = parameters.Clocks

    @answers("status", serializers.StatusSerializer, parameters.Clocks)
    def get(self, request: Request, code: str) -> Response:
        """The status of one indicator, computed now from the published record, with its demonstration."""
        (status,) = self._computed([get_object_or_404(_indicators(), code=code)])
        return Response(serializers.StatusSerializer(status).data)


class ChangeListView(PublicView):
    accepts = parameters.DatedParameters

    @answers("changes", serializers.ChangePageSerializer, parameters.DatedParameters)
    def get(self, request: Request, code: str) -> Response:
        """Every change of an indicator's status, newest first."""
        indicator = get_object_or_404(Indicator, code=code)
        return self.page(rows.changes_of(indicator, self.asked), serializers.ChangePageSerializer)


class EvidenceListView(PublicView):
    accepts = parameters.EvidenceParameters

    @answers("evidence_list", serializers.EvidencePageSerializer, parameters.EvidenceParameters)
    def get(self, request: Request) -> Response:
        """The published evidence, retracted and superseded ones included, each with its state."""
        found = rows.evidence_matching(self.asked)
        return self.page(found, serializers.EvidencePageSerializer, told=self._as_known)

    def _as_known(self, found: Iterable[Evidence]) -> list[Evidence]:
        return [rows.as_known(evidence, self.asked["known_at"]) for evidence in found]


class EvidenceView(PublicView):
    accepts = parameters.Clocks

    @answers("evidence", serializers.EvidenceSerializer, parameters.Clocks)
    def get(self, request: Request, number: int) -> Response:
        """One evidence: its sources, what it means for each indicator, what became of it."""
        evidence = get_object_or_404(rows.evidence_seen(self.asked), number=number)
        known = rows.as_known(evidence, self.asked["known_at"])
        return Response(serializers.EvidenceSerializer(known).data)


class PublicationListView(PublicView):
    accepts = parameters.Paging

    @answers("publications", serializers.PublicationPageSerializer, parameters.Paging)
    def get(self, request: Request) -> Response:
        """The founding articles."""
        return self.page(Publication.objects.all(), serializers.PublicationPageSerializer)


class FactListView(PublicView):
    accepts = parameters.FactParameters

    @answers("facts", serializers.FactPageSerializer, parameters.FactParameters)
    def get(self, request: Request) -> Response:
        """What the founding articles state, word for word."""
        publication = self.asked["publication"]
        chosen = Q(publication=publication) if publication else Q()
        found = Fact.objects.shown().filter(chosen).select_related("publication")
        return self.page(found, serializers.FactPageSerializer)


class SchemaView(PublicView, SpectacularJSONAPIView):
    """The OpenAPI schema, in JSON."""


class DocsView(SpectacularSwaggerSplitView):
    """The schema for people; its template has no style of its own, which the content policy would refuse."""

    template_name = "api/docs.html"
    url_name = "api-schema"


def _actions() -> QuerySet[Action]:
    return Action.objects.select_related("publication").prefetch_related("pillars", "indicators")


def _indicators() -> QuerySet[Indicator]:
    return Indicator.objects.select_related("action", "status").prefetch_related("definitions")
