"""The first thing a newcomer does."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.e2e.service import Service

BUNDLED = settings.BUNDLED_GENERATOR / "model_index.json"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not BUNDLED.exists(), reason="the bundled generator is not in this checkout")
def test_the_demo_makes_three_published_pictures_and_repeats_no_work(tmp_path: Path) -> None:
    service = Service(tmp_path)
    first = service.manage("demo", "--once", "--port", str(service.port), timeout=500)
    files = re.findall(r"file +(\S+\.png)", first.stdout)
    assert len(set(files)) == 3
    assert all(Path(file).stat().st_size > 1000 for file in files)
    assert re.findall(r"verdict +(\S+)", first.stdout) == ["valid"] * 3
    assert re.findall(r"outcome +(\S+)", first.stdout) == ["no_known_artist"] * 3

    keys = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    again = service.manage("demo", "--once", "--port", str(service.port), timeout=500)
    assert re.findall(r"file +(\S+\.png)", again.stdout) == files
    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == keys
