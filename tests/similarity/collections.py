"""A collection of known works made of vectors alone: quick to enrol, and as hard or easy to tell apart as wanted."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity.build_index import build_index
from similarity.calibrate import calibrate
from similarity.calibration import accept
from similarity.index import Index, open_index
from similarity.models import Artist, Calibration, Embedding, IndexChange, Reference

ENCODER = "e" * 64
DIMENSION = 32
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Collection:
    """Artists' directions (A × d) and the index of their works."""

    hands: Vectors
    encoder: str = ENCODER
    dimension: int = DIMENSION

    @property
    def index(self) -> Index:
        return open_index(encoder=self.encoder, dimension=self.dimension)

    def works_of(self, artist: int, n: int, *, seed: int = 0) -> Vectors:
        """New works in the hand of an artist (a column; one beyond the last is nobody known here)."""
        rng = np.random.default_rng([seed, artist])
        hand = self.hands[artist] if artist < len(self.hands) else rng.normal(size=self.dimension)
        return unit(2 * hand / np.linalg.norm(hand) + rng.normal(size=(n, self.dimension)) * 0.2)

    def calibrated(self, domain: str = Calibration.UPLOADS) -> Calibration:
        """A calibration in force."""
        draft = calibrate(encoder=self.encoder, dimension=self.dimension, domain=domain)
        return accept(draft, reason="for a test", by="tests")


def unit(rows: NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def make_collection(
    *, artists: int = 24, works: int = 12, encoder: str = ENCODER, dimension: int = DIMENSION
) -> Collection:
    """*artists* with *works* each, ``artist-00`` first, enrolled and indexed."""
    hands = unit(np.random.default_rng(7).normal(size=(artists, dimension)))
    collection = Collection(hands, encoder, dimension)
    rows = Artist.objects.bulk_create(Artist(slug=f"artist-{a:02d}", name=f"Artist {a}") for a in range(artists))
    references, embeddings = [], []
    for a, artist in enumerate(rows):
        for number, vector in enumerate(collection.works_of(a, works, seed=1)):
            sha256 = hashlib.sha256(f"{a}/{number}".encode()).hexdigest()
            reference = Reference(
                artist=artist, title=f"Work {number}", style="style", sha256=sha256, fingerprint=bytes.fromhex(sha256)
            )
            references.append(reference)
            embeddings.append(Embedding(reference=reference, encoder=encoder, vector=vector.astype("<f2").tobytes()))
    Reference.objects.bulk_create(references)
    Embedding.objects.bulk_create(embeddings)
    IndexChange.objects.update_or_create(encoder=encoder, defaults={"number": 1})
    build_index(encoder=encoder, dimension=dimension)
    return collection
