"""Likelihood ratios: Cllr, its least value, the loss of calibration, reliability.

Trials are the service's: a work against its own artist (left out), and works of an artist's main movement by other
hands against that artist. *Crossed* is what a calibration records: every trial judged by a fit that knows neither
artist. *Unseen artists* asks a fit on the other 106 artists about the trials of the 30 that neither encoder nor
fit knows. Intervals draw the artists asked about.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity.style import fit as style_fit
from similarity.style import likelihood, scores
from tests.benchmarks.style_flags import Floats, Scored

Bools = NDArray[np.bool_]
ROUNDS = 200


def cohort_of(scored: Scored, artists: Bools | None = None) -> style_fit.Cohort:
    """The catalogue, or the works of some of its artists, as a calibration's cohort."""
    chosen = np.ones(len(scored.slugs), bool) if artists is None else artists
    rows = chosen[scored.own]
    return style_fit.Cohort(
        slugs=tuple(np.array(scored.slugs)[chosen]),
        vectors=scored.vectors[rows],
        sha256s=np.zeros((int(rows.sum()), 32), np.uint8),
        own=np.searchsorted(np.flatnonzero(chosen), scored.own[rows]),
        styles=scored.style[rows],
    )


def measure(scored: Scored, strategy: str) -> dict[str, Any]:
    """Figures of the crossed trials of all artists, and of the unseen artists' by a fit without them."""
    everybody = trials_of(scored, np.ones(len(scored.slugs), bool), strategy)
    model = likelihood.fit(trials_of(scored, ~scored.unseen, strategy), rounds=0)
    held = everybody.part(scored.unseen[everybody.asked])
    untrained = style_fit.asking_untrained(everybody, ~scored.trained)
    return {
        "strategy": strategy,
        "not trained on, crossed": quality(untrained, likelihood.crossed(untrained)),
        "crossed": quality(everybody, likelihood.crossed(everybody)),
        "unseen artists": quality(held, np.clip(
            model.fits[0, 0] + model.fits[0, 1] * held.score, -model.cap * math.log(10), model.cap * math.log(10)
        )),
    }  # fmt: skip


def trials_of(scored: Scored, artists: Bools, strategy: str) -> likelihood.Trials:
    """The trials a calibration of these artists makes."""
    cohort = cohort_of(scored, artists)
    raw, own = scored.part(artists)
    full, without = scores.scales(raw, own)
    unknown = scores.as_unknown(raw, own, strategy, without)
    known = scores.normalise(raw, strategy, full)
    return style_fit.trials_of(style_fit.Scored(unknown, known, unknown, own), cohort)


def quality(trials: likelihood.Trials, log_ratio: Floats) -> dict[str, Any]:
    weight = likelihood.weights(trials)
    cost = likelihood.cllr(log_ratio, trials.same, weight)
    least = likelihood.cllr_min(trials.score, trials.same, weight)
    return {
        "artists": trials.artists,
        "trials": len(trials),
        "cllr": [cost, *_interval(trials, log_ratio)],
        "cllr_min": least,
        "calibration loss": cost - least,
        "reliability": likelihood.reliability(log_ratio, trials.same, weight),
    }


def _interval(trials: likelihood.Trials, log_ratio: Floats) -> list[float]:
    """Cllr is a mean over artists of costs, of either kind: drawn artists give it again from those."""
    costs = np.logaddexp(0.0, np.where(trials.same, -log_ratio, log_ratio)) / math.log(2)
    both = np.intersect1d(trials.asked[trials.same], trials.asked[~trials.same])
    means = np.array(
        [[costs[(trials.asked == a) & (trials.same == kind)].mean() for kind in (True, False)] for a in both]
    ).mean(axis=1)
    drawn = np.random.default_rng(0).integers(0, len(means), (ROUNDS, len(means)))
    return [float(q) for q in np.quantile(means[drawn].mean(axis=1), (0.025, 0.975))]
