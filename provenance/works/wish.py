"""What somebody asks of an export, with all that was left open filled in; and what it would write."""

import io
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from generation import blobs
from provenance.credentials.text import clean
from provenance.marking.preflight import Facts, Preflight, preflight
from provenance.marking.profiles import ALWAYS, NEVER, Profile
from provenance.marking.profiles import profile as profile_called
from provenance.works.ancestry import generated_ancestor, prompt_is_private
from provenance.works.errors import WorkError
from provenance.works.mining import as_wished
from provenance.works.models import Version

FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif", "tiff": "image/tiff"}
LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody asks for. ``format`` is a key of :data:`FORMATS`; ``labelled`` None and an empty
    ``language`` mean what is usual with the profile. ``agreed``: to the profile's text, which a copy
    without the label may need."""

    profile: str
    format: str = "png"
    labelled: bool | None = None
    language: str = ""
    agreed: bool = False
    prompt_writer: str = ""


def look_ahead(version: Version, wish: Wish) -> Preflight:
    """What an export would write and what is missing for it.

    Raises for what cannot be asked at all, and :class:`WorkError` ``file_gone``.
    """
    profile, wish = settled(version, wish)
    return preflight(
        profile,
        _facts(version, wish, profile),
        labelled=bool(wish.labelled),
        agreed=wish.agreed,
        language=wish.language,
    )


def settled(version: Version, wish: Wish) -> tuple[Profile, Wish]:
    """The profile, and the wish with everything left open filled in."""
    profile = as_wished(profile_called(wish.profile), maker=version.work.owner_id)
    if version.status != Version.Status.PUBLISHED:
        raise WorkError("not_published", _("Only a published version can be exported."), field="version")
    if wish.format not in FORMATS:
        sentence = _("There is no such format. Ask for one of: %(formats)s.") % {"formats": ", ".join(FORMATS)}
        raise WorkError("unknown_format", sentence, field="format")
    if wish.language and wish.language not in profile.languages:
        sentence = _("The label of this profile is written in: %(languages)s.")
        sentence %= {"languages": ", ".join(profile.languages)}
        raise WorkError("unknown_language", sentence, field="language")
    name = clean(wish.prompt_writer).strip()
    if len(name) > LONGEST_NAME:
        sentence = _("A name has at most %(most)d characters.") % {"most": LONGEST_NAME}
        raise WorkError("bad_name", sentence, field="prompt_writer")
    ai = generated_ancestor(version) is not None
    return profile, Wish(
        profile=profile.name,
        format=wish.format,
        labelled=ai
        and profile.label != NEVER
        and (profile.label == ALWAYS if wish.labelled is None else wish.labelled),
        language=profile.language(wish.language),
        agreed=wish.agreed,
        prompt_writer=name,
    )


def _facts(version: Version, wish: Wish, profile: Profile) -> Facts:
    from PIL import Image

    with Image.open(io.BytesIO(_stored(version.blob))) as image:
        transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    credential = getattr(version, "credential", None)
    return Facts(
        width=version.width,
        height=version.height,
        media_type=FORMATS[wish.format],
        generated=generated_ancestor(version) is not None,
        transparent=transparent,
        labelled_already=label_is_there(version, wish, profile),
        private_prompt=prompt_is_private(version),
        prompt_writer=wish.prompt_writer,
        provider_name=settings.PROVIDER_NAME,
        provider_code=settings.PROVIDER_CODE,
        content_number=version.pk.hex,
        timestamp=bool(settings.TSA_URL),
        trusted_signer=credential is not None and credential.verdict == "trusted",
    )


def label_is_there(version: Version, wish: Wish, profile: Profile) -> bool:
    """Whether the published file already shows the label that is asked for."""
    return bool(wish.labelled and version.label) and version.label == profile.label_for(language=wish.language).text


def picture_of(version: Version, wish: Wish, profile: Profile) -> tuple[bytes, bool]:
    """The pixels an export begins from, and whether the label that is asked for is in them already.

    The published file's, unless it shows a label that is not the one asked for: then those from before
    its label was drawn. Raises :class:`WorkError` ``label_cannot_be_left_out`` when those were not kept, and
    ``file_gone``.
    """
    there = label_is_there(version, wish, profile)
    if not version.label or there:
        return _stored(version.blob), there
    if not version.pixels_blob:
        raise WorkError(
            "label_cannot_be_left_out",
            _("This version was sealed with its label, and its picture without it was not kept."),
            field="labelled",
        )
    return _stored(version.pixels_blob), False


def _stored(key: str) -> bytes:
    try:
        return blobs.get(key)
    except FileNotFoundError as error:
        raise WorkError(
            "file_gone", _("The file of this version is not there any more. Ask whoever runs this service.")
        ) from error
