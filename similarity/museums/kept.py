"""What was fetched, in a folder: a note per address, and the bytes under their own SHA-256."""

import contextlib
import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# How long an address that cannot be had (not found, no picture) is not asked again.
FORGIVEN_AFTER = 7 * 24 * 3600


@dataclass(frozen=True)
class Kept:
    """``fetched/addresses/ab/….json`` and ``fetched/content/cd/…`` below *folder*."""

    folder: Path

    def get(self, url: str) -> bytes | None:
        """What was fetched from *url*; None when it was not, or its bytes are gone or no longer what they were."""
        sha256 = self._note(url).get("sha256")
        if not isinstance(sha256, str) or not sha256.isalnum():
            return None
        try:
            data = self._content(sha256).read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

    def failure(self, url: str) -> str:
        """The code of why *url* could not be had, within the last week; or empty."""
        note = self._note(url)
        at, code = note.get("at"), note.get("error")
        recent = isinstance(at, int | float) and time.time() - at < FORGIVEN_AFTER
        return code if isinstance(code, str) and recent else ""

    def put(self, url: str, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        _write(self._content(sha256), data)
        self._tell(url, {"sha256": sha256, "bytes": len(data)})

    def put_failure(self, url: str, code: str) -> None:
        self._tell(url, {"error": code})

    def _tell(self, url: str, facts: dict[str, Any]) -> None:
        note = {"url": url, "at": round(time.time()), **facts}
        _write(self._address(url), json.dumps(note).encode())

    def _note(self, url: str) -> dict[str, Any]:
        try:
            note = json.loads(self._address(url).read_bytes())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def _address(self, url: str) -> Path:
        key = hashlib.sha256(url.encode(errors="replace")).hexdigest()
        return self.folder / "addresses" / key[:2] / f"{key}.json"

    def _content(self, sha256: str) -> Path:
        return self.folder / "content" / sha256[:2] / sha256


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a run that dies half-way leaves no half file under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
