"""``GET /api/v1/works/{id}/ledger.zip``: the events of a work with proofs and a verifier."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from provenance.works.models import Work
from provenance.works.story_export import export_story


class LedgerView(APIView):
    """For the work's owner, with what they know already disclosed, and for reviewers, without."""

    @extend_schema(
        operation_id="works_ledger",
        summary="The ledger of a work, to verify where there is no Colophon",
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            404: OpenApiResponse(description="`not_found`"),
        },
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        user = request.user or AnonymousUser()
        work = get_object_or_404(Work.objects.visible_to(user), pk=pk)
        assert not isinstance(user, AnonymousUser), "the permission classes let nobody else in"
        response = HttpResponse(export_story(work, asker=user), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="ledger-{work.pk}.zip"'
        response["Cache-Control"] = "private, no-store"
        return response
