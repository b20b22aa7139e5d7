"""Stage two: marks, then the credential, then reading it all back; then published or held."""

import hashlib
from datetime import UTC
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from generation import blobs
from provenance.credentials.sign import Signed
from provenance.credentials.story import Generation, ModelFacts, Story
from provenance.ledger.append import append
from provenance.marking.profiles import ALWAYS
from provenance.marking.profiles import profile as profile_called
from provenance.recovery.fingerprints import fingerprints_of, remember
from provenance.works.finish import finish
from provenance.works.models import Credential, Version
from provenance.works.publish import fate
from provenance.works.reveal import commit_to
from provenance.works.stages import Write, run_stage
from similarity.pictures import decode

MEDIA_TYPE = "image/png"


def seal_version(version_id: UUID) -> bool:
    """Sign an audited version, and publish it or hold it for a reviewer; whether this call did."""
    return run_stage(version_id, status=Version.Status.AUDITED, work=_seal)


def _seal(version: Version) -> Write:
    output = version.output
    assert output is not None
    assert version.audit is not None
    profile = profile_called(settings.MARKING_PROFILE)
    finished = finish(
        blobs.get(output.blob),
        media_type=MEDIA_TYPE,
        story=story_of(version, commitment=_commitment(version)),
        profile=profile,
        labelled=profile.label == ALWAYS,
    )
    signed = finished.signed
    # The file is stored before the row speaks of it; without the row nobody can reach it.
    blob = blobs.put(signed.data, "png")
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
    )
    outcome = fate(version.audit.outcome)
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


def _commitment(version: Version) -> str:
    """What stands for the prompt in the file, when it is private; made once for each version."""
    assert version.output is not None
    job = version.output.job
    if not job.private_prompt:
        return ""
    return commit_to(version, prompt=job.prompt, negative_prompt=job.negative_prompt)


def story_of(version: Version, *, commitment: str = "") -> Story:
    """What the credential of a generated version says, from the rows that know it.

    With a *commitment* it tells neither prompt nor negative prompt.
    """
    output = version.output
    assert output is not None
    job, passport = output.job, output.job.passport
    assert passport is not None, "a job that succeeded has its model's passport"
    model = ModelFacts(
        name=passport.name,
        source=passport.source,
        revision=passport.revision,
        weights_sha256=passport.weights_sha256,
        pipeline=passport.pipeline,
        licence=passport.licence,
        training_statement=passport.training_statement,
    )
    return Story(
        title=version.work.title,
        generation=Generation(
            model=model,
            prompt=job.prompt,
            negative_prompt=job.negative_prompt,
            commitment=commitment,
            seed=output.seed,
            steps=job.steps,
            guidance=job.guidance,
            scheduler=passport.scheduler,
            width=output.width,
            height=output.height,
            batch_size=output.batch_size,
            dtype=output.dtype,
            device=output.device,
            software=output.software,
        ),
        created=output.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        service_name=settings.SERVICE_NAME,
        service_version=settings.SERVICE_VERSION,
        work_id=str(version.work_id),
        version_id=str(version.pk),
    )
