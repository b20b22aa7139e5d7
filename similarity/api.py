"""``/api/v1/artists``, ``/references`` and ``/audits``."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, parsers, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from idempotency.header import IDEMPOTENCY_KEY, key_of
from similarity.models import Artist, Audit, Reference


class ArtistSerializer(serializers.ModelSerializer[Artist]):
    references = serializers.IntegerField(source="reference_count", read_only=True)

    class Meta:
        model = Artist
        fields = (
            "id",
            "slug",
            "name",
            "born",
            "died",
            "aliases",
            "references",
            "naming",
            "naming_since",
            "mining",
            "mining_text",
            "withdrawn_at",
            "created_at",
        )
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
            "leaving_since",
            "created_at",
        )
        read_only_fields = fields


class AuditSerializer(serializers.ModelSerializer[Audit]):
    owner = serializers.SlugRelatedField[Audit](slug_field="username", read_only=True, allow_null=True)
    works = serializers.ListField(child=serializers.DictField(), read_only=True)
    artists = serializers.ListField(child=serializers.DictField(), read_only=True)
    named_in_prompt = serializers.ListField(child=serializers.DictField(), read_only=True)
    copy_of = serializers.DictField(read_only=True, allow_null=True)
    decision = serializers.DictField(read_only=True, help_text="What the outcome rests on; empty of the oldest audits.")
    is_stale = serializers.BooleanField(read_only=True, help_text="Another calibration is in force by now.")

    class Meta:
        model = Audit
        fields = (
            "id",
            "owner",
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
            "domain",
            "calibration",
            "p_value",
            "decision",
            "is_stale",
            "encoder",
            "index",
            "references",
            "artists_compared",
            "error_code",
            "error",
            "seconds",
            "created_at",
        )
        read_only_fields = fields


class AuditRequestSerializer(serializers.Serializer[Any]):
    image = serializers.FileField(allow_empty_file=True, help_text="JPEG, PNG, WebP, AVIF, TIFF, GIF or BMP")
    prompt = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)
    generator = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=200,
        help_text="The model that made it, by name or SHA-256 of its weights; empty for anything else.",
    )


class ArtistFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Artist
        fields = ("name", "slug", "died", "naming", "mining")


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


class AuditViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Audit]):
    """Comparisons of one picture with all known works: of the asker's own, or of everybody's for reviewers."""

    queryset = Audit.objects.none()
    serializer_class = AuditSerializer
    filterset_class = AuditFilter
    parser_classes = [parsers.MultiPartParser]

    def get_queryset(self) -> QuerySet[Audit]:
        audits = Audit.objects.select_related("owner").with_in_force().defer("vector")
        return audits.visible_to(self.request.user or AnonymousUser())

    def get_throttles(self) -> list[BaseThrottle]:
        # Comparing costs as much as verifying a file, and shares its limit.
        self.throttle_scope = "verify" if self.action == "create" else None
        return super().get_throttles()

    @extend_schema(
        summary="Compare a picture with the known works",
        request={"multipart/form-data": AuditRequestSerializer},
        responses={201: AuditSerializer, 200: AuditSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """The audit of the uploaded picture. The picture is not kept; the audit is, and is the asker's to read.

        It is computed while the request waits, in this process, which loads the encoder the first
        time it is asked.
        """
        from similarity.audit import audit_once
        from similarity.pictures import too_large
        from similarity.uploads import refuse_declared_size

        refuse_declared_size(request)
        asked = AuditRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        upload = asked.validated_data["image"]
        if upload.size > settings.MAX_UPLOAD_BYTES:
            raise too_large()
        assert request.user.is_authenticated  # the permission class has seen to it; this tells the type checker
        audit, created = audit_once(
            upload.read(),
            owner=request.user,
            prompt=asked.validated_data["prompt"],
            generator=asked.validated_data["generator"],
            idempotency_key=key_of(request),
        )
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(AuditSerializer(audit).data, status=code)
