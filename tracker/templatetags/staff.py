"""What the team must know of each other, wherever they work."""

from typing import Any

from django import template
from django.utils import timezone

from tracker import balance
from tracker.models import PublishingStop

register = template.Library()


@register.inclusion_tag("staff/stops.html")
def publishing_stops() -> dict[str, Any]:
    """Who is stopped from publishing more alone."""
    return {"stops": PublishingStop.objects.standing(timezone.now()).select_related("moderator")}


@register.inclusion_tag("staff/drift.html")
def drift_of_decisions() -> dict[str, Any]:
    """Whether examples and counter-examples are accepted at rates that chance does not explain."""
    return {"drift": balance.drift_of(timezone.now())}
