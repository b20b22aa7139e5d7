"""Teach an encoder to look at style: its weights in a folder of their own, with a readout fitted to a collection."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from similarity import readout
from similarity.artworks import Archive, Artwork, Folder
from similarity.catalogue import load_arrays, save_arrays
from similarity.crops import Crops
from similarity.encoder import Encoder
from similarity.encoder_files import (
    CONFIG,
    LOCAL_DIR,
    PASSPORT,
    READOUT,
    EncoderFiles,
    read_passport,
    resolve,
    sha256_of,
)
from similarity.errors import SimilarityError
from similarity.read_ahead import Seen, embed_ahead

LEAST_ARTISTS = 4
PARTIAL = "seen.partial.npz"
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt")
_SAVE_EVERY = 10


def copy_encoder(files: EncoderFiles, out: Path, *, looks: int | None = None) -> None:
    """Write *files* into the folder *out* as open_clip's ``local-dir:`` reads them, without a readout.

    It looks at a picture as *files* do, or *looks* times (``crops.LOOKS``).
    Raises ``SimilarityError`` ``out_exists`` when *out* holds another encoder, or one with a readout.
    """
    out.mkdir(parents=True, exist_ok=True)
    is_other = (out / PASSPORT).exists() and read_passport(out).get("copied_from") != files.fingerprint
    if is_other or (out / READOUT).exists():
        message = _("“%(folder)s” holds an encoder already. Choose an empty folder.") % {"folder": out}
        raise SimilarityError("out_exists", message)
    source = Path(files.model.removeprefix(LOCAL_DIR)) if files.model.startswith(LOCAL_DIR) else None
    told = read_passport(source) if source else {}
    for name in ("readout", "readout_sha256", "crops"):
        told.pop(name, None)
    crops = files.crops if looks is None else Crops.of_looks(looks, _side_of(files))
    told |= {"crops": crops.facts()} if crops.boxes else {}
    weights = "open_clip_model.safetensors" if files.weights.suffix == ".safetensors" else "open_clip_pytorch_model.bin"
    told |= {"name": told.get("name") or files.spec, "weights": weights, "weights_sha256": files.weights_sha256}
    _write_json(out / PASSPORT, {**told, "copied_from": files.fingerprint})
    config = {"model_cfg": _config_of(files), "preprocess_cfg": files.preprocess}
    _write_json(out / CONFIG, config)
    for name in _TOKENIZER if source else ():
        if source and (source / name).is_file():
            shutil.copyfile(source / name, out / name)
    if not (out / weights).is_file() or sha256_of(out / weights) != files.weights_sha256:
        partial = out / f"{weights}.partial"
        shutil.copyfile(files.weights, partial)
        partial.replace(out / weights)


def fit_readout(
    out: Path,
    works: list[Artwork],
    read: Folder | Archive,
    *,
    dims: int,
    batch: int = 32,
    on_works: Callable[[list[Seen]], None] = lambda seen: None,
) -> dict[str, Any]:
    """Fit a readout for the encoder that ``copy_encoder`` put into *out*, write it there, and tell its figures.

    What was embedded is kept beside until the end, so that an interrupted run goes on. Raises
    ``SimilarityError`` ``too_few_artists``.
    """
    encoder = Encoder(resolve(f"{LOCAL_DIR}{out}"))
    held = _held(out / PARTIAL, encoder.fingerprint)
    vectors: dict[str, NDArray[np.float32]] = {}
    artist: dict[str, str] = {}
    parts = embed_ahead(works, read=lambda work: read.read(work.file), encoder=encoder, batch=batch, known=held)
    for number, seen in enumerate(parts, start=1):
        for one in seen:
            vector = one.vector if one.vector is not None else held.get(one.sha256)
            if vector is not None and one.error is None:
                vectors.setdefault(one.sha256, vector)
                artist.setdefault(one.sha256, one.item.artist.slug)
        if number % _SAVE_EVERY == 0 and vectors:
            _save(out / PARTIAL, encoder.fingerprint, vectors)
        on_works(seen)
    order = sorted(vectors)
    slugs, own = np.unique([artist[sha256] for sha256 in order], return_inverse=True)
    enough = np.bincount(own, minlength=len(slugs)) >= 2 if len(slugs) else np.zeros(0, bool)
    if enough.sum() < LEAST_ARTISTS:
        message = _("A readout needs at least %(count)s artists with two works each.") % {"count": LEAST_ARTISTS}
        raise SimilarityError("too_few_artists", message)
    kept = np.flatnonzero(enough[own])
    rows = np.stack([vectors[order[i]] for i in kept])
    chosen = readout.choose(rows, own[kept].astype(np.int64), out=dims)
    told = {
        "readout_fitted_on": f"{len(kept)} works by {int(enough.sum())} artists",
        "readout_method": f"linear discriminant analysis, shrinkage {chosen.shrinkage:g}",
    }
    partial = out / f"{READOUT}.partial"
    readout.save(chosen.readout, partial, told)
    passport = read_passport(out)
    learnt = {*(passport.get("trained_on_artists") or ()), *(str(slug) for slug in slugs[enough])}
    passport |= {**told, "readout": READOUT, "readout_sha256": sha256_of(partial)}
    passport["trained_on_artists"] = sorted(learnt)
    _write_json(out / PASSPORT, passport)
    partial.replace(out / READOUT)
    (out / PARTIAL).unlink(missing_ok=True)
    return {
        "works": len(kept),
        "artists": int(enough.sum()),
        "shrinkage": chosen.shrinkage,
        "dims": int(chosen.readout.projection.shape[1]),
        "nearest_same_artist": {
            "plain": round(chosen.plain, 4),
            "whitened": round(chosen.whitened, 4),
            "readout": round(chosen.fitted, 4),
        },
        "encoder": resolve(f"{LOCAL_DIR}{out}").fingerprint,
    }


def _side_of(files: EncoderFiles) -> int:
    size = files.config["vision_cfg"]["image_size"]
    return int(size if isinstance(size, int) else min(size))


def _config_of(files: EncoderFiles) -> dict[str, Any]:
    """The model's config with what open_clip would have taken from the tag of its weights."""
    config = dict(files.config)
    if files.pretrained is not None:
        import open_clip

        if open_clip.get_pretrained_cfg(files.model, files.pretrained).get("quick_gelu"):
            config["quick_gelu"] = True
    return config


def _write_json(path: Path, value: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=list) + "\n", encoding="utf-8")
    partial.replace(path)


def _held(path: Path, encoder: str) -> dict[str, NDArray[np.float32]]:
    if not path.is_file():
        return {}
    try:
        kept = load_arrays(path)
        if str(kept["encoder"]) != encoder:
            return {}
        return dict(zip(map(str, kept["sha256"]), kept["vectors"], strict=True))
    except (OSError, ValueError, KeyError):
        return {}


def _save(path: Path, encoder: str, vectors: dict[str, NDArray[np.float32]]) -> None:
    names = sorted(vectors)
    stacked = np.stack([vectors[name] for name in names])
    save_arrays(path, {"encoder": np.array(encoder), "sha256": np.array(names), "vectors": stacked})
