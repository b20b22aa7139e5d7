"""A declared size is believed when it is too large, and never needed."""

from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from similarity.errors import SimilarityError
from similarity.uploads import ENVELOPE_BYTES, refuse_declared_size


@pytest.mark.parametrize("declared", ["", None, "0", "1000", "many", "-5", "²", str(1000 + ENVELOPE_BYTES)])
def test_what_may_fit_is_read(settings: Settings, declared: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    refuse_declared_size(SimpleNamespace(META={"CONTENT_LENGTH": declared}))


@pytest.mark.parametrize("declared", [str(1001 + ENVELOPE_BYTES), "209715200000"])
def test_what_cannot_fit_is_refused(settings: Settings, declared: str) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    with pytest.raises(SimilarityError) as caught:
        refuse_declared_size(SimpleNamespace(META={"CONTENT_LENGTH": declared}))
    assert caught.value.code == "file_too_large"
