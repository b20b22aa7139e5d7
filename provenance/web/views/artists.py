"""The artists whose works are known here: a list, and a page of each."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from provenance.artists.models import Claim
from provenance.web.views.resemblances import block
from similarity.letters import fold
from similarity.models import Artist

PER_PAGE, WORKS_PER_PAGE = 48, 40
# As ``similarity.search.ENOUGH_REFERENCES``, which would bring numpy here; a test holds them equal.
ENOUGH_WORKS = 10


@require_safe
def artists(request: HttpRequest) -> HttpResponse:
    """Everybody, by name; ``?q=`` looks for a name in any script, with or without its accents."""
    asked = request.GET.get("q", "").strip()[:200]
    found = Artist.objects.annotate(works=Count("references")).order_by("name", "pk")
    if asked:
        found = found.filter(pk__in=_called(asked))
    own = Claim.objects.none()
    if request.user.is_authenticated:
        own = Claim.objects.filter(claimant_id=request.user.pk).select_related("artist").order_by("-created_at")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/artists.html", {"page": page, "asked": asked, "claims": own[:10]})


def _called(asked: str) -> list[UUID]:
    wanted = fold(asked)
    rows = Artist.objects.values_list("pk", "name", "aliases")
    return [pk for pk, name, aliases in rows if any(wanted in fold(str(one)) for one in (name, *aliases))]


@require_safe
def artist(request: HttpRequest, slug: str) -> HttpResponse:
    """What is known of an artist, what they decided, and how to claim the profile."""
    shown = get_object_or_404(Artist, slug=slug)
    works = shown.references.filter(leaving_since__isnull=True).order_by("title", "pk")
    page = Paginator(works, WORKS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "artist": shown,
        "page": page,
        "enough": page.paginator.count >= ENOUGH_WORKS,
        "claimed": Claim.objects.in_force().filter(artist=shown).exists(),
        "own": Claim.objects.standing(request.user, shown),
        "resembling": block(shown, request),
    }
    return render(request, "web/artist.html", context)
