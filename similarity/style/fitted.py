"""All the numbers of one calibration, as one file of plain arrays."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity.style.content import ContentSpace
from similarity.style.likelihood import RatioModel
from similarity.style.scores import Scale

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]


@dataclass(frozen=True)
class Fitted:
    """A artists with n works as the cohort, u scored pictures as the background, d dimensions.

    ``cohort`` is the SHA-256 of the works' files (n × 32 bytes), ``own`` the artist of each (n,), columns of
    ``slugs``. ``statistics`` (u,) are the background's largest normalised scores, ``unit`` (u,) says which
    belong together: an artist's column, or for a generator each by itself. ``sets`` has the same of sets, by
    size. ``watched`` (w × A) are the normalised scores of w independent units. Of a generator's pictures
    also ``vectors`` (u × d, float16), ``prompts`` and ``seeds``.
    """

    slugs: tuple[str, ...]
    cohort: NDArray[np.uint8]
    own: Ints
    scale: Scale
    statistics: Floats
    unit: Ints
    ratio: RatioModel
    content: ContentSpace
    content_limits: Floats
    watched: Floats
    sets: Mapping[int, tuple[Floats, Ints]] = field(default_factory=dict)
    vectors: NDArray[np.float16] | None = None
    prompts: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """An ``.npz``; equal numbers give equal bytes."""
        arrays: dict[str, NDArray[Any]] = {
            "slugs": np.array(self.slugs),
            "cohort": self.cohort,
            "own": self.own.astype("<i4"),
            "scale_mean": self.scale.mean.astype("<f8"),
            "scale_spread": self.scale.spread.astype("<f8"),
            "statistics": self.statistics.astype("<f8"),
            "unit": self.unit.astype("<i4"),
            "ratio_fits": self.ratio.fits.astype("<f8"),
            "ratio_cap": np.array(self.ratio.cap),
            "content_mean": self.content.mean.astype("<f4"),
            "content_style": self.content.style.astype("<f4"),
            "content_limits": self.content_limits.astype("<f4"),
            "watched": self.watched.astype("<f4"),
        }
        for size, (statistics, unit) in sorted(self.sets.items()):
            arrays[f"set_{size}"] = statistics.astype("<f8")
            arrays[f"set_{size}_unit"] = unit.astype("<i4")
        if self.vectors is not None:
            arrays |= {"vectors": self.vectors, "prompts": np.array(self.prompts), "seeds": np.array(self.seeds)}
        out = io.BytesIO()
        np.savez_compressed(out, allow_pickle=False, **arrays)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Fitted":
        """Raises ``ValueError``, ``KeyError``, ``OSError`` or ``zipfile.BadZipFile`` for anything else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            a = {name: held[name] for name in held.files}
        sizes = sorted(int(name.split("_")[1]) for name in a if name.startswith("set_") and not name.endswith("unit"))
        return cls(
            slugs=tuple(str(slug) for slug in a["slugs"]),
            cohort=a["cohort"],
            own=a["own"],
            scale=Scale(a["scale_mean"], a["scale_spread"]),
            statistics=a["statistics"],
            unit=a["unit"],
            ratio=RatioModel(a["ratio_fits"], float(a["ratio_cap"])),
            content=ContentSpace(a["content_mean"], a["content_style"]),
            content_limits=a["content_limits"],
            watched=a["watched"],
            sets={size: (a[f"set_{size}"], a[f"set_{size}_unit"]) for size in sizes},
            vectors=a.get("vectors"),
            prompts=tuple(str(prompt) for prompt in a.get("prompts", ())),
            seeds=tuple(str(seed) for seed in a.get("seeds", ())),
        )
