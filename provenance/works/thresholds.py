"""Note in the ledger by which numbers and rules pictures are judged, whenever they change."""

import hashlib
from typing import Any

from django.conf import settings
from django.db import transaction

from provenance.ledger.append import append, take_turn
from provenance.ledger.chain import canonical
from provenance.ledger.commitments import plain
from provenance.ledger.models import Event
from provenance.works.publish import REASON_OF_OUTCOME, fate

KIND = "thresholds.in_force"


def in_force() -> dict[str, Any]:
    """Everything that decides what is found and what is held, as it stands in this process."""
    # Here, because they load numpy, and the web process stays light.
    from similarity import artist_scores, audit, calibration, fingerprint, search

    return {
        "copy_distance_bits": audit.COPY_DISTANCE,
        "copy_least_bits_set": fingerprint.MIN_SET,
        "enough_references": search.ENOUGH_REFERENCES,
        "best_works_per_artist": artist_scores.BEST_K,
        "encoder": settings.ENCODER.rpartition("/")[2],
        "style_alpha": settings.STYLE_ALPHA,
        "calibrations": calibration.in_force(),
        "held_for": {
            str(outcome): held.reason
            for outcome in REASON_OF_OUTCOME
            if (held := fate(outcome, hold_style=settings.HOLD_STYLE_MATCHES)).held
        },
    }


def note_thresholds() -> Event | None:
    """Append an event when they are not those of the last such event; None when nothing changed."""
    told = plain(in_force())
    with transaction.atomic():
        take_turn()
        last = Event.objects.filter(kind=KIND).order_by("-sequence").first()
        if last is not None and last.payload == told:
            return None
        number = last.sequence if last else 0
        name = hashlib.sha256(canonical(told)).hexdigest()
        return append(key=f"thresholds:{number}:{name}", kind=KIND, subject="thresholds", payload=told)
