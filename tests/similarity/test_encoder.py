"""Any open_clip model: by folder, by name and file; and what its fingerprint stands for."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import open_clip
import pytest
from PIL import Image
from pytest_django.fixtures import Settings
from safetensors.numpy import save_file

from similarity.crops import Crops, cut, within_aspect
from similarity.encoder import Encoder, encoder_fingerprint, load_encoder
from similarity.encoder_files import resolve
from similarity.errors import SimilarityError
from tests.similarity.conftest import TINY_CONFIG, painting, write_tiny


@pytest.fixture
def copied(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "copied"))


def fresh(folder: Path) -> Encoder:
    return Encoder(resolve(f"local-dir:{folder}"))


def test_vectors_are_unit_rows_that_do_not_depend_on_their_neighbours(tiny: Encoder) -> None:
    pictures = [painting(i, size=(60 + i, 90)) for i in range(35)]

    together = tiny.embed(pictures)
    alone = np.concatenate([tiny.embed([picture]) for picture in pictures])

    assert together.shape == (35, 64)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert tiny.embed([]).shape == (0, 64)


def test_a_loaded_encoder_is_kept(tiny: Encoder) -> None:
    assert load_encoder() is tiny


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 3)])
def test_extreme_shapes_are_embedded(tiny: Encoder, size: tuple[int, int]) -> None:
    assert np.isfinite(tiny.embed([Image.new("RGB", size, "teal")])).all()
    assert max(within_aspect(Image.new("RGB", size)).size) <= 16 * min(size)


def test_text_has_vectors_in_the_models_own_space(tiny: Encoder) -> None:
    vectors = tiny.embed_text(["a boat in a storm", "still life"])
    assert vectors.shape == (2, 64)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert tiny.embed_text([]).shape == (0, 64)


def test_the_readout_centres_projects_and_normalises(copied: Path) -> None:
    rng = np.random.default_rng(0)
    mean, projection = rng.normal(size=64).astype(np.float32), rng.normal(size=(64, 9)).astype(np.float32)
    plain = fresh(copied)
    save_file({"mean": mean, "projection": projection}, copied / "readout.safetensors")

    with_readout = fresh(copied)

    pictures = [painting(i) for i in range(3)]
    expected = (plain.embed(pictures) - mean) @ projection
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert with_readout.dimension == 9
    np.testing.assert_allclose(with_readout.embed(pictures), expected, atol=1e-5)
    np.testing.assert_allclose(with_readout.embed_plain(pictures), plain.embed(pictures), atol=1e-6)
    assert with_readout.fingerprint != plain.fingerprint


def test_crops_are_embedded_one_by_one_and_averaged(copied: Path) -> None:
    plain = fresh(copied)
    boxes = [[0.0, 0.0, 1.0], [1.0, 1.0, 0.5], [0.5, 0.5, 0.75]]
    (copied / "passport.json").write_text(json.dumps({"crops": {"long_side": 80, "boxes": boxes}}))

    cropped = fresh(copied)

    picture = painting(7, size=(160, 120))
    squares = cut(picture, Crops.from_passport({"long_side": 80, "boxes": boxes}), 64)
    assert squares.shape == (3, 64, 64, 3)
    looks = plain.embed([Image.fromarray(square) for square in squares])
    expected = looks.mean(axis=0) / np.linalg.norm(looks.mean(axis=0))
    np.testing.assert_allclose(cropped.embed([picture])[0], expected, atol=1e-5)
    assert cropped.fingerprint != plain.fingerprint


def test_crops_do_not_depend_on_the_size_of_the_scan() -> None:
    crops = Crops(80, ((0.0, 0.0, 1.0), (0.5, 0.5, 0.75)))
    flat = Image.new("RGB", (800, 600), "teal")
    assert np.array_equal(cut(flat, crops, 32), cut(flat.resize((80, 60)), crops, 32))


@pytest.mark.parametrize("said", [{"boxes": []}, [[0, 0, 2]], [[0, 0]], "many", {"long_side": 1}, 5])
def test_senseless_crops_are_refused(copied: Path, said: object) -> None:
    (copied / "passport.json").write_text(json.dumps({"crops": said}))
    with pytest.raises(SimilarityError) as caught:
        fresh(copied)
    assert caught.value.code == "encoder_unreadable"


def test_the_fingerprint_is_the_same_everywhere_and_changes_with_every_part(copied: Path, tiny_folder: Path) -> None:
    original = resolve(f"local-dir:{tiny_folder}").fingerprint
    assert resolve(f"local-dir:{copied}").fingerprint == original
    elsewhere = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n"
            "from similarity.encoder import encoder_fingerprint\n"
            "print(encoder_fingerprint(sys.argv[1]))\n"
            "assert not {'torch', 'open_clip', 'cv2'} & set(sys.modules)",
            f"local-dir:{copied}",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PATH": ""},
    )
    assert elsewhere.stdout.strip() == original

    config = json.loads((copied / "open_clip_config.json").read_text())
    config["preprocess_cfg"]["mean"] = [0.4, 0.5, 0.5]
    (copied / "open_clip_config.json").write_text(json.dumps(config))
    other_preprocessing = resolve(f"local-dir:{copied}").fingerprint
    write_tiny(copied, seed=1)
    other_weights = resolve(f"local-dir:{copied}").fingerprint
    assert len({original, other_preprocessing, other_weights}) == 3


def test_a_model_by_name_with_a_file_of_weights(tmp_path: Path) -> None:
    config = TINY_CONFIG["model_cfg"]
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "Colophon-Tiny-32.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path / "configs" / "Colophon-Tiny-32.json")
    weights = write_tiny(tmp_path / "weights") / "open_clip_model.safetensors"

    by_name = Encoder(resolve(f"Colophon-Tiny-32/{weights}"))

    assert by_name.embed([painting(1)]).shape == (1, 64)
    assert by_name.files.weights_sha256 == resolve(f"local-dir:{tmp_path / 'weights'}").weights_sha256


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("local-dir:/nowhere/at/all", "encoder_not_found"),
        ("ViT-B-32", "encoder_not_found"),
        ("No-Such-Model/openai", "encoder_not_found"),
        ("ViT-B-32/no-such-tag", "encoder_not_found"),
        ("ViT-B-32/laion2b_s34b_b79k", "encoder_not_found"),  # known, but not here, and downloads are off
    ],
)
def test_an_encoder_that_is_not_there(spec: str, code: str, settings: Settings) -> None:
    settings.MODEL_DOWNLOADS = False
    settings.ENCODER = spec
    for ask in (load_encoder, encoder_fingerprint):
        with pytest.raises(SimilarityError) as caught:
            ask()
        assert (caught.value.code, caught.value.permanent) == (code, True)


def test_a_folder_that_holds_nonsense(copied: Path) -> None:
    weights = copied / "open_clip_model.safetensors"
    sound = weights.read_bytes()

    def code() -> str:
        with pytest.raises(SimilarityError) as caught:
            fresh(copied)
        assert caught.value.permanent
        return caught.value.code

    weights.write_bytes(sound[: len(sound) // 2])
    assert code() == "encoder_unreadable"
    weights.unlink()
    assert code() == "encoder_not_found"
    weights.write_bytes(sound)
    save_file(
        {"mean": np.zeros(3, np.float32), "projection": np.zeros((64, 2), np.float32)}, copied / "readout.safetensors"
    )
    assert code() == "encoder_unreadable"
    (copied / "open_clip_config.json").write_text("{")
    assert code() == "encoder_unreadable"
