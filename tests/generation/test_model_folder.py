"""What a model's folder says of itself."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from pytest_django import Settings

from generation.errors import GenerationError
from generation.model_folder import Passport, folder_of, public_name, read_passport, revision_of, weights_sha256


def weights(folder: Path, **files: bytes) -> None:
    for name, data in files.items():
        path = folder / name.replace("__", "/").replace("_st", ".safetensors")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


def test_weights_are_named_as_coreutils_would(tmp_path: Path) -> None:
    weights(tmp_path, vae__model_st=b"two", unet__model_st=b"one", text_encoder__model_st=b"three")
    (tmp_path / "unet" / "config.json").write_text("{}")
    recipe = "find * -name '*.safetensors' | LC_ALL=C sort | xargs sha256sum | sha256sum"

    printed = subprocess.run(["sh", "-c", recipe], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert weights_sha256(tmp_path) == printed.split()[0]
    assert (
        weights_sha256(tmp_path)
        == hashlib.sha256(
            b"".join(
                f"{hashlib.sha256(data).hexdigest()}  {name}/model.safetensors\n".encode()
                for name, data in (("text_encoder", b"three"), ("unet", b"one"), ("vae", b"two"))
            )
        ).hexdigest()
    )


def test_any_changed_byte_is_another_model(tmp_path: Path) -> None:
    weights(tmp_path, unet__model_st=b"one")
    before = weights_sha256(tmp_path)
    (tmp_path / "unet" / "model.safetensors").write_bytes(b"onf")
    os.utime(tmp_path / "unet" / "model.safetensors", ns=(1, 1))

    assert weights_sha256(tmp_path) != before


def test_another_precision_of_the_same_weights_is_not_counted(tmp_path: Path) -> None:
    weights(tmp_path, unet__model_st=b"one")
    before = weights_sha256(tmp_path)
    (tmp_path / "unet" / "model.fp16.safetensors").write_bytes(b"half")

    assert weights_sha256(tmp_path) == before


def test_shards_all_count(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    digests = set()
    for number in (1, 2):
        (tmp_path / "unet" / f"model-0000{number}-of-00002.safetensors").write_bytes(b"x")
        digests.add(weights_sha256(tmp_path))

    assert len(digests) == 2


def test_no_weights(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        weights_sha256(tmp_path)


def test_a_folder_without_a_passport(tmp_path: Path) -> None:
    assert read_passport(tmp_path) == Passport()


def test_what_a_passport_leaves_out_is_sensible(tmp_path: Path) -> None:
    (tmp_path / "passport.json").write_text('{"licence": "MIT", "default_guidance": 0, "else": [1], "revision": null}')

    assert read_passport(tmp_path) == Passport(licence="MIT", default_guidance=0.0)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"licence": 5}', '{"default_steps": "4"}', '{"default_steps": true}', '{"default_steps": -1}',
     '{"trained_on_artists": "ada"}', '{"trained_on_artists": [1]}',
     '{"default_guidance": NaN}', '{"default_guidance": Infinity}', '{"native_size": 64.5}', "\ud800"],
)  # fmt: skip
def test_a_broken_passport(tmp_path: Path, text: str) -> None:
    (tmp_path / "passport.json").write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(GenerationError) as caught:
        read_passport(tmp_path)

    assert (caught.value.code, caught.value.permanent) == ("model_unreadable", True)
    assert str(tmp_path.parent) not in caught.value.message


def test_names_that_are_published_are_no_paths(tmp_path: Path, settings: Settings) -> None:
    settings.MODEL_ALIASES = {"house": str(tmp_path / "secret")}

    assert public_name("house") == "house"
    assert public_name(str(tmp_path)) == tmp_path.name
    assert public_name("somebody/model") == "somebody/model"
    assert folder_of("somebody/model") is None


def test_a_hub_snapshot_knows_its_commit(tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshots" / ("0a" * 20)
    snapshot.mkdir(parents=True)

    assert revision_of(snapshot) == "0a" * 20
    assert revision_of(tmp_path) == ""
