"""The editor: a sitting on one published version, step by step. Every form works with and without scripts."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.errors import GenerationError
from provenance.web.requests import SignedInRequest
from provenance.web.sitting_board import Board, board
from provenance.web.status import status_of
from provenance.web.throttle import seconds_to_wait
from provenance.web.tool_forms import LayerForm, ToolForm
from provenance.web.tools import TOOLS, Panel, panel
from provenance.works.editing import canvases, sittings
from provenance.works.editing.model_steps import settle
from provenance.works.editing.models import Sitting
from provenance.works.editing.png import png_of
from provenance.works.editing.steps import take_step
from provenance.works.errors import WorkError
from provenance.works.models import Version

# The page's own script asks with this header, and gets the part of the page that changes.
BY_SCRIPT = "X-Editor"
PICTURE_LONGEST = 2048
Errors = (WorkError, GenerationError)


def own_sitting(request: SignedInRequest, pk: UUID) -> Sitting:
    """The asker's own; to anybody else there is nothing here (404)."""
    own = Sitting.objects.filter(owner_id=request.user.pk).select_related(
        "owner", "parent__work__job", "parent__output"
    )
    sitting: Sitting = get_object_or_404(own, pk=pk)
    return sitting


def revision_of(request: SignedInRequest) -> int:
    """The revision the page was made for; one that is not a number never is the present one."""
    text = request.POST.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET shows the open sitting, or offers to begin one; POST begins it, or goes on with the open one."""
    own = Version.objects.filter(work__owner_id=request.user.pk).select_related("work__job", "output")
    version: Version = get_object_or_404(own, pk=pk)
    sitting = (
        Sitting.objects.filter(owner_id=request.user.pk, parent=version, status=Sitting.Status.OPEN)
        .select_related("owner", "parent__work__job", "parent__output")
        .first()
    )
    if request.method == "POST":
        try:
            if sitting is None:
                sittings.begin(parent=version, owner=request.user, idempotency_key=request.POST.get("key") or None)
        except WorkError as error:
            context = {"version": version, "trouble": error.message, "key": uuid4()}
            return render(request, "web/editor_begin.html", context, status=status_of(error))
        return redirect("web:edit", pk=pk)
    if sitting is None:
        return render(request, "web/editor_begin.html", {"version": version, "key": uuid4()})
    return _page(request, sitting)


def _page(
    request: SignedInRequest, sitting: Sitting, *, filled: Panel | None = None, trouble: str = "", status: int = 200
) -> HttpResponse:
    """The whole editor; ``?tool=`` chooses the tool that is laid out."""
    settle(sitting)
    now = board(sitting)
    chosen = filled.tool.name if filled else request.GET.get("tool", "")
    panels = [
        filled if filled and filled.tool is tool else panel(tool, width=now.width, height=now.height)
        for tool in TOOLS.values()
    ]
    context = {
        "sitting": sitting,
        "board": now,
        "panels": panels,
        "chosen": chosen if chosen in TOOLS else "crop",
        "trouble": trouble,
        "key": uuid4(),
    }
    return render(request, "web/editor.html", context, status=status)


def _answer(request: SignedInRequest, sitting: Sitting, *, tool: str = "") -> HttpResponse:
    """After a change: the new state to the page's script, the whole page to a browser without one."""
    sitting.refresh_from_db()
    if request.headers.get(BY_SCRIPT):
        return _state(request, board(sitting))
    address = reverse("web:edit", args=[sitting.parent_id])
    return redirect(f"{address}?tool={tool}" if tool in TOOLS else address)


def _state(request: SignedInRequest, now: Board) -> HttpResponse:
    return render(request, "web/_sitting_answer.html", {"board": now, "sitting": now.sitting, "key": uuid4()})


def _refused(
    request: SignedInRequest, sitting: Sitting, error: Exception, *, filled: Panel | None = None
) -> HttpResponse:
    """*error* as a sentence beside the form, or above the whole page."""
    code, message = getattr(error, "code", ""), getattr(error, "message", str(error))
    status = status_of(error)
    if request.headers.get(BY_SCRIPT):
        field = getattr(error, "field", "").removeprefix("parameters.").partition(".")[0]
        context = {"code": code, "sentences": [message], "field": field, "sitting": sitting}
        return render(request, "web/_editor_trouble.html", context, status=status)
    sitting.refresh_from_db()
    if sitting.status != Sitting.Status.OPEN:
        context = {"version": sitting.parent, "trouble": message, "key": uuid4()}
        return render(request, "web/editor_begin.html", context, status=status)
    return _page(request, sitting, filled=filled, trouble=message, status=status)


@login_required
@require_POST
def step(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Take the step that the form of ``tool`` describes."""
    sitting = own_sitting(request, pk)
    settle(sitting)
    tool = TOOLS.get(request.POST.get("tool", ""))
    now = board(sitting)
    filled = panel(tool, data=request.POST, width=now.width, height=now.height) if tool else None
    form: ToolForm = filled.form if filled else LayerForm(request.POST)
    if not form.is_valid():
        return _unfilled(request, sitting, form, filled)
    if tool and tool.by_model and (wait := seconds_to_wait(request, scope="create-job")):
        busy = WorkError("throttled", _("Many requests in a short time: wait a minute, then ask again."))
        response = _refused(request, sitting, busy, filled=filled)
        response.status_code, response["Retry-After"] = 429, str(wait)
        return response
    operation, parameters = form.step()
    try:
        take_step(
            sitting=sitting,
            revision=revision_of(request),
            operation=operation,
            parameters=parameters,
            started_at=_moment(request.POST.get("started_at", "")),
            idempotency_key=request.POST.get("key") or None,
        )
    except Errors as error:
        return _refused(request, sitting, error, filled=filled)
    return _answer(request, sitting, tool=tool.name if tool else "")


def _unfilled(request: SignedInRequest, sitting: Sitting, form: ToolForm, filled: Panel | None) -> HttpResponse:
    if not request.headers.get(BY_SCRIPT):
        return _page(request, sitting, filled=filled, status=422)
    wrong = {name: messages for name, messages in form.errors.items() if name != "__all__"}
    sentences = [
        *form.non_field_errors(),
        *(f"{form.fields[name].label}: {text}" for name, texts in wrong.items() for text in texts),
    ]
    context = {"code": "form", "sentences": sentences, "field": next(iter(wrong), ""), "sitting": sitting}
    return render(request, "web/_editor_trouble.html", context, status=422)


def _moment(text: str) -> Any:
    try:
        found = parse_datetime(text[:40])
    except ValueError:
        return None
    return found if found and found.tzinfo else None


@login_required
@require_POST
def undo(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Take the last step back; a model that works on it is stopped."""
    sitting = own_sitting(request, pk)
    settle(sitting)
    try:
        sittings.undo(sitting, revision=revision_of(request))
    except WorkError as error:
        return _refused(request, sitting, error)
    return _answer(request, sitting, tool=request.POST.get("tool", ""))


@login_required
@require_POST
def redo(request: SignedInRequest, pk: UUID) -> HttpResponse:
    sitting = own_sitting(request, pk)
    try:
        sittings.redo(sitting, revision=revision_of(request))
    except WorkError as error:
        return _refused(request, sitting, error)
    return _answer(request, sitting, tool=request.POST.get("tool", ""))


@login_required
@require_POST
def seen(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Somebody is at work: a pointer moved or a key was pressed."""
    sittings.see(own_sitting(request, pk))
    return HttpResponse(status=204)


@login_required
@require_safe
def state(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The sitting as it stands, for polling; 204 when nothing has changed since ``?seen=``."""
    sitting = own_sitting(request, pk)
    settle(sitting)
    sitting.refresh_from_db()
    now = board(sitting)
    if request.GET.get("seen") == now.state:
        return HttpResponse(status=204)
    if not request.headers.get(BY_SCRIPT):
        return redirect("web:edit", pk=sitting.parent_id)
    return _state(request, now)


@login_required
@require_safe
def picture(request: SignedInRequest, pk: UUID) -> Any:
    """What is seen now, as PNG of at most ``PICTURE_LONGEST`` pixels a side."""
    sitting = own_sitting(request, pk)
    settle(sitting)
    etag = f'"{canvases.state_of(sitting)[:32]}"'
    try:
        response = get_conditional_response(request, etag=etag) or HttpResponse(
            png_of(canvases.canvas_of(sitting).flat(), longest=PICTURE_LONGEST), content_type="image/png"
        )
    except FileNotFoundError as error:
        raise Http404 from error
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    return response
