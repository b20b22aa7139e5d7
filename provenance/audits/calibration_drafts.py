"""Drafts of calibrations: what one would change, and the decision about it, for pages and the API alike."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from provenance.audits.changed_sets import changed_sets, judged_sets
from provenance.ledger.append import append
from provenance.works.thresholds import note_thresholds
from similarity.errors import SimilarityError
from similarity.models import Audit, Calibration

if TYPE_CHECKING:
    from similarity.calibrate import Changes

CHANGES_KEPT_SECONDS = 600


def what_would_change(draft: Calibration) -> dict[str, Any]:
    """Which stored audits would come out otherwise: worked out once, and kept a while. Nothing is stored.

    ``compared`` and ``changed`` are numbers of audits; ``counts`` says how many went from which outcome to which, most
    first; ``named`` are the first of them; ``sets`` says the same of sets. Raises ``SimilarityError``:
    ``calibration_decided`` when it is no draft, ``other_encoder``, or as ``similarity.calibrate.changes``.
    """
    if draft.state != Calibration.State.DRAFT:
        raise SimilarityError("calibration_decided", _("This calibration was decided upon before."))
    judged = Audit.objects.filter(encoder=draft.encoder, domain=draft.domain)
    key = f"calibration-changes:{draft.pk}:{draft.sha256}:{judged.count()}:{judged_sets(draft).count()}"
    if (kept := cache.get(key)) is not None:
        return dict(kept)
    from similarity.calibrate import changes  # these bring numpy and faiss
    from similarity.encoder import load_encoder
    from similarity.index import open_index

    encoder = load_encoder()
    if encoder.fingerprint != draft.encoder:
        raise SimilarityError("other_encoder", _("This draft is for another encoder than the one in use."))
    index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
    told = _told(changes(draft, index)) | {"sets": _told(changed_sets(draft, index))}
    cache.set(key, told, timeout=CHANGES_KEPT_SECONDS)
    return told


def _told(found: "Changes") -> dict[str, Any]:
    return {
        "compared": found.compared,
        "changed": sum(found.counts.values()),
        "counts": [
            {"before": before, "after": after, "audits": count}
            for (before, after), count in sorted(found.counts.items(), key=lambda it: -it[1])
        ],
        "named": [
            {
                "audit": str(change.audit),
                "before": change.before,
                "after": change.after,
                "artist_before": change.artist_before,
                "artist_after": change.artist_after,
            }
            for change in found.named
        ],
    }


def accept(draft: Calibration, *, reason: str, by: str) -> Calibration:
    """Put *draft* into force, told in the ledger. Raises as ``similarity.calibration.accept``."""
    from similarity import calibration  # brings numpy

    return _decide(calibration.accept, draft, Calibration.State.ACCEPTED, reason=reason, by=by)


def reject(draft: Calibration, *, reason: str, by: str) -> Calibration:
    """Lay *draft* aside, told in the ledger. Raises as ``similarity.calibration.reject``."""
    from similarity import calibration

    return _decide(calibration.reject, draft, Calibration.State.REJECTED, reason=reason, by=by)


def _decide(verb: Callable[..., Calibration], draft: Calibration, state: str, *, reason: str, by: str) -> Calibration:
    try:
        with transaction.atomic():
            decided = verb(draft, reason=reason, by=by)
            append(
                key=f"calibration-decision:{decided.pk}",
                kind=f"calibration.{state}",
                subject=decided.pk,
                actor=by,
                payload={"domain": decided.domain, "encoder": decided.encoder, "sha256": decided.sha256},
                personal={"reason": decided.reason},
            )
    except SimilarityError as error:
        # The same person's same word again, when the first answer was lost: it is done.
        decided = Calibration.objects.light().get(pk=draft.pk)
        same = (decided.state, decided.reason, decided.decided_by) == (state, reason.strip(), by)
        if error.code != "calibration_decided" or not same:
            raise
    note_thresholds()
    return decided
