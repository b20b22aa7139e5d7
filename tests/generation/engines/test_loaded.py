"""Engines are loaded once, and make room for each other."""

import pytest
from pytest_django import Settings

from generation.engines import loaded
from generation.errors import GenerationError
from tests.fakes import FakeEngine


class Counting(FakeEngine):
    made: list[str] = []
    room = 99

    def __init__(self, model: str) -> None:
        self.made.append(model)
        if len(loaded._engines) >= Counting.room:
            raise GenerationError("out_of_memory", "Too little memory.")
        super().__init__(model)


@pytest.fixture(autouse=True)
def _empty(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ENGINE = f"{__name__}.Counting"
    monkeypatch.setattr(loaded, "_engines", {})
    monkeypatch.setattr(loaded, "import_string", lambda path: Counting)
    monkeypatch.setattr(Counting, "made", [])


def test_a_model_is_loaded_once() -> None:
    assert loaded.engine_for("a") is loaded.engine_for("a")
    assert Counting.made == ["a"]


def test_models_stay_side_by_side() -> None:
    loaded.engine_for("a")
    loaded.engine_for("b")
    loaded.engine_for("a")

    assert Counting.made == ["a", "b"]


def test_where_memory_is_short_the_others_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "room", 1)
    loaded.engine_for("a")

    assert loaded.engine_for("b").identity.name == "b"
    assert Counting.made == ["a", "b", "b"]


def test_a_model_too_large_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "room", 0)

    with pytest.raises(GenerationError, match="memory"):
        loaded.engine_for("a")

    assert Counting.made == ["a"]
