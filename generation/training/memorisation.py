"""Does the model hand out its training pictures? 500 samples against every training work.

A sample is the same picture as a training work when its perceptual hash is near, or when its SqueezeNet features are
near and its grey layout correlates as a copy's does. Features alone are no proof: any two misty skies are near.

The check is calibrated so that it can fail. "Near" is nearer than all but 1 % of the works that were never trained on;
some of those are second versions of a training work, so the limits are generous. The correlation is what 95 % of cut
copies reach. Then known copies must be caught: recompressed, cut, and drawn by our own decoder, which is what a
memorised picture would look like.

    python -m generation.training.memorisation --art ART --work WORK
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from generation.training import fingerprints, runs, samples, sheet
from generation.training.features import POSITION, features_of_works
from generation.training.latents import load_autoencoder
from generation.training.pixels import Pixels, PixelStore, held_out, read_works, to_tensor
from generation.training.squeezenet import SqueezeFeatures

POSITIONS = (0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0)
FALSE_ALARMS, CAUGHT = 0.01, 0.95
Distances = npt.NDArray[np.floating[Any]] | npt.NDArray[np.uint16]


def hashes_of_works(store: PixelStore, path: Path) -> npt.NDArray[np.uint8]:
    """Hashes of the squares that training could have cut, plain and mirrored: (works, views, 32), cached."""
    if not path.exists():
        rows = []
        for i in tqdm(range(len(store)), desc="hashes", mininterval=10):
            squares = [store.square(i, position, 64) for position in POSITIONS]
            rows.append([fingerprints.phash(np.ascontiguousarray(v)) for s in squares for v in (s, s[:, ::-1])])
        np.save(path, np.array(rows, np.uint8))
    cached: npt.NDArray[np.uint8] = np.load(path)
    return cached


def nearest_by_hash(pictures: list[Pixels], views: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """Smallest Hamming distance of each picture to any view of each work: (pictures, works), 0 … 256 bits."""
    queries = np.array([fingerprints.phash(p) for p in pictures])
    best = fingerprints.hamming(queries, views[:, 0])
    for view in range(1, views.shape[1]):
        np.minimum(best, fingerprints.hamming(queries, views[:, view]), out=best)
    return best


def spread(values: Distances) -> dict[str, float]:
    """A distribution in seven numbers."""
    points = {"min": 0, "1 %": 1, "5 %": 5, "25 %": 25, "median": 50, "75 %": 75, "max": 100}
    return {name: round(float(np.percentile(values, point)), 4) for name, point in points.items()}


def main() -> None:
    """Calibrate, measure, write the report and the sheet of the nearest pairs (the sheet stays in the work folder)."""
    run, args = runs.start(
        __doc__ or "",
        model="generation/bundled/colophon-mini",
        out="docs/models/colophon-mini-memorisation.json",
        count=500,
    )
    works = read_works(run.art)
    store = PixelStore.build(run.art, works, run.work)
    out = held_out(len(works), run.config["held_out_share"])
    trained = np.flatnonzero(~out)
    features = features_of_works(store, run.data, run.work / "features.npy", run.device)
    mean = features[trained].mean(0)
    views = hashes_of_works(store, run.work / "hashes.npy")[trained]
    network = SqueezeFeatures(run.data).to(run.device)

    def distances(pictures: list[Pixels]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.float32]]:
        embedded = fingerprints.embed(network, pictures, run.device)
        return nearest_by_hash(pictures, views), fingerprints.cosine_distance(embedded, features[trained], mean)

    rng = np.random.default_rng(run.config["seed"])
    unseen = [store.square(int(i), POSITION, 256) for i in np.flatnonzero(out)]
    other_bits, other_cosine = distances(unseen)
    bits_limit = float(np.quantile(other_bits.min(1), FALSE_ALARMS))
    cosine_limit = float(np.quantile(other_cosine.min(1), FALSE_ALARMS))

    chosen = rng.choice(len(trained), 150, replace=False)
    squares = [store.square(int(trained[k]), POSITION, 256) for k in chosen]
    copies = {
        "recompressed": [fingerprints.recompress(s, rng) for s in squares],
        "cut_and_recompressed": [fingerprints.cut(s, rng) for s in squares],
        "through_our_autoencoder": through(run, squares),
    }
    copied = {name: distances(made) for name, made in copies.items()}
    planned, pictures = samples.ensure(run, Path(args.model), args.count)
    bits, cosine = distances(pictures)
    rows = np.arange(len(chosen))
    pairs = zip(copies["cut_and_recompressed"], trained[chosen], strict=True)
    layout_limit = float(np.quantile([correlation(copy, store, int(work)) for copy, work in pairs], 1 - CAUGHT))

    def caught(made: list[Pixels], b: npt.NDArray[np.uint16], c: npt.NDArray[np.float32]) -> dict[str, float]:
        """Shares of pictures called the same by the hash, near by features, and the same by either rule."""
        by_hash, by_features = (b <= bits_limit).any(axis=1), (c <= cosine_limit).any(axis=1)
        by_layout = np.zeros(len(made), np.bool_)
        for row, k in np.argwhere(c <= cosine_limit):
            by_layout[row] |= correlation(made[row], store, int(trained[k])) >= layout_limit
        shares = {"same": by_hash | by_layout, "by_hash": by_hash, "near_by_features_alone": by_features}
        return {name: round(float(np.mean(share)), 4) for name, share in shares.items()}

    report = {
        "samples": args.count,
        "training_works": len(trained),
        "limits": {"bits": bits_limit, "cosine": round(cosine_limit, 4), "layout": round(layout_limit, 4)},
        "same_picture": {
            "samples": caught(pictures, bits, cosine),
            "held_out_works": caught(unseen, other_bits, other_cosine),
            **{name: caught(copies[name], *pair) for name, pair in copied.items()},
        },
        "nearest_bits": {
            "samples": spread(bits.min(1)),
            "held_out_works": spread(other_bits.min(1)),
            **{name: spread(pair[0][rows, chosen]) for name, pair in copied.items()},
        },
        "nearest_cosine": {
            "samples": spread(cosine.min(1)),
            "held_out_works": spread(other_cosine.min(1)),
            **{name: spread(pair[1][rows, chosen]) for name, pair in copied.items()},
        },
        "own_caption": own_caption(planned, works, trained, bits),
    }
    Path(args.out).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))
    score = np.minimum(bits / bits_limit, cosine / cosine_limit)
    worst = np.argsort(score.min(1))[:8]
    partners = [int(trained[score[i].argmin()]) for i in worst]
    sheet.write_pixels(
        run.work / "nearest.png", [[pictures[i] for i in worst], [store.square(p, POSITION, 256) for p in partners]]
    )


def correlation(picture: Pixels, store: PixelStore, work: int) -> float:
    """Best correlation of grey layout between a picture and any square that training could have cut from a work."""
    ours = fingerprints.layout(picture)
    squares = [store.square(work, position, 64) for position in POSITIONS]
    views = [np.ascontiguousarray(view) for square in squares for view in (square, square[:, ::-1])]
    return max(float(ours @ fingerprints.layout(view)) for view in views)


def through(run: runs.Run, squares: list[Pixels]) -> list[Pixels]:
    """Training squares as our autoencoder gives them back."""
    vae = load_autoencoder(run)
    with torch.no_grad():
        again = [vae.decode(vae.encode(to_tensor([s]).to(run.device)).latents).sample for s in squares]
    return [np.asarray(image) for batch in again for image in sheet.to_images(batch)]


def own_caption(
    planned: list[samples.Sample], works: list[Any], trained: npt.NDArray[np.int64], bits: npt.NDArray[np.uint16]
) -> dict[str, float]:
    """How often a sample drawn from a training caption has that very work as its nearest, and what chance would be."""
    prompts = {samples.prompt_of(works[i]): k for k, i in enumerate(trained)}
    pairs = [(row, prompts[s.prompt]) for row, s in enumerate(planned) if s.prompt in prompts]
    hits = [bits[row].argmin() == k for row, k in pairs]
    return {"asked": len(pairs), "nearest_is_that_work": float(np.mean(hits)), "chance": 1 / len(trained)}


if __name__ == "__main__":
    main()
