"""Two ways to say that two pictures are the same one: a 256-bit perceptual hash, and SqueezeNet features."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from generation.training.pixels import Pixels, to_tensor
from generation.training.squeezenet import SqueezeFeatures

Bits = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def _dct_matrix(n: int) -> npt.NDArray[np.float64]:
    k, x = np.arange(n)[:, None], np.arange(n)[None]
    return np.asarray(np.sqrt(2 / n) * np.cos(np.pi * (x + 0.5) * k / n) * np.where(k == 0, np.sqrt(0.5), 1.0))


DCT = _dct_matrix(32)


def phash(picture: Pixels) -> Bits:
    """256 bits as 32 bytes: the 16 x 16 lowest DCT coefficients of a 32 x 32 grey thumbnail, over the median of
    their 8 x 8 quarter (the construction of ISCC's Image-Code, ISO 24138 section 5.5, without its byte order)."""
    grey = np.asarray(Image.fromarray(picture).convert("L").resize((32, 32), Image.Resampling.BICUBIC), np.float64)
    low = (DCT @ grey @ DCT.T)[:16, :16]
    quarters = [low[r : r + 8, c : c + 8].ravel() for r in (0, 8) for c in (0, 8)]
    return np.packbits(np.concatenate([q > np.median(q) for q in quarters]))


def layout(picture: Pixels) -> npt.NDArray[np.float64]:
    """The 16 x 16 lowest DCT coefficients of a 32 x 32 grey thumbnail without the lowest 3 x 3, of unit length (256,).

    A dot product is a correlation of layouts. What is left out is what every light sky over dark land has in common.
    """
    grey = np.asarray(Image.fromarray(picture).convert("L").resize((32, 32), Image.Resampling.BICUBIC), np.float64)
    low = (DCT @ grey @ DCT.T)[:16, :16]
    low[:3, :3] = 0
    unit: npt.NDArray[np.float64] = (low / (np.linalg.norm(low) + 1e-9)).ravel()
    return unit


def hamming(a: Bits, b: Bits) -> npt.NDArray[np.uint16]:
    """Differing bits between every row of `a` (n, 32) and of `b` (m, 32): (n, m)."""
    count = np.array([bin(i).count("1") for i in range(256)], np.uint8)
    return np.stack([count[row[None] ^ b].sum(1, dtype=np.uint16) for row in a])


def embed(network: SqueezeFeatures, pictures: list[Pixels], device: torch.device) -> Floats:
    """SqueezeNet features of square pictures, resized to 224 px: (n, 512)."""
    small = [np.asarray(Image.fromarray(p).resize((224, 224), Image.Resampling.BICUBIC)) for p in pictures]
    rows = [network.embed(to_tensor(small[k : k + 16]).to(device)).cpu().numpy() for k in range(0, len(small), 16)]
    return np.concatenate(rows).astype(np.float32)


def cosine_distance(a: Floats, b: Floats, mean: Floats) -> Floats:
    """One less the cosine between centred features: (n, m), 0 … 2."""
    x, y = a - mean, b - mean
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    return (1 - x @ y.T).astype(np.float32)


def recompress(square: Pixels, rng: np.random.Generator) -> Pixels:
    """A copy as the web makes them: smaller, compressed hard, sometimes mirrored; 256 px again."""
    small = int(rng.integers(96, 200))
    buffer = io.BytesIO()
    shrunk = Image.fromarray(square).resize((small, small), Image.Resampling.BICUBIC)
    shrunk.save(buffer, "JPEG", quality=int(rng.integers(30, 70)))
    copy = np.asarray(Image.open(buffer).convert("RGB").resize((256, 256), Image.Resampling.BICUBIC))
    return np.ascontiguousarray(copy[:, ::-1]) if rng.random() < 0.5 else copy


def cut(square: Pixels, rng: np.random.Generator) -> Pixels:
    """The same, with up to 4 % cut off each side first."""
    height, width = square.shape[:2]
    top, left, bottom, right = (int(width * 0.04 * share) for share in rng.random(4))
    return recompress(np.ascontiguousarray(square[top : height - bottom, left : width - right]), rng)
