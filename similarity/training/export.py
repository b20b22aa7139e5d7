"""Write the bundled folder: ``python -m similarity.training.export --run FOLDER --data ../shared/data``.

The folder is what ``open_clip.create_model_and_transforms("local-dir:FOLDER")`` and
``open_clip.get_tokenizer("local-dir:FOLDER")`` read; ``readout.safetensors`` and ``passport.json`` lie beside.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from similarity import readout
from similarity.training import views
from similarity.training.data import DEFAULT_DATA, pack, read_split, read_works
from similarity.training.embed import embed_all_crops, pooled
from similarity.training.model import build
from similarity.training.train import part_of

BUNDLED = Path(__file__).parent.parent / "bundled" / "colophon-style"
MODEL_FILES = ("open_clip_config.json", "tokenizer.json", "tokenizer_config.json")
VERSION = "2.1.0"


def halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights as float16; running statistics and scalars stay as they are, being few and delicate."""
    return {
        name: value.half().contiguous()
        if value.dtype == torch.float32 and value.ndim > 1
        else value.clone().contiguous()
        for name, value in state.items()
    }


def sha256(path: Path) -> str:
    """SHA-256 of a file, hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def restored(run: Path, device: torch.device) -> tuple[Any, dict[str, Any]]:
    """The averaged model of a run, with weights rounded as they will be shipped, and its config."""
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    state = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)["average"]
    model = build(run / "model")
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in halved(state).items()})
    return model.to(device).eval(), config


def passport(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """Identity of the model: weights, licence, training statement, and how to feed it."""
    split, works = read_split(), read_works()
    count = sum(w.artist in set(split.train) for w in works)
    statement = (
        f"trained on {count:,} public-domain works by {len(split.train)} artists, "
        'listed in docs/training-works.csv (those of the artists under "train" in '
        "similarity/training/split.json)"
    )
    return {
        "name": "colophon-style",
        "version": VERSION,
        "kind": "open_clip",
        "licence": "Apache-2.0",
        "training_statement": statement,
        # As the catalogue spells them: without points and apostrophes.
        "trained_on_artists": sorted(slug.translate({ord("."): None, ord("'"): None}) for slug in split.train),
        "weights": "open_clip_model.safetensors",
        "weights_sha256": sha256(folder / "open_clip_model.safetensors"),
        "readout": "readout.safetensors",
        "readout_sha256": sha256(folder / "readout.safetensors"),
        "embed_dim": config["model_cfg"]["embed_dim"],
        "image_size": config["model_cfg"]["vision_cfg"]["image_size"],
        "crops": {
            "long_side": views.LONG_SIDE,
            "boxes": [list(box) for box in views.CROPS],
            "meaning": "shrink the picture to long_side by area averaging (never enlarge); each box is "
            "[x, y, share]: a square of share x short side, at x and y of the free room (0 start, 1 end); "
            "resize to image_size (area average down, bicubic up); embed each, L2-normalise, average, "
            "L2-normalise; then the readout: L2-normalise((embedding - mean) @ projection)",
        },
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Export Colophon-Style")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--packed", type=Path, help="folder of decoded pictures")
    parser.add_argument("--out", type=Path, default=BUNDLED)
    parser.add_argument("--shrinkage", type=float, default=0.75)
    parser.add_argument("--damping", type=float, default=0.0)
    parser.add_argument("--dims", type=int, default=192, help="dimensions of the readout")
    parser.add_argument("--each", type=int, default=1000, help="works an artist to fit the readout on")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, config = restored(args.run, device)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in MODEL_FILES:
        shutil.copyfile(args.run / "model" / name, args.out / name)
    weights = args.out / "open_clip_model.safetensors"
    save_file(halved(model.cpu().state_dict()), str(weights), metadata={"format": "pt"})
    packed = args.packed or args.run / "packed"
    works = read_works()
    rows, artist, _ = part_of(works, read_split().train, args.each)
    pictures = pack(args.data / "art.zip", works, packed)
    crops = embed_all_crops(model.to(device), config, pictures, rows, packed, f"train-{args.each}")
    fitted = readout.fit_plda(pooled(crops), artist, shrinkage=args.shrinkage, out=args.dims, damping=args.damping)
    facts = {
        "fitted_on": f"{len(artist)} works by {int(artist.max()) + 1} training artists",
        "method": "PLDA-style discriminant readout",
        "shrinkage": str(args.shrinkage),
        "damping": str(args.damping),
        "crops": str(len(views.CROPS)),
        "weights_sha256": sha256(weights),
    }
    readout.save(fitted, args.out / "readout.safetensors", facts)
    for file in args.out.iterdir():
        file.chmod(0o644)
    text = json.dumps(passport(args.out, config), indent=2) + "\n"
    (args.out / "passport.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
