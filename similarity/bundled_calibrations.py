"""The calibrations that come with the catalogue, in one file: a fresh service can judge at once."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from similarity.calibration import sha256_of
from similarity.catalogue import load_arrays, save_arrays
from similarity.cohort import cohort_sha256
from similarity.errors import SimilarityError
from similarity.models import Calibration, Reference
from similarity.style.fitted import Fitted

FORMAT = 1
_TOLD = ("encoder", "domain", "strategy", "thresholds", "figures", "generator", "cohort", "works", "artists", "units")
REASON = "came with the catalogue"


def write_bundle(path: Path) -> int:
    """Write all calibrations in force; how many. Raises ``OSError``, ``SimilarityError`` ``nothing_in_force``."""
    rows = list(Calibration.objects.filter(state=Calibration.State.ACCEPTED).order_by("domain", "encoder"))
    if not rows:
        raise SimilarityError("nothing_in_force", _("No calibration is in force, so there is none to write."))
    told = [{name: getattr(row, name) for name in (*_TOLD, "sha256")} for row in rows]
    arrays: dict[str, Any] = {"format": np.array(FORMAT), "told": np.array(json.dumps(told, sort_keys=True))}
    arrays |= {f"numbers_{i}": np.frombuffer(bytes(row.numbers), np.uint8) for i, row in enumerate(rows)}
    save_arrays(path, arrays)
    return len(rows)


def load_bundle(path: Path, *, encoder: str) -> list[Calibration]:
    """Put into force what suits this encoder and the works that are enrolled, where nothing is yet; those put.

    A file that is not there is no error: another encoder has none. Raises ``SimilarityError``
    ``calibrations_unreadable``.
    """
    if not path.is_file():
        return []
    try:
        held = load_arrays(path)
        told = json.loads(str(held["told"]))
        rows = [Calibration(**facts, numbers=held[f"numbers_{i}"].tobytes()) for i, facts in enumerate(told)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path) from error
    put = []
    for row in rows:
        if sha256_of(row) != row.sha256:
            raise _unreadable(path)
        if row.encoder == encoder and _is_enrolled(row) and _put(row):
            put.append(row)
    return put


def _is_enrolled(row: Calibration) -> bool:
    """Whether every work of the cohort is enrolled; others may be."""
    cohort = Fitted.from_bytes(bytes(row.numbers)).cohort
    wanted = {digest.tobytes().hex() for digest in cohort}
    here = set(Reference.objects.filter(embeddings__encoder=row.encoder).values_list("sha256", flat=True))
    return wanted <= here and cohort_sha256(cohort) == row.cohort


def _put(row: Calibration) -> bool:
    if Calibration.objects.filter(encoder=row.encoder, domain=row.domain).exclude(state="draft").exists():
        return False
    row.state, row.reason, row.decided_by = Calibration.State.ACCEPTED, REASON, "load_catalogue"
    row.decided_at = timezone.now()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the constraint's word: another process was faster
        return False
    return True


def _unreadable(path: Path) -> SimilarityError:
    message = _("“%(path)s” holds no calibrations, or it is damaged. Copy it again, or calibrate.") % {"path": path}
    return SimilarityError("calibrations_unreadable", message)
