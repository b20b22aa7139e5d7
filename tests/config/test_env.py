"""Local secrets are made once; models are called by names, not by places."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import data_folder, local_secret, named_models
from config.ports import free_port


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    first = local_secret(tmp_path / "keys" / "secret")
    assert local_secret(tmp_path / "keys" / "secret") == first
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "keys" / "secret").stat().st_mode) == 0o600


def test_racing_processes_agree_on_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: local_secret(path), range(16)))) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]


def test_a_new_data_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    folder = data_folder(tmp_path / "a" / "var")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_models_folder_is_asked_for_by_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "house").mkdir()
    monkeypatch.chdir(tmp_path)

    names, folders = named_models(["mini", "/srv/models/large", "./x", "house", "some/hub"], {"mini": "/bundled"})

    assert names == ["mini", "large", "x", "house", "some/hub"]
    assert folders == {
        "mini": "/bundled",
        "large": "/srv/models/large",
        "x": str(tmp_path / "x"),
        "house": str(tmp_path / "house"),
    }


@pytest.mark.parametrize("asked", [["/a/one", "/b/one"], ["mini", "/srv/mini"], ["some/hub", "some/hub"]])
def test_two_models_cannot_have_one_name(asked: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="two models named"):
        named_models(asked, {"mini": "/bundled"})


def test_the_next_free_port_is_taken() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) > port
