"""What an encoder is made of, found and hashed without loading it: no torch is needed here.

The *encoder fingerprint* stands for everything that decides a vector: weights, model config,
preprocessing, crops and readout. Vectors of different fingerprints are never compared.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from similarity.crops import Crops
from similarity.errors import SimilarityError

LOCAL_DIR = "local-dir:"
CONFIG = "open_clip_config.json"
PASSPORT = "passport.json"
READOUT = "readout.safetensors"
# Raised when the way from picture to vector changes in code rather than in a file.
PROCEDURE = 1
# open_clip's own order of preference among the files of a folder.
WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
)


@dataclass(frozen=True)
class EncoderFiles:
    """An encoder's parts. ``model`` and ``pretrained`` are what open_clip is asked for."""

    spec: str
    model: str
    pretrained: str | None
    weights: Path
    weights_sha256: str
    config: dict[str, Any]
    preprocess: dict[str, Any]
    crops: Crops
    readout: Path | None
    fingerprint: str


def resolve(spec: str) -> EncoderFiles:
    """Find the files of ``local-dir:FOLDER`` or ``MODEL/PRETRAINED`` (a tag or a file).

    Raises ``SimilarityError`` (permanent): ``encoder_not_found`` or ``encoder_unreadable``.
    """
    try:
        if spec.startswith(LOCAL_DIR):
            return _folder(spec, Path(spec.removeprefix(LOCAL_DIR)).expanduser())
        return _named(spec)
    except OSError as error:
        raise unreadable(spec, error) from error


def not_found(note: str) -> SimilarityError:
    """*note* tells the operator what is missing where; others are only told that it is."""
    message = _("The encoder that pictures are compared with is not here. The service's operator must put it in place.")
    return SimilarityError("encoder_not_found", message, note=note)


def unreadable(spec: str, error: Exception) -> SimilarityError:
    message = _("The encoder that pictures are compared with cannot be read. The service's operator must replace it.")
    return SimilarityError("encoder_unreadable", message, note=f"“{spec}”: {error}")


def _folder(spec: str, folder: Path) -> EncoderFiles:
    if not (folder / CONFIG).is_file():
        raise not_found(_("“%(folder)s” holds no %(file)s.") % {"folder": folder, "file": CONFIG})
    weights = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if weights is None:
        raise not_found(_("“%(folder)s” holds no weights, such as %(file)s.") % {"folder": folder, "file": WEIGHTS[0]})
    try:
        said = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        config, preprocess = dict(said["model_cfg"]), dict(said.get("preprocess_cfg") or {})
        crops = Crops.from_passport(read_passport(folder).get("crops"))
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable(spec, error) from error
    readout = folder / READOUT
    return _described(
        spec=spec,
        model=f"{LOCAL_DIR}{folder}",
        pretrained=None,
        weights=weights,
        config=config,
        preprocess=preprocess,
        crops=crops,
        readout=readout if readout.is_file() else None,
    )


def read_passport(folder: Path) -> dict[str, Any]:
    """What an encoder's folder says of it; empty without one. Raises ``OSError``, ``ValueError`` or ``TypeError``."""
    path = folder / PASSPORT
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _named(spec: str) -> EncoderFiles:
    model, slash, pretrained = spec.partition("/")
    if not slash or not model or not pretrained:
        raise not_found(_("“%(spec)s” is not an encoder: give MODEL/PRETRAINED or local-dir:FOLDER.") % {"spec": spec})
    import open_clip

    config = open_clip.get_model_config(model)
    if config is None:
        raise not_found(_("open_clip knows no model named “%(model)s”.") % {"model": model})
    tag = open_clip.get_pretrained_cfg(model, pretrained)
    if tag:
        weights = _tagged_weights(spec, tag)
        preprocess = {key: tag[key] for key in ("mean", "std", "interpolation", "resize_mode", "size") if key in tag}
    elif Path(pretrained).is_file():
        weights, preprocess = Path(pretrained), {}
    else:
        raise not_found(
            _("“%(pretrained)s” is neither a file nor known to open_clip as weights of %(model)s.")
            % {"pretrained": pretrained, "model": model}
        )
    return _described(
        spec=spec,
        model=model,
        pretrained=pretrained,
        weights=weights,
        config=dict(config),
        preprocess=preprocess,
        crops=Crops(),
        readout=None,
    )


def _tagged_weights(spec: str, tag: dict[str, Any]) -> Path:
    """Where the weights open_clip keeps under a tag lie, downloading them only where that is allowed."""
    from huggingface_hub import try_to_load_from_cache
    from open_clip.pretrained import download_pretrained

    repository = str(tag.get("hf_hub") or "").rstrip("/")
    cached = any(
        isinstance(try_to_load_from_cache(repository, name), str) for name in WEIGHTS if repository.count("/") == 1
    )
    if not cached and not settings.MODEL_DOWNLOADS:
        raise not_found(
            _("The weights of “%(spec)s” are not on this machine. Set COLOPHON_MODEL_DOWNLOADS=1 to fetch them.")
            % {"spec": spec}
        )
    try:
        return Path(download_pretrained(tag))
    except Exception as error:
        raise not_found(
            _("The weights of “%(spec)s” could not be fetched: %(why)s") % {"spec": spec, "why": error}
        ) from error


def trained_on(spec: str) -> list[str] | None:
    """Slugs of the artists an encoder was trained on, as its passport says (``trained_on_artists``); None: unknown."""
    if not spec.startswith(LOCAL_DIR):
        return None
    try:
        said = read_passport(Path(spec.removeprefix(LOCAL_DIR)).expanduser()).get("trained_on_artists")
    except (OSError, ValueError, TypeError):
        return None
    return [str(slug) for slug in said] if isinstance(said, list) else None


def _described(**parts: Any) -> EncoderFiles:
    weights_sha256 = sha256_of(parts["weights"])
    stands_for = {
        "procedure": PROCEDURE,
        "weights": weights_sha256,
        "model": parts["config"],
        "preprocess": parts["preprocess"],
        "crops": parts["crops"].facts(),
        "readout": sha256_of(parts["readout"]) if parts["readout"] else None,
    }
    canonical = json.dumps(stands_for, sort_keys=True, separators=(",", ":"), default=list)
    fingerprint = hashlib.sha256(canonical.encode()).hexdigest()
    return EncoderFiles(weights_sha256=weights_sha256, fingerprint=fingerprint, **parts)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
