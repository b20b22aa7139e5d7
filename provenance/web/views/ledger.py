"""The ledger of a work, to take away."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from provenance.web.requests import SignedInRequest
from provenance.works.models import Work
from provenance.works.story_export import export_story


@login_required
@require_safe
def story(request: SignedInRequest, pk: str) -> HttpResponse:
    """A ZIP file with the events of a work, their proofs and a verifier: for its owner and for reviewers."""
    work = get_object_or_404(Work.objects.visible_to(request.user), pk=pk)
    response = HttpResponse(export_story(work, asker=request.user), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="ledger-{work.pk}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response
