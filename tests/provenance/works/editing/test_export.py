"""An edited version goes out with its whole story: the export's parent, and that one's parent."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from generation import blobs
from provenance.credentials.facts import facts
from provenance.credentials.read import read
from provenance.marking import xmp
from provenance.marking.read import packets
from provenance.works.export import export
from provenance.works.models import Version
from provenance.works.wish import Wish
from tests.provenance.works.editing.conftest import Call, published, through

pytestmark = pytest.mark.django_db


def test_an_edited_version_is_exported_with_its_whole_story(
    owner: APIClient, sitting: dict[str, Any], call: Call, creator: User, settings: Any
) -> None:
    settings.PROVIDER_CODE = "0019X"
    crop = {"x": 8, "y": 8, "width": 80, "height": 48}
    now = call(sitting, "steps", expect=201, operation="crop", parameters=crop)
    done = call(now, "commit")
    version = through(Version.objects.get(pk=done["version"]))
    assert version.status == Version.Status.PUBLISHED

    made, _new = export(version, Wish(profile="china", format="webp"), by=creator)

    data = blobs.get(made.blob)
    reading = read(data)
    assert reading.verdict.code == "valid"
    told = facts(reading.active)
    assert [action.action for action in told.actions] == ["c2pa.opened", "c2pa.transcoded", "c2pa.addedText"]
    assert len(reading.manifest["manifests"]) == 3  # the export, the edited version, the model's picture
    said = xmp.parse(packets(data)[0])
    published = xmp.parse(packets(blobs.get(version.blob))[0])
    assert said["Iptc4xmpExt:DigitalSourceType"] == published["Iptc4xmpExt:DigitalSourceType"]
    assert said["Iptc4xmpExt:AISystemUsed"] == "colophon-mini"
    assert said["Iptc4xmpExt:AIPromptInformation"] == "a harbour at sunset"
    assert (made.label, made.version) == ("AI生成", version)


def test_edits_of_a_labelled_version_begin_without_its_label(
    owner: APIClient, creator: User, signer: None, settings: Any
) -> None:
    """Given a service that labels all it seals, when a version is edited, then no label is drawn upon a label."""
    settings.MARKING_PROFILE = "eu"
    parent = published(creator, width=320, height=240)
    assert parent.label == "AI GENERATED"
    sitting = owner.post("/api/v1/sittings/", {"parent": str(parent.pk)}, format="json").json()
    body = {"operation": "crop", "parameters": {"x": 0, "y": 0, "width": 160, "height": 240}, "revision": 0}
    now = owner.post(f"/api/v1/sittings/{sitting['id']}/steps/", body, format="json").json()
    done = owner.post(f"/api/v1/sittings/{sitting['id']}/commit/", {"revision": now["revision"]}, format="json").json()
    version = through(Version.objects.get(pk=done["version"]))
    told = facts(read(blobs.get(version.blob)).active)
    assert [action.action for action in told.actions] == [
        *("c2pa.opened", "c2pa.edited", "c2pa.cropped", "c2pa.addedText")
    ]
    assert version.label == "AI GENERATED"
    without, _new = export(version, Wish(profile="plain", labelled=False), by=creator)
    assert blobs.get(without.blob) != blobs.get(version.blob)
    assert without.label == ""
