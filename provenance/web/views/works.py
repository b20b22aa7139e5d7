"""A person's works, and the page of one of them."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from provenance.web.colophon import tell
from provenance.web.forms import TitleForm
from provenance.web.hands import hands
from provenance.web.requests import SignedInRequest
from provenance.web.views.exports import panel
from provenance.works.editing.models import Sitting
from provenance.works.models import Version, Work

PER_PAGE = 24


def with_cover(works: QuerySet[Work]) -> QuerySet[Work]:
    """Add ``cover`` (id of the first published version, or None), ``first_status`` and ``version_count``."""
    versions = Version.objects.filter(work=OuterRef("pk")).order_by("number")
    published = versions.filter(status=Version.Status.PUBLISHED)
    return works.select_related("job").annotate(
        cover=Subquery(published.values("pk")[:1]),
        first_status=Subquery(versions.values("status")[:1]),
        version_count=Count("versions"),
    )


@login_required
@require_safe
def works(request: SignedInRequest) -> HttpResponse:
    """The asker's own works, newest first."""
    own = with_cover(Work.objects.filter(owner_id=request.user.pk)).order_by("-created_at", "-pk")
    page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/works.html", {"page": page})


@login_required
@require_safe
def work(request: SignedInRequest, pk: str) -> HttpResponse:
    """One work; ``?version=N`` chooses which of its versions is looked at."""
    shown = get_object_or_404(Work.objects.visible_to(request.user).select_related("owner", "job"), pk=pk)
    versions = list(
        shown.versions.select_related(
            "output__job__passport", "audit__calibration", "credential", "case__decision"
        ).defer("audit__calibration__numbers", "audit__vector")
    )
    chosen = next((v for v in versions if str(v.number) == request.GET.get("version")), None)
    if chosen is None:
        chosen = next((v for v in versions if v.status == Version.Status.PUBLISHED), versions[0] if versions else None)
    may_see_held = request.user.has_perm("review.decide_case")
    context = {
        "work": shown,
        "versions": versions,
        "version": chosen,
        "account": tell(chosen, asker=request.user) if chosen else None,
        "hands": hands(chosen) if chosen and (may_see_held or chosen.status == "published") else None,
        "resumable": Sitting.objects.filter(
            parent=chosen, owner_id=request.user.pk, status=Sitting.Status.OPEN
        ).exists(),
        "is_owner": shown.owner_id == request.user.pk,
        "panel": panel(chosen)
        if chosen and chosen.status == "published" and shown.owner_id == request.user.pk
        else None,
        "may_see_held": may_see_held,
        "may_report": shown.owner_id == request.user.pk or request.user.has_perm("similarity.view_audit"),
        "open": any(v.status in Version.OPEN for v in versions),
    }
    return render(request, "web/work.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def title(request: SignedInRequest, pk: str) -> HttpResponse:
    """Rename a work: its owner only."""
    named = get_object_or_404(Work.objects.filter(owner_id=request.user.pk), pk=pk)
    form = TitleForm(request.POST if request.method == "POST" else None, instance=named)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("web:work", pk=pk)
    status = 422 if form.errors else 200
    # The form was bound to the row: what is shown as the present title must be the stored one.
    named = Work.objects.get(pk=pk) if form.errors else named
    template = "web/_title_form.html" if request.headers.get("HX-Request") else "web/title.html"
    return render(request, template, {"work": named, "form": form}, status=status)
