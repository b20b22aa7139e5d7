"""How good the samples are, by a judge that is not ours: SqueezeNet features of 500 samples.

Fréchet distance to held-out works (Heusel et al. 2017, with SqueezeNet in place of Inception), with real works as the
best and pictures without structure as the worst; and whether a classifier trained on real works finds the artist,
the style and the subject that the prompt asked for, beside chance and beside its score on held-out real works.

    python -m generation.training.fidelity --art ART --work WORK
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generation.training import fingerprints, runs, samples
from generation.training.features import features_of_works
from generation.training.pixels import Pixels, PixelStore, held_out, read_works
from generation.training.squeezenet import SqueezeFeatures
from generation.training.subjects import SUBJECTS, titled

Floats = npt.NDArray[np.floating]


def frechet(a: Floats, b: Floats, components: Floats) -> float:
    """Fréchet distance of Gaussians fitted to both sets, on given principal directions (features, 64)."""
    x, y = a @ components, b @ components
    s, t = np.cov(x.T), np.cov(y.T)
    values, vectors = np.linalg.eigh(s)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ t @ root), 0, None)).sum()
    return float(np.square(x.mean(0) - y.mean(0)).sum() + np.trace(s) + np.trace(t) - 2 * cross)


def principal(features: Floats, count: int = 64) -> Floats:
    """The strongest directions of the training works' features."""
    _, _, rows = np.linalg.svd(features - features.mean(0), full_matrices=False)
    directions: Floats = rows[:count].T
    return directions


class Ridge:
    """One-against-all ridge regression on standardised features."""

    def __init__(self, features: Floats, labels: list[str], strength: float = 300.0) -> None:
        self.names = sorted(set(labels))
        self.mean, self.deviation = features.mean(0), features.std(0) + 1e-6
        x = self._prepare(features)
        index = {name: k for k, name in enumerate(self.names)}
        y = np.eye(len(self.names))[[index[label] for label in labels]]
        y = (y - y.mean(0)) / y.std(0)
        self.weights = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y)

    def _prepare(self, features: Floats) -> Floats:
        return np.concatenate([(features - self.mean) / self.deviation, np.ones((len(features), 1))], axis=1)

    def top(self, features: Floats, labels: list[str], k: int) -> float:
        """Share of rows whose label is among the `k` best."""
        best = np.argsort(-(self._prepare(features) @ self.weights), axis=1)[:, :k]
        return float(np.mean([label in {self.names[j] for j in row} for label, row in zip(labels, best, strict=True)]))


def subject_of_title(row: npt.NDArray[np.bool_], wanted: list[str]) -> str:
    """The one wanted subject that a title names, or nothing."""
    named = [name for name, hit in zip(SUBJECTS, row, strict=True) if hit and name in wanted]
    return named[0] if len(named) == 1 else ""


def main() -> None:
    """Measure and write the report."""
    run, args = runs.start(
        __doc__ or "",
        model="generation/bundled/colophon-mini",
        out="docs/models/colophon-mini-fidelity.json",
        count=500,
    )
    works = read_works(run.art)
    store = PixelStore.build(run.art, works, run.work)
    out = held_out(len(works), run.config["held_out_share"])
    features = features_of_works(store, run.data, run.work / "features.npy", run.device)
    trained, unseen = features[~out], features[out]
    network = SqueezeFeatures(run.data).to(run.device)
    planned, pictures = samples.ensure(run, Path(args.model), args.count)
    drawn = fingerprints.embed(network, pictures, run.device)

    rng = np.random.default_rng(run.config["seed"])
    directions = principal(trained)
    flat: list[Pixels] = [np.broadcast_to(p.mean((0, 1)).astype(np.uint8), p.shape).copy() for p in pictures[:100]]
    noise: list[Pixels] = [rng.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(100)]
    distances = {
        "samples": frechet(drawn, unseen, directions),
        "training_works": frechet(trained[rng.choice(len(trained), len(drawn), replace=False)], unseen, directions),
        "one_colour": frechet(fingerprints.embed(network, flat, run.device), unseen, directions),
        "noise": frechet(fingerprints.embed(network, noise, run.device), unseen, directions),
    }

    kept = [w for w, hidden in zip(works, out, strict=True) if not hidden]
    others = [w for w, hidden in zip(works, out, strict=True) if hidden]
    artists, styles = Ridge(trained, [w.artist for w in kept]), Ridge(trained, [w.style for w in kept])
    rows = [i for i, s in enumerate(planned) if s.artist]
    asked_artist, asked_style = [planned[i].artist for i in rows], [planned[i].style for i in rows]

    subject_rows = [i for i, s in enumerate(planned) if s.subject]
    wanted = sorted({planned[i].subject for i in subject_rows})
    named = [subject_of_title(row, wanted) for row in titled([w.title for w in works])]
    learn = [i for i, name in enumerate(named) if name and not out[i]]
    test = [i for i, name in enumerate(named) if name and out[i]]
    subjects = Ridge(features[learn], [named[i] for i in learn])
    report = {
        "samples": args.count,
        "frechet_to_held_out": {name: round(value, 2) for name, value in distances.items()},
        "artist_top1": {
            "samples": artists.top(drawn[rows], asked_artist, 1),
            "held_out_works": artists.top(unseen, [w.artist for w in others], 1),
            "chance": 1 / len(artists.names),
        },
        "artist_top5": {
            "samples": artists.top(drawn[rows], asked_artist, 5),
            "held_out_works": artists.top(unseen, [w.artist for w in others], 5),
            "chance": 5 / len(artists.names),
        },
        "style_top1": {
            "samples": styles.top(drawn[rows], asked_style, 1),
            "held_out_works": styles.top(unseen, [w.style for w in others], 1),
            "chance": 1 / len(styles.names),
        },
        "subject_top1": {
            "samples": subjects.top(drawn[subject_rows], [planned[i].subject for i in subject_rows], 1),
            "held_out_works": subjects.top(features[test], [named[i] for i in test], 1),
            "chance": 1 / len(wanted),
            "subjects": wanted,
        },
    }
    Path(args.out).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
