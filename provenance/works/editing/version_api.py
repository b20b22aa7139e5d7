"""What editing adds to ``/api/v1/versions/{id}``: declared edits, and the contribution map."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import GenericViewSet

from generation import blobs
from idempotency.header import IDEMPOTENCY_KEY, key_of
from provenance.works.editing.contribution import contribution_of
from provenance.works.editing.declare import DESCRIPTION_MAX, TOOL_MAX, declare
from provenance.works.editing.legend import legend
from provenance.works.editing.models import Declaration, Sitting
from provenance.works.editing.png import PngRenderer
from provenance.works.editing.worked import sittings_behind
from provenance.works.errors import WorkError
from provenance.works.models import Version
from similarity.uploads import refuse_declared_size

FORMAT = OpenApiParameter("format", OpenApiTypes.STR, description="`png` answers the map itself.")


class NewDeclarationSerializer(serializers.Serializer[Any]):
    description = serializers.CharField(
        trim_whitespace=False, help_text=f"What was changed, in your words; at most {DESCRIPTION_MAX} characters."
    )
    tool = serializers.CharField(
        required=False, default="", allow_blank=True, help_text=f"The program; at most {TOOL_MAX} characters."
    )
    claimed_minutes = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Working time as you state it; shown as claimed."
    )


class DeclarationSerializer(serializers.ModelSerializer[Declaration]):
    """``description``, ``tool`` and ``claimed_minutes`` are claims; the rest was measured here."""

    version = serializers.UUIDField(source="edit.sitting.version_id", read_only=True)
    parent = serializers.UUIDField(source="edit.sitting.parent_id", read_only=True)  # type: ignore[assignment]
    claimed_minutes = serializers.IntegerField(source="edit.sitting.claimed_minutes", read_only=True, allow_null=True)
    changed = serializers.FloatField(source="edit.changed", read_only=True, help_text="Share of its pixels, measured.")
    box = serializers.ListField(source="edit.box", child=serializers.IntegerField(), read_only=True, allow_null=True)
    registration = serializers.DictField(read_only=True, help_text="How it lies on its parent; empty until measured.")
    map = serializers.SerializerMethodField(help_text="Where it differs from its parent, as PNG.")

    class Meta:
        model = Declaration
        fields = (
            *("version", "parent", "description", "tool", "claimed_minutes", "sha256", "media_type", "verdict"),
            *("names_parent", "registered", "registration", "changed", "box", "map"),
        )
        read_only_fields = fields

    def get_map(self, declaration: Declaration) -> str:
        edit = declaration.edit
        return reverse("sitting-mask", args=[edit.sitting_id, edit.order]) if edit.mask else ""


class KindSerializer(serializers.Serializer[Any]):
    value = serializers.IntegerField(help_text="A pixel's value in the map.")
    kind = serializers.CharField()
    adjusted = serializers.BooleanField(help_text="A person changed its tone or colour since.")
    colour = serializers.CharField()
    text = serializers.CharField()


class SharesSerializer(serializers.Serializer[Any]):
    last_change = serializers.DictField(
        child=serializers.FloatField(), help_text="By who changed a pixel last, an adjustment included."
    )
    content = serializers.DictField(
        child=serializers.FloatField(), help_text="By who made what is seen, adjustments left aside."
    )
    adjusted = serializers.FloatField(help_text="Share whose tone or colour a person adjusted.")


class ContributionSerializer(serializers.Serializer[Any]):
    version = serializers.UUIDField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    shares = SharesSerializer()
    active_minutes = serializers.FloatField(help_text="Observed working time of this version's own sitting.")
    active_minutes_in_all = serializers.FloatField(help_text="The same, over all sittings behind it.")
    claimed_minutes = serializers.IntegerField(allow_null=True, help_text="As its owner states, over all sittings.")
    map = serializers.CharField(help_text="The map, as large as the picture: an indexed PNG.")
    legend = KindSerializer(many=True)


class EditedVersionActions(GenericViewSet[Version]):
    """Mixed into the versions' view."""

    def get_throttles(self) -> list[BaseThrottle]:
        """An upload keeps a worker busy like a job."""
        if self.action == "declared":
            self.throttle_scope = "create-job"
        return super().get_throttles()

    @extend_schema(
        methods=["POST"],
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "image": {"type": "string", "format": "binary"},
                    "description": {"type": "string", "maxLength": DESCRIPTION_MAX},
                    "tool": {"type": "string", "maxLength": TOOL_MAX},
                    "claimed_minutes": {"type": "integer", "nullable": True},
                },
                "required": ["image", "description"],
            }
        },
        responses={
            201: DeclarationSerializer,
            200: DeclarationSerializer,
            400: OpenApiResponse(description="`description_missing`, `nothing_changed`, `truncated_image`, …"),
        },
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def declared(self, request: Request, pk: Any = None) -> Response:
        """Upload a file that was edited elsewhere as a child of this version."""
        refuse_declared_size(request)
        parent = self.get_object()
        wanted = NewDeclarationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        image = request.FILES.get("image")
        if not isinstance(image, UploadedFile):
            raise WorkError("file_missing", _("Send the picture as the multipart field “image”."), field="image")
        assert request.user.is_authenticated
        made, created = declare(
            parent=parent,
            owner=request.user,
            data=image.read(),
            idempotency_key=key_of(request),
            **wanted.validated_data,
        )
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(DeclarationSerializer(made).data, status=code)

    @extend_schema(responses=DeclarationSerializer)
    @action(detail=True)
    def declaration(self, request: Request, pk: Any = None) -> Response:
        """What was uploaded as this version, what its owner claims of it, and what was measured."""
        rows = Declaration.objects.select_related("edit__sitting")
        found = rows.filter(edit__sitting__version=self.get_object()).first()
        if found is None:
            raise NotFound(_("This version was not uploaded."))
        return Response(DeclarationSerializer(found).data)

    @extend_schema(
        parameters=[FORMAT],
        responses={200: ContributionSerializer, (200, "image/png"): OpenApiTypes.BINARY},
    )
    @action(detail=True, renderer_classes=[JSONRenderer, PngRenderer])
    def contribution(self, request: Request, pk: Any = None, **kwargs: Any) -> Response | HttpResponse:
        """For every pixel, whose hand changed it last: shares by kind, and at `contribution.png` the map."""
        version = self.get_object()
        found = contribution_of(version)
        if getattr(request, "accepted_renderer", None) and request.accepted_renderer.format == "png":
            answer = Response(blobs.get(found.blob), content_type="image/png")
            answer["Cache-Control"] = "private, max-age=3600"
            answer["X-Content-Type-Options"] = "nosniff"
            return answer
        behind = sittings_behind(version)
        own = next((sitting for sitting in behind if sitting.version_id == version.pk), None)
        claimed = [sitting.claimed_minutes for sitting in behind if sitting.claimed_minutes is not None]
        told = {
            "version": version.pk,
            "width": version.width,
            "height": version.height,
            "shares": found.shares,
            "active_minutes": _minutes([own] if own else []),
            "active_minutes_in_all": _minutes(behind),
            "claimed_minutes": sum(claimed) if claimed else None,
            "map": reverse("version-contribution", args=[version.pk]).rstrip("/") + ".png",
            "legend": legend(),
        }
        return Response(ContributionSerializer(told).data)


def _minutes(sittings: list[Sitting]) -> float:
    return round(sum((sitting.active for sitting in sittings), timedelta()).total_seconds() / 60, 1)
