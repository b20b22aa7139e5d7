"""Give signed files the trusted time they could not get when they were made."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from generation import blobs, stored_files
from provenance.credentials import timestamp
from provenance.credentials.errors import CredentialError
from provenance.credentials.sign import Signed, stamp
from provenance.ledger.append import append
from provenance.works.models import Credential, EarlierFile, Version

log = structlog.get_logger(__name__)

DUE, TAKEN, IMPOSSIBLE = Credential.Timestamp.DUE, Credential.Timestamp.TAKEN, Credential.Timestamp.IMPOSSIBLE
ROUND = 20


@dataclass(frozen=True)
class Round:
    """How many files were given a time, cannot be given one, and still wait."""

    taken: int
    impossible: int
    due: int


def add_timestamps(limit: int = ROUND) -> Round:
    """One round of maintenance: the oldest *limit* files that wait, until the authority fails to answer.

    Safe to run twice and in two processes: a file is replaced only if it is still the one that was read.
    """
    taken = impossible = 0
    if settings.TSA_URL:
        timestamp.wake()
        for version_id in _waiting(limit):
            try:
                outcome = add_timestamp(version_id)
            except CredentialError as error:
                log.warning("timestamp_still_due", code=error.code, note=error.note)
                break
            except FileNotFoundError:
                log.error("timestamp_file_gone", version_id=str(version_id))
                continue
            taken += outcome == TAKEN
            impossible += outcome == IMPOSSIBLE
    return Round(taken=taken, impossible=impossible, due=Credential.objects.filter(timestamp=DUE).count())


def add_timestamp(version_id: UUID) -> str:
    """Replace the version's file by one with a trusted time; the standing of its timestamp afterwards.

    The file's SHA-256 changes; the old one is kept as ours (:class:`EarlierFile`), and so are its bytes.
    Raises :class:`CredentialError` when the authority or the signer does not answer (not permanent), and
    ``FileNotFoundError`` when the file is gone.
    """
    version = Version.objects.select_related("credential", "work").get(pk=version_id)
    if version.credential.timestamp != DUE:
        return str(version.credential.timestamp)
    try:
        signed = stamp(blobs.get(version.blob), media_type=version.media_type)
    except CredentialError as error:
        if error.code not in ("read_back_failed", "pixels_changed", "story_mismatch", "manifest_not_conformant"):
            raise
        log.warning("timestamp_impossible", version_id=str(version.pk), code=error.code, reason=error.message)
        Credential.objects.filter(version=version, timestamp=DUE).update(timestamp=IMPOSSIBLE)
        return str(IMPOSSIBLE)
    suffix = version.blob.rpartition(".")[2]
    blob = stored_files.keep(signed.data, suffix, owner_id=version.work.owner_id)
    with transaction.atomic():
        if not _replace(version, signed=signed, blob=blob):
            return str(Credential.objects.get(version=version).timestamp)
    log.info("timestamp_added", version_id=str(version.pk))
    return str(TAKEN)


def _replace(version: Version, *, signed: Signed, blob: str) -> bool:
    """Write the new file over the old one, unless somebody else was first."""
    sha256 = hashlib.sha256(signed.data).hexdigest()
    rows = Version.objects.filter(pk=version.pk, sha256=version.sha256)
    if not rows.update(blob=blob, sha256=sha256):
        return False
    old = version.credential
    EarlierFile.objects.create(
        version=version, sha256=version.sha256, blob=version.blob, manifest_label=old.manifest_label
    )
    Credential.objects.filter(pk=old.pk).update(
        manifest_label=signed.manifest_label,
        manifest=signed.manifest,
        signer=signed.signer,
        certificate_sha256=signed.certificate_sha256,
        verdict=signed.verdict,
        sdk=signed.sdk,
        trust_list=signed.trust_list,
        timestamp=TAKEN,
    )
    append(
        key=f"version-timestamped:{version.pk}",
        kind="version.timestamped",
        subject=version.pk,
        payload={
            "work": str(version.work_id),
            "sha256": sha256,
            "before": version.sha256,
            "manifest": signed.manifest_label,
            "manifest_before": old.manifest_label,
            "certificate": signed.certificate_sha256,
            "verdict": signed.verdict,
        },
    )
    return True


def _waiting(limit: int) -> Iterator[UUID]:
    rows = Credential.objects.filter(timestamp=DUE).order_by("signed_at")
    yield from rows.values_list("version_id", flat=True)[:limit]
