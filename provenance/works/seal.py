"""Stage two: marks, then the credential, then reading it all back; then published or held."""

import hashlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from generation import blobs, stored_files
from provenance.credentials.sign import Signed
from provenance.ledger.append import append
from provenance.marking.profiles import ALWAYS
from provenance.marking.profiles import profile as profile_called
from provenance.works.ancestry import generated_ancestor, generation_of, prompt_is_private
from provenance.works.finish import finish, now
from provenance.works.mining import as_wished
from provenance.works.models import Credential, Version
from provenance.works.publish import fate
from provenance.works.stages import Write, run_stage
from provenance.works.story import story_of
from similarity.pictures import decode

MEDIA_TYPE = "image/png"


def seal_version(version_id: UUID) -> bool:
    """Sign an audited version, and publish it or hold it for a reviewer; whether this call did."""
    return run_stage(version_id, status=Version.Status.AUDITED, work=_seal)


def _seal(version: Version) -> Write:
    from provenance.recovery.fingerprints import fingerprints_of, remember  # brings numpy: for workers only

    assert version.audit is not None
    profile = as_wished(profile_called(settings.MARKING_PROFILE), maker=version.work.owner_id)
    finished = finish(
        blobs.get(version.pixels_blob),
        media_type=MEDIA_TYPE,
        story=story_of(version),
        profile=profile,
        labelled=profile.label == ALWAYS,
        **_beginning(version),
    )
    signed = finished.signed
    # The file is stored before the row speaks of it; without the row nobody can reach it.
    blob = stored_files.keep(signed.data, "png", owner_id=version.work.owner_id)
    fingerprints = fingerprints_of(decode(signed.data).rgb)

    def write(version: Version) -> dict[str, Any]:
        remember(fingerprints, source=version.pk, subject=version.pk, blob=blob)
        return {**_write(version, signed=signed, blob=blob), "label": finished.label}

    return write


def _write(version: Version, *, signed: Signed, blob: str) -> dict[str, Any]:
    assert version.audit is not None
    sha256 = hashlib.sha256(signed.data).hexdigest()
    Credential.objects.create(
        version=version,
        manifest_label=signed.manifest_label,
        manifest=signed.manifest,
        signer=signed.signer,
        certificate_sha256=signed.certificate_sha256,
        verdict=signed.verdict,
        sdk=signed.sdk,
        trust_list=signed.trust_list,
        timestamp=signed.timestamp,
    )
    outcome = fate(version.audit.outcome, hold_style=settings.HOLD_STYLE_MATCHES)
    status = Version.Status.HELD if outcome.held else Version.Status.PUBLISHED
    append(
        key=f"version-signed:{version.pk}",
        kind="version.sealed",
        subject=version.pk,
        payload={
            "work": str(version.work_id),
            "sha256": sha256,
            "manifest": signed.manifest_label,
            "certificate": signed.certificate_sha256,
            "verdict": signed.verdict,
            "sdk": signed.sdk,
            "trust_list": signed.trust_list,
        },
    )
    append(
        key=f"version-sealed:{version.pk}",
        kind=f"version.{status}",
        subject=version.pk,
        payload={
            "work": str(version.work_id),
            "sha256": sha256,
            "audit": str(version.audit_id),
            "outcome": version.audit.outcome,
            "reason": outcome.reason,
        },
    )
    if outcome.held:
        import_string(settings.CASE_OPENER)(version, reason=outcome.reason)
    return {
        "status": status,
        "blob": blob,
        "sha256": sha256,
        "media_type": MEDIA_TYPE,
        "published_at": None if outcome.held else timezone.now(),
        "error_code": "",
        "error": "",
    }


def _beginning(version: Version) -> dict[str, Any]:
    """For a picture that began as another one: whose prompt its marks tell, and when that was made."""
    ancestor = None if version.output else generated_ancestor(version)
    if ancestor is None or ancestor.output is None:
        return {}
    told = None if prompt_is_private(version) else generation_of(version)
    return {"told": told, "made": now(ancestor.output.created_at)}
