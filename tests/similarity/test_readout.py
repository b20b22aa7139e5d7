"""Readout maths on small made-up data."""

from pathlib import Path

import numpy as np
import pytest

from similarity import readout


def made_up(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Forty works of eight artists who differ along the first of six axes; the second is loud noise."""
    artist = np.repeat(np.arange(8), 5).astype(np.int64)
    rows = rng.normal(size=(40, 6)) * [0.1, 20, 1, 1, 1, 1]
    rows[:, 0] += artist
    return rows.astype(np.float32), artist


def test_whitening_gives_zero_mean_and_unit_covariance() -> None:
    """Without shrinkage the projected rows are centred and white."""
    rows, _ = made_up(np.random.default_rng(1))
    fitted = readout.fit_whitening(rows, shrinkage=0.0)
    white = (rows - fitted.mean) @ fitted.projection
    np.testing.assert_allclose(white.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(white, rowvar=False, bias=True), np.eye(6), atol=1e-3)


def test_discriminant_turns_to_the_axis_that_tells_artists_apart() -> None:
    """The first direction weighs the telling axis far above the loud one."""
    rows, artist = made_up(np.random.default_rng(2))
    fitted = readout.fit_plda(rows, artist, shrinkage=0.0, out=2, damping=0.0)
    first = np.abs(fitted.projection[:, 0])
    assert fitted.projection.shape == (6, 2)
    assert first[0] > 20 * first[1]


def test_damping_shrinks_directions_that_tell_little() -> None:
    """Each direction is scaled by psi / (psi + 1), at most 1 and falling."""
    rows, artist = made_up(np.random.default_rng(3))
    plain = readout.fit_plda(rows, artist, shrinkage=0.1, out=4, damping=0.0)
    damped = readout.fit_plda(rows, artist, shrinkage=0.1, out=4, damping=1.0)
    gain = np.linalg.norm(damped.projection, axis=0) / np.linalg.norm(plain.projection, axis=0)
    assert np.all(gain <= 1)
    assert np.all(np.diff(gain) <= 1e-6)


def test_full_shrinkage_keeps_only_the_level() -> None:
    """Shrinkage of 1 leaves a multiple of the identity with the same trace."""
    covariance = np.array([[3.0, 1.0], [1.0, 1.0]])
    np.testing.assert_allclose(readout.shrunk(covariance, 1.0), 2 * np.eye(2))


def test_saved_readout_comes_back(tmp_path: Path) -> None:
    """Tensors and facts survive the file, and applying gives unit rows."""
    rows, artist = made_up(np.random.default_rng(4))
    fitted = readout.fit_plda(rows, artist, shrinkage=0.1, out=3, damping=0.0)
    readout.save(fitted, tmp_path / "readout.safetensors", {"fitted_on": "made up"})
    again, facts = readout.load(tmp_path / "readout.safetensors")
    assert facts == {"fitted_on": "made up", "dim": "6", "out": "3"}
    np.testing.assert_array_equal(again.apply(rows), fitted.apply(rows))
    assert np.linalg.norm(again.apply(rows), axis=1) == pytest.approx(1, abs=1e-5)
