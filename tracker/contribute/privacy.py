"""« Confidentialité » : what we keep of people, and when we forget it, from the table that is applied."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tracker import retention


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The retention table in words: what is about people first."""
    rules = sorted(retention.RULES, key=lambda rule: not rule.personal)
    return render(request, "contribute/privacy.html", {"rules": rules, "contact": settings.CONTACT_URL})
