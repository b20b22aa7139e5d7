"""``/api/soft-binding/v1``: the C2PA Soft Binding Resolution API 2.4, its query routes and its manifests.

Public, counted per address, and silent about everything that is not published. Storing manifests or
bindings from outside is not offered: what is answered here was signed here. Errors carry this service's
body (``code``, ``detail``, ``errors``) and the statuses of the standard: 400, 403, 404, 414, 415, 500.
"""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from structlog import get_logger

from provenance.works import soft_bindings
from provenance.works.errors import WorkError
from provenance.works.soft_bindings import ALGORITHM, MOST_RESULTS, SPECIFICATION
from provenance.works.verify_api import BytesParser, ImageParser
from similarity.errors import SimilarityError
from similarity.pictures import decode
from similarity.uploads import refuse_declared_size

log = get_logger(__name__)

LONGEST_VALUE = 2048
DEFAULT_RESULTS = 10
# Sizes have no status of their own in the standard.
_STATUS_OF_CODE = {"not_an_image": 415, "unsupported_format": 415}

ALG = OpenApiParameter("alg", str, description=f"`{ALGORITHM}`.")
VALUE = OpenApiParameter("value", str, description="Base64 of the ISCC's bytes.")
MAX_RESULTS = OpenApiParameter("maxResults", int, description=f"1 to {MOST_RESULTS}; {DEFAULT_RESULTS} when left out.")
ACTIVE_ONLY = OpenApiParameter("returnActiveManifest", bool, description="The active manifest without the others.")
HINTS = [OpenApiParameter("hintAlg", str), OpenApiParameter("hintValue", str)]
WRONG = {
    400: OpenApiResponse(description="`unknown_algorithm`, `bad_binding_value`, `bad_max_results`, …"),
    403: OpenApiResponse(description="`soft_binding_api_closed`"),
    500: OpenApiResponse(description="`internal_error`"),
}


class MatchSerializer(serializers.Serializer[Any]):
    manifestId = serializers.CharField()
    similarityScore = serializers.IntegerField(min_value=0, max_value=100)


class MatchesSerializer(serializers.Serializer[Any]):
    matches = MatchSerializer(many=True)


class BindingSerializer(serializers.Serializer[Any]):
    alg = serializers.CharField()
    value = serializers.CharField(help_text="Base64 of the ISCC's bytes.")


class AlgorithmSerializer(serializers.Serializer[Any]):
    alg = serializers.CharField()


class AlgorithmsSerializer(serializers.Serializer[Any]):
    watermarks = AlgorithmSerializer(many=True)
    fingerprints = AlgorithmSerializer(many=True)


class ServiceStatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok", "degraded", "down"])
    timestamp = serializers.DateTimeField()


class CapabilitiesSerializer(serializers.Serializer[Any]):
    c2paSpecificationVersion = serializers.CharField()
    supportedCapabilities = serializers.ListField(child=serializers.CharField())


class ValueTooLong(APIException):
    status_code = HTTPStatus.REQUEST_URI_TOO_LONG
    default_code = "value_too_long"


class ManifestRenderer(BaseRenderer):
    """Bytes as they are; an error is said in JSON all the same."""

    media_type = "application/c2pa"
    format = "c2pa"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return data if isinstance(data, bytes) else bytes(JSONRenderer().render(data))


class SoftBindingView(APIView):
    """What the routes share: anybody may ask, within a budget, while the operator leaves them open."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_scope = "soft-binding"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not settings.SOFT_BINDING_API:
            sentence = _("The operator of this service has closed its soft binding look-up.")
            raise PermissionDenied(sentence, code="soft_binding_api_closed")

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, SimilarityError):
            exc = _Refused(exc.code, exc.message, _STATUS_OF_CODE.get(exc.code, HTTPStatus.BAD_REQUEST))
        try:
            return super().handle_exception(exc)
        except Exception as unforeseen:
            log.error("soft_binding_failed", exc_info=unforeseen)
            sentence = _("Something unforeseen went wrong here. The operator's log says more.")
            return Response({"code": "internal_error", "detail": sentence, "errors": []}, status=500)


class _Refused(APIException):
    def __init__(self, code: str, detail: str, status: int) -> None:
        super().__init__(detail, code)
        self.status_code = int(status)


class MatchesByBinding(SoftBindingView):
    """Published manifests by the value of their soft binding. It compares codes: a look-up, not a finding."""

    @extend_schema(
        operation_id="soft_binding_by_binding",
        parameters=[ALG, VALUE, MAX_RESULTS],
        responses={200: MatchesSerializer, 414: OpenApiResponse(description="`value_too_long`: POST it"), **WRONG},
    )
    def get(self, request: Request) -> Response:
        value = request.query_params.get("value", "")
        if len(value) > LONGEST_VALUE:
            raise ValueTooLong(_("The value is too long for an address: POST it instead."))
        return self._answer(request, request.query_params.get("alg", ""), value)

    @extend_schema(
        operation_id="soft_binding_by_binding_post",
        parameters=[MAX_RESULTS],
        request=BindingSerializer,
        responses={200: MatchesSerializer, **WRONG},
    )
    def post(self, request: Request) -> Response:
        asked = BindingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self._answer(request, asked.validated_data["alg"], asked.validated_data["value"])

    def _answer(self, request: Request, alg: str, value: str) -> Response:
        limit = _limit(request)
        return _matches(soft_bindings.by_binding(alg=alg, value=value, limit=limit))


class MatchesByContent(SoftBindingView):
    """The published manifest of the picture in the body. It rests on pixels: see how recovery works."""

    parser_classes = (ImageParser, BytesParser)

    @extend_schema(
        operation_id="soft_binding_by_content",
        parameters=[ALG, *HINTS, MAX_RESULTS],
        request={"image/*": OpenApiTypes.BINARY},
        responses={200: MatchesSerializer, 415: OpenApiResponse(description="`not_an_image`, …"), **WRONG},
    )
    def post(self, request: Request) -> Response:
        limit = _limit(request)
        for name in ("alg", "hintAlg"):
            if alg := request.query_params.get(name, ""):
                soft_bindings.check_algorithm(alg)
        refuse_declared_size(request)
        given = request.data.get("image") if isinstance(request.data, dict) else None
        if not isinstance(given, bytes):
            raise _Refused("file_missing", _("Send the picture as the body itself."), HTTPStatus.BAD_REQUEST)
        return _matches(soft_bindings.by_content(decode(given).rgb, limit=limit))


class ManifestById(SoftBindingView):
    """A published manifest store, byte for byte as it lies in the signed file."""

    renderer_classes = (ManifestRenderer, JSONRenderer)

    @extend_schema(
        operation_id="soft_binding_manifest",
        parameters=[ACTIVE_ONLY],
        responses={
            (200, "application/c2pa"): OpenApiTypes.BINARY,
            404: OpenApiResponse(description="`not_found`"),
            403: WRONG[403],
            500: WRONG[500],
        },
    )
    def get(self, request: Request, manifest_id: str) -> Response:
        active_only = request.query_params.get("returnActiveManifest", "").lower() in ("true", "1")
        store = soft_bindings.store_of(manifest_id, active_only=active_only)
        if store is None:
            raise NotFound(_("No published manifest has this identifier."))
        response = Response(store, content_type="application/c2pa")
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            answer.accepted_renderer, answer.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return answer


class SupportedAlgorithms(SoftBindingView):
    @extend_schema(operation_id="soft_binding_algorithms", responses={200: AlgorithmsSerializer})
    def get(self, request: Request) -> Response:
        return Response({"watermarks": [], "fingerprints": [{"alg": ALGORITHM}]})


class ServiceStatus(SoftBindingView):
    @extend_schema(operation_id="soft_binding_status", responses={200: ServiceStatusSerializer})
    def get(self, request: Request) -> Response:
        now = timezone.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        return Response({"status": "ok", "timestamp": now})


class ServiceCapabilities(SoftBindingView):
    @extend_schema(operation_id="soft_binding_capabilities", responses={200: CapabilitiesSerializer})
    def get(self, request: Request) -> Response:
        return Response({"c2paSpecificationVersion": SPECIFICATION, "supportedCapabilities": ["queryByContent"]})


@require_safe
def discovery(request: HttpRequest) -> HttpResponse:
    """``/.well-known/c2pa-soft-binding-resolution``: where the API is (RFC 8615)."""
    capabilities = request.build_absolute_uri(reverse("soft-binding:capabilities"))
    base = capabilities.removesuffix("/services/capabilities")
    return JsonResponse(
        {
            "apiEndpoint": base,
            "c2paSpecificationVersion": SPECIFICATION,
            "capabilitiesEndpoint": capabilities,
            "statusEndpoint": f"{base}/services/status",
        }
    )


def _limit(request: Request) -> int:
    text = request.query_params.get("maxResults", str(DEFAULT_RESULTS))
    if not text.isascii() or not text.isdecimal() or len(text) > 6 or not 1 <= int(text) <= MOST_RESULTS:
        sentence = _("maxResults is a number from 1 to %(most)d.") % {"most": MOST_RESULTS}
        raise WorkError("bad_max_results", sentence, field="maxResults")
    return int(text)


def _matches(found: list[soft_bindings.Match]) -> Response:
    response = Response({"matches": [match.as_dict() for match in found]})
    response["Cache-Control"] = "no-store"
    return response
