"""Which stored sets a calibration would judge otherwise."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from provenance.audits.judge_set import group_of, versions_of
from provenance.audits.models import SetAudit
from similarity.models import Calibration

if TYPE_CHECKING:
    from similarity.calibrate import Change, Changes
    from similarity.index import Index


def judged_sets(calibration: Calibration) -> QuerySet[SetAudit]:
    """Those of its domain and encoder, newest first."""
    rows = SetAudit.objects.filter(encoder=calibration.encoder, domain=calibration.domain)
    return rows.filter(status=SetAudit.Status.JUDGED).order_by("-created_at", "pk")


def changed_sets(calibration: Calibration, index: "Index") -> "Changes":
    """Which stored sets of its domain and encoder would come out otherwise under *calibration*.

    Those whose judged pictures are all there, with the vectors their audits kept. The sets themselves stay as they
    are. Raises as ``similarity.judge.judge_of``.
    """
    from similarity.calibrate import counted  # brings numpy and faiss

    return counted(_judged_again(calibration, index))


def _judged_again(calibration: Calibration, index: "Index") -> "Iterator[Change]":
    import numpy as np

    from similarity.calibrate import Change
    from similarity.judge import judge_of
    from similarity.judge_set import judge_set

    judge = judge_of(calibration, index)
    for row in judged_sets(calibration).iterator():
        versions = versions_of(row)
        kept = [
            bytes(version.audit.vector)
            for version in versions
            if version.audit is not None and version.audit.vector and version.audit.encoder == calibration.encoder
        ]
        if not len(kept) == len(versions) == row.decision["n"]:
            continue
        vectors = np.stack([np.frombuffer(vector, "<f4") for vector in kept])
        decision = judge_set(judge, vectors, [group_of(version) for version in versions])
        yield Change(
            audit=row.pk,
            before=row.outcome,
            after=decision.outcome,
            artist_before=", ".join(lean["artist"] for lean in row.decision["candidates"]),
            artist_after=", ".join(lean.artist for lean in decision.candidates),
        )
