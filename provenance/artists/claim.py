"""Say to be, or to act for, an artist; and ask that further names be known for one."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from idempotency.once import Once, once
from provenance.artists.acting import acting_for
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim
from provenance.artists.names import clean_name, clean_names
from provenance.credentials.text import clean
from provenance.ledger.append import append
from similarity.letters import fold
from similarity.models import Artist

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_EVIDENCE, LONGEST_LINK, MOST_LINKS = 5_000, 500, 10
MOST_WAITING = 5


def claim_profile(
    *,
    by: "User",
    artist: Artist | None = None,
    name: str = "",
    capacity: str = Claim.Capacity.ARTIST,
    born: int | None = None,
    died: int | None = None,
    aliases: Iterable[str] = (),
    evidence: str,
    links: Iterable[str] = (),
    idempotency_key: str | None = None,
) -> tuple[Claim, bool]:
    """The claim of *by* to *artist*'s profile, or to a new one called *name*; and whether it is new.

    *evidence* says in words why a reviewer should believe it, *links* are addresses that show it. Raises
    ``ArtistError``: ``evidence_required``, ``evidence_too_long``, ``bad_link``, ``too_many_links``,
    ``bad_capacity``, ``bad_dates``, ``already_claimed``, ``too_many_claims``, the codes of
    :mod:`provenance.artists.names`, ``bad_idempotency_key`` or ``idempotency_conflict``.
    """
    if capacity not in Claim.Capacity.values:
        raise ArtistError("bad_capacity", _("Say whether you are the artist or act for them."), field="capacity")
    if born is not None and died is not None and born > died:
        raise ArtistError("bad_dates", _("The year of birth lies after the year of death."), field="died")
    row: dict[str, Any] = {
        "kind": Claim.Kind.PROFILE,
        "artist_name": artist.name if artist else clean_name(name),
        "capacity": capacity,
        "born": None if artist else born,
        "died": None if artist else died,
        "aliases": clean_names(aliases),
        "evidence": _clean_evidence(evidence),
        "links": _clean_links(links),
    }
    return _store(by, artist, row, idempotency_key)


def propose_names(
    *,
    by: "User",
    artist: Artist,
    aliases: Iterable[str],
    evidence: str = "",
    idempotency_key: str | None = None,
) -> tuple[Claim, bool]:
    """Ask that *artist* be known by *aliases* too; a reviewer decides, because refusals act on names.

    Only for whoever decides for the artist. Raises ``ArtistError``: ``not_your_profile``,
    ``no_new_names``, or as ``claim_profile``.
    """
    acting_for(by, artist)
    known = {fold(name) for name in (artist.name, *map(str, artist.aliases))}
    wanted = [name for name in clean_names(aliases) if fold(name) not in known]
    if not wanted:
        raise ArtistError("no_new_names", _("These names are known already."), field="aliases")
    row = {
        "kind": Claim.Kind.NAMES,
        "artist_name": artist.name,
        "aliases": wanted,
        "evidence": _clean_text(evidence),
    }
    return _store(by, artist, row, idempotency_key)


def give_up(claim: Claim, *, by: "User") -> None:
    """Take a waiting claim back. Raises ``ArtistError``: ``not_yours``, ``already_decided``."""
    if claim.claimant_id != by.pk:
        raise ArtistError("not_yours", _("This claim is somebody else's."))
    with transaction.atomic():
        if not Claim.objects.waiting().filter(pk=claim.pk).update(status=Claim.Status.GIVEN_UP):
            raise ArtistError("already_decided", _("This claim was decided already."))
        append(
            key=f"claim-given-up:{claim.pk}",
            kind="artist.claim_given_up",
            subject=claim.artist_id or claim.pk,
            actor=by,
            payload={"claim": str(claim.pk)},
        )


def _store(by: "User", artist: Artist | None, row: dict[str, Any], key: str | None) -> tuple[Claim, bool]:
    body = {**row, "artist": str(artist.pk) if artist else None}
    request: Once[Claim] = once(mine=Claim.objects.filter(claimant_id=by.pk), key=key, body=body, refuse=ArtistError)
    if (earlier := request.earlier()) is not None:
        return earlier, False
    _check_room(by, artist, row["kind"])
    try:
        return request.make(_creator(by, artist, row, request))
    except IntegrityError as error:  # two windows of one person
        raise _already_claimed() from error


def _creator(by: "User", artist: Artist | None, row: dict[str, Any], request: Once[Claim]) -> Callable[[], Claim]:
    def create() -> Claim:
        claim = Claim.objects.create(claimant=by, artist=artist, **row, **request.columns)
        append(
            key=f"claim:{claim.pk}",
            kind="artist.claimed" if claim.kind == Claim.Kind.PROFILE else "artist.names_proposed",
            subject=artist.pk if artist else claim.pk,
            actor=by,
            payload={"claim": str(claim.pk), "capacity": claim.capacity, "new_profile": artist is None},
            personal={
                "name": claim.artist_name,
                "aliases": claim.aliases,
                "evidence": claim.evidence,
                "links": claim.links,
            },
        )
        return claim

    return create


def _check_room(by: "User", artist: Artist | None, kind: str) -> None:
    own = Claim.objects.filter(claimant_id=by.pk)
    if (
        artist is not None
        and kind == Claim.Kind.PROFILE
        and own.filter(artist=artist, kind=kind, status__in=Claim.OPEN).exists()
    ):
        raise _already_claimed()
    if own.waiting().count() >= MOST_WAITING:
        sentence = _("You have %(most)d claims waiting. Wait for a reviewer, or take one back.")
        raise ArtistError("too_many_claims", sentence % {"most": MOST_WAITING})


def _already_claimed() -> ArtistError:
    return ArtistError("already_claimed", _("You have claimed this profile already."))


def _clean_evidence(text: str) -> str:
    evidence = _clean_text(text)
    if not evidence:
        raise ArtistError(
            "evidence_required",
            _("Say how a reviewer can see that it is true: a website of yours, a gallery, an entry in a register."),
            field="evidence",
        )
    return evidence


def _clean_text(text: str) -> str:
    text = clean(text).strip()
    if len(text) > LONGEST_EVIDENCE:
        sentence = _("Keep it under %(most)d characters.") % {"most": LONGEST_EVIDENCE}
        raise ArtistError("evidence_too_long", sentence, field="evidence")
    return text


def _clean_links(links: Iterable[str]) -> list[str]:
    found: Sequence[str] = [link for link in (clean(link).strip() for link in links) if link]
    if len(found) > MOST_LINKS:
        sentence = _("At most %(most)d links.") % {"most": MOST_LINKS}
        raise ArtistError("too_many_links", sentence, field="links")
    for link in found:
        try:
            parts = urlsplit(link)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname or len(link) > LONGEST_LINK:
            sentence = _("“%(link)s” is no address of a page. It begins with https://")
            raise ArtistError("bad_link", sentence % {"link": link[:80]}, field="links")
    return list(dict.fromkeys(found))
