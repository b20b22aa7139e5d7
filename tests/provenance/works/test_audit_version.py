"""The audit of a version on its way belongs to whoever owns the work."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from provenance.works.audit_version import audit_version
from provenance.works.models import Version
from similarity.models import Audit
from tests.factories import make_version, make_work


def test_the_audit_belongs_to_the_works_owner(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    version = make_version(work=make_work(owner=creator), status=Version.Status.RENDERED)

    def measured(data: bytes, **asked: Any) -> Audit:
        return Audit(image_sha256="0" * 64, outcome=Audit.Outcome.NOT_CALIBRATED, subject=asked["subject"])

    monkeypatch.setattr("similarity.audit.audit_image", measured)

    assert audit_version(version.pk) is True
    audit = Audit.objects.get()
    assert (audit.owner, audit.subject, audit.version.status) == (creator, version.pk, "audited")
