"""The desk of whoever decides for an artist: works come and go, and wishes are told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from provenance.artists.claim import propose_names
from provenance.artists.enrol import Became, enrol_work
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim
from provenance.artists.wishes import drop_name, set_mining, set_naming
from provenance.artists.withdraw import MOST_NAMED, named, take_back, withdraw_all, withdraw_works
from provenance.web.artist_forms import EnrolForm, MiningForm, NamesForm, NamingForm, lines
from provenance.web.requests import SignedInRequest
from provenance.web.throttle import seconds_to_wait
from provenance.web.views.artists import ENOUGH_WORKS
from similarity.errors import SimilarityError
from similarity.models import Artist

WORKS_PER_PAGE = 50


@dataclass(frozen=True)
class Result:
    """What became of one file."""

    file: str
    title: str = ""
    trouble: str = ""
    became: Became | None = None


def _own(request: SignedInRequest, slug: str) -> Artist:
    """The artist, if the asker decides for them; to others there is no desk."""
    artist = get_object_or_404(Artist, slug=slug)
    if Claim.objects.standing(request.user, artist) is None:
        raise PermissionDenied
    return artist


@login_required
@require_safe
def desk(request: SignedInRequest, slug: str) -> HttpResponse:
    return _desk(request, _own(request, slug))


def _desk(request: SignedInRequest, artist: Artist, *, status: int = 200, **changed: Any) -> HttpResponse:
    from similarity.without_vector import without_vector

    page = Paginator(artist.references.order_by("title", "pk"), WORKS_PER_PAGE).get_page(request.GET.get("page"))
    leaving = artist.references.filter(leaving_since__isnull=False).count()
    context = {
        "artist": artist,
        "page": page,
        "leaving": leaving,
        "staying": page.paginator.count - leaving,
        "few": page.paginator.count - leaving < ENOUGH_WORKS,
        "unseen": without_vector(artist.references.filter(leaving_since=None)),
        "minutes": max(1, round(settings.WITHDRAWAL_SECONDS / 60)),
        "enrol": EnrolForm(),
        "naming": NamingForm(initial={"naming": artist.naming}),
        "mining": MiningForm(initial={"mining": artist.mining, "mining_text": artist.mining_text}),
        "names": NamesForm(),
        "waiting_names": Claim.objects.waiting().filter(artist=artist, kind=Claim.Kind.NAMES),
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        **changed,
    }
    return render(request, "web/artist_desk.html", context, status=status)


@login_required
@require_POST
def enrol(request: SignedInRequest, slug: str) -> HttpResponse:
    """Enrol the files that were sent, one after the other; what a script sends one by one it gets told alone."""
    artist = _own(request, slug)
    form = EnrolForm(request.POST, request.FILES)
    alone = bool(request.headers.get("X-One-File"))
    if not form.is_valid():
        if alone:
            sentence = " ".join(str(error) for errors in form.errors.values() for error in errors)
            return _told(request, [Result("", trouble=sentence)], status=422)
        return _desk(request, artist, status=422, enrol=form)
    files = form.cleaned_data["images"]
    results, wait = [], None
    for file in files:
        if wait := seconds_to_wait(request, scope="verify"):
            results.append(Result(file.name, trouble=_("Many files in a short time: send it again in a minute.")))
            continue
        title = form.cleaned_data["title"] if len(files) == 1 else ""
        results.append(_enrolled(request, artist, file, title or _title_of(file.name), form.cleaned_data["year"]))
    if alone:
        response = _told(request, results, status=429 if wait else 200)
        if wait:
            response["Retry-After"] = str(wait)
        return response
    return _desk(request, artist, results=results)


def _told(request: SignedInRequest, results: list[Result], *, status: int) -> HttpResponse:
    return render(request, "web/_enrolled.html", {"results": results}, status=status)


def _enrolled(request: SignedInRequest, artist: Artist, file: Any, title: str, year: str) -> Result:
    from similarity.pictures import too_large

    try:
        if file.size > settings.MAX_UPLOAD_BYTES:
            raise too_large()
        made, became = enrol_work(file.read(), artist=artist, by=request.user, stated=True, title=title, year=year)
    except (ArtistError, SimilarityError) as error:
        return Result(file.name, trouble=error.message)
    return Result(file.name, title=made.title, became=became)


def _title_of(name: str) -> str:
    """A file's name as a title: without its ending, with spaces for underscores."""
    return PurePath(name).stem.replace("_", " ")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, slug: str) -> HttpResponse:
    """GET asks whether the chosen works (or ``all``) shall go, POST has them go."""
    artist = _own(request, slug)
    data = request.POST if request.method == "POST" else request.GET
    every = "all" in data
    try:
        chosen = artist.references.filter(pk__in=[] if every else named(_ids(data.getlist("work"))))
    except ArtistError as error:
        messages.error(request, error.message)
        return redirect("web:artist-desk", slug=slug)
    works = (artist.references if every else chosen).filter(leaving_since__isnull=True).order_by("title", "pk")
    if not works and not (every and request.method == "POST"):
        messages.error(request, _("Choose the works to withdraw first."))
        return redirect("web:artist-desk", slug=slug)
    if request.method != "POST":
        context = {"artist": artist, "works": works[:MOST_NAMED], "count": works.count(), "every": every}
        return render(request, "web/withdraw_works.html", context)
    try:
        if every:
            leaving = withdraw_all(artist, by=request.user)
        else:
            leaving = withdraw_works(artist, by=request.user, works=[work.pk for work in works])
    except ArtistError as error:
        messages.error(request, error.message)
    else:
        sentence = ngettext("%(count)d work is leaving.", "%(count)d works are leaving.", len(leaving))
        messages.success(request, sentence % {"count": len(leaving)})
    return redirect("web:artist-desk", slug=slug)


@login_required
@require_POST
def restore(request: SignedInRequest, slug: str) -> HttpResponse:
    """Let a leaving work, or all of them, stay after all."""
    artist = _own(request, slug)
    works = None if "all" in request.POST else _ids(request.POST.getlist("work"))
    told = _("The work stays.") if works else _("The works stay.")
    return _done(request, artist, lambda: take_back(artist, by=request.user, works=works), told)


@login_required
@require_POST
def naming(request: SignedInRequest, slug: str) -> HttpResponse:
    artist, form = _own(request, slug), NamingForm(request.POST)
    if not form.is_valid():
        return _desk(request, artist, status=422, naming=form)
    wanted = form.cleaned_data["naming"]
    return _done(request, artist, lambda: set_naming(artist, by=request.user, naming=wanted), _("Kept."))


@login_required
@require_POST
def mining(request: SignedInRequest, slug: str) -> HttpResponse:
    artist, form = _own(request, slug), MiningForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            set_mining(artist, by=request.user, mining=said["mining"], text=said["mining_text"])
        except ArtistError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("Kept."))
            return redirect("web:artist-desk", slug=slug)
    return _desk(request, artist, status=422, mining=form)


@login_required
@require_POST
def names(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask for further names; with ``drop`` the artist is not looked for by that name any more."""
    artist = _own(request, slug)
    if "drop" in request.POST:
        name = request.POST["drop"]
        return _done(request, artist, lambda: drop_name(artist, by=request.user, name=name), _("Kept."))
    form = NamesForm(request.POST)
    if form.is_valid():
        try:
            propose_names(by=request.user, artist=artist, aliases=lines(form.cleaned_data["aliases"]))
        except ArtistError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("The names are with the reviewers."))
            return redirect("web:artist-desk", slug=slug)
    return _desk(request, artist, status=422, names=form)


def _done(request: SignedInRequest, artist: Artist, act: Callable[[], object], told: str) -> HttpResponse:
    try:
        act()
    except ArtistError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, told)
    return redirect("web:artist-desk", slug=artist.slug)


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
