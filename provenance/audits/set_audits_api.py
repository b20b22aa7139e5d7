"""``/api/v1/set-audits``: many versions judged as one."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from idempotency.header import IDEMPOTENCY_KEY, key_of
from provenance.audits.ask_set import MOST, ask_set, domains_of
from provenance.audits.models import SetAudit


class WhoseSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[SetAudit.Kind.PERSON, SetAudit.Kind.MODEL])
    person = serializers.CharField(required=False, default="", help_text="A username, for `person`.")
    model = serializers.CharField(required=False, default="", help_text="For `model`; narrows `person`.")


class SetDomainSerializer(serializers.Serializer[Any]):
    domain = serializers.CharField(help_text="`uploads`, or `generated:` and the SHA-256 of a model's weights.")
    model = serializers.CharField(help_text="Name of the model; empty for uploads.")
    pictures = serializers.IntegerField(help_text="How many were compared.")
    newest = serializers.DateTimeField(help_text="When the newest was made.")


class SetAuditRequestSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=SetAudit.Kind.choices)
    versions = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=MOST, help_text="For `versions`."
    )
    person = serializers.CharField(required=False, default="", allow_blank=True, help_text="A username, for `person`.")
    model = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="For `model`; narrows `person`."
    )
    domain = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        help_text="Which of these pictures are meant, where they are of several domains. Of a model's, those by the "
        "weights that made the newest picture, if it is left out.",
    )


class SetAuditSerializer(serializers.ModelSerializer[SetAudit]):
    owner = serializers.SlugRelatedField[SetAudit](slug_field="username", read_only=True)
    versions = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    decision = serializers.DictField(read_only=True, help_text="What the outcome rests on; empty until judged.")
    is_stale = serializers.BooleanField(read_only=True, help_text="Another calibration is in force by now.")

    class Meta:
        model = SetAudit
        fields = (
            *("id", "owner", "kind", "name", "versions", "left_out", "status", "outcome", "domain", "calibration"),
            *("p_value", "decision", "is_stale", "encoder", "error_code", "error", "created_at", "judged_at"),
        )
        read_only_fields = fields


class SetAuditFilter(filters.FilterSet):
    class Meta:
        model = SetAudit
        fields = ("kind", "name", "status", "outcome")


class SetAuditViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[SetAudit]):
    """Audits of many pictures as one: of the asker's own, or of everybody's for reviewers."""

    queryset = SetAudit.objects.none()
    serializer_class = SetAuditSerializer
    filterset_class = SetAuditFilter

    def get_queryset(self) -> QuerySet[SetAudit]:
        rows = SetAudit.objects.select_related("owner").with_in_force()
        return rows.visible_to(self.request.user or AnonymousUser())

    def get_throttles(self) -> list[BaseThrottle]:
        self.throttle_scope = "set-audit" if self.action == "create" else None
        return super().get_throttles()

    @extend_schema(
        summary="Have many pictures judged as one",
        request=SetAuditRequestSerializer,
        responses={201: SetAuditSerializer, 200: SetAuditSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Stored at once and judged by a worker: ask for it again until its status is no longer `waiting`.

        Own versions, or oneself as a person, for everybody; other persons, and models, for whoever may
        judge everybody's pictures. Pictures of several domains are judged apart: `domains/` says which there are.
        """
        asked = SetAuditRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        assert request.user.is_authenticated
        row, created = ask_set(owner=request.user, idempotency_key=key_of(request), **asked.validated_data)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.get_serializer(row).data, status=code)

    @extend_schema(
        summary="The domains of a person's or a model's pictures",
        parameters=[WhoseSerializer],
        responses=SetDomainSerializer(many=True),
    )
    @action(detail=False, methods=["get"], filterset_class=None, pagination_class=None)
    def domains(self, request: Request) -> Response:
        """What can be asked for as one set, the one with the newest picture first. For the same people as asking is."""
        asked = WhoseSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        assert request.user.is_authenticated
        found = domains_of(owner=request.user, **asked.validated_data)
        return Response(SetDomainSerializer(found, many=True).data)
