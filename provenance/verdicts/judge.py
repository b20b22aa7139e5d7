"""Judge stored files again when the library or the trust list has changed. Nothing is overwritten."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from generation import blobs
from provenance.credentials import trust
from provenance.credentials.read import read, sdk
from provenance.ledger.append import append
from provenance.verdicts.models import Judgement
from provenance.works.models import Version

log = structlog.get_logger(__name__)

# A read takes about 2 ms and a file's worth of memory.
BATCH = 200


@dataclass(frozen=True)
class Judged:
    """How many files were read again, and how many of their verdicts are others now."""

    files: int
    changed: int


def judge_again(*, limit: int = BATCH) -> Judged:
    """Read up to *limit* signed files whose newest verdict came from another library or list."""
    by_sdk, by_list = sdk(), trust.load().sha256
    done = changed = 0
    for version_id in _outdated(by_sdk, by_list, limit):
        made = judge(version_id, by_sdk=by_sdk, by_list=by_list)
        done += made is not None
        changed += made is not None and made.changed
    return Judged(done, changed)


def judge(version_id: UUID, *, by_sdk: str, by_list: str) -> Judgement | None:
    """Read the version's file and add what was found; None when somebody else just did."""
    version = Version.objects.select_related("credential").get(pk=version_id)
    found = _read(version)
    with transaction.atomic():
        # The row's lock puts two tasks that judge at once in a row.
        Version.objects.select_for_update().get(pk=version_id)
        newest = Judgement.objects.filter(version=version_id).order_by("-id").first()
        if newest is not None and (newest.sdk, newest.trust_list) == (by_sdk, by_list):
            return None
        before = newest.verdict if newest else version.credential.verdict
        made = Judgement.objects.create(version=version, sdk=by_sdk, trust_list=by_list, before=before, **found)
        if made.changed:
            append(
                key=f"verdict:{made.pk}",
                kind="verdict.changed",
                subject=version.pk,
                payload={
                    "work": str(version.work_id),
                    "sha256": version.sha256,
                    "before": before,
                    "verdict": made.verdict,
                    "reasons": made.reasons,
                    "sdk": by_sdk,
                    "trust_list": by_list,
                },
            )
            log.warning("verdict_changed", version_id=str(version.pk), before=before, verdict=made.verdict)
    return made


def _read(version: Version) -> dict[str, object]:
    try:
        reading = read(blobs.get(version.blob))
    except FileNotFoundError:
        # Our own file is gone: that is a finding, and must not pass as "intact, as before".
        return {"verdict": "unreadable", "reasons": ["file_missing"]}
    verdict = reading.verdict
    return {
        "verdict": verdict.code,
        "broken": verdict.broken,
        "reasons": list(dict.fromkeys(reason.code for reason in verdict.reasons)),
    }


def _outdated(by_sdk: str, by_list: str, limit: int) -> list[UUID]:
    newest = Judgement.objects.filter(version=OuterRef("pk")).order_by("-id")
    rows = Version.objects.filter(status__in=Version.SEALED, credential__isnull=False).annotate(
        last_sdk=Coalesce(Subquery(newest.values("sdk")[:1]), "credential__sdk", Value("")),
        last_list=Coalesce(Subquery(newest.values("trust_list")[:1]), "credential__trust_list", Value("")),
    )
    rows = rows.filter(~Q(last_sdk=by_sdk) | ~Q(last_list=by_list)).order_by("created_at")
    return list(rows.values_list("pk", flat=True)[:limit])
