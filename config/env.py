"""Where settings come from: the process environment, a ``.env`` file, and ``NAME_FILE`` secrets.

``FileAwareEnv`` reads ``NAME`` or, when ``NAME_FILE`` is set, the content of that file, so a
container secret never has to pass through the environment.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from environ import FileAwareEnv

BASE_DIR = Path(__file__).resolve().parent.parent

env = FileAwareEnv()
env.read_env(BASE_DIR / ".env")


def local_secret(path: Path) -> str:
    """Return the secret kept in *path*, making a new one (mode 0600) on first use.

    Two processes starting together agree: whoever links the file first wins.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, candidate = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(handle, "w") as f:
            f.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(candidate, path)
        Path(candidate).unlink()
    return path.read_text().strip()
