"""From which address a request comes."""

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The address of whoever asks; behind a proxy the last one told, since the proxy wrote it and visitors the others."""
    told = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
