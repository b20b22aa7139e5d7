"""A file edited elsewhere: kept with its chain, laid on its parent, measured, and told as a claim."""

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from generation import blobs
from provenance.credentials.read import read
from provenance.ledger.models import Event
from provenance.works.editing.models import Declaration, Sitting
from provenance.works.models import Version
from tests.provenance.works.editing.conftest import through

pytestmark = pytest.mark.django_db


def jpeg(pixels: Any, *, quality: int = 92) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def pixels_of(version: Version) -> Any:
    with Image.open(io.BytesIO(blobs.get(version.pixels_blob))) as image:
        return np.array(image.convert("RGB"))


def upload(owner: APIClient, parent: Version, data: bytes, **fields: Any) -> Any:
    key = {"HTTP_IDEMPOTENCY_KEY": fields.pop("key")} if "key" in fields else {}
    body = {"description": "Painted a red square in GIMP", "tool": "GIMP 3.0", **fields}
    body["image"] = SimpleUploadedFile("edited.jpg", data)
    return owner.post(f"/api/v1/versions/{parent.pk}/declared/", body, format="multipart", **key)


@pytest.fixture
def edited(large_parent: Version) -> tuple[bytes, tuple[slice, slice]]:
    """The parent cropped, with a red square painted on it elsewhere, as a JPEG; and where the square is."""
    picture = pixels_of(large_parent)[16:, 24:].copy()
    square = (slice(60, 110), slice(80, 150))
    picture[square] = (250, 10, 10)
    return jpeg(picture), square


def test_an_upload_is_measured_against_its_parent(
    owner: APIClient, large_parent: Version, edited: tuple[bytes, tuple[slice, slice]]
) -> None:
    data, square = edited
    answer = upload(owner, large_parent, data, claimed_minutes=40)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["registered"], body["claimed_minutes"], body["verdict"]) == (None, 40, "none")

    version = through(Version.objects.get(pk=body["version"]))
    assert version.status == "published"
    declaration = Declaration.objects.get(edit__sitting__version=version)
    assert declaration.registered is True
    with Image.open(io.BytesIO(blobs.get(declaration.edit.mask))) as image:
        changed = np.array(image)
    assert changed[square].mean() > 0.98
    outside = changed.copy()
    outside[54:116, 74:156] = False
    assert outside.mean() < 0.01

    told = owner.get(f"/api/v1/versions/{version.pk}/declaration/").json()
    assert told["description"] == "Painted a red square in GIMP"
    assert told["registration"]["found"] is True
    shares = owner.get(f"/api/v1/versions/{version.pk}/contribution/").json()
    assert shares["shares"]["last_change"]["declared"] == pytest.approx(changed.mean(), abs=1e-4)
    assert shares["shares"]["last_change"]["ai_generation"] == pytest.approx(1 - changed.mean(), abs=1e-4)
    assert (shares["active_minutes"], shares["claimed_minutes"]) == (0.0, 40)
    event = Event.objects.get(kind="edit.declared")
    assert "GIMP" not in str(event.payload)


def test_the_credential_tells_it_as_a_claim_with_both_chains(
    owner: APIClient, large_parent: Version, edited: tuple[bytes, tuple[slice, slice]]
) -> None:
    answer = upload(owner, large_parent, edited[0])
    version = through(Version.objects.get(pk=answer.json()["version"]))
    reading = read(blobs.get(version.blob))
    assert reading.verdict.intact
    actions = reading.active["assertions"]["c2pa.actions.v2"]
    assert actions["allActionsIncluded"] is False
    assert [action["action"] for action in actions["actions"]] == ["c2pa.opened", "c2pa.unknown"]
    claimed = actions["actions"][1]
    assert claimed["description"] == "Painted a red square in GIMP"
    assert claimed["parameters"]["org.colophon.standing"] == "claimed"
    relations = [
        (value["relationship"], value.get("dc:title"))
        for label, value in reading.active["assertions"].items()
        if label.startswith("c2pa.ingredient")
    ]
    assert relations == [("parentOf", large_parent.work.title), ("componentOf", "Uploaded file")]


def test_an_upload_that_lies_nowhere_on_its_parent_is_all_declared_and_its_own_parent(
    owner: APIClient, large_parent: Version
) -> None:
    other = np.random.default_rng(5).integers(0, 256, (200, 260, 3), dtype=np.uint8)
    answer = upload(owner, large_parent, jpeg(other))
    version = through(Version.objects.get(pk=answer.json()["version"]))
    declaration = Declaration.objects.get(edit__sitting__version=version)
    assert declaration.registered is False
    assert version.contribution.shares["last_change"]["declared"] == 1.0
    reading = read(blobs.get(version.blob))
    relations = [
        (value["relationship"], value.get("dc:title"))
        for label, value in reading.active["assertions"].items()
        if label.startswith("c2pa.ingredient")
    ]
    assert relations == [("parentOf", "Uploaded file"), ("inputTo", large_parent.work.title)]


def test_a_file_of_ours_that_was_edited_keeps_its_chain(owner: APIClient, large_parent: Version) -> None:
    """Given another version's signed file, uploaded as an edit, then its intact credential is an ingredient."""
    mine = Version.objects.get(pk=large_parent.pk)
    first = upload(owner, mine, jpeg(255 - pixels_of(mine)))
    child = through(Version.objects.get(pk=first.json()["version"]))
    answer = upload(owner, mine, blobs.get(child.blob), description="It came back from the printer")
    declaration = Declaration.objects.get(edit__sitting__version=answer.json()["version"])
    assert (declaration.verdict, declaration.names_parent) == ("valid", True)
    through(Version.objects.get(pk=answer.json()["version"]))


@pytest.mark.parametrize(
    ("data", "fields", "code", "status"),
    [
        (b"", {}, "file_empty", 400),
        (b"no picture at all", {}, "not_an_image", 415),
        (None, {"description": "  "}, "description_missing", 400),
        (None, {"description": "\u202e\u2066"}, "description_missing", 400),
        (None, {"description": "x" * 2001}, "description_too_long", 400),
        (None, {"tool": "x" * 201}, "tool_too_long", 400),
        (None, {"claimed_minutes": -1}, "bad_claimed_minutes", 400),
        (None, {"claimed_minutes": "soon"}, "invalid", 400),
    ],
)
def test_what_cannot_be_declared_leaves_nothing_behind(
    owner: APIClient, large_parent: Version, data: bytes | None, fields: dict[str, Any], code: str, status: int
) -> None:
    data = jpeg(255 - pixels_of(large_parent)) if data is None else data
    answer = upload(owner, large_parent, data, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert Sitting.objects.count() == 0
    assert Version.objects.count() == 1


def test_the_parents_own_file_is_no_edit(owner: APIClient, large_parent: Version) -> None:
    answer = upload(owner, large_parent, blobs.get(large_parent.blob))
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_changed")


def test_a_repeated_upload_makes_one_version(owner: APIClient, large_parent: Version) -> None:
    data = jpeg(255 - pixels_of(large_parent))
    first, second = (upload(owner, large_parent, data, key="again") for _time in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["version"] == second.json()["version"]
    other = upload(owner, large_parent, data, key="again", description="Something else")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert Version.objects.count() == 2


def test_strangers_cannot_declare(api: APIClient, stranger: Any, large_parent: Version) -> None:
    api.force_authenticate(stranger)
    assert upload(api, large_parent, b"x").status_code == 404
