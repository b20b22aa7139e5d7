"""What the admin's first page shows besides its lists: who signs, and what pictures are not compared with."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.checks import EXPIRY_WARNING_DAYS
from provenance.credentials.signers import BEFORE, NEXT, RETIRED, SIGNING, Status, statuses
from provenance.reports import wording
from provenance.web.calibration_words import missing
from provenance.works.models import Credential
from similarity.cohort_standing import standing_of
from similarity.models import Calibration, Reference
from similarity.without_vector import encoder_in_force, without_vector


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Rows of signers; those that expire soon, or cannot sign though it is their turn, are marked.

    And calibrations that stop judging soon, and how many works the encoder in force has not seen; None where that
    cannot be told (``without_vector``).
    """
    words = {SIGNING: _("signs now"), NEXT: _("signs later"), BEFORE: _("signed before"), RETIRED: _("retired")}
    return {
        **context,
        "signers_title": _("Signers"),
        "signers": [_row(status, words) for status in statuses()],
        "waiting": Credential.objects.filter(timestamp=Credential.Timestamp.DUE).count(),
        "compared_title": _("What pictures are compared with"),
        "worn": _worn(),
        "unseen": without_vector(Reference.objects.all()),
        "unseen_of_artists": without_vector(Reference.objects.filter(source="artist")),
    }


def _worn() -> list[dict[str, Any]]:
    """Calibrations in force of which so many works are gone that it is time for another one."""
    rows = Calibration.objects.light().filter(state=Calibration.State.ACCEPTED).order_by("domain", "encoder")
    if encoder := encoder_in_force():
        rows = rows.filter(encoder=encoder)
    return [
        {
            "pk": row.pk,
            "domain": wording.domain(row.domain, str(row.generator.get("name") or "")),
            "missing": missing(standing),
        }
        for row in rows
        if (standing := standing_of(row)) and standing.near_limit
    ]


def _row(status: Status, words: dict[str, str]) -> dict[str, Any]:
    facts = status.facts
    days = (facts.not_after - datetime.now(UTC)).days if facts else 0
    wanted = status.standing in (SIGNING, NEXT)
    return {
        "name": facts.common_name if facts else status.name,
        "sha256": facts.certificate_sha256 if facts else "",
        "standing": words[status.standing],
        "kind": status.kind,
        "until": facts.not_after if facts else None,
        "days": days,
        "error": status.error.for_operator if status.error else "",
        "warn": wanted and (status.error is not None or days < EXPIRY_WARNING_DAYS),
    }
