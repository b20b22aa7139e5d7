"""Sheets of pictures, for looking at."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image, ImageDraw

from generation.training.pixels import Pixels


def to_images(pictures: torch.Tensor) -> list[Image.Image]:
    """(n, 3, h, w) in -1 … 1 to PIL pictures."""
    pixels = pictures.detach().float().cpu().clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1)
    return [Image.fromarray(p.numpy()) for p in pixels]


def save_pairs(path: Path, above: torch.Tensor, below: torch.Tensor) -> None:
    """One row of originals over one row of reconstructions."""
    write(path, [to_images(above), to_images(below)])


def write_pixels(path: Path, rows: list[list[Pixels]]) -> None:
    """Rows of (height, width, 3) uint8 arrays."""
    write(path, [[Image.fromarray(p) for p in row] for row in rows])


def write(path: Path, rows: list[list[Image.Image]], labels: list[str] | None = None, quality: int = 88) -> None:
    """Rows of equal-sized pictures as one JPEG or WebP, each row under its label."""
    width, height = rows[0][0].size
    head = 18 if labels else 0
    sheet = Image.new("RGB", (width * max(len(row) for row in rows), (height + head) * len(rows)), "white")
    draw = ImageDraw.Draw(sheet)
    for y, row in enumerate(rows):
        if labels:
            draw.text((4, y * (height + head) + 3), labels[y], fill="black")
        for x, image in enumerate(row):
            sheet.paste(image, (x * width, y * (height + head) + head))
    sheet.save(path, quality=quality)
