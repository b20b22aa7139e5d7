"""Bind a story to an image, then read everything back before anybody may call it signed."""

import io
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from provenance.credentials import file_type, rules, timestamp, verdict
from provenance.credentials.agreement import disagreements
from provenance.credentials.errors import CredentialError
from provenance.credentials.formats import SIGNABLE
from provenance.credentials.formats import media_type as media_type_of
from provenance.credentials.inputs import Input
from provenance.credentials.keys import RemoteKey, unavailable
from provenance.credentials.manifest import SPEC_VERSION, Definition, define
from provenance.credentials.read import Reading, read
from provenance.credentials.signer import load, signing_context
from provenance.credentials.story import Story

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signed file and what reading it back established.

    The fields after ``data`` are those a ``Credential`` row keeps; ``manifest`` is crJSON. ``timestamp``
    is ``taken``, ``due`` (the authority did not answer) or empty (none is configured).
    """

    data: bytes
    timestamp: str
    manifest_label: str
    manifest: dict[str, Any]
    signer: str
    certificate_sha256: str
    verdict: str
    sdk: str
    trust_list: str


def sign(image: bytes, *, media_type: str, story: Story) -> Signed:
    """Sign *image* and check the result.

    The signed bytes are read again as a stranger would: the verdict must be *valid* or *trusted*,
    the signer ours, every pixel as before, the manifest conformant and in agreement with *story*.

    A timestamp authority that does not answer stops nothing: the file is signed without, and ``timestamp``
    says that one is due.

    Raises :class:`CredentialError` with ``signer_*`` codes (see ``signer.py``), ``unsupported_format``,
    ``signing_failed``, ``read_back_failed``, ``pixels_changed``, ``story_mismatch`` or
    ``manifest_not_conformant``. Nothing is written anywhere.
    """
    if media_type not in SIGNABLE or media_type_of(image) != media_type:
        raise CredentialError(
            "unsupported_format",
            _("Only PNG, JPEG, WebP, AVIF and TIFF can be signed, and the bytes must be what they are said to be."),
        )
    definition = define(story, media_type=media_type)
    if media_type in file_type.MEDIA_TYPES:
        bound = {"label": file_type.LABEL, "data": file_type.statement(image), "created": True}
        definition.manifest["assertions"].append(bound)
    stamped = timestamp.answers()
    try:
        data, certificate, name = _bind(image, media_type, definition, stamped=stamped)
    except CredentialError as error:
        if error.code != "timestamp_failed":
            raise
        log.warning("timestamp_due", note=error.note)
        timestamp.rest()
        stamped = False
        data, certificate, name = _bind(image, media_type, definition, stamped=False)
    reading = _read_back(data, certificate=certificate)
    _check_pixels(image, data, reading)
    _check_rules(reading)
    _check_story(reading, story)
    due = timestamp.DUE if settings.TSA_URL else timestamp.NONE
    return _signed(data, reading, signer=name, when=timestamp.TAKEN if stamped else due)


def stamp(data: bytes, *, media_type: str) -> Signed:
    """Add a trusted time to *data*, a file of ours that was signed without one; the file as it is then.

    What it says of the picture stays as it was, under a new label (an update manifest). Raises as
    :func:`sign`, ``timestamp_failed`` (not permanent) and, for formats in which an update manifest moves bytes
    that are bound (WebP and TIFF, with this SDK), ``read_back_failed``.
    """
    before = read(data)
    claim = before.content.get("claim.v2") or {}
    info = claim.get("claim_generator_info") or {}
    material = load()
    stamped = timestamp.update(
        data,
        media_type=media_type,
        title=str(claim.get("dc:title", "")),
        generator={"name": str(info.get("name", "")), "version": str(info.get("version", ""))},
    )
    reading = _read_back(stamped, certificate=material.facts.certificate_sha256)
    _check_rules(reading)
    if _pixels(data) != _pixels(stamped):
        raise CredentialError("pixels_changed", _("Signing changed the picture, so the signed file was thrown away."))
    assertions = reading.active.get("assertions", {})
    times = assertions.get(timestamp.TIME_STAMP)
    same = all(reading.content.get(part) == before.active.get(part) for part in ("label", "assertions", "claim.v2"))
    if not isinstance(times, dict) or before.label not in times or not same:
        raise CredentialError(
            "story_mismatch",
            _("The credential does not say what was meant (%(fields)s), so the signed file was thrown away.")
            % {"fields": timestamp.TIME_STAMP},
        )
    return _signed(stamped, reading, signer=material.facts.common_name, when=timestamp.TAKEN)


def _read_back(data: bytes, *, certificate: str) -> Reading:
    """Read as a stranger would; it must hold, and the signer must be ours."""
    reading = read(data)
    if reading.verdict.code not in (verdict.VALID, verdict.TRUSTED) or reading.certificate_sha256 != certificate:
        codes = ", ".join(reason.code for reason in reading.verdict.reasons)
        raise CredentialError(
            "read_back_failed",
            _("The signed file reads as %(verdict)s (%(codes)s), so it was thrown away.")
            % {"verdict": reading.verdict.code, "codes": codes},
        )
    return reading


def _check_rules(reading: Reading) -> None:
    broken = rules.check(reading.active, spec_version=SPEC_VERSION)
    if broken:
        raise CredentialError(
            "manifest_not_conformant",
            _("The credential breaks rules of the C2PA conformance programme: %(rules)s.")
            % {"rules": "; ".join(f"{item.rule} ({item.offender})" for item in broken)},
        )


def _signed(data: bytes, reading: Reading, *, signer: str, when: str) -> Signed:
    return Signed(
        data=data,
        timestamp=when,
        manifest_label=reading.label,
        manifest=reading.manifest,
        signer=signer,
        certificate_sha256=reading.certificate_sha256,
        verdict=reading.verdict.code,
        sdk=reading.sdk,
        trust_list=reading.trust_list,
    )


def _bind(image: bytes, media_type: str, definition: Definition, *, stamped: bool = False) -> tuple[bytes, str, str]:
    """The signed bytes, and the certificate's SHA-256 and common name."""
    import c2pa

    context, material = signing_context(timestamp=stamped)
    target = io.BytesIO()
    try:
        builder = c2pa.Builder(definition.manifest, context)
        for item in definition.inputs:
            _add(builder, item)
        builder.sign(media_type, io.BytesIO(image), target)
    except c2pa.C2paError as error:
        if isinstance(material.key, RemoteKey) and material.key.failure is not None:
            raise unavailable(material.key.failure) from error
        if stamped and _is_about_time(str(error)):
            raise timestamp.failed(error) from error
        raise CredentialError(
            "signing_failed", _("The C2PA library refused to sign: %(reason)s") % {"reason": error}
        ) from error
    return target.getvalue(), material.facts.certificate_sha256, material.facts.common_name


def _add(builder: Any, item: Input) -> None:
    """Add one ingredient; a file whose credential cannot be read goes in as one without.

    So does a file that only names an address of its credential: nothing is fetched, and what the SDK
    writes of such a file breaks a rule (results of a validation, without the manifest they are about).
    """
    import c2pa

    if item.data and not _only_names_an_address(item.data):
        try:
            builder.add_ingredient(item.definition, item.media_type, io.BytesIO(item.data))
        except c2pa.C2paError:
            _add_bare(builder, item)
    else:
        _add_bare(builder, item)
    for identifier, content in item.resources.items():
        builder.add_resource(identifier, io.BytesIO(content))


def _add_bare(builder: Any, item: Input) -> None:
    # Of a type the SDK does not look into; the definition's own format is what gets written.
    kind = "application/octet-stream" if item.data else item.media_type
    builder.add_ingredient(item.definition, kind, io.BytesIO(b""))


def _only_names_an_address(data: bytes) -> bool:
    return any(reason.code == "remote_credential_not_fetched" for reason in read(data).verdict.reasons)


def _is_about_time(message: str) -> bool:
    return any(word in message.lower() for word in ("timestamp", "time stamp", "time-stamp", "tsa", "http"))


def _check_pixels(before: bytes, after: bytes, reading: Reading) -> None:
    """Cheap where the credential is one inserted stretch (PNG, JPEG): the rest must be the input itself.

    Formats that carry sizes and offsets in their headers (WebP, AVIF, TIFF) are decoded and compared.
    """
    ranges = (reading.active.get("assertions", {}).get("c2pa.hash.data") or {}).get("exclusions") or []
    if len(ranges) == 1:
        start, end = ranges[0]["start"], ranges[0]["start"] + ranges[0]["length"]
        # Not ``after[:start] + after[end:]``: that copies the picture twice.
        same_size = len(after) - (end - start) == len(before)
        if same_size and after.startswith(before[:start]) and after.endswith(before[start:]):
            return
    if _pixels(before) != _pixels(after):
        raise CredentialError("pixels_changed", _("Signing changed the picture, so the signed file was thrown away."))


def _pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return image.mode, image.size, image.tobytes()


def _check_story(reading: Reading, story: Story) -> None:
    """Every field of the story, as the signed file tells it, must be what we meant to say."""
    wrong = disagreements(reading, story)
    if wrong:
        raise CredentialError(
            "story_mismatch",
            _("The credential does not say what was meant (%(fields)s), so the signed file was thrown away.")
            % {"fields": ", ".join(wrong)},
        )
