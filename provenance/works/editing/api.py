"""``/api/v1/sittings`` and ``/edit-operations``: editing a version step by step, until it becomes another."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle

from generation import blobs
from idempotency.header import IDEMPOTENCY_KEY, key_of
from provenance.works.editing import canvases, sittings
from provenance.works.editing.commit import commit
from provenance.works.editing.model_steps import settle
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.operations.catalogue import OPERATIONS, schemas
from provenance.works.editing.png import PngRenderer, png_of
from provenance.works.editing.serializers import (
    CommitSerializer,
    NewSittingSerializer,
    NewStepSerializer,
    OperationSerializer,
    RevisionSerializer,
    SittingListSerializer,
    SittingSerializer,
)
from provenance.works.editing.steps import take_step
from provenance.works.models import Version

PREVIEW_LONGEST = 2048
MODEL_OPERATIONS = tuple(kind for kind, operation in OPERATIONS.items() if operation.needs_pixels)
LONGEST = OpenApiParameter(
    "longest", OpenApiTypes.INT, description=f"Scale down so that no side is longer; 16 to {PREVIEW_LONGEST}."
)
ORDER = OpenApiParameter("order", OpenApiTypes.INT, OpenApiParameter.PATH, description="The step's order, from 1.")


class SittingFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=Sitting.Status.choices)
    work = filters.UUIDFilter(field_name="parent__work")

    class Meta:
        model = Sitting
        fields = ("parent", "version")


@extend_schema_view(list=extend_schema(responses=SittingListSerializer))
class SittingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Sitting]):
    """Editing sessions. Every change names the revision it was made on; a stale one is refused (409)."""

    queryset = Sitting.objects.none()
    serializer_class = SittingSerializer
    filterset_class = SittingFilter

    def get_queryset(self) -> QuerySet[Sitting]:
        rows = Sitting.objects.select_related("owner", "version", "parent__work__job", "parent__output")
        if self.request.method not in ("GET", "HEAD", "OPTIONS"):
            return rows.filter(owner_id=self.request.user.pk)
        return rows.visible_to(self.request.user or AnonymousUser())

    def get_serializer_class(self) -> type[BaseSerializer[Sitting]]:
        return SittingListSerializer if self.action == "list" else SittingSerializer

    def get_throttles(self) -> list[BaseThrottle]:
        """A step that a model makes counts as the job it is."""
        asked = self.request.data if self.action == "steps" else None
        if isinstance(asked, Mapping) and asked.get("operation") in MODEL_OPERATIONS:
            self.throttle_scope = "create-job"
        return super().get_throttles()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        sitting = self.get_object()
        settle(sitting)
        return self._answer(sitting)

    @extend_schema(
        request=NewSittingSerializer,
        responses={201: SittingSerializer, 200: SittingSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        wanted = NewSittingSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        assert request.user.is_authenticated
        seen = Version.objects.visible_to(request.user).select_related("work", "output")
        parent = get_object_or_404(seen, pk=wanted.validated_data["parent"])
        sitting, created = sittings.begin(parent=parent, owner=request.user, idempotency_key=key_of(request))
        return self._answer(sitting, created=created)

    @extend_schema(
        request=NewStepSerializer,
        responses={201: SittingSerializer, 200: SittingSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"])
    def steps(self, request: Request, pk: Any = None) -> Response:
        """Take a step. One of a model is `pending` until its job has ended: look again."""
        sitting = self.get_object()
        settle(sitting)
        _edit, created = take_step(
            sitting=sitting, idempotency_key=key_of(request), **self._checked(NewStepSerializer, request)
        )
        return self._answer(sitting, created=created)

    @extend_schema(request=RevisionSerializer, responses=SittingSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: Any = None) -> Response:
        """Take the last step back. It stays on record, and can be brought back until another follows."""
        sitting = self.get_object()
        sittings.undo(sitting, **self._checked(RevisionSerializer, request))
        return self._answer(sitting)

    @extend_schema(request=RevisionSerializer, responses=SittingSerializer)
    @action(detail=True, methods=["post"])
    def redo(self, request: Request, pk: Any = None) -> Response:
        """Bring back the step that was undone last."""
        sitting = self.get_object()
        sittings.redo(sitting, **self._checked(RevisionSerializer, request))
        return self._answer(sitting)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def seen(self, request: Request, pk: Any = None) -> Response:
        """Say that somebody is at work (a pointer moved, a key was pressed), at most every few seconds."""
        sittings.see(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=CommitSerializer, responses=SittingSerializer)
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, pk: Any = None) -> Response:
        """Make the new version; `version` names it. Asked again, it answers the same version."""
        sitting = self.get_object()
        settle(sitting)
        commit(sitting, **self._checked(CommitSerializer, request))
        return self._answer(sitting)

    @extend_schema(request=RevisionSerializer, responses=SittingSerializer)
    @action(detail=True, methods=["post"])
    def abandon(self, request: Request, pk: Any = None) -> Response:
        """End the sitting without a version. Its steps stay on record."""
        sitting = self.get_object()
        sittings.abandon(sitting, **self._checked(RevisionSerializer, request))
        return self._answer(sitting)

    @extend_schema(parameters=[LONGEST], responses={(200, "image/png"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[PngRenderer, JSONRenderer])
    def preview(self, request: Request, pk: Any = None, **kwargs: Any) -> HttpResponse | Response:
        """The picture as it is now, also at `preview.png`. Its ETag changes with it."""
        sitting = self.get_object()
        settle(sitting)
        longest = _longest(request)
        return _picture(
            request,
            etag=f'"{canvases.state_of(sitting)[:32]}-{longest}"',
            make=lambda: png_of(canvases.canvas_of(sitting).flat(), longest=longest),
        )

    @extend_schema(parameters=[ORDER], responses={(200, "image/png"): OpenApiTypes.BINARY})
    @action(detail=True, url_path="steps/(?P<order>[0-9]{1,6})/mask", renderer_classes=[PngRenderer, JSONRenderer])
    def mask(self, request: Request, pk: Any = None, order: str = "", **kwargs: Any) -> HttpResponse | Response:
        """Where a step changed the picture: white on black, one bit a pixel."""
        edit = get_object_or_404(Edit.objects.filter(sitting=self.get_object()).exclude(mask=""), order=int(order))
        return _picture(request, etag=f'"{edit.mask[-36:-4]}"', make=lambda: blobs.get(edit.mask))

    def _checked(self, kind: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
        wanted = kind(data=request.data)
        wanted.is_valid(raise_exception=True)
        found: dict[str, Any] = wanted.validated_data
        return found

    def _answer(self, sitting: Sitting, *, created: bool = False) -> Response:
        sitting.refresh_from_db()
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(SittingSerializer(sitting, context=self.get_serializer_context()).data, status=code)


def _longest(request: Request) -> int:
    asked = request.query_params.get("longest", "")
    return min(max(int(asked), 16), PREVIEW_LONGEST) if asked.isdecimal() and len(asked) < 6 else 0


def _picture(request: Request, *, etag: str, make: Any) -> HttpResponse | Response:
    """The picture that *make* gives, unless the asker has it already."""
    found = get_conditional_response(request._request, etag=etag) or Response(make(), content_type="image/png")
    found["ETag"] = etag
    found["Cache-Control"] = "private, no-cache"
    found["X-Content-Type-Options"] = "nosniff"
    return found


class OperationViewSet(viewsets.ViewSet):
    """What can be done to a picture, with the JSON Schema of each operation's parameters."""

    @extend_schema(responses=OperationSerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(schemas())
