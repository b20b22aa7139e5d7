"""What a model's folder says about itself, read without loading the model (or torch).

A local model may bring a ``passport.json`` beside its ``model_index.json``, with any of ``source``,
``version``, ``revision``, ``licence``, ``training_statement`` (text), ``default_steps``,
``native_size``, ``size_multiple`` (pixels on a side; whole numbers), ``default_guidance`` (a number),
``cpu_threads`` (at most so many while it renders on a CPU; 0 leaves it to torch) and ``trained_on_artists``
(slugs). Other entries are not read.
"""

import functools
import hashlib
import json
import math
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from generation.errors import GenerationError

# Weights as diffusers and transformers name them, whole or in shards; not ``model.fp16.safetensors``,
# which is another precision of the same weights and is not what a plain load reads.
_PLAIN_WEIGHTS = re.compile(r"[A-Za-z0-9_]+(-\d{5}-of-\d{5})?\.safetensors")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Passport:
    """The facts of ``passport.json``; what it leaves out has a sensible value."""

    source: str = ""
    version: str = ""
    revision: str = ""
    licence: str = ""
    training_statement: str = ""
    trained_on_artists: tuple[str, ...] = ()
    default_steps: int = 20
    default_guidance: float = 5.0
    native_size: int = 512
    size_multiple: int = 8
    cpu_threads: int = 0


def folder_of(model: str) -> Path | None:
    """The folder of a model asked for by alias or by path; None when the name is a hub's."""
    aliased = settings.MODEL_ALIASES.get(model)
    if aliased is not None:
        return Path(aliased)
    folder = Path(model).expanduser()
    return folder if folder.is_absolute() or folder.is_dir() else None


def public_name(model: str) -> str:
    """How the model is named in what is published: never a path on this machine."""
    folder = folder_of(model)
    return model if folder is None or model in settings.MODEL_ALIASES else folder.name


def revision_of(folder: Path) -> str:
    """The commit, when *folder* is a snapshot in the hub's cache (``…/snapshots/<commit>``)."""
    resolved = folder.resolve()
    if resolved.parent.name == "snapshots" and _COMMIT.fullmatch(resolved.name):
        return resolved.name
    return ""


def passport_of(model: str) -> Passport:
    """What the model's folder says of itself. Raises ``model_unreadable`` for a broken passport.

    A hub model, or a folder that says nothing, has the sensible values.
    """
    folder = folder_of(model)
    return Passport() if folder is None else read_passport(folder)


def read_passport(folder: Path) -> Passport:
    path = folder / "passport.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Passport(native_size=_trained_size(folder) or Passport.native_size)
    except (OSError, ValueError) as error:
        raise _broken_passport(folder) from error
    if not isinstance(found, dict):
        raise _broken_passport(folder)
    facts: dict[str, Any] = {"native_size": _trained_size(folder) or Passport.native_size}
    for field in fields(Passport):
        value = found.get(field.name)
        if value is None:
            continue
        kind = type(field.default)
        if kind is float and type(value) is int:
            value = float(value)
        if kind is tuple and isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            value = tuple(value)
        if type(value) is not kind or (isinstance(value, (int, float)) and not 0 <= value < math.inf):
            raise _broken_passport(folder)
        facts[field.name] = value
    return Passport(**facts)


def _broken_passport(folder: Path) -> GenerationError:
    return GenerationError(
        "model_unreadable",
        _("The passport.json of the model “%(model)s” cannot be read. Its operator must mend it.")
        % {"model": folder.name},
        field="model",
    )


def _trained_size(folder: Path) -> int | None:
    """Pixels on a side: the denoiser's ``sample_size`` × the autoencoder's reduction, if both are told.

    The reduction is 2^(levels − 1), as the diffusers pipelines compute ``vae_scale_factor``.
    """
    for component in ("unet", "transformer"):
        try:
            latent = json.loads((folder / component / "config.json").read_text(encoding="utf-8")).get("sample_size")
            levels = json.loads((folder / "vae" / "config.json").read_text(encoding="utf-8")).get("block_out_channels")
        except (OSError, ValueError, AttributeError):
            continue
        if type(latent) is int and isinstance(levels, list) and levels:
            return int(latent * 2 ** (len(levels) - 1))
    return None


def weights_sha256(folder: Path) -> str:
    """The identity of a model's weights.

    The SHA-256 of the text that ``sha256sum`` prints for its safetensors files, in byte order of
    their paths: one line ``<sha256 of the file>␠␠<path relative to folder>⏎`` each. So anybody can
    check it with coreutils::

        find * -name '*.safetensors' | LC_ALL=C sort | xargs sha256sum | sha256sum

    Counted are the files one level down, in the components' folders, by their plain names; files
    of another precision (``model.fp16.safetensors``) count only where a folder has no other.
    Raises ``FileNotFoundError`` when there is none.
    """
    lines = []
    for path in weight_files(folder):
        stat = path.stat()
        digest = _file_sha256(path.resolve(), stat.st_size, stat.st_mtime_ns)
        lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    if not lines:
        raise FileNotFoundError("no safetensors files")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that make up the model, in byte order of their relative paths."""
    chosen: list[Path] = []
    for component in folder.iterdir():
        found = list(component.glob("*.safetensors")) if component.is_dir() else []
        plain = [path for path in found if _PLAIN_WEIGHTS.fullmatch(path.name)]
        chosen += plain or found
    return sorted(chosen, key=lambda path: path.relative_to(folder).as_posix().encode())


@functools.lru_cache(maxsize=256)
def _file_sha256(path: Path, size: int, modified_ns: int) -> str:
    """SHA-256 of a file; its size and time of change are part of the cache's key."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
