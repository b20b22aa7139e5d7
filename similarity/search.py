"""Searching: what is asked of all known works, answered as of one moment.

An ``Index`` never changes. It is a generation, which all processes map and share, with the works that
came since in its own memory and those that went crossed out. When the rows move on another one takes
its place (``similarity.index``); a search in progress goes on undisturbed.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from similarity.artist_scores import Vectors, artist_slices, best_mean_of_each, best_means
from similarity.exact import similarities
from similarity.fingerprint import BITS, distances
from similarity.generation import Generation
from similarity.prototypes import NOMINATED as NOMINATED_ARTISTS
from similarity.rows import Rows, as_strings

ENOUGH_REFERENCES = 10
# A store nominates this many times what was asked for; the order is then decided exactly.
NOMINATED = 4
_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class Hit:
    """A reference and its cosine similarity."""

    reference: UUID
    artist: UUID
    score: float


@dataclass(frozen=True)
class ArtistScore:
    """Mean of the best ``BEST_K`` similarities to an artist's works; too few works are marked."""

    artist: UUID
    score: float
    references: int

    @property
    def sufficient(self) -> bool:
        return self.references >= ENOUGH_REFERENCES


class _Body(NamedTuple):
    """How many works of an artist are here, and their rows as ``Index.similarities`` counts them."""

    works: int
    runs: list[slice]


@dataclass(frozen=True)
class Index:
    """The rows of one encoder as they were at the watermark *number*.

    ``new`` are the rows that came since the generation was made, ``dead`` (sorted) the numbers of
    its rows that went.
    """

    generation: Generation
    number: int
    new: Rows
    dead: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.generation) - len(self.dead) + len(self.new)

    def without(self, works: Collection[UUID]) -> "Index":
        """The same, with *works* crossed out too, as far as they are in it."""
        if not works:
            return self
        ids = np.frombuffer(b"".join(work.bytes for work in works), np.uint8).reshape(-1, 16)
        dead, lost = self.generation.keys.rows_of(ids), self.new.rows_of(ids)
        new = self.new.take(np.setdiff1d(np.arange(len(self.new)), lost))
        return replace(self, new=new, dead=np.union1d(self.dead, dead[dead >= 0]))

    @cached_property
    def sha256(self) -> str:
        """Names the works searched and the encoder that saw them, however the index was made.

        SHA-256 over the encoder fingerprint and the ids of all references, in their order.
        """
        digest = hashlib.sha256(self.generation.manifest.encoder.encode())
        alive = self.generation.keys.references[self._alive]
        digest.update(np.sort(as_strings(np.concatenate([alive, self.new.references]))).tobytes())
        return digest.hexdigest()

    @property
    def artist_count(self) -> int:
        """How many artists the works are by."""
        return len(self._bodies)

    # -- works ----------------------------------------------------------------------------------------

    def search(self, vectors: Vectors, k: int, *, artists: Collection[UUID] | None = None) -> list[list[Hit]]:
        """For each of *vectors* (m × d) the *k* nearest works, best first; of *artists* only, if they are given.

        Scores are exact inner products with the float16 rows; equal ones are in the order of ids.
        Up to ``EXACT_UP_TO`` rows no work is overlooked; above, as few as the manifest's self-test says,
        unless *artists* are given: then all their works are compared.
        """
        vectors = np.ascontiguousarray(vectors, np.float32)
        if artists is None:
            present = len(self)
        else:
            present = sum(self._bodies[artist].works for artist in set(artists) if artist in self._bodies)
        wanted = min(k, present)
        if wanted < 1:
            return [[] for _ in vectors]
        new = self.new
        if artists is not None:
            ids = np.array([artist.bytes for artist in artists], "S16")
            new = new.take(np.isin(as_strings(new.artists), ids))
        nominated = self._nominated(vectors, wanted, artists)
        return [self._best(vector, rows, new, wanted) for vector, rows in zip(vectors, nominated, strict=True)]

    def nearest(self, vector: Vectors, k: int) -> list[Hit]:
        """The *k* works nearest to one vector, best first."""
        return self.search(vector[None, :], k)[0]

    def compare(self, vector: Vectors, k: int) -> tuple[list[Hit], list[ArtistScore]]:
        """``nearest`` and ``artist_scores`` of one vector, in one pass over the works where all are compared anyway."""
        bodies = self._worth_scoring(vector)
        if len(bodies) < len(self._bodies) or not len(self):
            return self.nearest(vector, k), self._scored(bodies, self._similar_to(vector, bodies))
        similar = self.similarities(vector)
        wanted = min(k, len(self))
        count = min(NOMINATED * wanted + len(self.dead), len(self.generation))
        held = similar[: len(self.generation)]
        rows = np.argpartition(held, len(held) - count)[len(held) - count :]
        return self._best(vector, rows[self._alive[rows]], self.new, wanted), self._scored(bodies, similar)

    def code_distances(self, code: bytes) -> NDArray[np.int64]:
        """Bits by which one image-code differs from every row's; more than all bits of a row that went."""
        apart = np.concatenate([distances(code, self.generation.keys.codes), distances(code, self.new.codes)])
        apart[self.dead] = BITS + 1
        return apart

    def similarities(self, vector: Vectors, rows: NDArray[np.int64] | None = None) -> Vectors:
        """Exact cosine of one vector with *rows* (all of them); -inf with rows that went.

        Where a server holds the vectors, name the rows that matter: each is fetched.
        """
        held, first = self.generation.store, len(self.generation)
        if rows is None:
            out = np.concatenate([similarities(vector, held.take(slice(None))), similarities(vector, self.new.vectors)])
            out[self.dead] = -np.inf
        else:
            old = rows < first
            out = np.empty(len(rows), np.float32)
            out[old] = similarities(vector, held.take(rows[old]))
            out[~old] = similarities(vector, self.new.vectors[rows[~old] - first])
            out[np.isin(rows, self.dead)] = -np.inf
        out[np.isnan(out)] = -np.inf
        return out

    def reference_of(self, row: int) -> UUID:
        """The reference in a row of ``code_distances`` or ``similarities``."""
        keys, at = (self.generation.keys, row) if row < len(self.generation) else (self.new, row - len(self.generation))
        return UUID(bytes=keys.references[at].tobytes())

    @property
    def rows(self) -> Rows:
        """All works, ordered by artist and id. Mapped, not copied, while nothing changed since the generation."""
        keys = self.generation.keys
        held = Rows(keys.references, keys.artists, keys.codes, self.generation.store.take(slice(None)))
        if not len(self.dead) and not len(self.new):
            return held
        return held.take(self._alive).joined(self.new)

    # -- artists --------------------------------------------------------------------------------------

    def artist_scores(self, vector: Vectors) -> list[ArtistScore]:
        """Artists' scores, best first, each exact over all their works.

        All artists up to ``EXACT_UP_TO`` rows; above, those whose prototypes are nearest (and those of
        whom works came since the generation was made).
        """
        bodies = self._worth_scoring(vector)
        return self._scored(bodies, self._similar_to(vector, bodies))

    def artist_scores_of(
        self,
        vectors: Vectors,
        *,
        without_references: Sequence[UUID | None] | None = None,
        without_artists: Sequence[UUID | None] | None = None,
    ) -> tuple[Vectors, list[UUID]]:
        """The score of every vector (m × d) with every artist, m × A, and the artists of the columns.

        Exact over all rows: the mean of the best ``BEST_K`` similarities, or of all when there are
        fewer. Vector i is not compared with ``without_references[i]``, nor with any work of
        ``without_artists[i]``; where nothing is left to compare with, the score is -inf.
        """
        rows = self.rows
        slices = artist_slices(rows.artists)
        skipped = None
        if without_references is not None:
            ids = b"".join((reference or UUID(int=0)).bytes for reference in without_references)
            skipped = rows.rows_of(np.frombuffer(ids, np.uint8).reshape(-1, 16))
        scores = best_means(vectors, rows.vectors, slices, skipped=skipped)
        columns = {artist: column for column, (artist, _start, _end) in enumerate(slices)}
        for i, artist in enumerate(without_artists or ()):
            if artist in columns:
                scores[i, columns[artist]] = -np.inf
        return scores, list(columns)

    # -- how ------------------------------------------------------------------------------------------

    @cached_property
    def _alive(self) -> NDArray[np.bool_]:
        alive = np.ones(len(self.generation), bool)
        alive[self.dead] = False
        return alive

    @cached_property
    def _bodies(self) -> dict[UUID, _Body]:
        """The works of each artist; artists whose works all went are not here."""
        first = len(self.generation)
        runs = {artist: [run] for artist, run in self.generation.slices.items()}
        for artist, start, end in artist_slices(self.new.artists):
            runs.setdefault(artist, []).append(slice(first + start, first + end))
        gone = Counter(UUID(bytes=self.generation.keys.artists[row].tobytes()) for row in self.dead)
        held = {
            artist: _Body(sum(run.stop - run.start for run in own) - gone[artist], own) for artist, own in runs.items()
        }
        return {artist: body for artist, body in held.items() if body.works}

    def _worth_scoring(self, vector: Vectors) -> dict[UUID, _Body]:
        prototypes = self.generation.prototypes
        if prototypes is None:
            return self._bodies
        chosen = [self.generation.artists[number] for number in prototypes.nearest(vector, NOMINATED_ARTISTS)]
        chosen += [artist for artist, _start, _end in artist_slices(self.new.artists)]
        return {artist: self._bodies[artist] for artist in chosen if artist in self._bodies}

    def _similar_to(self, vector: Vectors, bodies: dict[UUID, _Body]) -> Vectors:
        """As ``similarities`` of all rows; of bodies that are not asked for, -inf."""
        if len(bodies) == len(self._bodies):
            return self.similarities(vector)
        runs = [_numbers(run) for body in bodies.values() for run in body.runs]
        rows = np.concatenate([np.empty(0, np.int64), *runs])
        similar = np.full(len(self.generation) + len(self.new), -np.inf, np.float32)
        similar[rows] = self.similarities(vector, rows)
        return similar

    def _scored(self, bodies: dict[UUID, _Body], similar: Vectors) -> list[ArtistScore]:
        scores = best_mean_of_each([np.concatenate([similar[run] for run in body.runs]) for body in bodies.values()])
        scored = [
            ArtistScore(artist, score, body.works)
            for (artist, body), score in zip(bodies.items(), scores.tolist(), strict=True)
        ]
        return sorted(scored, key=lambda entry: (-entry.score, entry.artist))

    def _nominated(self, vectors: Vectors, wanted: int, artists: Collection[UUID] | None) -> list[NDArray[np.int64]]:
        """For each vector, rows of the generation that hold the *wanted* nearest of its living rows of *artists*."""
        if artists is not None:
            # All of them: among the neighbours of all rows there may be few of these, and not the nearest.
            parts = [_numbers(part) for artist in set(artists) if (part := self.generation.slices.get(artist))]
            rows = np.concatenate([np.empty(0, np.int64), *parts])
            return [rows[self._alive[rows]]] * len(vectors)
        nominated = []
        enough = min(wanted, len(self.generation) - len(self.dead))
        count = min(NOMINATED * wanted + len(self.dead), len(self.generation))
        for found in self.generation.store.nominate(vectors, count):
            rows = found[found >= 0]
            rows = rows[self._alive[rows]]
            # What a store does not find is found by comparing with every row.
            nominated.append(rows if len(rows) >= enough else np.flatnonzero(self._alive))
        return nominated

    def _best(self, vector: Vectors, rows: NDArray[np.int64], new: Rows, wanted: int) -> list[Hit]:
        parts = [rows[at : at + _ROWS_AT_ONCE] for at in range(0, len(rows), _ROWS_AT_ONCE)]
        old = [similarities(vector, self.generation.store.take(part)) for part in parts]
        scores = np.concatenate([*old, similarities(vector, new.vectors)])
        keys = self.generation.keys
        # A row that went this very moment has no score.
        worth = np.flatnonzero(np.isfinite(scores))
        if len(worth) > wanted:
            least = -np.partition(-scores[worth], wanted - 1)[wanted - 1]
            worth = worth[scores[worth] >= least]
        hits = []
        for at in worth:
            own, row = (keys, rows[at]) if at < len(rows) else (new, at - len(rows))
            reference, artist = (UUID(bytes=ids[row].tobytes()) for ids in (own.references, own.artists))
            hits.append(Hit(reference, artist, float(scores[at])))
        return sorted(hits, key=lambda hit: (-hit.score, hit.reference))[:wanted]


def _numbers(part: slice) -> NDArray[np.int64]:
    return np.arange(part.start, part.stop)
