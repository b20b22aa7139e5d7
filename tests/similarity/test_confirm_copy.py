"""The copy lane where a work's picture is kept: pixels decide, parts are found, and nothing outlives a withdrawal."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from PIL import Image, ImageDraw
from pytest_django import DjangoCaptureOnCommitCallbacks

from similarity.audit import audit_image
from similarity.build_index import build_index
from similarity.confirm_copy import lay_over_kept
from similarity.encoder import Encoder
from similarity.enrol import ArtistFacts, NewWork, enrol, withdraw
from similarity.fingerprint import image_code
from similarity.kept_pictures import SIDE, forget, keep, kept, key_of, reduced_copy
from similarity.models import Audit, Reference
from similarity.tiles import panels, tiles_of
from tests.provenance.recovery.pictures import painting
from tests.similarity.conftest import encoded, unit_rows

pytestmark = pytest.mark.django_db


def work(seed: int, *, width: int = 360, height: int = 270) -> Image.Image:
    return Image.fromarray(painting(seed, width=width, height=height))


def poster(of: Image.Image, *, size: tuple[int, int] = (600, 800)) -> Image.Image:
    """A work on a plain ground with lines of letters under it."""
    sheet = Image.new("RGB", size, (236, 230, 214))
    sheet.paste(of, ((size[0] - of.width) // 2, 90))
    for line in range(3):
        ImageDraw.Draw(sheet).text((120, 560 + 40 * line), "EXHIBITION OF PAINTINGS", fill=(20, 20, 20))
    return sheet


@pytest.fixture
def collection(
    tiny: Encoder,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> Encoder:
    """Twelve works, all but the last of them kept as pictures too."""
    works = [
        NewWork(
            artist=ArtistFacts("ada", "Ada"),
            sha256=f"{seed:064x}",
            code=image_code(work(seed)),
            vector=unit_rows(seed, 1)[0],
            title=f"Work {seed}",
            picture=reduced_copy(work(seed)) if seed < 12 else b"",
        )
        for seed in range(1, 13)
    ]
    forget(work.sha256 for work in works)  # of earlier tests
    with django_capture_on_commit_callbacks(execute=True):
        enrol(works, encoder=tiny.fingerprint)
    build_index(encoder=tiny.fingerprint, dimension=tiny.dimension)
    return tiny


def test_a_whole_copy_is_confirmed_by_its_pixels(collection: Encoder) -> None:
    audit = audit_image(encoded(work(3).resize((180, 135)), "JPEG", quality=80))

    assert audit.outcome == Audit.Outcome.COPY
    assert audit.copy_of is not None
    assert (audit.copy_of["title"], audit.copy_of["confirmed"]) == ("Work 3", True)
    assert audit.copy_of["agreement"] > 0.9
    assert np.allclose(sorted(audit.copy_of["where"]), [[0, 0], [0, 1], [1, 0], [1, 1]], atol=0.02)


def test_without_a_kept_picture_it_says_so(collection: Encoder) -> None:
    audit = audit_image(encoded(work(12).resize((180, 135))))

    assert audit.outcome == Audit.Outcome.COPY
    assert audit.copy_of is not None
    assert (audit.copy_of["title"], audit.copy_of["confirmed"], audit.copy_of["where"]) == ("Work 12", None, None)


def test_a_work_on_a_poster_is_found_and_placed(collection: Encoder) -> None:
    audit = audit_image(encoded(poster(work(5)), "JPEG", quality=75))

    assert audit.outcome == Audit.Outcome.COPY
    assert audit.copy_of is not None
    assert (audit.copy_of["title"], audit.copy_of["method_code"]) == ("Work 5", "part")
    expected = np.array([[120, 90], [480, 90], [480, 360], [120, 360]]) / [600, 800]
    found = np.array(audit.copy_of["where"])
    apart = np.abs(found[:, None] - expected[None]).max(axis=2).min(axis=0)
    assert apart.max() < 0.02


def test_a_work_in_a_collage_is_found(collection: Encoder) -> None:
    sheet = Image.new("RGB", (3 * 360 + 40, 2 * 270 + 30), "white")
    for place, seed in enumerate((31, 32, 33, 34, 7, 36)):
        sheet.paste(work(seed), (10 + place % 3 * 370, 10 + place // 3 * 280))

    audit = audit_image(encoded(sheet, "JPEG", quality=75))

    assert audit.copy_of is not None
    assert (audit.copy_of["title"], audit.copy_of["confirmed"]) == ("Work 7", True)


def test_the_same_poster_with_a_work_nobody_knows_is_no_copy(collection: Encoder) -> None:
    audit = audit_image(encoded(poster(work(77)), "JPEG", quality=75))
    assert audit.outcome != Audit.Outcome.COPY
    assert audit.copy_of is None


def test_a_part_needs_pixels_a_fingerprint_is_not_enough(collection: Encoder) -> None:
    assert audit_image(encoded(poster(work(12)))).copy_of is None
    default_storage.delete(key_of(f"{5:064x}"))
    assert audit_image(encoded(poster(work(5)))).copy_of is None


def test_pixels_that_do_not_agree_are_told(collection: Encoder) -> None:
    """Given a kept picture that is another than the fingerprint says, then the copy is not called confirmed."""
    reference = Reference.objects.get(title="Work 3")
    default_storage.delete(key_of(reference.sha256))
    keep(reference.sha256, reduced_copy(work(99)))

    audit = audit_image(encoded(work(3)))
    assert audit.copy_of is not None
    assert (audit.copy_of["confirmed"], audit.copy_of["where"]) == (False, None)


def test_what_is_kept_is_small_and_goes_with_its_row(collection: Encoder) -> None:
    small = kept(f"{4:064x}")
    assert small is not None
    assert max(small.shape) <= SIDE
    assert kept(f"{12:064x}") is None

    withdraw(Reference.objects.filter(title="Work 4"))

    assert kept(f"{4:064x}") is None
    assert not default_storage.exists(key_of(f"{4:064x}"))
    assert default_storage.exists(key_of(f"{5:064x}"))


def test_a_picture_that_was_still_being_written_goes_with_its_row(
    collection: Encoder, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Given a work withdrawn between the enrolment's commit and its files, then no file is left, whoever is last."""
    withdraw(Reference.objects.filter(sha256=f"{4:064x}"))
    again = NewWork(
        artist=ArtistFacts("ada", "Ada"),
        sha256=f"{4:064x}",
        code=image_code(work(4)),
        vector=unit_rows(4, 1)[0],
        picture=reduced_copy(work(4)),
    )
    with django_capture_on_commit_callbacks() as writing:
        enrol([again], encoder=collection.fingerprint)
    with django_capture_on_commit_callbacks() as removing:
        withdraw(Reference.objects.filter(sha256=again.sha256))
    for last in (writing, removing):
        keep(again.sha256, again.picture)
        for callback in last:
            callback()
        assert not default_storage.exists(key_of(again.sha256))


def test_somebody_elses_work_is_not_kept_by_enrolling_it_again(
    collection: Encoder, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    again = NewWork(
        artist=ArtistFacts("ben", "Ben"),
        sha256=f"{12:064x}",
        code=image_code(work(12)),
        vector=unit_rows(12, 1)[0],
        picture=reduced_copy(work(12)),
    )
    with django_capture_on_commit_callbacks(execute=True):
        enrol([again], encoder=collection.fingerprint)

    assert not Reference.objects.get(sha256=f"{12:064x}").picture_kept
    assert not default_storage.exists(key_of(f"{12:064x}"))


def test_gutters_are_found_to_the_pixel() -> None:
    sheet = np.full((300, 420, 3), 250, np.uint8)
    sheet[10:140, 10:200] = painting(1, width=190, height=130)
    sheet[10:140, 220:410] = painting(2, width=190, height=130)
    sheet[160:290, 10:410] = painting(3, width=400, height=130)

    assert panels(sheet) == [(10, 10, 200, 140), (220, 10, 410, 140), (10, 160, 410, 290)]


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (40, 40)])
def test_odd_pictures_have_tiles_or_none(size: tuple[int, int]) -> None:
    for tile in tiles_of(Image.new("RGB", size, "white")):
        left, top, right, bottom = tile.box
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]
    assert lay_over_kept(Image.new("RGB", size, "white"), painting(1)) is None


def test_an_import_keeps_pictures_only_when_told(
    tiny: Encoder,
    gallery: Callable[..., Path],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Given a collection that was imported without, when it is imported again with pictures, then it has them."""
    folder = gallery({"ada": 3})
    with django_capture_on_commit_callbacks(execute=True):
        call_command("import_artworks", str(folder))
    assert not Reference.objects.filter(picture_kept=True).exists()

    for _time in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            call_command("import_artworks", str(folder), "--keep-pictures")

    assert Reference.objects.filter(picture_kept=True).count() == 3
    assert all(kept(work.sha256) is not None for work in Reference.objects.all())
