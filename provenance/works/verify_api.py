"""``POST /api/v1/verify``: any image in, the verdict and every mark out, nothing kept."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from provenance.works.verify import verify
from similarity.errors import SimilarityError
from similarity.pictures import too_large
from similarity.uploads import refuse_declared_size


class ImageParser(BaseParser):
    """A raw body with an image type; no more than the limit and one byte is ever read."""

    media_type = "image/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, bytes]:
        return {"image": stream.read(settings.MAX_UPLOAD_BYTES + 1)}


class BytesParser(ImageParser):
    media_type = "application/octet-stream"


class FileFactsSerializer(serializers.Serializer[Any]):
    sha256 = serializers.CharField()
    media_type = serializers.CharField()
    bytes = serializers.IntegerField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    notes = serializers.ListField(child=serializers.CharField())


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="A C2PA status code, or one of ours without a dot.")
    text = serializers.CharField()
    explanation = serializers.CharField(help_text="The library's own words.")


class MarkSerializer(serializers.Serializer[Any]):
    standard = serializers.CharField()
    standard_text = serializers.CharField()
    place = serializers.CharField()
    standing = serializers.CharField(help_text="Always `unsigned`: anybody could have written it.")
    says_generated = serializers.BooleanField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]


class RevealedSerializer(serializers.Serializer[Any]):
    """A private prompt as its owner let the recipient see it: *revealed*, which is neither signed nor unsigned."""

    standing = serializers.CharField(help_text="`revealed` or `refused`.")
    code = serializers.CharField()
    text = serializers.CharField()
    recipient = serializers.CharField()
    expires_at = serializers.CharField()
    commitment = serializers.CharField(help_text="As the file's credential has it.")
    prompt = serializers.CharField()
    negative_prompt = serializers.CharField()
    salt = serializers.CharField(help_text="Hex; with the words it gives the commitment.")


class HappenedSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()


class RecoveredSerializer(serializers.Serializer[Any]):
    """The version whose pixels the file shows. Measured by comparing pixels: neither signed nor claimed."""

    version = serializers.UUIDField()
    title = serializers.CharField()
    published = serializers.BooleanField()
    page = serializers.CharField(help_text="Path of its public page; empty while it is not published.")
    of_export = serializers.BooleanField()
    happened = HappenedSerializer(many=True)
    changes = serializers.DictField(help_text="The same as numbers.")
    similarity = serializers.IntegerField(min_value=0, max_value=100)
    inliers = serializers.IntegerField(help_text="Local features that lie where they should.")
    overlay = serializers.CharField(help_text="A PNG as a data URI; empty where you may not look at the picture.")


class NamedByCodeSerializer(serializers.Serializer[Any]):
    """A version that a printed code in the picture names, though its pixels were not found there."""

    version = serializers.UUIDField()
    title = serializers.CharField()
    page = serializers.CharField()
    standing = serializers.CharField(help_text="Always `claimed`: anybody can print a code.")


class VerificationSerializer(serializers.Serializer[Any]):
    """Describes the answer in the schema; the values come from ``Verification.as_dict``."""

    verdict = serializers.CharField(help_text="trusted, valid, expired, legacy, tampered, unreadable or none.")
    verdict_text = serializers.CharField()
    summary = serializers.CharField()
    sentences = serializers.ListField(child=serializers.CharField())
    broken = serializers.CharField(help_text="pixels, signature, statement, ingredient, or empty.")
    reasons = ReasonSerializer(many=True)
    ours = serializers.BooleanField()
    known = serializers.CharField(help_text="published, signed, differs, or empty.")
    file = FileFactsSerializer()
    manifest = serializers.DictField(allow_null=True, help_text="What the credential says; `standing` is its weight.")
    lineage = serializers.DictField(
        allow_null=True, help_text="What it was made from, as a tree: each node has `state`, `steps` and `children`."
    )
    marks = MarkSerializer(many=True)
    sdk = serializers.CharField()
    trust_list = serializers.CharField(help_text="SHA-256 of the trust list used; empty without one.")
    checked_at = serializers.DateTimeField()
    revealed = RevealedSerializer(allow_null=True, help_text="What `token` showed; null when none was given.")
    recovered = RecoveredSerializer(allow_null=True, help_text="The version of ours that the pixels show.")
    named_by_code = NamedByCodeSerializer(allow_null=True)


class UncheckedSession(SessionAuthentication):
    """The session, and no CSRF token: a request forged from elsewhere changes nothing here."""

    def enforce_csrf(self, request: Request) -> None:
        return None


class VerifyView(APIView):
    """Anybody may ask; one budget with the verify page."""

    permission_classes = (AllowAny,)
    # Nobody must sign in; who has, is counted as the person they are on the pages, too.
    authentication_classes = (TokenAuthentication, UncheckedSession)
    parser_classes = (MultiPartParser, ImageParser, BytesParser)
    throttle_scope = "verify"

    @extend_schema(
        operation_id="verify",
        auth=[{"tokenAuth": []}, {"cookieAuth": []}, {}],  # type: ignore[list-item]  # as OpenAPI writes it
        summary="What does this image say about how it was made?",
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "image": {"type": "string", "format": "binary"},
                    "token": {"type": "string", "description": "Leave to see a private prompt, from its owner."},
                },
                "required": ["image"],
            },
            "image/*": OpenApiTypes.BINARY,
        },
        responses={
            200: VerificationSerializer,
            400: OpenApiResponse(description="`file_empty`, `truncated_image`, `too_many_pixels`, …"),
            413: OpenApiResponse(description="`file_too_large`"),
            415: OpenApiResponse(description="`not_an_image`, `unsupported_format`"),
        },
    )
    def post(self, request: Request) -> Response:
        refuse_declared_size(request)
        given = request.data.get("image") if isinstance(request.data, dict) else None
        if isinstance(given, UploadedFile):
            if (given.size or 0) > settings.MAX_UPLOAD_BYTES:
                raise too_large()
            given = given.read()
        if not isinstance(given, bytes):
            raise SimilarityError(
                "file_missing", _("Send the picture as the multipart field “image”, or as the body itself.")
            )
        token = request.data.get("token", "") if isinstance(request.data, dict) else ""
        response = Response(verify(given, token=token if isinstance(token, str) else "", viewer=request.user).as_dict())
        response["Cache-Control"] = "no-store"
        return response
