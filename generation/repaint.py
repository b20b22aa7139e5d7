"""Between a picture of any size and the sizes a model can work at, there and back.

For inpainting, whatever the mask leaves black comes back exactly as it was: the model's own picture
is laid over the source by the mask, so an encoder's small errors never reach the rest.
"""

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from generation import blobs
from generation.engines.base import Rendered
from generation.models import Job

if TYPE_CHECKING:
    from PIL.Image import Image

# A model is asked for at most this many times its native size on the longer side.
ENLARGED = 2


@dataclass(frozen=True)
class Beginning:
    """A job's source and mask as they were stored; ``mask`` (mode ``L``) is None when all may change."""

    source: "Image"
    mask: "Image | None"

    def at(self, size: tuple[int, int]) -> tuple["Image", "Image | None"]:
        """Source and mask in the size (width, height) the model works at."""
        from PIL import Image

        small = self.source.resize(size, Image.Resampling.LANCZOS)
        if self.mask is None:
            return small, None
        # Whatever is touched at all is drawn anew, so that the mask's soft rim has something to blend in.
        return small, self.mask.point(lambda level: 255 if level else 0).resize(size, Image.Resampling.BOX).point(
            lambda level: 255 if level else 0
        )

    def finished(self, picture: "Image") -> "Image":
        """The model's *picture* in the source's size, laid over it where the mask lets it through."""
        from PIL import Image

        drawn = (
            picture if picture.size == self.source.size else picture.resize(self.source.size, Image.Resampling.LANCZOS)
        )
        return drawn if self.mask is None else Image.composite(drawn, self.source, self.mask)


def beginning_of(job: Job) -> Beginning | None:
    """What the job begins from; None when that is words alone. Raises ``FileNotFoundError``."""
    if job.operation == Job.Operation.TEXT_TO_IMAGE:
        return None
    return Beginning(_read(job.source, "RGB"), _read(job.mask, "L") if job.mask else None)


def _read(key: str, mode: str) -> "Image":
    from PIL import Image

    with Image.open(io.BytesIO(blobs.get(key))) as image:
        return image.convert(mode)


def working_size(width: int, height: int, *, native: int, multiple: int) -> tuple[int, int]:
    """Width and height for the model: the source's proportions, near its size, in steps of *multiple*."""
    scale = min(1.0, ENLARGED * native / max(width, height))

    def side(pixels: int) -> int:
        return max(multiple, round(pixels * scale / multiple) * multiple)

    return side(width), side(height)


def finished(rendered: Rendered, beginning: Beginning | None) -> Rendered:
    """The picture as the job's output has it."""
    if beginning is None or rendered.refused:
        return rendered
    return replace(rendered, image=beginning.finished(rendered.image))
