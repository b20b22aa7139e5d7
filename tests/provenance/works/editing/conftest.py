"""A published version to edit, as the pipeline leaves it."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from generation.models import Job
from provenance.credentials.development import issue
from provenance.works.editing.compose import compose_version
from provenance.works.models import Version
from provenance.works.seal import seal_version
from tests.factories import make_audit, make_job, make_passport, make_version, make_work

Call = Callable[..., dict[str, Any]]


def picture(width: int = 96, height: int = 64, *, seed: int = 7) -> bytes:
    """A PNG with large soft shapes and some grain, different everywhere."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    soft = np.array(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)).astype(int)
    grain = rng.integers(-12, 13, soft.shape)
    out = io.BytesIO()
    Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def signer(tmp_path: Path, settings: Any) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.KEY_DIR, settings.TRUST_LIST, settings.TSA_URL = tmp_path, "", ""
    chain, key = issue()
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)


@pytest.fixture
def parent(creator: User, signer: None) -> Version:
    """A model's picture, really signed."""
    return published(creator, width=96, height=64)


@pytest.fixture
def large_parent(creator: User, signer: None) -> Version:
    """One with enough in it to be found again."""
    return published(creator, width=320, height=240)


def through(version: Version) -> Version:
    """Take an edited version through its stages; the comparison itself, which loads an encoder, is skipped."""
    assert compose_version(version.pk), Version.objects.get(pk=version.pk).error
    audit = make_audit(image_sha256="ab" * 32)
    Version.objects.filter(pk=version.pk).update(status=Version.Status.AUDITED, audit=audit)
    assert seal_version(version.pk), Version.objects.get(pk=version.pk).error
    return Version.objects.get(pk=version.pk)


def published(owner: User, *, width: int, height: int) -> Version:
    job = make_job(
        owner=owner,
        width=width,
        height=height,
        status=Job.Status.SUCCEEDED,
        passport=make_passport(),
        finished_at=timezone.now(),
        delivered_at=timezone.now(),
    )
    work = make_work(owner=owner, job=job)
    version = make_version(work=work, status=Version.Status.AUDITED, data=picture(width, height))
    assert seal_version(version.pk)
    version.refresh_from_db()
    assert version.status == Version.Status.PUBLISHED
    return version


@pytest.fixture
def owner(api: APIClient, creator: User) -> APIClient:
    api.force_authenticate(creator)
    return api


@pytest.fixture
def call(owner: APIClient) -> Call:
    """POST to a sitting and give the answer's body, or the error's."""

    def post(sitting: dict[str, Any], verb: str, *, expect: int = 200, **body: Any) -> dict[str, Any]:
        body.setdefault("revision", sitting["revision"])
        answer = owner.post(f"/api/v1/sittings/{sitting['id']}/{verb}/", body, format="json")
        assert answer.status_code == expect, answer.content
        found: dict[str, Any] = answer.json()
        return found

    return post


@pytest.fixture
def sitting(owner: APIClient, parent: Version) -> dict[str, Any]:
    answer = owner.post("/api/v1/sittings/", {"parent": str(parent.pk)}, format="json")
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found
