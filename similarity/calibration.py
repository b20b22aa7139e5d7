"""Calibrations as rows: read, accepted, rejected. Their content is bound by one SHA-256."""

import hashlib
import json
import zipfile
from collections import OrderedDict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from similarity.errors import SimilarityError
from similarity.models import Calibration
from similarity.style.conformal import Threshold
from similarity.style.fitted import Fitted

_KEPT = 4
_read: "OrderedDict[str, Fitted]" = OrderedDict()


def sha256_of(calibration: Calibration) -> str:
    """Over everything that decides: who asks, in which domain, from which works, by which numbers."""
    names = ("encoder", "domain", "strategy", "thresholds", "generator", "cohort", "works", "artists", "units")
    said = json.dumps({name: getattr(calibration, name) for name in names}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode() + b"\n" + bytes(calibration.numbers)).hexdigest()


def numbers_of(calibration: Calibration) -> Fitted:
    """The arrays of a calibration, kept for the process; the row is checked each time.

    Raises ``SimilarityError`` ``calibration_damaged`` when it does not have the SHA-256 it was stored with.
    """
    if sha256_of(calibration) != calibration.sha256:
        raise _damaged()
    fitted = _read.get(calibration.sha256)
    if fitted is None:
        try:
            fitted = _read[calibration.sha256] = Fitted.from_bytes(bytes(calibration.numbers))
        except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise _damaged() from error
        while len(_read) > _KEPT:
            _read.popitem(last=False)
    return fitted


def threshold_at(calibration: Calibration, alpha: float) -> Threshold | None:
    """The threshold for level *alpha*, if it was computed and can be attained."""
    for facts in calibration.thresholds:
        if abs(facts["alpha"] - alpha) < 1e-9 and facts["value"] is not None:
            return Threshold(**facts)
    return None


def accept(calibration: Calibration, *, reason: str, by: str) -> Calibration:
    """Put a draft into force; the one before it is retired. Raises ``SimilarityError``:

    ``reason_missing``; ``calibration_decided`` when it is no draft; ``calibration_damaged`` when it is not what
    was stored; ``level_not_attainable`` when it has no threshold at all; ``calibration_superseded`` when another
    was accepted since this one was compared with what was in force, so that what would change was not what its
    accepter saw.
    """
    if not reason.strip():
        raise SimilarityError("reason_missing", _("Say why: a calibration changes what is told of pictures."))
    if all(facts["value"] is None for facts in calibration.thresholds):
        message = _("This calibration has too few pictures or artists for any of its levels, and cannot judge.")
        raise SimilarityError("level_not_attainable", message)
    try:
        with transaction.atomic():
            mine = Calibration.objects.select_for_update().get(pk=calibration.pk)
            if mine.state != Calibration.State.DRAFT:
                raise SimilarityError("calibration_decided", _("This calibration was decided upon before."))
            if sha256_of(mine) != mine.sha256:
                raise _damaged()
            in_force = Calibration.objects.select_for_update().filter(
                encoder=mine.encoder, domain=mine.domain, state=Calibration.State.ACCEPTED
            )
            now = in_force.values_list("pk", flat=True).first()
            if now != mine.previous_id:
                raise _superseded()
            in_force.update(state=Calibration.State.RETIRED)
            _decide(mine, Calibration.State.ACCEPTED, reason, by)
            return mine
    except IntegrityError as error:  # the constraint's word: another transaction was faster
        raise _superseded() from error


def reject(calibration: Calibration, *, reason: str, by: str) -> Calibration:
    """Lay a draft aside. Raises ``SimilarityError``: ``reason_missing`` or ``calibration_decided``."""
    if not reason.strip():
        raise SimilarityError("reason_missing", _("Say why it is rejected."))
    with transaction.atomic():
        mine = Calibration.objects.select_for_update().get(pk=calibration.pk)
        if mine.state != Calibration.State.DRAFT:
            raise SimilarityError("calibration_decided", _("This calibration was decided upon before."))
        _decide(mine, Calibration.State.REJECTED, reason, by)
    return mine


def accepted_of(domain: str) -> "list[Calibration]":
    """The calibrations in force whose domain begins with *domain*, newest first, without their arrays."""
    rows = Calibration.objects.light().filter(domain__startswith=domain, state=Calibration.State.ACCEPTED)
    return list(rows.order_by("-decided_at"))


def in_force() -> list[dict[str, Any]]:
    """What judges now, for the record: domain, encoder, SHA-256 and thresholds."""
    rows = Calibration.objects.light().filter(state=Calibration.State.ACCEPTED).order_by("domain", "encoder")
    return [
        {
            "domain": row.domain,
            "encoder": row.encoder,
            "sha256": row.sha256,
            "strategy": row.strategy,
            "thresholds": row.thresholds,
        }
        for row in rows
    ]


def _decide(mine: Calibration, state: str, reason: str, by: str) -> None:
    mine.state, mine.reason, mine.decided_by, mine.decided_at = state, reason.strip(), by[:150], timezone.now()
    mine.save(update_fields=["state", "reason", "decided_by", "decided_at"])


def _superseded() -> SimilarityError:
    return SimilarityError(
        "calibration_superseded",
        _("Another calibration was accepted meanwhile. Calibrate again, to see what would change now."),
    )


def _damaged() -> SimilarityError:
    message = _("The calibration in force was changed or damaged in the database. Calibrate again.")
    return SimilarityError("calibration_damaged", message)
