"""Show a private prompt to somebody: make a leave, copy it, take it back."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from provenance.web.forms import RevealForm
from provenance.web.requests import SignedInRequest
from provenance.works.errors import WorkError
from provenance.works.models import Reveal, Version
from provenance.works.reveal import reveal, revoke, token_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reveals(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The leaves given for one version of the asker's, and the form for another."""
    version = get_object_or_404(Version.objects.filter(work__owner_id=request.user.pk).select_related("work"), pk=pk)
    if not version.private_prompts.exists():
        raise Http404
    form = RevealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reveal(version, by=request.user, **form.cleaned_data)
            return redirect("web:reveals", pk=version.pk)
        except WorkError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    now = timezone.now()
    rows = [
        {"row": row, "token": token_of(row), "open": row.revoked_at is None and row.expires_at > now}
        for row in Reveal.objects.of(request.user).filter(version=version)
    ]
    status = 422 if form.errors else 200
    return render(request, "web/reveals.html", {"version": version, "form": form, "rows": rows}, status=status)


@login_required
@require_POST
def withdraw(request: SignedInRequest, pk: UUID) -> HttpResponse:
    row = get_object_or_404(Reveal.objects.of(request.user), pk=pk)
    revoke(row, by=request.user)
    return redirect("web:reveals", pk=row.version_id)
