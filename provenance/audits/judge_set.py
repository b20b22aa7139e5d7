"""Judge the set audits that wait."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generation import blobs
from generation.leases import new_owner
from provenance.audits.domains import with_domain
from provenance.audits.models import SetAudit
from provenance.works.errors import WorkError
from provenance.works.models import Version
from provenance.works.stages import give_back, give_up, keeping
from similarity.models import Artist, Audit

if TYPE_CHECKING:
    from similarity.encoder import Encoder, Vectors


def judge_set_audit(pk: UUID) -> bool:
    """Judge the set audit if it waits; whether this call did. Safe to run twice: only the holder's word is kept."""
    owner = new_owner()
    if not SetAudit.objects.claim(pk, owner=owner, statuses=[SetAudit.Status.WAITING]):
        return False
    row = SetAudit.objects.get(pk=pk)
    with structlog.contextvars.bound_contextvars(set_audit=str(pk), attempt=row.attempts):
        fail = partial(_end, row, owner, status=SetAudit.Status.FAILED)
        if row.attempts > settings.MAX_ATTEMPTS:
            return give_up(row, fail=fail)
        try:
            with keeping(SetAudit.objects.all(), row.pk, owner=owner):
                found = _judged(row)
        except Exception as error:
            return give_back(SetAudit.objects.all(), row, owner=owner, error=error, fail=fail)
        named = [candidate["slug"] for candidate in found["decision"].get("candidates", ())]
        with transaction.atomic():
            ended = _end(row, owner, status=SetAudit.Status.JUDGED, error_code="", error="", **found)
            if ended and found["outcome"] in Audit.NAMING:
                row.outcome_artists.set(Artist.objects.filter(slug__in=named))
        return ended


def _end(row: SetAudit, owner: str, **changes: Any) -> bool:
    return SetAudit.objects.finish(row.pk, owner=owner, judged_at=timezone.now(), **changes)


def _judged(row: SetAudit) -> dict[str, Any]:
    """The columns of a judged row. Raises ``WorkError`` or ``SimilarityError``."""
    from similarity.encoder import load_encoder  # these bring torch and numpy
    from similarity.index import open_index
    from similarity.judge import open_judge
    from similarity.judge_set import judge_set, not_calibrated

    ordered = versions_of(row)
    domain = _domain(row)
    encoder = load_encoder()
    common = {"domain": domain, "encoder": encoder.fingerprint}
    index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
    judge = open_judge(index, encoder=encoder.fingerprint, domain=domain)
    groups = [group_of(version) for version in ordered]
    if judge is None:
        bare = not_calibrated(domain, encoder=encoder.fingerprint, n=len(ordered), groups=len(set(groups)))
        return {**common, "outcome": bare.outcome, "decision": bare.facts()}
    found = judge_set(judge, _vectors(ordered, encoder), groups)
    return {
        **common,
        "outcome": found.outcome,
        "calibration": judge.calibration,
        "p_value": found.p_value,
        "decision": found.facts(),
    }


def versions_of(row: SetAudit) -> list[Version]:
    """Those it is about that are still there, oldest first."""
    related = ("audit", "output__job__passport", "work__job")
    versions = {
        str(version.pk): version for version in Version.objects.filter(pk__in=row.versions).select_related(*related)
    }
    return [versions[pk] for pk in row.versions if pk in versions]


def group_of(version: Version) -> str:
    """Pictures that depend on each other share it: those of one prompt, and those of one work without one."""
    job = version.work.job
    return " ".join(job.prompt.casefold().split()) if job else str(version.work_id)


def _domain(row: SetAudit) -> str:
    """Of one when they were asked for, they may have become several: a picture can be compared again."""
    domains = set(with_domain(Version.objects.filter(pk__in=row.versions)).values_list("domain", flat=True))
    if not domains:  # all of them are gone
        raise WorkError("too_few_pictures", _("These are too few independent pictures to be judged as a set."))
    if len(domains) > 1:
        raise WorkError(
            "mixed_domains",
            _("These pictures were not all made by one model. Ask about each model's apart."),
        )
    return str(domains.pop())


def _vectors(versions: Sequence[Version], encoder: "Encoder") -> "Vectors":
    """n × d; as the audits kept them, anew for those that another encoder saw."""
    import numpy as np

    from similarity.pictures import decode

    rows = []
    for version in versions:
        audit = version.audit
        if audit is not None and audit.vector and audit.encoder == encoder.fingerprint:
            rows.append(np.frombuffer(bytes(audit.vector), "<f4"))
        else:
            rows.append(encoder.embed([decode(blobs.get(version.pixels_blob)).rgb])[0])
    return np.stack(rows).astype(np.float32)
