"""``/api/v1/artists``, ``/references`` and ``/audits``."""

from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, parsers, permissions, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from similarity.models import Artist, Audit, Reference


class ArtistSerializer(serializers.ModelSerializer[Artist]):
    references = serializers.IntegerField(source="reference_count", read_only=True)

    class Meta:
        model = Artist
        fields = ("id", "slug", "name", "born", "died", "aliases", "references", "created_at")
        read_only_fields = fields


class ReferenceSerializer(serializers.ModelSerializer[Reference]):
    artist_name = serializers.CharField(source="artist.name", read_only=True)

    class Meta:
        model = Reference
        fields = (
            "id",
            "artist",
            "artist_name",
            "title",
            "year",
            "style",
            "licence",
            "source",
            "sha256",
            "created_at",
        )
        read_only_fields = fields


class AuditSerializer(serializers.ModelSerializer[Audit]):
    works = serializers.ListField(child=serializers.DictField(), read_only=True)
    artists = serializers.ListField(child=serializers.DictField(), read_only=True)
    named_in_prompt = serializers.ListField(child=serializers.DictField(), read_only=True)
    copy_of = serializers.DictField(read_only=True, allow_null=True)

    class Meta:
        model = Audit
        fields = (
            "id",
            "subject",
            "image_sha256",
            "outcome",
            "artist",
            "artist_name",
            "score",
            "works",
            "artists",
            "copy_of",
            "named_in_prompt",
            "encoder",
            "index",
            "references",
            "error_code",
            "error",
            "seconds",
            "created_at",
        )
        read_only_fields = fields


class AuditRequestSerializer(serializers.Serializer[Any]):
    image = serializers.FileField(allow_empty_file=True, help_text="JPEG, PNG, WebP, AVIF, TIFF, GIF or BMP")
    prompt = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)


class ArtistFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Artist
        fields = ("name", "slug", "died")


class ReferenceFilter(filters.FilterSet):
    title = filters.CharFilter(lookup_expr="icontains")
    artist_slug = filters.CharFilter(field_name="artist__slug")

    class Meta:
        model = Reference
        fields = ("artist", "title", "style", "sha256")


class AuditFilter(filters.FilterSet):
    class Meta:
        model = Audit
        fields = ("outcome", "subject", "artist", "image_sha256")


class ArtistViewSet(viewsets.ReadOnlyModelViewSet[Artist]):
    """Artists whose works are known here, with how many."""

    queryset = Artist.objects.none()
    serializer_class = ArtistSerializer
    filterset_class = ArtistFilter

    def get_queryset(self) -> QuerySet[Artist]:
        return Artist.objects.annotate(reference_count=Count("references"))


class ReferenceViewSet(viewsets.ReadOnlyModelViewSet[Reference]):
    """Known works: facts only, no pictures."""

    queryset = Reference.objects.select_related("artist")
    serializer_class = ReferenceSerializer
    filterset_class = ReferenceFilter


class MayAudit(permissions.BasePermission):
    """Anybody signed in may ask for an audit; past ones are for those who may view audits."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if not (user and user.is_authenticated):
            return False
        return request.method == "POST" or user.has_perm("similarity.view_audit")


@extend_schema_view(
    list=extend_schema(summary="Past audits (reviewers)"),
    retrieve=extend_schema(summary="One past audit (reviewers)"),
)
class AuditViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Audit]):
    """Comparisons of one picture with all known works."""

    queryset = Audit.objects.all()
    serializer_class = AuditSerializer
    filterset_class = AuditFilter
    permission_classes = [MayAudit]
    parser_classes = [parsers.MultiPartParser]

    def get_throttles(self) -> list[BaseThrottle]:
        # Comparing costs as much as verifying a file, and shares its limit.
        self.throttle_scope = "verify" if self.action == "create" else None
        return super().get_throttles()

    @extend_schema(
        summary="Compare a picture with the known works",
        request={"multipart/form-data": AuditRequestSerializer},
        responses={201: AuditSerializer},
    )
    def create(self, request: Request) -> Response:
        """The audit of the uploaded picture. The picture is not kept; the audit is.

        It is computed while the request waits, in this process, which loads the encoder the first
        time it is asked.
        """
        from similarity.audit import audit_picture
        from similarity.pictures import decode, too_large
        from similarity.uploads import refuse_declared_size

        refuse_declared_size(request)
        asked = AuditRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        upload = asked.validated_data["image"]
        if upload.size > settings.MAX_UPLOAD_BYTES:
            raise too_large()
        audit = audit_picture(decode(upload.read()), prompt=asked.validated_data["prompt"])
        audit.save()
        return Response(AuditSerializer(audit).data, status=status.HTTP_201_CREATED)
