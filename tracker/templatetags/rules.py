"""What moderators and operators must know of the rules, wherever they work."""

from typing import Any

from django import template

from tracker.models import MatchRule

register = template.Library()


@register.inclusion_tag("admin/tracker/matchrule/suspended.html")
def suspended_rules() -> dict[str, Any]:
    """The rules that were suspended, each with the reason."""
    return {"rules": MatchRule.objects.filter(state=MatchRule.State.SUSPENDED)}
