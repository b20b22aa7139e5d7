"""Names an artist is called by, as somebody typed them: checked before a reviewer sees them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from generation.prompts import is_visible
from provenance.artists.errors import ArtistError
from provenance.credentials.text import clean
from similarity.artist_names import can_be_found
from similarity.letters import fold
from similarity.models import Artist

MOST_NAMES, LONGEST_NAME = 40, 200


def clean_name(text: str, *, field: str = "name") -> str:
    """One name, on one line. Raises ``ArtistError``: ``name_required``, ``name_too_long``."""
    name = " ".join(clean(text).split())
    if not is_visible(name):
        raise ArtistError("name_required", _("Give the artist's name."), field=field)
    if len(name) > LONGEST_NAME:
        raise ArtistError(
            "name_too_long", _("A name has at most %(most)d characters.") % {"most": LONGEST_NAME}, field=field
        )
    return name


def clean_names(texts: Iterable[str], *, field: str = "aliases") -> list[str]:
    """Several, each once. Raises also ``name_too_short`` and ``too_many_names``."""
    names: dict[str, str] = {}
    for text in texts:
        if not is_visible(text):
            continue
        name = clean_name(text, field=field)
        if not can_be_found(name):
            sentence = _("“%(name)s” is too short to be told from other words. Give the name with what belongs to it.")
            raise ArtistError("name_too_short", sentence % {"name": name}, field=field)
        names.setdefault(fold(name), name)
    if len(names) > MOST_NAMES:
        sentence = _("At most %(most)d names are kept.") % {"most": MOST_NAMES}
        raise ArtistError("too_many_names", sentence, field=field)
    return list(names.values())


def with_names(artist: Artist, names: Iterable[str]) -> list[str]:
    """The artist's aliases with *names* added, each once, the profile's own name left out."""
    merged = {fold(alias): alias for alias in map(str, artist.aliases)}
    for name in names:
        merged.setdefault(fold(name), name)
    merged.pop(fold(artist.name), None)
    return list(merged.values())
