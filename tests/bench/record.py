"""A public record of some size, for what is measured upon it."""

from django.db import transaction
from django.utils import timezone

from indicators import publishing
from indicators.models import Indicator
from tests.factories import make_evidence


@transaction.atomic
def publish(count: int) -> None:
    """That many evidence, shared out among the indicators, and the statuses that follow."""
    indicators = list(Indicator.objects.order_by("order"))
    for number in range(1, count + 1):
        indicator = indicators[number % len(indicators)]
        make_evidence(number, assessments=[{"indicator": indicator, "rung": 1 + number % 3}])
    publishing.refresh(now=timezone.now())
