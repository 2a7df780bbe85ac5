"""What the team must know of each other, wherever they work."""

from typing import Any

from django import template
from django.utils import timezone

from tracker.models import PublishingStop

register = template.Library()


@register.inclusion_tag("staff/stops.html")
def publishing_stops() -> dict[str, Any]:
    """Who is stopped from publishing more alone."""
    return {"stops": PublishingStop.objects.standing(timezone.now()).select_related("moderator")}
