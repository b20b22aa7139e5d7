import numpy as np
import pytest

from similarity.matching.changes import Box, Changes, describe
from similarity.matching.geometry import area, clip, corners, overlap, transform
from similarity.matching.registration import NotRegistered, Registration, register
from tests.benchmarks.recovery_cases import (
    Pixels,
    brighter,
    captioned,
    grey,
    jpeg,
    photographed,
    scaled,
    screenshot,
    turned,
)
from tests.provenance.recovery.pictures import painting

PARENT = painting(1)


def found(query: Pixels, parent: Pixels = PARENT) -> tuple[Registration, Changes]:
    registration = register(query, parent)
    assert isinstance(registration, Registration), registration
    return registration, describe(registration, query=query, parent=parent)


def test_the_same_pixels_were_not_changed() -> None:
    registration, changes = found(PARENT.copy())
    assert np.allclose(registration.homography, np.eye(3))
    assert changes.codes == ("none",)
    assert changes.kept == 1.0


def test_a_crop_is_found_at_its_place() -> None:
    _registration, changes = found(np.ascontiguousarray(PARENT[40:200, 60:260]))
    assert changes.codes == ("cropped",)
    assert changes.cropped is not None
    given, expected = np.array(list(vars(changes.cropped).values())), np.array([60, 40, 200, 160])
    assert np.abs(given - expected).max() <= 1
    assert changes.kept == pytest.approx(200 * 160 / (320 * 240), abs=0.01)


@pytest.mark.parametrize(
    ("degrees", "codes"), [(5, ("rotated",)), (90, ("rotated",)), (180, ("rotated",)), (-37, ("rotated",))]
)
def test_a_turn_is_measured_clockwise(degrees: float, codes: tuple[str, ...]) -> None:
    _registration, changes = found(turned(PARENT, degrees))
    assert changes.codes == codes
    assert (changes.rotated - degrees + 180) % 360 - 180 == pytest.approx(0, abs=0.3)
    assert changes.framed is None


def test_the_empty_corners_of_a_turned_crop_are_no_part_of_it() -> None:
    cut = np.ascontiguousarray(PARENT[40:200, 60:260])
    _registration, changes = found(turned(cut, 8))
    assert changes.codes == ("rotated", "cropped")
    assert changes.kept == pytest.approx(200 * 160 / (320 * 240), abs=0.02)
    assert changes.cropped is not None
    given, expected = np.array(list(vars(changes.cropped).values())), np.array([60, 40, 200, 160])
    assert np.abs(given - expected).max() <= 3


def test_a_mirrored_crop_is_both() -> None:
    _registration, changes = found(np.ascontiguousarray(PARENT[:, ::-1][30:230, 0:200]))
    assert changes.codes == ("mirrored", "cropped")
    assert changes.mirrored
    assert changes.cropped == Box(120, 30, 200, 200)


@pytest.mark.parametrize("by", [0.25, 0.5, 2.0])
def test_a_scaled_copy_says_by_how_much(by: float) -> None:
    _registration, changes = found(scaled(PARENT, by))
    assert "scaled" in changes.codes
    assert changes.scaled == pytest.approx(by, rel=0.01)


def test_a_saved_again_copy_is_said_to_be_saved_again() -> None:
    assert found(jpeg(PARENT, 40))[1].codes == ("resaved",)


def test_light_and_colour_are_measured() -> None:
    assert "brightened" in found(brighter(PARENT, 0.2))[1].codes
    assert "darkened" in found(brighter(PARENT, -0.2))[1].codes
    assert found(grey(PARENT))[1].codes == ("greyed",)


def test_a_caption_bar_is_room_below() -> None:
    _registration, changes = found(captioned(PARENT))
    assert changes.codes == ("framed",)
    assert changes.framed is not None
    assert changes.framed.bottom == pytest.approx(40 / 280, abs=0.01)
    assert changes.framed.top == changes.framed.left == changes.framed.right == 0


def test_a_screenshot_is_framed_on_every_side() -> None:
    _registration, changes = found(screenshot(PARENT, np.random.default_rng(2)))
    assert "framed" in changes.codes
    assert changes.framed is not None
    assert min(vars(changes.framed).values()) > 0.05


def test_a_photographed_print_has_perspective() -> None:
    registration, changes = found(photographed(PARENT, np.random.default_rng(4)))
    assert {"perspective", "framed"} <= set(changes.codes)
    assert registration.inliers >= 20


def test_another_picture_is_refused() -> None:
    for seed in range(2, 12):
        assert isinstance(register(painting(seed), PARENT), NotRegistered)


def test_half_of_it_beside_a_strangers_picture_is_not_the_picture() -> None:
    collage = np.ascontiguousarray(np.hstack([PARENT[:, :160], painting(9)[:, 160:]]))
    assert register(collage, PARENT) == NotRegistered("pixels_differ")


def test_a_shape_in_common_is_not_the_picture() -> None:
    """The same small thing pasted in two pictures proposes a homography that the pixels refuse."""
    other = painting(30)
    other[100:150, 100:160] = PARENT[100:150, 100:160]
    assert isinstance(register(other, PARENT), NotRegistered)


def test_plain_pictures_have_nothing_to_compare() -> None:
    plain = np.full((240, 320, 3), 200, np.uint8)
    assert isinstance(register(plain, plain.copy()), NotRegistered)


def test_an_overlap_lies_within_both_pictures_to_the_last_digit() -> None:
    """Slices are cut by it. Without care one in fourteen of such homographies gave a corner at -4e-16."""
    rng = np.random.default_rng(0)
    for _round in range(300):
        turn, size = rng.uniform(-0.02, 0.02), rng.uniform(0.98, 1.03)
        shift, askew = rng.uniform(-3, 3, 2), rng.uniform(-2e-5, 2e-5, 2)
        matrix = np.array([[size, -turn, shift[0]], [turn, size, shift[1]], [*askew, 1.0]])
        meeting = overlap(matrix, query=(320, 240), parent=(320, 240))
        assert meeting is not None
        for polygon in (meeting.in_parent, meeting.in_query):
            assert polygon.min() >= 0
            assert (polygon <= (320, 240)).all()


def test_overlap_of_a_shifted_square() -> None:
    shift = np.array([[1.0, 0, 50], [0, 1, 0], [0, 0, 1]])
    meeting = overlap(shift, query=(100, 100), parent=(100, 100))
    assert meeting is not None
    assert area(meeting.in_parent) == pytest.approx(5000)
    assert area(meeting.in_query) == pytest.approx(5000)
    away = np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]])
    assert overlap(away, query=(100, 100), parent=(100, 100)) is None


def test_beyond_the_horizon_there_are_no_points() -> None:
    tilted = np.array([[1.0, 0, 0], [0, 1, 0], [0, -0.01, 1]])
    assert np.isnan(transform(tilted, corners((100, 200)))[2:]).all()
    assert area(clip(corners((10, 10)) + 5, (10, 10))) == pytest.approx(25)
