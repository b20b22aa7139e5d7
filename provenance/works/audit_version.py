"""Stage one: compare a rendered version with everybody's works."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation import blobs
from generation.models import Job
from provenance.works.ancestry import generated_ancestor
from provenance.works.editing.models import Declaration
from provenance.works.models import Version
from provenance.works.stages import Write, run_stage
from provenance.works.story import prompts_of

if TYPE_CHECKING:
    from similarity.audit import Asked


def audit_version(version_id: UUID) -> bool:
    """Audit the version's picture and move it on to signing; whether this call did."""
    return run_stage(version_id, status=Version.Status.RENDERED, work=_compare)


def _compare(version: Version) -> Write:
    from similarity.audit import audit_image  # brings numpy, which the web process does without

    audit = audit_image(blobs.get(version.pixels_blob), subject=version.pk, asked=asked_of(version))

    def write(version: Version) -> dict[str, Any]:
        audit.owner_id = version.work.owner_id
        audit.save()
        return {"audit": audit, "status": Version.Status.AUDITED, "error_code": "", "error": ""}

    return write


def asked_of(version: Version) -> "Asked":
    """What the comparison is told of the version, in plain values.

    It is judged as a picture of the model that made it or the picture it was edited from. What somebody
    uploaded, also as an edit of such a picture, is judged as an upload: we did not see what happened to it.
    """
    from similarity.audit import Asked
    from similarity.models import Calibration

    jobs = Job.objects.filter(outputs__version=version) | Job.objects.filter(
        edit__sitting__version=version, edit__undone=False
    )
    sources = [job.source for job in jobs.distinct() if job.source]
    ancestor = generated_ancestor(version)
    declared = Declaration.objects.filter(edit__sitting__version=version).exists()
    passport = ancestor.output.job.passport if ancestor and ancestor.output and not declared else None
    return Asked(
        prompt=prompts_of(version),
        domain=Calibration.GENERATED + passport.weights_sha256 if passport else Calibration.UPLOADS,
        used=tuple(blobs.get(source) for source in sources),
        trained_on=passport.training_statement if passport else "",
        trained_on_artists=tuple(passport.trained_on_artists) if passport else (),
    )
