"""``/api/v1/cases``: what reviewers must settle. Owners read the cases about their works; reviewers decide."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from provenance.review.audit_again import ask_again
from provenance.review.decide import decide
from provenance.review.models import Case, Decision, SecondAudit


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    audit = serializers.UUIDField(
        write_only=True,
        required=False,
        allow_null=True,
        help_text="The audit it was decided by: 409 `audit_changed` when the version has another one by now.",
    )
    reviewer = serializers.SerializerMethodField(help_text="Null for those who may not decide cases.")

    class Meta:
        model = Decision
        fields = ("id", "ruling", "reason", "audit", "reviewer", "made_at")
        read_only_fields = ("id", "reviewer", "made_at")

    def get_reviewer(self, decision: Decision) -> str | None:
        request = self.context.get("request")
        told = request is not None and request.user.has_perm("review.decide_case")
        return decision.reviewer.get_username() if told else None


class SecondAuditSerializer(serializers.ModelSerializer[SecondAudit]):
    outcome = serializers.CharField(
        source="after.outcome", read_only=True, allow_null=True, default=None, help_text="Of the audit after."
    )

    class Meta:
        model = SecondAudit
        fields = ("id", "status", "before", "after", "outcome", "error_code", "error", "created_at", "ended_at")
        read_only_fields = fields


class CaseSerializer(serializers.ModelSerializer[Case]):
    decision = DecisionSerializer(read_only=True, allow_null=True)
    second_audits = SecondAuditSerializer(many=True, read_only=True)

    class Meta:
        model = Case
        fields = ("id", "version", "reason", "opened_at", "decision", "second_audits")
        read_only_fields = fields


class CaseFilter(filters.FilterSet):
    open = filters.BooleanFilter(field_name="decision", lookup_expr="isnull")

    class Meta:
        model = Case
        fields = ("reason", "version")


class CaseViewSet(viewsets.ReadOnlyModelViewSet[Case]):
    """Held versions waiting for a decision, and the decisions made with their reasons.

    The name of whoever decided is told to those who may decide themselves.
    """

    queryset = Case.objects.none()
    serializer_class = CaseSerializer
    filterset_class = CaseFilter
    ordering = ("-opened_at", "-id")

    def get_queryset(self) -> QuerySet[Case]:
        cases = Case.objects.select_related("version", "decision__reviewer")
        cases = cases.prefetch_related("second_audits__after")
        return cases.visible_to(self.request.user or AnonymousUser())

    @extend_schema(request=DecisionSerializer, responses={201: CaseSerializer})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, **kwargs: Any) -> Response:
        """Publish or refuse the version, with a reason: reviewers only, and not about their own work.

        A case is decided once (409 ``already_decided``).
        """
        case = self.get_object()
        body = DecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        decide(case=case, reviewer=request.user, **body.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=case.pk)).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Audit again", request=None, responses={202: CaseSerializer})
    @action(detail=True, methods=["post"], url_path="audit-again")
    def audit_again(self, request: Request, **kwargs: Any) -> Response:
        """Have a held version audited again that could not be judged: reviewers only, and not their own work.

        It is done on the similarity queue; sent again while it waits, it adds nothing. The audit before stays,
        and a person still decides. 409 `audit_stands` when the audit did judge it, `already_decided`.
        """
        case = self.get_object()
        ask_again(case=case, by=request.user)
        return Response(self.get_serializer(self.get_queryset().get(pk=case.pk)).data, status=status.HTTP_202_ACCEPTED)
