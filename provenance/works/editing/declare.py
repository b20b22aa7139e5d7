"""A file edited elsewhere becomes the child of a version: what is said of it stays a claim.

The file is kept as it came, with whatever credential it has. It is one step of a sitting that was over
before it was seen; the picture is put together, laid on its parent and measured by a worker.
"""

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generation import stored_files
from idempotency.once import once
from provenance.credentials.text import clean
from provenance.ledger.append import append
from provenance.works.editing.commit import check_claimed_minutes, new_version, summary
from provenance.works.editing.models import Declaration, Edit, Sitting
from provenance.works.editing.operations.checks import PIXELS_MAX
from provenance.works.editing.sittings import require_editable
from provenance.works.editing.wording import DECLARED
from provenance.works.errors import WorkError
from provenance.works.models import Version, Work

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from provenance.credentials.read import Reading

DESCRIPTION_MAX, TOOL_MAX = 2_000, 200
_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/avif": "avif", "image/tiff": "tif"}


def declare(
    *,
    parent: Version,
    owner: "User",
    data: bytes,
    description: str,
    tool: str = "",
    claimed_minutes: int | None = None,
    idempotency_key: str | None = None,
) -> tuple[Declaration, bool]:
    """Make *data* a new version after *parent*, its *description* being the uploader's word; whether it is new.

    Raises :class:`WorkError`: ``not_yours``, ``not_published``, ``description_missing``,
    ``description_too_long``, ``tool_too_long``, ``bad_claimed_minutes``, ``nothing_changed`` (it is the
    parent's own file), ``picture_too_large_to_edit``, ``storage_full``, ``bad_idempotency_key``,
    ``idempotency_conflict``; and ``SimilarityError`` for files that are no picture. Nothing is kept then.
    """
    from provenance.credentials.read import read
    from similarity.pictures import decode

    require_editable(parent, owner)
    said = _checked(description, name=_("The description"), code="description", limit=DESCRIPTION_MAX, lines=True)
    if not said:
        raise WorkError(
            "description_missing", _("Say in a sentence what was changed, and with what."), field="description"
        )
    program = _checked(tool, name=_("The tool"), code="tool", limit=TOOL_MAX, lines=False)
    check_claimed_minutes(claimed_minutes)
    sha256 = hashlib.sha256(data).hexdigest()
    request = once(
        mine=Sitting.objects.filter(owner_id=owner.pk),
        key=idempotency_key,
        body={
            "parent": str(parent.pk),
            "image": sha256,
            "description": said,
            "tool": program,
            "claimed_minutes": claimed_minutes,
        },
        refuse=WorkError,
    )
    if (earlier := request.earlier()) is not None:
        return Declaration.objects.get(edit__sitting=earlier), False
    stored_files.require_room(owner.pk, len(data), refuse=WorkError)
    if sha256 == parent.sha256:
        raise WorkError("nothing_changed", _("This is the version's own file, unchanged."), field="image")
    picture = decode(data)
    if picture.width * picture.height > PIXELS_MAX:
        sentence = _("The picture has %(width)d × %(height)d pixels; at most %(limit)s million can be compared here.")
        sentence %= {"width": picture.width, "height": picture.height, "limit": f"{PIXELS_MAX / 1e6:g}"}
        raise WorkError("picture_too_large_to_edit", sentence, field="image")
    reading = read(data)
    blob = stored_files.keep(data, _SUFFIX.get(picture.media_type, "bin"), owner_id=owner.pk)
    now = timezone.now()

    def create() -> Sitting:
        work = Work.objects.select_for_update().get(pk=parent.work_id)
        version = new_version(work, parent=parent, width=picture.width, height=picture.height)
        sitting = Sitting.objects.create(
            owner=owner,
            parent=parent,
            version=version,
            status=Sitting.Status.COMMITTED,
            claimed_minutes=claimed_minutes,
            started_at=now,
            seen_at=now,
            ended_at=now,
            **request.columns,
        )
        edit = Edit.objects.create(
            sitting=sitting,
            order=1,
            standing=Edit.Standing.DECLARED,
            operation=DECLARED,
            width=picture.width,
            height=picture.height,
            started_at=now,
            ended_at=now,
        )
        Declaration.objects.create(
            edit=edit,
            blob=blob,
            sha256=sha256,
            media_type=picture.media_type,
            description=said,
            tool=program,
            verdict=reading.verdict.code,
            manifest_label=reading.label,
            names_parent=_names(reading, parent),
        )
        _record(sitting, edit, sha256=sha256, description=said, tool=program)
        return sitting

    sitting, new = request.make(create)
    return Declaration.objects.get(edit__sitting=sitting), new


def _record(sitting: Sitting, edit: Edit, *, sha256: str, description: str, tool: str) -> None:
    """The event in the ledger; what the uploader wrote stays out of the chain."""
    with transaction.atomic():
        append(
            key=f"edit-declared:{sitting.pk}",
            kind="edit.declared",
            subject=sitting.pk,
            actor=sitting.owner,
            payload={
                "work": str(sitting.parent.work_id),
                "parent": str(sitting.parent_id),
                "version": str(sitting.version_id),
                "uploaded": sha256,
                "claimed_minutes": sitting.claimed_minutes,
                "steps": [summary(edit)],
            },
            personal={"description": description, "tool": tool},
        )


def _checked(text: str, *, name: str, code: str, limit: int, lines: bool) -> str:
    said = clean(text, lines=lines).strip()
    if len(said) > limit:
        sentence = _("%(name)s has %(length)d characters; at most %(limit)d are taken.")
        values = {"name": name, "length": len(said), "limit": limit}
        raise WorkError(f"{code}_too_long", sentence % values, field=code)
    return said


def _names(reading: "Reading", parent: Version) -> bool:
    """Whether the upload's own credential is intact and holds the parent's."""
    credential = getattr(parent, "credential", None)
    if credential is None or not reading.verdict.intact:
        return False
    return credential.manifest_label in {one.get("label") for one in reading.manifest.get("manifests", [])}
