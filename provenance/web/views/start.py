"""The first page: what this is, a file to check, and for people with an account their latest works."""

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from provenance.web.views.works import with_cover
from provenance.works.models import Work

RECENT = 6


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    recent: QuerySet[Work] = Work.objects.none()
    if request.user.is_authenticated:
        recent = with_cover(Work.objects.filter(owner_id=request.user.pk))[:RECENT]
    return render(request, "web/start.html", {"recent": recent, "max_bytes": settings.MAX_UPLOAD_BYTES})
