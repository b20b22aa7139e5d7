"""A reviewer settles a claim: approves or refuses it, suspends it, puts it in force again."""

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim, ClaimDecision, is_reviewer
from provenance.artists.names import with_names
from provenance.artists.wishes import lift
from provenance.credentials.text import clean
from provenance.ledger.append import append
from similarity.models import Artist

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_REASON = 2_000
_FROM_TO = {
    ClaimDecision.Ruling.APPROVE: (Claim.Status.WAITING, Claim.Status.APPROVED, "artist.claim_approved"),
    ClaimDecision.Ruling.REFUSE: (Claim.Status.WAITING, Claim.Status.REFUSED, "artist.claim_refused"),
    ClaimDecision.Ruling.SUSPEND: (Claim.Status.APPROVED, Claim.Status.SUSPENDED, "artist.claim_suspended"),
    ClaimDecision.Ruling.RESUME: (Claim.Status.SUSPENDED, Claim.Status.APPROVED, "artist.claim_resumed"),
}


def rulings_for(claim: Claim) -> list[str]:
    """What can be decided about *claim* as it stands."""
    possible = [str(ruling) for ruling, (before, _after, _kind) in _FROM_TO.items() if before == claim.status]
    return possible if claim.kind == Claim.Kind.PROFILE or claim.status == Claim.Status.WAITING else []


def decide(*, claim: Claim, reviewer: "User", ruling: str, reason: str, lift_wishes: bool = False) -> ClaimDecision:
    """Record *ruling* with its *reason* and do what follows from it, once.

    An approved claim to a new profile makes the profile; approved names are added to it. Suspending leaves
    in force what was decided under the claim, unless *lift_wishes*: then generation in the artist's name
    is not refused any more, and the data-mining wishes are silent.

    Raises ``ArtistError``: ``not_a_reviewer``, ``own_claim``, ``unknown_ruling``, ``reason_required``,
    ``reason_too_long``, ``already_decided``, ``artist_taken``, ``artist_gone``.
    """
    if not is_reviewer(reviewer):
        raise ArtistError("not_a_reviewer", _("Only reviewers can decide claims."))
    if claim.claimant_id == reviewer.pk:
        raise ArtistError("own_claim", _("Somebody else must decide about your own claim."))
    if ruling not in ClaimDecision.Ruling.values:
        sentence = _("A claim is decided by one of: %(rulings)s.")
        raise ArtistError(
            "unknown_ruling", sentence % {"rulings": ", ".join(ClaimDecision.Ruling.values)}, field="ruling"
        )
    reason = clean(reason).strip()
    if not reason:
        sentence = _("Say why: the decision must be explainable a year from now.")
        raise ArtistError("reason_required", sentence, field="reason")
    if len(reason) > MAX_REASON:
        sentence = _("Keep the reason under %(limit)s characters.") % {"limit": MAX_REASON}
        raise ArtistError("reason_too_long", sentence, field="reason")
    if ruling not in rulings_for(claim):
        raise _already_decided()
    try:
        return _decided(claim, reviewer, ClaimDecision.Ruling(ruling), reason, lift_wishes)
    except IntegrityError as error:
        raise ArtistError(
            "artist_taken",
            _("Another claim to this profile is in force. Suspend it first, if this one is the better founded."),
        ) from error


def _decided(
    claim: Claim, reviewer: "User", ruling: ClaimDecision.Ruling, reason: str, lift_wishes: bool
) -> ClaimDecision:
    before, after, kind = _FROM_TO[ruling]
    with transaction.atomic():
        if not Claim.objects.filter(pk=claim.pk, status=before).update(status=after):
            raise _already_decided()
        claim.refresh_from_db()
        if ruling == ClaimDecision.Ruling.APPROVE:
            _bring_into_force(claim)
        decision = ClaimDecision.objects.create(claim=claim, reviewer=reviewer, ruling=ruling, reason=reason)
        append(
            key=f"claim-decision:{decision.pk}",
            kind=kind,
            subject=claim.artist_id or claim.pk,
            actor=reviewer,
            payload={"claim": str(claim.pk), "kind": claim.kind},
            personal={"reason": reason, "name": claim.artist_name},
        )
        if ruling == ClaimDecision.Ruling.SUSPEND and lift_wishes and claim.artist is not None:
            lift(claim.artist, by=reviewer)
    return decision


def _bring_into_force(claim: Claim) -> None:
    """The profile and the names an approved claim asks for."""
    if claim.artist is None and claim.kind == Claim.Kind.NAMES:
        raise ArtistError("artist_gone", _("The profile these names were for is not there any more."))
    if claim.artist is None:
        claim.artist = Artist.objects.create(
            slug=_free_slug(claim.artist_name), name=claim.artist_name, born=claim.born, died=claim.died
        )
        claim.save(update_fields=["artist"])
    artist = Artist.objects.select_for_update().get(pk=claim.artist.pk)
    artist.aliases = with_names(artist, claim.aliases)
    artist.save(update_fields=["aliases"])


def _free_slug(name: str) -> str:
    base = slugify(name.replace(".", ""), allow_unicode=True)[:180] or "artist"
    taken = set(Artist.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 2
    slug = base
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def _already_decided() -> ArtistError:
    return ArtistError("already_decided", _("This was decided already, or cannot be decided as the claim stands."))
