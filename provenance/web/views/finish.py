"""End a sitting: see what will be written down, then make the version; or give it up."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from provenance.web.finish_form import FinishForm
from provenance.web.requests import SignedInRequest
from provenance.web.sitting_board import board
from provenance.web.status import status_of
from provenance.web.views.editor import own_sitting, revision_of
from provenance.works.editing import sittings
from provenance.works.editing.commit import commit
from provenance.works.editing.model_steps import settle
from provenance.works.editing.models import Sitting
from provenance.works.errors import WorkError
from provenance.works.models import Version


def address_of(version: Version) -> str:
    return f"{reverse('web:work', args=[version.work_id])}?version={version.number}"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET lists what the credential will tell, POST makes the version. Asked twice, it is the same version."""
    sitting = own_sitting(request, pk)
    settle(sitting)
    if sitting.version is not None:
        return redirect(address_of(sitting.version))
    if sitting.status != Sitting.Status.OPEN:
        return redirect("web:edit", pk=sitting.parent_id)
    form = FinishForm(request.POST if request.method == "POST" else None)
    trouble, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                version = commit(
                    sitting, revision=revision_of(request), claimed_minutes=form.cleaned_data["claimed_minutes"]
                )
            except WorkError as error:
                trouble, status = error.message, status_of(error)
                sitting.refresh_from_db()
            else:
                return redirect(address_of(version))
    context = {"sitting": sitting, "board": board(sitting), "form": form, "trouble": trouble}
    return render(request, "web/finish.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def abandon(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET asks, POST gives the sitting up."""
    sitting = own_sitting(request, pk)
    back = address_of(sitting.parent)
    if sitting.status != Sitting.Status.OPEN:
        return redirect(back)
    trouble, status = "", 200
    if request.method == "POST":
        try:
            sittings.abandon(sitting, revision=revision_of(request))
        except WorkError as error:
            trouble, status = error.message, status_of(error)
            sitting.refresh_from_db()
        else:
            messages.success(request, _("The edit was given up. The picture is as it was."))
            return redirect(back)
    context = {"sitting": sitting, "board": board(sitting), "trouble": trouble}
    return render(request, "web/abandon.html", context, status=status)
