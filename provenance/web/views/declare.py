"""Add a file that was edited elsewhere to a version, with what its owner claims about it."""

from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from provenance.credentials.errors import CredentialError
from provenance.web.declare_form import DeclareForm
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from provenance.web.throttle import seconds_to_wait
from provenance.web.views.finish import address_of
from provenance.works.editing.declare import declare
from provenance.works.errors import WorkError
from provenance.works.models import Version
from similarity.errors import SimilarityError

Errors = (WorkError, SimilarityError, CredentialError)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def declare_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET shows the form, POST makes the version and leads to it."""
    own = Version.objects.filter(work__owner_id=request.user.pk, status=Version.Status.PUBLISHED)
    parent: Version = get_object_or_404(own.select_related("work", "credential"), pk=pk)
    form = DeclareForm(request.POST or None, request.FILES or None, initial={"key": uuid4()})
    status, wait = 200, None
    if request.method == "POST":
        status = 422
        wait = seconds_to_wait(request, scope="create-job") if form.is_valid() else None
        if wait:
            form.add_error(None, _("Many requests in a short time: wait a minute, then ask again."))
            status = 429
        elif form.is_valid():
            try:
                return redirect(address_of(_declared(request, parent, form)))
            except Errors as error:
                status = status_of(error)
                field = getattr(error, "field", "")
                form.add_error(field if field in form.fields else None, error.message)
    context = {"version": parent, "form": form, "max_bytes": settings.MAX_UPLOAD_BYTES}
    response = render(request, "web/declare.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(wait)
    return response


def _declared(request: SignedInRequest, parent: Version, form: DeclareForm) -> Version:
    """Raises what ``declare`` raises, and ``WorkError`` ``file_too_large``."""
    said = form.cleaned_data
    if said["image"].size > settings.MAX_UPLOAD_BYTES:
        raise WorkError("file_too_large", _("The file is larger than this service takes."), field="image")
    told = {name: said[name] for name in ("description", "tool", "claimed_minutes")}
    told |= {"parent": parent, "owner": request.user, "data": said["image"].read()}
    try:
        made, _new = declare(**told, idempotency_key=f"page:{said['key']}" if said["key"] else None)
    except WorkError as error:
        if error.code != "idempotency_conflict":
            raise
        # The browser's Back button brought an old key together with other words: a new declaration.
        made, _new = declare(**told)
    version = made.edit.sitting.version
    assert version is not None
    return version
