"""``/api/v1/versions/{id}/reveals``: to whom the owner of a private prompt has let it be shown."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from idempotency.header import IDEMPOTENCY_KEY, key_of
from provenance.works.models import Reveal, Version
from provenance.works.reveal import DAYS, MOST_DAYS, reveal_once, revoke, token_of

VERSION = OpenApiParameter("version_pk", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The version.")


class NewRevealSerializer(serializers.Serializer[Any]):
    recipient = serializers.CharField(help_text="Who may see the words; the name stands in the token.")
    days = serializers.IntegerField(required=False, default=DAYS, help_text=f"How long, 1 to {MOST_DAYS} days.")


class RevealSerializer(serializers.ModelSerializer[Reveal]):
    token = serializers.SerializerMethodField(help_text="Given to `verify` together with the file.")

    class Meta:
        model = Reveal
        fields = ("id", "version", "recipient", "token", "created_at", "expires_at", "revoked_at")
        read_only_fields = fields

    def get_token(self, row: Reveal) -> str:
        return token_of(row)


@extend_schema_view(
    list=extend_schema(parameters=[VERSION]),
    retrieve=extend_schema(parameters=[VERSION]),
    create=extend_schema(
        parameters=[VERSION, IDEMPOTENCY_KEY],
        request=NewRevealSerializer,
        responses={201: RevealSerializer, 200: RevealSerializer},
    ),
    destroy=extend_schema(parameters=[VERSION]),
)
class RevealViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet[Reveal]
):
    """Leave for one named recipient to see a private prompt. Deleting withdraws it; the row stays."""

    queryset = Reveal.objects.none()
    serializer_class = RevealSerializer
    filterset_fields = ()

    def get_queryset(self) -> QuerySet[Reveal]:
        rows = Reveal.objects.of(self.request.user or AnonymousUser())
        return rows.filter(version_id=self._version_pk()) if "version_pk" in self.kwargs else rows.none()

    def create(self, request: Request, **kwargs: Any) -> Response:
        """409 ``prompt_not_private`` for a picture whose file tells its prompt anyway."""
        wanted = NewRevealSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        assert request.user.is_authenticated
        own = Version.objects.filter(work__owner_id=request.user.pk).select_related("work")
        version = get_object_or_404(own, pk=self._version_pk())
        row, created = reveal_once(version, by=request.user, idempotency_key=key_of(request), **wanted.validated_data)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.get_serializer(row).data, status=code)

    def perform_destroy(self, instance: Reveal) -> None:
        assert self.request.user.is_authenticated
        revoke(instance, by=self.request.user)

    def _version_pk(self) -> UUID:
        return UUID(str(self.kwargs["version_pk"]))
