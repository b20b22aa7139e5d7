"""The ledger of a work, to take away."""

from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from provenance.review.models import Case
from provenance.web.requests import SignedInRequest
from provenance.works.models import Work
from provenance.works.story_export import export_story


@login_required
@require_safe
def story(request: SignedInRequest, pk: str) -> HttpResponse:
    """A ZIP file with the events of a work, their proofs and a verifier: for whoever may see the work."""
    return _of(get_object_or_404(Work.objects.visible_to(request.user), pk=pk), request)


@login_required
@permission_required("review.decide_case", raise_exception=True)
@require_safe
def of_case(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The same for the work of a case: reviewers must be able to show what they decided."""
    return _of(get_object_or_404(Case.objects.select_related("version__work"), pk=pk).version.work, request)


def _of(work: Work, request: SignedInRequest) -> HttpResponse:
    response = HttpResponse(export_story(work, asker=request.user), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="ledger-{work.pk}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response
