"""What the API says of each public row: every field is named here, and nothing else leaves."""

from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation
from rest_framework import serializers

from indicators.models import (
    Action,
    Assessment,
    Citation,
    Definition,
    Evidence,
    Fact,
    Indicator,
    Override,
    Pillar,
    Publication,
    Reply,
    Rung,
    StatusChange,
)


class MomentField(serializers.DateTimeField):
    """A date and time, in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"default_timezone": UTC} | kwargs)


class RungField(serializers.CharField):
    """The name of a rung in one language."""

    def __init__(self, *, language: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.language = language

    def to_representation(self, value: int) -> str:
        with translation.override(self.language):
            return str(Rung(value).label)


class RowSerializer(serializers.ModelSerializer):
    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: MomentField
    }


class PillarSerializer(RowSerializer):
    class Meta:
        model = Pillar
        fields = ["slug", "name_fr", "name_en"]


class PublicationSerializer(RowSerializer):
    class Meta:
        model = Publication
        fields = [
            "slug",
            "title",
            "url",
            "publisher",
            "author",
            "published_on",
            "language",
            "reliability",
            "interest_note_fr",
            "interest_note_en",
        ]


class FactSerializer(RowSerializer):
    publication = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Fact
        fields = [
            "number",
            "publication",
            "kind",
            "verbatim_fr",
            "structured_fr",
            "structured_en",
            "value",
            "unit",
            "issuer",
            "stated_on",
        ]


class DefinitionSerializer(RowSerializer):
    ladder = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = Definition
        fields = [
            "version",
            "in_force_from",
            "published_at",
            "window_months",
            "stall_days",
            "ladder",
            "scope_fr",
            "scope_en",
            "inclusions_fr",
            "inclusions_en",
            "exclusions_fr",
            "exclusions_en",
            "against_fr",
            "against_en",
            "change_note_fr",
            "change_note_en",
        ]


class StandingSerializer(serializers.Serializer):
    """Where an indicator stands: the rung, and what must be said beside it."""

    rung = serializers.IntegerField()
    rung_fr = RungField(language="fr", source="rung")
    rung_en = RungField(language="en", source="rung")
    flags = serializers.ListField(child=serializers.CharField())
    confidence = serializers.CharField()
    digest = serializers.CharField()


class LinchpinSerializer(serializers.Serializer):
    """An evidence on which the rung hangs, and the rung without it."""

    evidence = serializers.IntegerField()
    rung = serializers.IntegerField()


class StatusSerializer(StandingSerializer):
    """Everything that the rule concludes, with its demonstration."""

    indicator = serializers.CharField(source="code")
    as_of = serializers.DateField()
    known_at = MomentField(allow_null=True)
    definition_version = serializers.IntegerField(source="version", allow_null=True)
    examples = serializers.ListField(child=serializers.IntegerField())
    counterexamples = serializers.ListField(child=serializers.IntegerField())
    trace = serializers.ListField(child=serializers.DictField())
    missing = serializers.ListField(child=serializers.DictField())
    linchpins = LinchpinSerializer(many=True)
    against = serializers.IntegerField(allow_null=True)


class OverrideSerializer(RowSerializer):
    """An editor's exception, beside the status that the rule computes."""

    rung_fr = RungField(language="fr", source="rung")
    rung_en = RungField(language="en", source="rung")
    expires_on = serializers.DateField()

    class Meta:
        model = Override
        fields = ["rung", "rung_fr", "rung_en", "reason_fr", "reason_en", "set_at", "set_on", "expires_on"]


class IndicatorSerializer(RowSerializer):
    action = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    url = serializers.SerializerMethodField()
    status = StandingSerializer(source="standing", allow_null=True)
    exception = OverrideSerializer(allow_null=True)
    definition = DefinitionSerializer(source="in_force", allow_null=True)

    class Meta:
        model = Indicator
        fields = [
            *("code", "action", "form", "statement_fr", "statement_en", "locator", "url"),
            *("status", "exception", "definition"),
        ]

    def get_url(self, indicator: Indicator) -> str:
        return public_url(indicator)


class ActionSerializer(RowSerializer):
    publication = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    pillars = PillarSerializer(many=True)
    indicators = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = Action
        fields = [
            "code",
            "slug",
            "emoji",
            "publication",
            "title_fr",
            "title_en",
            "proposal_fr",
            "proposal_en",
            "who_fr",
            "who_en",
            "mechanism_fr",
            "mechanism_en",
            "aims_fr",
            "aims_en",
            "pillars",
            "indicators",
            "url",
        ]

    def get_url(self, action: Action) -> str:
        return public_url(action)


class ChangeSerializer(RowSerializer):
    evidence = serializers.SlugRelatedField(slug_field="number", read_only=True)

    class Meta:
        model = StatusChange
        fields = [
            "changed_at",
            "as_of",
            "rung_from",
            "rung_to",
            "flags",
            "confidence",
            "cause",
            "evidence",
            "trace",
            "digest",
        ]


class CitationSerializer(RowSerializer):
    class Meta:
        model = Citation
        fields = [
            "url",
            "publisher",
            "title",
            "language",
            "published_on",
            "quote",
            "locator",
            "tier",
            "interest_note",
            "independence_group",
            "snapshot_sha256",
            "archive_url",
            "checked_at",
            "link_state",
        ]


class AssessmentSerializer(RowSerializer):
    indicator = serializers.SlugRelatedField(slug_field="code", read_only=True)
    definition_version = serializers.IntegerField(source="definition.version")

    class Meta:
        model = Assessment
        fields = [
            "indicator",
            "definition_version",
            "stance",
            "directness",
            "rung",
            "rationale_fr",
            "rationale_en",
        ]


class ReplySerializer(RowSerializer):
    """What a party named in an evidence answers, as it was sent."""

    class Meta:
        model = Reply
        fields = ["party", "text", "language", "received_at", "published_at"]


class EvidenceSerializer(RowSerializer):
    """One event, with its sources and what it means for each indicator; it describes what `rows.told` makes."""

    url = serializers.URLField()
    state = serializers.ChoiceField(["standing", "superseded", "retracted"])
    occurred = serializers.CharField(
        help_text="The date as far as it is known: 2026-10-14, 2026-10, 2026-Q4, 2026-H2 or 2026."
    )
    superseded_by = serializers.SlugRelatedField(slug_field="number", read_only=True)
    cancels = serializers.SlugRelatedField(slug_field="number", read_only=True)
    citations = CitationSerializer(many=True)
    assessments = AssessmentSerializer(many=True)
    replies = ReplySerializer(many=True)

    class Meta:
        model = Evidence
        fields = [
            "number",
            "url",
            "state",
            "kind",
            "title_fr",
            "title_en",
            "summary_fr",
            "summary_en",
            "occurred_on",
            "occurred_precision",
            "occurred",
            "country",
            "owner",
            "published_at",
            "retracted_at",
            "retraction_reason",
            "superseded_by",
            "correction_reason",
            "cancels",
            "expires_on",
            "self_published",
            "citations",
            "assessments",
            "replies",
        ]


class PageSerializer(serializers.Serializer):
    """One page of a list: how many rows in all, and the addresses of the pages beside it."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ActionPageSerializer(PageSerializer):
    results = ActionSerializer(many=True)


class IndicatorPageSerializer(PageSerializer):
    results = IndicatorSerializer(many=True)


class StatusPageSerializer(PageSerializer):
    results = StatusSerializer(many=True)


class ChangePageSerializer(PageSerializer):
    results = ChangeSerializer(many=True)


class EvidencePageSerializer(PageSerializer):
    results = EvidenceSerializer(many=True)


class PublicationPageSerializer(PageSerializer):
    results = PublicationSerializer(many=True)


class FactPageSerializer(PageSerializer):
    results = FactSerializer(many=True)


class RefusalSerializer(serializers.Serializer):
    """A parameter that was not understood."""

    parameter = serializers.CharField()
    given = serializers.CharField()
    accepted = serializers.JSONField(
        help_text="The values accepted, as a list, or what they must be, in words."
    )
    message = serializers.CharField()


class RefusalsSerializer(serializers.Serializer):
    errors = RefusalSerializer(many=True)


def public_url(row: Any) -> str:
    """The address of the row's own page, in French: the page names its translation."""
    with translation.override("fr"):
        return settings.SITE_URL + row.get_absolute_url()
