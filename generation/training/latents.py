"""Latents of every training work, whole and mirrored, made once: a crop of a latent is the latent of a crop.

python -m generation.training.latents --art ART --work WORK
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderTiny
from PIL import Image
from tqdm import tqdm

from generation.training import autoencoder, runs
from generation.training.pixels import Pixels, PixelStore, read_works, to_tensor

SHIPPED = Path(__file__).parent.parent / "bundled" / "colophon-mini"
Half = npt.NDArray[np.float16]


def at_native_size(pixels: Pixels, side: int, factor: int) -> Pixels:
    """A picture whose latent is `side` short, both sides whole latents, the middle of very long ones."""
    short, longest = side * factor, side * factor * 7 // 4
    height, width = pixels.shape[:2]
    scale = short / min(height, width)
    size = [max(short, round(length * scale / factor) * factor) for length in (width, height)]
    resized = Image.fromarray(pixels).resize((size[0], size[1]), Image.Resampling.BICUBIC)
    left, top = max(0, resized.width - longest) // 2, max(0, resized.height - longest) // 2
    box = (left, top, left + min(resized.width, longest), top + min(resized.height, longest))
    return np.asarray(resized.crop(box))


class LatentStore:
    """Ragged float16 latents, one file per orientation, which may still be growing while training reads it."""

    def __init__(self, folder: Path, name: str, side: int) -> None:
        self.side = side
        self.path = folder / f"latents-{side}-{name}.f16"
        self.index = folder / f"latents-{side}-{name}.npz"

    def ready(self) -> bool:
        """True once every work is in."""
        return self.index.exists()

    def write(self, vae: AutoencoderTiny, store: PixelStore, mirrored: bool, device: torch.device) -> None:
        """Encode every picture of `store`."""
        factor = autoencoder.factor_of(vae)
        offsets, shapes, at = [], [], 0
        with self.path.open("wb") as out, torch.no_grad():
            for i in tqdm(range(len(store)), desc=self.path.name, mininterval=10):
                pixels = at_native_size(store.picture(i), self.side, factor)
                batch = to_tensor([pixels[:, ::-1] if mirrored else pixels]).to(device)
                latent = vae.encode(batch).latents[0].half().cpu().contiguous().numpy()
                out.write(latent.tobytes())
                offsets.append(at)
                shapes.append(latent.shape)
                at += latent.size
        np.savez(self.index, offset=np.array(offsets, np.int64), shape=np.array(shapes, np.int32))

    def open(self) -> LatentStore:
        """Map the finished file."""
        index = np.load(self.index)
        self.offset: npt.NDArray[np.int64] = index["offset"]
        self.shape: npt.NDArray[np.int32] = index["shape"]
        self.flat: Half = np.memmap(self.path, dtype=np.float16, mode="r")
        return self

    def crop(self, index: int, rng: random.Random) -> Half:
        """A random square, (4, side, side): anywhere along a wide picture, towards the top of a tall one."""
        side = self.side
        channels, height, width = (int(n) for n in self.shape[index])
        start = int(self.offset[index])
        whole = self.flat[start : start + channels * height * width].reshape(channels, height, width)
        top = int((height - side + 1) * 0.8 * rng.random() ** 1.5)
        left = int((width - side + 1) * rng.random())
        return whole[:, top : top + side, left : left + side]


SMALL = ("decoder", "joint")


def load_autoencoder(run: runs.Run, stages: tuple[str, ...] = ()) -> AutoencoderTiny:
    """The autoencoder of the first of `stages` that was trained in this run, else the one that ships.

    By default the newest that fits the denoiser's squares: of 16 cells a side a double one makes 256 pixels.
    """
    stages = stages or (("double", *SMALL) if run.config["unet"]["side"] == 16 else SMALL)
    vae = None
    for stage in stages:
        if vae is None and (state := runs.load(run.work / f"autoencoder-{stage}.pt")) is not None:
            vae = autoencoder.build(run.config["autoencoder"], double=stage == "double")
            vae.load_state_dict(state["vae"])
    vae = vae or AutoencoderTiny.from_pretrained(SHIPPED / "vae").float()
    return vae.to(run.device, memory_format=torch.channels_last).eval().requires_grad_(False)


def main() -> None:
    """Make both orientations, the plain one first: training can start on that."""
    run, _args = runs.start(__doc__ or "")
    store = PixelStore.build(run.art, read_works(run.art), run.work)
    vae = load_autoencoder(run)
    for name, mirrored in (("plain", False), ("mirrored", True)):
        latents = LatentStore(run.work, name, run.config["unet"]["side"])
        if not latents.ready():
            latents.write(vae, store, mirrored, run.device)


if __name__ == "__main__":
    main()
