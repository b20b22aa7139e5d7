"""Where settings come from: the process environment, a ``.env`` file, and ``NAME_FILE`` secrets.

``FileAwareEnv`` reads ``NAME`` or, when ``NAME_FILE`` is set, the content of that file, so a
container secret never has to pass through the environment.
"""

import builtins
import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

BASE_DIR = Path(__file__).resolve().parent.parent
YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


class Environment(FileAwareEnv):
    """Every reader raises ``ImproperlyConfigured`` with the variable's name and what to write instead."""

    def get_value(self, var: str, cast: Any = None, default: Any = FileAwareEnv.NOTSET, **options: Any) -> Any:
        try:
            return super().get_value(var, cast=cast, default=default, **options)
        except ValueError as error:  # of int(), float() and json.loads()
            raise ImproperlyConfigured(f"{var} cannot be read: {error}. See docs/reference/settings.md.") from error

    def bool(self, var: str, default: Any = FileAwareEnv.NOTSET) -> builtins.bool:
        """A word that is neither yes nor no is not taken for "no"."""
        word = str(self.get_value(var, cast=str, default=default)).strip().lower()
        if word not in YES + NO:
            raise ImproperlyConfigured(f"{var} is “{word}”; write 1 or 0.")
        return word in YES

    def db_url(self, var: str, **options: Any) -> dict[str, Any]:
        config: dict[str, Any] = super().db_url(var, **options)
        if not config.get("ENGINE", "").startswith("django.db.backends."):
            raise ImproperlyConfigured(f"{var} selects no database known here. Use sqlite:///… or postgres://….")
        return config

    def cache_url(self, var: str, **options: Any) -> dict[str, Any]:
        try:
            return dict(super().cache_url(var, **options))
        except ImproperlyConfigured as error:
            raise ImproperlyConfigured(f"{var}: {error}. Use rediscache://HOST:6379/1, or leave it out.") from error

    def email_url(self, var: str, **options: Any) -> dict[str, Any]:
        try:
            return dict(super().email_url(var, **options))
        except (ImproperlyConfigured, KeyError, ValueError) as error:
            raise ImproperlyConfigured(
                f"{var} is no address for e-mail. Use smtp+tls://USER:PASSWORD@HOST:587, consolemail:// or filemail:///FOLDER."
            ) from error


env = Environment()
env.read_env(BASE_DIR / ".env")


def data_folder(path: str | Path) -> Path:
    """*path*, made if it is missing, for this user alone: prompts lie in it. Raises ``ImproperlyConfigured``."""
    folder = Path(path).resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"COLOPHON_DATA_DIR is {folder}, which cannot be made: {error.strerror}. "
            "Name a folder that this user may write to."
        ) from error
    return folder


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
