"""The registry, plainly listed: actors, and deals with who pays whom and every sourced statement."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from indicators import details, registry
from indicators.api.registryparameters import Dated, DatedList, DealParameters
from indicators.api.serializers import PageSerializer, RowSerializer
from indicators.api.tables import RegistryView
from indicators.api.views import answers
from indicators.exports.tables import NOT_YET
from indicators.legs import plain_deals
from indicators.models import Actor, Control, Deal, DealEvent, DealParty, Leg, LegAmount, LegDetail, Statement


class ControlSerializer(RowSerializer):
    group = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    statement = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Control
        fields = ["group", "since", "until", "statement"]


class ActorSerializer(RowSerializer):
    group = serializers.SerializerMethodField()
    group_since = serializers.SerializerMethodField()
    group_until = serializers.SerializerMethodField()
    controls = ControlSerializer(many=True)
    roles = serializers.ListField(child=serializers.CharField())
    identifiers = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))

    class Meta:
        model = Actor
        fields = [
            "slug",
            "name",
            "kind",
            "group",
            "group_since",
            "group_until",
            "controls",
            "country",
            "identifiers",
            "roles",
            "rated",
            "note_fr",
            "note_en",
        ]

    def get_group(self, actor: Actor) -> str | None:
        period = self._on_the_day(actor)
        return period and period.group.slug

    def get_group_since(self, actor: Actor) -> str:
        period = self._on_the_day(actor)
        return period.since if period else ""

    def get_group_until(self, actor: Actor) -> str:
        period = self._on_the_day(actor)
        return period.until if period else ""

    def _on_the_day(self, actor: Actor) -> Control | None:
        """The period of control of the day that is asked, of today without one."""
        day = self.context.get("as_of")
        return next((each for each in actor.controls.all() if each.holds_on(day)), None)


class PartySerializer(RowSerializer):
    actor = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    roles = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = DealParty
        fields = ["actor", "roles"]


class LegAmountSerializer(RowSerializer):
    class Meta:
        model = LegAmount
        fields = [
            "stage",
            "since",
            "basis",
            "lo",
            "hi",
            "nominal",
            "currency",
            "currency_unstated",
            "as_stated",
        ]


class LegDetailSerializer(RowSerializer):
    value = serializers.JSONField()
    statement = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = LegDetail
        fields = ["field", "value", "since", "statement"]


class LegSerializer(RowSerializer):
    payer = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    payee = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    conditional_on = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    amounts = LegAmountSerializer(many=True)
    details = LegDetailSerializer(many=True)

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
            "details",
        ]


class EventSerializer(RowSerializer):
    statement = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = DealEvent
        fields = ["happened", "status", "statement"]


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
    events = EventSerializer(many=True)
    contradictions = serializers.SlugRelatedField(slug_field="number", many=True, read_only=True)

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
            "counter_reading_fr",
            "counter_reading_en",
            "note_fr",
            "note_en",
            "parties",
            "legs",
            "statements",
            "events",
            "contradictions",
        ]


class ActorPageSerializer(PageSerializer):
    results = ActorSerializer(many=True)


class RetiredSerializer(RowSerializer):
    replaced_by = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Deal
        fields = ["slug", "retired_at", "retired_reason_fr", "retired_reason_en", "replaced_by"]


class DealPageSerializer(PageSerializer):
    results = DealSerializer(many=True)


class ActorListView(RegistryView):
    accepts = DatedList

    @answers("actors", ActorPageSerializer, DatedList)
    def get(self, request: Request) -> Response:
        """The companies and bodies named in the registry; `as_of` tells who controlled them on that day."""
        controls = Control.objects.standing().select_related("group", "statement").order_by("since", "pk")
        return self.page(
            Actor.objects.on_record().prefetch_related(Prefetch("controls", controls)), self.told
        )

    def told(self, found: Iterable[Actor]) -> list[dict[str, Any]]:
        day = self.asked["as_of"]
        return ActorSerializer(found, many=True, context={"as_of": day and day.isoformat()}).data


class DealListView(RegistryView):
    accepts = DealParameters

    @answers("deals", DealPageSerializer, DealParameters)
    def get(self, request: Request) -> Response:
        """The deals, with their parties, their legs and what the sources state of them.

        With `as_of`, a deal has the status, the amounts and the statements of that day; "not_yet" before its
        announcement.
        """
        actor = self.asked["actor"]
        found = self.deals()
        return self.page(found.filter(parties__actor=actor).distinct() if actor else found, self.told)

    def deals(self) -> QuerySet[Deal]:
        """The deals with all that is told of them on the day that is asked."""
        day = self.asked["as_of"]
        amounts = LegAmount.objects.order_by("stage", "since")
        told = LegDetail.objects.select_related("statement")
        statements = Statement.objects.select_related("publication", "supersedes")
        events = DealEvent.objects.select_related("statement")
        if day:
            amounts = amounts.filter(since__lte=day.isoformat())
            published = Q(since="", statement__publication__published_on__lte=day)
            changed = Q(since__lte=day.isoformat()) & ~Q(since="")
            told = told.filter(Q(statement=None) | published | changed)
            statements = statements.filter(publication__published_on__lte=day)
            events = events.filter(happened__lte=day.isoformat())
        return Deal.objects.prefetch_related(
            "overlaps_with",
            "contradictions",
            "parties__actor",
            "legs__payer",
            "legs__payee",
            "legs__conditional_on",
            Prefetch("legs__amounts", amounts),
            Prefetch("legs__details", told),
            Prefetch("statements", statements),
            Prefetch("events", events),
        )

    def told(self, found: Iterable[Deal]) -> list[dict[str, Any]]:
        rows = DealSerializer(found, many=True).data
        day = self.asked["as_of"] and self.asked["as_of"].isoformat()
        legs = {leg["id"]: leg for leg in registry.legs(as_of=day)}
        told = details.of_day(day) if day else {}
        statuses = {deal["id"]: deal["status"] for deal in plain_deals(as_of=day)} if day else {}
        for row in rows:
            row["status"] = statuses.get(row["slug"], row["status"]) or NOT_YET
            for leg in row["legs"]:
                leg["confidence"] = legs[leg["slug"]]["confidence"]
                leg |= told.get(leg["slug"], {})
        return rows


class DealView(DealListView):
    accepts = Dated

    @answers("deal", DealSerializer, Dated)
    def get(self, request: Request, slug: str) -> Response:
        """One deal, on the day that is asked; 410 with the reason once it was retired, whatever the day."""
        retired = Deal.every.select_related("replaced_by").filter(slug=slug).exclude(retired_at=None).first()
        if retired:
            return Response(RetiredSerializer(retired).data, status=410)
        return Response(*self.told([get_object_or_404(self.deals(), slug=slug)]))
