"""What artists decide about their name and their works: generation in their name, data mining, names."""

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provenance.artists.acting import acting_for
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim
from provenance.credentials.text import clean
from provenance.ledger.append import append
from similarity.letters import fold
from similarity.models import Artist

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_TEXT = 1_000
# What each wish is in PLUS's words (docs/reference/marking.md), the strictest last.
_IN_MARKS = {
    Artist.Mining.ALLOWED: "DMI-ALLOWED",
    Artist.Mining.CONSTRAINED: "DMI-PROHIBITED-SEECONSTRAINT",
    Artist.Mining.NOT_ALLOWED: "DMI-PROHIBITED",
}


def set_naming(artist: Artist, *, by: "User", naming: str) -> Artist:
    """Let generation in the artist's name be refused, agreed to, or left open.

    Raises ``ArtistError``: ``not_your_profile``, ``bad_naming``.
    """
    if naming not in Artist.Naming.values:
        raise ArtistError(
            "bad_naming", _("Generation in your name is “refuses”, “consents”, or empty."), field="naming"
        )
    with transaction.atomic():
        row = _own(artist, by)
        if row.naming != naming:
            _change(row, naming=naming, naming_since=timezone.now() if naming else None)
            _note(row, by=by, kind="artist.refusal", payload={"naming": naming})
    return row


def set_mining(artist: Artist, *, by: "User", mining: str, text: str = "") -> Artist:
    """Tell whether the artist's works may be mined and trained on; conditions need a *text*.

    Raises ``ArtistError``: ``not_your_profile``, ``bad_mining``, ``conditions_required``,
    ``conditions_too_long``.
    """
    if mining not in Artist.Mining.values:
        sentence = _("Data mining is “allowed”, “not_allowed”, “constrained”, or empty.")
        raise ArtistError("bad_mining", sentence, field="mining")
    text = " ".join(clean(text).split())
    if mining == Artist.Mining.CONSTRAINED and not text:
        raise ArtistError(
            "conditions_required", _("Say under which conditions, or where they stand."), field="mining_text"
        )
    if len(text) > LONGEST_TEXT:
        sentence = _("Keep it under %(most)d characters.") % {"most": LONGEST_TEXT}
        raise ArtistError("conditions_too_long", sentence, field="mining_text")
    text = text if mining else ""
    with transaction.atomic():
        row = _own(artist, by)
        if (row.mining, row.mining_text) != (mining, text):
            _change(row, mining=mining, mining_text=text)
            _note(row, by=by, kind="artist.wishes", payload={"mining": mining}, personal={"text": text})
    return row


def drop_name(artist: Artist, *, by: "User", name: str) -> Artist:
    """The artist is not looked for by the alias *name* any more. Raises ``not_your_profile``, ``unknown_name``."""
    with transaction.atomic():
        row = _own(artist, by)
        kept = [alias for alias in map(str, row.aliases) if fold(alias) != fold(name)]
        if len(kept) == len(row.aliases):
            raise ArtistError("unknown_name", _("The artist is not known by this name."), field="aliases")
        _change(row, aliases=kept)
        _note(row, by=by, kind="artist.name_dropped", payload={}, personal={"alias": name})
    return row


def lift(artist: Artist, *, by: "User") -> None:
    """Make silent what was decided under a claim that is doubted; inside the reviewer's transaction."""
    row = Artist.objects.select_for_update().get(pk=artist.pk)
    if row.naming or row.mining:
        _change(row, naming="", naming_since=None, mining="", mining_text="")
        _note(row, by=by, kind="artist.wishes_lifted", payload={})


def of_person(user_id: int) -> tuple[str, str] | None:
    """How the works that this person makes here may be mined, for marks and credentials: PLUS's word and the
    conditions; None without a wish. Of somebody who is several artists the strictest counts."""
    claims = Claim.objects.in_force().filter(claimant_id=user_id, capacity=Claim.Capacity.ARTIST)
    wishes = claims.exclude(artist__mining="").values_list("artist__mining", "artist__mining_text")
    told = [(mining, text) for mining, text in wishes if mining in _IN_MARKS]
    if not told:
        return None
    mining, text = max(told, key=lambda wish: list(_IN_MARKS).index(Artist.Mining(wish[0])))
    return _IN_MARKS[Artist.Mining(mining)], text if mining == Artist.Mining.CONSTRAINED else ""


def _own(artist: Artist, by: "User") -> Artist:
    """The artist's row, held: nobody can suspend the claim and lift its wishes before this one is written."""
    row = Artist.objects.select_for_update().get(pk=artist.pk)
    acting_for(by, row)
    return row


def _change(artist: Artist, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(artist, name, value)
    artist.save(update_fields=list(fields))


def _note(
    artist: Artist, *, by: "User", kind: str, payload: dict[str, Any], personal: dict[str, Any] | None = None
) -> None:
    append(
        key=f"{kind}:{artist.pk}:{uuid.uuid4()}",
        kind=kind,
        subject=artist.pk,
        actor=by,
        payload=payload,
        personal={"name": artist.name, **(personal or {})},
    )
