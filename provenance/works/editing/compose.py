"""The first stage of an edited version: put its picture together, with the map of who made what.

Everything comes from rows and stored files, so it can be done again from the start at any time, and
gives the same bytes: a worker that dies half-way loses nothing.
"""

import io
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation import stored_files
from provenance.works.editing import canvases
from provenance.works.editing.contribution import kinds_of, store
from provenance.works.editing.models import Contribution, Declaration, Edit, Sitting
from provenance.works.editing.register_upload import measure
from provenance.works.models import Version
from provenance.works.stages import Write, run_stage

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Pixels
    from provenance.works.editing.pixels.contribution import Kinds


def compose_version(version_id: UUID) -> bool:
    """Put the version's picture together and move it on to the audit; whether this call did."""
    return run_stage(version_id, status=Version.Status.EDITED, work=_compose)


def _compose(version: Version) -> Write:
    sitting = Sitting.objects.select_related("parent__output__job").get(version=version)
    declared = Edit.objects.filter(sitting=sitting, standing=Edit.Standing.DECLARED).first()
    if declared is not None:
        return _compose_declared(sitting, Declaration.objects.get(edit=declared))
    pixels, kinds = replayed(sitting)
    owner_id = sitting.owner_id
    picture, (blob, shares) = _stored(pixels, owner_id=owner_id), store(kinds, owner_id=owner_id)

    def write(version: Version) -> dict[str, Any]:
        Contribution.objects.create(version=version, blob=blob, shares=shares)
        return _moved_on(picture, pixels)

    return write


def replayed(sitting: Sitting) -> "tuple[Pixels, Kinds]":
    """The picture (height × width × 3) and its map, from the parent's pixels through every step."""
    from provenance.works.editing.pixels import contribution as maps
    from provenance.works.editing.pixels.canvas import Canvas

    canvas = Canvas(canvases.pixels_of(sitting.parent.pixels_blob))
    kinds = kinds_of(sitting.parent)
    for edit in sitting.active_edits().select_related("output"):
        operation = canvases.operation_of(edit)
        change = operation.apply(canvas, pixels=canvases.output_pixels(edit))
        kinds = maps.advanced(kinds, canvas, change, merges=operation.merges)
        canvas = change.canvas
    return canvas.flat(), maps.merged(kinds, canvas)


def _compose_declared(sitting: Sitting, declaration: Declaration) -> Write:
    found = measure(declaration, parent=sitting.parent)
    owner_id = sitting.owner_id
    picture, (blob, shares) = _stored(found.pixels, owner_id=owner_id), store(found.kinds, owner_id=owner_id)

    def write(version: Version) -> dict[str, Any]:
        Contribution.objects.create(version=version, blob=blob, shares=shares)
        Declaration.objects.filter(pk=declaration.pk).update(
            registered=found.registered, registration=found.registration
        )
        Edit.objects.filter(pk=declaration.edit_id).update(**found.columns)
        return _moved_on(picture, found.pixels)

    return write


def _stored(pixels: "Pixels", *, owner_id: int) -> str:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return stored_files.keep(out.getvalue(), "png", owner_id=owner_id)


def _moved_on(picture: str, pixels: "Pixels") -> dict[str, Any]:
    return {
        "picture": picture,
        "width": int(pixels.shape[1]),
        "height": int(pixels.shape[0]),
        "status": Version.Status.RENDERED,
        "error_code": "",
        "error": "",
    }
