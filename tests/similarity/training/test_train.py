"""Sampling, schedule and the reference network, without training anything."""

from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch

from similarity.training import squeezenet
from similarity.training.data import read_split, read_works
from similarity.training.export import BUNDLED
from similarity.training.model import embed_cells
from similarity.training.teacher import CellMeans
from similarity.training.train import Sampler, part_of, rate


def test_batches_hold_k_works_of_p_artists_and_go_through_all() -> None:
    """Each draw has two works of three artists; a work comes again only after its artist's others."""
    artist = np.repeat(np.arange(5), 4).astype(np.int64)
    sampler = Sampler(artist, 3, 2, seed=1)
    drawn = [i for _ in range(20) for i in sampler.draw()]
    first = artist[drawn[:6]]
    assert [int((first == a).sum()) for a in np.unique(first)] == [2, 2, 2]
    for a in range(5):
        mine = [i for i in drawn if artist[i] == a]
        assert len(set(mine[:4])) == 4


def test_rate_warms_up_and_ends_at_nothing() -> None:
    """Half way through the warm-up half the rate; full after it; nothing at the end."""
    assert rate(0.05, 0.1) == pytest.approx(0.5)
    assert rate(0.1, 0.1) == pytest.approx(1.0)
    assert rate(1.0, 0.1) == pytest.approx(0.0)


def test_parts_number_artists_and_keep_at_most_so_many_works() -> None:
    """The validation part has ten artists; three works each make thirty."""
    rows, artist, works = part_of(read_works(), read_split().validation, 3)
    assert len(rows) == len(works) == 30
    assert np.bincount(artist).tolist() == [3] * 10


def test_statistics_are_means_and_deviations() -> None:
    """A map of 1, 1, 3, 3 has mean 2 and deviation 1."""
    values = squeezenet.statistics([torch.tensor([1.0, 1, 3, 3]).view(1, 1, 2, 2)])
    np.testing.assert_allclose(values.numpy(), [[2, 1]])


@pytest.mark.shared
def test_reference_network_loads_its_weights(shared: Path) -> None:
    """Eight maps with the channels of the paper's table."""
    if not (shared / "data" / squeezenet.WEIGHTS).exists():
        pytest.skip("../shared/data/weights is not beside this checkout")
    maps = squeezenet.load(shared / "data")(torch.full((1, 3, 64, 64), 128.0))
    assert [m.shape[1] for m in maps] == [128, 128, 256, 256, 384, 384, 512, 512]


def test_the_mean_over_cells_is_the_embedding() -> None:
    """What is imitated cell by cell adds up to what the model says of the whole picture."""
    model = open_clip.create_model(f"local-dir:{BUNDLED}").eval()
    picture = torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        cells, whole = embed_cells(model, picture), model.encode_image(picture)
    assert cells.shape == (2, 4, 4, whole.shape[1])
    torch.testing.assert_close(cells.mean((1, 2)), whole, rtol=1e-4, atol=1e-4)


@pytest.mark.shared
def test_targets_lie_on_axes_of_what_they_were_fitted_on(shared: Path) -> None:
    """Over the works the axes were fitted on, targets have mean nothing and do not correlate."""
    if not (shared / "data" / squeezenet.WEIGHTS).exists():
        pytest.skip("../shared/data/weights is not beside this checkout")
    teacher = CellMeans(shared / "data", torch.device("cpu"))
    rng = np.random.default_rng(0)
    pictures: Any = [(rng.random((1, 1, 3)) * rng.random((64, 64, 3)) * 255).astype(np.uint8) for _ in range(24)]
    teacher.fit(pictures, np.arange(24), 64, 6)
    said = torch.cat([teacher(torch.from_numpy(p).permute(2, 0, 1)[None].float(), 1)[0, 0] for p in pictures])
    assert said.shape == (24, 6)
    assert said.mean(0).abs().max() < 0.05 * said.std(0).max()
    correlation = torch.corrcoef(said.T) - torch.eye(6)
    assert correlation.abs().max() < 0.1
