"""The benchmark's own arithmetic; its figures are never asserted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks.style_bootstrap import exact, exact_bound, share
from tests.benchmarks.style_flags import outcomes
from tests.benchmarks.style_generated import bundled
from tests.benchmarks.style_looks import right_of_blocks
from tests.benchmarks.style_pictures import neutral
from tests.benchmarks.style_retrieval import Row, inverted, within
from tests.benchmarks.style_strangers import listed
from tests.benchmarks.style_wear import wear


def test_exact_intervals_are_those_of_clopper_and_pearson() -> None:
    # Given tabulated intervals, when computed, then they agree; nothing in 59 leaves 6.06 % (1 - 0.025 ** (1 / 59)).
    assert exact(0, 59) == pytest.approx([0.0, 0.0, 0.06061], abs=1e-5)
    assert exact(5, 100) == pytest.approx([0.05, 0.01643, 0.11283], abs=1e-5)
    assert exact_bound(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59), abs=1e-9)
    assert exact(100, 100) == pytest.approx([1.0, 0.96378, 1.0], abs=1e-5)


def test_a_share_is_drawn_by_group() -> None:
    # Given one group that is all right and one that is all wrong, when drawn, then the interval reaches both ends.
    assert share(np.array([1, 1, 1, 0, 0, 0]), np.array([4, 4, 4, 7, 7, 7])) == [0.5, 0.0, 1.0]


def test_a_look_that_is_nearer_than_the_content_is_right() -> None:
    # Given a block whose pictures 0, 1 share a look and 0, 2 a content, when looks weigh more, then all are right.
    look, content = np.array([[3, 0], [3, 0], [0, 3], [0, 3]]), np.array([[1, 0], [0, 1], [1, 0], [0, 1]])
    assert right_of_blocks(np.concatenate([look, content], axis=1).astype(np.float32)).tolist() == [True] * 4
    assert right_of_blocks(np.concatenate([look, 9 * content], axis=1).astype(np.float32)).tolist() == [False] * 4


def test_a_worn_look_brings_its_colours_and_keeps_the_picture() -> None:
    # Given a picture with an edge and a reddish look, when worn, then the mean is the look's, the edge where it was.
    rng = np.random.default_rng(0)
    content = np.full((96, 128, 3), 60, np.uint8)
    content[:, 64:] = 200
    content += rng.integers(0, 10, content.shape, dtype=np.uint8)
    light = np.linspace(40, 220, 80)[:, None, None] * np.array([1.0, 0.5, 0.4])
    look = np.clip(light + rng.normal(0, 8, (80, 80, 3)), 0, 255).astype(np.uint8)
    worn = wear(content, look)
    assert worn.shape == content.shape
    assert np.abs(worn.mean(axis=(0, 1)) - look.mean(axis=(0, 1))).max() < 15
    columns = worn.astype(np.float64).mean(axis=(0, 2))
    assert columns[72:].min() > columns[:56].max()


def test_outcomes_tell_the_right_artist_from_others() -> None:
    # Given four works of artist 0, when above the threshold are 0, both, 1 and nobody, then each has its own outcome.
    scores = np.array([[2.0, 0.0], [2.0, 3.0], [0.0, 2.0], [0.0, 0.0]])
    found = outcomes(scores, np.zeros(4, np.int64), 1.0)
    assert {key: value.tolist() for key, value in found.items()} == {
        "right alone": [1, 0, 0, 0],
        "right among several": [0, 1, 0, 0],
        "only others": [0, 0, 1, 0],
        "right and nearest": [1, 0, 0, 0],
    }


def test_an_artist_nearer_to_another_is_inverted() -> None:
    # Given two artists, one of whose works are nearer to the other's than to each other, when counted, then it is one.
    table = np.array(
        [[-np.inf, 0.1, 0.9, 0.9], [0.1, -np.inf, 0.1, 0.1], [0.9, 0.1, -np.inf, 0.8], [0.9, 0.1, 0.8, -np.inf]]
    )
    scores = np.array([[0.1, 0.9], [0.1, 0.1], [0.5, 0.8], [0.5, 0.8]])
    row = Row(table.astype(np.float32), scores.astype(np.float32), np.zeros(4, np.float32), np.zeros(4, np.float32))
    assert inverted(np.array([0, 0, 1, 1]), row, np.arange(4)) == {"artists": 2, "pairs": 1, "scores": 1}


def test_a_query_is_compared_with_its_own_gallery_alone() -> None:
    # Given a query whose nearest work is not in its gallery, when asked, then the nearest of the gallery counts.
    table = np.array([[-np.inf, 0.9, 0.5, 0.2], *([[-np.inf] * 4] * 3)], np.float32)
    artist = np.array([0, 1, 0, 1])
    assert within(artist, table, {0: np.array([2, 3])})["R@1"][0] == 1.0
    assert within(artist, table, {0: np.array([1, 2])})["R@1"][0] == 0.0


def test_neutral_prompts_and_seeds_are_never_shared() -> None:
    # Given both parts, when compared, then no prompt and no seed is in both, and none comes twice.
    known, asked = neutral(500, 500)
    prompts, seeds = {one.prompt for one in known + asked}, {one.seed for one in known + asked}
    assert len(known) == len(asked) == 500
    assert len(prompts) == len(seeds) == 1000


def test_when_prompts_are_used_up_only_seeds_are_not_shared() -> None:
    # Given more pictures than prompts, when asked about, then new prompts come first, then each old one once more.
    known, asked = neutral(6000, 9000)
    assert not {one.prompt for one in known} & {one.prompt for one in asked[:3000]}
    assert [one.prompt for one in asked[3000:]] == [one.prompt for one in known]
    assert len({one.prompt for one in asked}) == len(asked) == 9000
    assert len({one.seed for one in known + asked}) == 15_000


def test_the_bundled_calibration_tells_its_pictures_and_its_confidence(settings: Any, tmp_path: Path) -> None:
    # Given what ships, when read, then its pictures and confidence are told; given no file, the usual confidence.
    vectors, confidence = bundled()
    assert len(vectors) == 6000
    assert confidence == 0.9999
    settings.CALIBRATION = tmp_path / "none.npz"
    assert bundled() == (None, 0.95)


def test_strangers_are_not_of_the_collection(tmp_path: Path) -> None:
    # Given a list with a collection's artist in it, when read, then it is refused, for those flags would be true ones.
    (tmp_path / "works.csv").write_text("file,artist,title\na.jpg,Ada Lovelace,Notes\n", encoding="utf-8")
    assert listed([tmp_path], ("claude-monet",)) == [(tmp_path / "a.jpg", "Ada Lovelace", "Notes")]
    (tmp_path / "works.csv").write_text("file,artist\na.jpg,Cláude Monet\n", encoding="utf-8")
    with pytest.raises(ValueError, match="Cláude Monet is in the collection"):
        listed([tmp_path], ("claude-monet",))
    (tmp_path / "works.csv").write_text("file,artist\na.jpg,…\n", encoding="utf-8")
    with pytest.raises(ValueError, match="whose work is it"):
        listed([tmp_path], ())
