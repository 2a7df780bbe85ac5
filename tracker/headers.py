"""The security headers that Django has no setting for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_UNUSED = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")


def isolate(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware: other sites can embed only what is open to them, and no page asks for a device."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        opened = "Access-Control-Allow-Origin" in response
        response["Cross-Origin-Resource-Policy"] = "cross-origin" if opened else "same-origin"
        response["Cross-Origin-Embedder-Policy"] = "require-corp"
        response["Permissions-Policy"] = ", ".join(f"{feature}=()" for feature in _UNUSED)
        return response

    return answer
