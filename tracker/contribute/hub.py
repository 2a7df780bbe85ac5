"""Where hubs confirm what they promised, and deliver (WebSub); nothing of a delivery is read here."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tracker import websub
from tracker.models import HubSubscription

_CHALLENGE_LIMIT = 1_000
_WAIT = {"Retry-After": "300"}


@csrf_exempt  # a hub has no session; the address, and a signature, say who it is
@require_http_methods(["GET", "POST"])
def callback(request: HttpRequest, pk: int, proof: str) -> HttpResponse:
    """The address that one hub knows for one feed; 410 when the subscription is over, as section 7 of WebSub has it."""
    if not websub.is_callback(pk, proof):
        return _plain(404)
    subscription = HubSubscription.objects.select_related("source").filter(pk=pk).first()
    if subscription is None:
        return _plain(410)
    return _verify(request, subscription) if request.method == "GET" else _receive(request, subscription)


def _verify(request: HttpRequest, subscription: HubSubscription) -> HttpResponse:
    asked = {
        name: request.GET.get(f"hub.{name}", "") for name in ("mode", "topic", "challenge", "lease_seconds")
    }
    now = timezone.now()
    if asked["mode"] == "denied" and asked["topic"] == subscription.topic:
        websub.refused(subscription, request.GET.get("hub.reason", ""), now=now)
        return _plain(200)
    challenge = asked["challenge"]
    if not challenge or len(challenge) > _CHALLENGE_LIMIT:
        return _plain(404)
    meant = websub.confirm(
        subscription, mode=asked["mode"], topic=asked["topic"], lease=asked["lease_seconds"], now=now
    )
    return _plain(200, challenge) if meant else _plain(404)


def _receive(request: HttpRequest, subscription: HubSubscription) -> HttpResponse:
    if websub.is_full(subscription):
        return _plain(429, headers=_WAIT)
    try:
        body = request.body
    except RequestDataTooBig:
        return _plain(413)
    except UnreadablePostError:
        return _plain(400)
    headers = request.headers
    websub.take(
        subscription,
        body,
        content_type=headers.get("Content-Type", ""),
        signature=headers.get("X-Hub-Signature-256") or headers.get("X-Hub-Signature", ""),
        now=timezone.now(),
    )
    return _plain(202)  # whatever was thought of the signature (section 7.1)


def _plain(status: int, text: str = "", headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(text, status=status, headers=headers, content_type="text/plain; charset=utf-8")
