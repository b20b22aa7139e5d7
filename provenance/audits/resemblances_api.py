"""``/api/v1/artists/{id}/resemblances``: which comparisons named an artist, for the artist and for reviewers."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from provenance.audits.models import Subscription
from provenance.audits.resemblances import acts_for, resemblances
from provenance.audits.subscribe import subscribe, unsubscribe
from provenance.works.models import Version
from similarity.models import Artist, Audit

ARTIST = OpenApiParameter("artist_pk", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The artist.")


class ResemblanceSerializer(serializers.ModelSerializer[Audit]):
    known_at = serializers.DateTimeField(help_text="When the picture was published; of others, when it was compared.")
    version = serializers.SerializerMethodField(help_text="Null for an upload, or one made on the command line.")
    page = serializers.SerializerMethodField(help_text="What anybody may read of a published version; else null.")

    class Meta:
        model = Audit
        fields = ("id", "known_at", "outcome", "score", "p_value", "domain", "calibration", "version", "page")
        read_only_fields = fields

    def get_version(self, audit: Audit) -> UUID | None:
        version = _version(audit)
        return version.pk if version else None

    def get_page(self, audit: Audit) -> str | None:
        version = _version(audit)
        if version is None or version.status != Version.Status.PUBLISHED:
            return None
        return reverse("web:version-page", args=[version.pk])


class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    class Meta:
        model = Subscription
        fields = ("artist", "language", "created_at")
        read_only_fields = fields


def _version(audit: Audit) -> Version | None:
    version: Version | None = getattr(audit, "version", None)
    return version


class ResemblanceFilter(filters.FilterSet):
    since = filters.IsoDateTimeFilter(field_name="known_at", lookup_expr="gte", label="Known from this moment on.")

    class Meta:
        model = Audit
        fields = ("outcome",)


@extend_schema_view(list=extend_schema(parameters=[ARTIST], summary="What resembles an artist, newest first"))
class ResemblanceViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Audit]):
    """Comparisons whose outcome names the artist.

    Reviewers see all of them. Whoever acts for the artist sees those of published versions, without
    anything that is not public. To others this is not there (404).
    """

    queryset = Audit.objects.none()
    serializer_class = ResemblanceSerializer
    filterset_class = ResemblanceFilter
    ordering = ("-known_at", "-id")

    def get_queryset(self) -> QuerySet[Audit]:
        if "artist_pk" not in self.kwargs:
            return Audit.objects.none()
        artist = self._artist()
        if not acts_for(self.request.user, artist) and not self.request.user.has_perm("similarity.view_audit"):
            raise Http404
        return resemblances(artist, user=self.request.user)

    @extend_schema(
        parameters=[ARTIST],
        methods=["POST"],
        request=None,
        responses={200: SubscriptionSerializer},
        summary="Ask for letters about an artist",
        description="At most one a day goes to the address of the asker's account. For whoever acts for the artist.",
    )
    @extend_schema(
        parameters=[ARTIST],
        methods=["DELETE"],
        request=None,
        responses={204: None},
        summary="Ask for no more letters about an artist",
    )
    @action(detail=False, methods=["post", "delete"], filterset_class=None, pagination_class=None)
    def subscription(self, request: Request, **kwargs: Any) -> Response:
        assert request.user.is_authenticated
        if request.method == "DELETE":
            unsubscribe(request.user, self._artist())
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(SubscriptionSerializer(subscribe(request.user, self._artist())).data)

    def _artist(self) -> Artist:
        return get_object_or_404(Artist, pk=UUID(str(self.kwargs["artist_pk"])))
