"""What may be asked in a query string: the parameters of each endpoint, and the refusal of anything else."""

from datetime import UTC, date, datetime
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from indicators.models import Directness, Indicator, Kind, Publication, Stance, Tier

LARGEST_PAGE = 200
# The rule looks months back from a day: it stays far from the first one of the calendar.
FIRST_DAY = date(2000, 1, 1)
LONGEST_ECHO = 100


class Parameters(serializers.Serializer):
    """The parameters of an endpoint that takes none."""

    @classmethod
    def read(cls, query: QueryDict) -> dict[str, Any]:
        """The values asked, typed, None or a default where nothing was asked.

        Raises ValidationError; its `errors` say for each parameter what was given and what is accepted.
        """
        asked = cls(data=query.dict())
        if errors := [*asked._strangers(query), *asked._refusals(query)]:
            raise serializers.ValidationError({"errors": errors})
        return {name: asked.validated_data.get(name) for name in asked.fields}

    def _strangers(self, query: QueryDict) -> list[dict[str, Any]]:
        unknown = [name for name in query if name not in self.fields]
        return [_refusal(name, query[name], sorted(self.fields), _("Unknown parameter.")) for name in unknown]

    def _refusals(self, query: QueryDict) -> list[dict[str, Any]]:
        self.is_valid()
        said = {name: str(messages[0]) for name, messages in self.errors.items()}
        said |= {name: _("Given more than once.") for name in self.fields if len(query.getlist(name)) > 1}
        return [_refusal(name, query[name], _accepted(self.fields[name]), said[name]) for name in said]


class KnownAtField(serializers.DateTimeField):
    """A moment, or a day, which stands for its end."""

    def to_internal_value(self, value: str) -> datetime:
        whole_day = f"{value}T23:59:59.999999" if len(value) == len("2026-10-14") else value
        # A bare + in an address arrives as a space.
        return super().to_internal_value(whole_day.replace(" ", "+"))


def not_in_the_future(value: date) -> None:
    """Raises ValidationError for a day, or a moment of a day, that has not begun."""
    today = timezone.localdate(timezone.now())
    if (timezone.localdate(value) if isinstance(value, datetime) else value) > today:
        raise serializers.ValidationError(_("This is in the future."))


class Clocks(Parameters):
    """The two clocks of every public fact: the world, and what we had published of it."""

    as_of = serializers.DateField(
        required=False,
        validators=[MinValueValidator(FIRST_DAY), not_in_the_future],
        help_text=gettext_lazy("The world as of this day: a date from 2000-01-01 to today, 2026-10-14."),
    )
    known_at = KnownAtField(
        required=False,
        validators=[MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC)), not_in_the_future],
        help_text=gettext_lazy(
            "The record as it stood at this moment: 2026-10-14T12:00:00Z, or a day for its end, 2026-10-14; "
            "from 2000 to today."
        ),
    )


class Paging(Parameters):
    """A list, cut in pages."""

    page = serializers.IntegerField(
        default=1,
        min_value=1,
        max_value=1_000_000,
        help_text=gettext_lazy("The number of the page, from 1."),
    )
    page_size = serializers.IntegerField(
        default=50,
        min_value=1,
        max_value=LARGEST_PAGE,
        help_text=gettext_lazy("Rows per page, from 1 to 200."),
    )


class NamedField(serializers.SlugRelatedField):
    """A row, by its code."""

    def to_internal_value(self, value: str) -> models.Model:
        # PostgreSQL does not look for a NUL: it fails.
        return super().to_internal_value(value.replace("\0", "\ufffd"))


class DatedParameters(Clocks, Paging):
    """A list, as it was."""


class EvidenceParameters(DatedParameters):
    """The filters of the published evidence; they add up."""

    indicator = NamedField(
        required=False,
        slug_field="code",
        queryset=Indicator.objects.all(),
        help_text=gettext_lazy("The code of an indicator: evidence assessed for it."),
    )
    stance = serializers.ChoiceField(required=False, choices=Stance.choices)
    directness = serializers.ChoiceField(required=False, choices=Directness.choices)
    country = serializers.RegexField(
        r"^[A-Z]{2}\Z",
        required=False,
        help_text=gettext_lazy("A country, in two capital letters (ISO 3166-1), or EU."),
    )
    kind = serializers.ChoiceField(required=False, choices=Kind.choices)
    tier = serializers.ChoiceField(
        required=False,
        choices=Tier.choices,
        help_text=gettext_lazy("A tier of source, from 1 to 4: evidence with a citation of this tier."),
    )
    occurred_after = serializers.DateField(
        required=False, help_text=gettext_lazy("The first day of the event: 2026-01-01.")
    )
    occurred_before = serializers.DateField(
        required=False, help_text=gettext_lazy("The last day of the event: 2026-12-31.")
    )
    retracted = serializers.BooleanField(required=False, help_text=gettext_lazy("true or false."))
    self_published = serializers.BooleanField(required=False, help_text=gettext_lazy("true or false."))
    ordering = serializers.ChoiceField(
        default="-occurred_on",
        choices=["number", "-number", "occurred_on", "-occurred_on", "published_at", "-published_at"],
    )


class FactParameters(Paging):
    """The statements of the founding articles, or of one of them."""

    publication = NamedField(
        required=False,
        slug_field="slug",
        queryset=Publication.objects.all(),
        help_text=gettext_lazy("The slug of a publication."),
    )


def no_such_page(given: int, *, last: int) -> serializers.ValidationError:
    """The refusal of a page beyond the last one, which only the rows can tell."""
    accepted = _("from 1 to %(last)s") % {"last": last}
    refusal = _refusal("page", str(given), accepted, _("There is no such page."))
    return serializers.ValidationError({"errors": [refusal]})


def _refusal(name: str, given: str, accepted: str | list[str], message: str) -> dict[str, Any]:
    return {
        "parameter": name[:LONGEST_ECHO],
        "given": given[:LONGEST_ECHO],
        "accepted": accepted,
        "message": message,
    }


def _accepted(field: serializers.Field) -> str | list[str]:
    if isinstance(field, serializers.ChoiceField):
        return [str(choice) for choice in field.choices]
    if isinstance(field, NamedField):
        return list(field.get_queryset().values_list(field.slug_field, flat=True))
    return str(field.help_text)
