"""The studio: ask for pictures, watch them being made, stop them."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from generation.cancel import cancel
from generation.errors import GenerationError
from generation.models import Job
from generation.submit import submit
from provenance.web.forms import GenerateForm
from provenance.web.requests import SignedInRequest
from provenance.web.throttle import seconds_to_wait
from provenance.works.models import Version
from provenance.works.progress import progress

PER_PAGE = 8


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def studio(request: SignedInRequest) -> HttpResponse:
    """The form and the job last asked for. ``?job=`` shows one, ``?again=`` fills the form from one."""
    if request.method == "POST":
        return _ask(request)
    own = Job.objects.filter(owner_id=request.user.pk)
    job = _named(own, request.GET.get("job"))
    again = _named(own, request.GET.get("again"))
    initial: dict[str, Any] = {}
    if source := again or job:
        initial = GenerateForm.settings_of(source)
        if again is None:
            # Asking once more should give a new picture; "the same again" is what ?again= is for.
            initial.pop("seed")
    return _desk(request, form=GenerateForm(initial=initial), job=job)


def _named(jobs: Any, text: str | None) -> Job | None:
    try:
        found: Job | None = jobs.filter(pk=uuid.UUID(text or "")).first()
    except ValueError:
        return None
    return found


def _ask(request: SignedInRequest) -> HttpResponse:
    form = GenerateForm(request.POST)
    if not form.is_valid():
        return _desk(request, form=form, job=None, status=422)
    if wait := seconds_to_wait(request, scope="create-job"):
        form.add_error(None, _("Many requests in a short time: wait a minute, then ask again."))
        response = _desk(request, form=form, job=None, status=429)
        response["Retry-After"] = str(wait)
        return response
    asked = {name: value for name, value in form.cleaned_data.items() if name != "key"}
    asked["seed"] = asked["seed"].strip() or None
    key = str(form.cleaned_data["key"] or uuid.uuid4())
    try:
        try:
            job, _created = submit(owner=request.user, idempotency_key=f"studio:{key}", **asked)
        except GenerationError as error:
            if error.code != "idempotency_conflict":
                raise
            # The browser's Back button brought an old key together with new words: a new request.
            job, _created = submit(owner=request.user, idempotency_key=f"studio:{uuid.uuid4()}", **asked)
    except GenerationError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _desk(request, form=form, job=None, status=422)
    address = f"{reverse('web:studio')}?job={job.pk}"
    if not request.headers.get("HX-Request"):
        return redirect(address)
    kept = request.POST.copy()
    kept["key"] = str(uuid.uuid4())
    response = _desk(request, form=GenerateForm(kept), job=job)
    response["HX-Push-Url"] = address
    return response


def _desk(request: SignedInRequest, *, form: GenerateForm, job: Job | None, status: int = 200) -> HttpResponse:
    earlier = (
        Job.objects.filter(owner_id=request.user.pk, operation=Job.Operation.TEXT_TO_IMAGE)
        .exclude(pk=job.pk if job else None)
        .select_related("work")
        .prefetch_related(
            Prefetch("work__versions", Version.objects.filter(status=Version.Status.PUBLISHED), to_attr="published")
        )
        .order_by("-created_at", "-pk")
    )
    page = Paginator(earlier, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, **(_card(job) if job else {})}
    template = "web/_desk.html" if request.headers.get("HX-Request") else "web/studio.html"
    return render(request, template, context, status=status)


def _card(job: Job) -> dict[str, Any]:
    now = progress(job)
    work = getattr(job, "work", None)
    return {
        "job": job,
        "progress": now,
        "open": now.phase != "ended",
        # Sent back with the next question, so that an unchanged card is answered with nothing at all.
        "state": f"{now.phase}-{now.step}-{int(job.cancel_requested)}",
        "work": work,
        # Not what was made of them since.
        "versions": list(work.versions.filter(output__job=job)) if work else [],
    }


@login_required
@require_safe
def job_card(request: SignedInRequest, pk: str) -> HttpResponse:
    """The job as it stands, for polling; 204 when nothing has changed since ``?seen=``."""
    job = get_object_or_404(Job.objects.filter(owner_id=request.user.pk), pk=pk)
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('web:studio')}?job={job.pk}")
    card = _card(job)
    if card["state"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "web/_job.html", card)


@login_required
@require_POST
def cancel_job(request: SignedInRequest, pk: str) -> HttpResponse:
    """Ask a job to stop. One that has just ended stays as it is, and the card says so."""
    job = get_object_or_404(Job.objects.filter(owner_id=request.user.pk), pk=pk)
    notice = ""
    try:
        cancel(job)
    except GenerationError as error:
        notice = error.message
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('web:studio')}?job={job.pk}")
    return render(request, "web/_job.html", _card(job) | {"notice": notice})
