"""Where settings come from: the process environment, a ``.env`` file, and ``NAME_FILE`` secrets.

``FileAwareEnv`` reads ``NAME`` or, when ``NAME_FILE`` is set, the content of that file, so a
container secret never has to pass through the environment.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

BASE_DIR = Path(__file__).resolve().parent.parent

env = FileAwareEnv()
env.read_env(BASE_DIR / ".env")


def named_models(asked: list[str], aliases: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The names people ask for, and the folders some of them stand for.

    A folder is asked for by its own name: where it lies on this machine is nobody's business.
    Raises ``ImproperlyConfigured`` when two models would have one name.
    """
    names: list[str] = []
    folders: dict[str, str] = {}
    for model in asked:
        path = Path(model).expanduser()
        is_folder = model not in aliases and (path.is_absolute() or model.startswith(".") or path.is_dir())
        name = path.absolute().name if is_folder else model
        if name in names:
            raise ImproperlyConfigured(f"COLOPHON_MODELS has two models named “{name}”. Rename one's folder.")
        names.append(name)
        if is_folder:
            folders[name] = str(path.absolute())
    return names, aliases | folders


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
