"""Artists in whose name nothing may be generated: does a prompt name one, is a picture one of their works."""

from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from similarity.artist_names import Known, all_named_in
from similarity.models import Artist, Reference
from similarity.rewrite import without


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a request cannot be made, in a sentence; ``rewrite`` is a prompt that could, where there is one."""

    artists: tuple[str, ...]
    sentence: str
    rewrite: str = ""


def known_artists() -> list[Known]:
    """Everybody as prompts may name them: the slug, the name and the aliases."""
    rows = Artist.objects.values_list("slug", "name", "aliases")
    return [
        Known(slug, (name, *map(str, aliases if isinstance(aliases, list) else ()))) for slug, name, aliases in rows
    ]


def refusal_of_prompt(prompt: str) -> Refusal | None:
    """The refusal of a prompt that names artists who refuse generation in their name, in any script or disguise."""
    refusing = _refusing()
    if not refusing or not prompt.strip():
        return None
    # All artists are asked for: a family name that two of them have names neither.
    known = known_artists()
    named = [one for one in all_named_in(prompt, known) if one.key in refusing]
    if not named:
        return None
    rewrite = without(prompt, [(one.start, one.end) for one in named])
    if any(one.key in refusing for one in all_named_in(rewrite, known)):
        rewrite = ""
    names = tuple(dict.fromkeys(refusing[one.key] for one in named))
    sentence = ngettext(
        "%(names)s does not want pictures to be generated in their name. "
        "Say what the picture should show, without the name.",
        "%(names)s do not want pictures to be generated in their names. "
        "Say what the picture should show, without the names.",
        len(names),
    ) % {"names": get_text_list(list(names), _("and"))}
    if rewrite:
        sentence += " " + _("For example: “%(rewrite)s”") % {"rewrite": rewrite}
    return Refusal(artists=names, sentence=sentence, rewrite=rewrite)


def refusal_of_picture(data: bytes) -> Refusal | None:
    """The refusal of a picture to begin from that is the same as a work of such an artist."""
    if not _refusing():
        return None
    from similarity.pictures import decode
    from similarity.same_picture import same_picture

    works = Reference.objects.filter(artist__naming=Artist.Naming.REFUSES).select_related("artist")
    work = same_picture(decode(data), works)
    if work is None:
        return None
    sentence = _(
        "The picture to begin from is the same as “%(title)s” by %(name)s, who does not want pictures to be "
        "generated in their name. Begin from another picture."
    ) % {"title": work.title or _("untitled"), "name": work.artist.name}
    return Refusal(artists=(work.artist.name,), sentence=sentence)


def _refusing() -> dict[str, str]:
    return dict(Artist.objects.filter(naming=Artist.Naming.REFUSES).values_list("slug", "name"))
