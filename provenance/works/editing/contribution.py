"""The contribution map of a version: made with its picture, kept once."""

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from generation import blobs, stored_files
from generation.models import Job
from provenance.works.editing.models import Contribution
from provenance.works.errors import WorkError
from provenance.works.models import Version

if TYPE_CHECKING:
    from provenance.works.editing.pixels.contribution import Kinds


def contribution_of(version: Version) -> Contribution:
    """The version's map. A model's picture gets its own, all of one kind, when somebody first asks.

    Raises :class:`WorkError` ``picture_not_ready``.
    """
    known = Contribution.objects.filter(version=version).first()
    if known is not None:
        return known
    if not version.pixels_blob:
        raise WorkError("picture_not_ready", _("The picture is being put together. Ask again in a moment."))
    blob, shares = store(kinds_of(version), owner_id=version.work.owner_id)
    try:
        with transaction.atomic():
            return Contribution.objects.create(version=version, blob=blob, shares=shares)
    except IntegrityError:
        return Contribution.objects.get(version=version)


def kinds_of(version: Version) -> "Kinds":
    """The map's values (height × width); *unknown* where nothing here says how a picture came about."""
    from provenance.works.editing.pixels import contribution as maps

    known = Contribution.objects.filter(version=version).first()
    if known is not None:
        return maps.from_png(blobs.get(known.blob))
    output = version.output
    made = output is not None and output.job.operation == Job.Operation.TEXT_TO_IMAGE
    return maps.whole(version.width, version.height, maps.AI_GENERATION if made else maps.UNKNOWN)


def store(kinds: "Kinds", *, owner_id: int) -> tuple[str, dict[str, object]]:
    """Key of the map, stored for an account, and its shares."""
    from provenance.works.editing.pixels import contribution as maps

    return stored_files.keep(maps.to_png(kinds), "png", owner_id=owner_id), maps.shares(kinds)
