"""The Content-Security-Policy header: our pages run no inline script, load nothing from elsewhere, sit in no frame."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The admin (Alpine.js evaluates its attributes) and the API's readable page carry scripts of their own inline.
RELAXED = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class ContentSecurityPolicyMiddleware:
    """Sets the header on every answer that does not already carry one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        relaxed = request.path.startswith(("/admin/", "/api/"))
        response.headers.setdefault("Content-Security-Policy", RELAXED if relaxed else STRICT)
        return response
