"""What became of a version, in the words the command line prints and scripts read."""

from dataclasses import asdict, dataclass
from typing import Any

from generation import blobs
from provenance.works.models import Version
from provenance.works.verify import verify


@dataclass(frozen=True)
class Account:
    """One line of ``generate --json``. ``verdict`` comes from reading the stored file back, now."""

    file: str
    work: str
    version: str
    status: str
    seed: str
    model: str
    seconds: float
    outcome: str
    verdict: str
    error_code: str
    error: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"seed": int(self.seed)}


def account(version: Version, *, file: str = "") -> Account:
    """Tell about *version*; *file* is where its picture was put, if anywhere."""
    output = version.output
    assert output is not None, "only generated versions are accounted for here"
    return Account(
        file=file,
        work=str(version.work_id),
        version=str(version.pk),
        status=version.status,
        seed=output.seed,
        model=output.job.model,
        seconds=round(output.seconds, 3),
        outcome=version.audit.outcome if version.audit else "",
        verdict=verify(blobs.get(version.blob)).verdict if version.blob else "none",
        error_code=version.error_code,
        error=version.error,
    )
