"""``/api/v1/set-audits``: many versions judged as one."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from idempotency.header import IDEMPOTENCY_KEY, key_of
from provenance.audits.ask_set import MOST, ask_set
from provenance.audits.models import SetAudit


class SetAuditRequestSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=SetAudit.Kind.choices)
    versions = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=MOST, help_text="For `versions`."
    )
    person = serializers.CharField(required=False, default="", allow_blank=True, help_text="A username, for `person`.")
    model = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="For `model`; narrows `person`."
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
        judge everybody's pictures.
        """
        asked = SetAuditRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        assert request.user.is_authenticated
        row, created = ask_set(owner=request.user, idempotency_key=key_of(request), **asked.validated_data)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.get_serializer(row).data, status=code)
