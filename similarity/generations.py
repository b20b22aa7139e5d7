"""Index files: immutable, checksummed generations, published by rename. No FAISS here.

::

    INDEX_DIR/<encoder fingerprint, 16 digits>/
        lock                          held by the one process that builds
        <watermark>-<random>/         a generation, complete from the moment it is there
            *.npy                     references, artists, image-codes; prototypes of large collections
            vectors.faiss             the vectors, unless a server holds them (``similarity.stores``)
            manifest.json             what it was made from, and the SHA-256 of every file

FAISS has no checksum of its own and loads flipped bits silently, so every file is hashed before it
is mapped. Once published no file is written to: what was hashed is what is read.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings
from structlog import get_logger

log = get_logger(__name__)

FORMAT = 1
KEPT = 2
MANIFEST = "manifest.json"
_BUILDING = ".building-"


class Damaged(Exception):
    """A generation that must not be served; the message says why."""


class OtherKind(Damaged):
    """A generation of another kind of store than the one in use; nothing is wrong with it."""


@dataclass(frozen=True)
class Manifest:
    """``sha256`` stands for the whole generation: it is the hash of the files' hashes.

    ``search`` says how an approximate index is searched, and how much it then found in its self-test.
    """

    format: int
    encoder: str
    dimension: int
    count: int
    watermark: int
    kind: str
    files: dict[str, str]
    sha256: str
    search: dict[str, float] = field(default_factory=dict)


def sha256_of(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest_for(
    *,
    encoder: str,
    dimension: int,
    count: int,
    watermark: int,
    kind: str,
    files: Mapping[str, bytes | memoryview],
    search: dict[str, float] | None = None,
) -> Manifest:
    digests = {name: sha256_of(data) for name, data in files.items()}
    whole = sha256_of("".join(digests[name] for name in sorted(digests)).encode())
    return Manifest(
        format=FORMAT,
        encoder=encoder,
        dimension=dimension,
        count=count,
        watermark=watermark,
        kind=kind,
        files=digests,
        sha256=whole,
        search=search or {},
    )


def home(encoder: str) -> Path:
    """The folder of one encoder's generations."""
    return Path(settings.INDEX_DIR) / encoder[:16]


@contextlib.contextmanager
def build_lock(encoder: str) -> Iterator[None]:
    """Only one process at a time builds for an encoder; the lock falls with its holder."""
    folder = home(encoder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def generations(encoder: str) -> list[Path]:
    """Published generations, newest first."""
    folder = home(encoder)
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and path.name.partition("-")[0].isdigit()]
    return sorted(found, key=lambda path: path.name, reverse=True)


def of_watermark(encoder: str, watermark: int) -> Path | None:
    """The generation made from exactly this state of the rows."""
    return next((path for path in generations(encoder) if watermark_in(path) == watermark), None)


def watermark_in(path: Path) -> int:
    """The state of the rows that a generation's name says it was made from."""
    return int(path.name.partition("-")[0])


def publish(manifest: Manifest, files: Mapping[str, bytes | memoryview]) -> Path:
    """Write a generation and give it its name when every byte is on disk. Hold ``build_lock``.

    Raises ``OSError`` (a full disk) with nothing published.
    """
    folder = home(manifest.encoder)
    unfinished = folder / f"{_BUILDING}{uuid.uuid4().hex}"
    final = folder / f"{manifest.watermark:020d}-{uuid.uuid4().hex[:8]}"
    unfinished.mkdir(parents=True)
    try:
        text = json.dumps(asdict(manifest), indent=2).encode()
        for name, data in {**files, MANIFEST: text}.items():
            _write(unfinished / name, data)
        _sync_folder(unfinished)
        unfinished.rename(final)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    _sync_folder(folder)
    return final


def tidy(encoder: str) -> None:
    """Remove what killed builds left, and all generations but the last two. Hold ``build_lock``."""
    for path in home(encoder).glob(f"{_BUILDING}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in generations(encoder)[KEPT:]:
        remove(path)


def discard(path: Path, *, why: str) -> None:
    """Take a damaged generation away and say so in the log."""
    log.error("index_damaged", generation=path.name, why=why)
    remove(path)


def remove(path: Path) -> None:
    """Take one away. A removal killed half way must not leave half a generation under its name."""
    condemned = path.with_name(f"{_BUILDING}{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):
        path.rename(condemned)
        shutil.rmtree(condemned, ignore_errors=True)


def read_manifest(path: Path) -> Manifest:
    """Raises ``Damaged``."""
    try:
        said = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**said)
    except (OSError, ValueError, TypeError) as error:
        raise Damaged(f"its manifest cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise Damaged(f"it is of format {manifest.format}, not {FORMAT}")
    return manifest


def verify(path: Path, *, encoder: str, dimension: int, kind: str) -> Manifest:
    """A generation's manifest, when every file is what it says. Raises ``Damaged`` when anything differs."""
    manifest = read_manifest(path)
    if (manifest.encoder, manifest.dimension) != (encoder, dimension):
        raise Damaged(f"it was made for encoder {manifest.encoder[:12]} with {manifest.dimension} dimensions")
    if manifest.kind != kind:
        raise OtherKind(f"it is of kind {manifest.kind}, not {kind}")
    if manifest.watermark != watermark_in(path):
        raise Damaged(f"it says it was made at {manifest.watermark}, not {watermark_in(path)}")
    for name, expected in manifest.files.items():
        try:
            with (path / name).open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            raise Damaged(f"{name} cannot be read: {error}") from error
        if digest != expected:
            raise Damaged(f"{name} has another SHA-256 than its manifest says")
    return manifest


def _write(path: Path, data: bytes | memoryview) -> None:
    with path.open("wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
