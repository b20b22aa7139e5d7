"""``/api/v1/exports``: published versions as files for one place, and what each would carry."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from provenance.works.export import export
from provenance.works.export_names import file_name
from provenance.works.models import Export, Version
from provenance.works.wish import FORMATS, Wish, look_ahead


class WishSerializer(serializers.Serializer[Any]):
    version = serializers.UUIDField()
    profile = serializers.CharField(help_text="plain, eu, california, china, korea, india, custom, or one of yours.")
    format = serializers.ChoiceField(choices=list(FORMATS), default="png")
    labelled = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="With the visible label; null is the profile's habit."
    )
    language = serializers.CharField(required=False, allow_blank=True, default="", help_text="Of the label.")
    agreed = serializers.BooleanField(
        required=False, default=False, help_text="You agree to the text that preflight shows (copies without label)."
    )
    prompt_writer = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="Named in the file as who wrote the prompt, if given."
    )


class ExportSerializer(serializers.ModelSerializer[Export]):
    by = serializers.SlugRelatedField[Export](slug_field="username", read_only=True)
    file = serializers.SerializerMethodField(help_text="Where the file is.")

    class Meta:
        model = Export
        fields = (
            *("id", "version", "profile", "media_type", "language", "labelled", "label", "prompt_writer"),
            *(
                "by",
                "agreement",
                "agreed_at",
                "file",
                "sha256",
                "bytes",
                "manifest_label",
                "verdict",
                "timestamped",
                "created_at",
            ),
        )
        read_only_fields = fields

    def get_file(self, made: Export) -> str:
        return reverse("export-file", args=[made.pk])


class LineSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()


class PreflightSerializer(serializers.Serializer[Any]):
    """What an export would carry. Engineering guidance, not legal advice."""

    profile = serializers.CharField()
    ready = serializers.BooleanField()
    writes = LineSerializer(many=True)
    missing = LineSerializer(many=True, help_text="Each of these stops the export.")
    advice = LineSerializer(many=True)
    label = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, help_text="The label that will be drawn; empty for none."
    )
    label_height = serializers.IntegerField(help_text="Of its letters, in pixels.")
    agreement = serializers.CharField(allow_blank=True, help_text="The text to agree to, if one is asked.")


class ExportFilter(filters.FilterSet):
    work = filters.UUIDFilter(field_name="version__work")

    class Meta:
        model = Export
        fields = ("version", "profile", "media_type", "labelled", "sha256")


class ExportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Export]):
    """Files made for one place. Asked for twice, the same is answered with what was made before."""

    queryset = Export.objects.none()
    serializer_class = ExportSerializer
    filterset_class = ExportFilter

    def get_queryset(self) -> QuerySet[Export]:
        return Export.objects.visible_to(self.request.user or AnonymousUser()).select_related("by", "version__work")

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """The file is what it is, whatever kinds of answer the asker named."""
        return super().perform_content_negotiation(request, force=force or self.action == "file")

    @extend_schema(request=WishSerializer, responses={201: ExportSerializer, 200: ExportSerializer})
    def create(self, request: Request) -> Response:
        """201 for a new file, 200 for one that was made before. The version must be yours, and published."""
        version, wish = self._asked(request)
        assert request.user.is_authenticated
        made, new = export(version, wish, by=request.user)
        code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        return Response(self.get_serializer(made).data, status=code)

    @extend_schema(request=WishSerializer, responses=PreflightSerializer)
    @action(detail=False, methods=["post"])
    def preflight(self, request: Request) -> Response:
        """What the export would carry and what is missing for it; nothing is made."""
        version, wish = self._asked(request)
        found = look_ahead(version, wish)
        return Response(PreflightSerializer(found).data)

    @extend_schema(
        responses={(200, "image/*"): OpenApiTypes.BINARY, 404: OpenApiResponse(description="`not_found`")},
    )
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: Any = None) -> FileResponse:
        """The file, byte for byte as it was signed."""
        made = self.get_object()
        try:
            content = default_storage.open(made.blob, "rb")
        except FileNotFoundError as error:
            raise Http404 from error
        response = FileResponse(content, as_attachment=True, filename=file_name(made), content_type=made.media_type)
        response["ETag"] = f'"{made.sha256}"'
        response["Cache-Control"] = "private, no-cache"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def _asked(self, request: Request) -> tuple[Version, Wish]:
        wanted = WishSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        fields = dict(wanted.validated_data)
        return own_version(request.user, fields.pop("version")), Wish(**fields)


def own_version(user: Any, pk: UUID) -> Version:
    """A version of *user*'s own; to anybody else there is nothing here (404)."""
    own = Version.objects.filter(work__owner_id=user.pk)
    version: Version = get_object_or_404(
        own.select_related("work__owner", "credential", "output__job__passport"), pk=pk
    )
    return version
