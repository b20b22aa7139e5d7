"""Where settings come from: the process environment, a ``.env`` file, and ``NAME_FILE`` secrets.

``FileAwareEnv`` reads ``NAME`` or, when ``NAME_FILE`` is set, the content of that file, so a
container secret never has to pass through the environment.
"""

import os
import secrets
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
        candidate = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.write(secrets.token_urlsafe(48))
        try:
            os.link(candidate, path)
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text().strip()
