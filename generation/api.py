"""``/api/v1/jobs``, ``/outputs`` and ``/models``: owners see their own, reviewers all."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from generation.cancel import cancel
from generation.models import Job, ModelPassport, Output
from generation.serializers import JobSerializer, ModelPassportSerializer, NewJobSerializer, OutputSerializer
from generation.submit import submit
from idempotency.header import IDEMPOTENCY_KEY, key_of


class JobFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=Job.Status.choices)
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Job
        fields = ("status", "model")


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Job]):
    """Requests for images. A job is created, watched, and perhaps cancelled; it never changes otherwise."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_class = JobFilter

    def get_queryset(self) -> QuerySet[Job]:
        jobs = Job.objects.select_related("owner").prefetch_related("outputs")
        return jobs.visible_to(self.request.user or AnonymousUser())

    def get_throttles(self) -> list[BaseThrottle]:
        if self.action == "create":
            self.throttle_scope = "create-job"
        return super().get_throttles()

    @extend_schema(
        request=NewJobSerializer,
        responses={201: JobSerializer, 200: JobSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        wanted = NewJobSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        assert request.user.is_authenticated  # the permission class has seen to it; this tells the type checker
        job, created = submit(
            owner=request.user,
            idempotency_key=key_of(request),
            **wanted.validated_data,
        )
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.get_serializer(job).data, status=code)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: Any = None) -> Response:
        """Stop the job: at once while it waits, between two steps while it is rendered."""
        job = self.get_object()
        if job.owner_id != request.user.pk and not request.user.has_perm("generation.change_job"):
            raise PermissionDenied
        return Response(self.get_serializer(cancel(job)).data)


class OutputFilter(filters.FilterSet):
    job = filters.UUIDFilter(field_name="job_id")

    class Meta:
        model = Output
        fields = ("job", "sha256")


class OutputViewSet(viewsets.ReadOnlyModelViewSet[Output]):
    """The images jobs returned, chosen or not: facts, no pixels."""

    queryset = Output.objects.none()
    serializer_class = OutputSerializer
    filterset_class = OutputFilter

    def get_queryset(self) -> QuerySet[Output]:
        return Output.objects.visible_to(self.request.user or AnonymousUser())


class ModelPassportViewSet(viewsets.ReadOnlyModelViewSet[ModelPassport]):
    """The models that have made images here: what exactly they are, and what they were trained on."""

    queryset = ModelPassport.objects.all()
    serializer_class = ModelPassportSerializer
    filterset_fields = ("name", "source", "weights_sha256")
