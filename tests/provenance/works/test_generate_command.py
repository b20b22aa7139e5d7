"""What ``generate`` does with the finished file."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from provenance.works.management.commands.generate import _export
from tests.factories import make_version, make_work


def test_a_copy_that_cannot_be_written_leaves_nothing(
    creator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_version(work=make_work(owner=creator))
    whole = Path.write_bytes

    def full(path: Path, data: Any) -> int:
        whole(path, bytes(data[:10]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(OSError, match="No space"):
        _export(version, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_copy_is_the_signed_file(creator: User, tmp_path: Path) -> None:
    version = make_version(work=make_work(owner=creator))

    copy = _export(version, tmp_path / "new" / "folder")

    assert [path.name for path in copy.parent.iterdir()] == [f"{version.pk}.png"]
