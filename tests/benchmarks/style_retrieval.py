"""Retrieval and verification over four splits, and how many artists are nearer to somebody else than to themselves.

Definitions are those of ``similarity/training/metrics.py`` (R@1, mAP@10, artist top-1, AUC of work against artist);
intervals draw artists with replacement.

==================  =================================================================================================
by-work             queries and references are works of all 136 artists, trained ones among them (at most ``--each``
                    of those); a query is left out of its references. Flattering: the encoder has seen most of them
artist-disjoint     the 30 unseen artists alone
unseen among all    queries of the unseen artists, references of all 136: what a service meets
content-matched     as above, but a query is compared only with works of its own movement whose title names the same
                    subject, its own artist's and others' alike
  (unmatched)       the same queries with as many own and as many other works drawn at random: the difference is
                    what movement and subject had helped
other file          queries of the unseen artists enlarged twofold as JPEG 60, or saved as WebP 70, against
                    references as they are
  (as they are)     the same queries unaltered
==================  =================================================================================================

The row *readout + cohort* takes from every pair of works half of either work's mean similarity to the ten nearest works
of the trained artists (CSLS; Conneau et al. 2018, arXiv 1710.04087), and scores works against artists by the
service's own normalisation (``similarity/style/scores.py``), scaled on everybody's works, as there.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity.style import scores as style_scores
from similarity.training import metrics
from similarity.training.embed import image_hash
from similarity.training.evaluate import altered
from tests.benchmarks.style_bootstrap import by_group, share
from tests.benchmarks.style_looks import subjects
from tests.benchmarks.style_works import Floats, Ints, Works

COHORT = "readout + cohort"
NEAREST = 10
LEAST_GALLERY = 10
ALTERED = 400


@dataclass(frozen=True)
class Queries:
    """N = n + m rows: the n works, and m other files of works ``original``, which are never references."""

    artist: Ints
    original: Ints
    vectors: dict[str, Floats]
    works: int


@dataclass(frozen=True)
class Row:
    """One way to compare: ``table`` N × N (-inf where nothing is compared), ``scores`` N × artists; R@1, mAP@10."""

    table: Floats
    scores: Floats
    hit1: Floats
    ap10: Floats


def measure(works: Works, scratch: Path, *, strategy: str) -> dict[str, Any]:
    """Every split and the inverted gaps, for every kind of vector."""
    asked = with_other_files(works, scratch)
    everybody = np.arange(len(works.artist))
    unseen, others = everybody[works.is_unseen], np.arange(len(everybody), len(asked.artist))
    closed = np.concatenate([unseen, others])
    matched = matched_galleries(works)
    result: dict[str, Any] = {
        "works": len(everybody),
        "unseen works": len(unseen),
        "normalisation": strategy,
        "content-matched": matched.facts,
        "splits": {},
        "inverted": {},
    }
    for kind, row in rows_of(works, asked, strategy):
        disjoint = narrowed(row, asked.artist, closed, works.unseen)
        own = np.searchsorted(unseen, asked.original)
        found = {
            "by-work": figures(asked.artist[everybody], row, everybody),
            "artist-disjoint": figures(asked.artist[unseen], disjoint, np.arange(len(unseen)))
            | areas(asked.artist[unseen], disjoint, len(unseen)),
            "unseen among all": figures(asked.artist[unseen], row, unseen),
            "content-matched": within(asked.artist, row.table, matched.galleries),
            "content-matched (unmatched)": within(asked.artist, row.table, matched.unmatched),
            "other file": figures(asked.artist[others], disjoint, np.arange(len(unseen), len(closed))),
            "other file (as they are)": figures(asked.artist[others], disjoint, own),
        }
        for split, figure in found.items():
            result["splits"].setdefault(split, {})[kind] = figure
        for name, some in (("of all 136", everybody), ("of the 30 unseen", unseen)):
            result["inverted"].setdefault(name, {})[kind] = inverted(asked.artist, row, some)
    return result


def with_other_files(works: Works, scratch: Path) -> Queries:
    """The works, and ``ALTERED`` of the unseen artists' once more as other files."""
    unseen = np.flatnonzero(works.is_unseen)
    chosen = np.sort(np.random.default_rng(0).permutation(unseen)[:ALTERED])
    pictures = [altered(np.array(works.bench.pictures[int(works.rows[i])]), turn) for turn, i in enumerate(chosen)]
    more = works.embed(pictures, len(pictures), scratch / f"{image_hash(works.bench.model)[:16]}-other-files.npy")
    return Queries(
        artist=np.concatenate([works.artist, works.artist[chosen]]),
        original=chosen,
        vectors={kind: np.concatenate([rows, more[kind]]) for kind, rows in works.vectors.items()},
        works=len(works.artist),
    )


def rows_of(works: Works, asked: Queries, strategy: str) -> Any:
    """Each kind's row in turn (they are large), the cohort's last."""
    for kind, vectors in asked.vectors.items():
        table = metrics.similarities(vectors)
        table[:, asked.works :] = -np.inf
        table[np.arange(asked.works, len(table)), asked.original] = -np.inf
        scores = metrics.artist_scores(table, asked.artist, artists=len(works.names))
        yield kind, Row(table, scores, *metrics.ranks_precision(table, asked.artist, 10))
    # CSLS against the trained artists' works, and the service's normalisation, of the last kind: the readout.
    trained = np.flatnonzero(works.is_trained)
    theirs = np.where(works.artist[trained][None, :] == asked.artist[:, None], -np.inf, table[:, trained])
    level = np.partition(theirs, -NEAREST, axis=1)[:, -NEAREST:].mean(axis=1)
    table -= ((level[:, None] + level[None, :]) / 2).astype(np.float32)
    scale, _ = style_scores.scales(scores[: asked.works], works.artist)
    scores = np.asarray(style_scores.normalise(scores, strategy, scale), np.float32)
    yield COHORT, Row(table, scores, *metrics.ranks_precision(table, asked.artist, 10))


def narrowed(row: Row, artist: Ints, rows: Ints, artists: int) -> Row:
    """*row* as if there were only these works and the first *artists* artists."""
    table = row.table[np.ix_(rows, rows)]
    return Row(table, row.scores[rows][:, :artists], *metrics.ranks_precision(table, artist[rows], 10))


def figures(artist: Ints, row: Row, queries: Ints) -> dict[str, Any]:
    """Figures of some rows; ``artist`` is theirs."""
    scores, hit1 = row.scores[queries], row.hit1[queries]
    own = scores[np.arange(len(artist)), artist]
    above = (scores > own[:, None]).sum(axis=1)
    return {
        "queries": len(artist),
        "R@1": share(hit1, artist),
        "mAP@10": share(row.ap10[queries], artist),
        "artist top-1": share(above < 1, artist),
        "artist top-5": share(above < 5, artist),
        "AUC": [metrics.artist_auc(scores, artist)],
        "worst tenth": worst_tenth(hit1, artist),
    }


def areas(artist: Ints, row: Row, count: int) -> dict[str, Any]:
    """AUC of work against artist with its interval, and of pairs of works, over the first *count* rows."""
    scores, hits = row.scores[:count], row.hit1[:count]
    work = metrics.PerWork(artist, hits, row.ap10[:count], hits, hits, scores)
    upper = np.triu_indices(count, 1)
    same = artist[upper[0]] == artist[upper[1]]
    pairs = row.table[:count, :count][upper]
    interval = metrics.bootstrap(work, rounds=300)["AUC work-artist"]
    return {
        "AUC": [metrics.artist_auc(scores, artist), *interval],
        "AUC of pairs": metrics.auc(pairs[same], pairs[~same]),
    }


def worst_tenth(values: NDArray[Any], artist: Ints) -> float:
    """Mean over the worst tenth of the artists (at least one)."""
    each = np.sort(by_group(values, artist))
    return float(each[: max(1, len(each) // 10)].mean())


@dataclass(frozen=True)
class Matched:
    """Per query (a work's number) the works it is compared with, matched in content and at random."""

    galleries: dict[int, Ints]
    unmatched: dict[int, Ints]
    facts: dict[str, Any]


def matched_galleries(works: Works) -> Matched:
    """Galleries of the same movement and subject for those of the unseen artists' works that have one."""
    rng = np.random.default_rng(0)
    named, style = subjects(works), np.array([w.style for w in works.listed])
    numbers = np.arange(len(works.artist))
    galleries, unmatched, chance = {}, {}, []
    for i in map(int, np.flatnonzero(works.is_unseen & named.any(axis=1))):
        alike = (style == style[i]) & (named & named[i]).any(axis=1)
        own = works.artist == works.artist[i]
        mine, theirs = numbers[alike & own & (numbers != i)], numbers[alike & ~own]
        if not len(mine) or not len(theirs) or len(mine) + len(theirs) < LEAST_GALLERY:
            continue
        galleries[i] = np.concatenate([mine, theirs])
        at_random = rng.choice(numbers[own & (numbers != i)], len(mine), replace=False)
        unmatched[i] = np.concatenate([at_random, rng.choice(numbers[~own], len(theirs), replace=False)])
        chance.append(len(mine) / len(galleries[i]))
    facts = {
        "queries": len(galleries),
        "artists": len({int(works.artist[i]) for i in galleries}),
        "median gallery": float(np.median([len(gallery) for gallery in galleries.values()])),
        "R@1 by chance": float(np.mean(chance)),
    }
    return Matched(galleries, unmatched, facts)


def within(artists: Ints, table: Floats, galleries: dict[int, Ints]) -> dict[str, Any]:
    """Figures of queries that are each compared with a gallery of their own; AUC is the mean over queries."""
    queries = np.array(list(galleries))
    hit1, ap10, area = (np.empty(len(queries), np.float32) for _ in range(3))
    for n, (i, gallery) in enumerate(galleries.items()):
        line = np.concatenate([[-np.inf], table[i, gallery]]).astype(np.float32)
        labels = artists[np.concatenate([[i], gallery])]
        hit1[n], ap10[n] = (found[0] for found in metrics.ranks_precision(line[None, :], labels, 10))
        same = labels[1:] == labels[0]
        area[n] = metrics.auc(line[1:][same], line[1:][~same])
    artist = artists[queries]
    return {
        "queries": len(queries),
        "R@1": share(hit1, artist),
        "mAP@10": share(ap10, artist),
        "AUC": share(area, artist),
        "worst tenth": worst_tenth(hit1, artist),
    }


def inverted(artist: Ints, row: Row, some: Ints) -> dict[str, int]:
    """Artists whose works are, on average, nearer to another one's than to each other.

    *pairs*: mean over pairs of works; *scores*: mean over the artist's works of their scores with each artist.
    """
    names, number = np.unique(artist[some], return_inverse=True)
    member = np.eye(len(names), dtype=np.float64)[number]
    counts = member.sum(axis=0)
    table = row.table[np.ix_(some, some)]
    summed = member.T @ np.where(np.isfinite(table), table, 0) @ member
    means = summed / np.where(np.eye(len(names)) == 1, counts * (counts - 1), np.outer(counts, counts))
    scored = (member.T @ row.scores[some][:, names]) / counts[:, None]
    return {"artists": len(names), "pairs": _below_the_next(means), "scores": _below_the_next(scored)}


def _below_the_next(means: NDArray[np.float64]) -> int:
    others = np.where(np.eye(len(means)) == 1, -np.inf, means)
    return int((np.diag(means) < others.max(axis=1)).sum())
