"""A readout for any encoder: learnt, written beside a copy of it, and another fingerprint."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django.fixtures import Settings

from similarity.encoder import Encoder, load_encoder
from similarity.encoder_files import resolve, trained_on
from similarity.readout import choose, unit
from tests.similarity.conftest import painting


def test_the_readout_finds_the_directions_of_hands() -> None:
    """Hands differ in two directions out of 20, and the others are loud: plain rows show noise, the readout hands."""
    rng = np.random.default_rng(0)
    artist = np.repeat(np.arange(40), 15)
    rows = rng.normal(size=(600, 20))
    rows[:, :2] = rng.normal(size=(40, 2))[artist] + rng.normal(size=(600, 2)) * 0.05
    chosen = choose(unit(rows + 4), artist, out=2)
    assert chosen.plain < 0.2
    assert chosen.fitted > 3 * chosen.plain
    assert chosen.readout.projection.shape == (20, 2)
    with pytest.raises(ValueError, match="four artists"):
        choose(unit(rows[:45]), artist[:45], out=2)


def fit(path: Path, out: Path, **options: object) -> dict[str, object]:
    said = StringIO()
    call_command("fit_readout", path, out=out, json=True, stdout=said, stderr=StringIO(), **options)
    return dict(json.loads(said.getvalue()))


def test_an_encoder_with_its_readout_in_a_folder(
    tiny: Encoder, gallery: Callable[..., Path], tmp_path: Path, settings: Settings
) -> None:
    works = gallery({f"artist-{a}": 4 for a in range(5)} | {"one-work": 1})
    out = tmp_path / "with-readout"

    facts = fit(works, out, dims=8)

    assert (facts["works"], facts["artists"], facts["dims"], facts["refused"]) == (20, 5, 8, 0)
    assert facts["encoder"] != tiny.fingerprint
    assert facts["encoder"] == resolve(f"local-dir:{out}").fingerprint
    assert sorted(path.name for path in out.iterdir()) == [
        "open_clip_config.json",
        "open_clip_model.safetensors",
        "passport.json",
        "readout.safetensors",
    ]
    assert trained_on(f"local-dir:{out}") == [f"artist-{a}" for a in range(5)]
    settings.ENCODER = f"local-dir:{out}"
    taught = load_encoder()
    picture: Image.Image = painting(3)
    vector = taught.embed([picture])
    assert vector.shape == (1, 8)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert np.abs(taught.embed_plain([picture]) - tiny.embed([picture])).max() < 1e-5

    with pytest.raises(CommandError, match="out_exists"):
        fit(works, out)


def test_an_encoder_can_be_taught_to_look_more_than_once(
    tiny: Encoder, gallery: Callable[..., Path], tmp_path: Path
) -> None:
    works = gallery({f"artist-{a}": 4 for a in range(5)})
    one, five = fit(works, tmp_path / "one", dims=8), fit(works, tmp_path / "five", dims=8, looks=5)
    assert one["encoder"] != five["encoder"]
    files = resolve(f"local-dir:{tmp_path / 'five'}")
    side = files.config["vision_cfg"]["image_size"]
    assert (len(files.crops.boxes), files.crops.long_side) == (5, round(1.75 * side))
    assert not resolve(f"local-dir:{tmp_path / 'one'}").crops.boxes
    taught = Encoder(files)
    assert taught.prepare(painting(3)).shape[0] == 5
    assert not np.allclose(taught.embed_plain([painting(3)]), tiny.embed([painting(3)]), atol=1e-3)


def test_an_interrupted_run_goes_on(
    tiny: Encoder, gallery: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = gallery({f"artist-{a}": 4 for a in range(5)})
    out = tmp_path / "out"
    monkeypatch.setattr("similarity.fit_readout._SAVE_EVERY", 1)
    embedded: list[int] = []
    embed = Encoder.embed_prepared

    def dying(self: Encoder, prepared: list[object]) -> object:
        if sum(embedded) >= 8:
            raise KeyboardInterrupt
        embedded.append(len(prepared))
        return embed(self, prepared)

    monkeypatch.setattr(Encoder, "embed_prepared", dying)
    with pytest.raises(KeyboardInterrupt):
        fit(works, out, batch=4)
    assert not (out / "readout.safetensors").exists()
    monkeypatch.setattr(Encoder, "embed_prepared", embed)
    assert fit(works, out, batch=4)["works"] == 20
    assert not (out / "seen.partial.npz").exists()


def test_too_few_artists(tiny: Encoder, gallery: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="too_few_artists"):
        fit(gallery({"a": 3, "b": 3, "c": 1}), tmp_path / "out")
    assert not (tmp_path / "out" / "readout.safetensors").exists()
