"""``docs/reference/settings.md`` names every setting there is, and no other."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_the_reference_names_every_setting_and_no_other() -> None:
    source = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'(?:env|environ)(?:\.\w+)?\(\s*"([A-Z_]+)"', source))

    rows = [
        line.split("|")[1] for line in (ROOT / "docs/reference/settings.md").read_text().splitlines() if "|" in line
    ]
    told: set[str] = set()
    for row in rows:
        names = re.findall(r"`([A-Z_]+)`", row)
        # ``COLOPHON_RATE_ANON``, ``_USER``: the rest of a family is told by its ending.
        told |= {names[0].rpartition("_")[0] + name if name.startswith("_") else name for name in names}

    assert told == read
