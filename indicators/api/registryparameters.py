"""What may be asked of the registry and of the index: a day, a view, an edition, a language, and plain filters."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from indicators import registry
from indicators.api.parameters import FIRST_DAY, NamedField, Paging, Parameters, not_in_the_future
from indicators.changes import KINDS
from indicators.models import Actor, Answer, Contradiction, Deal, Edition, Leg, Publication, Statement
from indicators.rules.deal_graph import CONFIDENCES, View

_MARKS = ("include_derived", "include_contingent", "include_noncash")


def _row(model: type, about: Any) -> NamedField:
    return NamedField(required=False, slug_field="slug", queryset=model.objects.all(), help_text=about)


class Worded(Parameters):
    """Words in one language: those of refusals, and of the fields that say a row in words."""

    lang = serializers.ChoiceField(
        required=False, choices=settings.LANGUAGES, help_text=gettext_lazy("fr or en; French by default.")
    )


class Dated(Worded):
    """The registry as it stood on a day."""

    as_of = serializers.DateField(
        required=False,
        validators=[MinValueValidator(FIRST_DAY), not_in_the_future],
        help_text=gettext_lazy(
            "The registry as of this day: a date from 2000-01-01 to today, written 2025-10-01."
        ),
    )


class DatedList(Dated, Paging):
    """A list of what the registry held on a day."""


class Viewed(Dated):
    """Which legs count: a usual view, and what is asked besides it."""

    view = serializers.ChoiceField(default="default", choices=list(registry.PRESETS))
    min_confidence = serializers.ChoiceField(required=False, choices=CONFIDENCES)
    include_derived = serializers.BooleanField(required=False, help_text=gettext_lazy("true or false."))
    include_contingent = serializers.BooleanField(required=False, help_text=gettext_lazy("true or false."))
    include_noncash = serializers.BooleanField(required=False, help_text=gettext_lazy("true or false."))


def view_asked(asked: Mapping[str, Any], *, frozen: Mapping[str, Any] | None = None) -> View:
    """The view that Viewed asks for; what is asked by name comes before what the usual view says.

    `frozen`: the day and the groups of the data set of an edition, where those of the registry do not count.
    """
    named = {name: asked[name] for name in ("min_confidence", *_MARKS) if asked[name] is not None}
    which = registry.PRESETS[asked["view"]] | named
    as_of = asked["as_of"] and asked["as_of"].isoformat()
    if frozen is None:
        return registry.view_of(as_of=as_of, **which)
    return View(as_of=as_of or frozen["as_of"], groups=frozen["groups"], **which)


class GraphParameters(Viewed):
    """The network of money; with an edition, that of the data set it was computed from."""

    edition = _row(Edition, gettext_lazy("An edition of the index: 2026-12."))


class CycleParameters(GraphParameters, Paging):
    longest = serializers.IntegerField(
        default=5,
        min_value=2,
        max_value=6,
        help_text=gettext_lazy("How many payments a circuit has at most, from 2 to 6."),
    )


class LegParameters(Viewed, Paging):
    deal = _row(Deal, gettext_lazy("The slug of a deal."))
    actor = _row(Actor, gettext_lazy("The slug of an actor: who pays or is paid."))
    flow = serializers.ChoiceField(required=False, choices=Leg.Flow.choices)


class DealParameters(DatedList):
    actor = _row(Actor, gettext_lazy("The slug of an actor: deals in which it takes part."))


class StatementParameters(DatedList):
    deal = _row(Deal, gettext_lazy("The slug of a deal."))
    actor = _row(Actor, gettext_lazy("The slug of an actor."))
    source = _row(Publication, gettext_lazy("The slug of a publication."))
    claim = serializers.ChoiceField(required=False, choices=Statement.Claim.choices)


class ContradictionParameters(Worded, Paging):
    deal = _row(Deal, gettext_lazy("The slug of a deal."))
    state = serializers.ChoiceField(required=False, choices=Contradiction.State.choices)


class ScoreParameters(Worded, Paging):
    edition = _row(Edition, gettext_lazy("An edition of the index: 2026-12."))
    actor = _row(Actor, gettext_lazy("The slug of an actor."))
    indicator = serializers.CharField(
        required=False,
        max_length=60,
        help_text=gettext_lazy("“index”, a dimension or an indicator of the method."),
    )
    status = serializers.ChoiceField(
        required=False, choices=["rated", "indicative", "insufficient_data", "not_assessed"]
    )


class AnswerParameters(DatedList):
    edition = _row(Edition, gettext_lazy("An edition of the index: 2026-12."))
    actor = _row(Actor, gettext_lazy("The slug of an actor."))
    found = serializers.ChoiceField(required=False, choices=Answer.Found.choices)


class CorrectionParameters(DatedList):
    kind = serializers.ChoiceField(required=False, choices=["correction", "retraction", "reply"])


class ChangeParameters(Worded, Paging):
    since = serializers.DateField(
        required=False,
        validators=[MinValueValidator(FIRST_DAY), not_in_the_future],
        help_text=gettext_lazy("What we published on this day and later: a date from 2000-01-01 to today."),
    )
    kind = serializers.ChoiceField(required=False, choices=list(KINDS))
