"""The log of decisions, and how they are shared out."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models.choices import Stance, Tier
from tracker import balance
from tracker.models import Decision

_TITLES = {
    "stance": gettext_lazy("stance"),
    "indicator": gettext_lazy("indicator"),
    "tier": gettext_lazy("tier"),
    "language": gettext_lazy("language"),
    "reason": gettext_lazy("reason"),
}
_WORDS: dict[str, dict[str, Any]] = {
    "stance": dict(Stance.choices),
    "tier": {str(value): label for value, label in Tier.choices},
    "reason": dict(Decision.Reason.choices),
}


@admin.register(Decision)
class DecisionAdmin(admin.ModelAdmin):
    list_display = ["decided_at", "candidate", "verdict", "reason", "by", "evidence"]
    list_filter = ["verdict", "reason", "by"]
    list_select_related = ["candidate__document", "candidate__indicator", "by", "evidence"]

    def get_urls(self) -> list[URLPattern]:
        balanced = self.admin_site.admin_view(self.balance_view)
        return [path("balance/", balanced, name="tracker_decision_balance"), *super().get_urls()]

    def balance_view(self, request: HttpRequest) -> HttpResponse:
        """The decisions of the last three months, by what they were about."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        made = balance.decisions(since=now - balance.PERIOD, until=now)
        by_stance = balance.shares(made, "stance")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Balance of the decisions"),
            "days": balance.PERIOD.days,
            "drift": balance.drift(by_stance),
            "waiting": _named("stance", balance.waiting(now)),
            "tables": [(_TITLES[by], _rows(by, balance.shares(made, by))) for by in balance.BY],
            "seconds": [
                (_("verdict"), _named("verdict", balance.seconds(made))),
                (_("reason"), _named("reason", balance.seconds(made.exclude(reason=""), "reason"))),
            ],
        }
        return TemplateResponse(request, "admin/tracker/decision/balance.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False


def _rows(by: str, shares: list[balance.Share]) -> list[tuple[Any, balance.Share]]:
    words = _WORDS.get(by, {})
    return [(words.get(share.value, share.value or "—"), share) for share in shares]


def _named(by: str, numbers: Any) -> list[tuple[Any, Any]]:
    words = _WORDS.get(by, dict(Decision.Verdict.choices))
    return [(words.get(value, value), number) for value, number in numbers.items()]
