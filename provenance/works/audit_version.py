"""Stage one: compare a rendered version with everybody's works."""

from typing import Any
from uuid import UUID

from generation import blobs
from provenance.works.models import Version
from provenance.works.stages import Write, run_stage
from provenance.works.story import prompts_of


def audit_version(version_id: UUID) -> bool:
    """Audit the version's picture and move it on to signing; whether this call did."""
    return run_stage(version_id, status=Version.Status.RENDERED, work=_compare)


def _compare(version: Version) -> Write:
    from similarity.audit import audit_image  # brings numpy, which the web process does without

    audit = audit_image(blobs.get(version.pixels_blob), subject=version.pk, prompt=prompts_of(version))

    def write(version: Version) -> dict[str, Any]:
        audit.owner_id = version.work.owner_id
        audit.save()
        return {"audit": audit, "status": Version.Status.AUDITED, "error_code": "", "error": ""}

    return write
