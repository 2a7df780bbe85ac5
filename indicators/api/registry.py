"""The registry, plainly listed: actors, and deals with who pays whom and every sourced statement."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from indicators.api.parameters import Paging
from indicators.api.serializers import PageSerializer, RowSerializer
from indicators.api.views import PublicView, answers, each
from indicators.models import Actor, Deal, DealParty, Leg, LegAmount, Statement


class ActorSerializer(RowSerializer):
    group = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    roles = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Actor
        fields = ["slug", "name", "kind", "group", "country", "roles", "note_fr", "note_en"]


class PartySerializer(RowSerializer):
    actor = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    roles = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = DealParty
        fields = ["actor", "roles"]


class LegAmountSerializer(RowSerializer):
    class Meta:
        model = LegAmount
        fields = ["stage", "basis", "lo", "hi", "nominal", "currency", "as_stated"]


class LegSerializer(RowSerializer):
    payer = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    payee = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    conditional_on = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    amounts = LegAmountSerializer(many=True)

    class Meta:
        model = Leg
        fields = [
            "slug",
            "payer",
            "payee",
            "flow",
            "instrument",
            "conditional_on",
            "cash",
            "contingent",
            "derived",
            "in_graph",
            "confidence",
            "term",
            "physical",
            "vendors",
            "readings",
            "note_fr",
            "note_en",
            "amounts",
        ]


class StatementSerializer(RowSerializer):
    publication = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    supersedes = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Statement
        fields = [
            "slug",
            "field",
            "value",
            "unit",
            "period",
            "publication",
            "quote",
            "locator",
            "claim",
            "supersedes",
        ]


class DealSerializer(RowSerializer):
    overlaps_with = serializers.SlugRelatedField(slug_field="slug", many=True, read_only=True)
    parties = PartySerializer(many=True)
    legs = LegSerializer(many=True)
    statements = StatementSerializer(many=True)

    class Meta:
        model = Deal
        fields = [
            "slug",
            "title_fr",
            "title_en",
            "kind",
            "status",
            "announced",
            "in_totals",
            "headline",
            "whole_amount",
            "link_evidence",
            "overlaps_with",
            "note_fr",
            "note_en",
            "parties",
            "legs",
            "statements",
        ]


class ActorPageSerializer(PageSerializer):
    results = ActorSerializer(many=True)


class DealPageSerializer(PageSerializer):
    results = DealSerializer(many=True)


class ActorListView(PublicView):
    accepts = Paging

    @answers("actors", ActorPageSerializer, Paging)
    def get(self, request: Request) -> Response:
        """The companies and bodies named in the registry."""
        return self.page(Actor.objects.select_related("group"), each(ActorSerializer))


class DealListView(PublicView):
    accepts = Paging

    @answers("deals", DealPageSerializer, Paging)
    def get(self, request: Request) -> Response:
        """The deals, with their parties, their legs and what the sources state of them."""
        return self.page(_deals(), each(DealSerializer))


class DealView(PublicView):
    @answers("deal", DealSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """One deal."""
        return Response(DealSerializer(get_object_or_404(_deals(), slug=slug)).data)


def _deals() -> QuerySet[Deal]:
    return Deal.objects.prefetch_related(
        "overlaps_with",
        "parties__actor",
        "legs__amounts",
        "legs__payer",
        "legs__payee",
        "legs__conditional_on",
        "statements__publication",
        "statements__supersedes",
    )
