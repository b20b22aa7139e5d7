"""Every outcome that exists before calibration, by the library, the command and the API."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import include, path
from PIL import Image, ImageOps
from pytest_django.fixtures import Settings
from rest_framework.routers import DefaultRouter
from rest_framework.test import APIClient

from similarity.api import ArtistViewSet, AuditViewSet, ReferenceViewSet
from similarity.audit import COPY_DISTANCE, audit_image
from similarity.encoder import Encoder
from similarity.errors import SimilarityError
from similarity.models import Artist, Audit, Reference
from tests.similarity.conftest import encoded, painting

router = DefaultRouter()
router.register("artists", ArtistViewSet, basename="artist")
router.register("references", ReferenceViewSet, basename="reference")
router.register("audits", AuditViewSet, basename="audit")
urlpatterns = [path("api/v1/", include(router.urls))]

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection(tiny: Encoder, gallery: Callable[..., Path]) -> Path:
    """Twelve works by Claude Monet (pictures 1..12) and three by Ada (13..15)."""
    root = gallery({"claude-monet": 12, "zz-ada": 3})
    call_command("import_artworks", root, stdout=StringIO(), stderr=StringIO())
    return root


def test_a_new_picture_is_measured_but_not_judged(collection: Path, tiny: Encoder) -> None:
    subject = uuid.uuid4()
    audit = audit_image(encoded(painting(500)), subject=subject, prompt="a harbour by CLAUDE MONET")

    assert audit.outcome == Audit.Outcome.NOT_CALIBRATED
    assert audit._state.adding
    audit.save()
    audit = Audit.objects.get()
    assert (audit.subject, audit.artist_name, audit.references) == (subject, "Claude Monet", 15)
    assert audit.artist == Artist.objects.get(slug="claude-monet")
    assert audit.encoder == tiny.fingerprint
    assert len(audit.index) == len(audit.image_sha256) == 64
    assert len(audit.works) == 8
    scores = [work["score"] for work in audit.works]
    assert scores == sorted(scores, reverse=True)
    assert audit.artists == [
        {
            "artist": "Claude Monet",
            "slug": "claude-monet",
            "score": pytest.approx(audit.score),
            "references": 12,
            "sufficient": True,
        }
    ]
    assert audit.named_in_prompt == [{"artist": "Claude Monet", "slug": "claude-monet", "matched": "Claude Monet"}]
    assert (audit.copy_of, audit.error_code, audit.error) == (None, "", "")
    assert audit.seconds > 0


def test_the_same_file_is_a_copy(collection: Path) -> None:
    file = collection / "zz-ada" / "001.png"
    audit = audit_image(file.read_bytes())
    assert audit.outcome == Audit.Outcome.COPY
    assert audit.copy_of is not None
    assert (audit.copy_of["method_code"], audit.copy_of["distance"]) == ("same_file", 0)
    assert audit.copy_of["sha256"] == audit.image_sha256
    assert (audit.artist_name, audit.copy_of["artist"]) == ("Zz Ada", "Zz Ada")


@pytest.mark.parametrize(
    ("change", "method"),
    [
        (lambda im: im.resize((67, 56)), "image_code"),
        (lambda im: ImageOps.mirror(im), "image_code_mirrored"),
        (lambda im: ImageOps.grayscale(im).convert("RGB"), "image_code"),
    ],
)
def test_the_same_picture_in_another_file_is_a_copy(collection: Path, change: Callable[..., Any], method: str) -> None:
    audit = audit_image(encoded(change(painting(5)), "JPEG", quality=80))

    assert audit.outcome == Audit.Outcome.COPY
    assert audit.copy_of is not None
    reference = Reference.objects.get(pk=audit.copy_of["reference"])
    assert reference.artist.slug == "claude-monet"
    assert audit.copy_of["method_code"] == method
    assert audit.copy_of["distance"] <= COPY_DISTANCE


def test_plain_colours_and_gradients_are_nobodys_copy(tiny: Encoder, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    plain = Image.new("RGB", (64, 64), "teal")
    slope = Image.linear_gradient("L").convert("RGB")
    (tmp_path / "ada" / "plain.png").write_bytes(encoded(plain))
    (tmp_path / "ada" / "slope.png").write_bytes(encoded(slope))
    call_command("import_artworks", tmp_path, stdout=StringIO(), stderr=StringIO())

    for other in (Image.new("RGB", (70, 64), "maroon"), slope.resize((200, 180)).point(lambda v: v // 2)):
        assert audit_image(encoded(other)).outcome == Audit.Outcome.INSUFFICIENT_REFERENCES


def test_an_empty_collection_has_too_few_references(tiny: Encoder) -> None:
    audit = audit_image(encoded(painting(1)))
    assert audit.outcome == Audit.Outcome.INSUFFICIENT_REFERENCES
    assert (audit.works, audit.artists, audit.artist, audit.score, audit.references) == ([], [], None, None, 0)
    assert len(audit.index) == 64


def test_nine_works_are_too_few(tiny: Encoder, gallery: Callable[..., Path]) -> None:
    call_command("import_artworks", gallery({"ada": 9}), stdout=StringIO(), stderr=StringIO())
    audit = audit_image(encoded(painting(500)))
    assert (audit.outcome, audit.artist, audit.score) == (Audit.Outcome.INSUFFICIENT_REFERENCES, None, None)
    assert audit.artists[0]["sufficient"] is False
    assert len(audit.works) == 8


def test_what_cannot_be_read_is_failed_never_clear(collection: Path) -> None:
    audit = audit_image(b"not a picture", prompt="claude monet")
    assert (audit.outcome, audit.error_code) == (Audit.Outcome.FAILED, "not_an_image")
    assert "not a picture" in audit.error
    assert len(audit.image_sha256) == 64
    assert len(audit.named_in_prompt) == 1
    audit.save()


def test_without_an_encoder_it_is_failed(settings: Settings) -> None:
    settings.ENCODER = "local-dir:/nowhere"
    audit = audit_image(encoded(painting(1)))
    assert (audit.outcome, audit.error_code) == (Audit.Outcome.FAILED, "encoder_not_found")


def test_what_may_pass_is_raised_not_recorded(tiny: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**options: object) -> None:
        raise SimilarityError("index_unwritable", "full", permanent=False)

    monkeypatch.setattr("similarity.audit.open_index", full)
    with pytest.raises(SimilarityError):
        audit_image(encoded(painting(1)))


def test_the_command_prints_one_object_per_file(collection: Path, tmp_path: Path) -> None:
    (tmp_path / "new.png").write_bytes(encoded(painting(700)))
    files = [str(tmp_path / "new.png"), str(collection / "zz-ada" / "002.png")]
    out = StringIO()
    call_command("audit", *files, json=True, stdout=out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["file"], line["outcome"]) for line in lines] == [(files[0], "not_calibrated"), (files[1], "copy")]
    assert lines[0]["artist"] == "Claude Monet"
    promised = {"score", "works", "artists", "copy_of", "encoder", "references", "seconds", "error_code", "error"}
    assert promised <= lines[0].keys()

    out = StringIO()
    with pytest.raises(CommandError, match="1 of 2"):
        call_command("audit", files[0], str(tmp_path / "absent.png"), json=True, stdout=out)
    assert json.loads(out.getvalue().splitlines()[1])["error_code"] == "file_unreadable"
    assert sorted(Audit.objects.filter(owner=None).values_list("outcome", flat=True)) == ["copy", "not_calibrated"]
    assert Audit.objects.count() == 2


@pytest.mark.urls(__name__)
def test_artists_and_references_over_the_api(collection: Path, api: APIClient, creator: User) -> None:
    assert api.get("/api/v1/artists/").status_code == 401
    api.force_authenticate(creator)
    found = api.get("/api/v1/artists/", {"name": "monet"}).json()["results"]
    assert [(a["slug"], a["references"]) for a in found] == [("claude-monet", 12)]
    artist = api.get(f"/api/v1/artists/{found[0]['id']}/").json()
    assert artist["name"] == "Claude Monet"
    works = api.get("/api/v1/references/", {"artist": found[0]["id"], "page_size": 5}).json()
    assert (len(works["results"]), works["results"][0]["artist_name"]) == (5, "Claude Monet")
    assert works["next"]
    assert api.post("/api/v1/artists/", {"name": "x"}).status_code == 405


@pytest.mark.urls(__name__)
def test_an_audit_over_the_api(collection: Path, api: APIClient, creator: User, reviewer: User) -> None:
    def upload(data: bytes) -> SimpleUploadedFile:
        return SimpleUploadedFile("a.png", data)

    assert api.post("/api/v1/audits/", {"image": upload(encoded(painting(1)))}).status_code == 401
    api.force_authenticate(creator)
    answer = api.post("/api/v1/audits/", {"image": upload(encoded(painting(800))), "prompt": "like monet"})
    assert answer.status_code == 201
    assert (answer.json()["outcome"], answer.json()["named_in_prompt"][0]["slug"]) == ("not_calibrated", "claude-monet")
    assert (answer.json()["references"], answer.json()["artists_compared"]) == (15, 2)

    for data, status, code in ((b"text", 415, "not_an_image"), (b"", 400, "file_empty")):
        refused = api.post("/api/v1/audits/", {"image": upload(data)})
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert api.post("/api/v1/audits/", {"prompt": "x"}).json()["errors"][0]["field"] == "image"
    assert Audit.objects.count() == 1

    for who in (creator, reviewer):
        api.force_authenticate(who)
        found = api.get("/api/v1/audits/", {"outcome": "not_calibrated"}).json()["results"]
        assert [row["outcome"] for row in found] == ["not_calibrated"]


@pytest.mark.urls(__name__)
def test_an_upload_that_is_too_large(tiny: Encoder, api: APIClient, creator: User, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    api.force_authenticate(creator)
    answer = api.post("/api/v1/audits/", {"image": SimpleUploadedFile("a.png", encoded(painting(1)))})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_the_web_side_loads_nothing_heavy() -> None:
    script = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n"
        "import django; django.setup()\n"
        "import similarity.models, similarity.api, similarity.admin, similarity.audit, similarity.enrol\n"
        "import similarity.index, similarity.encoder, similarity.pictures, similarity.fingerprint\n"
        "print(sorted({'torch', 'open_clip', 'faiss', 'cv2', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
