"""Look against content: is the same look on another picture nearer than the same picture in another look?

A block has two looks and two contents, four works by four unseen artists; ``style_wear`` makes its four pictures, and
each of them is once the one that is asked about: its look on the other content must be nearer than its
content in the other look. 250 blocks make 1,000 triples; intervals draw blocks. The second kind of triple is made of
real works alone: a work by the same artist whose title names no common subject, against a work by another
artist of the same movement whose title names the same subject.
"""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from similarity import readout
from similarity.training.data import Pictures
from similarity.training.embed import image_hash
from similarity.training.squeezenet import WEIGHTS
from similarity.training.teacher import statistics_of_works
from tests.benchmarks import style_wear
from tests.benchmarks.style_bootstrap import share
from tests.benchmarks.style_works import Floats, Ints, Works

SEED = 20261128


def measure(works: Works, data: Path, scratch: Path, *, blocks: int, distance: int) -> dict[str, Any]:
    """Share of triples that are right, per kind of vector, with SqueezeNet's statistics as the judge beside."""
    folder = scratch / f"looks-{_version(works, blocks)}"
    pictures = made(works, folder, blocks)
    vectors = works.embed(pictures, len(pictures), folder / f"{image_hash(works.bench.model)[:16]}.npy")
    if (data / WEIGHTS).exists():
        statistics = statistics_of_works(data, pictures, folder / "squeezenet.npy", works.bench.device)
        vectors["SqueezeNet statistics"] = readout.unit(statistics)
        scaled = (statistics - statistics.mean(0)) / (statistics.std(0) + 1e-4)
        vectors["SqueezeNet statistics, standardised"] = readout.unit(scaled)
    group = np.repeat(np.arange(blocks), 4)
    made_up = {name: share(right_of_blocks(rows), group) for name, rows in vectors.items()}
    natural, chosen = real_triples(works)
    real = {kind: share(_right(works.vectors[kind], *natural.T), works.artist[natural[:, 0]]) for kind in works.vectors}
    return {
        "triples": 4 * blocks,
        "blocks": blocks,
        "right": made_up,
        "same picture by the copy lane": _still_the_same(pictures, distance),
        "real works": {"triples": len(natural), "works asked about": chosen, "right": real},
    }


def made(works: Works, folder: Path, blocks: int) -> Pictures:
    """The pictures of all blocks, four a block (look A: both contents; look B: both), kept in *folder*."""
    if not (folder / "shapes.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shapes, offset = [], 0
        with (folder / "pixels.u8").open("wb") as sink:
            for looks, contents in tqdm(plan(works, blocks), desc="looks", unit="block"):
                for look in looks:
                    for content in contents:
                        one, other = (np.array(works.bench.pictures[int(works.rows[i])]) for i in (content, look))
                        picture = style_wear.wear(one, other)
                        shapes.append((offset, *picture.shape[:2]))
                        sink.write(picture.tobytes())
                        offset += picture.size
        np.save(folder / "shapes.npy", np.array(shapes, np.int64))
    return Pictures(folder)


def plan(works: Works, blocks: int) -> list[tuple[Ints, Ints]]:
    """Two looks and two contents a block: works of four different unseen artists."""
    rng = np.random.default_rng(SEED)
    members = [np.flatnonzero(works.artist == a) for a in range(works.unseen)]
    chosen = []
    for _ in range(blocks):
        four = np.array([rng.choice(members[a]) for a in rng.choice(works.unseen, 4, replace=False)])
        chosen.append((four[:2], four[2:]))
    return chosen


def right_of_blocks(vectors: Floats) -> NDArray[np.bool_]:
    """For every picture of every block: is its look on the other content nearer than its content in the other look?"""
    four = vectors.reshape(-1, 4, vectors.shape[1])
    table = np.einsum("bid,bjd->bij", four, four)
    # Pictures 0, 1 wear look A and 2, 3 look B; 0, 2 show one content and 1, 3 the other.
    return np.stack([table[:, i, i ^ 1] > table[:, i, i ^ 2] for i in range(4)], axis=1).reshape(-1)


def _right(vectors: Floats, asked: Ints, look: Ints, content: Ints) -> NDArray[np.bool_]:
    near, far = ((vectors[asked] * vectors[other]).sum(axis=1) for other in (look, content))
    return np.asarray(near > far)


def real_triples(works: Works, count: int = 1000) -> tuple[Ints, int]:
    """Triples of unseen artists' works, count × 3: asked about, same hand other subject, other hand same subject."""
    rng = np.random.default_rng(SEED)
    named = subjects(works)
    style = np.array([w.style for w in works.listed])
    candidates = []
    for i in np.flatnonzero(works.is_unseen & named.any(axis=1)):
        common = (named & named[i]).any(axis=1)
        own = np.flatnonzero((works.artist == works.artist[i]) & named.any(axis=1) & ~common)
        others = np.flatnonzero((works.artist != works.artist[i]) & works.is_unseen & (style == style[i]) & common)
        if len(own) and len(others):
            candidates.append((i, own, others))
    picks = [candidates[j] for j in rng.integers(0, len(candidates), count)]
    triples = np.array([(i, rng.choice(own), rng.choice(others)) for i, own, others in picks], np.int64)
    return triples, len(np.unique(triples[:, 0]))


def subjects(works: Works) -> NDArray[np.bool_]:
    """Which subjects each work's title names, works × subjects."""
    from generation.training.subjects import titled

    return titled([w.title.lower() for w in works.listed])


def _still_the_same(pictures: Pictures, distance: int) -> float:
    """In how many pairs of one content in two looks the copy lane's image-code still sees one picture."""
    from PIL import Image

    from similarity.fingerprint import distances, image_code

    codes = [image_code(Image.fromarray(np.array(pictures[i]))) for i in range(len(pictures))]
    table = np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32)
    apart = [distances(codes[i], table[i + 2 : i + 3])[0] for i in range(len(codes)) if i % 4 < 2]
    return float((np.array(apart) <= distance).mean())


def _version(works: Works, blocks: int) -> str:
    """What the made pictures depend on, so that a change of any of it makes them anew."""
    told = Path(style_wear.__file__).read_bytes() + repr((SEED, blocks, works.names[: works.unseen])).encode()
    return f"{blocks}-{zlib.crc32(told):08x}"
