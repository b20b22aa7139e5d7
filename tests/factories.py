"""Rows as the pipeline leaves them, made directly: quick to write, and no engine has to run."""

import hashlib
import io
import itertools
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image

from generation import blobs
from generation.models import Job, ModelPassport, Output
from provenance.review.models import Case
from provenance.works.models import Credential, Version, Work
from similarity.models import Audit, Calibration

_numbers = itertools.count(1)


def make_user(username: str = "", **fields: Any) -> User:
    return User.objects.create_user(username or f"user{next(_numbers)}", password="correct horse battery", **fields)


def make_png(*, size: tuple[int, int] = (64, 48), colour: tuple[int, int, int] | None = None) -> bytes:
    """A small PNG; another colour each time unless one is given."""
    number = next(_numbers)
    out = io.BytesIO()
    Image.new("RGB", size, colour or (number * 37 % 256, number * 91 % 256, number * 53 % 256)).save(out, "PNG")
    return out.getvalue()


def make_passport(**fields: Any) -> ModelPassport:
    values: dict[str, Any] = {
        "name": "colophon-mini",
        "source": "colophon-mini",
        "revision": "1",
        "weights_sha256": "ab" * 32,
        "pipeline": "FakePipeline",
        "scheduler": "FakeScheduler",
        "licence": "CC0-1.0",
        "training_statement": "Public-domain paintings.",
    }
    return ModelPassport.objects.get_or_create(**{**values, **fields})[0]


def make_job(*, owner: User, **fields: Any) -> Job:
    values: dict[str, Any] = {
        "prompt": "a harbour at sunset",
        "model": "colophon-mini",
        "seed": "18446744073709551615",
        "width": 64,
        "height": 48,
        "steps": 20,
        "guidance": 4.5,
    }
    return Job.objects.create(owner=owner, **{**values, **fields})


def make_output(*, job: Job, position: int = 0, data: bytes | None = None, **fields: Any) -> Output:
    data = data if data is not None else make_png(size=(job.width, job.height))
    values: dict[str, Any] = {
        "seed": job.seed,
        "sha256": hashlib.sha256(data).hexdigest(),
        "blob": blobs.put(data, "png"),
        "width": job.width,
        "height": job.height,
        "batch_size": 1,
        "dtype": "float32",
        "device": "cpu",
        "software": {"torch": "2", "diffusers": "1"},
        "seconds": 1.5,
    }
    return Output.objects.create(job=job, position=position, **{**values, **fields})


def make_audit(**fields: Any) -> Audit:
    values: dict[str, Any] = {
        "image_sha256": "cd" * 32,
        "outcome": Audit.Outcome.NOT_CALIBRATED,
        "references": 4321,
        "works": [{"artist": "Claude Monet", "title": "Impression", "score": 0.71}],
        "artists": [{"artist": "Claude Monet", "score": 0.64}],
    }
    return Audit.objects.create(**{**values, **fields})


def make_work(*, owner: User, job: Job | None = None, **fields: Any) -> Work:
    job = job or make_job(
        owner=owner, status=Job.Status.SUCCEEDED, passport=make_passport(), finished_at=timezone.now()
    )
    return Work.objects.create(owner=owner, job=job, **{"title": "a harbour at sunset", **fields})


def make_version(
    *,
    work: Work,
    status: str = Version.Status.PUBLISHED,
    number: int = 1,
    data: bytes | None = None,
    audit: Audit | None = None,
    **fields: Any,
) -> Version:
    """A version at *status* with what belongs to it: an output, and from ``audited`` on an audit, and then a file."""
    assert work.job is not None
    data = data if data is not None else make_png(size=(work.job.width, work.job.height))
    output = make_output(job=work.job, position=number - 1, data=data)
    values: dict[str, Any] = {"output": output, "width": output.width, "height": output.height, "audit": audit}
    if audit is None and status != Version.Status.RENDERED:
        values["audit"] = make_audit(image_sha256=output.sha256)
    if status in Version.SEALED:
        values |= {"blob": output.blob, "sha256": output.sha256, "media_type": "image/png"}
    if status == Version.Status.PUBLISHED:
        values["published_at"] = timezone.now()
    version = Version.objects.create(work=work, status=status, number=number, **{**values, **fields})
    if status in Version.SEALED:
        make_credential(version=version)
    return version


def make_credential(*, version: Version, **fields: Any) -> Credential:
    values: dict[str, Any] = {
        "manifest_label": f"urn:c2pa:{version.pk}",
        "manifest": {"active_manifest": f"urn:c2pa:{version.pk}", "manifests": {}},
        "signer": "Colophon development signer",
        "certificate_sha256": "ef" * 32,
        "verdict": "valid",
        "sdk": "c2pa-python 0.38.1",
    }
    return Credential.objects.create(version=version, **{**values, **fields})


def make_case(*, version: Version, reason: str = Case.Reason.COPY, **fields: Any) -> Case:
    return Case.objects.create(version=version, reason=reason, **fields)


def make_calibration(**fields: Any) -> Calibration:
    """A calibration as its row says it is; its numbers judge nothing."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "encoder": "ee" * 32,
        "domain": Calibration.UPLOADS,
        "state": Calibration.State.ACCEPTED,
        "strategy": "query",
        "thresholds": [
            {"alpha": 0.01, "value": None, "guarantee": "none", "units": 60, "rank": None, "realised": None},
            {"alpha": 0.05, "value": 0.21, "guarantee": "confident", "units": 60, "rank": None, "realised": 0.031},
        ],
        "figures": {"alpha": 0.05, "maxima": {"median": 0.08, "q95": 0.19, "q99": 0.27}},
        "cohort": "aa" * 32,
        "works": 600,
        "artists": 60,
        "units": 60,
        "numbers": b"",
        "sha256": f"{number:064x}",
        "reason": "first calibration",
        "decided_by": "rita",
        "decided_at": timezone.now(),
    }
    return Calibration.objects.create(**{**values, **fields})


def make_judged_audit(**fields: Any) -> Audit:
    """An audit that a calibration judged: it resembles Claude Monet."""
    calibration = fields.pop("calibration", None) or make_calibration()
    monet = {"slug": "claude-monet", "artist": "Claude Monet", "raw": 0.64, "normalised": 0.33, "references": 90}
    decision: dict[str, Any] = {
        "outcome": "style_match",
        "domain": calibration.domain,
        "reasons": ["above_threshold"],
        "alpha": 0.05,
        "guarantee": "confident",
        "threshold": 0.21,
        "strategy": "query",
        "statistic": 0.33,
        "p_value": 0.016,
        "lr": {"log10": 1.4, "low": 1.1, "high": 1.6, "cap": 1.8},
        "candidates": [monet],
        "calibration": {"id": str(calibration.pk), "sha256": calibration.sha256},
        "n": 60,
        "facts": {"used_as_reference": [], "trained_on": []},
    }
    values: dict[str, Any] = {
        "outcome": Audit.Outcome.STYLE_MATCH,
        "artist_name": "Claude Monet",
        "score": 0.64,
        "artists": [{"artist": "Claude Monet", "slug": "claude-monet", "score": 0.64, "references": 90}],
        "domain": calibration.domain,
        "calibration": calibration,
        "p_value": 0.016,
        "encoder": calibration.encoder,
    }
    changed = fields.pop("decision", {})
    return make_audit(**{**values, "decision": {**decision, **changed}, **fields})
