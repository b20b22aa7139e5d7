"""A data folder is made ready, whichever encoder is set."""

import io
from typing import Any

import pytest
from django.core.management.base import CommandError, OutputWrapper

from config import prepare as preparing
from similarity.errors import SimilarityError


def _failing_with(code: str) -> Any:
    def call(name: str, **_options: Any) -> None:
        if name == "load_catalogue":
            raise CommandError(f"{code}: No.") from SimilarityError(code, "No.")

    return call


def test_another_encoder_does_not_keep_the_service_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(preparing, "call_command", _failing_with("catalogue_encoder_mismatch"))

    preparing.prepare(stdout=OutputWrapper(said))

    assert "The reference catalogue was not loaded." in said.getvalue()


@pytest.mark.parametrize("code", ["catalogue_unreadable", "encoder_not_found"])
def test_a_catalogue_that_cannot_be_read_does(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(preparing, "call_command", _failing_with(code))

    with pytest.raises(CommandError, match=code):
        preparing.prepare(stdout=OutputWrapper(io.StringIO()))
