"""``/api/v1/reports``: ask for the report of an audit, watch it being made, take the signed document."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from provenance.reports.ask import ask
from provenance.reports.errors import ReportError
from provenance.reports.models import Report
from provenance.reports.show import document_for
from similarity.models import Audit


class ReportSerializer(serializers.ModelSerializer[Report]):
    class Meta:
        model = Report
        fields = (
            *("id", "audit", "status", "done", "looks", "with_picture", "error_code", "error"),
            *("created_at", "made_at"),
        )
        read_only_fields = fields


class ReportRequestSerializer(serializers.Serializer[Any]):
    audit = serializers.UUIDField()
    image = serializers.FileField(
        required=False, allow_empty_file=True, help_text="The file that was audited, where no version holds it."
    )


class ReportFilter(filters.FilterSet):
    class Meta:
        model = Report
        fields = ("audit", "status")


class ReportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Report]):
    """Reports of the asker's own audits, or of everybody's for reviewers."""

    queryset = Report.objects.none()
    serializer_class = ReportSerializer
    filterset_class = ReportFilter

    def get_queryset(self) -> QuerySet[Report]:
        rows: QuerySet[Report] = Report.objects.visible_to(self.request.user or AnonymousUser())
        return rows

    def get_throttles(self) -> list[BaseThrottle]:
        # A report costs as much as verifying files, and shares their limit.
        self.throttle_scope = "verify" if self.action == "create" else None
        return super().get_throttles()

    @extend_schema(
        summary="Ask for the report of an audit",
        request={"multipart/form-data": ReportRequestSerializer, "application/json": ReportRequestSerializer},
        responses={202: ReportSerializer, 200: ReportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Made by a worker: ask for it again until its status is `ready`, then take its document.

        Asking twice gives the same report. Without the picture it cannot say what the resemblance rests on;
        pictures of versions are at hand, others have to be sent along and are deleted when it is made.
        """
        from similarity.pictures import too_large
        from similarity.uploads import refuse_declared_size

        refuse_declared_size(request)
        asked = ReportRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        audit = Audit.objects.visible_to(request.user).filter(pk=asked.validated_data["audit"]).first()
        if audit is None:
            raise ReportError("unknown_audit", _("There is no such audit."), field="audit")
        upload = asked.validated_data.get("image")
        if upload is not None and upload.size > settings.MAX_UPLOAD_BYTES:
            raise too_large()
        picture = bytes(upload.read()) if upload is not None else b""
        if picture and hashlib.sha256(picture).hexdigest() != audit.image_sha256:
            raise ReportError("other_picture", _("This is not the file that was audited."), field="image")
        report = ask(audit, picture=picture)
        code = status.HTTP_200_OK if report.status == Report.Status.READY else status.HTTP_202_ACCEPTED
        return Response(ReportSerializer(report).data, status=code)

    @extend_schema(
        summary="The signed document",
        responses={(200, "application/json"): OpenApiTypes.BINARY, 404: OpenApiResponse(description="`not_found`")},
    )
    @action(detail=True, methods=["get"])
    def document(self, request: Request, pk: str) -> HttpResponse:
        """Keep it byte for byte as it is, to have it computed again by `manage.py replay`.

        Of a version that is not published only reviewers get the picture (`image.withheld` in the record).
        """
        report = self.get_object()
        if report.status != Report.Status.READY:
            raise NotFound
        response = HttpResponse(
            document_for(report, request.user).encode(), content_type="application/json; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="report-{report.audit_id}.json"'
        response["Cache-Control"] = "private, no-store"
        return response
