"""Answers of the C2PA Soft Binding Resolution API 2.4: which published manifests belong to a binding or a picture.

A look-up by binding compares codes, because that is what was asked; a look-up by content is a recovery,
so it rests on pixels. Versions and exports of versions that are not published do not exist here.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from PIL import Image

from generation import blobs
from provenance.credentials.store import active_alone, manifest_store
from provenance.recovery.models import RegisteredPicture
from provenance.works.errors import WorkError
from provenance.works.models import Credential, Export, Version
from provenance.works.recover import may_be_told

ALGORITHM = "io.iscc.v0"
SPECIFICATION = "2.4.0"
MOST_RESULTS = 100
# Of 256 bits; the codes of two readings of one picture differ by less, those of two pictures by far more.
SAME_BINDING = 8
# Header of a 256-bit Image-Code: main type CONTENT, subtype IMAGE, version 0, length 256 (ISO 24138, 5).
_HEADER = bytes([0x21, 0x07])


@dataclass(frozen=True, kw_only=True)
class Match:
    manifest_id: str
    similarity: int

    def as_dict(self) -> dict[str, Any]:
        return {"manifestId": self.manifest_id, "similarityScore": self.similarity}


def by_binding(*, alg: str, value: str, limit: int) -> list[Match]:
    """Published manifests whose soft binding is *value* (base64 of the code, or of its ``ISCC:`` text).

    Raises :class:`WorkError`: ``unknown_algorithm``, ``bad_binding_value``.
    """
    from provenance.recovery.registry import open_registry  # brings numpy, as does what follows
    from similarity.fingerprint import BITS

    code = _code_of(alg, value)
    near = open_registry().near_codes([code], within=SAME_BINDING)
    pictures = RegisteredPicture.objects.defer("features").in_bulk(list(near))
    may = may_be_told(None)({picture.subject for picture in pictures.values()})
    ordered = sorted((row for row in pictures if pictures[row].subject in may), key=lambda row: (near[row], row))
    nearest = ordered[: 4 * limit]
    manifests = _manifests_of(pictures[row] for row in nearest)
    kept = []
    for row in nearest:
        label, stated = manifests.get(pictures[row].source, ("", []))
        if _all_hold(stated, code):
            kept.append(Match(manifest_id=label, similarity=round(100 * (1 - near[row] / BITS))))
    return kept[:limit]


def by_content(picture: Image.Image, *, limit: int) -> list[Match]:
    """The published manifest of the picture that *picture*, upright RGB, shows: one or none."""
    from provenance.recovery.recover import recover

    found = recover(picture, allowed=may_be_told(None))
    if found is None or limit < 1:
        return []
    manifests = _manifests_of([found.picture])
    return [Match(manifest_id=label, similarity=found.similarity) for label, _stated in manifests.values() if label]


def store_of(manifest_id: str, *, active_only: bool) -> bytes | None:
    """The published manifest store whose active manifest is *manifest_id*; None without one."""
    published = Version.Status.PUBLISHED
    version = Version.objects.filter(credential__manifest_label=manifest_id, status=published).first()
    export = Export.objects.filter(manifest_label=manifest_id, version__status=published).first()
    holder = version or export
    if holder is None:
        return None
    try:
        data = blobs.get(holder.blob)
    except FileNotFoundError:
        return None
    store = manifest_store(data, media_type=holder.media_type, label=manifest_id)
    if not store:
        return None
    return active_alone(store) if active_only else store


def check_algorithm(alg: str) -> None:
    """Raises :class:`WorkError` ``unknown_algorithm``."""
    if alg != ALGORITHM:
        sentence = _("This algorithm is not answered here. Ask for: %(known)s.") % {"known": ALGORITHM}
        raise WorkError("unknown_algorithm", sentence, field="alg")


def _code_of(alg: str, value: str) -> bytes:
    """The 32 bytes of the Image-Code in a binding value."""
    check_algorithm(alg)
    try:
        raw = base64.b64decode(value, validate=True)
        if raw[:5].upper() == b"ISCC:":
            text = raw[5:].decode("ascii").upper()
            raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError) as error:
        raise _bad_value() from error
    at = raw.find(_HEADER)  # alone, or one of the units of a sequence
    if at < 0 or len(raw) < at + 34:
        raise _bad_value()
    return raw[at + 2 : at + 34]


def _bad_value() -> WorkError:
    sentence = _("The value is not the base64 of a 256-bit ISCC Image-Code.")
    return WorkError("bad_binding_value", sentence, field="value")


def _manifests_of(pictures: Iterable[RegisteredPicture]) -> dict[UUID, tuple[str, list[str]]]:
    """By source: label of the manifest in the registered file, and the soft bindings of ours it states."""
    sources: dict[str, list[UUID]] = {RegisteredPicture.Kind.EXPORT: [], RegisteredPicture.Kind.VERSION: []}
    for picture in pictures:
        sources[picture.kind].append(picture.source)
    exports = Export.objects.filter(pk__in=sources[RegisteredPicture.Kind.EXPORT])
    credentials = Credential.objects.filter(version__in=sources[RegisteredPicture.Kind.VERSION])
    rows = (
        *exports.values_list("pk", "manifest_label", "manifest"),
        *credentials.values_list("version_id", "manifest_label", "manifest"),
    )
    return {source: (label, list(_bindings(manifest))) for source, label, manifest in rows}


def _bindings(store: dict[str, Any]) -> Iterable[str]:
    active: dict[str, Any] = next(iter(store.get("manifests") or []), {})
    for label, assertion in (active.get("assertions") or {}).items():
        if label.startswith("c2pa.soft-binding") and isinstance(assertion, dict) and assertion.get("alg") == ALGORITHM:
            for block in assertion.get("blocks") or []:
                yield str(block.get("value", ""))


def _all_hold(bindings: list[str], code: bytes) -> bool:
    """Whether *code* is near every soft binding that the manifest states, of which there is at least one."""
    asked = int.from_bytes(code, "big")
    for text in bindings:
        body = text.removeprefix("ISCC:").upper()
        try:
            held = base64.b32decode(body + "=" * (-len(body) % 8))[2:]
        except (binascii.Error, ValueError):
            return False
        if len(held) != 32 or (int.from_bytes(held, "big") ^ asked).bit_count() > SAME_BINDING:
            return False
    return bool(bindings)
